"""The stage that finds words in parallel text and aligns them; independent of any encoder.

Results: `pairs.parquet` (sentences, words as character offsets, the links of both directions and
joined), `links.pharaoh`, and `alignment.json` with counts and, where true links are known, the
alignment error rate. Both directions are kept so that every consumer may join them its own way.

The text is read once, as a stream, and may be larger than memory: it is laid aside with its words
while the aligner numbers them, and read back, block by block, when the links are known. In memory
are the words' numbers and the links (some hundred bytes a pair) and what the aligner learns.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as parquet

from lingweave.alignment import (
    BitextInspector,
    GoldAlignment,
    LinkArray,
    Links,
    Symmetrization,
    align_words,
    alignment_error_rate,
    check_links,
    read_pharaoh,
    symmetrize,
    write_pharaoh,
)
from lingweave.config import Alignment, BitextSource
from lingweave.corpus import (
    PAIRS_OF_NUMBERS,
    Bitext,
    SentencePair,
    Span,
    WordSpans,
    list_column,
    list_values,
    words_in,
)
from lingweave.errors import AlignmentError, BitextError
from lingweave.study.stage import Workplace

VERSION = 4
PAIRS, LINKS, SUMMARY = "pairs.parquet", "links.pharaoh", "alignment.json"
BLOCK_PAIRS = 2**14
"""Pairs that are worked on together; a row group of the results."""
_TEXT = {
    "source": pa.string(),
    "target": pa.string(),
    "source_words": PAIRS_OF_NUMBERS,
    "target_words": PAIRS_OF_NUMBERS,
}
_LINKS = dict.fromkeys(("links", "forward", "reverse"), PAIRS_OF_NUMBERS)
_SCHEMA = pa.schema(_TEXT | _LINKS)


@dataclass(frozen=True)
class AlignedPair:
    """A sentence pair with its words and their links.

    Attributes:
        source: the untouched sentence.
        target: the same of the other language.
        source_words: character offsets [start, end).
        target_words: the same of the target.
        links: 0-based (source word, target word), shape (links, 2), joined as the recipe says.
        forward: the same before joining, at most one for each target word; None where links were
            given and nothing was aligned.
        reverse: at most one for each source word, or None.
    """

    source: str
    target: str
    source_words: Sequence[Span]
    target_words: Sequence[Span]
    links: LinkArray
    forward: LinkArray | None = None
    reverse: LinkArray | None = None

    def joined(self, symmetrization: Symmetrization | None) -> LinkArray:
        """The links joined in another way than the recipe's; None for just that.

        Raises:
            AlignmentError: the links were given.
        """
        if symmetrization is None:
            return self.links
        if self.forward is None or self.reverse is None:
            raise nothing_to_join()
        return symmetrize(self.forward, self.reverse, symmetrization)


def nothing_to_join() -> AlignmentError:
    """What is to be said where links were given and another way of joining them is asked for."""
    return AlignmentError(
        "the links of this bitext were given, so there is nothing to join",
        remedy="leave out `symmetrization`, or the links",
    )


class FoundLinks(NamedTuple):
    """The links of every pair of a text.

    Attributes:
        joined: as the recipe says.
        forward: before joining; None where links were given and nothing was aligned.
        reverse: the same.
    """

    joined: Links
    forward: Links | None = None
    reverse: Links | None = None


def align_bitext(
    place: Workplace, bitext: Bitext, source: BitextSource, alignment: Alignment
) -> None:
    """Align a bitext and write the results.

    Args:
        place: nothing is needed.
        bitext: the sentences.
        source: how many pairs to read, how to find words, links or gold links to read.
        alignment: how to align.

    Raises:
        BitextError: there is no pair.
        AlignmentError: given links do not fit the sentences, or those found would mean nothing,
            as where text is not split into words.
    """
    with TemporaryDirectory(dir=place.out) as aside:
        text = _Text(bitext, source, Path(aside) / "text.arrow")
        if source.links is None:
            directed = align_words(text.words(alignment.lowercase), alignment.method)
            joined = directed.symmetrized(alignment.symmetrization)
            found = FoundLinks(joined, directed.forward, directed.reverse)
        else:
            for _ in text.blocks():
                pass
            found = FoundLinks(_given_links(Path(source.links), source, text.num_words))
        summary: dict[str, Any] = {
            "bitext": bitext.name,
            "languages": [bitext.source_language, bitext.target_language],
            "pairs": len(text.num_words),
            "source_words": int(text.num_words[:, 0].sum()),
            "target_words": int(text.num_words[:, 1].sum()),
            "links": len(found.joined.rows),
            "method": "given links" if source.links else alignment.method,
            "symmetrization": "given links" if source.links else alignment.symmetrization,
        }
        if source.gold is not None:
            gold = _given_links(Path(source.gold), source, text.num_words)
            truth = [GoldAlignment(sure=true, possible=true) for true in gold]
            summary["against_gold"] = asdict(alignment_error_rate(found.joined, truth))
        _write_pairs(text.read_back(), found, place.out / PAIRS)
    write_pharaoh(place.out / LINKS, found.joined)
    (place.out / SUMMARY).write_text(json.dumps(summary, indent=1, ensure_ascii=False), "utf-8")


class _Block(NamedTuple):
    """Some pairs and, for each, the words of either side."""

    pairs: list[SentencePair]
    source_words: list[list[Span]]
    target_words: list[list[Span]]


class _Text:
    """A bitext that is read once, split into words and laid aside on the way.

    Args:
        bitext: the sentences.
        source: how many pairs to read, how to find words.
        path: an Arrow file for the text, to be made.
    """

    def __init__(self, bitext: Bitext, source: BitextSource, path: Path) -> None:
        self._bitext = bitext
        self._max_pairs = source.max_pairs
        self._path = path
        self._segmenters = source.segmenters(bitext)
        self.num_words: npt.NDArray[np.int64] = np.empty((0, 2), dtype=np.int64)
        """Source and target words of each pair, (pairs, 2); known when all is read."""

    def blocks(self) -> Iterator[_Block]:
        """Read the text.

        Yields:
            the pairs, with their words.

        Raises:
            BitextError: there is no pair.
        """
        pairs = islice(self._bitext, self._max_pairs)
        num_words = []
        with pa.ipc.new_stream(str(self._path), pa.schema(_TEXT)) as writer:
            while block := list(islice(pairs, BLOCK_PAIRS)):
                split_source, split_target = self._segmenters
                sources = [split_source(pair.source) for pair in block]
                targets = [split_target(pair.target) for pair in block]
                spans = WordSpans.of(sources), WordSpans.of(targets)
                num_words.append(np.column_stack([np.diff(side.starts) for side in spans]))
                texts = [pair.source for pair in block], [pair.target for pair in block]
                columns = [pa.array(side, pa.string()) for side in texts]
                columns += [list_column(side.rows, side.starts) for side in spans]
                writer.write_batch(pa.record_batch(columns, schema=pa.schema(_TEXT)))
                yield _Block(block, sources, targets)
        if not num_words:
            raise BitextError(
                "there is no sentence pair", remedy="give some text", path=self._bitext.name
            )
        self.num_words = np.concatenate(num_words)

    def words(self, lowercase: bool) -> Iterator[tuple[list[str], list[str]]]:
        """Read the text and yield the words of both sides of each pair, to be aligned.

        Yields:
            source words and target words.

        Raises:
            AlignmentError: links of this text would mean nothing.
        """
        inspector = BitextInspector()
        for block in self.blocks():
            for pair, source_words, target_words in zip(*block, strict=True):
                source = words_in(pair.source, source_words, lowercase=lowercase)
                target = words_in(pair.target, target_words, lowercase=lowercase)
                inspector.add(source, target, pair.line)
                yield source, target
        inspector.report().refuse_meaningless(self._bitext.name)

    def read_back(self) -> Iterator[pa.RecordBatch]:
        """The text with its words, block by block, once all was read."""
        with pa.memory_map(str(self._path)) as file:
            yield from pa.ipc.open_stream(file)


def _write_pairs(text: Iterator[pa.RecordBatch], found: FoundLinks, path: Path) -> None:
    """Write the text with its links, block by block."""
    with parquet.ParquetWriter(path, _SCHEMA) as writer:
        end = 0
        for block in text:
            first, end = end, end + block.num_rows
            links = [
                pa.nulls(block.num_rows, PAIRS_OF_NUMBERS)
                if one_way is None
                else list_column(one_way.rows, one_way.starts[first : end + 1])
                for one_way in found
            ]
            writer.write_batch(pa.record_batch([*block.columns, *links], schema=_SCHEMA))


def read_blocks(folder: Path) -> Iterator[pa.RecordBatch]:
    """The table that a finished stage left in its folder, read as a stream.

    Yields:
        at most `BLOCK_PAIRS` pairs; the columns are those of an `AlignedPair`.
    """
    with parquet.ParquetFile(folder / PAIRS) as file:
        yield from file.iter_batches(BLOCK_PAIRS)


def load_aligned(folder: Path) -> Iterator[AlignedPair]:
    """The pairs that a finished stage left in its folder, read as a stream.

    Yields:
        pair after pair.
    """
    for block in read_blocks(folder):
        sources, targets = (block[name].to_pylist() for name in ("source", "target"))
        source_words, target_words = (
            WordSpans(*list_values(block[name])) for name in ("source_words", "target_words")
        )
        joined = Links(*list_values(block["links"]))
        forward, reverse = (
            None if block[name].null_count else Links(*list_values(block[name]))
            for name in ("forward", "reverse")
        )
        for row in range(block.num_rows):
            yield AlignedPair(
                sources[row],
                targets[row],
                source_words[row],
                target_words[row],
                joined[row],
                None if forward is None else forward[row],
                None if reverse is None else reverse[row],
            )


def _given_links(path: Path, source: BitextSource, num_words: npt.NDArray[np.int64]) -> Links:
    """Links from a Pharaoh file, checked against the sentences.

    Args:
        path: the file.
        source: how many pairs were read.
        num_words: source and target words of each pair, (pairs, 2).

    Raises:
        AlignmentError: there are more or fewer lines than pairs, or a link is beyond its pair.
    """
    given = Links.of(islice(read_pharaoh(path), source.max_pairs))
    if len(given) != len(num_words):
        raise AlignmentError(
            f"it has {len(given)} lines for {len(num_words)} sentence pairs",
            remedy="give one line of links for each pair",
            path=path,
        )
    for line, (links, (num_source, num_target)) in enumerate(
        zip(given, num_words.tolist(), strict=True), start=1
    ):
        check_links(links, num_source, num_target, path=path, line=line)
    return given
