"""Code-switching by alignment: phrases replaced by their counterparts in the translation.

ALM, "Alternating Language Modeling for Cross-Lingual Pre-Training" (Yang, Ma, Zhang, Wu, Li and
Zhou, AAAI 2020): in a sentence pair, phrases of fewer than five words are exchanged, less than 30 %
of the words, and the training text is 10 % source, 10 % target and 80 % switched sentences, of
which some are mostly source and some mostly target.

    the black cat sleeps  /  le chat noir dort,  0-0 1-2 2-1 3-3  →  the chat noir sleeps

A phrase may be exchanged if it is *consistent* with the alignment (Och and Ney 2004,
https://aclanthology.org/J04-4002, section 3): its words are linked to words of its counterpart
only, and these to its words only. We take phrases whose first and last words, on both sides, are
linked: an unlinked word at the edge ("le" beside "chat") has no proven counterpart. The authors
took phrase tables of GIZA++; here the links may come from anywhere.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lingweave.alignment import LinkArray, check_links
from lingweave.codeswitch.switching import Replacement, SwitchedText, replace_spans
from lingweave.codeswitch.writing import holds_letter, lookup_key
from lingweave.corpus import Span


class AlignmentSwitchOptions(BaseModel):
    """How much is switched. The defaults are those of ALM."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_phrase_words: int = Field(default=4, ge=1, description="of a phrase, on either side")
    max_switched: float = Field(
        default=0.3, ge=0, le=1, description="the share of switched words stays below this"
    )
    plain_source: float = Field(default=0.1, ge=0, le=1, description="share of plain source text")
    plain_target: float = Field(default=0.1, ge=0, le=1, description="share of plain target text")

    @model_validator(mode="after")
    def _plain_is_not_more_than_all(self) -> "AlignmentSwitchOptions":
        if self.plain_source + self.plain_target > 1:
            raise ValueError("plain_source and plain_target are more than 1 together")
        return self


class AlignedSentences(NamedTuple):
    """A sentence pair with words and links.

    Attributes:
        source: the source sentence.
        target: its translation.
        source_words: spans of the source words.
        target_words: spans of the target words.
        links: 0-based (source word, target word), shape (links, 2).
        source_language: code.
        target_language: code.
    """

    source: str
    target: str
    source_words: Sequence[Span]
    target_words: Sequence[Span]
    links: LinkArray
    source_language: str
    target_language: str

    def reversed(self) -> "AlignedSentences":
        """The same pair with its sides exchanged."""
        return AlignedSentences(
            self.target,
            self.source,
            self.target_words,
            self.source_words,
            self.links[:, ::-1],
            self.target_language,
            self.source_language,
        )


class PhrasePair(NamedTuple):
    """A source phrase and its counterpart, as words from `start` to before `end`."""

    source_start: int
    source_end: int
    target_start: int
    target_end: int


def consistent_phrases(links: LinkArray, max_words: int) -> list[PhrasePair]:
    """All phrase pairs consistent with an alignment whose outer words are linked, sorted.

    Args:
        links: 0-based (source word, target word), shape (links, 2).
        max_words: of a phrase, on either side.
    """
    targets: dict[int, list[int]] = {}
    sources: dict[int, list[int]] = {}
    for source, target in links.tolist():
        targets.setdefault(source, []).append(target)
        sources.setdefault(target, []).append(source)
    found = []
    for start in sorted(targets):
        for last in range(start, start + max_words):
            if last not in targets:
                continue
            linked = [t for source in range(start, last + 1) for t in targets.get(source, ())]
            first_target, last_target = min(linked), max(linked)
            back = [
                source
                for target in range(first_target, last_target + 1)
                for source in sources.get(target, ())
            ]
            is_short = last_target - first_target < max_words
            if is_short and start <= min(back) and max(back) <= last:
                found.append(PhrasePair(start, last + 1, first_target, last_target + 1))
    return found


