"""Comparisons over seeds and examples: do they hold what they promise?

The simulations know the truth. Models decide on examples by a threshold: what they make of one is
mu + its ease + the luck of the seed + chance, and all but mu are normal. So the expected score over
all seeds and examples has a formula (accuracy) or is one integral over seeds (F1).
"""

from functools import cache

import numpy as np
import pytest
from scipy import stats

from lingweave.evaluation import MIN_SEEDS, Comparison, compare_scores, holm
from lingweave.tasks import Metric
from lingweave.tasks.classification import ACCURACY, label_statistics
from lingweave.tasks.tagging import F1

MEAN = Metric("mean", "mean", lambda sums: sums[..., 0] / sums[..., 1])
NUM_SIMULATIONS = 2000
NUM_EXAMPLES = 400
SPREAD_OF_SEEDS, SPREAD_OF_EASE = 0.07, 1.0
SPANS, WRONG_SPANS = 1.5, 0.5  # true ones of a sentence, and spans that are none, in the mean


def statistics(values):
    return np.column_stack([values, np.ones(len(values))])


def runs(scores, prefix="seed"):
    """Of values by seed and example, (S, N)."""
    return {f"{prefix} {seed}": [[statistics(values)]] for seed, values in enumerate(scores)}


# By hand and by outside references.


def test_examples_without_any_doubt_leave_the_paired_t_test_of_the_seeds():
    """All examples of a seed are alike, so that all doubt is about seeds."""
    first, second = np.array([0.6, 0.7, 0.65, 0.8]), np.array([0.5, 0.65, 0.6, 0.65])
    own, other = (runs(np.repeat(scores[:, None], 10, axis=1)) for scores in (first, second))
    comparison = compare_scores(own, other, MEAN)
    expected = stats.ttest_rel(first, second)
    assert comparison.effect == pytest.approx(0.0875)
    assert comparison.freedom == pytest.approx(3)
    assert 2 * comparison.above(0) == pytest.approx(expected.pvalue)
    interval = expected.confidence_interval()
    assert comparison.interval() == pytest.approx((interval.low, interval.high))


def test_different_seeds_are_not_paired_and_that_is_welchs_test():
    first, second = np.array([0.6, 0.7, 0.65, 0.8]), np.array([0.5, 0.75, 0.6])
    own = runs(np.repeat(first[:, None], 10, axis=1))
    other = runs(np.repeat(second[:, None], 10, axis=1), "other seed")
    comparison = compare_scores(own, other, MEAN)
    expected = stats.ttest_ind(first, second, equal_var=False)
    assert comparison.num_seeds == 3
    assert comparison.freedom == pytest.approx(expected.df)
    assert 2 * comparison.above(0) == pytest.approx(expected.pvalue)


def test_seeds_that_agree_on_every_example_leave_the_paired_t_test_of_the_examples():
    generator = np.random.default_rng(0)
    first, second = generator.random((2, 300))
    own, other = (runs(np.repeat(values[None], 3, axis=0)) for values in (first, second))
    comparison = compare_scores(own, other, MEAN)
    assert comparison.error == pytest.approx(stats.sem(first - second))
    assert comparison.effect == pytest.approx((first - second).mean())
    assert comparison.freedom > 100


def test_a_variance_that_is_known_exactly_leaves_a_normal_distribution():
    """One system has the odd ones of 8 examples right, the other the rest, whatever the seed."""
    first = np.arange(8) % 2.0
    own, other = (runs(np.repeat(values[None], 3, axis=0)) for values in (first, 1 - first))
    comparison = compare_scores(own, other, MEAN)
    assert comparison.effect == 0
    assert comparison.error == pytest.approx(np.sqrt(1 / 7))
    assert comparison.interval()[1] == pytest.approx(1.96 * np.sqrt(1 / 7), rel=1e-4)
    assert comparison.above(0) == pytest.approx(0.5)


def test_of_f1_the_doubt_about_examples_is_that_of_a_bootstrap():
    """Seeds that agree; a plain loop over resamples of sentences."""
    generator = np.random.default_rng(1)
    given = generator.integers(1, 5, size=300)
    tables = []
    for skill in (0.7, 0.6):
        right = generator.binomial(given, skill)
        tables.append(np.column_stack([right, given, right + generator.poisson(0.5, 300)]) * 1.0)
    first, second = ({str(seed): [[table]] for seed in range(3)} for table in tables)
    comparison = compare_scores(first, second, F1)
    loop = []
    for _ in range(3000):
        chosen = generator.integers(300, size=300)
        own, other = (F1.of(table[chosen].sum(axis=0)) for table in tables)
        loop.append(own - other)
    assert comparison.error == pytest.approx(np.std(loop), rel=0.06)


