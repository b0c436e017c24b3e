"""From a library's words, which are strings, to spans in the text that it was given."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lingweave.corpus.segmenters import unicode

if TYPE_CHECKING:
    from lingweave.corpus.segmenters import Span


def locate(text: str, words: Iterable[str]) -> "list[Span]":
    """Find each word after the one before it.

    Libraries drop spaces, and some rewrite characters or stop at one that they do not know. What no
    word accounts for is segmented by Unicode, so that no text gets lost.

    Args:
        text: the sentence.
        words: its words in order, as the library wrote them; spaces around them do not count.

    Returns:
        the spans, sorted and disjoint.
    """
    spans: list[Span] = []
    end = 0
    for word in words:
        bare = word.strip()
        start = text.find(bare, end) if bare.strip(unicode.ZERO_WIDTH_SPACES) else -1
        if start >= 0:
            spans += segment_part(text, end, start)
            end = start + len(bare)
            spans.append((start, end))
    return spans + segment_part(text, end, len(text))


def segment_part(text: str, start: int, end: int) -> "list[Span]":
    """Segment `text[start:end]` by Unicode; the spans count from the start of `text`."""
    return [(start + first, start + last) for first, last in unicode.segment(text[start:end])]
