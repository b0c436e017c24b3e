"""Parts of a recipe that do not fit one another, and those that do: key and line are told."""

import re
from pathlib import Path

import pytest

from config.recipe_text import RECIPE, line_of
from lingweave.config import Feed, feed_of, load_recipe, options_of


def test_a_control_that_is_no_system_is_told_at_its_line(refusal):
    message = refusal("control: mlm", "control: tlm")
    assert "control: 'tlm' is none of the systems mlm, weam, untouched" in message
    assert message.startswith(f"{line_of('control')}: ")


def test_twins_that_are_used_but_not_made_are_told_at_their_line(refusal):
    message = refusal("data/en-de", "${twins}/bitext/base-miro")
    assert "${twins} is used, but there is no section `twins`" in message
    assert message.startswith(f"{line_of('data/en-de')}: ")


def test_translate_train_without_translations_is_told_with_the_task_at_its_line(refusal):
    message = refusal("[zero-shot]", "[translate-train]")
    assert "tasks.xnli: setting translate-train needs `translations`;" in message
    line = message.split(":", 1)[0]
    assert line in {str(line_of("settings")), str(line_of("  xnli:"))}


def test_translate_train_needs_the_dev_examples_too(refusal):
    recipe = RECIPE.replace("[zero-shot]", "[translate-train]")
    added = 'task: nli\n    translations: {path: "train.{language}.tsv"}'
    assert "setting translate-train needs `translations_dev`;" in refusal(
        "task: nli", added, recipe
    )


def with_task(**keys):
    """The recipe with more keys in its task, one a line."""
    lines = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return RECIPE.replace("    task: nli\n", f"    task: nli\n{lines}")


def test_translate_train_all_and_the_oracle_say_what_they_need(refusal):
    message = refusal("[zero-shot]", "[translate-train-all]")
    assert "tasks.xnli: setting translate-train-all needs `translations`;" in message
    message = refusal("[zero-shot]", "[zero-shot]\nselection: [dev, oracle]")
    assert message.startswith(f"{line_of('  xnli:')}: ")
    assert "tasks.xnli: selection oracle needs `translations_dev`;" in message


@pytest.mark.parametrize("task", ["mlqa", "ner"])
def test_relevance_needs_a_task_with_one_label_and_switching_does_not(refusal, recipe_file, task):
    languages = "source_language: en, target_language: de"
    recipe = RECIPE.replace("{location: data/en-zh}", f"{{location: data/en-zh, {languages}}}")
    recipe = recipe.replace("task: nli", f"task: {task}")
    assert load_recipe(recipe_file(recipe.replace("[zero-shot]", "[code-switched]")))
    message = refusal("[zero-shot]", "[zero-shot, progressive]", recipe)
    line = line_of(f"task: {task}", recipe)
    assert message.startswith(f"{line}: tasks.xnli.task: setting progressive needs a task with one")
    assert f"{task!r} is not" in message


def test_a_language_that_no_lexicon_can_be_induced_for_is_told_unless_files_are_given(
    refusal, recipe_file
):
    recipe = RECIPE.replace("    max_pairs: 10", "    source_language: de\n    target_language: fr")
    recipe = recipe.replace("  - {location: data/en-zh}\n", "")
    message = refusal("[zero-shot]", "[code-switched]", recipe)
    assert message.startswith(f"{line_of('  xnli:', recipe)}: tasks.xnli: setting code-switched ")
    assert "no bitext has the language 'en': give `lexicons.files`" in message
    given = recipe.replace("[zero-shot]", "[code-switched]\nlexicons: {files: [en-de.tsv]}")
    assert load_recipe(recipe_file(given)).lexicons.files == ["en-de.tsv"]


def test_a_task_that_is_to_come_first_must_be_there_and_not_come_later(refusal):
    message = refusal("task: nli", "task: nli", with_task(intermediate="mnli"))
    line = line_of("intermediate", with_task(intermediate="mnli"))
    assert message.startswith(f"{line}: tasks.xnli.intermediate: 'mnli' is none of the tasks xnli")
    message = refusal("task: nli", "task: nli", with_task(intermediate="xnli"))
    assert message.startswith(f"{line}: tasks.xnli.intermediate: no task comes first: xnli after")


