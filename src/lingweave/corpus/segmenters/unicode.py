r"""Words by Unicode: runs of letters, digits and marks; every other visible character by itself.

For unaccented text this is `\w+|[^\w\s]`, the usual way to prepare text for fast_align. It departs
from that where Python's `\w` is wrong for words:

- combining marks (Devanagari vowel signs, Arabic vowels, decomposed accents) continue a word;
- so do characters that only format (joiners in Persian and Hindi, soft hyphens, bidi marks);
- a zero-width space separates words, as it was made to.

Scripts without spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) come out as
whole clauses; the first three have segmenters of their own.
"""

from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from lingweave.corpus.segmenters import Span

ZERO_WIDTH_SPACES = "\u200b\ufeff"

_FORMAT = rf"[\p{{Cf}}--[{ZERO_WIDTH_SPACES}]]"
_LETTER = r"[\w\p{N}\p{M}]"
_SPACE = rf"\s{ZERO_WIDTH_SPACES}\x1c-\x1f"
_WORD = regex.compile(
    rf"{_FORMAT}*+{_LETTER}(?:{_LETTER}|{_FORMAT})*+"
    rf"|{_FORMAT}*+[^{_SPACE}](?:\p{{M}}|{_FORMAT})*+"
    rf"|{_FORMAT}++",
    flags=regex.VERSION1,
)


def segment(text: str) -> "list[Span]":
    """Return the spans of words and of single punctuation marks and symbols."""
    return [match.span() for match in _WORD.finditer(text)]
