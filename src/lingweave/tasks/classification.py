"""Tasks whose examples carry one label: what all of them share.

Such a task is an instance of `ClassificationTask`; see `nli.py` for the first of them. Its scores
are those of scikit-learn's `accuracy_score` and `f1_score`, from counts by label.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn
from transformers import AutoModelForSequenceClassification, PreTrainedTokenizerFast

from lingweave.corpus import Row, read_table
from lingweave.errors import TableError
from lingweave.objectives import Classification, LabelledSequence
from lingweave.tasks.base import Metric, PredictionText, Statistics, predictions_file, ratio
from lingweave.tasks.examples import Examples
from lingweave.tasks.heads import load_model, new_model, outputs
from lingweave.training.options import Precision


@dataclass(frozen=True)
class LabelledText:
    """A text with its label.

    Attributes:
        text: the text.
        label: index of the label.
        line: of its table, 1-based; in a hub dataset the row. No part of what it is.
    """

    text: str
    label: int
    line: int | None = field(default=None, compare=False, repr=False)


def label_statistics(gold: Sequence[int], predicted: Sequence[int], num_labels: int) -> Statistics:
    """For each example: is it right, given and predicted as label 0, 1, …, (N, 3 · labels)."""
    one_of = np.eye(num_labels)
    given, said = one_of[np.asarray(gold, dtype=int)], one_of[np.asarray(predicted, dtype=int)]
    return np.concatenate([given * said, given, said], axis=1)


def _accuracy(sums: Statistics) -> Statistics:
    right, given, _ = np.split(sums, 3, axis=-1)
    return ratio(right.sum(axis=-1), given.sum(axis=-1))


def _label_f1(sums: Statistics) -> Statistics:
    """F1 of each label, 0 for one that is neither given nor predicted, (…, labels)."""
    right, given, said = np.split(sums, 3, axis=-1)
    return ratio(2 * right, given + said)


def _macro_f1(sums: Statistics) -> Statistics:
    return np.asarray(_label_f1(sums).mean(axis=-1))


def _weighted_f1(sums: Statistics) -> Statistics:
    given = np.split(sums, 3, axis=-1)[1]
    return ratio((given * _label_f1(sums)).sum(axis=-1), given.sum(axis=-1))


ACCURACY = Metric("accuracy", "accuracy", _accuracy)
MACRO_F1 = Metric("macro_f1", "macro-F1", _macro_f1)
"""Mean of the F1 of all labels of the task, also of those that do not occur."""
WEIGHTED_F1 = Metric("weighted_f1", "weighted F1", _weighted_f1)
"""Mean of the labels' F1, weighted by how often each is given."""


def _as_it_is(label: str) -> str:
    return label


