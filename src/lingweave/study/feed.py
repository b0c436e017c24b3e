"""Which links of a sentence pair feed a system: aligned or true, and made wrong on purpose.

Damage tells what the quality of an alignment is worth: in each sentence pair a share of the links
exchange their target words in a ring, so that as many words are linked as before, but these to
wrong ones. Of "a-1 b-2 c-3 d-4" at a damage of 0.5 may be left "a-3 b-2 c-1 d-4".
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate, islice
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt

from lingweave.alignment import LinkArray, read_pharaoh
from lingweave.config import Feed
from lingweave.objectives import EncodedPair
from lingweave.study.encoded_pairs import EncodedPairs


class FedPairs(Sequence[EncodedPair]):
    """The pairs of some texts as a system wants them, one text after another.

    Args:
        folders: where finished stages left tokenised text.
        feed: how many pairs of each text, how links are joined, what share of them is made wrong.
        gold: for each text the file with its true links, where these are asked for.
        seed: of what is made wrong; it depends on it, the text's and the pair's number alone.

    Raises:
        AlignmentError: other links are asked for than were kept.
    """

    def __init__(
        self, folders: Sequence[Path], feed: Feed, gold: Sequence[Path], seed: int
    ) -> None:
        joined = feed.symmetrization if feed.links == "aligned" else None
        self._texts = [EncodedPairs([folder], joined) for folder in folders]
        self._sizes = [len(range(len(text))[: feed.max_pairs]) for text in self._texts]
        self._ends = list(accumulate(self._sizes))
        self._gold: list[list[LinkArray]] | None = None
        if feed.links == "gold":
            self._gold = [
                list(islice(read_pharaoh(path), size))
                for path, size in zip(gold, self._sizes, strict=True)
            ]
        self._damage, self._seed = feed.damage, seed

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> EncodedPair: ...

    @overload
    def __getitem__(self, index: slice) -> list[EncodedPair]: ...

    def __getitem__(self, index: int | slice) -> EncodedPair | list[EncodedPair]:
        if isinstance(index, slice):
            return [self[pair] for pair in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        number = bisect_right(self._ends, at)
        row = at - self._ends[number] + self._sizes[number]
        pair = self._texts[number][row]
        links = pair.links if self._gold is None else self._gold[number][row]
        if self._damage:
            generator = np.random.default_rng((self._seed, number, row))
            links = damaged(links, self._damage, generator)
        return replace(pair, links=links)

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Pieces of both sentences of each pair, (pairs,), without a look at the pieces."""
        lengths = [text.lengths[:size] for text, size in zip(self._texts, self._sizes, strict=True)]
        return np.concatenate(lengths) if lengths else np.empty(0, dtype=np.int64)


def damaged(links: LinkArray, share: float, generator: np.random.Generator) -> LinkArray:
    """The links of a sentence pair, a share of which exchange their target words in a ring.

    How many do is a whole number and never 1, drawn so that the mean over many sentences is the
    share; but a single link of a sentence stays as it is.

    Args:
        links: 0-based (source word, target word), (links, 2).
        share: 0–1.
        generator: source of all chance.
    """
    number = int(share * len(links) + generator.random())
    if number == 1:
        number = 2 * int(generator.integers(2))
    if number < 2 or len(links) < 2:
        return links
    ring = generator.permutation(len(links))[:number]
    changed = links.copy()
    changed[ring, 1] = links[np.roll(ring, 1), 1]
    return changed
