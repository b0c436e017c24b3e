"""Predictions → scores, each with a signature that says what was scored by what."""

from collections.abc import Mapping
from typing import Any

from lingweave import __version__
from lingweave.tasks import Statistics, Task


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
