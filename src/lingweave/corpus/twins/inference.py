"""Inference examples whose label follows from how they were made.

The premise is drawn from the grammar, without a look at the label; the hypothesis is then made from
it. Whatever the label, it may leave modifiers out and climb from a noun to the name of its kind.

- entailment: that is all, and at least one such step is taken.
- neutral: one thing is said that the premise leaves open: a modifier more, a member where the
  premise names the kind; where the premise leaves nothing open, something else that was done.
- contradiction: one thing is denied: the verb is negated (or no longer), or the verb, an adjective
  or the adverb has given way to its opposite.

Worked example, premise "the young dog eats the bread at home": "the animal eats the bread at home"
is entailed, "the dog quickly eats the bread" is left open, "the old dog eats the bread" and "the
dog does not eat the bread" are contradicted.

The hypothesis alone tells part of the label, as it does in SNLI and MultiNLI, where writers made
hypotheses from premises in the same way (Gururangan et al. 2018,
https://arxiv.org/abs/1803.02324): a negation hints at contradiction, a general noun at entailment,
a modifier at neutral. How much is measured in docs/twins.md. Premises hold all of these as well, so
the rest is to be had by comparing the two sentences only.
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


# Slots of a hypothesis that stay as they are, since they bear the label.
_Closed = frozenset[str]
_Change = tuple[Callable[[Meaning], Meaning], _Closed]

GENERALISING_RATE = 0.3
"""Chance (0–1) of each step that keeps a hypothesis true: a modifier dropped, a noun climbed."""

NEGATING_RATE = 0.4
"""Fraction (0–1) of contradictions that toggle the negation whatever else could be denied."""


@dataclass(frozen=True, kw_only=True)
class _HypothesisMaker:
    """Turns a premise into a hypothesis on which it has a given bearing."""

    grammar: MeaningGrammar
    rng: random.Random

    @property
    def _world(self) -> World:
        return self.grammar.world

    def make(self, premise: Meaning, label: str) -> Meaning:
        """Make a hypothesis; it is never the premise itself."""
        if label == ENTAILMENT:
            hypothesis = premise
            while hypothesis == premise:
                hypothesis = self._generalise(premise, frozenset())
            return hypothesis
        changes = self._additions(premise) if label == NEUTRAL else self._denials(premise)
        change, closed = self.rng.choice(changes)
        return self._generalise(change(premise), closed)

    def can_be_generalised(self, meaning: Meaning) -> bool:
        """Tell whether some modifier could be dropped, or some noun climbed."""
        phrases = (meaning.subject, meaning.object)
        return (
            meaning.adverb is not None
            or meaning.place is not None
            or any(p.adjective is not None or p.noun in self._world.hypernyms for p in phrases)
        )

    def _additions(self, premise: Meaning) -> list[_Change]:
        """Ways to say one thing that the premise leaves open."""
        frame = self._world.frame_of[premise.verb]
        changes: list[_Change] = []
        for role, kind in (("subject", frame.subject), ("object", frame.object)):
            phrase: NounPhrase = getattr(premise, role)
            if phrase.noun == kind.hypernym:
                member = replace(phrase, noun=self.rng.choice(kind.members))
                changes.append((_setter(role, member), frozenset({role})))
            if phrase.adjective is None:
                adorned = replace(phrase, adjective=self.grammar.draw_adjective(kind, self.rng))
                changes.append((_setter(role, adorned), frozenset({f"{role}.adjective"})))
        if premise.adverb is None:
            adverb = self.grammar.draw_adverb(self.rng)
            changes.append((_setter("adverb", adverb), frozenset({"adverb"})))
        if premise.place is None:
            place = self.grammar.draw_place(premise.topic, self.rng)
            changes.append((_setter("place", place), frozenset({"place"})))
        return changes or [(self._do_something_else, frozenset())]

    def _denials(self, premise: Meaning) -> list[_Change]:
        """Ways to say what cannot be true together with the premise."""
        antonyms = self._world.antonyms
        negation: _Change = (_setter("negated", not premise.negated), frozenset())
        if self.rng.random() < NEGATING_RATE:
            return [negation]
        changes = [negation]
        # Who does not open a door need not close it: opposites clash where they are done.
        if not premise.negated:
            changes.append((_setter("verb", antonyms[premise.verb]), frozenset()))
        for role in ("subject", "object"):
            phrase: NounPhrase = getattr(premise, role)
            if phrase.adjective is not None:
                opposite = replace(phrase, adjective=antonyms[phrase.adjective])
                changes.append((_setter(role, opposite), frozenset({f"{role}.adjective"})))
        if premise.adverb is not None:
            changes.append((_setter("adverb", antonyms[premise.adverb]), frozenset({"adverb"})))
        return changes

    def _do_something_else(self, meaning: Meaning) -> Meaning:
        frame = self._world.frame_of[meaning.verb]
        others = [verb for pair in frame.verb_pairs if meaning.verb not in pair for verb in pair]
        return replace(meaning, verb=self.rng.choice(others))

    def _generalise(self, meaning: Meaning, closed: _Closed) -> Meaning:
        """Say less than the meaning does, except in the closed slots."""
        parts: dict[str, object] = {}
        for role in ("subject", "object"):
            phrase: NounPhrase = getattr(meaning, role)
            if phrase.noun in self._world.hypernyms and role not in closed and self._may():
                phrase = replace(phrase, noun=self._world.hypernyms[phrase.noun])
            if f"{role}.adjective" not in closed and self._may():
                phrase = replace(phrase, adjective=None)
            parts[role] = phrase
        for slot in ("adverb", "place"):
            if slot not in closed and self._may():
                parts[slot] = None
        return replace(meaning, **parts)  # type: ignore[arg-type]

    def _may(self) -> bool:
        return self.rng.random() < GENERALISING_RATE


def _setter(slot: str, value: object) -> Callable[[Meaning], Meaning]:
    return lambda meaning: replace(meaning, **{slot: value})  # type: ignore[arg-type]


def draw_example(grammar: MeaningGrammar, label: str, rng: random.Random) -> Example:
    """Draw a premise, and make a hypothesis on which it has the bearing `label`.

    Args:
        grammar: where premises come from.
        label: one of `LABELS`.
        rng: the source of chance.
    """
    maker = _HypothesisMaker(grammar=grammar, rng=rng)
    premise = grammar.draw(rng)
    # Redrawn whatever the label, else the barest premises would tell that they entail nothing.
    while not maker.can_be_generalised(premise):
        premise = grammar.draw(rng)
    return Example(premise=premise, hypothesis=maker.make(premise, label), label=label)


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
