"""Results as tables of text: what terminal and Markdown show alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lingweave.config import Rule
from lingweave.report.numbers import points, points_with_interval
from lingweave.study import MEAN, Estimate, Results, Score

TRAINED_ON = "*"
"""Marks the task's source language in headers."""

SELECTED_BY: dict[Rule, str] = {
    "dev": "",
    "last": ", last epoch",
    "average": ", average of the epochs' weights",
    "oracle": ", oracle (epoch chosen on each language's own dev set)",
}
"""What a table's title says of the rule by which weights were selected; nothing of the default."""


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


@dataclass(frozen=True)
class Group:
    """Scores of one task and setting, with weights selected by one rule.

    Attributes:
        task: its name in the recipe.
        setting: how it was fine-tuned.
        title: what tables and pictures of it are called.
        scores: systems × languages.
    """

    task: str
    setting: str
    title: str
    scores: Sequence[Score]


def score_tables(results: Results) -> list[Table]:
    """For each task and setting its first metric in per cent, systems × languages."""

    def titled(task: str) -> str:
        return f"{main_title(results, task)} in %"

    return _tables(results, titled, lambda score: f"{100 * score.score.mean:.1f}")


def difference_tables(results: Results) -> list[Table]:
    """For each task and setting the gain over the control in points, with its 95 % interval."""
    what = f"points over {results.control} [95 % interval]"
    return _tables(results, lambda task: what, _points)


def short_difference_tables(results: Results) -> list[Table]:
    """The same without intervals: in brackets stand those that another seed might undo."""
    what = f"points over {results.control}, (in brackets) if not sure"
    return _tables(results, lambda task: what, _short_points)


def other_metric_tables(results: Results) -> list[Table]:
    """For each task and setting its other metrics in per cent, means over seeds."""
    tables = []
    for task, measure in results.measures.items():
        own = results.model_copy(
            update={"scores": [score for score in results.scores if score.task == task]}
        )
        for name, title in list(measure.metrics.items())[1:]:
            tables += _metric_tables(own, name, title)
    return tables


def main_title(results: Results, task: str) -> str:
    """What tables call the first metric of a task."""
    return next(iter(results.measures[task].metrics.values()))


def main_titles(results: Results) -> str:
    """What tables call the first metrics of all tasks, in one phrase."""
    return " or ".join(dict.fromkeys(main_title(results, task) for task in results.measures))


def note(results: Results) -> str:
    """What the marks in the headers of score tables mean, and the scores of guessing."""
    marks = f"{TRAINED_ON} the task's source language; {MEAN}: of the others"
    known = {
        task: f"{100 * measure.chance:.1f} %"
        for task, measure in results.measures.items()
        if measure.chance is not None
    }
    if not known:
        return marks
    if len(known) == len(results.measures) and len({*known.values()}) == 1:
        return f"{marks}; chance: {next(iter(known.values()))}"
    return f"{marks}; chance: {', '.join(f'{task} {chance}' for task, chance in known.items())}"


def intervals_note(results: Results) -> str:
    """What the differences to the control are, and what their intervals cover."""
    return f"{_intervals(results)} They are not corrected for the number of comparisons."


def _intervals(results: Results) -> str:
    what = f"Paired differences in {main_titles(results)} on the same test examples, in points"
    covered = {score.over_control.covers for score in results.scores if score.over_control}
    if covered == {"seeds and examples"}:
        return f"{what}, with 95 % intervals over seeds and test examples."
    if "seeds and examples" in covered:
        return (
            f"{what}, with 95 % intervals: over seeds and test examples where both systems have "
            "three seeds or more, else over the examples alone, which says nothing of how much "
            "another training seed would differ."
        )
    return (
        f"{what}, with 95 % bootstrap intervals over the examples. The intervals say how far the "
        "choice of test examples may mislead; they do not cover how much another training seed "
        "would differ."
    )


def seeds_note(results: Results) -> str:
    """How many models and test examples stand behind each number, and what the marks mean."""
    runs = sorted({len(score.seeds) for score in results.scores})
    each = "one trained model" if runs == [1] else f"{' or '.join(map(str, runs))} trained models"
    examples = min(score.num_examples for score in results.scores)
    return (
        f"Each number is the mean over {each} (results.json has every seed's), on {examples:,} "
        f"or more test examples. {note(results)}."
    )


def _metric_tables(results: Results, name: str, title: str) -> list[Table]:
    return _tables(
        results, lambda task: f"{title} in %", lambda score: f"{100 * score.metrics[name]:.1f}"
    )


