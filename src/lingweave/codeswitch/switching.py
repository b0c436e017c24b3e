"""Switched text that knows what was switched: spans and tags go to it and back.

"the [cat] sleeps" with cat → Katze is "the [Katze] sleeps": the switch keeps both spans. All
offsets count characters, 0-based, the end exclusive.

How a span is mapped, either way: an end of it outside all switches moves by what the switches
before it added or took; one inside a switch moves to the outer end of the replacement. So a span
that touches a switched word or phrase covers all of what replaced it, and an answer "at" in "cat"
becomes "Katze", since no part of a word translates a part of it. There and back gives the span
widened to whole switched words.

Between scripts with spaces and without ("我cat") a space is put where two words would run into one.
It belongs to no switch's span: no answer begins or ends with it.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lingweave.codeswitch.writing import needs_space
from lingweave.corpus import Segmenter, Span
from lingweave.errors import UserError


class Replacement(NamedTuple):
    """What shall stand in the place of a word or phrase; see `Switch` for the fields."""

    start: int
    end: int
    text: str
    language: str
    origin: str
    num_words: int
    num_new_words: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A word or phrase that was replaced.

    Attributes:
        start: where it began in the original text.
        end: where it ended there.
        new_start: where the replacement begins in the switched text.
        new_end: where it ends there.
        original: what was replaced.
        language: code of the replacement's language.
        origin: name of the lexicon, or "alignment".
        num_words: how many words were replaced; only those with a letter count.
        num_new_words: how many words replace them.
        space_before: a space was put before the replacement.
        space_after: a space was put behind it.
    """

    start: int
    end: int
    new_start: int
    new_end: int
    original: str
    language: str
    origin: str
    num_words: int
    num_new_words: int
    space_before: bool = False
    space_after: bool = False

    @property
    def outer_start(self) -> int:
        """Where the replacement begins in the switched text, with the space put before it."""
        return self.new_start - self.space_before

    @property
    def outer_end(self) -> int:
        """Where it ends there, with the space put behind it."""
        return self.new_end + self.space_after


@dataclass(frozen=True, slots=True)
class SwitchedText:
    """A text in which words were replaced.

    Attributes:
        text: as it is now.
        switches: what was replaced, in the order of the text, disjoint.
    """

    text: str
    switches: tuple[Switch, ...] = ()

    @property
    def original(self) -> str:
        """The text before, from the switches alone."""
        parts, end = [], 0
        for switch in self.switches:
            parts += [self.text[end : switch.outer_start], switch.original]
            end = switch.outer_end
        return "".join([*parts, self.text[end:]])

    def replacement(self, switch: Switch) -> str:
        """What stands in the place of a switched word or phrase."""
        return self.text[switch.new_start : switch.new_end]

    def map_span(self, start: int, end: int) -> Span:
        """The span in the switched text of a span in the original; see the module for the rule.

        Raises:
            UserError: the span is empty or not within the text.
        """
        added = self.switches[-1].outer_end - self.switches[-1].end if self.switches else 0
        _check_span(start, end, len(self.text) - added)
        new_start, new_end = start, end
        for switch in self.switches:
            if switch.start <= start:
                inside = start < switch.end
                new_start = switch.new_start if inside else switch.outer_end + start - switch.end
            if switch.start < end:
                inside = end <= switch.end
                new_end = switch.new_end if inside else switch.outer_end + end - switch.end
        return new_start, new_end

    def map_span_back(self, start: int, end: int) -> Span:
        """The span in the original of a span in the switched text.

        A span of nothing but a space that was put in has no original: the result is empty.

        Raises:
            UserError: the span is empty or not within the text.
        """
        _check_span(start, end, len(self.text))
        old_start, old_end = start, end
        for switch in self.switches:
            if switch.outer_start <= start:
                if start < switch.new_end:
                    old_start = switch.start
                else:
                    old_start = switch.end + max(0, start - switch.outer_end)
            if switch.outer_start < end:
                if end <= switch.new_start:
                    old_end = switch.start
                else:
                    old_end = switch.end + max(0, end - switch.outer_end)
        return old_start, old_end

    def switches_at(self, words: Sequence[Span]) -> Iterator[tuple[Span, Switch | None]]:
        """Yield each word with the switch that replaced it, if one did.

        Args:
            words: spans of the original's words, in order; a switch replaces whole words.

        Yields:
            (word, switch or None).
        """
        starts = [switch.start for switch in self.switches]
        for start, end in words:
            # The last switch that begins before the word's end is the only one to reach into it.
            place = bisect_left(starts, end) - 1
            found = place >= 0 and start < self.switches[place].end
            yield (start, end), self.switches[place] if found else None

    def map_words(self, words: Sequence[Span], segment: Segmenter) -> list[Span]:
        """The words of the switched text: those not touched, and those of the replacements.

        Args:
            words: spans of the original's words; a switch replaces whole words.
            segment: finds the words of a replacement.
        """
        found: list[Span] = []
        for (start, end), switch in self.switches_at(words):
            if switch is None:
                found.append(self.map_span(start, end))
            elif start == switch.start:
                shift = switch.new_start
                found += [
                    (shift + first, shift + last)
                    for first, last in segment(self.replacement(switch))
                ]
        return found

    def map_tags(
        self, tags: Sequence[str], words: Sequence[Span], new_words: Sequence[Span]
    ) -> list[str]:
        """BIO tags of the words of the switched text.

        The first word of a replacement takes the tag of the first word that it replaces, and the
        others go on with it: cat/B-X → big/B-X cat/I-X. A word that was not replaced keeps its tag.

        Args:
            tags: of the original's words: O, B-… or I-….
            words: spans of the original's words.
            new_words: spans of the switched text's words, as `map_words` gives them.

        Raises:
            UserError: there are not as many tags as words, or a switched phrase holds more than
                one entity, or an entity and other words, so no tag would be true of it.
        """
        if len(tags) != len(words):
            raise UserError(
                f"{len(tags)} tags for {len(words)} words", remedy="give each word one tag"
            )
        owners = dict(_words_of_switches(self.switches, words))
        for switch, (first, last) in owners.items():
            _check_one_entity(tags[first:last], switch)
        tag_at = {self.map_span(*word)[0]: tag for word, tag in zip(words, tags, strict=True)}
        tag_at |= {switch.new_start: tags[first] for switch, (first, _) in owners.items()}
        mapped: list[str] = []
        for start, _ in new_words:
            within = next((s for s in self.switches if s.new_start < start < s.new_end), None)
            if within is None:
                mapped.append(tag_at[start])
            else:
                mapped.append(_continued(tag_at[within.new_start]))
        return mapped


