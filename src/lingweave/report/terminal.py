"""Progress and tables in a terminal, by rich."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table as RichTable
from rich.text import Text

from lingweave.report.claims import compared_claims, untested_claims
from lingweave.report.summary import caveats, summary
from lingweave.report.tables import (
    Table,
    alignment_table,
    score_tables,
    seeds_note,
    short_difference_tables,
)
from lingweave.study import Results
from lingweave.training import UpdateReport

COLUMNS_AT_ONCE = 6
"""So many columns of numbers fit into 80 characters beside the systems' names."""


class TerminalObserver:
    """A line for each stage, a bar for each training.

    Args:
        console: to write to.
        progress: the bar's display, in use.
    """

    def __init__(self, console: Console, progress: Progress) -> None:
        self._console, self._progress = console, progress
        self._bar: TaskID | None = None
        self._started = time.monotonic()

    def stage(self, label: str, number: int, num_stages: int, finished: bool) -> None:
        """Say which stage it is, and since when we are at work."""
        if self._bar is not None:
            self._progress.remove_task(self._bar)
            self._bar = None
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        state = "  (finished before)" if finished else ""
        self._console.print(
            f"{minutes:3d}:{seconds:02d}  {number:2d}/{num_stages}  {label}{state}", highlight=False
        )

    def update(self, report: UpdateReport) -> None:
        """Move the bar."""
        if self._bar is None:
            self._bar = self._progress.add_task("", total=report.num_updates, facts="")
        facts = f"loss {report.loss:.3f}, {report.tokens_per_second:,.0f} tokens/s"
        self._progress.update(self._bar, completed=report.update, facts=facts)


class _Notices(logging.Handler):
    """Shows what the library logs as lines of the same console, above the bar."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.WARNING)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.print(f"  Note: {record.getMessage()}", highlight=False, markup=False)


@contextmanager
def terminal_observer(console: Console) -> Iterator[TerminalObserver]:
    """An observer with a live bar, which is taken away at the end."""
    progress = Progress(
        TextColumn("       "),
        BarColumn(bar_width=20),
        TextColumn("{task.completed}/{task.total}"),
        TextColumn("{task.fields[facts]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
    notices, logger = _Notices(console), logging.getLogger("lingweave")
    logger.addHandler(notices)
    try:
        with progress:
            yield TerminalObserver(console, progress)
    finally:
        logger.removeHandler(notices)


def print_results(console: Console, results: Results) -> None:
    """Tables, then in short what was found."""
    if any("against_gold" in summary for summary in results.alignments):
        print_table(console, alignment_table(results))
    for table in (*score_tables(results), *short_difference_tables(results)):
        print_table(console, table)
    told = [seeds_note(results), summary(results), *caveats(results)]
    console.print("\n\n".join(told), highlight=False, markup=False)
    _print_claims(console, results)


def _print_claims(console: Console, results: Results) -> None:
    """A line for each claim that was compared, cut at the edge, then the names of the others."""
    table = compared_claims(results)
    if table.rows:
        console.print(f"\n{table.title}", style="bold", highlight=False, markup=False)
        widths = [max(map(len, cells)) for cells in zip(*table.rows, strict=True)]
        for row in table.rows:
            line = "  ".join(map(str.ljust, row, widths)).rstrip()
            console.print(Text(line), no_wrap=True, overflow="ellipsis")
    if untested := untested_claims(results):
        console.print(f"\n{untested}", highlight=False, markup=False)


def print_table(console: Console, table: Table) -> None:
    """Print a table; one that is too wide goes on below with its next columns."""
    console.print(f"\n{table.title}", style="bold", highlight=False, markup=False)
    for start in range(1, len(table.header), COLUMNS_AT_ONCE):
        columns = [0, *range(start, min(start + COLUMNS_AT_ONCE, len(table.header)))]
        shown = RichTable(box=SIMPLE_HEAD, pad_edge=False)
        shown.add_column(table.header[0])
        for column in columns[1:]:
            shown.add_column(table.header[column], justify="right")
        for row in table.rows:
            shown.add_row(*(row[column] for column in columns))
        console.print(shown)
