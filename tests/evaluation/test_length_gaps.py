"""The gap on long inputs against that on short ones: by hand, and by simulations of known truth."""

import numpy as np
import pytest
from scipy import stats

from lingweave.evaluation import Cell, Model, Outcome, compare_gaps
from lingweave.tasks.classification import ACCURACY, label_statistics

CELL = Cell("s", "zero-shot", "t", "dev")
MODEL = Model(*CELL, 1, 1)
NUM_EXAMPLES = 300
SHIFTS = {"en": (0.9, 0.6), "de": (0.6, 0.0), "zh": (0.4, -0.1)}
SPREAD = 0.1


def outcome(right, lengths):
    gold = np.zeros(len(right), dtype=int)
    statistics = label_statistics(gold, 1 - np.array(right, dtype=int), 3)
    return Outcome(statistics, np.array(lengths, dtype=np.int32))


def test_by_hand():
    """In English 1/2 of the short and all of the long are right; in German 1/2 and none."""
    english = outcome([1, 0, 1, 1], [1, 2, 3, 4])
    german = outcome([0, 0, 1, 0], [9, 8, 5, 6])  # its longer half stands first
    french = outcome([1, 0], [1, 2])  # a set of its own: all of the short, none of the long
    found = compare_gaps(
        {MODEL: {"en": english, "de": german, "fr": french}}, CELL, "en", ["de", "fr"], ACCURACY
    )
    # long: 1 − (0 + 0) / 2; short: 1/2 − (1/2 + 1) / 2
    assert found.effect == pytest.approx(1 - (0.5 - 0.75))


def test_of_inputs_of_one_length_half_are_taken_for_long():
    alike = {"en": outcome([1, 1, 1, 1], [7] * 4), "de": outcome([1, 1, 1, 0], [7] * 4)}
    assert compare_gaps({MODEL: alike}, CELL, "en", ["de"], ACCURACY).effect == pytest.approx(0.5)


def drawn(generator, num_seeds, shifts, sizes):
    """Models that are right where shift of the half + ease + luck of the seed + chance is above 0.

    Texts of test sets of one size are translations: they are as easy, and about as long.
    """
    ease = {size: generator.normal(size=size) for size in set(sizes.values())}
    lengths = {size: generator.permutation(size) for size in ease}
    predictions = {}
    for seed in range(num_seeds):
        by_language, luck = {}, generator.normal(scale=SPREAD, size=2)
        for language, halves in shifts.items():
            size = sizes[language]
            is_long = lengths[size] >= size // 2
            known = np.take(halves, is_long.astype(int)) + np.take(luck, is_long.astype(int))
            right = known + ease[size] + generator.normal(size=size) > 0
            by_language[language] = outcome(right, lengths[size])
        predictions[Model(*CELL, 1, seed)] = by_language
    return predictions


def true_effect(shifts):
    def accuracy(shift):
        return stats.norm.cdf(shift / np.sqrt(2 + SPREAD**2))

    gaps = [
        accuracy(shifts["en"][half])
        - np.mean([accuracy(one[half]) for name, one in shifts.items() if name != "en"])
        for half in (0, 1)
    ]
    return gaps[1] - gaps[0]


@pytest.mark.slow
@pytest.mark.parametrize("num_seeds", [3, 5])
@pytest.mark.parametrize(
    "sizes", [dict.fromkeys(SHIFTS, NUM_EXAMPLES), {"en": 400, "de": 300, "zh": 300}]
)
def test_the_interval_covers_the_truth_95_times_in_100(num_seeds, sizes):
    generator, truth = np.random.default_rng(num_seeds), true_effect(SHIFTS)
    assert truth > 0.02
    found = [
        compare_gaps(drawn(generator, num_seeds, SHIFTS, sizes), CELL, "en", ["de", "zh"], ACCURACY)
        for _ in range(1000)
    ]
    intervals = np.array([one.interval() for one in found])
    covered = np.mean((intervals[:, 0] <= truth) & (truth <= intervals[:, 1]))
    # Sets that are no translations leave as much doubt about examples as about seeds: doubt.py.
    assert 0.93 <= covered <= (0.97 if len({*sizes.values()}) == 1 else 0.98)


@pytest.mark.slow
def test_long_inputs_that_are_only_harder_hardly_ever_seem_to_lose_more():
    """All four accuracies differ, and the gap of long inputs is that of short ones."""
    sizes = dict.fromkeys(SHIFTS, NUM_EXAMPLES)
    steep = stats.norm.ppf([[0.8, 0.7], [0.65, 0.55], [0.5, 0.4]]) * np.sqrt(2 + SPREAD**2)
    shifts = dict(zip(SHIFTS, steep, strict=True))
    assert true_effect(shifts) == pytest.approx(0)
    generator = np.random.default_rng(0)
    found = [
        compare_gaps(drawn(generator, 3, shifts, sizes), CELL, "en", ["de", "zh"], ACCURACY)
        for _ in range(1000)
    ]
    supported = np.mean([one.above(0) < 0.025 for one in found])
    contradicted = np.mean([one.below(0) < 0.025 for one in found])
    assert max(supported, contradicted) <= 0.04
