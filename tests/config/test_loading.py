"""Recipes: what a right one becomes, and what is told where keys, values or YAML are wrong."""

from pathlib import Path

import pytest

from config.recipe_text import RECIPE, line_of
from lingweave.config import Recipe, Untrained, load_recipe, options_of
from lingweave.errors import RecipeError
from lingweave.objectives import MLMOptions, WEAMOptions
from lingweave.tasks import Examples

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))


# Right ones.


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_every_recipe_that_is_shipped_loads(path, monkeypatch):
    monkeypatch.setenv("LINGWEAVE_SHARED", "/somewhere/shared")
    monkeypatch.setenv("LINGWEAVE_ENCODER", "/somewhere/encoder")
    recipe = load_recipe(path)
    assert recipe.name == path.stem
    assert recipe.control in recipe.systems
    assert recipe.question


def test_the_demo_and_the_real_experiment_are_among_them():
    assert {"demo.yaml", "xnli-small.yaml", "all-systems-twins.yaml"} <= {
        path.name for path in RECIPES
    }


def test_a_recipe_says_what_stands_in_the_file_and_the_rest_is_by_default(recipe_file):
    recipe = load_recipe(recipe_file(RECIPE))
    assert (recipe.name, recipe.control, recipe.twins) == ("small", "mlm", None)
    assert recipe.encoder.checkpoint == "some/encoder"
    assert [source.location for source in recipe.bitext] == ["data/en-de", "data/en-zh"]
    assert [source.max_pairs for source in recipe.bitext] == [10, None]
    assert recipe.alignment.symmetrization == "union"
    given = {
        "mlm": MLMOptions(masking=0.3),
        "weam": WEAMOptions(masking=0.3, cross_weight=0.5, pair_encoding="apart"),
        "untouched": Untrained(),
    }
    for name, options in given.items():
        assert isinstance(recipe.systems[name], type(options))
        assert options_of(recipe.systems[name]) == options.model_dump()
    assert list(recipe.systems) == ["mlm", "weam", "untouched"]
    # What the paper of WEAM says, where the recipe does not.
    assert recipe.pretraining.epochs == 1
    assert (recipe.pretraining.learning_rate, recipe.pretraining.batch_size) == (5e-5, 32)
    assert recipe.pretraining.max_length == 128
    assert recipe.pretraining.seeds == [1]
    assert recipe.tasks["xnli"].source_language == "en"
    assert recipe.settings == ["zero-shot"]


def test_the_language_is_filled_into_path_and_condition():
    examples = Examples(
        path="{language}/test.{language}.tsv", where={"language": "{language}", "split": "test"}
    )
    assert examples.names_language
    german = examples.of("de")
    assert german.path == "de/test.de.tsv"
    assert german.where == {"language": "de", "split": "test"}
    assert not german.names_language
    assert examples.path == "{language}/test.{language}.tsv"


def test_the_language_may_stand_in_the_condition_only():
    examples = Examples(path="xnli.tsv", where={"language": "{language}"})
    assert examples.names_language
    assert examples.of("sw").where == {"language": "sw"}


def test_other_braces_in_path_and_condition_are_left_alone():
    examples = Examples(path="a{1}.{language}.tsv", where={"genre": "{1}", "text": "{"})
    assert examples.of("de").path == "a{1}.de.tsv"
    assert examples.of("de").where == {"genre": "{1}", "text": "{"}


def test_variables_come_from_the_environment_or_from_the_default(recipe_file, monkeypatch):
    text = RECIPE.replace("some/encoder", "${LW_HOME}/${LW_NAME:-e5}").replace(
        "data/en-de", "${LW_EMPTY:-nothing given}"
    )
    monkeypatch.setenv("LW_HOME", "/models")
    monkeypatch.setenv("LW_EMPTY", "")
    monkeypatch.delenv("LW_NAME", raising=False)
    recipe = load_recipe(recipe_file(text))
    assert recipe.encoder.checkpoint == "/models/e5"
    assert recipe.bitext[0].location == "nothing given"  # as a shell has it: empty is not set
    monkeypatch.setenv("LW_NAME", "mbert")
    assert load_recipe(recipe_file(text)).encoder.checkpoint == "/models/mbert"


