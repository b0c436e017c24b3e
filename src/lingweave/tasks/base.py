"""What a study must know of a task, and nothing more: `Task`.

A score is made of statistics: a row of numbers for each example, and every metric is a function of
their sum. So a score of many examples, of a part of them or of a resample of them is the same
function of other sums, whether it is a mean (accuracy) or not (F1).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import nn
from transformers import PreTrainedTokenizerFast

from lingweave.objectives import Objective
from lingweave.tasks.examples import Examples
from lingweave.training.options import Precision

Statistics = NDArray[np.float64]
"""One row for each example, (N, K); what the K numbers are is the task's business."""


@dataclass(frozen=True)
class Metric:
    """One way to score.

    Attributes:
        name: its key in files of results.
        title: what tables call it.
        of: the score, 0–1, of summed statistics: (…, K) → (…).
    """

    name: str
    title: str
    of: Callable[[Statistics], Statistics]


@dataclass(frozen=True, kw_only=True)
class PredictionText:
    """A prediction as text.

    Attributes:
        prediction: what was predicted.
        gold: what would have been right.
        num_characters: of the example's input.
    """

    prediction: str
    gold: str
    num_characters: int


class Task(Protocol):
    """A task: reading, encoding, head, objective, predictions, score."""

    @property
    def version(self) -> int:
        """Part of every score's signature; raised when scores change their meaning."""
        ...

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The first selects the epoch and is the one that systems are compared by."""
        ...

    @property
    def chance(self) -> float | None:
        """The first metric, 0–1, of guessing; None where it is near 0 or depends on the data."""
        ...

    @property
    def max_length(self) -> int:
        """Pieces in a sequence, special tokens counted, where a recipe says nothing."""
        ...

    def read(self, source: Examples) -> Iterator[Any]:
        """Yield all examples of a source; its `skip` and `first` are the caller's business.

        Raises:
            UserError: there is anything wrong with them.
        """
        ...

    def new_model(self, checkpoint: Path | str, *, seed: int) -> nn.Module:
        """An encoder with an untrained head for this task, drawn by the seed."""
        ...

    def load_model(self, checkpoint: Path | str) -> nn.Module:
        """A model that was fine-tuned on this task."""
        ...

    def encode(
        self, tokenizer: PreTrainedTokenizerFast, examples: Sequence[Any], max_length: int
    ) -> Sequence[Any]:
        """Sequences to train on and to predict from: one or several of each example, in order."""
        ...

    def objective(self, tokenizer: PreTrainedTokenizerFast) -> Objective[Any, Any]:
        """What is trained on those sequences."""
        ...

    def predict(
        self,
        model: nn.Module,
        tokenizer: PreTrainedTokenizerFast,
        examples: Sequence[Any],
        sequences: Sequence[Any],
        precision: Precision,
    ) -> Sequence[Any]:
        """One prediction for each example, from its sequences."""
        ...

    def statistics(self, examples: Sequence[Any], predictions: Sequence[Any]) -> Statistics:
        """What the metrics are made of, (N, K)."""
        ...

    def write(
        self, folder: Path, language: str, examples: Sequence[Any], predictions: Sequence[Any]
    ) -> None:
        """Keep the predictions in files for people and official scripts."""
        ...

    def as_text(self, example: Any, prediction: Any) -> PredictionText:
        """One example's prediction for `lingweave.evaluation.predictions`."""
        ...


def ratio(numerator: Statistics, denominator: Statistics) -> Statistics:
    """Their quotient, and 0 for nothing of nothing."""
    denominator = np.asarray(denominator, dtype=np.float64)
    return np.divide(numerator, denominator, out=np.zeros_like(denominator), where=denominator != 0)


def predictions_file(folder: Path, language: str) -> Path:
    """Where the predictions of a language are, example by example, with a header."""
    return folder / f"predictions.{language}.tsv"
