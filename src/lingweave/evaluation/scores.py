"""Predictions → scores, each with a signature that says what was scored by what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score

from lingweave import __version__


@dataclass(frozen=True, kw_only=True)
class ClassificationScore:
    """How well labels were predicted.

    Attributes:
        accuracy: share of right labels, 0–1.
        macro_f1: mean over all labels of the task of each label's F1, 0–1; a label that is neither
            given nor predicted counts as 0.
        num_examples: how many were scored.
        signature: version, task, split, language.
    """

    accuracy: float
    macro_f1: float
    num_examples: int
    signature: str


def score_classification(
    gold: Sequence[int] | NDArray[np.int64],
    predicted: Sequence[int] | NDArray[np.int64],
    *,
    num_labels: int,
    about: Mapping[str, str],
) -> ClassificationScore:
    """Accuracy and macro-F1.

    Args:
        gold: label indices.
        predicted: label indices, in the same order.
        num_labels: of the task, also those that do not occur.
        about: what the signature names: task, split, language …
    """
    return ClassificationScore(
        accuracy=float(accuracy_score(gold, predicted)),
        macro_f1=float(
            f1_score(gold, predicted, labels=range(num_labels), average="macro", zero_division=0)
        ),
        num_examples=len(gold),
        signature=signature(about),
    )


def signature(about: Mapping[str, str]) -> str:
    """One line that tells this score from others, in the manner of sacreBLEU."""
    facts = [f"{name}:{value}" for name, value in about.items()]
    return "|".join([*facts, f"lingweave:{__version__}"])
