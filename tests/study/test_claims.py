"""Verdicts on claims, from predictions whose truth is made by hand."""

import numpy as np
import pytest

from lingweave.config import PUBLISHED, ResultClaim, load_recipe
from lingweave.errors import RecipeError, TableError
from lingweave.evaluation import PREDICTIONS, Model, Outcome
from lingweave.study.claims import NO_PREDICTIONS, claims_of, judge_claims
from lingweave.study.judging import judged
from lingweave.study.lengths import length_buckets
from lingweave.tasks.classification import label_statistics
from made_predictions import (
    NUM_EXAMPLES,
    SYSTEMS,
    ZERO_SHOT,
    only,
    outcome,
    predictions,
    results,
    verdicts,
)
from made_recipe import make_recipe

CLAIM = {
    "id": "mine",
    "text": "it is better",
    "first": {"system": "tlm"},
    "second": {"system": "mlm"},
}


def test_a_gain_supports_and_a_loss_contradicts():
    values = ZERO_SHOT | {("untouched", "translate-train"): 0.5, ("weam", "translate-train"): 0.4}
    found = judge_claims(results(), predictions(values))
    assert verdicts(found) == {
        "C1": "inconclusive",  # tlm is as good as the encoder
        "C3": "supported",
        "C4": "contradicted",
        "C7": "supported",
        "C8": "supported",
    }
    raised = only(found, "C3")
    assert raised.effect == pytest.approx(0.1, abs=1e-3)
    assert raised.low < raised.effect < raised.high
    assert raised.p <= raised.p_holm < 0.05
    assert (raised.num_seeds, raised.relation, raised.margin) == (5, "greater", 0)
    assert raised.compared == ("weam, zero-shot, xnli", "untouched, zero-shot, xnli")
    assert (raised.languages, raised.metric) == (["de", "fr"], "accuracy")
    assert raised.reason == "5 pre-training seeds"
    assert raised.source == "2106.01732v2"


def test_holms_correction_is_over_all_that_was_compared():
    found = judge_claims(results(), predictions(ZERO_SHOT))
    compared = [one for one in found if one.p is not None]
    smallest = min(compared, key=lambda one: one.p)
    assert len(compared) == 3
    assert smallest.p_holm == pytest.approx(3 * smallest.p)


def test_an_effect_that_the_correction_makes_unsure_is_inconclusive():
    claims = [CLAIM | {"id": f"c{number}"} for number in range(1, 60)]
    values = ZERO_SHOT | {("tlm", "zero-shot"): 0.618}
    (alone,) = judge_claims(results(claims=claims[:1]), predictions(values))[:1]
    first = judge_claims(results(claims=claims), predictions(values))[0]
    assert alone.verdict == "supported"
    assert first.verdict == "inconclusive"
    assert first.p == pytest.approx(alone.p)
    assert first.reason.startswith("p = ")


@pytest.mark.parametrize("num_seeds", [1, 2])
def test_with_too_few_seeds_nothing_is_said_but_the_effect(num_seeds):
    found = only(judge_claims(results(), predictions(ZERO_SHOT, num_seeds)), "C3")
    assert found.verdict == "inconclusive"
    assert found.reason == f"too few seeds: {num_seeds}, at least 3 are needed"
    assert found.effect == pytest.approx(0.1, abs=1e-3)
    assert (found.low, found.high, found.p, found.p_holm) == (None,) * 4
    assert found.num_seeds == num_seeds


def test_seeds_of_fine_tuning_are_called_so():
    own = {
        model._replace(pretraining_seed=1, finetuning_seed=model.pretraining_seed): sets
        for model, sets in predictions(ZERO_SHOT, 3).items()
    }
    found = only(judge_claims(results(), own), "C3")
    assert found.reason == "3 fine-tuning seeds of one encoder each"


