"""Verdicts on the values of options, from systems that differ in one of them alone."""

import pytest

from lingweave.codeswitch import LexiconSwitchOptions
from lingweave.study.claims import judge_claims
from made_predictions import only, predictions, results

WEAM = {"objective": "weam", "masking": 0.3, "cross_weight": 1.0}
MLM = {"objective": "mlm", "masking": 0.15}


def judged(accuracies, num_seeds=5, margin=0.03, **recipe):
    """C10, of systems `weam-MASKING` with these accuracies."""
    systems = {"mlm": MLM} | {f"weam-{one}": WEAM | {"masking": one} for one in accuracies}
    recipe = {"roles": {"weam": "weam-0.3"}, "margins": {"C10": margin}} | recipe
    values = {(f"weam-{one}", "zero-shot"): accuracy for one, accuracy in accuracies.items()}
    return judge_claims(results(systems=systems, **recipe), predictions(values, num_seeds))


def test_a_value_is_supported_if_it_is_no_worse_than_each_other_one():
    found = only(judged({0.15: 0.60, 0.3: 0.62, 0.5: 0.59}), "C10")
    assert (found.verdict, found.relation, found.margin) == ("supported", "non-inferior", 0.03)
    # What is shown is the hardest of the comparisons.
    assert found.compared == ("weam-0.3, zero-shot, xnli: 0.3", "weam-0.15, zero-shot, xnli: 0.15")
    assert found.effect == pytest.approx(0.02, abs=1e-3)
    assert found.reason == "against 2 other values, 5 pre-training seeds"


def test_a_value_is_contradicted_if_any_other_one_is_better_by_more_than_the_margin():
    found = only(judged({0.15: 0.70, 0.3: 0.62, 0.5: 0.5}), "C10")
    assert found.verdict == "contradicted"
    assert found.compared[1] == "weam-0.15, zero-shot, xnli: 0.15"
    assert found.effect == pytest.approx(-0.08, abs=1e-3)


def test_a_value_that_may_be_as_good_or_not_is_left_open():
    assert only(judged({0.15: 0.65, 0.3: 0.62}), "C10").verdict == "inconclusive"
    assert only(judged({0.15: 0.65, 0.3: 0.62}, margin=0.1), "C10").verdict == "supported"
    few = only(judged({0.15: 0.5, 0.3: 0.9}, num_seeds=2), "C10")
    assert (few.verdict, few.p) == ("inconclusive", None)


def test_the_more_values_are_tried_the_surer_a_better_one_must_be():
    one = only(judged({0.3: 0.62, 0.5: 0.70}), "C10")
    three = only(judged({0.3: 0.62, 0.5: 0.70, 0.6: 0.3, 0.7: 0.3}), "C10")
    assert one.effect == pytest.approx(three.effect, abs=1e-3)
    assert three.p > one.p
    assert three.high - three.low > one.high - one.low


def test_systems_that_differ_in_more_than_the_option_are_not_compared():
    systems = {
        "weam": WEAM,
        "other": WEAM | {"masking": 0.15, "pair_encoding": "together"},
        "damaged": WEAM | {"cross_weight": 2.0, "damage": 0.5},
    }
    found = judge_claims(results(systems=systems), predictions({("weam", "zero-shot"): 0.6}))
    assert only(found, "C10").reason == "setting adopted"
    assert only(found, "C15").reason == "setting adopted"


def test_the_papers_value_may_be_that_of_another_system_than_the_one_that_plays_the_role():
    found = only(judged({0.15: 0.70, 0.3: 0.62}, roles={"weam": "weam-0.15"}), "C10")
    assert found.compared[0] == "weam-0.3, zero-shot, xnli: 0.3"
    assert found.verdict == "contradicted"


def test_values_are_compared_zero_shot():
    found = only(judged({0.15: 0.7, 0.3: 0.6}, settings=["translate-train"]), "C10")
    assert (found.verdict, found.reason) == (
        "not tested",
        "no task has weam-0.15 in zero-shot and weam-0.3 in zero-shot",
    )


def test_ratios_of_systems_that_differ_in_more_are_no_sweep():
    switching = {"objective": "code-switched", "max_switched": 0.1}
    systems = {"untouched": {"objective": "none"}, "a": switching}
    systems |= {"b": switching | {"max_switched": 0.9, "max_pairs": 100}}
    values = {(name, "zero-shot"): 0.6 for name in systems}
    found = only(judge_claims(results(systems=systems), predictions(values)), "P1")
    assert found.reason == "no two ratios of code-switching"
    systems |= {"c": switching | {"max_switched": 0.5}}
    values = {("a", "zero-shot"): 0.7, ("b", "zero-shot"): 0.2, ("c", "zero-shot"): 0.6}
    found = only(judge_claims(results(systems=systems), predictions(values)), "P1")
    assert found.compared == ("a, zero-shot, xnli: 0.1", "c, zero-shot, xnli: 0.5")


def test_settings_that_differ_in_more_are_no_sweep_and_what_is_by_default_counts():
    variants = {
        "half": {"setting": "code-switched", "token_ratio": 0.3, "sentence_ratio": 0.5},
        "whole": {"setting": "code-switched", "token_ratio": 0.3, "sentence_ratio": 1.0},
    }
    systems = {"untouched": {"objective": "none"}}
    settings = ["code-switched", "half", "whole"]
    recipe = results(systems=systems, settings=settings, variants=variants)
    values = {("untouched", name): 0.6 for name in settings}
    found = only(judge_claims(recipe, predictions(values)), "P1")
    default = LexiconSwitchOptions()
    assert default.sentence_ratio == 1
    assert found.compared == (
        "untouched, whole, xnli: 0.3",
        f"untouched, code-switched, xnli: {default.token_ratio}",
    )
