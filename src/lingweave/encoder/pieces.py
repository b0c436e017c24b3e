"""Words ↔ subwords ("pieces"), and sequences of pieces.

They meet through character offsets of the untouched sentence, never by tokenising words one at a
time, so that text without spaces, cased and accented text come out right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import overload

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast
from transformers.tokenization_utils_base import TruncationStrategy
from transformers.utils.generic import PaddingStrategy

from lingweave.alignment.compiled import compiled
from lingweave.corpus import Span, WordSpans

IntArray = NDArray[np.int32]

_SPACES = "▁Ġ"
"""A space as sentencepiece and as byte-level tokenizers write it."""

NO_WORD = -1
"""The word of a piece that belongs to none: white space, or a character no segmenter claims."""


@dataclass(frozen=True)
class EncodedSentence:
    """One sentence in pieces, without special tokens.

    Attributes:
        pieces: vocabulary indices, shape (L,).
        words: for each piece the 0-based word it belongs to, or `NO_WORD`, shape (L,).
    """

    pieces: IntArray
    words: IntArray

    def __len__(self) -> int:
        return len(self.pieces)


class EncodedSentences(Sequence[EncodedSentence]):
    """Many sentences in pieces, end to end in flat arrays; looks like a list of them.

    Args:
        pieces: vocabulary indices, shape (P,).
        words: for each piece the 0-based word of its sentence, or `NO_WORD`, shape (P,).
        starts: where each sentence begins in both and, last, where the last one ends.
    """

    __slots__ = ("pieces", "starts", "words")

    def __init__(self, pieces: IntArray, words: IntArray, starts: NDArray[np.int64]) -> None:
        self.pieces = pieces
        self.words = words
        self.starts = starts

    def __len__(self) -> int:
        return self.starts.size - 1

    @overload
    def __getitem__(self, index: int) -> EncodedSentence: ...

    @overload
    def __getitem__(self, index: slice) -> list[EncodedSentence]: ...

    def __getitem__(self, index: int | slice) -> EncodedSentence | list[EncodedSentence]:
        if isinstance(index, slice):
            return [self[sentence] for sentence in range(*index.indices(len(self)))]
        sentence = range(len(self))[index]
        start, end = self.starts[sentence], self.starts[sentence + 1]
        return EncodedSentence(self.pieces[start:end], self.words[start:end])


def encode_words(
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[str],
    word_spans: Sequence[Sequence[Span]],
    *,
    max_pieces: int,
) -> EncodedSentences:
    """Tokenise sentences whole, and say for each piece which word it belongs to.

    Args:
        tokenizer: a fast tokenizer.
        sentences: untouched text.
        word_spans: per sentence the words' character offsets [start, end), ascending and disjoint.
        max_pieces: longer sentences are cut; words behind the cut have no piece, hence no link.
    """
    # Not by calling the tokenizer: half of the time would go into lists that are not asked for.
    tokenizer.set_truncation_and_padding(
        PaddingStrategy.DO_NOT_PAD, TruncationStrategy.LONGEST_FIRST, max_pieces, 0, None, None
    )
    backend = tokenizer.backend_tokenizer
    backend.encode_special_tokens = tokenizer.split_special_tokens
    encodings = backend.encode_batch(list(sentences), add_special_tokens=False)
    starts = np.zeros(len(encodings) + 1, dtype=np.int64)
    np.cumsum([len(encoding) for encoding in encodings], out=starts[1:])
    num_pieces = int(starts[-1])
    ids = chain.from_iterable(encoding.ids for encoding in encodings)
    pieces = np.fromiter(ids, dtype=np.int32, count=num_pieces)
    spans = chain.from_iterable(encoding.offsets for encoding in encodings)
    offsets = np.fromiter(chain.from_iterable(spans), dtype=np.int32, count=2 * num_pieces)
    words = np.empty(num_pieces, dtype=np.int32)
    given = WordSpans.of(word_spans)
    assert len(given) == len(encodings), "the words of each sentence"
    _find_words(offsets.reshape(-1, 2), starts, given.rows, given.starts, words)
    # Sentencepiece's space is a piece of its own before some words; at the start of a sentence its
    # offsets are those of the first letter.
    space = backend.token_to_id("▁")
    if space is not None:
        words[pieces == space] = NO_WORD
    return EncodedSentences(pieces, words, starts)


def words_of_pieces(offsets: Sequence[Span], word_spans: Sequence[Span]) -> IntArray:
    """The word that each piece overlaps most (the first of equals), or `NO_WORD`.

    One piece may cover the end of a word and the start of the next ("'t" over the words "'" and
    "t"), and sentencepiece's offsets may include the space before a word.

    Args:
        offsets: character offsets [start, end) of the pieces, ascending.
        word_spans: the same of the words.
    """
    of_pieces, of_words = WordSpans.of([offsets]), WordSpans.of([word_spans])
    words = np.empty(len(offsets), dtype=np.int32)
    _find_words(of_pieces.rows, of_pieces.starts, of_words.rows, of_words.starts, words)
    return words


@compiled
def _find_words(
    offsets: IntArray,
    piece_starts: NDArray[np.int64],
    spans: IntArray,
    word_starts: NDArray[np.int64],
    words: IntArray,
) -> None:
    """Write the word of each piece of each sentence; see `words_of_pieces`."""
    for sentence in range(piece_starts.size - 1):
        first, last = word_starts[sentence], word_starts[sentence + 1]
        begin = first
        for piece in range(piece_starts[sentence], piece_starts[sentence + 1]):
            start, end = offsets[piece, 0], offsets[piece, 1]
            while begin < last and spans[begin, 1] <= start:
                begin += 1
            words[piece] = NO_WORD
            best_overlap = 0
            for word in range(begin, last):
                if spans[word, 0] >= end:
                    break
                overlap = min(end, spans[word, 1]) - max(start, spans[word, 0])
                if overlap > best_overlap:
                    best_overlap, words[piece] = overlap, word - first


class PieceSpelling:
    """How pieces are spelled in text, to tell whether two words are the same.

    Their pieces do not tell: sentencepiece and byte-level tokenizers write the space before a word
    into its first piece, so that a name is ▁NATO after a space and NATO beside a bracket or in text
    without spaces.

    Args:
        tokenizer: whose pieces they are.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self._pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))

    def __call__(self, pieces: IntArray) -> str:
        """The pieces of a word or phrase, joined, without the space before it."""
        return "".join(self._pieces[piece] for piece in pieces.tolist()).lstrip(_SPACES)


