"""Reading a recipe from YAML: variables filled in, every error with its line."""

import os
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from lingweave.config.misfits import misfits
from lingweave.config.recipe import TWINS_VARIABLE, Recipe
from lingweave.config.sections import Location
from lingweave.config.unknown_keys import remedy_for
from lingweave.errors import RecipeError, first_line


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises:
        RecipeError: the file is missing or no YAML, a key is unknown, missing or given twice, a
            value is wrong, or a variable is not set; with the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise RecipeError(
            "no such recipe", remedy="give the path of a YAML file", path=path
        ) from error
    except UnicodeDecodeError as error:
        raise RecipeError("it is not UTF-8", remedy="save it as UTF-8", path=path) from error
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
        lines = dict(_lines(root, (), path)) if root else {}
    except RecursionError as error:
        raise RecipeError(
            "it is nested too deeply", remedy="let no section hold itself", path=path
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or first_line(error)
        raise RecipeError(
            f"it is not valid YAML ({problem})",
            remedy="mend this line",
            path=path,
            line=None if mark is None else mark.line + 1,
        ) from error
    if not isinstance(root, yaml.MappingNode):
        raise RecipeError("it holds no keys", remedy="see recipes/demo.yaml", path=path)
    try:
        recipe = Recipe.model_validate(_expanded(content, (), lines, path))
    except ValidationError as error:
        raise _recipe_error(error, lines, path) from error
    for where, misfit in misfits(recipe):
        raise _refusal(where, misfit, lines, path)
    return recipe


def _lines(node: yaml.Node, where: Location, path: Path) -> Iterator[tuple[Location, int]]:
    """The 1-based line of every key and list item; a key that stands twice is an error."""
    yield where, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise RecipeError(
                    f"key {key.value!r} is given twice", remedy="keep one", path=path, line=line
                )
            seen.add(key.value)
            yield from _lines(value, (*where, key.value), path)
            yield (*where, key.value), line
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _lines(item, (*where, index), path)


def _expanded(value: Any, where: Location, lines: Mapping[Location, int], path: Path) -> Any:  # noqa: ANN401
    """Replace `${NAME}` and `${NAME:-default}` in all strings."""
    if isinstance(value, dict):
        return {k: _expanded(v, (*where, k), lines, path) for k, v in value.items()}
    if isinstance(value, list):
        return [_expanded(v, (*where, i), lines, path) for i, v in enumerate(value)]
    if not isinstance(value, str):
        return value

    def variable(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        if match[0] == TWINS_VARIABLE:
            return match[0]
        found = os.environ.get(name) or default
        if found is None:
            raise RecipeError(
                f"{'.'.join(map(str, where))}: the environment variable {name} is not set",
                remedy=f"set it, for example `export {name}=…`",
                path=path,
                line=_nearest_line(where, lines),
            )
        return found

    return re.sub(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}", variable, value)


def _recipe_error(error: ValidationError, lines: Mapping[Location, int], path: Path) -> RecipeError:
    errors = error.errors()
    # A misspelt key first: if it is one that must be there, that is missing, too.
    first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
    where = _place_in_file(first["loc"], lines)
    if first["type"] == "extra_forbidden":
        return _refusal(where, "unknown key", lines, path, remedy=remedy_for(first["loc"]))
    problem = first["msg"].removeprefix("Value error, ")
    if first["type"] == "string_type" and isinstance(first["input"], bool | int | float | date):
        problem += f", but YAML reads this as {first['input']}: write it in quotes"
    return _refusal(where, problem, lines, path)


def _refusal(
    where: Location,
    problem: str,
    lines: Mapping[Location, int],
    path: Path,
    *,
    remedy: str = "see docs/recipes.md for what a recipe may hold",
) -> RecipeError:
    key = ".".join(map(str, where))
    return RecipeError(
        f"{key}: {problem}" if key else problem,
        remedy=remedy,
        path=path,
        line=_nearest_line(where, lines),
    )


def _place_in_file(location: Location, lines: Mapping[Location, int]) -> Location:
    """Pydantic's location without the names of union members, which stand nowhere in the file."""
    place: Location = ()
    for index, part in enumerate(location):
        is_last = index == len(location) - 1 and part != "[key]"  # said of a key itself
        if (*place, part) in lines or is_last:
            place = (*place, part)
    return place


def _nearest_line(where: Location, lines: Mapping[Location, int]) -> int | None:
    """The line of a key, or of the innermost section around it that has one."""
    for length in range(len(where), -1, -1):
        if where[:length] in lines:
            return lines[where[:length]]
    return None