def test_twins_put_their_folder_in_place_of_the_variable_and_change_nothing_else(
    recipe_file, tmp_path
):
    text = RECIPE.replace("name: small", "name: small\ntwins: {seed: 3}")
    text = text.replace("data/en-de", "${twins}/bitext").replace("train.tsv", '"${twins}/t.tsv"')
    recipe = load_recipe(recipe_file(text))
    assert recipe.bitext[0].location == "${twins}/bitext"
    folder = tmp_path / 'with "quotes" and \\'
    filled = recipe.with_twins_in(folder)
    assert filled.bitext[0].location == f"{folder}/bitext"
    assert filled.tasks["xnli"].train.path == f"{folder}/t.tsv"
    assert isinstance(filled, Recipe)
    assert filled.systems == recipe.systems
    assert filled.twins == recipe.twins
    assert filled.tasks["xnli"].test == recipe.tasks["xnli"].test


# Wrong ones: the file, the line, the key, and what to do.


def test_a_variable_that_is_not_set_is_named_with_its_key(refusal, monkeypatch):
    monkeypatch.delenv("LW_HOME", raising=False)
    message = refusal("data/en-de", "${LW_HOME}/en-de")
    assert message == (
        f"{line_of('data/en-de')}: bitext.0.location: the environment variable LW_HOME is not "
        "set; set it, for example `export LW_HOME=…`"
    )


