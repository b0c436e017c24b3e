"""The files of a report: written beside the results, and read back from folder or file."""

import pytest

from lingweave.errors import RecipeError
from lingweave.report import read_results, write_report
from made_results import make_probe_results, make_results


@pytest.mark.parametrize("make", [make_results, make_probe_results])
def test_results_are_read_from_their_folder_or_file(tmp_path, make):
    file = tmp_path / "results.json"
    file.write_text(make().model_dump_json(), "utf-8")
    for path in (tmp_path, file):
        assert read_results(path) == (make(), tmp_path)


def test_what_is_no_results_file_is_told(tmp_path):
    file = tmp_path / "results.json"
    with pytest.raises(RecipeError, match="there are no results"):
        read_results(tmp_path)
    for text in ("", "{", "[]", '{"study": 1}', "\x00"):
        file.write_text(text, "utf-8")
        with pytest.raises(RecipeError, match="no results file of this version"):
            read_results(file)


def test_a_study_has_four_files_and_a_probe_three(tmp_path):
    for make, names in (
        (make_results, ["report.md", "report.html", "scores.csv", "results.json"]),
        (make_probe_results, ["report.md", "report.html", "results.json"]),
    ):
        folder = tmp_path / make.__name__
        folder.mkdir()
        (folder / "report.html").write_text("old")
        assert write_report(make(), folder) == names
        assert sorted(path.name for path in folder.iterdir()) == sorted(names)
        assert (folder / "report.html").read_text("utf-8").startswith("<!doctype html>\n")


def test_the_same_results_make_the_same_bytes(tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        write_report(make_results(), tmp_path / name)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes()


def test_claims_are_told_in_markdown_with_bars_in_their_place(tmp_path):
    claim = make_results().claims[0].model_copy(update={"text": "a | b"})
    write_report(make_results(claims=[claim]), tmp_path)
    text = (tmp_path / "report.md").read_text("utf-8")
    assert "## Claims" in text
    assert r"| tlm-helps: a \| b | supported | The interval leaves 0 out. |" in text
    write_report(make_results(claims=[]), tmp_path)
    assert "## Claims" not in (tmp_path / "report.md").read_text("utf-8")
