"""A world of the default size and its languages, as several tests need them."""

from dataclasses import replace

from lingweave.corpus.twins import (
    Meaning,
    MeaningGrammar,
    WorldSize,
    build_languages,
    build_lexicons,
    build_world,
)

WORLD = build_world(WorldSize())
GRAMMAR = MeaningGrammar(world=WORLD)
TWINS = ("miro", "tasu", "sevo", "lima")
LANGUAGES = build_languages(
    build_lexicons(WORLD, len(TWINS) + 1, seed=3, synonyms=0.3, two_words=0.3), TWINS
)
BASE_LANGUAGE = LANGUAGES[0]
[ONE_WORD_LANGUAGE] = build_languages(
    build_lexicons(WORLD, 1, seed=3, synonyms=0, two_words=0), twins=()
)


def event(meaning: Meaning) -> Meaning:
    return replace(meaning, register=0, emphasis=None)
