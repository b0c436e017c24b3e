"""Whole studies in every setting, by every rule of selection, with chains of tasks."""

import json
from itertools import product

import pytest
import torch
from safetensors.torch import load_file

from lingweave.config import Recipe
from lingweave.corpus.twins import TwinOptions, write_twins
from lingweave.errors import UserError
from lingweave.report import markdown_report
from lingweave.study import MEAN, Results, run_study
from lingweave.study.curriculum import SWITCHING_VERSION
from lingweave.study.plan import make_plan
from lingweave.study.stage import Store
from tiny_models import make_model, make_tokenizer

LANGUAGES = ["base", "miro", "tasu"]
SETTINGS = ["zero-shot", "translate-train", "translate-train-all", "code-switched", "progressive"]
RULES = ["dev", "last", "average", "oracle"]
SIZES = {
    "num_text": 60,
    "num_bitext_train": 200,
    "num_bitext_valid": 0,
    "num_nli_train": 48,
    "num_nli_dev": 12,
    "num_nli_test": 30,
}


class Silent:
    def __init__(self):
        self.run = []

    def stage(self, label, number, num_stages, finished):
        if not finished:
            self.run.append(label)

    def update(self, report):
        pass


def recipe(folder, **changes):
    short = {"epochs": 1, "batch_size": 16, "learning_rate": 1e-3, "precision": "fp32"}
    values = {
        "name": "settings",
        "encoder": {
            "scratch": {
                "texts": [f"{folder}/text/{language}.txt" for language in LANGUAGES],
                "shape": {"layers": 1, "width": 32, "heads": 2, "max_length": 64},
                "training": short,
            }
        },
        "bitext": [
            {
                "location": [
                    f"{folder}/bitext/base-{twin}/train.base",
                    f"{folder}/bitext/base-{twin}/train.{twin}",
                ],
                "source_language": "base",
                "target_language": twin,
            }
            for twin in LANGUAGES[1:]
        ],
        "pretraining": short | {"max_length": 32, "max_updates": 2},
        "systems": {"untouched": {"objective": "none"}},
        "control": "untouched",
        "finetuning": short | {"epochs": 3, "max_length": 64, "learning_rate": 1e-2},
        "tasks": {
            "nli": {
                "task": "nli",
                "source_language": "base",
                "train": {"path": f"{folder}/nli/train.base.tsv"},
                "dev": {"path": f"{folder}/nli/dev.base.tsv"},
                "test": {"path": f"{folder}/nli/test.{{language}}.tsv"},
                "translations": {"path": f"{folder}/nli/train.{{language}}.tsv", "first": 47},
                "translations_dev": {"path": f"{folder}/nli/dev.{{language}}.tsv"},
                "languages": LANGUAGES,
            }
        },
        "settings": SETTINGS,
    }
    return Recipe.model_validate(values | changes)


