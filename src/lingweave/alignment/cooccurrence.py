"""Parallel text as numbers: words interned, co-occurring word pairs numbered once.

What comes in are pairs of word lists; what goes out are flat arrays on which every pass of
expectation-maximisation is plain arithmetic. All pairs (source word, target word) that share a
sentence pair are numbered, source word by source word, so that the pairs of one source word are
neighbours. Each sentence pair then is a grid of cells (n source words times m target words, source
words first), and a cell holds the number of its word pair. Both directions use the same numbers.

Legend of shapes: S sentence pairs, P source tokens, Q target tokens, V source vocabulary,
C word pairs, G cells.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lingweave.alignment.compiled import Range, balanced_ranges, compiled, run_ranges
from lingweave.errors import AlignmentError

Integers = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]


class CodedBitext(NamedTuple):
    """Sentence pairs as word numbers, all sentences of a side in one array."""

    source_words: Integers  # (P,)
    source_starts: Offsets  # (S + 1,) where each sentence begins in source_words
    target_words: Integers  # (Q,)
    target_starts: Offsets  # (S + 1,)


class SentenceSizes(NamedTuple):
    """The distinct sizes of sentence pairs; pairs of one size share one table of priors."""

    lengths: Offsets  # (sizes, 2) number of source words, number of target words
    num_pairs: Offsets  # (sizes,) how many sentence pairs have this size
    prior_starts: Offsets  # (sizes + 1,) where each size's table begins, n times m entries


class Cooccurrences(NamedTuple):
    """A coded bitext with its numbered word pairs and the cells that refer to them."""

    bitext: CodedBitext
    sizes: SentenceSizes
    pair_starts: Offsets  # (V + 1,) where each source word's pairs begin
    pair_targets: Integers  # (C,) target word of each pair
    cell_starts: Offsets  # (S + 1,)
    cells: npt.NDArray[np.integer]  # (G,) pair numbers, source word first
    prior_starts: Offsets  # (S,) where the table of priors for the sentence's size begins

    @property
    def num_source_words(self) -> int:
        """Number of distinct source words."""
        return self.pair_starts.size - 1

    @property
    def num_target_words(self) -> int:
        """Number of distinct target words."""
        return int(self.bitext.target_words.max()) + 1


class _Occurrences(NamedTuple):
    """The source tokens grouped by word; within a word in the order of the text."""

    starts: Offsets  # (V + 1,) where each source word's tokens begin
    tokens: Integers  # (P,) token numbers
    sentences: Integers  # (P,) the sentence pairs they stand in


def code_bitext(pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> CodedBitext:
    """Number the words of each side in the order in which they appear.

    A pair with an empty side keeps its place with no words at all: nothing can be linked in it,
    and its words must not count as translations of nothing.

    Args:
        pairs: (source words, target words) of each sentence pair; read once.

    Raises:
        AlignmentError: no pair has words on both sides, or a sentence is a string, not a list.
    """
    numbers: list[defaultdict[str, int]] = [defaultdict(count().__next__) for _ in range(2)]
    words = array("i"), array("i")
    starts = array("q", [0]), array("q", [0])
    for index, pair in enumerate(pairs):
        for side, sentence in enumerate(pair):
            if isinstance(sentence, str):
                raise AlignmentError(
                    f"pair {index} holds the text {sentence[:40]!r}, expected a list of words",
                    remedy="split the text into words first",
                )
            if pair[0] and pair[1]:
                # The default factory numbers a new word: no Python code runs per word.
                words[side].extend(map(numbers[side].__getitem__, sentence))
            starts[side].append(len(words[side]))
    if not words[0]:
        raise AlignmentError(
            f"no words to align in {len(starts[0]) - 1} sentence pairs",
            remedy="give at least one pair with words on both sides",
        )
    return CodedBitext(
        source_words=np.array(words[0], dtype=np.int32),
        source_starts=np.array(starts[0], dtype=np.int64),
        target_words=np.array(words[1], dtype=np.int32),
        target_starts=np.array(starts[1], dtype=np.int64),
    )


def number_cooccurrences(bitext: CodedBitext, num_threads: int) -> Cooccurrences:
    """Number the co-occurring word pairs and lay out the cells of every sentence pair.

    The memory is 4 bytes per cell and per word pair.
    """
    num_source_words = np.diff(bitext.source_starts)
    num_target_words = np.diff(bitext.target_starts)
    sizes, size_of_sentence = _distinct_sizes(num_source_words, num_target_words)
    occurrences = _occurrences(bitext)
    num_cells_of_token = num_target_words[occurrences.sentences]
    ranges = balanced_ranges(_ends(num_cells_of_token)[occurrences.starts])
    num_partners = np.zeros(occurrences.starts.size - 1, dtype=np.int64)
    run_ranges(
        lambda words: _count_partners(bitext, occurrences, num_partners, words),
        ranges,
        num_threads,
    )
    num_pairs = int(num_partners.sum())
    cell_starts = _ends(num_source_words * num_target_words)
    number_type = np.int32 if num_pairs <= np.iinfo(np.int32).max else np.int64
    numbered = Cooccurrences(
        bitext=bitext,
        sizes=sizes,
        pair_starts=_ends(num_partners),
        pair_targets=np.empty(num_pairs, dtype=np.int32),
        cell_starts=cell_starts,
        cells=np.empty(int(cell_starts[-1]), dtype=number_type),
        prior_starts=sizes.prior_starts[size_of_sentence],
    )
    run_ranges(lambda words: _number_pairs(numbered, occurrences, words), ranges, num_threads)
    return numbered


def _ends(lengths: Offsets) -> Offsets:
    """Where stretches of these lengths begin when laid end to end, and where the last ends."""
    ends = np.zeros(lengths.size + 1, dtype=np.int64)
    np.cumsum(lengths, out=ends[1:])
    return ends


def _distinct_sizes(
    num_source_words: Offsets, num_target_words: Offsets
) -> tuple[SentenceSizes, Offsets]:
    """The distinct sizes, and for every sentence pair the number of its size."""
    base = int(num_target_words.max()) + 1
    codes, size_of_sentence, num_pairs = np.unique(
        num_source_words * base + num_target_words, return_inverse=True, return_counts=True
    )
    lengths = np.stack(np.divmod(codes, base), axis=1)
    sizes = SentenceSizes(lengths, num_pairs.astype(np.int64), _ends(lengths.prod(axis=1)))
    return sizes, size_of_sentence.astype(np.int64)


def _occurrences(bitext: CodedBitext) -> _Occurrences:
    """Group the source tokens by word."""
    tokens = np.argsort(bitext.source_words, kind="stable").astype(np.int32)
    num_sentences = bitext.source_starts.size - 1
    sentence_of_token = np.repeat(
        np.arange(num_sentences, dtype=np.int32), np.diff(bitext.source_starts)
    )
    starts = _ends(np.bincount(bitext.source_words))
    return _Occurrences(starts, tokens, sentence_of_token[tokens])


@compiled
def _count_partners(
    bitext: CodedBitext, occurrences: _Occurrences, num_partners: Offsets, words: Range
) -> None:
    """Count the distinct target words that each source word in the range meets."""
    met_by = np.full(bitext.target_words.max() + 1, -1, dtype=np.int32)
    for word in range(words[0], words[1]):
        for occurrence in range(occurrences.starts[word], occurrences.starts[word + 1]):
            sentence = occurrences.sentences[occurrence]
            for token in range(bitext.target_starts[sentence], bitext.target_starts[sentence + 1]):
                target = bitext.target_words[token]
                if met_by[target] != word:
                    met_by[target] = word
                    num_partners[word] += 1


@compiled
def _number_pairs(layout: Cooccurrences, occurrences: _Occurrences, words: Range) -> None:
    """Number the pairs of each source word in the range and fill in the cells of its tokens."""
    bitext = layout.bitext
    met_by = np.full(bitext.target_words.max() + 1, -1, dtype=np.int32)
    number = np.empty(met_by.size, dtype=np.int64)
    for word in range(words[0], words[1]):
        next_number = layout.pair_starts[word]
        for occurrence in range(occurrences.starts[word], occurrences.starts[word + 1]):
            sentence = occurrences.sentences[occurrence]
            first_target = bitext.target_starts[sentence]
            num_targets = bitext.target_starts[sentence + 1] - first_target
            position = occurrences.tokens[occurrence] - bitext.source_starts[sentence]
            first_cell = layout.cell_starts[sentence] + position * num_targets
            for offset in range(num_targets):
                target = bitext.target_words[first_target + offset]
                if met_by[target] != word:
                    met_by[target] = word
                    number[target] = next_number
                    layout.pair_targets[next_number] = target
                    next_number += 1
                layout.cells[first_cell + offset] = number[target]
