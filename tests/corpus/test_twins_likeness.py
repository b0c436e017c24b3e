"""Twins that are nearer to the base language: how many names they share, and in what order."""

import random

import pytest
from pydantic import ValidationError

from lingweave.corpus.twins import (
    Likeness,
    MeaningGrammar,
    TwinOptions,
    WorldSize,
    build_languages,
    build_lexicons,
    build_world,
    make_like,
    say,
    write_twins,
)

WORLD = build_world(WorldSize())
BASE, TWIN = build_languages(
    build_lexicons(WORLD, 2, seed=3, synonyms=0.3, two_words=0.3), ("miro",)
)
RNG = random.Random(5)
MEANINGS = [MeaningGrammar(world=WORLD).draw(RNG) for _ in range(200)]
SIZES = {
    "num_text": 20,
    "num_bitext_train": 20,
    "num_bitext_valid": 0,
    "num_nli_train": 6,
    "num_nli_dev": 6,
    "num_nli_test": 6,
}


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_just_the_share_of_concepts_has_the_names_of_the_base(share):
    twin = make_like(TWIN, BASE, Likeness(words=share), random.Random(1))
    names = {concept: twin.lexicon.names[concept] for concept in WORLD.concepts}
    shared = [concept for concept in names if names[concept] == BASE.lexicon.names[concept]]
    assert len(shared) == round(share * len(WORLD.concepts))
    for concept in set(names) - set(shared):
        assert names[concept] == TWIN.lexicon.names[concept]
    assert twin.grammar == TWIN.grammar


def test_in_the_order_of_the_base_a_twin_says_the_same_slots_in_turn():
    one_word = build_languages(build_lexicons(WORLD, 2, seed=3, synonyms=0, two_words=0), ("miro",))
    twin = make_like(one_word[1], one_word[0], Likeness(order=True), random.Random(1))
    differing = 0
    for meaning in MEANINGS:
        base, own, like = (say(meaning, one) for one in (*one_word, twin))
        assert like.slots == base.slots
        assert sorted(set(like.words) & set(base.words)) == ["."]
        differing += own.slots != base.slots
    assert differing > len(MEANINGS) / 2


def test_a_twin_that_is_like_the_base_in_all_says_the_same():
    twin = make_like(TWIN, BASE, Likeness(words=1, order=True), random.Random(1))
    assert [say(one, twin).text for one in MEANINGS] == [say(one, BASE).text for one in MEANINGS]


def test_a_likeness_changes_the_files_of_that_twin_alone(tmp_path):
    plain = TwinOptions(twins=("miro", "tasu"), **SIZES)
    like = plain.model_copy(update={"likeness": {"tasu": Likeness(words=0.5)}})
    for options, name in ((plain, "plain"), (like, "like")):
        write_twins(options, tmp_path / name)

    def text(name, language):
        return (tmp_path / name / "nli" / f"train.{language}.tsv").read_text("utf-8")

    assert text("plain", "base") == text("like", "base")
    assert text("plain", "miro") == text("like", "miro")
    assert text("plain", "tasu") != text("like", "tasu")


def test_a_likeness_of_a_language_that_is_not_made_is_refused():
    with pytest.raises(ValidationError, match="'tasu' is none of the twins"):
        TwinOptions(twins=("miro",), likeness={"tasu": Likeness()})
