"""Whole studies on twin languages: what is found, kept, and not done twice."""

import json
import shutil
from itertools import product

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sklearn.metrics import accuracy_score, f1_score
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)

from lingweave.config import Recipe
from lingweave.evaluation import PREDICTIONS
from lingweave.study import MEAN, Results, judged
from lingweave.study.plan import make_plan
from lingweave.study.stage import Store
from study.twin_study import LABELS, LANGUAGES, NUM_TEST, SETTINGS, SYSTEMS, recipe_dict, run


class Study:
    """A study that was run once, for many tests to look at."""

    def __init__(self, out):
        self.out = out
        self.results, self.notes = run(recipe_dict(), out)
        self.store = Store(out / "stages")
        (self.twins,) = (out / "stages").glob("twins-*")
        self.plan = make_plan(Recipe.model_validate(recipe_dict()).with_twins_in(self.twins))

    def predictions(self, system, setting, language):
        """(gold, predicted) of every seed, from the files."""
        found = []
        for trial in self.plan.trials:
            if (trial.system, trial.setting) == (system, setting) and language in trial.languages:
                path = self.store.folder(trial.evaluate) / f"predictions.{language}.tsv"
                header, *rows = path.read_text("utf-8").splitlines()
                assert header == "gold\tpredicted"
                found.append(list(zip(*(row.split("\t") for row in rows), strict=True)))
        return found

    def right(self, system, setting, language):
        """Each example's share of seeds that were right."""
        seeds = [
            [float(gold == predicted) for gold, predicted in zip(*columns, strict=True)]
            for columns in self.predictions(system, setting, language)
        ]
        return np.mean(seeds, axis=0)

    def score(self, system, setting, language):
        (found,) = (
            score
            for score in self.results.scores
            if (score.system, score.setting, score.language) == (system, setting, language)
        )
        return found


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return Study(tmp_path_factory.mktemp("study") / "out")


def cells():
    return product(SYSTEMS, SETTINGS, [*LANGUAGES, MEAN])


# What is found.


@pytest.mark.slow
def test_every_system_setting_and_language_has_one_score(study):
    found = [(score.system, score.setting, score.language) for score in study.results.scores]
    assert sorted(found) == sorted(cells())
    for score in study.results.scores:
        assert score.task == "nli"
        assert score.num_examples == (2 * NUM_TEST if score.language == MEAN else NUM_TEST)
        assert [(seed.pretraining_seed, seed.finetuning_seed) for seed in score.seeds] == [
            (1, 1),
            (1, 2),
        ]


@pytest.mark.slow
def test_intervals_hold_the_mean_and_the_mean_is_that_of_the_seeds(study):
    for score in study.results.scores:
        accuracy = score.score
        assert 0 <= accuracy.low <= accuracy.mean <= accuracy.high <= 1
        assert accuracy.low < accuracy.high
        assert accuracy.mean == pytest.approx(score.metrics["accuracy"])
        for name in ("accuracy", "macro_f1"):
            seeds = [seed.metrics[name] for seed in score.seeds]
            assert score.metrics[name] == pytest.approx(np.mean(seeds))


@pytest.mark.slow
def test_predictions_are_of_the_test_file_and_agree_with_the_scores(study):
    for system, setting, language in product(SYSTEMS, SETTINGS, LANGUAGES):
        lines = (study.twins / "nli" / f"test.{language}.tsv").read_text("utf-8").splitlines()
        labels = tuple(line.split("\t")[2] for line in lines[1:])
        score = study.score(system, setting, language)
        kept = study.predictions(system, setting, language)
        assert len(kept) == len(score.seeds) == 2
        for (gold, predicted), seed in zip(kept, score.seeds, strict=True):
            assert gold == labels
            assert seed.metrics["accuracy"] == pytest.approx(accuracy_score(gold, predicted))
            f1 = f1_score(gold, predicted, labels=LABELS, average="macro", zero_division=0)
            assert seed.metrics["macro_f1"] == pytest.approx(f1)
            assert f"lang:{language}|" in seed.signature
            assert "task:nli.1" in seed.signature
        assert score.score.mean == pytest.approx(study.right(system, setting, language).mean())


