"""What each setting trains on, and systems and settings that are the same."""

import shutil
from itertools import product

import pytest

from lingweave.report import write_report
from lingweave.study import MEAN
from study.twin_study import LABELS, LANGUAGES, recipe_dict, run


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
def test_a_study_of_the_encoder_as_it_is_needs_no_bitext(twins, tmp_path):
    untouched = {"untouched": {"objective": "none"}}
    values = recipe_dict(twins, systems=untouched, control="untouched", settings=["zero-shot"])
    del values["bitext"]
    values["finetuning"] = values["finetuning"] | {"seeds": [1], "epochs": 1}
    results, notes = run(values, tmp_path / "out")
    assert [score.language for score in results.scores] == [*LANGUAGES, MEAN]
    assert results.samples == []
    assert {label.partition("-")[0] for label in notes.run} == {"encoder", "finetune", "evaluate"}
    write_report(results, tmp_path / "out")
    assert f"| untouched | {100 * results.scores[0].score.mean:.1f} |" in (
        tmp_path / "out" / "report.md"
    ).read_text("utf-8")
