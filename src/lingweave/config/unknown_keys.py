"""A key that no section of a recipe has: which one was meant, or which there are."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

from lingweave.config.recipe import Recipe
from lingweave.config.sections import Location

_Schema = dict[str, Any]


def remedy_for(location: Location) -> str:
    """What to do about an unknown key.

    Args:
        location: of the key, as pydantic says it: with the names of union members.
    """
    sections = [_recipe_schema()]
    for part in location[:-1]:
        sections = [inner for section in sections for inner in _within(section, part)]
    keys = list(dict.fromkeys(key for section in sections for key in section.get("properties", ())))
    meant = get_close_matches(str(location[-1]), keys, n=1)
    return f"did you mean {meant[0]}?" if meant else f"known here are {', '.join(keys)}"


@cache
def _recipe_schema() -> _Schema:
    return Recipe.model_json_schema()


def _within(section: _Schema, part: str | int) -> Iterator[_Schema]:
    """What stands in a section under a key or a number, or is the union member of that name."""
    mapping = section.get("discriminator", {}).get("mapping", {})
    if part in mapping:
        yield from _members({"$ref": mapping[part]})
    for inner in (
        section.get("properties", {}).get(part),
        section.get("additionalProperties"),
        *section.get("patternProperties", {}).values(),  # names of the user's choice
        section.get("items"),
    ):
        if isinstance(inner, dict):
            yield from _members(inner)


def _members(section: _Schema) -> Iterator[_Schema]:
    """The section itself, behind references; of what may be left out, what it would be."""
    if "$ref" in section:
        section = _recipe_schema()["$defs"][section["$ref"].rpartition("/")[2]]
    yield section
    for member in section.get("anyOf", ()):
        yield from _members(member)
