"""Fine-tuning on tagging: a label for each word, read off its first piece.

What it learns: the label of a word from the encoder's state of the word's first piece, through a
linear layer; other pieces and special tokens are neither predicted nor counted (Devlin et al. 2019,
section 5.3, 1810.04805).

Worked example: "Anna sleeps" in pieces `[CLS] An ##na sleeps [SEP]` has labels `- B-PER - O -`.

Its siblings: `classification` has one label for a sequence, `span_prediction` one span.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from lingweave.encoder import IntArray
from lingweave.objectives.base import Batch, pad
from lingweave.objectives.fine_tuning import FineTuning, TaskSequence

NO_LABEL = -100
"""The label of a position that is not predicted; what cross-entropy ignores."""


@dataclass(frozen=True, kw_only=True)
class TaggedSequence(TaskSequence):
    """A sentence, or a part of one, in pieces.

    Attributes:
        labels: index of the label at each word's first piece, else `NO_LABEL`, (L,).
    """

    labels: IntArray


@dataclass(frozen=True, kw_only=True)
class TaggedBatch(Batch):
    """Sequences with their labels, (B, L)."""

    labels: Tensor


class TokenLabels(FineTuning):
    """See the module docstring."""

    part = "label"

    def collate(
        self, examples: Sequence[TaggedSequence], generators: Sequence[torch.Generator] = ()
    ) -> TaggedBatch:
        """Pad."""
        labels_BL = pad([example.labels for example in examples], NO_LABEL)
        return TaggedBatch(
            inputs=self.inputs(examples),
            counts={"label": int((labels_BL != NO_LABEL).sum())},
            labels=labels_BL,
        )

    def sums(self, model: nn.Module, batch: TaggedBatch) -> dict[str, Tensor]:
        """Cross-entropy of the labels of all words."""
        logits_BLV = model(**batch.inputs).logits.float()
        loss = functional.cross_entropy(
            logits_BLV.flatten(0, 1),
            batch.labels.flatten(),
            ignore_index=NO_LABEL,
            reduction="sum",
        )
        return {"label": loss}
