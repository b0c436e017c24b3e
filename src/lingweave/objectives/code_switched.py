"""Code-switched masked language modelling (ALM: Yang et al. 2020, AAAI).

"Alternating Language Modeling for Cross-Lingual Pre-Training".

What it learns: to predict a masked piece from a sentence in which some words stand in the other
language. A word and its translation then occur among the same neighbours, from the first layer on.

Worked pair: "the old cat sleeps" / "die alte Kat ##ze schläft", links 0-0 1-1 2-2 3-3. The source
becomes "the old Kat ##ze sleeps" (one of four words is switched, which is less than 30 %) and is
masked as in MLM; the target, by itself, "die alte cat schläft". One sequence in five stays as it
is.

A phrase of up to four words is replaced by its counterpart where the links join the two and none of
them to a word outside the other (`consistent_phrases`). Phrases are drawn at random, as many as the
share allows; those that are the same in both languages, such as names, are passed over. Pieces are
those that each sentence has by itself; none is tokenised again.

Where we depart from the paper: both sentences of a pair are switched anew in every epoch, each with
probability 0.8, so that in the mean 10 % of the sequences are plain source, 10 % plain target and
80 % switched; the paper makes several samples of a pair beforehand. Phrases follow from the
recipe's links (the paper: GIZA's phrase table), and masking is that of the other objectives
compared (the paper: 0.15).

Siblings: MLM is the case without switching; WEAM swaps states, not words. `lingweave.codeswitch`
does the same to text.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import torch
from pydantic import Field
from transformers import PreTrainedTokenizerFast

from lingweave.codeswitch import consistent_phrases, draw_phrases
from lingweave.encoder import NO_WORD, EncodedSentence, IntArray, PieceSpelling, Span
from lingweave.objectives.base import EncodedPair
from lingweave.objectives.masked import MaskedObjective, MaskedOptions, Sequences, apart


class CodeSwitchedOptions(MaskedOptions):
    """Options of code-switched masked language modelling; defaults are ALM's."""

    objective: Literal["code-switched"] = "code-switched"
    plain: float = Field(
        default=0.2, ge=0, le=1, description="share of the sequences that stay as they are (ALM)"
    )
    max_switched: float = Field(
        default=0.3, ge=0, le=1, description="the share of switched words stays below this (ALM)"
    )
    max_phrase_words: int = Field(
        default=4, ge=1, description="of a phrase, in either language (ALM: fewer than 5)"
    )


class CodeSwitched(MaskedObjective):
    """See the module docstring.

    Args:
        tokenizer: of the encoder in training.
        options: masking, and how much is switched.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, options: CodeSwitchedOptions) -> None:
        super().__init__(tokenizer, options)
        self._options = options
        self._spelling = PieceSpelling(tokenizer)

    def sequences(self, pair: EncodedPair, generator: torch.Generator) -> Sequences:
        """Source and target, as separate sequences, most of them switched."""
        return apart(
            [
                self._maybe_switched(pair.source, pair.target, pair.links, generator),
                self._maybe_switched(pair.target, pair.source, pair.links[:, ::-1], generator),
            ],
            self._template,
        )

    def _maybe_switched(
        self,
        sentence: EncodedSentence,
        other: EncodedSentence,
        links: IntArray,
        generator: torch.Generator,
    ) -> IntArray:
        """The pieces of a sentence, perhaps with some of the other's."""
        fate = torch.rand((), generator=generator)
        seed = int(torch.randint(2**62, (), generator=generator))
        if fate < self._options.plain:
            return sentence.pieces
        candidates = piece_switches(
            sentence, other, links, self._options.max_phrase_words, self._spelling
        )
        num_words = len(piece_spans(sentence))
        chosen = draw_phrases(
            candidates, num_words, self._options.max_switched, np.random.default_rng(seed)
        )
        return switch_pieces(sentence.pieces, chosen)


class PieceSwitch(NamedTuple):
    """Pieces [start, end) of a sentence, of so many words, and what may stand in their place."""

    start: int
    end: int
    num_words: int
    replacement: IntArray


def piece_spans(sentence: EncodedSentence) -> dict[int, Span]:
    """For each word that has pieces, their 0-based places [start, end)."""
    spans: dict[int, Span] = {}
    for piece, word in enumerate(sentence.words.tolist()):
        if word != NO_WORD:
            start, _ = spans.get(word, (piece, piece))
            spans[word] = start, piece + 1
    return spans


def piece_switches(
    sentence: EncodedSentence,
    other: EncodedSentence,
    links: IntArray,
    max_words: int,
    spelling: PieceSpelling,
) -> list[PieceSwitch]:
    """All phrases that may be switched, with the pieces between their words; they may overlap.

    Args:
        sentence: in which words are to be switched.
        other: its translation.
        links: 0-based (own word, other word), shape (links, 2).
        max_words: of a phrase, in either language.
        spelling: of the pieces; a phrase that is the same in both languages is left out.
    """
    own_spans, other_spans = piece_spans(sentence), piece_spans(other)
    # Words behind the cut have no piece, and take no part.
    present = [own in own_spans and there in other_spans for own, there in links.tolist()]
    found = []
    for phrase in consistent_phrases(links[np.array(present, dtype=np.bool_)], max_words):
        start, end = own_spans[phrase.source_start][0], own_spans[phrase.source_end - 1][1]
        there = slice(other_spans[phrase.target_start][0], other_spans[phrase.target_end - 1][1])
        if spelling(sentence.pieces[start:end]) != spelling(other.pieces[there]):
            num_words = phrase.source_end - phrase.source_start
            found.append(PieceSwitch(start, end, num_words, other.pieces[there]))
    return found


def switch_pieces(pieces: IntArray, switches: Sequence[PieceSwitch]) -> IntArray:
    """The pieces with each switch's replacement in its place; the switches are in order."""
    parts, done = [], 0
    for switch in switches:
        parts += [pieces[done : switch.start], switch.replacement]
        done = switch.end
    return np.concatenate([*parts, pieces[done:]])
