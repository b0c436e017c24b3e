"""Scores over the values of an option, where systems or settings differ in nothing else.

Of systems any number among their options may be such: how much is switched or masked, the weight of
a loss, how many pairs or how much damage they are fed. Of settings it is a number of code-switched
fine-tuning, of which zero-shot is the case that nothing is switched.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os.path import commonprefix
from typing import Any

import numpy as np

from lingweave.evaluation import Interval, seed_interval
from lingweave.report.axes import ValueAxis, axis_over
from lingweave.report.dot_plots import DotFigure, Mark, Panel, Row, shared_axis
from lingweave.report.line_plots import NUM_STYLES, Curve, LineFigure, LinePanel
from lingweave.report.tables import main_title, of_first_rule, of_others, score_groups
from lingweave.study import MEAN, Results, Score
from lingweave.study.alike import Options, alike_but_for

_ZERO_SHOT, _SWITCHED, _PROGRESSIVE = "zero-shot", "code-switched", "progressive"
_OVER_SEEDS = "Lines: 95 % intervals over seeds (Student's t)."
_OVER_EXAMPLES = "Lines: 95 % bootstrap intervals over the test examples; seeds are too few."


@dataclass(frozen=True)
class _Sweep:
    """Things that differ in one option alone: systems, or settings.

    Attributes:
        option: its name.
        values: by the name of a system or setting.
    """

    option: str
    values: Mapping[str, float]


Drawn = tuple[str, list[tuple[float, Score]]]
"""The title of a panel, and scores in all languages with the option's value."""


def sweep_figures(results: Results) -> list[LineFigure]:
    """For each option the curves of the mean and of the source language over its values."""
    drawn: dict[str, list[Drawn]] = defaultdict(list)
    for sweep, own in [*_of_systems(results), *_of_settings(results)]:
        drawn[sweep.option].append(own)
    return [_sweep_figure(option, panels, results) for option, panels in drawn.items()]


def setting_figures(results: Results) -> list[DotFigure]:
    """For each task the settings that switch words, side by side, where it has several of them."""
    variants = results.recipe.variants
    shown = {_ZERO_SHOT, _SWITCHED, _PROGRESSIVE, *variants}
    systems: dict[str, dict[str, list[Score]]] = defaultdict(lambda: defaultdict(list))
    for group in score_groups(of_first_rule(results)):
        for score in of_others(results, group):
            if variants and score.setting in shown:
                systems[score.task][score.system].append(score)
    compared = {
        task: {system: scores for system, scores in by_system.items() if len(scores) > 1}
        for task, by_system in systems.items()
    }
    return [
        _setting_figure(task, by_system, results)
        for task, by_system in compared.items()
        if by_system
    ]


# Which things differ in one option.


def _of_systems(results: Results) -> Iterator[tuple[_Sweep, Drawn]]:
    """A panel for each task and setting."""
    trained = {
        name: _filled(system["options"], results)
        for name, system in results.systems.items()
        if system["runs"]
    }
    for sweep in _sweeps(trained):
        kind = commonprefix([*sweep.values]).rstrip("-") or _objective(sweep, results)
        for group in score_groups(of_first_rule(results)):
            scores = [score for score in group.scores if score.system in sweep.values]
            points = [(sweep.values[score.system], score) for score in scores]
            # A task with systems of its own may have one of these alone, or none.
            if len({value for value, _ in points}) > 1:
                yield sweep, (f"{group.title}, {kind}", points)


def _of_settings(results: Results) -> Iterator[tuple[_Sweep, Drawn]]:
    """A panel for each task and system."""
    for sweep in _sweeps(results.recipe.switched_settings(_SWITCHED)):
        values = {**sweep.values, _ZERO_SHOT: 0.0}
        points: dict[tuple[str, str], list[tuple[float, Score]]] = defaultdict(list)
        for score in of_first_rule(results).scores:
            if score.setting in values:
                points[score.task, score.system].append((values[score.setting], score))
        for (task, system), own in points.items():
            # A task with settings of its own may be done zero-shot alone.
            if len({value for value, _ in own}) > 1:
                yield sweep, (f"{task}, {system}", own)


def _sweeps(things: Options) -> Iterator[_Sweep]:
    """The options of which things that are otherwise the same have several values."""
    for option in dict.fromkeys(name for options in things.values() for name in options):
        for values in alike_but_for(option, things):
            numbers = {
                name: float(value)
                for name, value in values.items()
                if isinstance(value, int | float) and not isinstance(value, bool)
            }
            if len({*numbers.values()}) > 1:
                yield _Sweep(option, numbers)


