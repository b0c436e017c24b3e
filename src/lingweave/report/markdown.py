"""The report of a study as Markdown."""

import re
from collections.abc import Iterator

import yaml

from lingweave.report.claims import claims_table
from lingweave.report.retrieval import EXPLANATION, retrieval_table
from lingweave.report.summary import caveats, summary
from lingweave.report.tables import (
    Table,
    alignment_table,
    difference_tables,
    intervals_note,
    other_metric_tables,
    score_tables,
    seeds_note,
    switching_table,
    systems_table,
)
from lingweave.study import Results

_SPECIAL = re.compile(r"([\\`*_<>|~&$]|\](?=[(\[:]))")


def markdown_report(results: Results) -> str:
    """All tables of a study, what was compared, and how it was made."""
    return "\n".join(_lines(results)) + "\n"


def _lines(results: Results) -> Iterator[str]:
    yield f"# Study {escaped(results.study)}"
    if results.question:
        yield f"\n{escaped(results.question)}"
    yield f"\n**{escaped(summary(results))}**"
    yield from (f"\n{caveat}" for caveat in caveats(results))
    if results.claims:
        yield "\n## Claims"
        yield from table_lines(claims_table(results))
    yield "\n## Scores\n"
    yield escaped(seeds_note(results))
    for table in score_tables(results):
        yield from table_lines(table)
    yield from _differences(results)
    others = other_metric_tables(results)
    if others:
        yield f"\n## {_heading_of_others(results)}\n"
    for table in others:
        yield from table_lines(table)
    yield "\n## What was done\n"
    if results.alignments:
        yield from table_lines(alignment_table(results))
    yield from table_lines(systems_table(results))
    if results.switched:
        yield from table_lines(switching_table(results))
    if (retrieval := retrieval_table(results)) is not None:
        yield from table_lines(retrieval)
        yield f"\n{escaped(EXPLANATION)}"
    yield "\n### Recipe\n\n```yaml"
    yield yaml.safe_dump(results.recipe.as_written, sort_keys=False, allow_unicode=True).rstrip()
    yield "```\n\n### Made by\n"
    yield from (f"- {name}: `{value}`" for name, value in results.made_by.items() if value)


def _differences(results: Results) -> Iterator[str]:
    """The section on the control, where anything is compared with it."""
    tables = difference_tables(results)
    if tables:
        yield f"\n## Against {escaped(results.control)}\n"
        yield escaped(intervals_note(results))
    for table in tables:
        yield from table_lines(table)


def _heading_of_others(results: Results) -> str:
    """The metrics beside the first, in the order in which they come."""
    others = [
        title
        for measure in results.measures.values()
        for title in list(measure.metrics.values())[1:]
    ]
    titles = list(dict.fromkeys(others))
    return ", ".join([titles[0][0].upper() + titles[0][1:], *titles[1:]])


def table_lines(table: Table, level: int = 3) -> Iterator[str]:
    """A table below its title, a heading of this level; its text is escaped."""
    yield f"\n{'#' * level} {escaped(table.title)}\n"
    yield f"| {' | '.join(map(escaped, table.header))} |"
    yield f"|{'---|' * len(table.header)}"
    for row in table.rows:
        yield f"| {' | '.join(map(escaped, row))} |"


def escaped(text: str) -> str:
    """The text in one line, in which Markdown sees no markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.splitlines()))
