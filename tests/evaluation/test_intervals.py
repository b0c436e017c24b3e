"""Bootstrap intervals: do they hold what they promise?"""

import numpy as np
import pytest

from lingweave.evaluation import Interval, mean_interval


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
    paired = mean_interval(second - first)
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
