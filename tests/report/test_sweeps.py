"""Pictures of what an option does: systems, or settings, that differ in nothing else."""

import pytest

from lingweave.evaluation import seed_interval
from lingweave.report.axes import ValueAxis
from lingweave.report.sweeps import setting_figures, sweep_figures
from lingweave.study import MEAN
from lingweave.study.results import SeedScore
from made_recipe import make_recipe
from made_results import make_results, make_score

RUNS = [{"seed": 1, "updates": 1, "tokens": 1, "seconds": 1.0, "last_loss": 1.0}]
WEAM = {"objective": "weam", "masking": 0.3, "cross_weight": 1.0}
SPREAD = [-0.02, 0.0, 0.02]


def seeded(system, setting, value, spread=SPREAD, language=MEAN):
    """The score of models of some seeds of pre-training that differ by this much."""
    seeds = [
        SeedScore(
            pretraining_seed=seed,
            finetuning_seed=1,
            metrics={"accuracy": value + luck, "macro_f1": 0.0},
            signature="",
        )
        for seed, luck in enumerate(spread)
    ]
    return make_score(system, setting, language, value).model_copy(update={"seeds": seeds})


def study(options, scores, **changes):
    systems = {name: {"options": own, "runs": RUNS} for name, own in options.items()}
    return make_results(systems=systems, scores=scores, **changes)


def swept(options, **changes):
    """Each system scores 40 % and a point more than the one before."""
    scores = [seeded(name, "zero-shot", 0.4 + 0.01 * n) for n, name in enumerate(options)]
    return list(sweep_figures(study(options, scores, **changes)))


def test_systems_that_differ_in_one_number_are_a_curve_over_it():
    figures = swept(
        {
            "weam": WEAM,
            "weam-masking-50": WEAM | {"masking": 0.5},
            "weam-masking-15": WEAM | {"masking": 0.15},
            "weam-cross-0": WEAM | {"cross_weight": 0.0},
            "mlm": {"objective": "mlm", "masking": 0.15},
        }
    )
    assert [figure.x_title for figure in figures] == ["masking", "cross_weight"]
    (masking,), (weight,) = (figure.panels for figure in figures)
    assert (masking.title, weight.title) == ("xnli, zero-shot, weam",) * 2
    assert [x for x, _ in masking.curves[0].points] == [0.15, 0.3, 0.5]
    assert [y for _, y in masking.curves[0].points] == pytest.approx([42, 40, 41])
    assert [tick.text for tick in masking.x.ticks] == ["0.15", "0.3", "0.5"]


def test_what_systems_are_fed_counts_with_what_it_is_by_default():
    links = {"objective": "weam", "links": "gold"}
    (pairs,) = swept(
        {
            "tlm-250": {"objective": "tlm", "max_pairs": 250},
            "tlm-all": {"objective": "tlm"},
            "weam": {"objective": "weam"},
        }
    )
    assert [x for x, _ in pairs.panels[0].curves[0].points] == [250, 10000]
    (damage,) = swept({"gold": links, "half": links | {"damage": 0.5}, "weam": WEAM})
    assert [x for x, _ in damage.panels[0].curves[0].points] == [0, 0.5]
    assert damage.panels[0].title == "xnli, zero-shot, weam"  # the names have nothing in common


def test_a_task_that_has_one_of_these_systems_or_none_is_no_curve():
    options = {"a": WEAM, "b": WEAM | {"masking": 0.5}, "mlm": {"objective": "mlm"}}
    scores = [seeded(name, "zero-shot", 0.4) for name in options]
    some = [
        score.model_copy(update={"task": task})
        for score in scores
        for task in {"a": ["one"], "b": [], "mlm": ["none", "one"]}[score.system]
    ]
    names = dict.fromkeys(["xnli", "one", "none"], "en")
    measures = dict.fromkeys(names, make_results().measures["xnli"])
    more = {"source_language": names, "measures": measures}
    (figure,) = sweep_figures(study(options, [*scores, *some], **more))
    assert [panel.title for panel in figure.panels] == ["xnli, zero-shot, weam"]
    assert not sweep_figures(study(options, some, **more))


def test_systems_that_differ_in_more_or_in_words_or_are_not_trained_are_no_curve():
    several = {"a": WEAM, "b": WEAM | {"masking": 0.5, "cross_weight": 0.0}}
    assert not swept(several)
    assert not swept({"a": WEAM, "b": WEAM | {"pair_encoding": "together"}})
    untrained = {name: {"options": {"objective": "none"}, "runs": []} for name in "ab"}
    assert not sweep_figures(make_results(systems=untrained))


SETTINGS = ["zero-shot", "translate-train", "switched-30", "code-switched", "progressive", "random"]
VARIANTS = make_recipe(
    settings=SETTINGS,
    code_switching={"token_ratio": 0.9},
    variants={
        "switched-30": {"setting": "code-switched", "token_ratio": 0.3},
        "random": {"setting": "progressive", "choice": "random"},
    },
)


def variants():
    scores = [
        seeded("untouched", name, 0.4 + 0.1 * number, language=language)
        for number, name in enumerate(SETTINGS)
        for language in ("en", MEAN)
    ]
    systems = {"untouched": {"options": {"objective": "none"}, "runs": []}}
    return make_results(systems=systems, scores=scores, recipe=VARIANTS, control="untouched")


