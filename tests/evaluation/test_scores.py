"""Accuracy and macro-F1 by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingweave import __version__
from lingweave.evaluation import score_classification

ABOUT = {"task": "nli.1", "test": "test.tsv", "lang": "de"}


def score(gold, predicted, num_labels=3):
    return score_classification(gold, predicted, num_labels=num_labels, about=ABOUT)


def test_a_case_by_hand():
    """F1 = 2 · right / (given + said): 2·2/(2+3), 2·1/(2+2), 0/(1+0)."""
    result = score([0, 0, 1, 1, 2], [0, 0, 1, 0, 1])
    assert result.accuracy == pytest.approx(3 / 5)
    assert result.macro_f1 == pytest.approx((4 / 5 + 1 / 2 + 0) / 3)
    assert result.num_examples == 5


def test_all_right_and_all_wrong():
    right = score([0, 1, 2], [0, 1, 2])
    assert (right.accuracy, right.macro_f1) == (1.0, 1.0)
    wrong = score([0, 1, 2], [1, 2, 0])
    assert (wrong.accuracy, wrong.macro_f1) == (0.0, 0.0)


def test_a_label_that_is_neither_given_nor_said_counts_as_zero():
    result = score([0, 0, 1], [0, 0, 1])
    assert result.accuracy == 1
    assert result.macro_f1 == pytest.approx(2 / 3)
    assert score([0, 0, 1], [0, 0, 1], num_labels=2).macro_f1 == 1


def test_saying_one_label_always_has_a_low_macro_f1():
    result = score(np.array([0, 1, 2] * 10), np.zeros(30, dtype=np.int64))
    assert result.accuracy == pytest.approx(1 / 3)
    assert result.macro_f1 == pytest.approx((2 * 10 / 40) / 3)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
def test_scores_equal_plain_counting(pairs):
    gold, predicted = zip(*pairs, strict=True)
    f1s = []
    for label in range(4):
        right = pairs.count((label, label))
        named = gold.count(label) + predicted.count(label)
        f1s.append(2 * right / named if named else 0)
    result = score(gold, predicted, num_labels=4)
    assert result.accuracy == pytest.approx(sum(g == p for g, p in pairs) / len(pairs))
    assert result.macro_f1 == pytest.approx(sum(f1s) / 4)


def test_the_signature_tells_what_was_scored():
    expected = f"task:nli.1|test:test.tsv|lang:de|lingweave:{__version__}"
    assert score([0], [0]).signature == expected
