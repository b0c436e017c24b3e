"""Verdicts on the claim about lengths, from predictions whose truth is made by hand."""

import numpy as np
import pytest

from lingweave.evaluation import Model, Outcome
from lingweave.study.claims import judge_claims
from lingweave.tasks.classification import label_statistics
from made_predictions import results

NUM_EXAMPLES = 1000
TASKS = {"xnli": {"task": "nli"}, "questions": {"task": "xquad"}}
SHORT, LONG = (10, 200), (300, 900)
EQUAL = {"en": (0.8, 0.7), "de": (0.6, 0.5), "zh": (0.5, 0.4)}
WORSE_IF_LONG = {"en": (0.8, 0.7), "de": (0.65, 0.35), "zh": (0.6, 0.3)}
BETTER_IF_LONG = {"en": (0.8, 0.7), "de": (0.5, 0.6), "zh": (0.4, 0.5)}


def outcome(kind, accuracies, lengths, generator):
    """So accurate on the shorter half and on the longer one; answers are right or wrong."""
    characters = generator.permutation(np.linspace(*lengths, NUM_EXAMPLES).astype(np.int32))
    chances = np.where(characters > np.median(characters), accuracies[1], accuracies[0])
    wrong = generator.random(NUM_EXAMPLES) > chances
    gold = np.arange(NUM_EXAMPLES) % 3
    of_labels = label_statistics(gold, (gold + wrong) % 3, 3)
    of_answers = np.column_stack([~wrong, ~wrong, np.ones(NUM_EXAMPLES)])
    return Outcome(of_labels if kind == "nli" else of_answers, characters)


def judged(by_task, lengths=(SHORT, LONG), num_seeds=4, setting="zero-shot", tasks=TASKS):
    """C9, of one system with these accuracies by task and language."""
    generator, tested = np.random.default_rng(0), {}
    for (task, by_language), own in zip(by_task.items(), lengths, strict=False):
        for seed in range(num_seeds):
            tested[Model("untouched", setting, task, "dev", 1, seed)] = {
                language: outcome(tasks[task]["task"], accuracies, own, generator)
                for language, accuracies in by_language.items()
            }
    systems = {"untouched": {"objective": "none"}}
    recipe = results(systems=systems, tasks=tasks, settings=[setting])
    return [one for one in judge_claims(recipe, tested) if one.id == "C9"]


def both(by_language):
    return {"xnli": by_language, "questions": by_language}


def test_it_is_supported_if_long_inputs_lose_more_and_contradicted_if_short_ones_do():
    found = judged({"xnli": WORSE_IF_LONG, "questions": BETTER_IF_LONG})
    assert [(one.task, one.verdict) for one in found] == [
        ("xnli", "supported"),
        ("questions", "contradicted"),
    ]
    # 0.7 − 0.325 on long inputs, 0.8 − 0.625 on short ones
    assert found[0].effect == pytest.approx(0.2, abs=0.03)
    assert found[0].languages == ["de", "zh"]
    assert found[0].compared == (
        "untouched, zero-shot, xnli: gap to en, longer half",
        "the same, shorter half",
    )
    assert found[0].reason == (
        "median input: xnli 104 characters, questions 600 characters, "
        "4 fine-tuning seeds of one encoder each"
    )


def test_inputs_that_are_harder_in_every_language_lose_nothing_by_translation():
    found = judged(both(EQUAL))
    assert [one.verdict for one in found] == ["inconclusive"] * 2
    assert all(one.low < 0 < one.high for one in found)


def test_it_is_contradicted_if_the_short_inputs_are_not_shorter():
    (found,) = judged(both(WORSE_IF_LONG), lengths=(LONG, SHORT))
    assert (found.verdict, found.p) == ("contradicted", None)
    assert found.reason == (
        "the short ones are not shorter; median input: xnli 600 characters, "
        "questions 104 characters"
    )


def test_with_too_few_seeds_nothing_is_said():
    found = judged(both(WORSE_IF_LONG), num_seeds=2)
    assert [one.verdict for one in found] == ["inconclusive"] * 2
    assert found[0].reason == "too few seeds: 2, at least 3 are needed"


def test_the_gap_is_that_of_models_trained_on_translations_where_there_are_any():
    found = judged(both(WORSE_IF_LONG), setting="translate-train")
    assert found[0].compared[0].startswith("untouched, translate-train, xnli: ")


@pytest.mark.parametrize(
    ("tasks", "reason"),
    [
        ({"xnli": {"task": "nli"}}, "no task mlqa or xquad or tydiqa"),
        ({"questions": {"task": "xquad"}}, "no task nli"),
    ],
)
def test_inputs_of_one_kind_alone_cannot_be_held_against_others(tasks, reason):
    (found,) = judged(dict.fromkeys(tasks, EQUAL), tasks=tasks)
    assert (found.verdict, found.reason) == ("not tested", reason)


def test_a_task_that_was_not_tested_in_its_source_language_is_left_out():
    without = {"de": EQUAL["de"], "zh": EQUAL["zh"]}
    (found,) = judged({"xnli": WORSE_IF_LONG, "questions": without})
    assert found.task == "xnli"
    (none,) = judged(both(without))
    assert none.verdict == "not tested"
    assert none.reason.startswith("no task was tested in its source language and another; median")