@pytest.mark.slow
def test_a_signature_names_data_model_and_seeds(study):
    def facts(system, language, number):
        signature = study.score(system, "zero-shot", language).seeds[number].signature
        return dict(fact.split(":", 1) for fact in signature.split("|"))

    mlm = facts("mlm", "miro", 1)
    assert list(mlm) == ["task", "test", "data", "lang", "model", "seeds", "metric", "lingweave"]
    assert (mlm["test"], mlm["seeds"]) == ("test.miro.tsv", "1+2")
    assert facts("untouched", "miro", 0)["seeds"] == "1"  # it was only fine-tuned
    assert facts("mlm", "miro", 0)["model"] != mlm["model"] != facts("tlm", "miro", 1)["model"]
    assert facts("tlm", "miro", 0)["data"] == mlm["data"] != facts("mlm", "tasu", 1)["data"]


@pytest.mark.slow
def test_the_predictions_are_enough_to_judge_the_claims_again(study, tmp_path):
    shutil.copy(study.out / PREDICTIONS, tmp_path)
    assert judged(study.results, tmp_path) == study.results
    compared = {claim.id: claim for claim in study.results.claims if claim.effect is not None}
    assert set(compared) == {"C1", "C2"}
    for setting, claim in zip(SETTINGS, compared.values(), strict=True):
        tlm, base = (study.score(name, setting, MEAN) for name in ("tlm", "untouched"))
        assert claim.effect == pytest.approx(tlm.score.mean - base.score.mean)
        assert claim.reason == "too few seeds: 2, at least 3 are needed"
    buckets = [one for one in study.results.lengths if one.language == "miro"]
    assert sum(one.num_examples for one in buckets) == len(SETTINGS) * NUM_TEST


@pytest.mark.slow
def test_differences_are_to_the_control_on_the_same_examples(study):
    for system, setting, language in cells():
        score = study.score(system, setting, language)
        if system == "mlm":
            assert score.over_control is None
            continue
        group = LANGUAGES[1:] if language == MEAN else [language]
        own, control = (
            np.mean([study.right(name, setting, one) for one in group], axis=0)
            for name in (system, "mlm")
        )
        over = score.over_control
        assert over.mean == pytest.approx((own - control).mean())
        assert over.low <= over.mean <= over.high
        # A plain paired bootstrap of our own: the same interval but for its chance.
        chosen = np.random.default_rng(5).integers(len(own), size=(4000, len(own)))
        low, high = np.quantile((own - control)[chosen].mean(axis=1), [0.025, 0.975])
        assert over.low == pytest.approx(low, abs=0.04)
        assert over.high == pytest.approx(high, abs=0.04)


@pytest.mark.slow
def test_the_mean_leaves_out_the_language_trained_on(study):
    for system, setting in product(SYSTEMS, SETTINGS):
        foreign = [study.score(system, setting, name) for name in LANGUAGES[1:]]
        mean = study.score(system, setting, MEAN)
        expected = np.mean([score.score.mean for score in foreign])
        assert mean.score.mean == pytest.approx(expected)
        f1s = [score.metrics["macro_f1"] for score in foreign]
        assert mean.metrics["macro_f1"] == pytest.approx(np.mean(f1s))


@pytest.mark.slow
def test_the_results_say_how_they_came_about_and_can_be_written(study):
    results = study.results
    assert Results.model_validate_json(results.model_dump_json()) == results
    assert (results.study, results.control) == ("tiny", "mlm")
    assert results.source_language == {"nli": "base"}
    assert list(results.measures["nli"].metrics) == ["accuracy", "macro_f1"]
    assert results.measures["nli"].chance == pytest.approx(1 / 3)
    assert results.made_by["command"] == "by a test"
    assert results.made_by["machine"]
    assert [summary["languages"] for summary in results.alignments] == [
        ["base", "miro"],
        ["base", "tasu"],
    ]
    for summary in results.alignments:
        assert summary["pairs"] == 40
        assert 0 <= summary["against_gold"]["aer"] < 1
    assert list(results.systems) == SYSTEMS
    assert results.systems["untouched"]["runs"] == []
    for name in ("mlm", "tlm"):
        (only,) = results.systems[name]["runs"]
        assert results.systems[name]["options"]["objective"] == name
        assert (only["seed"], only["updates"]) == (1, 5)  # 80 pairs, 16 at once
        assert only["tokens"] > 0
        assert only["last_loss"] > 0
    assert {stage["folder"] for stage in results.stages} == {
        path.name
        for path in (study.out / "stages").iterdir()
        if path.name != ".locks" and not path.name.startswith("twins-")
    }


