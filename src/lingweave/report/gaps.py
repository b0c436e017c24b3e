"""How far scores stay behind those in the task's source language, and behind translate-train.

The gaps are differences of scores in points, without intervals: the test texts of two languages
are translations at best, and a mean over languages is no paired sample of one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lingweave.report.tables import Group, Table, of_first_rule, of_others, score_groups
from lingweave.study import Results

TRANSLATED = ("translate-train", "translate-train-all")
"""Settings in which labels of the language tested were seen: they have no gap to close."""


@dataclass(frozen=True)
class Gap:
    """One system in one task and setting; scores 0–1.

    Attributes:
        system: its name.
        in_source: the score in the task's source language.
        in_others: the mean over the other languages.
        translated: the same after training on translations; None where it was not done.
    """

    system: str
    in_source: float
    in_others: float
    translated: float | None


def gaps(results: Results) -> list[tuple[Group, list[Gap]]]:
    """The gaps of all systems, for each task and setting without labels in other languages.

    Of several rules of selection the first that the recipe names is meant.
    """
    groups = score_groups(of_first_rule(results))
    translated = {
        (group.task, score.system): score.score.mean
        for group in groups
        if group.setting == TRANSLATED[0]
        for score in of_others(results, group)
    }
    found = []
    for group in groups:
        source = results.source_language[group.task]
        in_source = {
            score.system: score.score.mean for score in group.scores if score.language == source
        }
        own = [
            Gap(
                score.system,
                in_source[score.system],
                score.score.mean,
                translated.get((group.task, score.system)),
            )
            for score in of_others(results, group)
            if score.system in in_source
        ]
        if own and group.setting not in TRANSLATED:
            found.append((group, own))
    return found


def gap_table(results: Results, group: Group, own: Sequence[Gap]) -> Table:
    """The gaps of one task and setting, in points."""
    source = results.source_language[group.task]
    header = ["system", f"{source} in %", "others in %", f"behind {source}"]
    rows = [
        [
            gap.system,
            f"{100 * gap.in_source:.1f}",
            f"{100 * gap.in_others:.1f}",
            f"{100 * (gap.in_source - gap.in_others):.1f}",
        ]
        for gap in own
    ]
    if own[0].translated is not None:
        header.append("behind translate-train")
        for row, gap in zip(rows, own, strict=True):
            behind = None if gap.translated is None else gap.translated - gap.in_others
            row.append("–" if behind is None else f"{100 * behind:.1f}")
    return Table(f"{group.title}: gaps in points", header, rows)