def _tables(
    results: Results, what: Callable[[str], str], cell: Callable[[Score], str]
) -> list[Table]:
    """One table for each task and setting, a row for each system that has any cell.

    Args:
        results: of a study.
        what: said in the title of a task's tables.
        cell: the text of a score.
    """
    tables = []
    for group in score_groups(results):
        cells: dict[str, dict[str, str]] = {system: {} for system in results.systems}
        for score in group.scores:
            cells[score.system][score.language] = cell(score)
        languages = list(dict.fromkeys(score.language for score in group.scores))
        rows = [
            [system, *(own[language] for language in languages)]
            for system, own in cells.items()
            if any(own.values())
        ]
        if not rows:
            continue
        source = results.source_language[group.task]
        names = [name + TRAINED_ON * (name == source) for name in languages]
        title = f"{group.title}: {what(group.task)}"
        tables.append(Table(title, ["system", *names], rows))
    return tables


def score_groups(results: Results) -> list[Group]:
    """The scores that one table shows together, in the order of the results."""
    keys = dict.fromkeys(_table_of(score) for score in results.scores)
    return [
        Group(
            task,
            setting,
            f"{task}, {setting}{SELECTED_BY[rule]}",
            [score for score in results.scores if _table_of(score) == (task, setting, rule)],
        )
        for task, setting, rule in keys
    ]


def of_first_rule(results: Results) -> Results:
    """The same with the scores by the recipe's first rule of selection alone."""
    first = [one for one in results.scores if one.selection == results.scores[0].selection]
    return results.model_copy(update={"scores": first})


def of_others(results: Results, group: Group) -> list[Score]:
    """Each system's mean over the languages other than the source, or its score in the only one."""
    source = results.source_language[group.task]
    others = [score for score in group.scores if score.language != source]
    return [score for score in others if score.language == MEAN] or others


def compared(results: Results, group: Group) -> list[tuple[Score, Estimate]]:
    """The scores that are compared with the control's: on the mean of the other languages."""
    return [
        (score, score.over_control)
        for score in of_others(results, group)
        if score.over_control is not None
    ]


def _table_of(score: Score) -> tuple[str, str, Rule]:
    return score.task, score.setting, score.selection


def switching_table(results: Results) -> Table:
    """How much of the training text was switched; progressively: stage by stage."""
    rows = [
        [
            one.task,
            one.setting,
            one.system,
            " / ".join(f"{temperature:g}" for temperature in one.temperatures) or "–",
            f"{100 * one.coverage[-1]:.1f}",
            " / ".join(f"{100 * ratio:.1f}" for ratio in one.effective_ratio),
            " / ".join(f"{index:.1f}" for index in one.cmi),
        ]
        for one in results.switched
    ]
    header = ["task", "setting", "system", "temperature", "covered in %", "switched in %", "CMI"]
    return Table("Code-switching of the training text", header, rows)


def alignment_table(results: Results) -> Table:
    """What was aligned, how, and how well where the true links are known."""
    rows = []
    for summary in results.alignments:
        gold = summary.get("against_gold")
        rows.append(
            [
                "–".join(language or "?" for language in summary["languages"]),
                f"{summary['pairs']:,}",
                _how_aligned(summary),
                f"{summary['links'] / summary['source_words']:.2f}",
                f"{100 * gold['aer']:.1f}" if gold else "not known",
            ]
        )
    return Table("Word alignment", ["bitext", "pairs", "links by", "links/word", "AER in %"], rows)


def systems_table(results: Results) -> Table:
    """What each system is, and what its training was and took."""
    rows = []
    for name, system in results.systems.items():
        options = _told(system["options"])
        runs = system["runs"]
        updates = " / ".join(f"{run['updates']:,}" for run in runs) or "–"
        minutes = " / ".join(f"{run['seconds'] / 60:.1f}" for run in runs) or "–"
        loss = " / ".join(f"{run['last_loss']:.2f}" for run in runs) or "–"
        rows.append([name, options, updates, minutes, loss])
    return Table("Systems", ["system", "objective", "updates", "minutes", "last loss"], rows)


def _told(options: Mapping[str, Any]) -> str:
    """Options by name, those of a part in brackets; of what has none nothing is said."""
    told = {
        key: f"({_told(own)})" if isinstance(own, dict) else own for key, own in options.items()
    }
    return ", ".join(f"{key} {value}" for key, value in told.items() if value != "()")


def _how_aligned(summary: Mapping[str, Any]) -> str:
    """Method and symmetrisation."""
    if summary["symmetrization"] == "given links":
        return "given links"
    return f"{summary['method']}, {summary['symmetrization']}"


def _points(score: Score) -> str:
    difference = score.over_control
    if difference is None:
        return ""
    return points_with_interval(difference.mean, difference.low, difference.high)


def _short_points(score: Score) -> str:
    difference = score.over_control
    if difference is None:
        return ""
    mean = points(difference.mean)
    return mean if difference.is_sure else f"({mean})"
