"""The exchange of states by hand: how links of words spread over their pieces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from objectives.weam_cases import N, matrix


def defined_matrix(words, other_words, links):
    """The definition: 1/n for each of the n pieces that belong to a word aligned to this one's."""
    aligned = {tuple(link) for link in links}
    dense = np.array([[(word, other) in aligned for other in other_words] for word in words])
    dense = dense.reshape(len(words), len(other_words)).astype(float)
    return dense / np.maximum(1, dense.sum(axis=1, keepdims=True))


H, T = 1 / 2, 1 / 3


@pytest.mark.parametrize(
    ("words", "other_words", "links", "mean", "ordinal"),
    [
        pytest.param(
            [0, 1], [0, 1], [(0, 1), (1, 0)], [[0, 1], [1, 0]], [[0, 1], [1, 0]], id="crossing"
        ),
        pytest.param(
            [0], [0, 0, 0], [(0, 0)], [[T, T, T]], [[1, 0, 0]], id="one piece to three of a word"
        ),
        pytest.param(
            [0, 0, 0],
            [0, 0],
            [(0, 0)],
            [[H, H], [H, H], [H, H]],
            [[1, 0], [0, 1], [0, 1]],
            id="three pieces to two",
        ),
        pytest.param(
            [0],
            [0, 1, 2],
            [(0, 2), (0, 0)],
            [[H, 0, H]],
            [[1, 0, 0]],
            id="a word to two words that are apart, links in any order",
        ),
        pytest.param(
            [0, 1, 2],
            [0],
            [(0, 0), (2, 0)],
            [[1], [0], [1]],
            [[1], [0], [1]],
            id="two words to one, one unaligned",
        ),
        pytest.param(
            [0, N, 1],
            [N, 0, N],
            [(1, 0)],
            [[0, 0, 0], [0, 0, 0], [0, 1, 0]],
            [[0, 0, 0], [0, 0, 0], [0, 1, 0]],
            id="pieces of no word give and get nothing",
        ),
        pytest.param(
            [0, 1],
            [0],
            [(0, 1), (1, 0), (5, 0)],
            [[0], [1]],
            [[0], [1]],
            id="words behind the cut are passed over",
        ),
        pytest.param(
            [0, 0, 1, 1],
            [0, 0, 1],
            [(0, 1), (1, 0)],
            [[0, 0, 1], [0, 0, 1], [H, H, 0], [H, H, 0]],
            [[0, 0, 1], [0, 0, 1], [1, 0, 0], [0, 1, 0]],
            id="the count of pieces starts anew with each word",
        ),
        pytest.param([0], [0], [], [[0]], [[0]], id="no links"),
    ],
)
def test_links_of_words_spread_over_their_pieces(words, other_words, links, mean, ordinal):
    assert matrix(words, other_words, links, "mean") == pytest.approx(np.array(mean))
    assert matrix(words, other_words, links, "ordinal") == pytest.approx(np.array(ordinal))
    assert defined_matrix(words, other_words, links) == pytest.approx(np.array(mean))


def test_a_link_given_twice_counts_once():
    links = [(0, 0), (0, 0), (0, 1)]
    assert matrix([0], [0, 1], links) == pytest.approx(np.array([[H, H]]))


@st.composite
def pieces_of_words(draw):
    """For each piece its word, ascending; a word may have no piece, and some have no word."""
    counts = draw(st.lists(st.integers(0, 3), max_size=5))
    words = [word for word, count in enumerate(counts) for _ in range(count)]
    for place in draw(st.lists(st.integers(0, len(words)), max_size=2)):
        if place == 0 or place == len(words) or words[place - 1] != words[place]:
            words.insert(place, N)
    return words


some_links = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=10).map(sorted)


@given(words=pieces_of_words(), other_words=pieces_of_words(), links=some_links, data=st.data())
def test_the_mean_exchange_is_the_defined_matrix(words, other_words, links, data):
    expected = defined_matrix(words, other_words, links)
    shuffled = data.draw(st.permutations(links))
    assert matrix(words, other_words, shuffled) == pytest.approx(expected)


@given(words=pieces_of_words(), other_words=pieces_of_words(), links=some_links)
def test_rows_sum_to_one_or_to_zero_and_only_linked_pieces_give(words, other_words, links):
    allowed = defined_matrix(words, other_words, links) > 0
    for how in ("mean", "ordinal"):
        dense = matrix(words, other_words, links, how)
        assert dense.sum(axis=1) == pytest.approx(allowed.any(axis=1).astype(float))
        assert not dense[~allowed].any()
    ordinal = matrix(words, other_words, links, "ordinal")
    for row, word in enumerate(words):
        partners = np.flatnonzero(allowed[row]).tolist()
        if partners:
            place = words[:row].count(word)
            assert ordinal[row, partners[place] if place < len(partners) else partners[-1]] == 1
