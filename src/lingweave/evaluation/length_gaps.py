"""Do long inputs lose more on the way to another language than short ones do?

The gap of a language is how far its score stays behind that of the source language. It is taken
twice, on the longer half of each test set and on the shorter, and the one minus the other is what
is asked for:

    (source − target on long inputs) − (source − target on short inputs)

Long inputs may be harder in every language; that is in all four scores, and cancels out. Each test
set is parted by its own lengths, since texts of two languages are no translations of one another
in every benchmark.

It is a difference of differences of functions of summed statistics, so it is judged like any other
(`significance.py`), over seeds and examples.
"""

from collections.abc import Sequence

import numpy as np

from lingweave.evaluation.predictions import Cell, Outcome, Predictions, seed_runs
from lingweave.evaluation.significance import Comparison, compare_scores
from lingweave.tasks import Metric, Statistics


def compare_gaps(
    predictions: Predictions, cell: Cell, source: str, targets: Sequence[str], metric: Metric
) -> Comparison:
    """The gap on the longer halves minus the gap on the shorter ones, mean over the targets.

    Args:
        predictions: of a study.
        cell: whose models; they have predictions in all languages.
        source: language from which the gap is counted.
        targets: languages whose gap it is.
        metric: how they are scored.
    """
    parted = {
        model: {language: _parted(by_language[language]) for language in (source, *targets)}
        for model, by_language in predictions.items()
        if model[: len(cell)] == cell
    }
    in_source, in_targets = (seed_runs(parted, cell, names) for names in ([source], targets))
    return compare_scores(in_source, in_targets, _longer_minus_shorter(metric))


def _parted(outcome: Outcome) -> Outcome:
    """The same with statistics, (N, 2 K), that are those of the longer half, then of the shorter.

    Each example is 0 in the columns of that half in which it is not. Of those that are as long as
    the median, the last ones are taken for long.
    """
    lengths = outcome.num_characters
    is_long = np.zeros((len(lengths), 1), dtype=bool)
    is_long[np.argsort(lengths, kind="stable")[len(lengths) // 2 :]] = True
    halves = (outcome.statistics * is_long, outcome.statistics * ~is_long)
    return Outcome(np.concatenate(halves, axis=1), lengths)


def _longer_minus_shorter(metric: Metric) -> Metric:
    def of(sums: Statistics) -> Statistics:
        longer, shorter = np.split(sums, 2, axis=-1)
        return metric.of(longer) - metric.of(shorter)

    return Metric(metric.name, metric.title, of)
