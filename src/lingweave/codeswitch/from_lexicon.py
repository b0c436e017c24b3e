"""CoSDA-ML: words replaced by lexicon translations (Qin et al. 2020, 2006.06402, section 3).

A share of the sentences is switched, and in those a share of the words, each into a language drawn
for it. "the cat sleeps" at a token ratio of 2/3 may become "the Katze duerme".

Where we depart from the authors' program: it draws words first and looks them up then, so the ratio
reached is the ratio asked times the lexicon's coverage; it draws a word's language before it knows
which lexicons have the word; and it lower-cases. Here the ratio is a share of *all* words of the
sentence (those with a letter), reached by drawing among the words that some lexicon covers, all of
them if these are too few; the language is drawn among those that have the word.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from lingweave.codeswitch.lexicon import Lexicon
from lingweave.codeswitch.switching import Replacement, SwitchedText, replace_spans
from lingweave.codeswitch.writing import holds_letter
from lingweave.corpus import Span, segmenter

_WORDS_OF_TRANSLATION = segmenter("unicode")  # a lexicon's Chinese words are not cut up further


class LexiconSwitchOptions(BaseModel):
    """How much is switched."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sentence_ratio: float = Field(
        default=1.0, ge=0, le=1, description="share of the sentences (2006.06402: 1.0, mBERT)"
    )
    token_ratio: float = Field(
        default=0.6,
        ge=0,
        le=1,
        description="share of a switched sentence's words (2006.06402: by task, 0.4 to 0.9)",
    )


@dataclass(frozen=True)
class CoveredSentence:
    """A sentence with what its words may become.

    Attributes:
        text: the sentence.
        words: spans of its words, punctuation and numbers among them.
        lexical: which of the words hold a letter: the words that ratios are shares of.
        choices: for each word that is covered, the lexicons that have it.
    """

    text: str
    words: tuple[Span, ...]
    lexical: tuple[int, ...]
    choices: Mapping[int, tuple[Lexicon, ...]]

    @classmethod
    def of(cls, text: str, words: Iterable[Span], lexicons: Sequence[Lexicon]) -> "CoveredSentence":
        """Look up all words of a sentence."""
        words = tuple(words)
        lexical = tuple(word for word, span in enumerate(words) if holds_letter(text[slice(*span)]))
        choices = {}
        for word in lexical:
            written = text[slice(*words[word])]
            if having := tuple(lexicon for lexicon in lexicons if written in lexicon):
                choices[word] = having
        return cls(text, words, lexical, choices)


def switch_by_lexicon(
    sentence: CoveredSentence, options: LexiconSwitchOptions, generator: np.random.Generator
) -> SwitchedText:
    """Switch a random share of a sentence's words, or nothing.

    The number of words is the token ratio's share, rounded up or down by chance so that short
    sentences get their share on average, or all covered words if those are fewer.

    Args:
        sentence: with its words looked up.
        options: the two ratios.
        generator: source of all chance.
    """
    is_switched = generator.random() < options.sentence_ratio
    share = options.token_ratio * len(sentence.lexical)
    num_words = int(share + generator.random()) if is_switched else 0
    chosen = draw_words(sentence, num_words, generator)
    return switch_words(sentence, dict.fromkeys(chosen, generator))


def draw_words(
    sentence: CoveredSentence, num_words: int, generator: np.random.Generator
) -> list[int]:
    """Draw covered words, each as likely: so many, or all if they are fewer; ascending."""
    order = generator.permutation(np.array(sorted(sentence.choices), dtype=np.int64))
    return sorted(order[:num_words].tolist())


def switch_words(
    sentence: CoveredSentence, chosen: Mapping[int, np.random.Generator]
) -> SwitchedText:
    """Replace the chosen words, by a language drawn evenly and a translation by its probability.

    Args:
        sentence: with its words looked up.
        chosen: words that are covered, ascending, each with its source of chance; if that is one
            for all, what a word becomes depends on which words come before it.
    """
    replacements = []
    for word, generator in chosen.items():
        lexicons = sentence.choices[word]
        lexicon = lexicons[generator.integers(len(lexicons))]
        start, end = sentence.words[word]
        text = lexicon.draw(sentence.text[start:end], generator)
        replacements.append(
            Replacement(
                start=start,
                end=end,
                text=text,
                language=lexicon.target_language,
                origin=lexicon.name,
                num_words=1,
                num_new_words=sum(holds_letter(text[a:b]) for a, b in _WORDS_OF_TRANSLATION(text)),
            )
        )
    return replace_spans(sentence.text, replacements)
