"""How words are written: their case, whether they hold a letter, spaces between scripts.

Scripts without case (Arabic, Devanagari, Han, Thai ...) pass through unchanged.
"""

import unicodedata

import regex

_DOTLESS_I = {"tr", "az"}
"""Languages in which i and İ, ı and I are two letters: str.upper would turn one into the other."""

_LETTER_OR_MARK = regex.compile(r"[\p{L}\p{M}\p{N}]")
# Soft hyphens, marks of direction and the like; not the (non-)joiners, which make other words.
_UNSEEN = regex.compile(r"[\p{Cf}--\u200C\u200D]", regex.V1)
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")


def holds_letter(text: str) -> bool:
    """Whether this is a word of a language, and not punctuation or a number."""
    return any(map(str.isalpha, text))


def needs_space(left: str, right: str) -> bool:
    """Whether two words would run into one if they met: not so where both scripts use no spaces.

    Args:
        left: text whose last character counts; may be empty.
        right: text whose first character counts; may be empty.
    """
    touching = left[-1:], right[:1]
    return all(map(_LETTER_OR_MARK.match, touching)) and not all(map(_UNSPACED.match, touching))


def lookup_key(word: str, language: str | None) -> str:
    """The form under which a lexicon keeps a word: composed (NFC), lower-case, as it is seen."""
    composed = unicodedata.normalize("NFC", _UNSEEN.sub("", word))
    if language in _DOTLESS_I:
        composed = composed.replace("I", "ı").replace("İ", "i")
    return composed.lower()


def match_case(text: str, pattern: str, language: str | None) -> str:
    """Write a translation as the word that it replaces is written.

    "house" → "Haus" as the lexicon has it, "House" → "Haus", "HOUSE" → "HAUS". A word with fewer
    than two letters that have case ("I", "A") shows no pattern, and neither does "iPhone".

    Args:
        text: the translation, as the lexicon writes it.
        pattern: the word that it replaces.
        language: that of the translation.
    """
    cased = [letter for letter in pattern if letter.isupper() or letter.islower()]
    if len(cased) < 2 or cased[0].islower():
        return text
    if all(letter.isupper() for letter in cased):
        return _dotted(text, language).upper()
    if all(letter.islower() for letter in cased[1:]):
        return _dotted(text[:1], language).title() + text[1:]
    return text


def _dotted(text: str, language: str | None) -> str:
    return text.replace("i", "İ") if language in _DOTLESS_I else text
