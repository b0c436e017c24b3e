"""A loss or gradient that is not a finite number: the run stops, and says on which examples."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from lingweave.errors import TrainingError, UserError
from lingweave.training import processes
from lingweave.training.update import Updated


class Origin(NamedTuple):
    """Where an example was read.

    Attributes:
        path: the file or hub dataset; two files that are read together with a comma between.
        line: 1-based; in a hub dataset the row; None where it is not known.
    """

    path: str
    line: int | None


Origins = Callable[[Sequence[int]], Sequence[Origin]]
"""Tells of examples, by their 0-based numbers, where they were read."""


def check_finite(
    done: Updated,
    *,
    update: int,
    seed: int,
    examples: list[int],
    origins: Origins | None,
    work: Path,
) -> None:
    """Stop when an update came to nothing, with a record of what it was made of.

    The weights are as they were before that update, and so is the last checkpoint.

    Args:
        done: the update.
        update: its 1-based number.
        seed: of the run; with the update's number it gives masks and dropout again.
        examples: 0-based, of the update, in its order.
        origins: asked only where something is wrong.
        work: folder for the record, `not-finite-….json`.

    Raises:
        TrainingError: loss or gradient is not finite.
    """
    if math.isfinite(done.loss) and math.isfinite(done.gradient_norm):
        return
    found = _origins(examples, origins)
    path = work / f"not-finite-{update:08d}.json"
    record = {
        "update": update,
        "seed": seed,
        "loss": str(done.loss),  # as text: JSON has no number for these
        "gradient_norm": str(done.gradient_norm),
        "examples": [
            {"number": index + 1, **({} if origin is None else origin._asdict())}
            for index, origin in zip(examples, found, strict=True)
        ],
    }
    if processes.is_main():
        work.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record, indent=1), encoding="utf-8")
    bad = (
        f"the gradient of update {update} is {done.gradient_norm}"
        if math.isfinite(done.loss)
        else f"the loss of update {update} is {done.loss}"
    )
    raise TrainingError(
        f"{bad}; its examples are recorded here, the first is {_name(examples[0], found[0])}",
        remedy="lower the learning rate, or look at these examples",
        path=path,
    )


def _origins(examples: list[int], origins: Origins | None) -> Sequence[Origin | None]:
    """Where the examples were read; None for each where nobody can tell any more."""
    if origins is None:
        return [None] * len(examples)
    try:
        return origins(examples)
    except UserError:  # such as a text that was moved since: the loss is what matters
        return [None] * len(examples)


def _name(index: int, origin: Origin | None) -> str:
    if origin is None:
        return f"number {index + 1}"
    return origin.path if origin.line is None else f"{origin.path}:{origin.line}"
