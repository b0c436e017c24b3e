"""Words in a sentence, as spans of characters: the one way in which words are ever named here.

In goes a sentence, out come `(start, end)` offsets into that very string, 0-based, the end
exclusive, sorted and disjoint. Each character but spaces and zero-width spaces is in one of them.
Offsets, not strings, because subwords come with offsets too: so words and subwords meet without
tokenising words one at a time, whatever the script.

A new segmenter is one file with a function `segment(text)` and one line in `SEGMENTERS`.
"""

import importlib
from collections.abc import Callable
from typing import NamedTuple, TypeAlias, cast

from lingweave.errors import MissingExtraError, UserError

Span: TypeAlias = tuple[int, int]
Segmenter: TypeAlias = Callable[[str], list[Span]]

DEFAULT_SEGMENTER = "unicode"


class SegmenterEntry(NamedTuple):
    """Where a segmenter is, which languages it is the default for, which extra it needs."""

    module: str
    languages: tuple[str, ...] = ()
    extra: str | None = None


_HERE = "lingweave.corpus.segmenters"
SEGMENTERS: dict[str, SegmenterEntry] = {
    "unicode": SegmenterEntry(f"{_HERE}.unicode"),
    "whitespace": SegmenterEntry(f"{_HERE}.whitespace"),
    "jieba": SegmenterEntry(f"{_HERE}.chinese", languages=("zh", "zho", "cmn"), extra="chinese"),
    "fugashi": SegmenterEntry(f"{_HERE}.japanese", languages=("ja", "jpn"), extra="japanese"),
    "newmm": SegmenterEntry(f"{_HERE}.thai", languages=("th", "tha"), extra="thai"),
}


def segmenter(name: str) -> Segmenter:
    """Return the segmenter of that name; its module is imported only now.

    Args:
        name: a key of `SEGMENTERS`; `whitespace` is for text that is already tokenised.

    Returns:
        the function from a sentence to its words' spans.

    Raises:
        UserError: there is no segmenter of that name.
        MissingExtraError: what it needs is not installed; the message names the extra.
    """
    entry = SEGMENTERS.get(name)
    if entry is None:
        raise UserError(
            f"no segmenter is called {name!r}", remedy=f"choose one of: {', '.join(SEGMENTERS)}"
        )
    try:
        module = importlib.import_module(entry.module)
    except ModuleNotFoundError as error:
        if entry.extra is None:
            raise
        raise MissingExtraError(
            f"the segmenter {name!r} needs the package {error.name}, which is not installed",
            remedy=f'install it with: pip install "lingweave[{entry.extra}]"',
        ) from error
    return cast("Segmenter", module.segment)


def segmenter_for_language(language: str | None) -> Segmenter:
    """Return the default segmenter of a language: by words' letters unless it writes no spaces.

    Args:
        language: a code such as `zh`, `zh-Hant` or `zh_TW`; None if not known.

    Returns:
        the function from a sentence to its words' spans.

    Raises:
        MissingExtraError: what it needs is not installed; the message names the extra.
    """
    return segmenter(segmenter_name(language))


def segmenter_name(language: str | None) -> str:
    """Return the name of a language's default segmenter, which a score's signature may carry."""
    primary = (language or "").replace("_", "-").partition("-")[0].lower()
    for name, entry in SEGMENTERS.items():
        if primary in entry.languages:
            return name
    return DEFAULT_SEGMENTER
