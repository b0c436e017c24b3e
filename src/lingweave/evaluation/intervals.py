"""How sure a score is: bootstrap intervals over examples (Efron & Tibshirani 1993, chapter 13).

They speak of the choice of test examples, for the very runs that were made; how much runs differ
by seed is said by giving each seed's score beside them.

What is resampled are rows of statistics (`lingweave.tasks.Statistics`), and the score is a function
of their sum; so intervals of F1 are those of F1, not of a mean of per-example values.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lingweave.tasks import Metric, Statistics

RESAMPLES = 1000
CONFIDENCE = 0.95
_AT_ONCE = 100

Sample = Sequence[Sequence[Statistics]]
"""For each test set (language) and each run (seed) the statistics of its examples, (N, K)."""


@dataclass(frozen=True)
class Interval:
    """A score with its 95 % interval.

    Attributes:
        mean: of all examples.
        low: 2.5 % quantile of the resampled scores.
        high: 97.5 % quantile.
    """

    mean: float
    low: float
    high: float


def score_interval(
    sample: Sample, metric: Metric, *, control: Sample | None = None, seed: int = 0
) -> Interval:
    """The mean of a score over runs and test sets, and its percentile bootstrap interval.

    Test sets of many languages are mostly translations of one, as XNLI's are: then row n of all
    languages is one example, and resampling them one by one would make intervals too narrow. So
    test sets of equal size are resampled together (which for unrelated sets makes no difference
    to expect), and those of another size by themselves.

    Args:
        sample: what is scored.
        metric: how it is scored.
        control: what to compare with, on the same test sets: the interval is that of the
            difference, example by example the same ones.
        seed: of the resampling.
    """
    score, resampled = _score(sample, metric), _resampled_scores(sample, metric, seed)
    if control is not None:
        score -= _score(control, metric)
        resampled -= _resampled_scores(control, metric, seed)
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(score, float(low), float(high))


def _score(sample: Sample, metric: Metric) -> float:
    """The mean over test sets of the mean over runs."""
    return float(
        np.mean([np.mean([metric.of(run.sum(axis=0)) for run in runs]) for runs in sample])
    )


def _resampled_scores(sample: Sample, metric: Metric, seed: int) -> NDArray[np.float64]:
    """The same score of `RESAMPLES` resamples."""
    by_size: dict[int, list[Sequence[Statistics]]] = defaultdict(list)
    for runs in sample:
        by_size[len(runs[0])].append(runs)
    scores = np.zeros(RESAMPLES)
    # One for all sizes: from equal seeds, sets of nearly equal size would be drawn nearly alike.
    generator = np.random.default_rng(seed)
    for size, group in by_size.items():
        # (N, all runs of all these test sets, K), and how much each run counts.
        stacked = np.stack([run for runs in group for run in runs], axis=1)
        shares = np.array([1 / len(runs) / len(sample) for runs in group for _ in runs])
        parts = [
            metric.of(np.tensordot(times, stacked, axes=1)) @ shares
            for times in _resamples(size, generator)
        ]
        scores += np.concatenate(parts)
    return scores


def _resamples(size: int, generator: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    """How often each resample holds each example, some resamples at once, each (R, N)."""
    for _ in range(0, RESAMPLES, _AT_ONCE):
        chosen = generator.integers(size, size=(_AT_ONCE, size))
        rows = np.arange(_AT_ONCE)[:, None] * size
        times = np.bincount((chosen + rows).ravel(), minlength=_AT_ONCE * size)
        yield times.reshape(_AT_ONCE, size).astype(np.float64)
