"""How text of a language is marked up, so that browsers choose its font and direction."""

import re
import unicodedata
from typing import Literal

_CODE = re.compile(r"[a-z]{2,3}(?![a-zA-Z0-9])")


def language_tag(language: str | None) -> str:
    """The value of `lang`: the first code of a name such as en, zh-Hant or ta-en, else nothing.

    The twin languages have names, and code-mixed text two codes, which `lang` does not know.
    """
    code = _CODE.match(language or "")
    return code[0] if code else ""


def direction(text: str) -> Literal["ltr", "rtl"]:
    """The value of `dir`: that of the first letter that has a direction of its own."""
    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"
