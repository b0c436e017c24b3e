"""Write what the studies found into README.md and docs/, from the files in studies/.

    python studies/summary.py      (or: make results)

It makes the section "What was found" of README.md, between the two comments, with the picture
docs/images/transfer.svg, and docs/results.md with the longer tables. Every folder of `studies/`
with a `results.json` is read, of a study or of a probe; claims are judged anew by the rules of this
version, as in `lingweave report`. The same studies give the same bytes.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import get_args

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined

from lingweave.corpus import atomic_write
from lingweave.errors import TextFileError
from lingweave.report import probe_summary, read_results
from lingweave.report.dot_plots import ROW_HEIGHT, shown_name
from lingweave.report.markdown import escaped
from lingweave.report.probes import EXPLANATION
from lingweave.report.tables import seeds_note
from lingweave.study import RESULTS, ProbeResults, Results
from markdown_tables import (
    claims_table,
    escaped_table,
    made_on,
    overview,
    report_link,
    study_tables,
)
from picture import transfer_panels
from verdicts import QUESTION, Languages, Row, Study, claim_rows, headline, seeds, tally

ROOT = Path(__file__).parents[1]
README = "README.md"
BEGIN, END = "<!-- made by `make results` -->", "<!-- end of what `make results` makes -->"


def main() -> None:
    """Make all files anew."""
    for name, text in summary(ROOT).items():
        with atomic_write(ROOT / name) as file:
            file.write(text)


def summary(root: Path) -> dict[str, str]:
    """All files that are made from the studies, as text by path.

    Args:
        root: of the repository.

    Raises:
        RecipeError: a file of results is of another version.
        TextFileError: the README has no place for the section.
    """
    studies, probes = read_studies(root / "studies")
    environment = _environment()
    panels = transfer_panels(studies)
    description = " ".join(transfer.description for transfer, _ in panels)
    rows = claim_rows(studies)
    section = environment.get_template("found.md.j2").render(
        told=[_told(rows, kind) for kind in get_args(Languages)],
        claims=claims_table(rows),
        description=description,
    )
    return {
        README: with_section(root / README, section),
        "docs/results.md": environment.get_template("results.md.j2").render(
            overview=overview(studies),
            studies=[(study, study_tables(study.results)) for study in studies],
            probes=[
                (folder, report_link(folder, "../"), escaped_table(probe_summary(probe)))
                for folder, probe in probes.items()
            ],
            explanation=EXPLANATION,
        ),
        "docs/images/transfer.svg": environment.get_template("transfer.svg.j2").render(
            panels=panels, description=description, row_height=ROW_HEIGHT
        ),
    }


def read_studies(folder: Path) -> tuple[list[Study], dict[str, ProbeResults]]:
    """All studies, those on real languages first, and all probes, by the name of their folder."""
    studies, probes = [], {}
    for file in sorted(folder.glob(f"*/{RESULTS}")):
        results, _ = read_results(file)
        if isinstance(results, Results):
            studies.append(Study(file.parent.name, results))
        else:
            probes[file.parent.name] = results
    return sorted(studies, key=lambda study: study.languages), probes


def with_section(readme: Path, section: str) -> str:
    """The README's text with another section between the two comments.

    Raises:
        TextFileError: they are not there, each once and in this order.
    """
    text = readme.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end or text.count(BEGIN) + text.count(END) != 2:
        raise TextFileError(
            "there is no place for what was found",
            remedy=f"write {BEGIN} and below it {END}, each once",
            path=readme,
        )
    return f"{before}{begin}\n{section}\n{end}{after}"


def _told(rows: Sequence[Row], languages: Languages) -> Mapping[str, object]:
    """What the section's sentences say of one kind of languages."""
    asked = next(row.found[languages] for row in rows if row.id == QUESTION)
    behind = ""
    if asked is not None and asked.is_tested:
        behind = f"{seeds(asked.results)}, {report_link(asked.study.folder)}"
    return {
        "languages": languages,
        "answers": headline(rows, languages),
        "behind": behind,
        "tally": tally(rows, languages),
    }


def _environment() -> Environment:
    """Templates of this folder and of the reports; what goes into a picture is escaped."""
    environment = Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(Path(__file__).parent / "templates"),
                PackageLoader("lingweave.report"),
            ]
        ),
        autoescape=lambda name: name is not None and not name.endswith(".md.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "escaped": escaped,
        "made_on": made_on,
        "seeds_note": seeds_note,
        "shown_name": shown_name,
    }
    return environment


if __name__ == "__main__":
    main()
