"""Which models are fine-tuned: every system with as many seeds as a comparison with it needs."""

import pytest

from lingweave.config import Recipe
from lingweave.corpus.twins import TwinOptions, write_twins
from lingweave.study.plan import make_plan

SIZES = {
    "num_text": 20,
    "num_bitext_train": 20,
    "num_bitext_valid": 0,
    "num_nli_train": 12,
    "num_nli_dev": 6,
    "num_nli_test": 6,
}
UNTOUCHED = {"objective": "none"}


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twins")
    write_twins(TwinOptions.model_validate(SIZES), folder)
    return folder


def planned(folder, pretraining, finetuning, draw=1, **systems):
    """The plan of a study with these seeds; of these systems, too, beside one that is untouched."""
    texts = [f"{folder}/bitext/base-miro/train.{language}" for language in ("base", "miro")]
    recipe = {
        "name": "seeds",
        "encoder": {"scratch": {"texts": texts, "seed": draw}},
        "bitext": [{"location": texts, "source_language": "base", "target_language": "miro"}],
        "pretraining": {"seeds": pretraining},
        "systems": {"untouched": UNTOUCHED} | systems,
        "control": "untouched",
        "finetuning": {"seeds": finetuning} if finetuning else {},
        "tasks": {
            "nli": {
                "task": "nli",
                "source_language": "base",
                "train": {"path": f"{folder}/nli/train.base.tsv"},
                "dev": {"path": f"{folder}/nli/dev.base.tsv"},
                "test": {"path": f"{folder}/nli/test.{{language}}.tsv"},
                "languages": ["base", "miro"],
            }
        },
    }
    return make_plan(Recipe.model_validate(recipe))


def seeds_of(plan, system):
    return [
        (trial.pretraining_seed, trial.finetuning_seed)
        for trial in plan.trials
        if trial.system == system
    ]


@pytest.mark.parametrize(
    ("pretraining", "finetuning", "untouched"),
    [
        ([1, 2, 3], [1], [1, 2, 3]),
        ([1, 2, 3], [11], [11, 1, 2]),
        ([1, 2, 3], [3, 4], [3, 4, 1]),
        ([5], [1, 2, 3], [1, 2, 3]),
        ([1, 2], [7, 8, 9], [7, 8, 9]),
    ],
)
def test_the_encoder_as_it_is_has_as_many_seeds_as_the_others(
    twins, pretraining, finetuning, untouched
):
    plan = planned(twins, pretraining, finetuning, mlm={"objective": "mlm"})
    assert seeds_of(plan, "untouched") == [(pretraining[0], seed) for seed in untouched]
    assert seeds_of(plan, "mlm") == [(seed, other) for other in finetuning for seed in pretraining]
    stages = {trial.finetune.digest for trial in plan.trials if trial.system == "untouched"}
    assert len(stages) == len(untouched)


def test_by_default_a_model_is_fine_tuned_with_the_seed_that_it_was_pretrained_with(twins):
    plan = planned(twins, [3, 1, 2], None, mlm={"objective": "mlm"})
    assert seeds_of(plan, "mlm") == [(3, 3), (1, 1), (2, 2)]
    assert seeds_of(plan, "untouched") == [(3, 3), (3, 1), (3, 2)]
    drawn = [trial.finetune.settings["seed"] for trial in plan.trials if trial.system == "mlm"]
    assert drawn == [3, 1, 2]


def test_where_nothing_is_pretrained_the_seeds_of_fine_tuning_are_all(twins):
    assert seeds_of(planned(twins, [1, 2, 3], [1]), "untouched") == [(1, 1)]
    assert seeds_of(planned(twins, [1], None), "untouched") == [(1, 1)]


def test_stages_of_the_seeds_that_were_there_stay_when_others_are_added(twins):
    few, many = (planned(twins, seeds, [1], mlm={"objective": "mlm"}) for seeds in ([1], [1, 2, 3]))
    before = {(stage.label, stage.digest) for stage in few.stages}
    after = {(stage.label, stage.digest) for stage in many.stages}
    assert before < after
    added = sorted(label for label, _ in after - before if label.startswith("finetune-untouched"))
    assert added == ["finetune-untouched-zero-shot-nli-1-2", "finetune-untouched-zero-shot-nli-1-3"]


MLM = {"objective": "mlm"}


def test_each_seed_may_start_from_an_encoder_of_its_own(twins):
    plan = planned(twins, [1, 2], None, draw="each", mlm=MLM)
    first, second = (plan.encoders[seed] for seed in (1, 2))
    assert [encoder.settings["seed"] for encoder in (first, second)] == [1, 2]
    assert first.digest != second.digest
    for seed in (1, 2):
        pretrain = plan.systems["mlm", seed]
        assert pretrain.inputs["encoder"] is plan.encoders[seed]
        # Its pieces are those of its own tokenizer.
        texts = [made for role, made in pretrain.inputs.items() if role.startswith("bitext")]
        assert [text.inputs["tokenizer"] for text in texts] == [plan.encoders[seed]]
    starts = {
        (trial.system, trial.pretraining_seed, trial.finetuning_seed): trial.finetune.inputs[
            "encoder"
        ]
        for trial in plan.trials
    }
    assert starts == {
        ("untouched", 1, 1): first,
        ("untouched", 2, 2): second,
        ("mlm", 1, 1): plan.systems["mlm", 1],
        ("mlm", 2, 2): plan.systems["mlm", 2],
    }
    made = planned(twins, [1, 2], [5, 6], draw="each")
    seeds = {(trial.pretraining_seed, trial.finetuning_seed) for trial in made.trials}
    assert seeds == {(1, 5), (1, 6), (2, 5), (2, 6)}


def test_what_was_done_for_one_encoder_stays_when_each_seed_has_its_own(twins):
    one, each = (planned(twins, [1, 2], None, draw=draw, mlm=MLM) for draw in (1, "each"))
    kept = {stage.digest for stage in one.stages} & {stage.digest for stage in each.stages}
    assert plan_of_seed(one, 1) <= kept
    assert one.systems["mlm", 2].digest not in kept


def plan_of_seed(plan, seed):
    trials = [trial for trial in plan.trials if trial.finetuning_seed == seed]
    return {trial.evaluate.digest for trial in trials} | {plan.systems["mlm", seed].digest}
