"""Sentence pairs that are made when they are asked for, from several parts one after another."""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import overload

import numpy as np
import numpy.typing as npt

from lingweave.objectives import EncodedPair


class JoinedPairs(Sequence[EncodedPair], ABC):
    """All pairs of some parts.

    Args:
        sizes: pairs of each part.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self._starts = list(accumulate(sizes, initial=0))

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, index: int) -> EncodedPair: ...

    @overload
    def __getitem__(self, index: slice) -> list[EncodedPair]: ...

    def __getitem__(self, index: int | slice) -> EncodedPair | list[EncodedPair]:
        if isinstance(index, slice):
            return [self[pair] for pair in range(*index.indices(len(self)))]
        return self.pair(*self.locate(index))

    def locate(self, index: int) -> tuple[int, int]:
        """The part that a pair is in, and its row there, both 0-based."""
        at = range(len(self))[index]
        part = bisect_right(self._starts, at) - 1
        return part, at - self._starts[part]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Pieces of both sentences of each pair, (pairs,), without a look at the pieces."""
        lengths = [self.lengths_of(part) for part in range(len(self._starts) - 1)]
        return np.concatenate(lengths) if lengths else np.empty(0, dtype=np.int64)

    @abstractmethod
    def pair(self, part: int, row: int) -> EncodedPair:
        """Make a pair."""

    @abstractmethod
    def lengths_of(self, part: int) -> npt.NDArray[np.int64]:
        """Pieces of both sentences of each pair of a part."""