@dataclass(frozen=True)
class SequenceTemplate:
    """Where a tokenizer puts its special tokens around one sentence and around a pair.

    Learnt from what the tokenizer does to a sample, so that `[CLS] x [SEP] y [SEP]` and
    `<s> x </s> </s> y </s>` both come from the tokenizer and from nowhere else.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    pair_before: tuple[int, ...]
    pair_between: tuple[int, ...]
    pair_after: tuple[int, ...]
    second_token_type: int

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerFast) -> "SequenceTemplate":
        """Read the template off a tokenizer."""
        single = tokenizer("a", return_token_type_ids=False)
        before, after = _around(single["input_ids"], single.sequence_ids(0), 0)
        pair = tokenizer("a", "a", return_token_type_ids=True)
        ids, owners = pair["input_ids"], pair.sequence_ids(0)
        pair_before, rest = _around(ids, owners, 0)
        pair_between, pair_after = _around(ids[-len(rest) :], owners[-len(rest) :], 1)
        types = pair.get("token_type_ids", [0] * len(ids))
        return cls(before, after, pair_before, pair_between, pair_after, types[owners.index(1)])

    def single(self, pieces: IntArray) -> IntArray:
        """One sentence with its special tokens."""
        return np.concatenate([self.before, pieces, self.after]).astype(np.int32)

    def pair(self, source: IntArray, target: IntArray) -> tuple[IntArray, IntArray]:
        """Two sentences in one sequence: (pieces, token types)."""
        first = np.concatenate([self.pair_before, source, self.pair_between])
        second = np.concatenate([target, self.pair_after])
        types = np.repeat([0, self.second_token_type], [len(first), len(second)])
        return np.concatenate([first, second]).astype(np.int32), types.astype(np.int32)


def _around(
    ids: Sequence[int], owners: Sequence[int | None], sentence: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What stands before and after the pieces of one sentence of a sample."""
    inside = [index for index, owner in enumerate(owners) if owner == sentence]
    return tuple(ids[: inside[0]]), tuple(ids[inside[-1] + 1 :])
