"""A loss or gradient that is not a finite number: the run stops, and says on which examples."""

import json
import math
from pathlib import Path

from lingweave.errors import TrainingError
from lingweave.training import processes
from lingweave.training.update import Updated


def check_finite(done: Updated, *, update: int, seed: int, examples: list[int], work: Path) -> None:
    """Stop when an update came to nothing, with a record of what it was made of.

    The weights are as they were before that update, and so is the last checkpoint.

    Args:
        done: the update.
        update: its 1-based number.
        seed: of the run; with the update's number it gives masks and dropout again.
        examples: 0-based, of the update, in its order.
        work: folder for the record, `not-finite-….json`.

    Raises:
        TrainingError: loss or gradient is not finite.
    """
    if math.isfinite(done.loss) and math.isfinite(done.gradient_norm):
        return
    lines = [index + 1 for index in examples]
    path = work / f"not-finite-{update:08d}.json"
    record = {
        "update": update,
        "seed": seed,
        "loss": str(done.loss),  # as text: JSON has no number for these
        "gradient_norm": str(done.gradient_norm),
        "examples": lines,
    }
    if processes.is_main():
        work.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record, indent=1), encoding="utf-8")
    found = (
        f"the gradient of update {update} is {done.gradient_norm}"
        if math.isfinite(done.loss)
        else f"the loss of update {update} is {done.loss}"
    )
    raise TrainingError(
        f"{found}; its examples are recorded here by their numbers, the first being 1",
        remedy="lower the learning rate, or look at these examples",
        path=path,
    )