def test_about_the_same_and_nearly_as_good_go_by_the_margins():
    systems = SYSTEMS | {"cao": {"objective": "word-aligned"}}
    values = ZERO_SHOT | {("cao", "zero-shot"): 0.6, ("untouched", "translate-train"): 0.74}
    tested = predictions(values)
    margins = {"C6": 0.05, "C8": 0.1}
    wide = judge_claims(results(systems=systems, margins=margins), tested)
    assert (only(wide, "C6").verdict, only(wide, "C6").margin) == ("supported", 0.05)
    assert only(wide, "C8").verdict == "supported"
    ours = judge_claims(results(systems=systems, margins={"C8": 0.001}), tested)
    assert (only(ours, "C8").verdict, only(ours, "C8").margin) == ("contradicted", 0.001)
    assert only(ours, "C6").margin == 0.01


def test_a_claim_is_tested_on_every_task_it_speaks_of():
    tasks = {"xnli": {"task": "nli"}, "again": {"task": "nli"}, "pawsx": {"task": "paraphrase"}}
    tested = {
        model: sets for task in tasks for model, sets in predictions(ZERO_SHOT, task=task).items()
    }
    found = judge_claims(results(tasks=tasks), tested)
    assert [one.task for one in found if one.id == "C3"] == ["xnli", "again"]


@pytest.mark.parametrize(
    ("changes", "name", "reason"),
    [
        ({}, "Q", "no system plays code-switched"),
        ({}, "C5", "no task mlqa or xquad or tydiqa"),
        (
            {"settings": ["zero-shot"]},
            "C2",
            "no task has tlm in translate-train and untouched in translate-train",
        ),
        ({}, "C6", "no system plays word-aligned"),
        ({}, "C10", "another setting here: 0.15"),
        ({}, "C11", "another setting here: 0.0001"),
        ({}, "C12", "setting adopted"),
        ({"pretraining": {"max_updates": 9}}, "C14", "another setting here: 9 updates"),
        ({}, "C15", "setting adopted"),
        ({"alignment": {"method": "hmm-align"}}, "C16", "another method here: hmm-align"),
        ({}, "C17", "method adopted: lingweave.objectives.weam; tests/objectives/test_weam.py"),
        ({}, "P1", "no two ratios of code-switching"),
        ({}, "P2", "no setting progressive with both choices of words"),
        ({"systems": {"a": {"objective": "none"}}}, "C12", "nothing is pre-trained"),
        (
            {"systems": SYSTEMS | {"a": {"objective": "none"}}},
            "C1",
            "untouched and a may play base: say which in `roles`",
        ),
    ],
)
def test_what_cannot_be_tested_says_why(changes, name, reason):
    found = only(judge_claims(results(**changes), predictions(ZERO_SHOT)), name)
    assert (found.verdict, found.reason, found.effect) == ("not tested", reason, None)


def test_a_role_is_played_by_whom_the_recipe_names():
    systems = SYSTEMS | {"weam-2": {"objective": "weam", "masking": 0.3}}
    values = ZERO_SHOT | {("weam-2", "zero-shot"): 0.5}
    named = judge_claims(results(systems=systems, roles={"weam": "weam-2"}), predictions(values))
    assert only(named, "C3").verdict == "contradicted"
    assert only(named, "C10").reason == "setting adopted"
    unnamed = judge_claims(results(systems=systems), predictions(values))
    assert only(unnamed, "C3").verdict == "supported"  # one is called weam


def sweep(accuracies):
    systems = {"untouched": {"objective": "none"}} | {
        f"cs-{ratio}": {"objective": "code-switched", "max_switched": ratio} for ratio in accuracies
    }
    values = {(f"cs-{ratio}", "zero-shot"): accuracy for ratio, accuracy in accuracies.items()}
    found = judge_claims(results(systems=systems), predictions(values))
    return only(found, "P1")


