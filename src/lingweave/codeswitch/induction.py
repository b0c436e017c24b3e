"""A lexicon counted in aligned text: how often a word is linked to which translation.

With c(s, t) links between the words s and t, p(t | s) = c(s, t) / c(s) and p(s | t) = c(s, t) /
c(t), where c(s) and c(t) count all links of a word (relative frequencies, as in Koehn, Och and
Marcu 2003, section 4). A pair must be frequent enough and likely enough both ways: a frequent word
such as "the" is linked to nearly everything now and then, which p(s | t) tells.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from lingweave.alignment import LinkArray, check_links
from lingweave.codeswitch.lexicon import Lexicon
from lingweave.codeswitch.writing import holds_letter, lookup_key
from lingweave.errors import UserError


class InductionOptions(BaseModel):
    """Which linked pairs of words become entries. The defaults are ours."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_count: int = Field(default=2, ge=1, description="least number of links, c(s, t)")
    min_forward: float = Field(default=0.1, ge=0, le=1, description="least p(t | s), 0-1")
    min_backward: float = Field(default=0.1, ge=0, le=1, description="least p(s | t), 0-1")


def induce_lexicon(
    pairs: Iterable[tuple[Sequence[str], Sequence[str]]],
    links: Iterable[LinkArray],
    options: InductionOptions,
    *,
    name: str,
    source_language: str | None,
    target_language: str,
) -> Lexicon:
    """Count a lexicon in sentence pairs with their links; a translation's weight is p(t | s).

    Words are counted by their lower-case form; a translation is written as it mostly is within a
    sentence, so that German nouns keep their capitals and "zwei" gets none. Only words with a
    letter become entries.

    Args:
        pairs: (source words, target words), as written.
        links: of every pair, in the same order.
        options: which pairs are kept.
        name: of the new lexicon.
        source_language: code of the words' language, None if not known.
        target_language: code of the translations' language.

    Raises:
        AlignmentError: a link is beyond its sentence pair.
        UserError: no pair of words is kept, or pairs and links differ in number.
    """
    counts, forms = _counted(pairs, links, source_language, target_language)
    source_counts: Counter[str] = Counter()
    target_counts: Counter[str] = Counter()
    for (source_word, target_word), count in counts.items():
        source_counts[source_word] += count
        target_counts[target_word] += count
    weights: dict[str, dict[str, float]] = {}
    for (source_word, target_word), count in sorted(counts.items()):
        forward, backward = count / source_counts[source_word], count / target_counts[target_word]
        if (
            count >= options.min_count
            and forward >= options.min_forward
            and backward >= options.min_backward
            and holds_letter(source_word)
            and holds_letter(target_word)
        ):
            written = min(forms[target_word].items(), key=lambda item: (-item[1], item[0]))[0]
            weights.setdefault(source_word, {})[written] = forward
    if not weights:
        raise UserError(
            "no pair of words is linked often enough to become an entry",
            remedy="give more parallel text, or lower the least count and probabilities",
        )
    return Lexicon.of(
        weights, name=name, source_language=source_language, target_language=target_language
    )


def _counted(
    pairs: Iterable[tuple[Sequence[str], Sequence[str]]],
    links: Iterable[LinkArray],
    source_language: str | None,
    target_language: str,
) -> tuple[Counter[tuple[str, str]], Mapping[str, Counter[str]]]:
    """c(s, t) of lower-case forms, and how often each t is written how, not as a first word."""
    counts: Counter[tuple[str, str]] = Counter()
    forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
    try:
        for (source, target), of_pair in zip(pairs, links, strict=True):
            check_links(of_pair, len(source), len(target))
            for s, t in of_pair.tolist():
                key = lookup_key(target[t], target_language)
                counts[lookup_key(source[s], source_language), key] += 1
                forms[key][target[t]] += t > 0  # the first word has its capital from its place
    except ValueError as error:
        if isinstance(error, UserError):
            raise
        raise UserError(
            "there are not as many sentence pairs as lines of links",
            remedy="give the links of exactly these pairs",
        ) from error
    return counts, forms
