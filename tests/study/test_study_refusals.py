"""Studies that are refused before any work."""

from pathlib import Path

import pytest

from lingweave.config import Recipe
from lingweave.errors import CheckpointError, TableError, TextFileError, UserError
from lingweave.study import run_study
from study.twin_study import LANGUAGES, Notes, recipe_dict


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


def test_a_segmenter_that_is_not_there_is_told_before_any_work(twins, tmp_path):
    values = recipe_dict(folder=twins)
    values["bitext"][1]["target_segmenter"] = "moses"
    assert refused(values, tmp_path, UserError).startswith("no segmenter is called 'moses'; ")


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
