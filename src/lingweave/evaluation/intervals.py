"""How sure a score is: bootstrap intervals over examples (Efron & Tibshirani 1993, chapter 13).

They speak of the choice of test examples, for the very runs that were made; how much runs differ
by seed is said by giving each seed's score beside them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

RESAMPLES = 1000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval.

    Attributes:
        mean: of all examples.
        low: 2.5 % quantile of the resampled means.
        high: 97.5 % quantile.
    """

    mean: float
    low: float
    high: float


def mean_interval(values: NDArray[np.float64], *, seed: int = 0) -> Interval:
    """The mean of per-example values and its percentile bootstrap interval.

    For a paired comparison hand in the differences, example by example; for several seeds hand in
    each example's mean over the seeds.

    Args:
        values: one for each example, (N,).
        seed: of the resampling.
    """
    mean = float(values.mean())
    if np.ptp(values) == 0:  # nothing to resample: scipy would return NaN
        return Interval(mean, mean, mean)
    result = bootstrap(
        (values,),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="percentile",
        batch=100,
        rng=np.random.default_rng(seed),
    )
    interval = result.confidence_interval
    return Interval(mean, float(interval.low), float(interval.high))