def test_links_are_joined_for_each_system_as_it_asks(refusal, recipe_file):
    recipe = RECIPE.replace("cross_weight: 0.5", "symmetrization: grow-diag")
    systems = load_recipe(recipe_file(recipe)).systems
    assert feed_of(systems["weam"]).symmetrization == "grow-diag"
    assert feed_of(systems["mlm"]) == Feed()
    message = refusal("max_pairs: 10", "links: some.pharaoh", recipe)
    assert message.startswith(f"{line_of('grow-diag', recipe)}: systems.weam.symmetrization: ")
    assert "the links of bitext.0 are given: there is nothing to join" in message
    message = refusal("cross_weight: 0.5", "symmetrization: grow")
    assert message.startswith(f"{line_of('cross_weight')}: systems.weam.symmetrization: ")


@pytest.mark.parametrize(
    ("key", "value"),
    [("symmetrization", "union"), ("links", "gold"), ("damage", "0.5")],
)
@pytest.mark.parametrize("objective", ["mlm", "tlm", "mix"])
def test_systems_without_links_take_no_option_of_links(refusal, objective, key, value):
    message = refusal("{objective: mlm}", f"{{objective: {objective}, {key}: {value}}}")
    assert message.startswith(f"{line_of('{objective: mlm}')}: systems.mlm.{key}: objective ")
    assert f"{objective} uses no links: leave this key out" in message


def test_a_mix_takes_options_of_links_if_one_part_does(recipe_file):
    mix = "{objective: mix, damage: 0.5, parts: {a: {objective: mlm}, b: {objective: weam}}}"
    recipe = load_recipe(recipe_file(RECIPE.replace("{objective: mlm}", mix)))
    assert feed_of(recipe.systems["mlm"]).damage == 0.5


def test_gold_links_must_be_there_and_are_joined_already(refusal, recipe_file):
    message = refusal("cross_weight: 0.5", "links: gold")
    assert "systems.weam.links: bitext.0 has no `gold`" in message
    recipe = RECIPE.replace("data/en-zh", "data/en-zh, gold: g").replace("max_pairs: 10", "gold: g")
    message = refusal("cross_weight: 0.5", "links: gold\n    symmetrization: union", recipe)
    assert "systems.weam.symmetrization: gold links: there is nothing to join" in message
    text = recipe.replace("cross_weight: 0.5", "links: gold\n    max_pairs: 5")
    system = load_recipe(recipe_file(text)).systems["weam"]
    assert feed_of(system) == Feed(links="gold", max_pairs=5)
    assert {"links", "max_pairs"} <= options_of(system).keys()
    assert not {"damage", "symmetrization"} & options_of(system).keys()


BITEXT = RECIPE[RECIPE.index("bitext:") : RECIPE.index("alignment:")]


def test_bitext_is_needed_where_a_system_is_trained_on_it_only(refusal, recipe_file):
    message = refusal(BITEXT, "")
    assert message.startswith(f"{line_of('mlm: {', RECIPE.replace(BITEXT, ''))}: systems.mlm: ")
    assert "objective mlm needs `bitext`" in message
    trained = RECIPE[RECIPE.index("  mlm:") : RECIPE.index("  untouched:")]
    recipe = RECIPE.replace(BITEXT, "").replace(trained, "")
    recipe = recipe.replace("control: mlm", "control: untouched")
    loaded = load_recipe(recipe_file(recipe))
    assert loaded.bitext == []
    assert not loaded.trains_systems


