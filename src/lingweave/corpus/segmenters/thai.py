"""Thai words by PyThaiNLP's `newmm`: longest dictionary words, whole character clusters."""

import re
from typing import TYPE_CHECKING

from pythainlp.tokenize import word_tokenize

from lingweave.corpus.segmenters.locate import locate, segment_part

if TYPE_CHECKING:
    from lingweave.corpus.segmenters import Span

_THAI = re.compile("[\u0e00-\u0e7f]")


def segment(text: str) -> "list[Span]":
    """Return the spans of Thai words; what is not Thai is segmented by Unicode, as elsewhere."""
    spans: list[Span] = []
    for start, end in locate(text, word_tokenize(text, engine="newmm")):
        if _THAI.search(text, start, end):
            spans.append((start, end))
        else:  # newmm leaves `(Übung)` and `"ok".` whole
            spans += segment_part(text, start, end)
    return spans