@pytest.mark.parametrize(
    ("old", "new", "where", "key", "about"),
    [
        ("control: mlm", "control: mlm\nsede: 1", "control: mlm\nsede", "sede", "unknown key; "),
        ("  epochs: 1", "  epoch: 1", "  epochs: 1", "pretraining.epoch", "unknown key; "),
        ("cross_weight: 0.5", "croß: 0.5", "cross_weight", "systems.weam.croß", "unknown key; "),
        ("  epochs: 1", "  epochs: many", "  epochs: 1", "pretraining.epochs", "valid integer"),
        ("  epochs: 1", "  epochs: 0", "  epochs: 1", "pretraining.epochs", "greater than"),
        ("cross_weight: 0.5", "cross_weight: -1", "cross_", "systems.weam.cross_weight", "greater"),
        ("max_pairs: 10", "max_pairs: [1]", "max_pairs", "bitext.0.max_pairs", "valid integer"),
        ("{location: data/en-zh}", "{}", "data/en-zh", "bitext.1.location", "required"),
        ("control: mlm\n", "", None, "control", "required"),
        ("    train: {path: train.tsv}\n", "", "  xnli:", "tasks.xnli.train", "required"),
        ("task: nli", "task: nlu", "task: nli", "tasks.xnli.task", "unknown task 'nlu'"),
        ("union", "join", "union", "alignment.symmetrization", "'grow-diag-final-and'"),
        ("[zero-shot]", "[zero-shot, few-shot]", "zero-shot", "settings.1", "'translate-train'"),
        ("[en, de]", "[en, no]", "[en, de]", "tasks.xnli.languages.1", "this as False:"),
        ("  mlm: {obj", "  off: {obj", "systems:", "systems", "this as False: write it in quo"),
        ("name: small", "name: 2024-01-31", "name: small", "name", "this as 2024-01-31: write"),
        ("name: small", "name: a/b", "name: small", "name", "should match pattern"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_its_line(refusal, old, new, where, key, about):
    message = refusal(old, new)
    if where is None:  # a key that is missing from the whole file: no line has it
        line = message.split(":", 1)[0]
    elif "\n" in where:  # a line added below this one
        line = str(line_of(where.split("\n")[0]) + 1)
    else:
        line = str(line_of(where))
    assert message.startswith(f"{line}: {key}: ")
    assert about in message


def test_a_seed_that_the_columns_of_the_predictions_cannot_hold_is_refused(refusal):
    message = refusal("  epochs: 1", f"  seeds: [{2**63}]")
    assert message.startswith(f"{line_of('  epochs: 1')}: pretraining.seeds.0: ")
    assert "less than" in message


def test_a_section_that_holds_itself_is_refused(refusal):
    message = refusal("pretraining:\n", "pretraining: &own\n  epochs: *own\n")
    assert message == " it is nested too deeply; let no section hold itself"


def test_an_unknown_objective_is_told_with_those_that_are_known(refusal):
    message = refusal("{objective: mlm}", "{objective: elm}")
    assert message.startswith(f"{line_of('{objective: mlm}')}: systems.mlm")
    for known in ("'elm'", "'none'", "'mlm'", "'tlm'", "'weam'"):
        assert known in message


def test_an_option_of_another_objective_is_unknown(refusal):
    message = refusal("{objective: mlm}", "{objective: mlm, cross_weight: 1}")
    line = line_of("{objective: mlm}")
    known = message.removeprefix(f"{line}: systems.mlm.cross_weight: unknown key; known here are ")
    assert {"objective", "masking", "max_pairs"} <= set(known.split(", "))
    assert "cross_weight" not in known


@pytest.mark.parametrize(
    ("old", "new", "key", "meant"),
    [
        ("pretraining:", "pretrainin:", "pretrainin", "pretraining"),
        ("control:", "controll:", "controll", "control"),  # must be there: it is missing, too
        ("  epochs: 1", "  epoch: 1", "pretraining.epoch", "epochs"),
        ("max_pairs", "maxpairs", "bitext.0.maxpairs", "max_pairs"),
        ("cross_weight", "cross_wieght", "systems.weam.cross_wieght", "cross_weight"),
        ("train: {path", "train: {pth", "tasks.xnli.train.pth", "path"),
        (
            "dev: {path",
            "finetuning: {epochz: 1}\n    dev: {path",
            "tasks.xnli.finetuning.epochz",
            "epochs",
        ),
    ],
)
def test_a_misspelt_key_is_told_with_the_one_that_was_meant(refusal, old, new, key, meant):
    message = refusal(old, new)
    assert message == f"{line_of(old)}: {key}: unknown key; did you mean {meant}?"


def test_a_key_that_stands_twice_is_told_at_its_second_line(refusal):
    message = refusal("control: mlm", "control: mlm\ncontrol: weam")
    assert message == f"{line_of('control') + 1}: key 'control' is given twice; keep one"


def test_a_key_that_stands_twice_in_a_section_is_told_as_well(refusal):
    message = refusal("    cross_weight: 0.5", "    cross_weight: 0.5\n    cross_weight: 0.5")
    assert message.startswith(f"{line_of('cross_weight') + 1}: key 'cross_weight' is given twice")


def test_broken_yaml_is_told_with_its_line(refusal):
    message = refusal("control: mlm", "control: [mlm")
    assert message.startswith(f"{line_of('control') + 1}: it is not valid YAML (")


def test_a_tab_is_no_indentation(refusal):
    message = refusal("  epochs: 1", "\tepochs: 1")
    assert message.startswith(f"{line_of('  epochs: 1')}: it is not valid YAML (")


@pytest.mark.parametrize("name", ["!!python/object:os.system x", "!unknown x"])
def test_a_tag_that_yaml_does_not_know_is_refused_and_nothing_is_built(refusal, name):
    message = refusal("name: small", f"name: {name}")
    assert message.startswith(f"{line_of('name: small')}: ")


def test_a_control_character_is_refused(refusal):
    assert "not valid YAML" in refusal("name: small", "name: sm\x07all")


def test_a_missing_recipe_a_folder_and_another_encoding_are_told(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(RecipeError, match="no such recipe; give the path of a YAML file"):
            load_recipe(path)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("name: Straße".encode("latin-1"))
    with pytest.raises(RecipeError, match="it is not UTF-8; save it as UTF-8"):
        load_recipe(latin)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n- b\n", "words\n"])
def test_a_recipe_without_keys_is_told(recipe_file, text):
    with pytest.raises(RecipeError, match=r"it holds no keys; see recipes/demo\.yaml"):
        load_recipe(recipe_file(text))


def test_the_place_to_look_things_up_is_there(refusal):
    message = refusal("  epochs: 1", "  epochs: many")
    remedy = message.rsplit("; ", 1)[1]
    page = Path(remedy.removeprefix("see ").split()[0])
    assert page == Path("docs/recipes.md")
    assert (Path(__file__).parents[2] / page).is_file()


@pytest.mark.parametrize("seed", ["foo", "-1", "1.5", "[1, 2]"])
def test_the_seed_of_an_encoder_from_scratch_is_a_number_or_each(refusal, recipe_file, seed):
    scratch = "scratch: {texts: [a.txt], seed: SEED}"
    assert refusal("checkpoint: some/encoder", scratch.replace("SEED", seed)) == (
        f"{line_of('checkpoint')}: encoder.scratch.seed: give a whole number from 0, or `each`; "
        "see docs/recipes.md for what a recipe may hold"
    )
    for right, is_drawn_anew in {"each": True, "7": False}.items():
        text = RECIPE.replace("checkpoint: some/encoder", scratch.replace("SEED", right))
        assert load_recipe(recipe_file(text)).encoder.is_drawn_anew is is_drawn_anew
