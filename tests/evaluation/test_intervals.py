"""Bootstrap intervals: do they hold what they promise?"""

import numpy as np
import pytest
from scipy.stats import bootstrap

from lingweave.evaluation import Interval, score_interval
from lingweave.tasks import Metric

MEAN = Metric("mean", "mean", lambda sums: sums[..., 0] / sums[..., 1])
F1 = Metric("f1", "F1", lambda sums: 2 * sums[..., 0] / (sums[..., 1] + sums[..., 2]))


def statistics(values):
    """Of a mean: each value, and 1 to count it."""
    return np.column_stack([values, np.ones(len(values))])


def mean_interval(values, *, seed=0):
    return score_interval([[statistics(values)]], MEAN, seed=seed)


def test_the_interval_covers_the_truth_95_times_in_100():
    """Accuracy 0.7 on 150 examples, 300 times over."""
    generator = np.random.default_rng(0)
    covered = 0
    for _ in range(300):
        interval = mean_interval((generator.random(150) < 0.7).astype(float))
        covered += interval.low <= 0.7 <= interval.high
    assert 0.91 <= covered / 300 <= 0.98  # one deviation is 0.013; percentile runs a little short


def test_it_is_about_as_wide_as_theory_has_it():
    """2 · 1.96 · √(0.8 · 0.2 / 2000) = 0.035."""
    values = np.repeat([1.0, 0.0], [1600, 400])
    interval = mean_interval(values)
    assert interval.mean == pytest.approx(0.8)
    assert interval.high - interval.low == pytest.approx(0.035, rel=0.1)
    assert interval.low == pytest.approx(0.7825, abs=0.003)
    assert interval.high == pytest.approx(0.8175, abs=0.003)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.1])
@pytest.mark.parametrize("num_values", [1, 7])
def test_values_that_are_all_alike_leave_no_doubt(value, num_values):
    interval = mean_interval(np.full(num_values, value))
    assert (interval.mean, interval.low, interval.high) == pytest.approx((value,) * 3)


def test_a_paired_difference_is_surer_than_two_scores():
    """Systems that fail on the same examples: their difference is small but certain."""
    generator = np.random.default_rng(1)
    first = (generator.random(500) < 0.6).astype(float)
    second = first.copy()
    second[np.flatnonzero(first == 0)[:15]] = 1  # 15 more right, none less: 0.03
    paired = score_interval([[statistics(second)]], MEAN, control=[[statistics(first)]])
    assert paired.mean == pytest.approx(0.03)
    assert paired.low > 0
    one, other = mean_interval(first), mean_interval(second)
    assert other.low < one.high, "the intervals of the scores overlap"
    assert paired.high - paired.low < (one.high - one.low) / 2


def test_the_seed_decides_the_resampling():
    values = np.random.default_rng(2).random(50)
    assert mean_interval(values, seed=1) == mean_interval(values, seed=1)
    assert mean_interval(values, seed=1) != mean_interval(values, seed=2)
    assert isinstance(mean_interval(values), Interval)


def test_values_are_left_as_they_were():
    values = np.array([0.0, 1.0, 1.0])
    mean_interval(values)
    assert values.tolist() == [0.0, 1.0, 1.0]


def test_a_paired_difference_of_means_is_the_mean_of_the_differences():
    generator = np.random.default_rng(3)
    first, second = generator.random((2, 80))
    paired = score_interval([[statistics(second)]], MEAN, control=[[statistics(first)]])
    alone = mean_interval(second - first)
    for name in ("mean", "low", "high"):
        assert getattr(paired, name) == pytest.approx(getattr(alone, name))


def test_the_interval_of_a_mean_is_scipys():
    values = np.random.default_rng(4).random(60)
    expected = bootstrap(
        (values,), np.mean, n_resamples=1000, method="percentile", batch=100, rng=0
    ).confidence_interval
    interval = mean_interval(values)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))


def test_a_score_that_is_no_mean_is_taken_of_each_resample():
    """F1 of spans: a plain loop over resamples of sentences, with its own chance."""
    generator = np.random.default_rng(5)
    given = generator.integers(0, 4, size=300)
    said = generator.integers(0, 4, size=300)
    right = np.minimum(given, said) * (generator.random(300) < 0.6)
    counts = np.column_stack([right, given, said]).astype(float)
    interval = score_interval([[counts]], F1)
    assert interval.mean == pytest.approx(2 * right.sum() / (given.sum() + said.sum()))
    loop = []
    for _ in range(4000):
        chosen = generator.integers(0, 300, size=300)
        loop.append(2 * right[chosen].sum() / (given[chosen].sum() + said[chosen].sum()))
    low, high = np.quantile(loop, [0.025, 0.975])
    assert interval.low == pytest.approx(low, abs=0.01)
    assert interval.high == pytest.approx(high, abs=0.01)


def test_several_languages_and_seeds_are_a_mean_of_scores():
    """Two languages, the first with two seeds: (0.5 + 0.7) / 2 and 0.2, together 0.4."""
    seeds = [statistics(np.repeat([1.0, 0.0], [n, 10 - n])) for n in (5, 7)]
    other = statistics(np.repeat([1.0, 0.0], [2, 8]))
    assert score_interval([seeds, [other]], MEAN).mean == pytest.approx(0.4)


def test_translations_of_one_test_set_are_resampled_together():
    """Ten languages that are right on the same examples say no more than one of them."""
    values = statistics(np.repeat([1.0, 0.0], [60, 40]))
    one, ten = score_interval([[values]], MEAN), score_interval([[values]] * 10, MEAN)
    assert (ten.mean, ten.low, ten.high) == pytest.approx((one.mean, one.low, one.high))


def test_test_sets_of_unequal_size_count_alike_and_are_resampled_by_themselves():
    """Deviation of the mean of two: √(0.25 / 100 + 0.25 / 101) / 2; resampled together: √2 more."""
    one, other = (statistics(np.arange(size) % 2.0) for size in (100, 101))
    interval = score_interval([[one], [other]], MEAN)
    assert interval.mean == pytest.approx((50 / 100 + 50 / 101) / 2)
    deviation = np.sqrt(0.25 / 100 + 0.25 / 101) / 2
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * deviation, rel=0.1)


def test_large_test_sets_of_nearly_equal_size_are_resampled_by_themselves_too():
    """Two halves, the right one right: √(0.25 / 3000 + 0.25 / 3001) / 2, whatever their places."""
    one, other = (statistics(np.arange(size) >= size // 2) for size in (3000, 3001))
    interval = score_interval([[one], [other]], MEAN)
    deviation = np.sqrt(0.25 / 3000 + 0.25 / 3001) / 2
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * deviation, rel=0.1)