def _filled(options: Mapping[str, Any], results: Results) -> dict[str, Any]:
    """The options of a system with those numbers of its feed that it has by default."""
    every_pair = max((summary["pairs"] for summary in results.alignments), default=None)
    return {"max_pairs": every_pair, "damage": 0.0, **options}


def _objective(sweep: _Sweep, results: Results) -> str:
    return str(results.systems[next(iter(sweep.values))]["options"]["objective"])


# How they are drawn.


def _sweep_figure(option: str, drawn: Sequence[Drawn], results: Results) -> LineFigure:
    over_seeds = _are_over_seeds(score for _, points in drawn for _, score in points)
    shown = [_shown(points, results) for _, points in drawn]
    # A language looks the same in all panels, whatever others these show.
    names = dict.fromkeys(
        name for own in sorted(shown, key=lambda own: MEAN not in own) for name in own
    )
    styles = {name: number % NUM_STYLES for number, name in enumerate(names)}
    curves = [
        [_curve(points, name, styles[name], over_seeds) for name in own]
        for (_, points), own in zip(drawn, shown, strict=True)
    ]
    # One axis of scores for all panels, so that they can be compared.
    intervals = [interval for own in curves for curve in own for interval in curve.intervals]
    y = axis_over(end for _, low, high in intervals for end in (low, high))
    x = ValueAxis(sorted({value for value, _, _ in intervals}))
    panels = [LinePanel(title, own, x, y) for (title, _), own in zip(drawn, curves, strict=True)]
    told = _OVER_SEEDS if over_seeds else _OVER_EXAMPLES
    return LineFigure(f"Scores in % over {option}. {told}", panels, _axis_title(option, x))


def _axis_title(option: str, x: ValueAxis) -> str:
    if not x.is_logarithmic:
        return option
    return f"{option}, logarithmic but for 0" if 0 in x.values else f"{option}, logarithmic"


def _shown(points: Sequence[tuple[float, Score]], results: Results) -> list[str]:
    """The mean and the source language, or all languages where there is no mean."""
    languages = list(dict.fromkeys(score.language for _, score in points))
    source = results.source_language[points[0][1].task]
    return (
        [name for name in (MEAN, source) if name in languages] if MEAN in languages else languages
    )


def _curve(
    points: Sequence[tuple[float, Score]], language: str, style: int, over_seeds: bool
) -> Curve:
    """The scores in one language, or their mean."""
    ends = [
        (value, _interval(score, over_seeds))
        for value, score in sorted(points, key=lambda point: point[0])
        if score.language == language
    ]
    return Curve(
        language,
        [(value, 100 * one.mean) for value, one in ends],
        style,
        [(value, 100 * one.low, 100 * one.high) for value, one in ends],
    )


def _setting_figure(
    task: str, systems: Mapping[str, Sequence[Score]], results: Results
) -> DotFigure:
    over_seeds = _are_over_seeds(score for scores in systems.values() for score in scores)
    rows = {
        system: [_row(score, _interval(score, over_seeds)) for score in scores]
        for system, scores in systems.items()
    }
    axis = shared_axis(row for own in rows.values() for row in own)
    caption = (
        f"{task}: {main_title(results, task)} in %, mean of the languages other than "
        f"{results.source_language[task]}, by what the task was learned from. "
        f"{_OVER_SEEDS if over_seeds else _OVER_EXAMPLES}"
    )
    return DotFigure(caption, [Panel(system, own, axis) for system, own in rows.items()])


def _row(score: Score, interval: Interval) -> Row:
    mark = Mark(100 * interval.mean, 100 * interval.low, 100 * interval.high)
    return Row(score.setting, [mark], f"{100 * interval.mean:.1f}")


def _are_over_seeds(scores: Iterable[Score]) -> bool:
    """Whether all scores of a figure have seeds enough."""
    return all(_over_seeds(score) is not None for score in scores)


def _interval(score: Score, over_seeds: bool) -> Interval:
    """That over seeds, or else that over examples; around the same mean as in the tables."""
    known = _over_seeds(score) if over_seeds else None
    low, high = (known.low, known.high) if known else (score.score.low, score.score.high)
    return Interval(score.score.mean, low, high)


def _over_seeds(score: Score) -> Interval | None:
    """Over the seeds of pre-training, if there are several, else over those of fine-tuning."""
    several = len({seed.pretraining_seed for seed in score.seeds}) > 1
    by_seed: dict[int, list[float]] = defaultdict(list)
    for seed in score.seeds:
        number = seed.pretraining_seed if several else seed.finetuning_seed
        # The first metric is that of the score.
        by_seed[number].append(next(iter(seed.metrics.values())))
    return seed_interval([float(np.mean(own)) for own in by_seed.values()])
