"""Twins that are nearer to the base language: in their words, in their order, or in both.

By default a twin shares the full stop with the base language and nothing else. Here a share of the
concepts gets the base language's own names, as related languages have words in common, or the twin
says everything in the base language's order, without a marker. So the distance between languages
can be varied in one study, language by language.
"""

import random
from dataclasses import replace

from pydantic import BaseModel, ConfigDict, Field

from lingweave.corpus.twins.translation import Language


class Likeness(BaseModel):
    """What a twin has in common with the base language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: float = Field(
        default=0.0, ge=0, le=1, description="fraction of concepts with the base's names"
    )
    order: bool = Field(default=False, description="whether its order of words is the base's")


def make_like(twin: Language, base: Language, likeness: Likeness, rng: random.Random) -> Language:
    """The twin with some of the base language's names, and perhaps with its order.

    Args:
        twin: to be changed.
        base: to be like.
        likeness: in what.
        rng: draws the concepts whose names they share.
    """
    concepts = sorted(twin.lexicon.names)
    shared = rng.sample(concepts, round(likeness.words * len(concepts)))
    names = twin.lexicon.names | {concept: base.lexicon.names[concept] for concept in shared}
    return replace(
        twin,
        lexicon=replace(twin.lexicon, names=names),
        grammar=base.grammar if likeness.order else twin.grammar,
    )
