"""Differences to the control that a study's predictions give."""

import numpy as np
import pytest

from lingweave.evaluation import Model, Outcome
from lingweave.study.differences import with_differences
from lingweave.tasks.classification import label_statistics
from made_predictions import results
from made_results import make_score

NUM_EXAMPLES = 100


def outcome(right):
    """What a model has that says the right label of these examples alone."""
    gold = np.arange(NUM_EXAMPLES) % 3
    wrong = ~np.isin(np.arange(NUM_EXAMPLES), right)
    return Outcome(
        label_statistics(gold, (gold + wrong) % 3, 3), np.full(NUM_EXAMPLES, 10, dtype=np.int32)
    )


def difference(gains):
    """TLM's to MLM, each of whose seeds has the first half right; TLM's have these besides."""
    half = np.arange(NUM_EXAMPLES // 2)
    tested = {
        Model(system, "zero-shot", "xnli", "dev", seed, 1): {"de": outcome([*half, *more])}
        for seed, gained in enumerate(gains)
        for system, more in (("mlm", []), ("tlm", gained))
    }
    scores = [make_score(system, "zero-shot", "de", 0.5) for system in ("mlm", "tlm")]
    made = results().model_copy(update={"scores": scores})
    _, compared = with_differences(made, tested)
    return compared.over_control


def test_three_seeds_tell_of_other_seeds_and_two_of_examples_alone():
    three = difference([[60, 61, 62], [60, 61, 62, 63], [60, 61]])
    assert (three.mean, three.covers) == (pytest.approx(0.03), "seeds and examples")
    assert three.low < 0.03 < three.high
    assert difference([[60], [60, 61]]).covers == "examples"


def test_a_gain_whose_doubt_nothing_tells_is_not_sure():
    """Each seed has one more right, each another one: seeds do not vary, nor do examples agree."""
    found = difference([[60], [70], [80]])
    assert found.mean == pytest.approx(0.01)
    assert (found.covers, found.is_sure) == ("examples", False)
    assert found.low < 0.01 < found.high


def test_models_that_do_what_the_controls_do_are_surely_no_better():
    found = difference([[], [], []])
    assert (found.mean, found.low, found.high) == (0, 0, 0)
    assert (found.covers, found.is_sure) == ("seeds and examples", False)
