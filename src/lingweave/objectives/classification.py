"""Fine-tuning on a task whose examples carry one label: cross-entropy of a classifier.

What it learns: the label of a text or a pair of texts from the encoder's first position, through a
pooler and a linear layer (Devlin et al. 2019, section 4.1, 1810.04805).

Worked pair: premise "A man sleeps." and hypothesis "A man is awake." become `[CLS] a man sleeps .
[SEP] a man is awake . [SEP]`, label "contradiction".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from lingweave.objectives.base import Batch
from lingweave.objectives.fine_tuning import FineTuning, TaskSequence


@dataclass(frozen=True)
class LabelledSequence(TaskSequence):
    """One example in pieces.

    Attributes:
        label: index of the label.
    """

    label: int


@dataclass(frozen=True, kw_only=True)
class LabelledBatch(Batch):
    """Sequences with their labels, (B,)."""

    labels: Tensor


class Classification(FineTuning):
    """See the module docstring."""

    part = "label"

    def collate(
        self, examples: Sequence[LabelledSequence], generators: Sequence[torch.Generator] = ()
    ) -> LabelledBatch:
        """Pad."""
        return LabelledBatch(
            inputs=self.inputs(examples),
            counts={"label": len(examples)},
            labels=torch.tensor([example.label for example in examples]),
        )

    def sums(self, model: nn.Module, batch: LabelledBatch) -> dict[str, Tensor]:
        """Cross-entropy of the labels."""
        logits = model(**batch.inputs).logits
        return {"label": functional.cross_entropy(logits.float(), batch.labels, reduction="sum")}
