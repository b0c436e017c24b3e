"""CoSDA-ML: the ratio asked is reached where the lexicon allows it."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from codeswitch.cases import covered, lexicon, sentences
from lingweave.codeswitch import (
    CoveredSentence,
    LexiconSwitchOptions,
    draw_words,
    switch_by_lexicon,
    switch_words,
)

GERMAN = lexicon({"the": ["die"], "cat": ["Katze"], "sleeps": ["schläft"]})
SPANISH = lexicon({"cat": ["gato"], "here": ["aquí"]}, target_language="es", name="spanish")


def options(token_ratio=1.0, sentence_ratio=1.0):
    return LexiconSwitchOptions(token_ratio=token_ratio, sentence_ratio=sentence_ratio)


def random(seed=1):
    return np.random.default_rng(seed)


def test_all_that_is_covered_is_switched_at_ratio_1():
    sentence = covered("The cat never SLEEPS, 3 times.", GERMAN)
    assert sentence.lexical == (0, 1, 2, 3, 6)  # neither "," nor 3 nor "." is a word
    switched = switch_by_lexicon(sentence, options(), random())
    assert switched.text == "Die Katze never SCHLÄFT, 3 times."
    assert [(found.language, found.origin) for found in switched.switches] == [("de", "test")] * 3


def test_the_ratio_is_a_share_of_all_words_not_of_the_covered_ones():
    """Of 8 words 3 are covered: 3/8 asks for all of them, and so does all above."""
    sentence = covered("the cat a b c d e sleeps", GERMAN)
    for ratio, expected in [(0.25, 2), (0.375, 3), (0.5, 3), (1.0, 3)]:
        switched = switch_by_lexicon(sentence, options(ratio), random())
        assert len(switched.switches) == expected, ratio


def test_short_sentences_get_their_share_on_average():
    """0.3 of 3 words is 0.9 of a word: 1 word in nine of ten draws, else none, never 2."""
    sentence = covered("the cat sleeps", GERMAN)
    counts = Counter(
        len(switch_by_lexicon(sentence, options(0.3), random(seed)).switches)
        for seed in range(4000)
    )
    assert set(counts) == {0, 1}
    assert abs(counts[1] / 4000 - 0.9) < 4 * (0.09 / 4000) ** 0.5


def test_a_share_of_the_sentences_stays_plain():
    sentence = covered("the cat sleeps", GERMAN)
    switched = [
        bool(switch_by_lexicon(sentence, options(1.0, 0.4), random(seed)).switches)
        for seed in range(4000)
    ]
    assert abs(np.mean(switched) - 0.4) < 4 * (0.24 / 4000) ** 0.5


def test_a_words_language_is_drawn_among_those_that_have_the_word():
    sentence = covered("the cat here", GERMAN, SPANISH)
    seen = Counter()
    for seed in range(1000):
        switched = switch_by_lexicon(sentence, options(), random(seed))
        assert len(switched.switches) == 3  # a language without the word never wastes a draw
        seen.update(switched.replacement(found) for found in switched.switches)
        assert [found.language for found in switched.switches][::2] == ["de", "es"]
    assert set(seen) == {"die", "Katze", "gato", "aquí"}
    assert abs(seen["gato"] - 500) < 4 * 250**0.5


def test_every_covered_word_is_as_likely():
    sentence = covered("the x cat y sleeps", GERMAN)
    drawn = Counter(word for seed in range(3000) for word in draw_words(sentence, 1, random(seed)))
    assert set(drawn) == {0, 2, 4}
    assert all(abs(count - 1000) < 4 * (3000 * 2 / 9) ** 0.5 for count in drawn.values())


def test_a_translation_of_several_words_counts_them():
    fast = lexicon({"walk": ["zu Fuß, gehen!"]})
    (switch,) = switch_words(covered("we walk", fast), {1: random()}).switches
    assert (switch.num_words, switch.num_new_words) == (1, 3)


@pytest.mark.parametrize("change", [{"token_ratio": 1.1}, {"sentence_ratio": -0.1}, {"ratio": 0.1}])
def test_options_that_make_no_sense_are_refused(change):
    with pytest.raises(ValidationError):
        LexiconSwitchOptions(**change)


# Properties.


@st.composite
def covered_sentences(draw):
    text, spans = draw(sentences())
    written = [text[start:end] for start, end in spans]
    has = [word for word in written if draw(st.booleans())]
    some = lexicon({word.lower(): ["ça va", "去"] for word in has}, source_language=None)
    return CoveredSentence.of(text, spans, [some])


@settings(deadline=None)
@given(covered_sentences(), st.integers(0, 99))
def test_ratio_0_changes_nothing(sentence, seed):
    for nothing in (options(0.0), options(1.0, 0.0)):
        switched = switch_by_lexicon(sentence, nothing, random(seed))
        assert (switched.text, switched.switches) == (sentence.text, ())


@settings(deadline=None)
@given(covered_sentences(), st.floats(0, 1), st.integers(0, 99))
def test_the_ratio_is_reached_to_within_one_word_where_the_lexicon_allows_it(sentence, ratio, seed):
    switched = switch_by_lexicon(sentence, options(ratio), random(seed))
    asked, num_covered = ratio * len(sentence.lexical), len(sentence.choices)
    num_switched = len(switched.switches)
    assert num_switched <= num_covered
    assert num_switched < asked + 1
    assert num_switched > min(asked, num_covered) - 1
    if ratio == 1:
        assert num_switched == num_covered
    assert switched.original == sentence.text
    spans = {sentence.words[word] for word in sentence.choices}
    assert {(found.start, found.end) for found in switched.switches} <= spans


@settings(deadline=None)
@given(covered_sentences(), st.floats(0, 1), st.integers(0, 99))
def test_the_same_seed_gives_the_same_text(sentence, ratio, seed):
    first, second = (
        switch_by_lexicon(sentence, options(ratio, 0.5), random(seed)) for _ in range(2)
    )
    assert first == second