def test_translations_are_one_set_of_examples_and_languages_count_alike():
    """Ten languages right on the same examples say no more than one."""
    generator = np.random.default_rng(2)
    values = generator.random((2, 3, 200)).round()
    one = [runs(system) for system in values]
    ten = [{seed: sets * 10 for seed, sets in system.items()} for system in one]
    alone, together = compare_scores(*one, MEAN), compare_scores(*ten, MEAN)
    assert together.effect == pytest.approx(alone.effect)
    assert together.error == pytest.approx(alone.error)


def test_several_models_of_a_seed_count_by_their_mean():
    generator = np.random.default_rng(3)
    values = generator.random((2, 3, 2, 50))  # systems, seeds, models, examples
    several = [
        {str(seed): [[statistics(model) for model in models]] for seed, models in enumerate(system)}
        for system in values
    ]
    means = [{str(s): [[statistics(m.mean(axis=0))]] for s, m in enumerate(v)} for v in values]
    first, second = compare_scores(*several, MEAN), compare_scores(*means, MEAN)
    assert (first.effect, first.error) == pytest.approx((second.effect, second.error))


def test_with_too_few_seeds_there_is_an_effect_and_nothing_else():
    values = np.random.default_rng(4).random((2, MIN_SEEDS - 1, 20))
    comparison = compare_scores(*map(runs, values), MEAN)
    assert comparison.effect == pytest.approx(values[0].mean() - values[1].mean())
    assert comparison.error == np.inf
    assert comparison.evidence("greater", 0) == (0.5, 0.5)


def test_models_that_never_differ_prove_nothing():
    same = runs(np.ones((3, 20)))
    comparison = compare_scores(same, same, MEAN)
    assert comparison.error == np.inf
    assert comparison.evidence("equivalent", 0.1) == (0.5, 0.5)


def judged(effect, relation, margin, error=0.01):
    """Which of both p-values is below 2.5 %, with 8 degrees of freedom: ±2.31 errors."""
    comparison = Comparison(effect=effect, error=error, freedom=8, num_seeds=5)
    p_for, p_against = comparison.evidence(relation, margin)
    return "yes" if p_for < 0.025 else "no" if p_against < 0.025 else "?"


@pytest.mark.parametrize(
    ("relation", "margin", "effects"),
    [
        ("greater", 0.0, {0.024: "yes", 0.022: "?", -0.022: "?", -0.024: "no"}),
        ("greater", 0.05, {0.074: "yes", 0.04: "?", 0.026: "no"}),
        ("less", 0.0, {-0.024: "yes", 0.0: "?", 0.024: "no"}),
        ("non-inferior", 0.05, {-0.026: "yes", -0.028: "?", -0.072: "?", -0.074: "no", 0.5: "yes"}),
        ("equivalent", 0.05, {0.0: "yes", 0.026: "yes", 0.028: "?", -0.028: "?", -0.026: "yes"}),
        ("equivalent", 0.05, {0.072: "?", -0.072: "?", 0.074: "no", -0.074: "no"}),
        ("equivalent", 0.02, {0.0: "?"}),  # too little is known to say so
    ],
)
def test_the_interval_and_the_margin_decide(relation, margin, effects):
    """The line is where the 95 % interval, the effect ± 0.0231, ends at the margin."""
    assert {effect: judged(effect, relation, margin) for effect in effects} == effects


def test_holms_correction_by_hand():
    """Sorted: 0.01 · 4, 0.015 · 3, 0.03 · 2, 0.5 · 1, each at least the one before."""
    assert holm([0.5, 0.01, 0.03, 0.015]) == pytest.approx([0.5, 0.04, 0.06, 0.045])
    assert holm([0.02, 0.02]) == pytest.approx([0.04, 0.04])
    assert holm([0.9, 0.8]) == pytest.approx([1, 1])
    assert holm([]) == []


# By simulation.


def normal(generator, num_seeds):
    """What two systems make of examples, but for mu, (2, S, N): all see the same examples."""
    ease = generator.normal(0, SPREAD_OF_EASE, NUM_EXAMPLES)
    return ease + generator.normal(0, SPREAD_OF_SEEDS, (2, num_seeds, 1))


def accuracies(generator, num_seeds, mus):
    """Two systems' runs in a task with three labels."""
    seen = normal(generator, num_seeds) + generator.normal(size=(2, num_seeds, NUM_EXAMPLES))
    right = seen + np.reshape(mus, (2, 1, 1)) > 0
    gold = np.arange(NUM_EXAMPLES) % 3
    return [
        {str(s): [[label_statistics(gold, (gold + ~one) % 3, 3)]] for s, one in enumerate(system)}
        for system in right
    ]


def true_accuracy(mu):
    return stats.norm.cdf(mu / np.sqrt(1 + SPREAD_OF_SEEDS**2 + SPREAD_OF_EASE**2))


