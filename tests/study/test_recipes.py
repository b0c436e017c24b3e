"""The recipes that are shipped are planned: all that they name is there and is of use."""

from collections import Counter
from pathlib import Path

import pytest

from lingweave.config import load_recipe
from lingweave.corpus.twins import write_twins
from lingweave.study.plan import make_plan
from tiny_models import make_model, make_tokenizer

RECIPES = Path(__file__).parents[2] / "recipes"
SIZES = {
    "num_text": 20,
    "num_bitext_train": 20,
    "num_bitext_valid": 0,
    "num_nli_train": 12,
    "num_nli_dev": 6,
    "num_nli_test": 6,
}


@pytest.mark.parametrize(
    ("name", "num_encoders", "num_trained", "num_finetuned"),
    [
        ("twins", 5, 7 * 5, 8 * 5 * (1 + 3)),
        ("twins-amount", 3, 7 * 3, 7 * 3),
        ("twins-links", 3, 6 * 3, 6 * 3),
        ("twins-settings", 5, 7 * 5, 7 * 5),
        ("twins-regularizers", 5, 10 * 5, 10 * 5),
        ("twins-distance", 3, 3 * 3, 4 * 3),
        ("twins-switching", 3, 0, 7 * 3),
        ("demo", 1, 4, 5),
        # Zero-shot is also what the relevance of the progressive setting is measured by.
        ("all-systems-twins", 1, 8, 9 * (1 + 3 + 1 + 1 + 1)),
    ],
)
def test_studies_of_twins_are_planned(name, num_encoders, num_trained, num_finetuned, tmp_path):
    recipe = load_recipe(RECIPES / f"{name}.yaml")
    assert recipe.twins is not None
    write_twins(recipe.twins.model_copy(update=SIZES), tmp_path)
    plan = make_plan(recipe.with_twins_in(tmp_path))
    kinds = Counter(stage.kind for stage in plan.stages)
    assert (kinds["scratch"], kinds["pretrain"]) == (num_encoders, num_trained)
    # Translate-train in the source language is zero-shot under another name, and done once.
    shared = {"all-systems-twins": 9, "twins": 8 * 5}.get(name, 0)
    assert kinds["finetune"] == num_finetuned - shared


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        # 7 systems, one of them the encoder as it is, with 3 seeds; 14 bitexts. All are trained on
        # inference, questions (tested twice) and names; 1 of them in 2 switched settings; 3 on
        # inference in English and 2 languages; 2 on questions in as many, after the others. What is
        # trained in English is tested in all three, and for translate-train once more in English.
        (
            "real",
            {"align": 14, "tokenize": 14, "encoder": 1, "pretrain": 18}
            | {"lexicons": 1, "relevance": 3, "body": 2 * 3}
            | {"finetune": 3 * (7 * 3 + 1 * 2 + 3 * 3 + 2 * 3)}
            | {"evaluate": 3 * (7 * 4 + 1 * 2 + 3 * 4 + 2 * 4)}
            # 12 languages of Tatoeba, before and after.
            | {"sentences": (1 + 18) * 12},
        ),
        # With 3 seeds, 11 tasks; those tested on the other mixture share their training.
        ("code-mixed", {"finetune": 3 * 7, "body": 3 * 3, "evaluate": 3 * 11}),
        ("tasks-small", {"finetune": 6, "evaluate": 8}),
        (
            "xnli-small",
            {"align": 3, "tokenize": 3, "encoder": 1, "pretrain": 3, "finetune": 4, "evaluate": 4},
        ),
    ],
)
def test_studies_of_real_languages_are_planned(name, kinds, shared, tmp_path, monkeypatch):
    plan = real_plan(name, shared, tmp_path, monkeypatch)
    assert Counter(stage.kind for stage in plan.stages) == kinds


def real_plan(name, shared, folder, monkeypatch):
    make_model("bert").save_pretrained(folder)
    make_tokenizer("bert").save_pretrained(folder)
    monkeypatch.setenv("LINGWEAVE_SHARED", str(shared))
    monkeypatch.setenv("LINGWEAVE_ENCODER", str(folder))
    return make_plan(load_recipe(RECIPES / f"{name}.yaml"))