def replace_spans(text: str, replacements: Iterable[Replacement]) -> SwitchedText:
    """Replace words or phrases.

    Args:
        text: the original.
        replacements: of whole words, in the order of the text, disjoint.
    """
    switches: list[Switch] = []
    new_text, end = "", 0
    for replacement in replacements:
        assert end <= replacement.start < replacement.end <= len(text), replacement
        new_text += text[end : replacement.start]
        space_before = replacement.start > 0 and needs_space(new_text, replacement.text)
        new_start = len(new_text) + space_before
        new_text += " " * space_before + replacement.text
        new_end, end = len(new_text), replacement.end
        # What follows may be switched too; then its own space before it parts the two.
        space_after = needs_space(replacement.text, text[end : end + 1])
        switches.append(
            Switch(
                start=replacement.start,
                end=end,
                new_start=new_start,
                new_end=new_end,
                original=text[replacement.start : end],
                language=replacement.language,
                origin=replacement.origin,
                num_words=replacement.num_words,
                num_new_words=replacement.num_new_words,
                space_before=space_before,
                space_after=space_after,
            )
        )
        new_text += " " * space_after
    return SwitchedText(new_text + text[end:], tuple(switches))


def _check_span(start: int, end: int, length: int) -> None:
    if not 0 <= start < end <= length:
        raise UserError(
            f"there is no span [{start}, {end}) in a text of {length} characters",
            remedy="give character offsets into this very text, the end exclusive",
        )


def _words_of_switches(
    switches: Sequence[Switch], words: Sequence[Span]
) -> Iterator[tuple[Switch, Span]]:
    """Which words each switch replaced, as the first and one behind the last."""
    for switch in switches:
        inside = [
            index
            for index, (start, end) in enumerate(words)
            if switch.start < end and start < switch.end
        ]
        yield switch, (inside[0], inside[-1] + 1)


def _continued(tag: str) -> str:
    return tag if tag == "O" else f"I-{tag[2:]}"


def _check_one_entity(tags: Sequence[str], switch: Switch) -> None:
    if any(tag != _continued(tags[0]) for tag in tags[1:]):
        raise UserError(
            f"the switched phrase {switch.original!r} has the tags {' '.join(tags)}, "
            "which no one tag can replace",
            remedy="switch single words, or only phrases within one entity",
        )
