"""The difference of each score to the control's, from a study's predictions."""

from collections.abc import Sequence

from lingweave.evaluation import (
    MIN_SEEDS,
    Cell,
    Predictions,
    Runs,
    compare_scores,
    score_interval,
    seed_runs,
)
from lingweave.study.results import MEAN, Estimate, Results, Score
from lingweave.tasks import TASKS, Metric, Statistics


def with_differences(results: Results, predictions: Predictions) -> list[Score]:
    """The scores with their differences to the control, where it was tested likewise.

    Args:
        results: of the study.
        predictions: of the same study.
    """
    cells = {_cell(score) for score in results.scores}
    compared = []
    for score in results.scores:
        cell = _cell(score)
        control = cell._replace(system=results.control)
        difference = None
        if control != cell and control in cells:
            languages = _languages(results, score)
            runs, base = (seed_runs(predictions, one, languages) for one in (cell, control))
            difference = _difference(runs, base, _first_metric(results, score.task))
        compared.append(score.model_copy(update={"over_control": difference}))
    return compared


def estimate(runs: Runs, metric: Metric, control: Runs | None = None) -> Estimate:
    """The mean score of some models, or how far it is above others', over examples alone."""
    base = None if control is None else _by_test_set(control)
    interval = score_interval(_by_test_set(runs), metric, control=base)
    return Estimate(mean=interval.mean, low=interval.low, high=interval.high)


def _cell(score: Score) -> Cell:
    return Cell(score.system, score.setting, score.task, score.selection)


def _languages(results: Results, score: Score) -> Sequence[str]:
    """The test sets that a score is the mean of."""
    if score.language != MEAN:
        return [score.language]
    own = [one.language for one in results.scores if _cell(one) == _cell(score)]
    return [name for name in own if name not in (MEAN, results.source_language[score.task])]


def _first_metric(results: Results, task: str) -> Metric:
    return TASKS[results.recipe.tasks[task].task].metrics[0]


def _difference(runs: Runs, control: Runs, metric: Metric) -> Estimate:
    """Over seeds and examples, or, where the seeds tell too little, over examples alone."""
    comparison = compare_scores(runs, control, metric)
    if comparison.num_seeds < MIN_SEEDS or (comparison.doubt is None and comparison.effect):
        return estimate(runs, metric, control)
    # Without doubt at all are models that do what the control's do, on every example.
    low, high = comparison.interval() if comparison.doubt else (0.0, 0.0)
    return Estimate(mean=comparison.effect, low=low, high=high, covers="seeds and examples")


def _by_test_set(runs: Runs) -> list[list[Statistics]]:
    """The statistics of each test set and, in it, of each model, whatever its seed."""
    return [
        [rows for models in of_seeds for rows in models]
        for of_seeds in zip(*runs.values(), strict=True)
    ]
