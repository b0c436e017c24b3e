"""Parallel text as numbers: every word interned, all sentences of a side in one array.

The coded copy needs 4 bytes a word; the text itself may be read from a stream and forgotten.
Words come as Python lists or as Arrow columns of lists of strings, which are numbered without
making Python strings.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lingweave.errors import AlignmentError

Integers = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]

WordPairs: TypeAlias = (
    Iterable[tuple[Sequence[str], Sequence[str]]] | pa.Table | pa.RecordBatchReader
)
"""Sentence pairs as lists of words: any iterable of (source words, target words), or an Arrow table
or stream whose first two columns are lists of strings."""


MAX_CELLS_OF_PAIR = 2**26
"""Source words times target words: 8,192 on both sides, for which 1.3 GB are needed at once."""


class CodedBitext(NamedTuple):
    """Sentence pairs as word numbers, all sentences of a side in one array."""

    source_words: Integers  # (P,)
    source_starts: Offsets  # (S + 1,) where each sentence begins in source_words
    target_words: Integers  # (Q,)
    target_starts: Offsets  # (S + 1,)

    @property
    def num_pairs(self) -> int:
        """Number of sentence pairs."""
        return self.source_starts.size - 1

    @property
    def num_source_words(self) -> int:
        """Size of the source vocabulary."""
        return int(self.source_words.max(initial=-1)) + 1

    @property
    def num_target_words(self) -> int:
        """Size of the target vocabulary."""
        return int(self.target_words.max(initial=-1)) + 1


class Vocabulary(defaultdict[str, int]):
    """Numbers of words. A word that is new gets the next number."""

    def __init__(self) -> None:
        super().__init__(count().__next__)


class ClosedVocabulary(dict[str, int]):
    """Numbers of known words. Every other word has the first number after them."""

    def __init__(self, words: Iterable[str]) -> None:
        super().__init__((word, number) for number, word in enumerate(words))

    def __missing__(self, word: str) -> int:
        return len(self)


def code_bitext(
    pairs: WordPairs,
    source_vocabulary: dict[str, int] | None = None,
    target_vocabulary: dict[str, int] | None = None,
) -> CodedBitext:
    """Number the words of each side, in the order in which they appear if they are new.

    A pair with an empty side keeps its place with no words at all: nothing can be linked in it,
    and its words must not count as translations of nothing.

    Args:
        pairs: sentence pairs, read once.
        source_vocabulary: a `Vocabulary`, which grows, or a `ClosedVocabulary`; by default a new
            one.
        target_vocabulary: the same for the other side.

    Raises:
        AlignmentError: a sentence is a string, not a list, or a table's columns are no lists of
            strings, or a pair is far longer than sentences are.
    """
    vocabularies = (
        Vocabulary() if source_vocabulary is None else source_vocabulary,
        Vocabulary() if target_vocabulary is None else target_vocabulary,
    )
    words = array("i"), array("i")
    starts = array("q", [0]), array("q", [0])
    if isinstance(pairs, pa.Table):
        pairs = pairs.to_reader()
    if isinstance(pairs, pa.RecordBatchReader):
        for batch in pairs:
            for side, (numbers, ends) in enumerate(_code_batch(batch, vocabularies)):
                starts[side].frombytes((ends + len(words[side])).tobytes())
                words[side].frombytes(numbers.tobytes())
        pa.default_memory_pool().release_unused()
    else:
        for index, pair in enumerate(pairs):
            for side, sentence in enumerate(pair):
                if isinstance(sentence, str):
                    raise AlignmentError(
                        f"pair {index} holds the text {sentence[:40]!r}, expected a list of words",
                        remedy="split the text into words first",
                    )
                if pair[0] and pair[1]:
                    # The dictionary itself numbers a new word: no Python code runs per word.
                    words[side].extend(map(vocabularies[side].__getitem__, sentence))
                starts[side].append(len(words[side]))
    bitext = CodedBitext(
        source_words=np.frombuffer(words[0], dtype=np.int32),
        source_starts=np.frombuffer(starts[0], dtype=np.int64),
        target_words=np.frombuffer(words[1], dtype=np.int32),
        target_starts=np.frombuffer(starts[1], dtype=np.int64),
    )
    _require_sentences(bitext)
    return bitext


def _require_sentences(bitext: CodedBitext) -> None:
    """Check that no pair is so long that its words alone, each with each, would fill the memory."""
    lengths = np.diff(bitext.source_starts), np.diff(bitext.target_starts)
    cells = lengths[0] * lengths[1]
    if cells.max(initial=0) > MAX_CELLS_OF_PAIR:
        longest = int(cells.argmax())
        raise AlignmentError(
            f"pair {longest} has {lengths[0][longest]:,} and {lengths[1][longest]:,} words, more "
            "than sentences have",
            remedy="look for line ends that were lost, and split the pair",
        )


def require_words(bitext: CodedBitext) -> CodedBitext:
    """Check that there is something to align.

    Raises:
        AlignmentError: no pair has words on both sides.
    """
    if not bitext.source_words.size:
        raise AlignmentError(
            f"no words to align in {bitext.num_pairs} sentence pairs",
            remedy="give at least one pair with words on both sides",
        )
    return bitext


def _code_batch(
    batch: pa.RecordBatch, vocabularies: tuple[dict[str, int], dict[str, int]]
) -> Iterator[tuple[Integers, Offsets]]:
    """Number the words of a batch; for each side the numbers and where each sentence ends."""
    if batch.num_columns < 2 or not all(_holds_words(column.type) for column in batch.columns[:2]):
        raise AlignmentError(
            "the first two columns must be lists of strings, found "
            + ", ".join(str(column.type) for column in batch.columns[:2]),
            remedy="give the source words in the first and the target words in the second column",
        )
    lengths = [
        pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
        for column in batch.columns[:2]
    ]
    has_both_sides = (lengths[0] > 0) & (lengths[1] > 0)
    for side in range(2):
        words = batch.column(side).flatten()
        if not has_both_sides.all():
            # Before they are numbered: a word of no usable pair is no word of the text.
            words = words.filter(pa.array(np.repeat(has_both_sides, lengths[side])))
        if words.null_count:
            raise AlignmentError(
                f"{words.null_count} words are null", remedy="give a string for every word"
            )
        encoded = words.dictionary_encode()
        number = vocabularies[side].__getitem__
        dictionary = np.fromiter(map(number, encoded.dictionary.to_pylist()), dtype=np.int32)
        ends = np.cumsum(np.where(has_both_sides, lengths[side], 0), dtype=np.int64)
        yield dictionary[encoded.indices.to_numpy()], ends


def _holds_words(kind: pa.DataType) -> bool:
    is_list: bool = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return is_list and bool(
        pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)
    )
