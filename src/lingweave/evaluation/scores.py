"""Predictions → scores, each with a signature that says what was scored by what."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from lingweave import __version__
from lingweave.tasks import Statistics, Task

HASHES = ("data", "model")
"""Facts of a signature that only say whether two are the same."""


def score_predictions(
    task: Task, statistics: Statistics, about: Mapping[str, str]
) -> dict[str, Any]:
    """All metrics of a task, the number of examples, and the signature.

    Args:
        task: says which metrics.
        statistics: of the predictions, as the task makes them, (N, K).
        about: what the signature names: task, test, language …
    """
    sums = statistics.sum(axis=0)
    return {
        **{metric.name: float(metric.of(sums)) for metric in task.metrics},
        "num_examples": len(statistics),
        "signature": signature({**about, "metric": "+".join(one.name for one in task.metrics)}),
    }


def signature(about: Mapping[str, str]) -> str:
    """One line that tells this score from others, in the manner of sacreBLEU."""
    facts = [f"{name}:{value}" for name, value in about.items()]
    return "|".join([*facts, f"lingweave:{__version__}"])


def joint_signature(signatures: Sequence[str]) -> str:
    """That of the mean of some scores.

    What they share is named once, what they do not all at once; of hashes there is one of all.
    """
    facts = [dict(fact.split(":", 1) for fact in one.split("|")) for one in signatures]
    names = dict.fromkeys(name for own in facts for name in own)
    return "|".join(
        f"{name}:{_joint(name, [own.get(name, '') for own in facts])}" for name in names
    )


def _joint(name: str, values: Sequence[str]) -> str:
    different = dict.fromkeys(values)
    if len(different) == 1:
        return values[0]
    if name in HASHES:
        return sha256("+".join(values).encode()).hexdigest()[: len(values[0])]
    return "+".join(different)
