"""Japanese words by MeCab (through fugashi) with the small edition of UniDic: short units."""

from functools import cache
from typing import TYPE_CHECKING

import unidic_lite
from fugashi import Tagger

from lingweave.corpus.segmenters.locate import locate

if TYPE_CHECKING:
    from lingweave.corpus.segmenters import Span


def segment(text: str) -> "list[Span]":
    """Return the spans of MeCab's words, as they are written."""
    return locate(text, [word.surface for word in _tagger()(text)])


@cache
def _tagger() -> Tagger:
    # The dictionary is named so that another one, if installed, does not change the words.
    return Tagger(f'-d "{unidic_lite.DICDIR}" -r "{unidic_lite.DICDIR}/mecabrc"')
