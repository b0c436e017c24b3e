"""The words of many sentences in two flat arrays.

A list of lists of pairs of Python's integers needs twenty times the memory of the offsets
themselves. `WordSpans` looks like such a list, and makes the small lists on the way.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import overload

import numpy as np
import numpy.typing as npt

from lingweave.corpus.segmenters import Span


def words_in(sentence: str, spans: Iterable[Span], *, lowercase: bool = False) -> list[str]:
    """The words of a sentence as text.

    Args:
        sentence: untouched.
        spans: the words' character offsets [start, end) in it.
        lowercase: lower-case the words, each by itself.
    """
    words = [sentence[start:end] for start, end in spans]
    return [word.lower() for word in words] if lowercase else words


class WordSpans(Sequence[list[Span]]):
    """The words of every sentence: a sequence of lists of spans.

    Args:
        rows: character offsets [start, end) of all words, end to end, shape (words, 2).
        starts: where each sentence's words begin in `rows` and, last, where they end.
    """

    __slots__ = ("rows", "starts")

    def __init__(self, rows: npt.NDArray[np.int32], starts: npt.NDArray[np.int64]) -> None:
        self.rows = rows
        self.starts = starts

    @classmethod
    def of(cls, sentences: "Iterable[Sequence[Span]]") -> "WordSpans":
        """Lay the words of sentences end to end; `WordSpans` are returned as they are."""
        if isinstance(sentences, WordSpans):
            return sentences
        lists = list(sentences)
        starts = np.zeros(len(lists) + 1, dtype=np.int64)
        np.cumsum([len(spans) for spans in lists], out=starts[1:])
        numbers = chain.from_iterable(chain.from_iterable(lists))
        rows = np.fromiter(numbers, dtype=np.int32, count=2 * int(starts[-1]))
        return cls(rows.reshape(-1, 2), starts)

    def __len__(self) -> int:
        return self.starts.size - 1

    @overload
    def __getitem__(self, index: int) -> list[Span]: ...

    @overload
    def __getitem__(self, index: slice) -> "WordSpans": ...

    def __getitem__(self, index: "int | slice") -> "list[Span] | WordSpans":
        if isinstance(index, slice):
            return WordSpans.of([self[sentence] for sentence in range(*index.indices(len(self)))])
        sentence = range(len(self))[index]
        rows = self.rows[self.starts[sentence] : self.starts[sentence + 1]]
        return [(start, end) for start, end in rows.tolist()]
