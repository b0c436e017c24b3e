"""Which links of a sentence pair feed a system: aligned or true, and made wrong on purpose.

Damage tells what the quality of an alignment is worth: in each sentence pair a share of the links
exchange their target words in a ring, so that as many words are linked as before, but these to
wrong ones. Of "a-1 b-2 c-3 d-4" at a damage of 0.5 may be left "a-3 b-2 c-1 d-4".
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lingweave.alignment import LinkArray, read_pharaoh
from lingweave.config import Feed
from lingweave.objectives import EncodedPair
from lingweave.study.encoded_pairs import EncodedPairs
from lingweave.study.joined_pairs import JoinedPairs
from lingweave.training.chance import Purpose, numpy_generator


class FedPairs(JoinedPairs):
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
        super().__init__(self._sizes)
        self._gold: list[list[LinkArray]] | None = None
        if feed.links == "gold":
            self._gold = [
                list(islice(read_pharaoh(path), size))
                for path, size in zip(gold, self._sizes, strict=True)
            ]
        self._damage, self._seed = feed.damage, seed

    def pair(self, part: int, row: int) -> EncodedPair:
        """Make a pair of a text, with the links that are asked for."""
        pair = self._texts[part][row]
        links = pair.links if self._gold is None else self._gold[part][row]
        if self._damage:
            generator = numpy_generator(self._seed, Purpose.DAMAGE, part, row)
            links = damaged(links, self._damage, generator)
        return replace(pair, links=links)

    def lengths_of(self, part: int) -> npt.NDArray[np.int64]:
        """Pieces of both sentences of each pair of a text."""
        return self._texts[part].lengths[: self._sizes[part]]


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
