"""Flat arrays as Arrow columns of lists, and words of many sentences as one array."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lingweave.corpus import NUMBERS, PAIRS_OF_NUMBERS, WordSpans, list_column, list_values

number = st.integers(0, 2**31 - 1)
ROWS = {
    NUMBERS: st.lists(st.lists(number, max_size=4), max_size=6),
    PAIRS_OF_NUMBERS: st.lists(st.lists(st.tuples(number, number), max_size=4), max_size=6),
}


def flat(rows, kind):
    width = (2,) if kind == PAIRS_OF_NUMBERS else ()
    values = np.array([value for row in rows for value in row], dtype=np.int32)
    starts = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    return values.reshape(-1, *width), starts


@pytest.mark.parametrize("kind", ROWS, ids=["numbers", "pairs"])
@settings(deadline=None)
@given(data=st.data())
def test_a_column_holds_the_rows_and_gives_them_back_also_of_a_slice(kind, data):
    rows = data.draw(ROWS[kind])
    first = data.draw(st.integers(0, len(rows)))
    values, starts = flat(rows, kind)
    column = list_column(values, starts)
    assert column.type == kind
    assert column.to_pylist() == [[list(v) if kind != NUMBERS else v for v in row] for row in rows]
    part = list_column(values, starts[first:])
    assert part.to_pylist() == column.to_pylist()[first:]
    for some in (column.slice(first), part):
        back, ends = list_values(some)
        found = [back[a:b].tolist() for a, b in zip(ends, ends[1:], strict=False)]
        assert found == column.to_pylist()[first:]


def test_values_are_views_of_what_arrow_holds():
    column = list_column(*flat([[1, 2], [3]], NUMBERS))
    address = column.values.buffers()[1].address
    assert list_values(column)[0].ctypes.data == address


sentence_words = st.lists(st.tuples(number, number), max_size=4)


@settings(deadline=None)
@given(sentences=st.lists(sentence_words, max_size=6))
def test_words_laid_end_to_end_look_like_the_lists_that_they_were(sentences):
    spans = WordSpans.of(sentences)
    assert list(spans) == sentences
    assert WordSpans.of(spans) is spans
    assert list(spans[1:]) == sentences[1:]
    assert spans.rows.shape == (sum(map(len, sentences)), 2)
    assert len(spans) == len(sentences)