@pytest.mark.slow
def test_stages_come_in_order_and_those_of_one_content_once(study):
    kinds = [label.split("-")[0] for label in study.notes.run]
    assert kinds[:5] == ["align", "align", "encoder", "tokenize", "tokenize"]
    assert kinds[5:7] == ["pretrain", "pretrain"]
    assert set(kinds[7:]) == {"finetune", "evaluate"}
    # 3 systems × 2 seeds × (zero-shot, and translate-train in 3 languages)
    assert kinds.count("finetune") == kinds.count("evaluate") == 3 * 2 * 4
    assert not study.notes.finished
    # scratch: 180 lines, two a sequence, 16 at once; 2 × pretrain; 24 × fine-tune of 2 epochs
    assert study.notes.updates == 6 + 2 * 5 + 24 * 2 * 3


@pytest.mark.slow
def test_what_a_study_leaves_loads_with_transformers(study):
    folders = study.out / "stages"
    for name in ("encoder-*", "pretrain-mlm-*", "pretrain-tlm-*"):
        (folder,) = folders.glob(name)
        body = AutoModel.from_pretrained(folder)
        assert body.config.hidden_size == 32
        assert AutoModelForMaskedLM.from_pretrained(folder) is not None
        tokenizer = AutoTokenizer.from_pretrained(folder)
        assert tokenizer.is_fast
        assert len(tokenizer) == body.config.vocab_size
        card = (folder / "README.md").read_text("utf-8")
        assert card.startswith("---\n")
        assert "| objective |" in card
    folder = next(folders.glob("finetune-tlm-zero-shot-*"))
    classifier = AutoModelForSequenceClassification.from_pretrained(folder)
    assert [classifier.config.id2label[index] for index in range(3)] == LABELS
    record = json.loads((folder / "finetuning.json").read_text("utf-8"))
    assert (record["train_examples"], record["dev_examples"]) == (48, 12)
    assert record["metric"] == "accuracy"
    assert len(record["dev_scores"]) == 2
    best = max(record["dev_scores"])
    assert record["selected_epoch"] == record["dev_scores"].index(best) + 1
    for trial in study.plan.trials:
        if trial.setting == "translate-train":
            path = study.store.folder(trial.finetune) / "finetuning.json"
            assert json.loads(path.read_text("utf-8"))["train_examples"] == 47


@pytest.mark.slow
def test_nothing_unfinished_is_left(study):
    left = [path.name for path in (study.out / "stages").iterdir() if "unfinished" in path.name]
    assert left == []


# What is not done again.


@pytest.fixture
def copied(study, tmp_path):
    """The study in another folder, as it would be on another day."""
    shutil.copytree(study.out, tmp_path / "elsewhere")
    return tmp_path / "elsewhere"


def content(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".locks" not in path.parts
    }


@pytest.mark.slow
def test_a_finished_study_is_not_run_again_also_when_its_folder_was_moved(study, copied):
    before = content(copied)
    results, notes = run(recipe_dict(), copied)
    assert notes.run == []
    assert notes.finished == study.notes.run
    assert notes.updates == 0
    assert content(copied) == before
    assert results.scores == study.results.scores
    assert results.systems == study.results.systems
    assert results.stages == study.results.stages


@pytest.mark.slow
def test_a_new_name_question_or_checkpoint_interval_runs_nothing(study, copied):
    values = recipe_dict(name="renamed", question="Why?")
    values["finetuning"] = values["finetuning"] | {"checkpoint_updates": 7}
    values["pretraining"] = values["pretraining"] | {"checkpoint_updates": 7}
    results, notes = run(values, copied)
    assert notes.run == []
    assert (results.study, results.question) == ("renamed", "Why?")
    assert results.scores == study.results.scores