@pytest.mark.parametrize(
    ("old", "new", "key", "item"),
    [
        ("[zero-shot]", "[zero-shot, zero-shot]", "settings", "'zero-shot'"),
        ("[zero-shot]", "[zero-shot]\nselection: [last, dev, last]", "selection", "'last'"),
        ("[en, de]", "[en, de, en]", "tasks.xnli.languages", "'en'"),
        ("  epochs: 1", "  seeds: [1, 2, 1]", "pretraining.seeds", "1"),
        ("control: mlm", "control: mlm\nfinetuning: {seeds: [3, 3]}", "finetuning.seeds", "3"),
        ("control: mlm", "control: mlm\nlexicons: {files: [a, a]}", "lexicons.files", "'a'"),
    ],
)
def test_what_stands_twice_in_a_list_is_refused(refusal, old, new, key, item):
    assert f": {key}: {item} is given twice; see docs/recipes.md" in refusal(old, new)


def test_a_task_overrides_single_values_of_finetuning(refusal, recipe_file):
    text = with_task(finetuning="{epochs: 5, max_length: 64}")
    text = text.replace("control: mlm", "control: mlm\nfinetuning: {batch_size: 8, seeds: [7]}")
    recipe = load_recipe(recipe_file(text))
    own = recipe.finetuning_on("xnli")
    assert (own.epochs, own.max_length, own.batch_size, own.seeds) == (5, 64, 8, [7])
    assert (recipe.finetuning.epochs, recipe.finetuning.max_length) == (3, None)
    assert recipe.with_twins_in(Path("anywhere")).finetuning_on("xnli") == own
    message = refusal("task: nli", "task: nli", with_task(finetuning="{seeds: [1]}"))
    assert "tasks.xnli.finetuning.seeds: unknown key; known here are " in message


def test_a_task_may_have_settings_of_its_own(refusal, recipe_file):
    text = with_task(settings="[translate-train]")
    message = refusal("task: nli", "task: nli", text)
    assert "tasks.xnli: setting translate-train needs `translations`;" in message
    text = text.replace("[zero-shot]", "[translate-train]").replace(
        "[translate-train]", "[zero-shot]", 1
    )
    recipe = load_recipe(recipe_file(text))  # the recipe's translate-train is for other tasks
    assert recipe.settings_of("xnli") == ["zero-shot"]
    message = refusal("task: nli", "task: nli", with_task(settings="[none]"))
    assert "tasks.xnli.settings.0: 'none' is none of the settings 'zero-shot'," in message


def test_a_task_may_be_for_some_systems_only(refusal, recipe_file):
    recipe = load_recipe(recipe_file(with_task(systems="[weam]")))
    assert recipe.systems_on("xnli") == ["weam"]
    assert load_recipe(recipe_file(RECIPE)).systems_on("xnli") == list(recipe.systems)
    message = refusal("task: nli", "task: nli", with_task(systems="[weam, none]"))
    assert "tasks.xnli.systems.1: 'none' is none of the systems" in message


VARIANTS = """\
settings: [code-switched, little, random]
code_switching: {sentence_ratio: 0.5, token_ratio: 0.4}
progressive: {replay: 0.1}
variants:
  little: {setting: code-switched, token_ratio: 0.1}
  random: {setting: progressive, choice: random}
lexicons: {files: [en-de.tsv]}
"""


def test_a_variant_is_a_setting_with_other_options_and_the_rest_as_they_are(recipe_file):
    recipe = load_recipe(recipe_file(RECIPE.replace("settings: [zero-shot]\n", VARIANTS)))
    recipe = recipe.with_twins_in(Path("anywhere"))
    assert [recipe.kind_of(name) for name in recipe.settings] == [
        "code-switched",
        "code-switched",
        "progressive",
    ]
    assert recipe.switching_in("code-switched") == recipe.code_switching
    little, random = recipe.switching_in("little"), recipe.switching_in("random")
    assert type(little) is type(recipe.code_switching)
    assert type(random) is type(recipe.progressive)
    assert (little.sentence_ratio, little.token_ratio) == (0.5, 0.1)
    assert (random.replay, random.choice) == (0.1, "random")
    assert recipe.switching_in("zero-shot") is None