@dataclass(frozen=True, kw_only=True)
class ClassificationTask:
    """A task with one label for a text or a pair of texts.

    Attributes:
        version: see `Task`.
        labels: names of the classes, in the order of their indices.
        texts: fields of an example that are encoded: one, or two for a pair.
        example: makes an example of those texts, the label's index and the line.
        label_column: where a table has the label, if a recipe says nothing.
        spelling: the label's name for how a file spells it.
        metrics: see `Task`.
        chance: see `Task`.
        max_length: see `Task`.
    """

    version: int
    labels: tuple[str, ...]
    texts: tuple[str, ...]
    example: Callable[..., Any] = LabelledText
    label_column: str = "label"
    spelling: Callable[[str], str] = _as_it_is
    metrics: tuple[Metric, ...] = (ACCURACY, MACRO_F1)
    chance: float | None
    max_length: int = 128

    @property
    def fields(self) -> tuple[str, ...]:
        """What a row must hold: the texts, then the label."""
        return (*self.texts, "label")

    def read(self, source: Examples) -> Iterator[Any]:
        """Yield the examples of a table.

        Raises:
            TableError: wrong columns, rows or labels.
        """
        published = {name: name for name in self.texts} | {"label": self.label_column}
        columns = source.columns or published
        missing = [name for name in self.fields if name not in columns]
        if missing:
            raise TableError(
                f"no column is named for {missing[0]!r}",
                remedy=f"give `columns` for {', '.join(self.fields)}",
                path=source.path,
            )
        rows = read_table(
            source.path, columns, where=dict(source.where.items()), split=source.split
        )
        return (self.example_of(row, source.path) for row in rows)

    def example_of(self, row: Row, location: str) -> Any:  # noqa: ANN401
        """The example that a row holds.

        Args:
            row: the texts, and the label as text.
            location: where it was read, for the message.

        Raises:
            TableError: the label is unknown.
        """
        label = self.spelling(row["label"])
        if label not in self.labels:
            raise TableError(
                f"unknown label {row['label']!r}, expected one of {', '.join(self.labels)}",
                remedy="mend the label, remove the row, or name the right column",
                path=location,
                line=row.line,
            )
        texts = (row[name] for name in self.texts)
        return self.example(*texts, self.labels.index(label), line=row.line)

    def new_model(self, checkpoint: Path | str, *, seed: int) -> nn.Module:
        """An encoder with an untrained pooler and classifier."""
        model_class = AutoModelForSequenceClassification
        return new_model(model_class, checkpoint, seed=seed, labels=self.labels)

    def load_model(self, checkpoint: Path | str) -> nn.Module:
        """A classifier with this task's labels."""
        return load_model(AutoModelForSequenceClassification, checkpoint, labels=self.labels)

    def encode(
        self, tokenizer: PreTrainedTokenizerFast, examples: Sequence[Any], max_length: int
    ) -> list[LabelledSequence]:
        """One sequence of each example; of a pair that is too long, the longer text is cut.

        Args:
            tokenizer: of the encoder.
            examples: to be encoded.
            max_length: pieces, special tokens counted.
        """
        if not examples:
            return []
        encoding = tokenizer(
            *([getattr(example, name) for example in examples] for name in self.texts),
            truncation="longest_first",
            max_length=max_length,
            return_token_type_ids=True,
            return_attention_mask=False,
        )
        return [
            LabelledSequence(
                np.array(pieces, dtype=np.int32), np.array(types, dtype=np.int32), example.label
            )
            for pieces, types, example in zip(
                encoding["input_ids"], encoding["token_type_ids"], examples, strict=True
            )
        ]

    def objective(self, tokenizer: PreTrainedTokenizerFast) -> Classification:
        """Cross-entropy of the label."""
        return Classification(tokenizer)

    def predict(
        self,
        model: nn.Module,
        tokenizer: PreTrainedTokenizerFast,
        examples: Sequence[Any],
        sequences: Sequence[LabelledSequence],
        precision: Precision,
    ) -> list[int]:
        """The index of the likeliest label of each example."""
        assert len(examples) == len(sequences)  # one sequence of each, as `encode` made them
        predicted = np.empty(len(sequences), dtype=np.int64)
        for chosen, output in outputs(model, self.objective(tokenizer), sequences, precision):
            predicted[chosen] = output.logits.argmax(dim=-1).cpu().numpy()
        return [int(label) for label in predicted]

    def statistics(self, examples: Sequence[Any], predictions: Sequence[int]) -> Statistics:
        """See `label_statistics`."""
        gold = [example.label for example in examples]
        return label_statistics(gold, predictions, len(self.labels))

    def write(
        self, folder: Path, language: str, examples: Sequence[Any], predictions: Sequence[int]
    ) -> None:
        """Keep the labels: `gold TAB predicted`, with a header."""
        rows = [
            f"{self.labels[example.label]}\t{self.labels[label]}"
            for example, label in zip(examples, predictions, strict=True)
        ]
        text = "\n".join(["gold\tpredicted", *rows]) + "\n"
        predictions_file(folder, language).write_text(text, "utf-8")

    def as_text(self, example: Any, prediction: int) -> PredictionText:
        """The labels' names."""
        return PredictionText(
            prediction=self.labels[prediction],
            gold=self.labels[example.label],
            num_characters=sum(len(getattr(example, name)) for name in self.texts),
        )