@pytest.mark.slow
def test_another_fine_tuning_uses_the_pretrained_systems_again(study, copied):
    values = recipe_dict(settings=["zero-shot"])
    values["finetuning"] = values["finetuning"] | {"learning_rate": 5e-3, "seeds": [2]}
    results, notes = run(values, copied)
    assert [label.split("-")[0] for label in notes.finished] == [
        "align",
        "align",
        "encoder",
        "tokenize",
        "tokenize",
        "pretrain",
        "pretrain",
    ]
    assert [label.split("-")[0] for label in notes.run] == ["finetune", "evaluate"] * 3
    assert {score.setting for score in results.scores} == {"zero-shot"}
    assert len(results.scores[0].seeds) == 1


@pytest.mark.slow
def test_another_seed_or_system_is_added_to_what_is_there(study, copied):
    values = recipe_dict()
    values["systems"] = values["systems"] | {"weam": {"objective": "weam"}}
    values["finetuning"] = values["finetuning"] | {"seeds": [1]}
    values["settings"] = ["zero-shot"]
    results, notes = run(values, copied)
    assert [label.rsplit("-nli")[0] for label in notes.run] == [
        "pretrain-weam-1",
        "finetune-weam-zero-shot",
        "evaluate-weam-zero-shot",
    ]
    assert {score.system for score in results.scores} == {*SYSTEMS, "weam"}


@pytest.mark.slow
def test_a_file_that_changed_behind_its_name_is_noticed(twins, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(twins, folder)
    values = recipe_dict(folder, settings=["zero-shot"], systems={"mlm": {"objective": "mlm"}})
    values["finetuning"] = values["finetuning"] | {"seeds": [1], "epochs": 1}
    _, notes = run(values, tmp_path / "out")
    assert len(notes.run) == 8  # two bitexts, the encoder, one system and its evaluation
    test = folder / "nli" / "test.tasu.tsv"
    lines = test.read_text("utf-8").splitlines()
    test.write_text("\n".join(lines[:-1]) + "\n", "utf-8")
    results, notes = run(values, tmp_path / "out")
    assert [label.split("-")[0] for label in notes.run] == ["evaluate"]
    assert {score.language: score.num_examples for score in results.scores}["tasu"] == 29
    text = folder / "bitext" / "base-miro" / "train.miro"
    text.write_text(text.read_text("utf-8").replace("a", "o"), "utf-8")
    _, notes = run(values, tmp_path / "out")
    assert [label.split("-")[0] for label in notes.run] == [
        "align",
        "tokenize",
        "pretrain",
        "finetune",
        "evaluate",
    ]


@pytest.mark.slow
def test_layers_that_are_kept_in_fine_tuning_are_those_of_the_encoder(study, copied):
    values = recipe_dict(settings=["zero-shot"])
    values["finetuning"] = values["finetuning"] | {
        "frozen_layers": 1,
        "seeds": [1],
        "tracker": "tensorboard",
    }
    before = {path.name for path in (copied / "stages").glob("finetune-*")}
    run(values, copied)
    folders = [path for path in (copied / "stages").glob("finetune-*") if path.name not in before]
    assert len(folders) == 3
    for folder in folders:
        system = folder.name.split("-")[1]
        pattern = "encoder-*" if system == "untouched" else f"pretrain-{system}-*"
        (encoder,) = (copied / "stages").glob(pattern)
        started, ended = (load_file(path / "model.safetensors") for path in (encoder, folder))
        body = [name for name in started if name in ended]
        assert len(body) > 15
        assert all(torch.equal(started[name], ended[name]) for name in body)
        assert any(folder.glob("logs/**/events.*"))
        # The same fine-tuning with nothing kept changes them all.
        label = f"finetune-{system}-zero-shot-nli-1-1-"
        (trained,) = (name for name in before if name.startswith(label))
        moved = load_file(copied / "stages" / trained / "model.safetensors")
        assert not any(torch.equal(started[name], moved[name]) for name in body)
