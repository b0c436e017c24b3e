"""Which links of a sentence pair feed a system: aligned or true, and made wrong on purpose.

Damage tells what the quality of an alignment is worth: in each sentence pair a share of the links
exchange their target words in a ring, so that as many words are linked as before, but these to
wrong ones. Of "a-1 b-2 c-3 d-4" at a damage of 0.5 may be left "a-3 b-2 c-1 d-4".
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from lingweave.alignment import LinkArray, read_pharaoh
from lingweave.config import Feed
from lingweave.study.aligning import AlignedPair


def feed_links(
    bitexts: Sequence[Sequence[AlignedPair]], gold: Sequence[Path], feed: Feed, seed: int
) -> list[LinkArray]:
    """The links of all pairs of some bitexts, one after another, as a system wants them.

    Args:
        bitexts: the pairs that it is fed.
        gold: for each bitext the file with its true links; none where they are not asked for.
        feed: how links are joined, and what share of them is made wrong.
        seed: of what is made wrong; it depends on it, the bitext's and the pair's number alone.

    Raises:
        AlignmentError: other links are asked for than were kept.
    """
    fed = []
    for number, pairs in enumerate(bitexts):
        links = (
            [pair.joined(feed.symmetrization) for pair in pairs]
            if feed.links == "aligned"
            else list(islice(read_pharaoh(gold[number]), len(pairs)))
        )
        fed += [
            damaged(own, feed.damage, np.random.default_rng((seed, number, at)))
            for at, own in enumerate(links)
        ]
    return fed


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
