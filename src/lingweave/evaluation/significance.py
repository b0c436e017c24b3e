"""Is one system better than another? Differences whose doubt covers both seeds and test examples.

A score depends on which test examples were chosen and on which seeds were. Seeds are few, examples
many, and all models see the same examples. That is the design of radiology's studies with several
readers and several cases, in which a difference of any score is judged by

    variance = s² / S + C,   C = mean covariance, over the choice of examples, of two seeds' scores

(Obuchowski & Rockette 1995, Communications in Statistics 24), s² being the variance of the S seeds'
differences. C comes from the jackknife over examples, so a score may be any function of summed
statistics, such as F1. What moves all seeds alike (the examples) is in C; what moves each by itself
(its initialisation, and how it happens to decide on single examples) is in s²; nothing is counted
twice. Of the two only C is known well; what follows for the error is in `doubt.py`.

Why not a bootstrap over seeds and examples (Sellam et al. 2022, 2106.16163)? Of three seeds a
resample holds, in the mean, only two thirds of the variance, and its quantiles know nothing of how
uncertain that variance is: its intervals are too narrow (docs/statistics.md has the simulation).
With many seeds both agree.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lingweave.evaluation.doubt import Doubt
from lingweave.evaluation.intervals import CONFIDENCE, Interval
from lingweave.tasks import Metric, Statistics

MIN_SEEDS = 3
"""With fewer, the variance between seeds is not known well enough to say anything."""
ROUNDING = 1e-20
"""A variance below it is what is left of 0 by the rounding of scores between 0 and 1."""

Relation = Literal["greater", "less", "equivalent", "non-inferior"]
Runs = Mapping[str, Sequence[Sequence[Statistics]]]
"""By the name of a seed: for each test set (language) the statistics, (N, K), of its models."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A difference of two systems' scores, 0–1, mean over seeds and test sets.

    Attributes:
        effect: the first's score minus the second's.
        doubt: how far it may be from the truth; None, where nothing is known of that.
        num_seeds: of that system which has fewer.
    """

    effect: float
    doubt: Doubt | None
    num_seeds: int

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """The interval that holds the true difference with this confidence, 0–1."""
        reach = self.doubt.reach(confidence) if self.doubt else np.inf
        return self.effect - reach, self.effect + reach

    def above(self, bound: float) -> float:
        """The one-sided p-value of "the true difference is not above this bound"."""
        return self.doubt.beyond(self.effect - bound) if self.doubt else 0.5

    def below(self, bound: float) -> float:
        """The one-sided p-value of "the true difference is not below this bound"."""
        return self.doubt.beyond(bound - self.effect) if self.doubt else 0.5

    def evidence(self, relation: Relation, margin: float) -> tuple[float, float]:
        """One-sided p-values against the opposite of a claim, and against the claim.

        Equivalence is proved by two one-sided tests (Schuirmann 1987): above −margin and below it.

        Args:
            relation: what is claimed of the first system: `greater` (by more than the margin),
                `less` (by more than it), `equivalent` (no further away than it) or `non-inferior`
                (not worse by more than it).
            margin: at least 0; above 0 for the last two.
        """
        if relation == "greater":
            return self.above(margin), self.below(margin)
        if relation == "less":
            return self.below(-margin), self.above(-margin)
        if relation == "non-inferior":
            return self.above(-margin), self.below(-margin)
        inside = max(self.above(-margin), self.below(margin))
        # Outside on either side; what tests in two directions costs is for the verdict to reckon.
        return inside, min(self.below(-margin), self.above(margin))


def compare_scores(first: Runs, second: Runs, metric: Metric) -> Comparison:
    """The difference of two systems, row n of test sets of equal size being the same example.

    If both have the same seeds, these are paired; else each system's vary by themselves. Several
    models of one seed (fine-tunings of one pre-training) count by the mean of their scores. Test
    sets of equal size are taken for translations of one, as in `score_interval`; those of a size
    that only one of both has, for other examples. With fewer than `MIN_SEEDS` seeds, or if no
    difference was seen to vary, nothing is known of the doubt.

    Args:
        first: a system's runs.
        second: the runs of the system to compare with.
        metric: how they are scored.
    """
    (own, own_spread), (other, other_spread) = (_measure(runs, metric) for runs in (first, second))
    effect, num_seeds = float(own.mean() - other.mean()), min(len(own), len(other))
    doubt = None
    if num_seeds >= MIN_SEEDS:
        spread = _by_size(own_spread, other_spread)
        if list(first) == list(second):
            of_seeds, freedom = _seed_variance(own - other)
            of_examples = sum(_mean_covariance(one - two) for one, two in spread)
        else:
            of_seeds, freedom = _welch(_seed_variance(own), _seed_variance(other))
            of_examples = sum(
                _mean_covariance(one)
                + _mean_covariance(two)
                - 2 * float(one.mean(axis=1) @ two.mean(axis=1))
                for one, two in spread
            )
        # An estimate that is negative by chance counts as none: the true covariance is not.
        of_examples = max(of_examples, 0.0)
        if of_seeds + of_examples > ROUNDING:
            doubt = Doubt(of_seeds=of_seeds, freedom=freedom, of_examples=of_examples)
    return Comparison(effect=effect, doubt=doubt, num_seeds=num_seeds)


def _measure(runs: Runs, metric: Metric) -> tuple[Floats, dict[int, Floats]]:
    """Each seed's score, (S,), and by size of test set what each example does to them, (N, S).

    The latter are scaled so that products of two columns sum up to the jackknife covariance.
    """
    scores = np.zeros(len(runs))
    spread: dict[int, Floats] = defaultdict(lambda: np.zeros((0, 0)))
    for index, test_sets in enumerate(runs.values()):
        for models in test_sets:
            share = 1 / len(test_sets) / len(models)
            size = len(models[0])
            if not spread[size].size:
                spread[size] = np.zeros((size, len(runs)))
            for rows in models:
                total = rows.sum(axis=0)
                scores[index] += share * float(metric.of(total))
                without = metric.of(total - rows)
                scale = np.sqrt((size - 1) / size)
                spread[size][:, index] += share * scale * (without - without.mean())
    return scores, dict(spread)


def _by_size(
    own: Mapping[int, Floats], other: Mapping[int, Floats]
) -> Iterator[tuple[Floats, Floats]]:
    """What each example does to both, (N, S) and (N, T), for each size of test set N.

    Yields:
        zeros for the one that has no test set of that size.
    """
    num_own, num_other = (next(iter(spread.values())).shape[1] for spread in (own, other))
    for size in dict.fromkeys([*own, *other]):
        zeros = [np.zeros((size, num_seeds)) for num_seeds in (num_own, num_other)]
        yield own.get(size, zeros[0]), other.get(size, zeros[1])


def _seed_variance(scores: Floats) -> tuple[float, float]:
    """What the choice of seeds adds to the variance of the mean, and its degrees of freedom."""
    return float(scores.var(ddof=1)) / len(scores), len(scores) - 1


def _welch(first: tuple[float, float], second: tuple[float, float]) -> tuple[float, float]:
    """The sum of two such variances, and its degrees of freedom (Welch 1947)."""
    total = first[0] + second[0]
    uncertain = sum(variance**2 / freedom for variance, freedom in (first, second))
    return total, total**2 / uncertain if uncertain else min(first[1], second[1])


def _mean_covariance(spread: Floats) -> float:
    """What the choice of examples adds to the covariance of two seeds, mean, from (N, S)."""
    num_seeds = spread.shape[1]
    products = np.square(spread.sum(axis=1)).sum() - np.square(spread).sum()
    return float(products / (num_seeds * (num_seeds - 1)))


def seed_interval(scores: Sequence[float]) -> Interval | None:
    """The mean of the scores of some seeds, 0–1, with Student's 95 % interval over seeds alone.

    The examples are taken as they are. None for fewer than `MIN_SEEDS` seeds.
    """
    if len(scores) < MIN_SEEDS:
        return None
    mean, error = float(np.mean(scores)), float(stats.sem(scores))
    reach = error * float(stats.t.ppf((1 + CONFIDENCE) / 2, len(scores) - 1))
    return Interval(mean, mean - reach, mean + reach)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values of a family of tests, corrected for their number (Holm 1979), in the same order.

    Whoever rejects those below 0.05 rejects a true one, of all, with a chance of at most 0.05.
    """
    corrected, so_far = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        so_far = max(so_far, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = so_far
    return corrected