def test_of_ratios_the_best_of_the_lower_is_compared_with_the_highest():
    hurt = sweep({0.1: 0.6, 0.3: 0.65, 0.9: 0.55})
    assert hurt.verdict == "supported"
    assert hurt.effect == pytest.approx(0.1, abs=1e-3)
    assert hurt.compared == ("cs-0.3, zero-shot, xnli: 0.3", "cs-0.9, zero-shot, xnli: 0.9")
    assert hurt.reason == "best of 2 lower ratios, 5 pre-training seeds"
    assert sweep({0.1: 0.5, 0.3: 0.55, 0.9: 0.65}).verdict == "contradicted"
    assert sweep({0.1: 0.5, 0.3: 0.65, 0.9: 0.65}).verdict == "inconclusive"


def test_ratios_of_systems_are_compared_also_where_those_of_settings_cannot_be():
    """The settings' are those of the encoder as it is, which this study has not."""
    systems = {
        f"cs-{ratio}": {"objective": "code-switched", "max_switched": ratio} for ratio in (0.1, 0.9)
    }
    variants = {"s-90": {"setting": "code-switched", "token_ratio": 0.9}}
    recipe = {"settings": ["zero-shot", "code-switched", "s-90"], "variants": variants}
    tested = predictions({("cs-0.1", "zero-shot"): 0.65, ("cs-0.9", "zero-shot"): 0.6})
    found = judge_claims(results(systems=systems, control="cs-0.1", **recipe), tested)
    assert only(found, "P1").compared[1] == "cs-0.9, zero-shot, xnli: 0.9"
    mlm = {"mlm": {"objective": "mlm"}}
    found = judge_claims(results(systems=mlm, **recipe), predictions({("mlm", "zero-shot"): 0.6}))
    assert only(found, "P1").reason.startswith("no system")


def test_ratios_and_choices_of_settings_are_compared_too():
    variants = {
        "cs-90": {"setting": "code-switched", "token_ratio": 0.9},
        "random": {"setting": "progressive", "choice": "random"},
    }
    recipe = {
        "settings": ["code-switched", "cs-90", "progressive", "random"],
        "variants": variants,
        "code_switching": {"token_ratio": 0.4},
    }
    values = {"code-switched": 0.65, "cs-90": 0.6, "progressive": 0.7, "random": 0.6}
    tested = predictions({("untouched", name): value for name, value in values.items()})
    found = judge_claims(results(**recipe), tested)
    assert verdicts(found) == {"P1": "supported", "P2": "supported"}
    assert only(found, "P1").compared[0] == "untouched, code-switched, xnli: 0.4"
    assert only(found, "P2").compared[1] == "untouched, random, xnli"


def test_a_task_that_is_done_in_more_settings_is_compared_in_them():
    """Translate-train is no setting of the recipe, but one of one of its tasks."""
    tasks = {"xnli": {"task": "nli"}, "dev": {"task": "nli", "settings": ["translate-train"]}}
    recipe = results(tasks=tasks, settings=["zero-shot"])
    tested = predictions(ZERO_SHOT) | predictions(
        {(name, "translate-train"): value for (name, _), value in ZERO_SHOT.items()}, task="dev"
    )
    found = judge_claims(recipe, tested)
    assert verdicts(found)["C4"] == "supported"
    assert only(found, "C4").task == "dev"
    assert only(found, "C3").task == "xnli"
    # Neither of the tasks is done in both settings.
    assert only(found, "C8").reason == (
        "no task has weam in zero-shot and untouched in translate-train"
    )


def test_a_task_is_left_out_that_one_of_both_systems_is_not_trained_on():
    tasks = {"xnli": {"task": "nli"}, "few": {"task": "nli", "systems": ["untouched", "weam"]}}
    few = {cell: value for cell, value in ZERO_SHOT.items() if cell[0] in ("untouched", "weam")}
    tested = predictions(ZERO_SHOT) | predictions(few, task="few")
    found = judge_claims(results(tasks=tasks, settings=["zero-shot"]), tested)
    assert [one.task for one in found if one.id == "C1"] == ["xnli"]
    assert [one.task for one in found if one.id == "C3"] == ["xnli", "few"]


