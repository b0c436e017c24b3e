"""The objectives and their options in recipes: right ones, and what wrong ones are told."""

import pytest

from lingweave.config import Feed, load_recipe
from lingweave.errors import RecipeError
from lingweave.objectives import (
    CodeSwitchedOptions,
    ContrastiveOptions,
    MixOptions,
    MLMOptions,
    TLMOptions,
    WEAMOptions,
    WordAlignedOptions,
)

RECIPE = """\
name: small
encoder: {checkpoint: some/encoder}
bitext:
  - {location: data/en-de}
pretraining:
  epochs: 1
  frozen_layers: 3
systems:
  mlm: {objective: mlm}
  tlm: {objective: tlm, reset_positions: true, order: random}
  weam: {objective: weam, layer: 8}
  near: {objective: word-aligned, anchor: both}
  told:
    objective: contrastive
    variant: weak
    negatives: pair
  switched: {objective: code-switched, plain: 0.5}
  all:
    objective: mix
    parts:
      switched:
        objective: code-switched
        max_switched: 0.2
      near: {objective: word-aligned}
    weights:
      near: 0.1
control: mlm
tasks:
  xnli:
    task: nli
    train: {path: train.tsv}
    dev: {path: dev.tsv}
    test: {path: "test.{language}.tsv"}
    languages: [en, de]
"""


@pytest.fixture
def recipe_file(tmp_path):
    def write(text):
        path = tmp_path / "recipe.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_every_objective_is_made_by_recipe(recipe_file):
    recipe = load_recipe(recipe_file(RECIPE))
    expected = {
        "mlm": MLMOptions(),
        "tlm": TLMOptions(reset_positions=True, order="random"),
        "weam": WEAMOptions(layer=8),
        "near": WordAlignedOptions(anchor="both"),
        "told": ContrastiveOptions(variant="weak", negatives="pair"),
        "switched": CodeSwitchedOptions(plain=0.5),
        "all": MixOptions(
            parts={
                "switched": CodeSwitchedOptions(max_switched=0.2),
                "near": WordAlignedOptions(),
            },
            weights={"near": 0.1},
        ),
    }
    assert list(recipe.systems) == list(expected)
    for name, options in expected.items():
        assert isinstance(recipe.systems[name], type(options))
        # Beside its own options a system of a recipe has only those of what feeds it.
        assert recipe.systems[name].model_dump() == options.model_dump() | Feed().model_dump()
    assert recipe.pretraining.frozen_layers == 3


def test_a_recipe_survives_being_written_and_read(recipe_file):
    """As it is when `${twins}` is filled in: nothing of a part is lost."""
    recipe = load_recipe(recipe_file(RECIPE))
    assert type(recipe).model_validate_json(recipe.model_dump_json()) == recipe


@pytest.mark.parametrize(
    ("old", "new", "key", "about"),
    [
        ("reset_positions: true", "reset_positions: 7", "systems.tlm.reset_positions", "boolean"),
        ("order: random", "order: reverse", "systems.tlm.order", "'fixed' or 'random'"),
        ("layer: 8", "layer: 0", "systems.weam.layer", "greater than or equal to 1"),
        ("anchor: both", "anchor: en", "systems.near.anchor", "'source', 'target' or 'both'"),
        ("variant: weak", "variant: soft", "systems.told.variant", "'weak' or 'strong'"),
        ("negatives: pair", "negative: pair", "systems.told.negative", "unknown key"),
        ("plain: 0.5", "plain: 2", "systems.switched.plain", "less than or equal to 1"),
        ("plain: 0.5", "order: random", "systems.switched.order", "unknown key"),
        (
            "max_switched: 0.2",
            "max_switched: x",
            "systems.all.parts.switched.max_switched",
            "valid number",
        ),
        ("{objective: word-aligned}", "{objective: mix}", "systems.all.parts.near", "'mix'"),
        ("{objective: word-aligned}", "{}", "systems.all.parts.near", "discriminator"),
        ("near: 0.1", "near: -1", "systems.all.weights.near", "greater than 0"),
        ("frozen_layers: 3", "frozen_layers: -1", "pretraining.frozen_layers", "greater than"),
    ],
)
def test_a_wrong_option_is_told_with_its_line(recipe_file, old, new, key, about):
    assert RECIPE.count(old) == 1
    path = recipe_file(RECIPE.replace(old, new))
    (line,) = (n for n, text in enumerate(RECIPE.splitlines(), 1) if old in text)
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}: {key}: ")
    assert about in message
    assert "\n" not in message


def test_a_weight_of_a_part_that_is_not_there_is_told_with_the_parts(recipe_file):
    path = recipe_file(RECIPE.replace("near: 0.1", "far: 0.1"))
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    (line,) = (n for n, text in enumerate(RECIPE.splitlines(), 1) if text == "    weights:")
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}: systems.all.weights: ")
    assert "'far' is none of the parts switched, near" in message


@pytest.mark.parametrize(
    ("old", "new", "system"),
    [
        ("negatives: pair", "negatives: batch", "told"),
        ("near: {objective: word-aligned}\n", "near: {objective: contrastive}\n", "all"),
    ],
)
def test_micro_batches_with_negatives_of_the_whole_update_are_refused(
    recipe_file, old, new, system
):
    assert RECIPE.count(old) == 1
    cut = RECIPE.replace("  epochs: 1\n", "  micro_batch_size: 4\n")
    assert load_recipe(recipe_file(cut)).pretraining.micro_batch_size == 4
    path = recipe_file(cut.replace(old, new))
    with pytest.raises(RecipeError) as caught:
        load_recipe(path)
    (line,) = (n for n, text in enumerate(cut.splitlines(), 1) if "micro_batch_size" in text)
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}: pretraining.micro_batch_size: system '{system}' ")
    assert "`negatives: pair`" in message
    load_recipe(recipe_file(RECIPE.replace(old, new)))  # whole updates are right
