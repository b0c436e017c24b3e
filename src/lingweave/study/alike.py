"""Systems and settings that differ in one option alone, so that a difference is that option's."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from lingweave.codeswitch import LexiconSwitchOptions
from lingweave.config import Progressive

Options = Mapping[str, Mapping[str, Any]]
"""By the name of a system or setting."""

_SECTIONS: dict[str, tuple[str, type[LexiconSwitchOptions | Progressive]]] = {
    "code-switched": ("code_switching", LexiconSwitchOptions),
    "progressive": ("progressive", Progressive),
}


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


def switched_settings(
    kind: str, recipe: Mapping[str, Any], done: Collection[str]
) -> dict[str, dict[str, Any]]:
    """All options of each setting of a kind: of the setting of that name, and of its variants.

    Args:
        kind: `code-switched` or `progressive`.
        recipe: of a study, as its results have it: what it does not say is by default.
        done: settings; those that are not among them are left out.
    """
    section, options = _SECTIONS[kind]
    common = recipe.get(section, {})
    variants = {kind: {"setting": kind}, **recipe.get("variants", {})}
    return {
        name: options.model_validate({**common, **_but_setting(one)}).model_dump(mode="json")
        for name, one in variants.items()
        if name in done and one["setting"] == kind
    }


def _but_setting(variant: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in variant.items() if name != "setting"}
