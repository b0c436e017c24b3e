"""Words by spaces only: for text that is already tokenised, whose words must stay as they are."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingweave.corpus.segmenters import Span

_WORD = re.compile(r"\S+")


def segment(text: str) -> "list[Span]":
    """Return the spans of what `text.split()` would return."""
    return [match.span() for match in _WORD.finditer(text)]
