"""Whole studies on twin languages: what is found, kept, and not done twice."""

import json
import shutil
from itertools import product
from pathlib import Path

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
from lingweave.corpus.twins import TwinOptions, write_twins
from lingweave.errors import CheckpointError, TableError, TextFileError, UserError
from lingweave.evaluation import PREDICTIONS
from lingweave.study import MEAN, RESULTS, Results, judged, run_study
from lingweave.study.plan import make_plan
from lingweave.study.stage import Store

LABELS = ["entailment", "neutral", "contradiction"]
LANGUAGES = ["base", "miro", "tasu"]
SYSTEMS = ["untouched", "mlm", "tlm"]
SETTINGS = ["zero-shot", "translate-train"]
NUM_TEST = 30
SIZES = {
    "num_text": 60,
    "num_bitext_train": 40,
    "num_bitext_valid": 0,
    "num_nli_train": 48,
    "num_nli_dev": 12,
    "num_nli_test": NUM_TEST,
}


def recipe_dict(folder="${twins}", **changes):
    """A study of seconds. Without `twins` the files are those of a folder made before."""
    short = {"epochs": 1, "batch_size": 16, "learning_rate": 1e-3, "precision": "fp32"}
    recipe = {
        "name": "tiny",
        "twins": SIZES,
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
                "gold": f"{folder}/bitext/base-{twin}/train.pharaoh",
            }
            for twin in LANGUAGES[1:]
        ],
        "pretraining": short | {"max_length": 32},
        "systems": {
            "untouched": {"objective": "none"},
            "mlm": {"objective": "mlm"},
            "tlm": {"objective": "tlm"},
        },
        "control": "mlm",
        "finetuning": short | {"epochs": 2, "max_length": 64, "seeds": [1, 2]},
        "tasks": {
            "nli": {
                "task": "nli",
                "source_language": "base",
                "train": {"path": f"{folder}/nli/train.base.tsv"},
                "dev": {"path": f"{folder}/nli/dev.base.tsv"},
                "test": {"path": f"{folder}/nli/test.{{language}}.tsv"},
                # One example fewer than `train`, so that nothing is trained on the same twice.
                "translations": {"path": f"{folder}/nli/train.{{language}}.tsv", "first": 47},
                "translations_dev": {"path": f"{folder}/nli/dev.{{language}}.tsv"},
                "languages": LANGUAGES,
            }
        },
        "settings": SETTINGS,
    }
    if folder != "${twins}":
        del recipe["twins"]
    return recipe | changes


class Notes:
    """Notes which stages were run, which were found finished, and counts updates."""

    def __init__(self):
        self.run, self.finished, self.updates = [], [], 0

    def stage(self, label, number, num_stages, finished):
        (self.finished if finished else self.run).append(label)
        assert len(self.run) + len(self.finished) == number <= num_stages

    def update(self, report):
        assert 1 <= report.update <= report.num_updates
        self.updates += 1


def run(values, out):
    notes = Notes()
    results = run_study(Recipe.model_validate(values), out, observer=notes, command="by a test")
    return results, notes


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


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("twins")
    write_twins(TwinOptions.model_validate(SIZES), folder)
    return folder


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
def test_two_files_are_enough_to_judge_the_claims_again(study, tmp_path):
    for name in (RESULTS, PREDICTIONS):
        shutil.copy(study.out / name, tmp_path / name)
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
def test_the_results_say_how_they_came_about_and_are_the_file(study):
    results = study.results
    text = (study.out / RESULTS).read_text("utf-8")
    assert Results.model_validate_json(text) == results
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
        if path.is_file() and path.name != RESULTS and ".locks" not in path.parts
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


# Settings and systems.


@pytest.mark.slow
def test_translate_train_trains_each_language_on_its_own_translations(twins, tmp_path):
    """In each language's training examples all labels are the same, another in each."""
    folder = tmp_path / "data"
    shutil.copytree(twins, folder)
    for split, (language, label) in product(("train", "dev"), zip(LANGUAGES, LABELS, strict=True)):
        path = folder / "nli" / f"{split}.{language}.tsv"
        header, *rows = path.read_text("utf-8").splitlines()
        rows = [f"{row.rsplit(chr(9), 1)[0]}\t{label}" for row in rows]
        path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    values = recipe_dict(
        folder, settings=["translate-train"], systems={"untouched": {"objective": "none"}}
    )
    values["control"] = "untouched"
    values["finetuning"] = values["finetuning"] | {
        "learning_rate": 1e-2,
        "epochs": 4,
        "seeds": [1],
    }
    results, _ = run(values, tmp_path / "out")
    for language, label in zip(LANGUAGES, LABELS, strict=True):
        (path,) = (tmp_path / "out" / "stages").glob(f"evaluate-*/predictions.{language}.tsv")
        predicted = {line.split("\t")[1] for line in path.read_text("utf-8").splitlines()[1:]}
        assert predicted == {label}
    assert [score.language for score in results.scores] == [*LANGUAGES, MEAN]


