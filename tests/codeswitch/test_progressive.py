"""The progressive schedule: easy words first, more and harder ones later."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from codeswitch.cases import covered, lexicon
from lingweave.codeswitch import (
    Progress,
    ProgressiveOptions,
    difficulties,
    draw_easy_words,
    draw_stage,
    stage_of_update,
    switch_at_stage,
    switch_words,
)
from lingweave.errors import UserError

LETTERS = "abcdefghij"
GERMAN = lexicon({letter: [letter * 2] for letter in LETTERS})
SENTENCE = covered(" ".join(LETTERS), GERMAN)


def random(seed=1):
    return np.random.default_rng(seed)


def test_difficulty_is_the_rank_of_the_relevance():
    np.testing.assert_allclose(
        difficulties(np.array([0.5, -3.0, 100.0, 0.1])), [0.625, 0.125, 0.875, 0.375]
    )
    np.testing.assert_allclose(difficulties(np.array([2.0, 2.0, 1.0])), [2 / 3, 2 / 3, 1 / 6])
    assert difficulties(np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("temperature", [0.1, 0.3, 1.0, 5.0])
def test_the_temperature_says_how_many_and_how_hard(temperature):
    """Of words with relevance 0 … 9 the k-th is switched with probability exp(−(k + 0.5)/10/T)."""
    relevance, number = np.arange(10.0), 3000
    counts = np.zeros(10)
    for seed in range(number):
        counts[draw_easy_words(SENTENCE, relevance, temperature, random(seed))] += 1
    expected = np.exp(-(np.arange(10) + 0.5) / 10 / temperature)
    bound = 4.5 * np.sqrt(expected * (1 - expected) / number) + 1e-9
    assert (np.abs(counts / number - expected) < bound).all()
    share = temperature * (1 - np.exp(-1 / temperature))
    assert counts.sum() / number / 10 == pytest.approx(share, abs=0.015)


@settings(deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6), min_size=10, max_size=10),
    st.floats(0.01, 10),
    st.floats(1.0, 10),
    st.integers(0, 999),
)
def test_a_hotter_stage_switches_what_a_cooler_one_does_and_more(relevance, cool, factor, seed):
    relevance = np.array(relevance)
    cooler = draw_easy_words(SENTENCE, relevance, cool, random(seed))
    hotter = draw_easy_words(SENTENCE, relevance, cool * factor, random(seed))
    assert set(cooler) <= set(hotter)
    assert cooler == sorted(cooler)


def test_only_covered_words_are_ranked_and_drawn():
    sentence = covered("x a, y b", GERMAN)
    hot = draw_easy_words(sentence, np.array([9.0, 1, 0, 9, 2]), 1e9, random())
    assert hot == [1, 4]
    assert switch_words(sentence, dict.fromkeys(hot, random())).text == "x aa, y bb"
    # The only covered word is of middling difficulty, however hard it is beside the others.
    alone, number = covered("x a y", GERMAN), 2000
    drawn = [draw_easy_words(alone, np.array([0.0, 5, 1]), 0.5, random(s)) for s in range(number)]
    assert abs(drawn.count([1]) / number - np.exp(-1)) < 4 * (0.25 / number) ** 0.5
    with pytest.raises(UserError, match="4 relevance scores for a sentence of 5 words"):
        draw_easy_words(sentence, np.zeros(4), 1.0, random())


def test_a_stage_switches_at_its_temperature():
    options = ProgressiveOptions(temperatures=(1e-9, 1e9))
    switched = [
        switch_at_stage(SENTENCE, np.arange(10.0), stage, options, random()).text
        for stage in range(3)
    ]
    plain = SENTENCE.text
    assert switched == [plain, plain, " ".join(letter * 2 for letter in LETTERS)]


@pytest.mark.parametrize("choice", ["relevance", "random"])
def test_a_switched_word_keeps_its_translation_at_all_later_stages(choice):
    """Of three languages with three translations each: one more word must not move the draws."""
    languages = [
        lexicon(
            {letter: [f"{letter}{name}{n}" for n in range(3)] for letter in LETTERS},
            target_language=name,
            name=name,
        )
        for name in ("de", "es", "fr")
    ]
    sentence = covered(" ".join(LETTERS), *languages)
    options = ProgressiveOptions(temperatures=(0.2, 0.5, 1.0, 1e9), choice=choice)
    last = set()
    for seed in range(20):
        before: dict[int, str] = {}
        for stage in range(5):
            made = switch_at_stage(sentence, np.arange(10.0), stage, options, random(seed))
            now = {switch.start: made.replacement(switch) for switch in made.switches}
            assert before.items() <= now.items()
            before = now
        assert len(before) == len(LETTERS)
        last |= {text[1:] for text in before.values()}
    assert len(last) == 9  # every language and translation is drawn


def test_the_random_control_switches_as_many_words_but_any_of_them():
    relevance = np.arange(10.0)
    starts = {"relevance": [], "random": []}
    for seed in range(300):
        texts = {}
        for choice, found in starts.items():
            options = ProgressiveOptions(temperatures=(0.3,), choice=choice)
            texts[choice] = switch_at_stage(SENTENCE, relevance, 1, options, random(seed))
            found += [switch.start / 2 for switch in texts[choice].switches]
        assert len(texts["relevance"].switches) == len(texts["random"].switches)
    assert np.mean(starts["random"]) == pytest.approx(4.5, abs=0.4)
    assert np.mean(starts["relevance"]) < 2.7  # the easy words are the first ones


def test_every_stage_gets_an_equal_share_of_the_updates():
    options = ProgressiveOptions(temperatures=(0.1, 0.5, 1.0))
    stages = [stage_of_update(update, 100, options) for update in range(100)]
    assert [stages.count(stage) for stage in range(4)] == [25, 25, 25, 25]
    assert stages == sorted(stages)
    assert [stage_of_update(update, 2, options) for update in range(3)] == [0, 2, 3]


def test_a_plateau_ends_a_stage():
    options = ProgressiveOptions(temperatures=(0.1, 1.0), patience=2)
    progress, stages = Progress(), []
    #              rise  rise  equal fall→1  new   rise  fall  fall→2  falls without end
    for score in [0.50, 0.60, 0.60, 0.55, 0.40, 0.41, 0.30, 0.40, 0.2, 0.1, 0.1, 0.1]:
        progress = progress.after(score, options)
        stages.append(progress.stage)
    assert stages == [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2]


def test_replay_draws_every_earlier_stage_alike():
    options = ProgressiveOptions(replay=0.4)
    generator, number = random(), 6000
    drawn = np.bincount([draw_stage(3, options, generator) for _ in range(number)]) / number
    expected = np.array([0.4 / 3, 0.4 / 3, 0.4 / 3, 0.6])
    assert (np.abs(drawn - expected) < 4.5 * np.sqrt(expected * (1 - expected) / number)).all()
    assert {draw_stage(0, options, generator) for _ in range(50)} == {0}
    none = ProgressiveOptions(replay=0.0)
    assert {draw_stage(2, none, generator) for _ in range(50)} == {2}


@pytest.mark.parametrize(
    "change",
    [
        {"temperatures": ()},
        {"temperatures": (0.5, 0.5)},
        {"temperatures": (0.0, 1.0)},
        {"replay": 1.0},
        {"patience": 0},
        {"move": "never"},
    ],
)
def test_a_curriculum_that_makes_no_sense_is_refused(change):
    with pytest.raises(ValidationError):
        ProgressiveOptions(**change)
