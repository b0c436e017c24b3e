"""Inference examples whose label follows from how they were made.

The hypothesis is drawn first, from the grammar and without a look at the label; the premise is then
made from it. So a hypothesis alone says nothing about its label, unlike in SNLI (Gururangan et al.
2018, https://arxiv.org/abs/1803.02324).

- entailment: the premise says all that the hypothesis says, and more: it adds modifiers, it names a
  member of the hypothesis' kind. Seen from the premise: modifiers were dropped, nouns climbed.
- neutral: as before, but one thing of the hypothesis is not said: the premise has no such modifier,
  says only the kind, or tells of something else that was done.
- contradiction: as before, but the premise denies the verb, or has the opposite verb, adjective or
  adverb.

Worked example, hypothesis "the dog eats the bread": "the young dog eats the bread at home" entails
it; "the animal eats the bread at home" leaves it open; "the young dog does not eat the bread"
contradicts it.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from lingweave.corpus.twins.grammar import Meaning, MeaningGrammar, NounPhrase
from lingweave.corpus.twins.lexicon import World

ENTAILMENT, NEUTRAL, CONTRADICTION = "entailment", "neutral", "contradiction"
LABELS = (ENTAILMENT, NEUTRAL, CONTRADICTION)


@dataclass(frozen=True, kw_only=True)
class Example:
    """A premise, a hypothesis, and how the one bears on the other."""

    premise: Meaning
    hypothesis: Meaning
    label: str


# Slots of a premise that must stay as they are, since the hypothesis' claim there is to be unsaid.
_Closed = frozenset[str]
_Change = tuple[Callable[[Meaning], Meaning], _Closed]


@dataclass(frozen=True, kw_only=True)
class _PremiseMaker:
    """Turns a hypothesis into a premise with a given bearing on it."""

    grammar: MeaningGrammar
    rng: random.Random
    enrich_rate: float

    @property
    def _world(self) -> World:
        return self.grammar.world

    def make(self, hypothesis: Meaning, label: str) -> Meaning:
        """Make a premise; it is never the hypothesis itself."""
        if label == NEUTRAL:
            change, closed = self.rng.choice(self._unsayings(hypothesis))
        elif label == CONTRADICTION:
            change, closed = self.rng.choice(self._denials(hypothesis))
        else:
            premise = hypothesis
            while premise == hypothesis:
                premise = self._enrich(hypothesis, frozenset())
            return premise
        return self._enrich(change(hypothesis), closed)

    def can_be_enriched(self, meaning: Meaning) -> bool:
        """Tell whether some slot is open, or some noun could be more special."""
        phrases = (meaning.subject, meaning.object)
        return (
            meaning.adverb is None
            or meaning.place is None
            or any(p.adjective is None or p.noun not in self._world.hypernyms for p in phrases)
        )

    def _unsayings(self, hypothesis: Meaning) -> list[_Change]:
        """Ways to leave one thing of the hypothesis unsaid."""
        changes: list[_Change] = [(self._do_something_else, frozenset())]
        for role in ("subject", "object"):
            phrase: NounPhrase = getattr(hypothesis, role)
            if phrase.noun in self._world.hypernyms:
                up = replace(phrase, noun=self._world.hypernyms[phrase.noun])
                changes.append((_setter(role, up), frozenset({role})))
            if phrase.adjective is not None:
                bare = replace(phrase, adjective=None)
                changes.append((_setter(role, bare), frozenset({f"{role}.adjective"})))
        for slot in ("adverb", "place"):
            if getattr(hypothesis, slot) is not None:
                changes.append((_setter(slot, None), frozenset({slot})))
        return changes

    def _denials(self, hypothesis: Meaning) -> list[_Change]:
        """Ways to say what cannot be true together with the hypothesis."""
        antonyms, nothing = self._world.antonyms, frozenset[str]()
        changes: list[_Change] = [(_setter("negated", not hypothesis.negated), nothing)]
        # Who does not open a door need not close it: opposites clash where they are done.
        if not hypothesis.negated:
            changes.append((_setter("verb", antonyms[hypothesis.verb]), nothing))
        for role in ("subject", "object"):
            phrase: NounPhrase = getattr(hypothesis, role)
            if phrase.adjective is not None:
                opposite = replace(phrase, adjective=antonyms[phrase.adjective])
                changes.append((_setter(role, opposite), nothing))
        if hypothesis.adverb is not None:
            changes.append((_setter("adverb", antonyms[hypothesis.adverb]), nothing))
        return changes

    def _do_something_else(self, meaning: Meaning) -> Meaning:
        frame = self._world.frame_of[meaning.verb]
        others = [verb for pair in frame.verb_pairs if meaning.verb not in pair for verb in pair]
        return replace(meaning, verb=self.rng.choice(others))

    def _enrich(self, meaning: Meaning, closed: _Closed) -> Meaning:
        """Say more than the meaning does, except in the closed slots."""
        frame = self._world.frame_of[meaning.verb]
        parts: dict[str, object] = {}
        for role, kind in (("subject", frame.subject), ("object", frame.object)):
            phrase: NounPhrase = getattr(meaning, role)
            if phrase.noun == kind.hypernym and role not in closed and self._may():
                phrase = replace(phrase, noun=self.rng.choice(kind.members))
            if phrase.adjective is None and f"{role}.adjective" not in closed and self._may():
                phrase = replace(phrase, adjective=self.grammar.draw_adjective(kind, self.rng))
            parts[role] = phrase
        if meaning.adverb is None and "adverb" not in closed and self._may():
            parts["adverb"] = self.grammar.draw_adverb(self.rng)
        if meaning.place is None and "place" not in closed and self._may():
            parts["place"] = self.grammar.draw_place(meaning.topic, self.rng)
        return replace(meaning, **parts)  # type: ignore[arg-type]

    def _may(self) -> bool:
        return self.rng.random() < self.enrich_rate


def _setter(slot: str, value: object) -> Callable[[Meaning], Meaning]:
    return lambda meaning: replace(meaning, **{slot: value})  # type: ignore[arg-type]


def draw_example(
    grammar: MeaningGrammar, label: str, rng: random.Random, *, enrich_rate: float = 0.3
) -> Example:
    """Draw a hypothesis, and make a premise that has the bearing `label` on it.

    Args:
        grammar: where hypotheses come from.
        label: one of `LABELS`.
        rng: the source of chance.
        enrich_rate: chance (above 0, up to 1) that the premise fills a slot that the hypothesis
            leaves open.
    """
    maker = _PremiseMaker(grammar=grammar, rng=rng, enrich_rate=enrich_rate)
    hypothesis = grammar.draw(rng)
    # Redrawn whatever the label, else full hypotheses would tell that they are not entailed.
    while not maker.can_be_enriched(hypothesis):
        hypothesis = grammar.draw(rng)
    premise = maker.make(hypothesis, label)
    return Example(premise=premise, hypothesis=hypothesis, label=label)


def _claims(meaning: Meaning) -> set[tuple[str, str]]:
    """The single things a meaning says, each as slot and content; polarity is in the slot."""
    claims = {
        ("denied" if meaning.negated else "done", meaning.verb),
        ("subject", meaning.subject.noun),
        ("object", meaning.object.noun),
        ("subject.adjective", meaning.subject.adjective),
        ("object.adjective", meaning.object.adjective),
        ("adverb", meaning.adverb),
        ("place", None if meaning.place is None else str(meaning.place)),
    }
    return {(slot, content) for slot, content in claims if content is not None}


def infer(world: World, premise: Meaning, hypothesis: Meaning) -> str:
    """Tell from two meanings how the first bears on the second, whatever made them.

    Both are taken to tell of one and the same event. Two members of a kind may be one thing (the
    farmer, the father), so they leave each other open.
    """
    said, claimed = _claims(premise), _claims(hypothesis)
    said |= {(slot, world.hypernyms[c]) for slot, c in said if c in world.hypernyms}
    # To do a thing is not to do its opposite.
    said |= {("denied", world.antonyms[c]) for slot, c in said if slot == "done"}
    if any(_clash(world, slot, content) & said for slot, content in claimed):
        return CONTRADICTION
    return ENTAILMENT if claimed <= said else NEUTRAL


def _clash(world: World, slot: str, content: str) -> set[tuple[str, str]]:
    """The claims that cannot be true together with this one."""
    if slot == "done":
        return {("denied", content)}
    if slot == "denied":
        return {("done", content)}
    return {(slot, world.antonyms[content])} if content in world.antonyms else set()