def span_scores(generator, num_seeds, mus):
    """Two systems' runs in a task with spans."""
    skill = stats.norm.cdf(normal(generator, num_seeds) + np.reshape(mus, (2, 1, 1)))
    given = generator.poisson(SPANS, NUM_EXAMPLES)
    right = generator.binomial(np.broadcast_to(given, skill.shape), skill)
    found = right + generator.poisson(WRONG_SPANS, skill.shape)
    return [
        {
            str(s): [[np.column_stack([r, given, f]) * 1.0]]
            for s, (r, f) in enumerate(zip(*both, strict=True))
        }
        for both in zip(right, found, strict=True)
    ]


@cache
def true_f1(mu):
    """The mean over seeds of the F1 of endlessly many examples."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    skill = stats.norm.cdf((mu + SPREAD_OF_SEEDS * nodes) / np.sqrt(1 + SPREAD_OF_EASE**2))
    right = SPANS * skill
    return float(weights @ (2 * right / (SPANS + right + WRONG_SPANS)) / weights.sum())


TASKS = {"accuracy": (accuracies, true_accuracy, ACCURACY), "f1": (span_scores, true_f1, F1)}


@cache
def simulated(task, num_seeds, mus):
    """All comparisons of systems whose true skills are known, and their true difference."""
    draw, truth, metric = TASKS[task]
    generator = np.random.default_rng(num_seeds)
    compared = [
        compare_scores(*draw(generator, num_seeds, mus), metric) for _ in range(NUM_SIMULATIONS)
    ]
    return compared, truth(mus[0]) - truth(mus[1])


cases = pytest.mark.parametrize(("task", "num_seeds"), [(t, s) for t in TASKS for s in (3, 5)])


@pytest.mark.slow
@cases
def test_the_interval_covers_the_truth_95_times_in_100(task, num_seeds):
    compared, truth = simulated(task, num_seeds, (0.4, 0.3))
    intervals = np.array([one.interval() for one in compared])
    covered = np.mean((intervals[:, 0] <= truth) & (truth <= intervals[:, 1]))
    assert 0.93 <= covered <= 0.97


@pytest.mark.slow
@cases
def test_a_claim_that_is_not_true_is_hardly_ever_supported(task, num_seeds):
    """The worst case of each: the true difference lies just at the line."""
    compared, truth = simulated(task, num_seeds, (0.4, 0.3))
    assert truth > 0
    lines = {"greater": truth, "equivalent": truth}
    for relation, margin in lines.items():
        supported = [one.evidence(relation, margin)[0] < 0.025 for one in compared]
        assert np.mean(supported) <= 0.05
    less = [one.below(truth) < 0.025 for one in compared]
    assert np.mean(less) <= 0.05
    outside = [one.evidence("equivalent", truth)[1] < 0.025 for one in compared]
    assert np.mean(outside) <= 0.05


@pytest.mark.slow
def test_among_a_family_of_claims_hardly_any_is_supported_wrongly():
    """Ten claims at once, none of them true; without the correction one in five families errs."""
    compared, truth = simulated("accuracy", 3, (0.4, 0.3))
    families = np.array([2 * min(one.above(truth), one.below(truth)) for one in compared])
    families = families.reshape(-1, 10)
    assert np.mean(families.min(axis=1) < 0.05) > 0.2
    assert np.mean([min(holm(list(family))) < 0.05 for family in families]) <= 0.08


@pytest.mark.slow
def test_a_true_difference_is_found():
    compared, truth = simulated("accuracy", 5, (0.9, 0.3))
    assert truth > 0.14
    assert np.mean([one.evidence("greater", 0)[0] < 0.025 for one in compared]) > 0.9


@pytest.mark.slow
@pytest.mark.parametrize(("spread", "covers"), [(0.0, "too much"), (0.3, "too little")])
def test_resampling_three_seeds_and_the_examples_would_not_do(monkeypatch, spread, covers):
    """Why there is no bootstrap here: see the table in docs/statistics.md."""
    monkeypatch.setitem(globals(), "SPREAD_OF_SEEDS", spread)
    generator, num_resamples, covered = np.random.default_rng(6), 200, 0
    truth = true_accuracy(0.4) - true_accuracy(0.3)
    chances = np.full(NUM_EXAMPLES, 1 / NUM_EXAMPLES)
    for _ in range(300):
        tables = [
            np.stack([test_sets[0][0] for test_sets in system.values()])
            for system in accuracies(generator, 3, (0.4, 0.3))
        ]
        times = generator.multinomial(NUM_EXAMPLES, chances, num_resamples).astype(float)
        first, second = (ACCURACY.of(times @ table) for table in tables)  # (S, R)
        seeds = generator.integers(3, size=(num_resamples, 3))
        resampled = (first - second)[seeds, np.arange(num_resamples)[:, None]].mean(axis=1)
        low, high = np.quantile(resampled, [0.025, 0.975])
        covered += low <= truth <= high
    assert covered / 300 > 0.97 if covers == "too much" else covered / 300 < 0.85