def test_a_language_that_was_not_tested_is_told_for_the_task_that_lacks_it():
    tasks = {"xnli": {"task": "nli"}, "again": {"task": "nli"}}
    tested = predictions(ZERO_SHOT) | predictions(ZERO_SHOT, task="again", languages=("en", "sw"))
    found = judge_claims(results(tasks=tasks, claims=[CLAIM | {"languages": ["sw"]}]), tested)
    assert [one.verdict for one in found[:2]] == ["not tested", "inconclusive"]
    assert found[0].reason == "tlm, zero-shot, xnli was not tested in sw"


def test_an_intermediate_task_is_compared_with_the_same_task_without():
    found = judged_intermediate(languages=("en", "de"))
    plain = "untouched, zero-shot, plain"
    assert [(one.compared, one.languages) for one in found] == [
        ((f"untouched, zero-shot, {after}", plain), [language])
        for language in ("de", "en")
        for after in ("after", "after-topics")
    ]


@pytest.mark.parametrize(
    ("languages", "tested", "reason"),
    [
        (("en",), 1, "no such task is tested in another language than the one"),
        (("de", "fr"), 0, "no such task is tested in the language"),
    ],
)
def test_supervised_is_what_is_tested_in_the_language_of_training(languages, tested, reason):
    found = judged_intermediate(languages=languages)
    zero_shot = [one for one in found if one.text.endswith("zero-shot")]
    claims = zero_shot, [one for one in found if one not in zero_shot]
    assert [one.languages for one in claims[tested]] == [list(languages)] * 2
    (untested,) = claims[1 - tested]
    assert untested.verdict == "not tested"
    assert untested.reason == f"{reason} that it is learned in"


def judged_intermediate(languages):
    """The claims about intermediate tasks, of tasks learned in English."""
    plain = {"task": "sentiment", "train": {"path": "a"}}
    tasks = {
        "nli": {"task": "nli"},
        "plain": plain,
        "after": plain | {"intermediate": "nli"},
        "after-topics": plain | {"intermediate": "topics"},
        "other": {"task": "sentiment", "train": {"path": "b"}},
    }
    cell = {("untouched", "zero-shot"): 0.6}
    tested = {
        model: sets
        for task in ("plain", "after", "after-topics")
        for model, sets in predictions(cell, task=task, languages=languages).items()
    }
    found = judge_claims(results(tasks=tasks, settings=["zero-shot"]), tested)
    return [one for one in found if one.id == "S1"]


def test_claims_of_the_recipe_come_first_and_may_speak_of_other_metrics():
    claims = [CLAIM | {"metric": "macro_f1", "languages": ["de"], "tasks": ["xnli"]}]
    found = judge_claims(results(claims=claims), predictions(ZERO_SHOT))
    assert (found[0].id, found[0].metric, found[0].languages) == ("mine", "macro-F1", ["de"])
    wrong = [CLAIM | {"metric": "bleu"}]
    found = judge_claims(results(claims=wrong), predictions(ZERO_SHOT))
    assert found[0].reason == "xnli is not scored by bleu, but by accuracy, macro_f1"


def test_without_predictions_no_claim_is_tested(tmp_path):
    found = judged(results(), tmp_path)
    assert {one.reason for one in found.claims} == {NO_PREDICTIONS}
    assert [one.id for one in found.claims] == [one.id for one in PUBLISHED]
    kept = found.model_copy(update={"claims": found.claims[:1]})
    assert judged(kept, tmp_path).claims == kept.claims


def test_damaged_predictions_are_told(tmp_path):
    (tmp_path / PREDICTIONS).write_bytes(b"PAR1 and nothing else")
    with pytest.raises(TableError, match="or the file is damaged"):
        judged(results(), tmp_path)


