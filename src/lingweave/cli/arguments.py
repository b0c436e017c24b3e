"""What is given on the command line, checked and made into what the library takes."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from lingweave import config
from lingweave.corpus.hub import parse_hub_name
from lingweave.errors import RecipeError

if TYPE_CHECKING:
    from lingweave.tasks import Examples

_OPTIONS = {"seeds": "seed", "index-base": "gold-base"}
"""Options that are not called as what they are in a recipe."""

Section = TypeVar("Section", bound=BaseModel)


def section(kind: type[Section], **values: object) -> Section:
    """Check options as a recipe's would be."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).replace("_", "-") if first["loc"] else kind.__name__
        name = _OPTIONS.get(name, name)
        raise RecipeError(f"--{name}: {first['msg']}", remedy="mend this option") from error


def known_task(name: str) -> str:
    """The name of a task, if it is one."""
    from lingweave.tasks import TASKS

    if name not in TASKS:
        raise RecipeError(f"unknown task {name!r}", remedy=f"choose one of: {', '.join(TASKS)}")
    return name


def examples_of(location: str, language: str = "") -> "Examples":
    """Labelled examples in a file or, as `owner/name:config@split`, on the hub."""
    from lingweave.tasks import Examples

    dataset, _, split = location.rpartition("@")
    if split and not Path(location).exists() and parse_hub_name(dataset):
        return Examples(path=dataset, split=split, language=language)
    return Examples(path=location, language=language)


def tests_of(tests: Iterable[str]) -> "dict[str, Examples]":
    """Test examples by language, each given as `LANGUAGE=FILE`."""
    examples: dict[str, Examples] = {}
    for test in tests:
        language, _, path = test.partition("=")
        if not path or not re.fullmatch(config.NAME_PATTERN, language):
            raise RecipeError(f"{test!r} names no language", remedy="write LANGUAGE=FILE")
        if language in examples:
            raise RecipeError(
                f"{language} is given twice", remedy="evaluate one file of each language at a time"
            )
        examples[language] = examples_of(path, language)
    return examples


def languages_of(name: str) -> tuple[str, str]:
    """The two languages of a name such as `en-de`."""
    source, _, target = name.partition("-")
    if not (source and target):
        raise RecipeError(f"{name!r} names no two languages", remedy="write, for example, en-de")
    return source, target
