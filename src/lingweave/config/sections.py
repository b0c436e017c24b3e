"""What all sections of a recipe have in common."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Seed = Annotated[int, Field(ge=0, lt=2**63)]
"""As large as the columns of the predictions hold."""
NAME_PATTERN = r"^[A-Za-z0-9._-]+$"
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
"""Names become parts of file names."""

Location = tuple[str | int, ...]
"""Of a key or list item of a recipe, from the outermost key inwards."""

_Values = TypeVar("_Values", bound=Sequence[object])


def _each_once(values: _Values) -> _Values:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{value!r} is given twice")
    return values


EACH_ONCE = AfterValidator(_each_once)
"""Of a list in which an item that stands twice would be done, or counted, twice."""


class Strict(BaseModel):
    """A section of a recipe: unknown keys are errors, values do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid")