class Study:
    def __init__(self, made, out):
        self.notes = Silent()
        self.results = run_study(made, out, observer=self.notes)
        self.plan, self.store = make_plan(made), Store(out / "stages")

    def folders(self, setting, rule="dev"):
        return [
            self.store.folder(trial.finetune)
            for trial in self.plan.trials
            if (trial.setting, trial.selection) == (setting, rule)
        ]

    def record(self, setting):
        (folder,) = self.folders(setting)
        return json.loads((folder / "finetuning.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twins")
    write_twins(TwinOptions.model_validate(SIZES), folder)
    return folder


@pytest.fixture(scope="module")
def study(twins, tmp_path_factory):
    made = recipe(twins, selection=RULES)
    return Study(made, tmp_path_factory.mktemp("study") / "out")


@pytest.mark.slow
def test_every_setting_and_rule_has_a_score_for_each_language(study):
    found = [(one.setting, one.selection, one.language) for one in study.results.scores]
    assert sorted(found) == sorted(product(SETTINGS, RULES, [*LANGUAGES, MEAN]))
    assert Results.model_validate_json(study.results.model_dump_json()) == study.results


@pytest.mark.slow
def test_no_two_scores_of_a_study_have_one_signature(study):
    """Scores by another rule of selection are those of other weights, and means are signed too."""
    signatures = [seed.signature for one in study.results.scores for seed in one.seeds]
    assert len(set(signatures)) == len(signatures)
    (mean,) = (
        one.seeds[0].signature
        for one in study.results.scores
        if (one.setting, one.selection, one.language) == ("zero-shot", "last", MEAN)
    )
    assert "|lang:miro+tasu|" in mean
    assert "|selection:last|" in mean


@pytest.mark.slow
def test_all_translations_are_trained_on_together_with_the_source(study):
    record = study.record("translate-train-all")
    assert record["train_examples"] == 48 + 2 * 47
    assert record["dev_examples"] == 3 * 12


@pytest.mark.slow
def test_how_much_was_switched_is_in_the_record_and_the_report(study):
    (once,) = study.record("code-switched")["code_switching"]
    assert once["sentences"] == 2 * 48
    assert once["effective_ratio"] == pytest.approx(min(0.6, once["coverage"]), abs=0.05)
    assert set(once["words_of_language"]) == set(LANGUAGES)
    stages = study.record("progressive")["code_switching"]
    assert [one["temperature"] for one in stages] == [0, 0.1, 0.3, 1]
    ratios = [one["effective_ratio"] for one in stages]
    assert ratios[0] == 0
    assert ratios == sorted(ratios)
    assert "code_switching" not in study.record("zero-shot")
    by_setting = {one.setting: one for one in study.results.switched}
    assert set(by_setting) == {"code-switched", "progressive"}
    assert by_setting["progressive"].effective_ratio == pytest.approx(ratios)
    assert "### Code-switching of the training text" in markdown_report(study.results)


@pytest.mark.slow
def test_relevance_is_measured_by_the_zero_shot_model_which_is_trained_once(study):
    (progressive,) = {
        trial.finetune.digest: trial.finetune
        for trial in study.plan.trials
        if trial.setting == "progressive"
    }.values()
    (zero_shot,) = study.folders("zero-shot")
    relevance = progressive.inputs["relevance"]
    assert study.store.folder(relevance.inputs["model"]) == zero_shot
    labels = [label.split("-nli")[0] for label in study.notes.run]
    assert labels.count("finetune-untouched-zero-shot") == 1
    assert labels.count("relevance-untouched-zero-shot") == 1
    assert labels.count("lexicons-base") == 1


@pytest.mark.slow
def test_a_task_for_some_systems_trains_no_others_and_needs_no_control(twins, tmp_path):
    plain = recipe(twins).model_dump(mode="json", exclude_unset=True)
    plain["tasks"]["some"] = plain["tasks"]["nli"] | {"systems": ["mlm"]}
    systems = {"untouched": {"objective": "none"}, "mlm": {"objective": "mlm"}}
    changes = {"systems": systems, "settings": ["zero-shot"], "tasks": plain["tasks"]}
    study = Study(recipe(twins, **changes), tmp_path / "out")
    differences = {
        (one.task, one.system): one.over_control
        for one in study.results.scores
        if one.language == MEAN
    }
    assert set(differences) == {("nli", "untouched"), ("nli", "mlm"), ("some", "mlm")}
    assert [key for key, found in differences.items() if found] == [("nli", "mlm")]
    # The training is that of the other task.
    (trained,) = {folder for folder in study.folders("zero-shot") if "-mlm-" in folder.name}
    assert trained
    assert "### some, zero-shot: accuracy" in markdown_report(study.results)
    assert "some, zero-shot: points over" not in markdown_report(study.results)


@pytest.mark.slow
def test_the_random_control_makes_as_many_updates_and_switches_as_many_words(twins, tmp_path):
    variants = {
        "random": {"setting": "progressive", "choice": "random"},
        "little": {"setting": "code-switched", "token_ratio": 0.2},
    }
    settings = ["progressive", *variants, "code-switched"]
    study = Study(recipe(twins, settings=settings, variants=variants), tmp_path / "out")
    ranked, random = study.record("progressive"), study.record("random")
    assert ranked["updates"] == random["updates"] == 9  # 48 examples in batches of 16, 3 epochs
    switched = [
        [one["switched_words"] for one in made["code_switching"]] for made in (ranked, random)
    ]
    assert switched[0] == switched[1]
    assert switched[0][-1] > 0
    losses = [made["losses"] for made in (ranked, random)]
    assert losses[0] != losses[1]  # other words, hence another training
    (relevance,) = {
        trial.finetune.inputs["relevance"].digest
        for trial in study.plan.trials
        if trial.setting in ("progressive", "random")
    }
    assert relevance
    # Both in one table, as are the two ratios.
    assert {one.setting for one in study.results.scores} == set(settings)
    ratios = {one.setting: one.effective_ratio for one in study.results.switched}
    assert ratios["random"] == pytest.approx(ratios["progressive"])
    assert ratios["little"] == [pytest.approx(0.2, abs=0.05)]
    assert ratios["code-switched"][0] > 0.4


@pytest.mark.slow
def test_a_system_may_be_fed_fewer_pairs_true_links_and_damaged_ones(twins, tmp_path):
    bitexts = recipe(twins).model_dump(exclude_unset=True)["bitext"]
    for bitext in bitexts:
        bitext["gold"] = bitext["location"][0].replace("train.base", "train.pharaoh")
    own = {"max_pairs": 50}, {"links": "gold"}, {"links": "gold", "damage": 0.5}
    systems = {
        "weam": {"objective": "weam"},
        **{f"fed-{at}": {"objective": "weam"} | feed for at, feed in enumerate(own)},
    }
    made = recipe(twins, systems=systems, control="weam", settings=["zero-shot"], bitext=bitexts)
    study = Study(made, tmp_path / "out")
    weights = [
        (study.store.folder(stage) / "model.safetensors").read_bytes()
        for stage in study.plan.systems.values()
    ]
    assert len(set(weights)) == 4
    options = {name: one["options"] for name, one in study.results.systems.items()}
    assert options["fed-2"].items() >= {"links": "gold", "damage": 0.5}.items()
    assert "links" not in options["weam"]


def test_without_a_system_that_is_trained_the_checkpoint_itself_is_fine_tuned(twins, tmp_path):
    folder = tmp_path / "encoder"
    make_model("bert").save_pretrained(folder)
    make_tokenizer("bert").save_pretrained(folder)
    bert = {"checkpoint": str(folder)}
    made = recipe(twins, encoder=bert, bitext=[], settings=["zero-shot"])
    plan = make_plan(made)
    assert {stage.kind for stage in plan.stages} == {"finetune", "evaluate"}
    (trial,) = plan.trials
    assert trial.finetune.inputs["encoder"] is plan.encoders[1]
    trained = recipe(twins, encoder=bert, systems={"mlm": {"objective": "mlm"}}, control="mlm")
    kinds = [stage.kind for stage in make_plan(trained).stages]
    assert {"encoder", "pretrain"} <= set(kinds)


def test_options_of_a_task_go_into_the_stages_of_that_task_alone(twins):
    nli = recipe(twins).tasks["nli"].model_dump(exclude_unset=True)
    plans = []
    for own in ({}, {"finetuning": {"epochs": 5, "max_length": 32}}):
        tasks = {"nli": nli, "other": nli | own}
        plans.append(make_plan(recipe(twins, tasks=tasks, settings=["zero-shot"])))
    before, after = ({trial.task: trial for trial in plan.trials} for plan in plans)
    assert before["nli"].finetune.digest == before["other"].finetune.digest
    assert after["nli"].finetune.digest == before["nli"].finetune.digest
    assert after["other"].finetune.digest != before["other"].finetune.digest
    training = after["other"].finetune.settings["training"]
    assert (training["epochs"], training["max_length"], training["batch_size"]) == (5, 32, 16)
    assert after["other"].evaluate.settings["max_length"] == 32
    assert after["nli"].evaluate.settings["max_length"] == 64


@pytest.mark.slow
def test_rules_of_selection_take_their_weights_from_one_run(study):
    (folder,) = study.folders("zero-shot")
    assert study.folders("zero-shot", "average") == [folder]
    record = json.loads((folder / "finetuning.json").read_text("utf-8"))
    chosen = record["checkpoints"]
    assert set(chosen) == set(RULES)
    assert len(record["dev_scores"]) == 3
    best = record["selected_epoch"]
    assert chosen["last"]["miro"] == ("." if best == 3 else "epoch-3")
    for language in LANGUAGES:
        scores = record["oracle_scores"][language]
        epoch = scores.index(max(scores)) + 1
        assert chosen["oracle"][language] == ("." if epoch == best else f"epoch-{epoch}")
    # The source language's own dev set is what the default selects by.
    assert record["oracle_scores"]["base"] == pytest.approx(record["dev_scores"])
    kept = load_file(folder / "model.safetensors")
    average = load_file(folder / "average" / "model.safetensors")
    assert kept.keys() == average.keys()
    assert not all(torch.equal(kept[name], average[name]) for name in kept)


def test_progressive_fine_tuning_alone_is_another_stage_since_words_keep_their_translations(twins):
    settings = ["zero-shot", "code-switched", "progressive"]
    trials = make_plan(recipe(twins, settings=settings)).trials
    versions = [trial.finetune.settings.get("switching_version") for trial in trials]
    assert versions == [None, None, SWITCHING_VERSION]


@pytest.mark.slow
def test_one_rule_alone_keeps_nothing_more_and_is_the_same_stage_as_ever(twins, tmp_path):
    made = recipe(twins, settings=["zero-shot"])
    (trial,) = make_plan(made).trials
    assert "selection" not in trial.finetune.settings
    assert "rule" not in trial.evaluate.settings
    assert "switching" not in trial.finetune.settings
    study = Study(made, tmp_path / "out")
    (folder,) = study.folders("zero-shot")
    assert [path.name for path in folder.iterdir() if path.is_dir()] == []
    assert "checkpoints" not in study.record("zero-shot")


@pytest.mark.slow
@pytest.mark.parametrize("setting", ["zero-shot", "translate-train"])
def test_a_chain_starts_from_the_encoder_that_the_first_task_left(twins, tmp_path, setting):
    """The second task has other labels, so the first one's head cannot be used."""
    for split, language in (
        ("train", "base"),
        ("dev", "base"),
        ("test", "miro"),
        ("train", "miro"),
        ("dev", "miro"),
        ("test", "base"),
    ):
        rows = (twins / "nli" / f"{split}.{language}.tsv").read_text("utf-8").splitlines()[1:]
        texts = [row.split("\t")[0] for row in rows]
        lines = [f"{text}\t{['positive', 'negative'][at % 2]}" for at, text in enumerate(texts)]
        path = tmp_path / f"comments.{split}.{language}.tsv"
        path.write_text("\n".join(["text\tlabel", *lines]) + "\n", "utf-8")
    sentiment = {
        "task": "sentiment",
        "source_language": "base",
        "train": {"path": f"{tmp_path}/comments.train.base.tsv"},
        "dev": {"path": f"{tmp_path}/comments.dev.base.tsv"},
        "test": {"path": f"{tmp_path}/comments.test.{{language}}.tsv"},
        "translations": {"path": f"{tmp_path}/comments.train.{{language}}.tsv"},
        "translations_dev": {"path": f"{tmp_path}/comments.dev.{{language}}.tsv"},
        "languages": ["miro"],
    }
    nli = recipe(twins).tasks["nli"].model_dump(exclude_unset=True)
    tasks = {"nli": nli, "alone": sentiment, "chain": sentiment | {"intermediate": "nli"}}
    study = Study(recipe(twins, tasks=tasks, settings=[setting]), tmp_path / "out")
    trials = {trial.task: trial for trial in study.plan.trials}
    assert trials["alone"].finetune.digest != trials["chain"].finetune.digest
    body = trials["chain"].finetune.inputs["encoder"]
    first = study.store.folder(body.inputs["model"])
    assert first.name.startswith("finetune-untouched-zero-shot-nli-1-1-")
    started, left = (
        load_file(study.store.folder(body) / "model.safetensors"),
        load_file(first / "model.safetensors"),
    )
    for name, tensor in started.items():
        if "pooler" not in name:
            assert torch.equal(tensor, left[f"bert.{name}"])
    assert {one.task for one in study.results.scores} == {"nli", "alone", "chain"}


@pytest.mark.slow
def test_a_system_may_have_its_links_joined_its_own_way(twins, tmp_path):
    systems = {
        "weam": {"objective": "weam"},
        "same": {"objective": "weam", "symmetrization": "intersection"},
        "union": {"objective": "weam", "symmetrization": "union"},
    }
    made = recipe(twins, systems=systems, control="weam", settings=["zero-shot"])
    study = Study(made, tmp_path / "out")
    weights = {
        name: load_file(study.store.folder(stage) / "model.safetensors")
        for (name, _), stage in study.plan.systems.items()
    }

    def equal(name):
        return all(torch.equal(weights["weam"][key], weights[name][key]) for key in weights["weam"])

    assert equal("same")
    assert not equal("union")
    assert study.results.systems["union"]["options"]["symmetrization"] == "union"
    assert "symmetrization" not in study.results.systems["weam"]["options"]


def test_a_lexicon_file_is_read_before_any_work(twins, tmp_path):
    path = tmp_path / "en-de.tsv"
    path.write_text("no translation\n", "utf-8")
    made = recipe(twins, settings=["code-switched"], lexicons={"files": [str(path)]})
    with pytest.raises(UserError, match="expected a word, a translation"):
        make_plan(made)


def test_a_bitext_of_unknown_languages_gives_no_lexicon(twins):
    bitexts = recipe(twins).model_dump(exclude_unset=True)["bitext"]
    for bitext in bitexts:
        bitext["source_language"] = None
    made = recipe(twins, settings=["code-switched"], bitext=bitexts)
    languages = {source.open().source_language for source in made.bitext}
    if languages == {"base"}:  # told by the files' names
        assert make_plan(made).trials
    else:
        with pytest.raises(UserError, match="no bitext has 'base' on one side"):
            make_plan(made)