def test_settings_that_differ_in_one_number_are_a_curve_that_begins_at_zero_shot():
    (figure,) = sweep_figures(variants())
    (panel,) = figure.panels
    assert (figure.x_title, panel.title) == ("token_ratio", "xnli, untouched")
    assert [curve.name for curve in panel.curves] == [MEAN, "en"]
    assert [x for x, _ in panel.curves[0].points] == [0, 0.3, 0.9]
    assert [y for _, y in panel.curves[0].points] == pytest.approx([40, 60, 70])


def test_settings_that_switch_words_stand_side_by_side():
    (figure,) = setting_figures(variants())
    (panel,) = figure.panels
    names = ["zero-shot", "switched-30", "code-switched", "progressive", "random"]
    assert [row.name for row in panel.rows] == names
    assert not setting_figures(make_results())


def test_a_task_that_is_done_in_one_setting_has_nothing_to_stand_beside_it():
    made = variants()
    alone = seeded("untouched", "zero-shot", 0.4).model_copy(update={"task": "questions"})
    other = seeded("tlm", "zero-shot", 0.4)
    more = {
        "source_language": dict.fromkeys(["xnli", "questions"], "en"),
        "measures": dict.fromkeys(["xnli", "questions"], made.measures["xnli"]),
    }
    more = made.model_copy(update={"scores": [*made.scores, alone, other], **more})
    (figure,) = setting_figures(more)
    assert [panel.title for panel in figure.panels] == ["untouched"]


def test_the_picture_shows_the_mean_that_the_tables_have():
    """Means of means may differ from it in the last digit, and so be rounded the other way."""
    options = {"a": WEAM, "b": WEAM | {"masking": 0.5}}
    scores = [seeded(name, "zero-shot", 0.40650000001, [-1e-10, 0, 0]) for name in options]
    (figure,) = sweep_figures(study(options, scores))
    assert {y for _, y in figure.panels[0].curves[0].points} == {100 * scores[0].score.mean}


def test_intervals_are_over_seeds_if_there_are_enough_everywhere():
    """Of −2, 0, +2: Student's t of 2 degrees of freedom, 4.303, times 2 / √3."""
    (figure,) = sweep_figures(variants())
    assert "over seeds (Student's t)" in figure.caption
    _, low, high = figure.panels[0].curves[0].intervals[0]
    assert (low, high) == pytest.approx((40 - 4.969, 40 + 4.969), abs=1e-3)
    few = [seeded("weam", "zero-shot", 0.4, SPREAD[:2]), seeded("b", "zero-shot", 0.4)]
    options = {"weam": WEAM, "b": WEAM | {"masking": 0.5}}
    (figure,) = sweep_figures(study(options, few))
    assert "over the test examples" in figure.caption
    assert figure.panels[0].curves[0].intervals[0][1:] == pytest.approx((37, 43))


def test_models_of_one_seed_of_pretraining_count_by_their_mean():
    """Two fine-tunings each, 10 points apart, of encoders that are alike."""
    score = seeded("weam", "zero-shot", 0.4, [0.0] * 3)
    seeds = [
        seed.model_copy(update={"finetuning_seed": number, "metrics": {"accuracy": value}})
        for seed in score.seeds
        for number, value in enumerate((0.35, 0.45))
    ]
    both = [
        one.model_copy(update={"seeds": seeds}) for one in (score, seeded("b", "zero-shot", 0.4))
    ]
    (figure,) = sweep_figures(study({"weam": WEAM, "b": WEAM | {"masking": 0.5}}, both))
    assert figure.panels[0].curves[0].intervals[0][1:] == pytest.approx((40, 40))


def test_two_seeds_have_no_interval():
    assert seed_interval([0.4, 0.5]) is None


def test_values_that_grow_tenfold_stand_on_a_logarithmic_axis():
    assert [tick.place for tick in ValueAxis([250, 1000, 4000]).ticks] == [0, 50, 100]
    assert [tick.place for tick in ValueAxis([1, 4, 9]).ticks] == [0, 37.5, 100]
    assert [tick.place for tick in ValueAxis([0, 4, 9]).ticks] == [0, 44.44, 100]
    assert [tick.place for tick in ValueAxis([0, 5]).ticks] == [0, 100]
    assert [tick.text for tick in ValueAxis([0.15, 4000]).ticks] == ["0.15", "4,000"]


def test_on_a_logarithmic_axis_zero_stands_a_decade_below_the_lowest_value():
    axis = ValueAxis([0, 0.01, 0.1, 1])
    assert [tick.place for tick in axis.ticks] == [0, 33.33, 66.67, 100]
    assert [tick.text for tick in axis.ticks] == ["0", "0.01", "0.1", "1"]
    options = {f"w-{weight}": WEAM | {"cross_weight": weight} for weight in (0.0, 0.01, 1.0)}
    assert [figure.x_title for figure in swept(options)] == ["cross_weight, logarithmic but for 0"]


def test_a_language_looks_the_same_in_all_panels():
    options = {"a": WEAM, "b": WEAM | {"masking": 0.5}}
    tested = {"few": ["en", "de"], "many": ["en", "fr", "de", MEAN]}
    scores = [
        seeded(name, "zero-shot", 0.4, language=language).model_copy(update={"task": task})
        for task, languages in tested.items()
        for name in options
        for language in languages
    ]
    names = dict.fromkeys(tested, "en")
    measures = dict.fromkeys(names, make_results().measures["xnli"])
    (figure,) = sweep_figures(study(options, scores, source_language=names, measures=measures))
    drawn = [[(curve.name, curve.style) for curve in panel.curves] for panel in figure.panels]
    assert sorted(drawn) == [[("en", 1), ("de", 2)], [(MEAN, 0), ("en", 1)]]
    assert sorted(figure.key) == [(0, MEAN), (1, "en"), (2, "de")]