@pytest.mark.slow
def test_one_training_may_serve_two_settings(twins, tmp_path):
    """The source language's own translation is what zero-shot trains on already."""
    values = recipe_dict(folder=twins, systems={"mlm": {"objective": "mlm"}})
    del values["tasks"]["nli"]["translations"]["first"]
    values["finetuning"] = values["finetuning"] | {"seeds": [1], "epochs": 1}
    results, notes = run(values, tmp_path / "out")
    scores = {(score.setting, score.language): score.score for score in results.scores}
    assert len(scores) == 8
    assert scores["zero-shot", "base"] == scores["translate-train", "base"]
    assert sum(label.startswith("finetune") for label in notes.run) == 3
    assert run(values, tmp_path / "out")[1].run == []


@pytest.mark.slow
def test_two_systems_may_be_the_same(twins, tmp_path):
    systems = {"mlm": {"objective": "mlm"}, "again": {"objective": "mlm", "masking": 0.3}}
    values = recipe_dict(folder=twins, systems=systems, settings=["zero-shot"])
    values["finetuning"] = values["finetuning"] | {"seeds": [1], "epochs": 1}
    results, _ = run(values, tmp_path / "out")
    scores = {(score.system, score.language): score for score in results.scores}
    for language in [*LANGUAGES, MEAN]:
        assert scores["mlm", language].score == scores["again", language].score
        over = scores["again", language].over_control
        assert (over.mean, over.low, over.high) == (0, 0, 0)


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


# Refused before any work.


def refused(values, tmp_path, kind):
    notes, out = Notes(), tmp_path / "out"
    with pytest.raises(kind) as caught:
        run_study(Recipe.model_validate(values), out, observer=notes)
    assert notes.run == notes.finished == []
    assert not out.exists() or not any(path.is_file() for path in out.rglob("*"))
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_checkpoint_that_is_not_there_is_told_before_any_work(twins, tmp_path):
    path = tmp_path / "no" / "encoder"
    values = recipe_dict(folder=twins, encoder={"checkpoint": str(path)})
    assert refused(values, tmp_path, CheckpointError).startswith(f"{path}: no such directory")


def test_a_directory_that_is_no_checkpoint_is_told_before_any_work(twins, tmp_path):
    (tmp_path / "encoder").mkdir()
    values = recipe_dict(folder=twins, encoder={"checkpoint": str(tmp_path / "encoder")})
    assert "this directory is no checkpoint" in refused(values, tmp_path, CheckpointError)


@pytest.mark.parametrize("kind", ["gold", "text"])
def test_a_missing_file_is_told_before_any_work(twins, tmp_path, kind):
    values, path = recipe_dict(folder=twins), str(tmp_path / "none")
    if kind == "gold":
        values["bitext"][1]["gold"] = path
    else:
        values["encoder"]["scratch"]["texts"].append(path)
    assert refused(values, tmp_path, TextFileError).startswith(f"{path}: no such file")


def test_a_missing_side_of_a_bitext_is_told_before_any_work(twins, tmp_path):
    values = recipe_dict(folder=twins)
    values["bitext"][1]["location"][1] = str(tmp_path / "none")
    assert refused(values, tmp_path, TextFileError).startswith(f"{tmp_path / 'none'}: no such file")


@pytest.mark.parametrize(
    ("lines", "about"),
    [
        (["a\tb\tmaybe"], ":2: unknown label 'maybe', expected one of entailment, neutral"),
        (["a\tb"], ":2: 2 columns, expected 3 as in the header"),
        ([], ": the table has no rows"),
    ],
)
@pytest.mark.parametrize("role", ["train", "dev", "test", "translations"])
def test_wrong_examples_are_told_before_any_work(twins, tmp_path, lines, about, role):
    for language in LANGUAGES:
        path = tmp_path / f"wrong.{language}.tsv"
        path.write_text("\n".join(["premise\thypothesis\tlabel", *lines]) + "\n")
    values = recipe_dict(folder=twins)
    values["tasks"]["nli"][role] = {"path": f"{tmp_path}/wrong.{{language}}.tsv"}
    if role in ("train", "dev"):
        values["tasks"]["nli"][role] = {"path": str(tmp_path / "wrong.base.tsv")}
    message = refused(values, tmp_path, TableError)
    assert message.startswith(f"{tmp_path / 'wrong.base.tsv'}{about}")


def test_passing_over_more_examples_than_there_are_is_told(twins, tmp_path):
    values = recipe_dict(folder=twins)
    values["tasks"]["nli"]["train"]["skip"] = 48
    assert "nothing is left behind the first 48 examples" in refused(values, tmp_path, TableError)


def test_links_beyond_a_sentence_are_told(twins, tmp_path):
    path = tmp_path / "links"
    path.write_text("0-0\n0-99\n" + "\n" * 38)
    values = recipe_dict(folder=twins)
    values["bitext"][0]["links"] = str(path)
    notes = Notes()
    with pytest.raises(UserError, match=f"{path}:2: link 0-99 is beyond the sentence pair"):
        run_study(Recipe.model_validate(values), tmp_path / "out", observer=notes)
    assert notes.updates == 0
    assert not [
        path for path in Path(tmp_path / "out").rglob("*") if path.is_file() and path.suffix
    ]
