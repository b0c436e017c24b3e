"""The committed reports are what this version makes of the committed predictions."""

from pathlib import Path

import pytest

from lingweave.report import read_results, write_report

STUDIES = Path(__file__).parents[2] / "studies"
FOLDERS = sorted(path.parent.name for path in STUDIES.glob("*/results.json"))


@pytest.mark.parametrize("name", FOLDERS)
def test_a_report_is_what_its_predictions_give(name, tmp_path):
    results, folder = read_results(STUDIES / name)
    for written in write_report(results, tmp_path):
        committed, made = ((place / written).read_bytes() for place in (folder, tmp_path))
        assert committed == made, f"run `lingweave report studies/{name}`"
