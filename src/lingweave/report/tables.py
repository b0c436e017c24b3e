"""Results as tables of text: what terminal and Markdown show alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lingweave.study import MEAN, Estimate, Results, Score

TRAINED_ON = "*"
"""Marks the task's source language in headers."""


@dataclass(frozen=True)
class Table:
    """A table of text.

    Attributes:
        title: what it shows.
        header: names of the columns.
        rows: as many cells as the header has.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


def score_tables(results: Results) -> list[Table]:
    """For each task and setting accuracy in per cent, systems × languages."""
    return _tables(results, "accuracy in %", lambda score: f"{100 * score.accuracy.mean:.1f}")


def difference_tables(results: Results) -> list[Table]:
    """For each task and setting the gain over the control in points, with its 95 % interval."""
    return _tables(results, f"points over {results.control} [95 % interval]", _points)


def short_difference_tables(results: Results) -> list[Table]:
    """The same without intervals: in brackets stand gains whose interval holds 0."""
    what = f"points over {results.control}, (in brackets) if not sure"
    return _tables(results, what, _short_points)


def macro_f1_tables(results: Results) -> list[Table]:
    """For each task and setting macro-F1 in per cent, mean over seeds."""
    return _tables(results, "macro-F1 in %", lambda score: f"{100 * score.macro_f1:.1f}")


def note(results: Results) -> str:
    """What the marks in the headers of score tables mean."""
    return f"{TRAINED_ON} the task's source language; {MEAN}: of the others; chance: 33.3 %"


def _tables(results: Results, what: str, cell: Callable[[Score], str]) -> list[Table]:
    """One table for each task and setting, a row for each system that has any cell."""
    tables = []
    for task, setting in dict.fromkeys((score.task, score.setting) for score in results.scores):
        cells = {
            (score.system, score.language): cell(score)
            for score in results.scores
            if (score.task, score.setting) == (task, setting)
        }
        languages = list(dict.fromkeys(language for _, language in cells))
        rows = [
            [system, *(cells[system, language] for language in languages)]
            for system in results.systems
            if any(cells[system, language] for language in languages)
        ]
        if not rows:
            continue
        source = results.source_language[task]
        names = [name + TRAINED_ON * (name == source) for name in languages]
        tables.append(Table(f"{task}, {setting}: {what}", ["system", *names], rows))
    return tables


def alignment_table(results: Results) -> Table:
    """What was aligned, and how well where the true links are known."""
    rows = []
    for summary in results.alignments:
        gold = summary.get("against_gold")
        rows.append(
            [
                "–".join(language or "?" for language in summary["languages"]),
                f"{summary['pairs']:,}",
                f"{summary['links'] / summary['source_words']:.2f}",
                f"{100 * gold['aer']:.1f}" if gold else "not known",
            ]
        )
    return Table("Word alignment", ["bitext", "pairs", "links/word", "AER in %"], rows)


def sentence(results: Results) -> str:
    """What was seen, in one sentence, from the differences to the control alone."""
    several = {(score.task, score.setting) for score in results.scores if score.language == MEAN}
    seen = []
    for score in results.scores:
        is_mean = score.language == MEAN
        is_other = score.language != results.source_language[score.task]
        if (is_mean or (is_other and (score.task, score.setting) not in several)) and (
            score.over_control is not None
        ):
            seen.append(f"{score.system} {_verdict(score.over_control)} ({score.setting})")
    if not seen:
        return "There is nothing to compare."
    sources = " and ".join(dict.fromkeys(results.source_language.values()))
    others = f"the languages other than {sources}"
    return f"On {others}, against {results.control}: {'; '.join(seen)}."


def _verdict(difference: Estimate) -> str:
    points = f"{100 * difference.mean:+.1f} points"
    if difference.low > 0:
        return f"gains {points}"
    if difference.high < 0:
        return f"loses {points}"
    return f"makes no sure difference, {points}"


def _points(score: Score) -> str:
    difference = score.over_control
    if difference is None:
        return ""
    low, high = 100 * difference.low, 100 * difference.high
    return f"{100 * difference.mean:+.1f} [{low:+.1f}, {high:+.1f}]"


def _short_points(score: Score) -> str:
    difference = score.over_control
    if difference is None:
        return ""
    points = f"{100 * difference.mean:+.1f}"
    return points if difference.low > 0 or difference.high < 0 else f"({points})"
