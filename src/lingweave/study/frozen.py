"""What all results are made of."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A part of the results."""

    model_config = ConfigDict(frozen=True, extra="forbid")
