"""Pictures of a study's results: scores, differences to the control, gaps, ratios, losses."""

from collections import defaultdict
from collections.abc import Sequence

from lingweave.report.dot_plots import DotFigure, Mark, Panel, Row, Shape, shared_axis
from lingweave.report.gaps import Gap
from lingweave.report.line_plots import NUM_STYLES, Curve, LineFigure, line_panel
from lingweave.report.numbers import points
from lingweave.report.tables import TRAINED_ON, Group, compared, main_title, score_groups
from lingweave.study import MEAN, Estimate, Results, Score

_SURE: list[tuple[Shape, str]] = [
    ("dot", "the interval, over seeds too, leaves 0 out"),
    ("hollow", "it holds 0, or seeds are too few"),
]
_INTERVAL = "Lines: 95 % bootstrap intervals over the test examples."


def score_figure(results: Results, group: Group) -> DotFigure:
    """The first metric in each language; a panel for each, or a row where there is one system.

    All settings of a task have the same axis.
    """
    chance = results.measures[group.task].chance
    reference = None if chance is None else 100 * chance
    every = [
        _row(score.system, score.score, "dot")
        for score in results.scores
        if score.task == group.task
    ]
    axis = shared_axis(every, *([] if reference is None else [reference]))
    source = results.source_language[group.task]
    systems = {score.system for score in group.scores}
    is_compared = results.control in systems and len(systems) > 1
    control = results.control if is_compared else None
    panels = [
        Panel(title, rows, axis, reference, is_strong=title == MEAN)
        for title, rows in _turned(
            [
                (
                    score.language + TRAINED_ON * (score.language == source),
                    score.system,
                    _row("", score.score, "hollow" if score.system == control else "dot"),
                )
                for score in group.scores
            ]
        )
    ]
    title = main_title(results, group.task)
    caption = f"{title[0].upper()}{title[1:]} in %. {_INTERVAL}"
    if reference is not None:
        caption += f" Dashed: chance, {reference:.1f} %."
    key: list[tuple[Shape, str]] = []
    if is_compared:
        key = [("hollow", f"{control}, the control"), ("dot", "other systems")]
    return DotFigure(caption, _strong_first(panels), key)


def difference_figures(results: Results) -> list[DotFigure]:
    """For each task the gain over the control on the mean of the other languages, all settings."""
    figures = []
    by_task: dict[str, list[Group]] = defaultdict(list)
    for group in score_groups(results):
        by_task[group.task].append(group)
    for task, groups in by_task.items():
        titled = [(group.title, compared(results, group)) for group in groups]
        rows = {title: [difference_row(*one) for one in scores] for title, scores in titled}
        rows = {title: own for title, own in rows.items() if own}
        if not rows:
            continue
        axis = shared_axis([row for own in rows.values() for row in own], 0.0)
        panels = [Panel(title, own, axis, reference=0.0) for title, own in rows.items()]
        caption = (
            f"{task}: difference to {results.control} in points of {main_title(results, task)}, "
            f"mean of the languages other than {results.source_language[task]}. Lines: 95 % "
            "intervals."
        )
        figures.append(DotFigure(caption, panels, _SURE))
    return figures


def gap_figure(results: Results, groups: Sequence[tuple[Group, Sequence[Gap]]]) -> DotFigure:
    """How far the mean of the other languages is from the source and from translate-train.

    Args:
        results: of the study.
        groups: of one metric; a panel for each, or a row where there is one system.
    """
    cells = []
    for group, own in groups:
        for gap in own:
            marks = [Mark(100 * gap.in_source, shape="bar"), Mark(100 * gap.in_others)]
            if gap.translated is not None:
                marks.append(Mark(100 * gap.translated, shape="diamond"))
            text = points(gap.in_others - gap.in_source)
            cells.append((group.title, gap.system, Row("", marks, text)))
    turned = _turned(cells)
    axis = shared_axis(row for _, rows in turned for row in rows)
    sources = " or ".join(dict.fromkeys(results.source_language[group.task] for group, _ in groups))
    key: list[tuple[Shape, str]] = [("dot", "mean of the other languages"), ("bar", sources)]
    if any(gap.translated is not None for _, own in groups for gap in own):
        key.append(("diamond", "mean of the others after translate-train"))
    caption = (
        f"Scores in %; at the end of each line the gap to {sources} in points. Without intervals."
    )
    return DotFigure(caption, [Panel(title, rows, axis) for title, rows in turned], key)


def loss_figure(results: Results) -> LineFigure | None:
    """The loss of each system's pre-training over its updates; None where none was kept."""
    panels = []
    for name, system in results.systems.items():
        runs = [run for run in system["runs"] if len(run.get("losses", ())) > 1]
        curves = [
            Curve(f"seed {run['seed']}", run["losses"], number % NUM_STYLES)
            for number, run in enumerate(runs)
        ]
        if curves:
            panels.append(line_panel(name, curves))
    caption = (
        "Training loss of continued pre-training. Objectives add up different losses, so only the "
        "shapes can be compared, not the heights."
    )
    return LineFigure(caption, panels, "updates") if panels else None


def _row(name: str, score: Estimate, shape: Shape) -> Row:
    mark = Mark(100 * score.mean, 100 * score.low, 100 * score.high, shape)
    return Row(name, [mark], f"{100 * score.mean:.1f}")


def difference_row(score: Score, difference: Estimate) -> Row:
    """A system with its difference to the control, in points; hollow where it is not sure."""
    mark = Mark(
        100 * difference.mean,
        100 * difference.low,
        100 * difference.high,
        "dot" if difference.is_sure else "hollow",
    )
    return Row(score.system, [mark], points(difference.mean))


def _turned(cells: Sequence[tuple[str, str, Row]]) -> list[tuple[str, list[Row]]]:
    """Rows by panel; where there is one system, its name is the panel's, and panels are rows.

    Args:
        cells: name of the panel, name of the system, and what the row shows.
    """
    systems = {system for _, system, _ in cells}
    panels: dict[str, list[Row]] = defaultdict(list)
    for panel, system, row in cells:
        title, name = (system, panel) if len(systems) == 1 else (panel, system)
        panels[title].append(Row(name, row.marks, row.text))
    return [*panels.items()]


def _strong_first(panels: Sequence[Panel]) -> list[Panel]:
    return sorted(panels, key=lambda panel: not panel.is_strong)