def exchangeable_phrases(
    pair: AlignedSentences, options: AlignmentSwitchOptions
) -> list[Replacement]:
    """The source phrases that may be exchanged, each with its counterpart; they may overlap.

    Phrases that are the same in both languages, such as names, or have no word with a letter on one
    side are none.

    Raises:
        AlignmentError: a link is beyond the sentences.
    """
    check_links(pair.links, len(pair.source_words), len(pair.target_words))
    return [
        replacement
        for phrase in consistent_phrases(pair.links, options.max_phrase_words)
        if (replacement := _replacement(pair, phrase)) is not None
    ]


class Phrase(Protocol):
    """What may be exchanged, in places of whatever kind, such as characters or pieces."""

    @property
    def start(self) -> int:
        """Where it begins, 0-based."""

    @property
    def end(self) -> int:
        """Behind its last place."""

    @property
    def num_words(self) -> int:
        """Words in it that count."""


PhraseT = TypeVar("PhraseT", bound=Phrase)


def draw_phrases(
    candidates: Sequence[PhraseT],
    num_words: int,
    max_switched: float,
    generator: np.random.Generator,
) -> list[PhraseT]:
    """Draw phrases that do not overlap while their words stay below a share of the sentence.

    Args:
        candidates: to choose from.
        num_words: of the sentence, those that count.
        max_switched: 0–1; the share of switched words is less.
        generator: source of all chance.

    Returns:
        those drawn, in the order of the sentence; no other would fit beside them.
    """
    chosen: list[PhraseT] = []
    num_switched = 0
    for index in generator.permutation(len(candidates)).tolist():
        own = candidates[index]
        is_free = all(own.end <= taken.start or taken.end <= own.start for taken in chosen)
        if is_free and (num_switched + own.num_words) / num_words < max_switched:
            chosen.append(own)
            num_switched += own.num_words
    return sorted(chosen, key=lambda phrase: phrase.start)


def switch_by_alignment(
    pair: AlignedSentences, options: AlignmentSwitchOptions, generator: np.random.Generator
) -> SwitchedText:
    """Exchange phrases of the source sentence for their counterparts in the target sentence.

    Which ones, `draw_phrases` says. Only words with a letter count.

    Args:
        pair: the sentences with their links.
        options: the bounds.
        generator: source of all chance.

    Raises:
        AlignmentError: a link is beyond the sentences.
    """
    candidates = exchangeable_phrases(pair, options)
    num_words = _num_words(pair.source, pair.source_words)
    chosen = draw_phrases(candidates, num_words, options.max_switched, generator)
    return replace_spans(pair.source, chosen)


def draw_alternating(
    pair: AlignedSentences, options: AlignmentSwitchOptions, generator: np.random.Generator
) -> tuple[SwitchedText, str]:
    """One sentence of ALM's mix, and the language of most of its words.

    It is the plain source or target sentence, or a switched one, mostly source or mostly target
    with the same probability. Draw again for further samples of a pair.

    Args:
        pair: the sentences with their links.
        options: the mix and its bounds.
        generator: source of all chance.

    Raises:
        AlignmentError: a link is beyond the sentences.
    """
    kind, side = generator.random(2)
    if kind < options.plain_source:
        return SwitchedText(pair.source), pair.source_language
    if kind < options.plain_source + options.plain_target:
        return SwitchedText(pair.target), pair.target_language
    major = pair if side < 0.5 else pair.reversed()
    return switch_by_alignment(major, options, generator), major.source_language


def _replacement(pair: AlignedSentences, phrase: PhrasePair) -> Replacement | None:
    """The exchange of a phrase, unless nothing would change or a side has no word with a letter."""
    source_words = pair.source_words[phrase.source_start : phrase.source_end]
    target_words = pair.target_words[phrase.target_start : phrase.target_end]
    start, end = source_words[0][0], source_words[-1][1]
    text = pair.target[target_words[0][0] : target_words[-1][1]]
    num_words = _num_words(pair.source, source_words)
    num_new_words = _num_words(pair.target, target_words)
    is_same = lookup_key(pair.source[start:end], None) == lookup_key(text, None)
    if is_same or not num_words or not num_new_words:
        return None
    return Replacement(
        start, end, text, pair.target_language, "alignment", num_words, num_new_words
    )


def _num_words(text: str, words: Sequence[Span]) -> int:
    return sum(holds_letter(text[start:end]) for start, end in words)
