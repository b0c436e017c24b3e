"""The files of a report: results.json, Markdown, one HTML page, and the scores as CSV."""

from pathlib import Path

from pydantic import ValidationError

from lingweave.corpus import atomic_write
from lingweave.errors import RecipeError
from lingweave.report.markdown import markdown_report
from lingweave.report.page import render
from lingweave.report.probe_page import probe_page
from lingweave.report.probes import probe_report
from lingweave.report.scores_csv import scores_csv
from lingweave.report.study_page import study_page
from lingweave.study import RESULTS, Results, judged, write_results
from lingweave.study.probe_results import ProbeResults

MARKDOWN, HTML, CSV = "report.md", "report.html", "scores.csv"


def read_results(path: Path) -> tuple[Results | ProbeResults, Path]:
    """The results of a study or of a probe, and the folder they lie in.

    What follows from the predictions beside a study's results, such as its claims, is made anew.

    Args:
        path: that folder, or the file itself.

    Raises:
        RecipeError: there are none, or they are of another version.
        TableError: the predictions cannot be read.
    """
    file = path if path.suffix == ".json" else path / RESULTS
    if not file.is_file():
        raise RecipeError("there are no results", remedy="run the study first", path=file)
    text = file.read_bytes()
    for kind in (Results, ProbeResults):
        try:
            results = kind.model_validate_json(text)
        except ValidationError:
            continue
        if isinstance(results, Results):
            results = judged(results, file.parent)
        return results, file.parent
    raise RecipeError(
        "this is no results file of this version", remedy="run the study again", path=file
    )


def write_report(results: Results | ProbeResults, folder: Path) -> list[str]:
    """Write the results and all files of their report; what was there is replaced.

    Args:
        results: of a study or of a probe.
        folder: that they belong to.

    Returns:
        Names of the files.
    """
    if isinstance(results, Results):
        texts = {
            MARKDOWN: markdown_report(results),
            HTML: render(study_page(results)),
            CSV: scores_csv(results),
        }
    else:
        texts = {MARKDOWN: probe_report(results), HTML: render(probe_page(results))}
    for name, text in texts.items():
        with atomic_write(folder / name) as file:
            file.write(text)
    write_results(results, folder)
    return [*texts, RESULTS]
