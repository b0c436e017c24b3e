"""Systems and settings that differ in one option alone, so that a difference is that option's."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

Options = Mapping[str, Mapping[str, Any]]
"""By the name of a system or setting."""


def alike_but_for(option: str, things: Options) -> list[dict[str, Any]]:
    """The option's values, by name, of those that have it and are otherwise the same.

    Groups in which all have the same value, or of one alone, are among them.
    """
    groups: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, options in things.items():
        if option in options:
            others = sorted((key, value) for key, value in options.items() if key != option)
            groups[repr(others)][name] = options[option]
    return list(groups.values())