def test_every_claim_of_the_literature_stands_there_once():
    names = [f"C{number}" for number in range(1, 18)]
    assert {one.id for one in PUBLISHED} == {*names, "P1", "P2", "S1", "Q"}
    with_margin = {one.id for one in PUBLISHED if getattr(one, "margin", 0) > 0}
    assert with_margin == {"C6", "C8", "C10", "C15"}
    assert claims_of(make_recipe(margins={"C6": 0.5}))[6].margin == 0.5


def test_scores_by_length_part_a_test_set_into_quarters():
    """Long examples are wrong here, and the shortest stand last."""
    gold = np.zeros(8, dtype=int)
    lengths = np.array([40, 40, 30, 30, 20, 20, 10, 11], dtype=np.int32)
    own = Outcome(label_statistics(gold, (lengths > 25).astype(int), 3), lengths)
    model = Model("mlm", "zero-shot", "xnli", "dev", 1, 1)
    buckets = length_buckets(results(), {model: {"de": own}})
    assert [(one.low, one.high, one.num_examples) for one in buckets] == [
        (10, 11, 2),
        (20, 20, 2),
        (30, 30, 2),
        (40, 40, 2),
    ]
    assert [one.scores for one in buckets] == [{"mlm": 1}, {"mlm": 1}, {"mlm": 0}, {"mlm": 0}]


def test_equal_lengths_stay_in_one_bucket():
    model = Model("mlm", "zero-shot", "xnli", "dev", 1, 1)
    (bucket,) = length_buckets(results(), {model: {"de": outcome(0.5, 1, length=7)}})
    assert (bucket.low, bucket.high, bucket.num_examples) == (7, 7, NUM_EXAMPLES)


# In a recipe.

RECIPE = """\
name: r
encoder: {checkpoint: x}
bitext: [{location: b}]
systems: {untouched: {objective: none}, mlm: {objective: mlm}}
control: mlm
tasks:
  nli: {task: nli, train: {path: t}, dev: {path: d}, test: {path: "{language}"}, languages: [en]}
"""


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("roles: {weam: wem}", r"r\.yaml:8: roles\.weam: 'wem' is none of the systems untouched, "),
        ("margins: {C1: 0.1}", r":8: margins\.C1: no published claim 'C1' has a margin, but C6, "),
        ("margins: {C6: 2}", r"margins\.C6: 2 is not between 0 and 1"),
        (
            "claims:\n- {id: a, text: b, first: {system: tlm}, second: {system: mlm}}",
            r":9: claims\.0\.first: no system plays tlm",
        ),
        (
            "claims:\n- {id: a, text: b, first: {system: base, setting: progressive}, "
            "second: {system: mlm}}",
            r"claims\.0\.first: 'progressive' is not in `settings` of nli",
        ),
        (
            "claims:\n- {id: a, text: b, first: {system: base}, second: {system: mlm}, "
            "relation: equivalent}",
            r"claims\.0: equivalent needs a `margin` above 0",
        ),
        (
            "claims:\n- {id: a, text: b, first: {system: base}, second: {system: mlm}, "
            "languages: [de], supervised: false}",
            r"claims\.0: give `languages` or `supervised`, not both",
        ),
    ],
)
def test_claims_that_cannot_be_meant_are_refused(tmp_path, more, problem):
    path = tmp_path / "r.yaml"
    path.write_text(f"{RECIPE}{more}\n", "utf-8")
    with pytest.raises(RecipeError, match=problem):
        load_recipe(path)


def test_a_right_claim_is_read(tmp_path):
    path = tmp_path / "r.yaml"
    claim = "{id: a, text: b, first: {system: mlm}, second: {system: base}, relation: less}"
    path.write_text(f"{RECIPE}roles: {{base: untouched}}\nclaims: [{claim}]\n", "utf-8")
    (read,) = load_recipe(path).claims
    assert isinstance(read, ResultClaim)
    assert (read.relation, read.first.setting) == ("less", "zero-shot")
