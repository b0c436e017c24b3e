"""Tokenised sentence pairs, read from where they lie on the disk.

The files are mapped into memory, not read: a pair is made when it is asked for, and its arrays are
views of the file. So a text may be larger than memory, and processes on one machine share it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lingweave.alignment import Links, Symmetrization, symmetrize
from lingweave.corpus import list_values
from lingweave.encoder import EncodedSentences
from lingweave.errors import AlignmentError
from lingweave.objectives import EncodedPair
from lingweave.study.joined_pairs import JoinedPairs
from lingweave.study.tokenizing import PAIRS


class EncodedPairs(JoinedPairs):
    """The pairs of one or more texts, one text after another.

    Args:
        folders: where finished stages left tokenised text.
        symmetrization: how both directions of the alignment are joined; None: as they were for the
            whole study.

    Raises:
        AlignmentError: another way of joining is asked for, but the links were given.
    """

    def __init__(
        self, folders: Sequence[Path], symmetrization: Symmetrization | None = None
    ) -> None:
        self._blocks = [
            block for folder in folders for block in _blocks(folder / PAIRS, symmetrization)
        ]
        super().__init__([len(block.source) for block in self._blocks])

    def pair(self, part: int, row: int) -> EncodedPair:
        """Make a pair of a block, its arrays being views of the file."""
        return self._blocks[part].pair(row)

    def lengths_of(self, part: int) -> npt.NDArray[np.int64]:
        """Pieces of both sentences of each pair of a block."""
        block = self._blocks[part]
        return np.diff(block.source.starts) + np.diff(block.target.starts)


class _Block(NamedTuple):
    """Some thousand pairs that were written together.

    Attributes:
        source: the source sentences.
        target: the target sentences.
        links: joined, or of the first direction.
        reverse: of the other direction, where they are yet to be joined.
        symmetrization: how.
    """

    source: EncodedSentences
    target: EncodedSentences
    links: Links
    reverse: Links | None
    symmetrization: Symmetrization | None

    def pair(self, row: int) -> EncodedPair:
        links = self.links[row]
        if self.reverse is not None and self.symmetrization is not None:
            links = symmetrize(links, self.reverse[row], self.symmetrization)
        return EncodedPair(self.source[row], self.target[row], links)


def _blocks(path: Path, symmetrization: Symmetrization | None) -> Iterator[_Block]:
    file = pa.ipc.open_file(pa.memory_map(str(path)))
    for number in range(file.num_record_batches):
        batch = file.get_batch(number)
        if symmetrization is not None and batch["forward"].null_count:
            raise AlignmentError(
                "the links of this bitext were given, so there is nothing to join",
                remedy="leave out `symmetrization`, or the links",
            )
        source, target = (_sentences(batch, side) for side in ("source", "target"))
        if symmetrization is None:
            yield _Block(source, target, Links(*list_values(batch["links"])), None, None)
        else:
            forward, reverse = (Links(*list_values(batch[way])) for way in ("forward", "reverse"))
            yield _Block(source, target, forward, reverse, symmetrization)


def _sentences(batch: pa.RecordBatch, side: str) -> EncodedSentences:
    pieces, starts = list_values(batch[f"{side}_pieces"])
    words, _ = list_values(batch[f"{side}_words"])
    return EncodedSentences(pieces, words, starts)
