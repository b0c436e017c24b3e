"""Claims that no study of the recipe could test are refused before any work, at their line."""

import pytest

from config.recipe_text import RECIPE, line_of
from lingweave.config import load_recipe

CLAIM = """\
claims:
  - id: mine
    text: WEAM beats MLM
    first: {system: weam}
    second: {system: mlm}
    tasks: [nli]
    metric: macro_f1
    languages: [de]
"""
WITH_CLAIM = RECIPE + CLAIM


def test_a_claim_that_can_be_tested_is_taken(recipe_file):
    (claim,) = load_recipe(recipe_file(WITH_CLAIM)).claims
    assert (claim.tasks, claim.metric, claim.languages) == (["nli"], "macro_f1", ["de"])


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        ("[nli]", "[nlii]", "tasks.0", "'nlii' is none of the tasks or kinds xnli, nli"),
        ("[nli]", "[xnli, ner]", "tasks.1", "'ner' is none of the tasks or kinds xnli, nli"),
        (
            "macro_f1",
            "accuracyy",
            "metric",
            "'accuracyy' is none of the metrics accuracy, macro_f1",
        ),
        ("[de]", "[de, xx]", "languages.1", "'xx' is none of the languages en, de"),
        ("id: mine", "id: Q", "id", "'Q' is a published claim: choose another id"),
        (
            "second: {system: mlm}",
            "second: {system: weam}",
            "second",
            "it is the same as `first`, so there is nothing to compare",
        ),
        (
            "second: {system: mlm}",
            "second: {system: weam, setting: code-switched}",
            "second",
            "'code-switched' is not in `settings` of xnli",
        ),
    ],
)
def test_a_claim_about_what_the_recipe_has_not_is_told_at_its_line(refusal, old, new, key, problem):
    message = refusal(old, new, WITH_CLAIM)
    line = line_of(old, WITH_CLAIM)
    assert message.startswith(f"{line}: claims.0.{key}: {problem}; see docs/recipes.md")


def test_a_role_and_the_system_that_plays_it_are_the_same(refusal):
    recipe = WITH_CLAIM.replace("{system: weam}", "{system: base}")
    message = refusal("second: {system: mlm}", "second: {system: untouched}", recipe)
    assert "claims.0.second: it is the same as `first`" in message


def test_a_system_may_be_compared_with_itself_in_another_setting(recipe_file):
    recipe = WITH_CLAIM.replace("second: {system: mlm}", "second: {system: weam, setting: again}")
    recipe = recipe.replace("[zero-shot]", "[zero-shot, again]\nlexicons: {files: [en-de.tsv]}")
    variants = "variants: {again: {setting: code-switched}}\n"
    assert load_recipe(recipe_file(recipe + variants)).claims


def test_two_claims_need_two_ids(refusal):
    again = CLAIM.replace("claims:\n", "")
    message = refusal(CLAIM, CLAIM + again, WITH_CLAIM)
    line = line_of("id: mine", WITH_CLAIM) + again.count("\n")
    assert message.startswith(f"{line}: claims.1.id: 'mine' is given twice: choose another id")


def test_settings_and_systems_count_that_the_tasks_of_the_claim_have(refusal):
    """Another task has what the claim speaks of, but it is not about that one."""
    section = RECIPE[RECIPE.index("  xnli:") : RECIPE.index("settings:")]
    other = section.replace("xnli:", "names:").replace("task: nli", "task: ner\n    systems: [mlm]")
    recipe = WITH_CLAIM.replace("settings:", f"{other}settings:")
    message = refusal("tasks: [nli]", "tasks: [names]", recipe)
    line = line_of("id: mine", recipe)
    assert message.startswith(
        f"{line}: claims.0: none of names has weam in zero-shot and mlm in zero"
    )
    message = refusal("macro_f1", "f1", recipe)
    assert "claims.0.metric: 'f1' is none of the metrics accuracy, macro_f1" in message


INTERMEDIATE = """\
  plain: &plain
    {task: nli, train: &t {path: a}, dev: *t, test: {path: "{language}"}, languages: [de, fr]}
  again: {<<: *plain, intermediate: xnli}
"""


def test_a_claim_about_an_intermediate_task_needs_the_task_without_it(recipe_file, refusal):
    claim = CLAIM.replace("{system: mlm}", "{system: weam}\n    after_intermediate: true")
    recipe = RECIPE.replace("settings:", f"{INTERMEDIATE}settings:") + claim
    assert load_recipe(recipe_file(recipe)).claims  # one system, with and without
    line = line_of("id: mine", recipe)
    message = refusal("intermediate: xnli}", "intermediate: xnli, systems: [mlm]}", recipe)
    assert message.startswith(
        f"{line}: claims.0: none of xnli, plain, again has weam in zero-shot, with `intermediate`"
    )
    message = refusal("tasks: [nli]", "tasks: [again]", recipe)  # the claim is not about `plain`
    assert message.startswith(f"{line}: claims.0: none of again has weam in zero-shot, with ")


def test_a_claim_needs_a_task_that_is_tested_in_all_its_languages(refusal, recipe_file):
    recipe = RECIPE.replace("settings:", f"{INTERMEDIATE}settings:") + CLAIM
    assert load_recipe(recipe_file(recipe.replace("languages: [de]", "languages: [de, fr]"))).claims
    message = refusal("languages: [de]", "languages: [en, fr]", recipe)
    line = line_of("languages: [de]", recipe)
    assert message.startswith(
        f"{line}: claims.0.languages: none of xnli, plain, again is tested in"
    )