def test_the_variants_in_the_documentation_are_right_ones(recipe_file):
    page = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text("utf-8")
    (settings,) = re.findall(r"```yaml\n(settings: .*?)```", page, flags=re.DOTALL)
    recipe = load_recipe(
        recipe_file(
            RECIPE.replace(
                "settings: [zero-shot]\n", f"lexicons: {{files: [en-de.tsv]}}\n{settings}"
            )
        )
    )
    assert recipe.switching_in("code-switched-90").token_ratio == 0.9
    assert recipe.switching_in("progressive-random").choice == "random"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[code-switched, little, random]", "[little]", "variants.random: 'random' is not in"),
        ("  little:", "  zero-shot:", "settings.1: 'little' is none of the settings 'zero-shot'"),
        ("little: {s", "zero-shot: {setting: progressive}\n  little: {s", "is a setting already"),
        ("setting: progressive", "setting: zero-shot", "variants.random: Input tag 'zero-shot'"),
        ("choice: random", "token_ratio: 0.1", "variants.random.token_ratio: unknown key; "),
        ("token_ratio: 0.1", "token_ratio: 2", "variants.little.token_ratio: Input should be less"),
    ],
)
def test_a_wrong_variant_is_told(refusal, old, new, told):
    assert told in refusal(old, new, RECIPE.replace("settings: [zero-shot]\n", VARIANTS))


def test_the_chain_of_tasks_in_the_documentation_is_a_right_one(recipe_file):
    page = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text("utf-8")
    (tasks,) = re.findall(r"```yaml\n(tasks:\n  nli: .*?)```", page, flags=re.DOTALL)
    recipe = load_recipe(recipe_file(RECIPE[: RECIPE.index("tasks:")] + tasks))
    first, alone, chain = recipe.tasks.values()
    assert (first.intermediate, alone.intermediate, chain.intermediate) == (None, None, "nli")
    assert chain.model_copy(update={"intermediate": None}) == alone


def test_temperatures_that_do_not_rise_are_told_at_their_line(refusal):
    message = refusal("[zero-shot]", "[zero-shot]\nprogressive: {temperatures: [0.3, 0.1]}")
    assert message.startswith(f"{line_of('settings') + 1}: progressive.temperatures: ")
    assert "must be above 0 and rise" in message


def test_a_test_path_without_language_is_told_at_its_line(refusal):
    message = refusal("test.{language}.tsv", "test.de.tsv")
    assert "tasks.xnli.test: the path must hold {language}: 'test.de.tsv'" in message
    line = message.split(":", 1)[0]
    assert line in {str(line_of("    test:")), str(line_of("test.{language}.tsv"))}


@pytest.mark.parametrize("name", ["a/b", "a|b", "[bold]", ""])
@pytest.mark.parametrize(("old", "section"), [("weam:", "systems"), ("xnli:", "tasks")])
def test_names_that_make_no_folder_or_table_are_refused(refusal, old, section, name):
    """Systems and tasks give their names to folders and tables."""
    message = refusal(f"  {old}", f'  "{name}":')
    assert message.startswith(f"{line_of(f'  {old}')}: {section}")


@pytest.mark.parametrize(
    ("encoder", "about"),
    [("{}", "give either `checkpoint` or `scratch`"), ("{checkpoint: a, scratch: b}", "encoder.")],
)
def test_an_encoder_comes_from_one_source(refusal, encoder, about):
    message = refusal("encoder:\n  checkpoint: some/encoder", f"encoder: {encoder}")
    assert message.startswith(f"{line_of('encoder:')}: encoder")
    assert about in message


@pytest.mark.parametrize("section", ["pretraining", "finetuning"])
def test_seeds_below_zero_which_no_generator_takes_are_refused(refusal, section):
    recipe = RECIPE.replace("pretraining:\n  epochs: 1", f"{section}:\n  epochs: 1")
    message = refusal("  epochs: 1", "  epochs: 1\n  seeds: [1, -1]", recipe)
    assert message.startswith(f"{line_of('  epochs: 1', recipe) + 1}: {section}.seeds.1: ")
