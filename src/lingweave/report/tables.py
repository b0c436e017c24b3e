"""Results as tables of text: what terminal and Markdown show alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from lingweave.study import MEAN, Estimate, Results, Score


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
    """For each task and setting accuracy in per cent, systems × languages, the control first."""
    tables = []
    for task, setting in _cases(results):
        scores = [s for s in results.scores if (s.task, s.setting) == (task, setting)]
        languages = list(dict.fromkeys(score.language for score in scores))
        rows = [
            [system, *(_percent(_find(scores, system, language)) for language in languages)]
            for system in results.systems
        ]
        source = results.source_language[task]
        names = [_column(language, source) for language in languages]
        title = f"{task}, {setting}: accuracy in %"
        tables.append(Table(title, ["system", *names], rows))
    return tables


def difference_tables(results: Results) -> list[Table]:
    """For each task and setting the gain over the control in points, with its 95 % interval."""
    tables = []
    for task, setting in _cases(results):
        scores = [s for s in results.scores if (s.task, s.setting) == (task, setting)]
        languages = list(dict.fromkeys(score.language for score in scores))
        rows = [
            [system, *(_points(_find(scores, system, language)) for language in languages)]
            for system in results.systems
            if system != results.control
        ]
        source = results.source_language[task]
        names = [_column(language, source) for language in languages]
        title = f"{task}, {setting}: points over {results.control} [95 % interval]"
        tables.append(Table(title, ["system", *names], rows))
    return tables


def macro_f1_tables(results: Results) -> list[Table]:
    """For each task and setting macro-F1 in per cent, mean over seeds."""
    tables = []
    for task, setting in _cases(results):
        scores = [s for s in results.scores if (s.task, s.setting) == (task, setting)]
        languages = list(dict.fromkeys(score.language for score in scores))
        rows = [
            [system, *(f"{100 * _find(scores, system, name).macro_f1:.1f}" for name in languages)]
            for system in results.systems
        ]
        names = [_column(language, results.source_language[task]) for language in languages]
        tables.append(Table(f"{task}, {setting}: macro-F1 in %", ["system", *names], rows))
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
    seen = []
    for score in results.scores:
        if score.language == MEAN and score.over_control is not None:
            seen.append(f"{score.system} {_verdict(score.over_control)} ({score.setting})")
    if not seen:
        return "There is nothing to compare."
    others = "the languages not trained on"
    return f"On {others}, against {results.control}: {'; '.join(seen)}."


def _verdict(difference: Estimate) -> str:
    points = f"{100 * difference.mean:+.1f} points"
    if difference.low > 0:
        return f"gains {points}"
    if difference.high < 0:
        return f"loses {points}"
    return f"makes no sure difference, {points}"


def _cases(results: Results) -> list[tuple[str, str]]:
    return list(dict.fromkeys((score.task, score.setting) for score in results.scores))


def _find(scores: Sequence[Score], system: str, language: str) -> Score:
    return next(s for s in scores if (s.system, s.language) == (system, language))


def _column(language: str, source: str) -> str:
    if language == MEAN:
        return f"mean without {source}"
    return f"{language} (trained on)" if language == source else language


def _percent(score: Score) -> str:
    return f"{100 * score.accuracy.mean:.1f}"


def _points(score: Score) -> str:
    difference = score.over_control
    if difference is None:
        return ""
    low, high = 100 * difference.low, 100 * difference.high
    return f"{100 * difference.mean:+.1f} [{low:+.1f}, {high:+.1f}]"
