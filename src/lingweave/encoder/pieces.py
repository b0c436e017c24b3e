"""Words ↔ subwords ("pieces"), and sequences of pieces.

They meet through character offsets of the untouched sentence, never by tokenising words one at a
time, so that text without spaces, cased and accented text come out right.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

IntArray = NDArray[np.int32]
Span = tuple[int, int]

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


def encode_words(
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[str],
    word_spans: Sequence[Sequence[Span]],
    *,
    max_pieces: int,
) -> list[EncodedSentence]:
    """Tokenise sentences whole, and say for each piece which word it belongs to.

    Args:
        tokenizer: a fast tokenizer.
        sentences: untouched text.
        word_spans: per sentence the words' character offsets [start, end), ascending and disjoint.
        max_pieces: longer sentences are cut; words behind the cut have no piece, hence no link.
    """
    if not sentences:
        return []
    encoding = tokenizer(
        list(sentences),
        add_special_tokens=False,
        return_offsets_mapping=True,
        return_attention_mask=False,
        truncation=True,
        max_length=max_pieces,
    )
    # Sentencepiece's space is a piece of its own before some words; at the start of a sentence its
    # offsets are those of the first letter.
    space = tokenizer.backend_tokenizer.token_to_id("▁")
    encoded = []
    for ids, offsets, spans in zip(
        encoding["input_ids"], encoding["offset_mapping"], word_spans, strict=True
    ):
        pieces, words = np.array(ids, dtype=np.int32), words_of_pieces(offsets, spans)
        if space is not None:
            words[pieces == space] = NO_WORD
        encoded.append(EncodedSentence(pieces, words))
    return encoded


def words_of_pieces(offsets: Sequence[Span], word_spans: Sequence[Span]) -> IntArray:
    """The word that each piece overlaps most (the first of equals), or `NO_WORD`.

    One piece may cover the end of a word and the start of the next ("'t" over the words "'" and
    "t"), and sentencepiece's offsets may include the space before a word.

    Args:
        offsets: character offsets [start, end) of the pieces, ascending.
        word_spans: the same of the words.
    """
    words = np.full(len(offsets), NO_WORD, dtype=np.int32)
    first = 0
    for piece, (start, end) in enumerate(offsets):
        while first < len(word_spans) and word_spans[first][1] <= start:
            first += 1
        best_overlap = 0
        for word in range(first, len(word_spans)):
            word_start, word_end = word_spans[word]
            if word_start >= end:
                break
            overlap = min(end, word_end) - max(start, word_start)
            if overlap > best_overlap:
                best_overlap, words[piece] = overlap, word
    return words


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
