"""Fine-tuning on extractive question answering: where in a text the answer starts and ends.

What it learns: two scores for each piece, to be the answer's first and its last, by a linear layer
on the encoder's states; the loss is the mean of both cross-entropies (Devlin et al. 2019,
section 4.2, 1810.04805). A sequence that does not hold the whole answer points to its first
position, as the authors' code does for windows of a long text.

Worked pair: question "Who sleeps?" and text "A man sleeps." become `[CLS] who sleeps ? [SEP] a man
sleeps . [SEP]`; the answer "A man" has start 5 and end 6.

Its siblings: `classification` has one label for a sequence, `token_labels` one for each word.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from lingweave.objectives.base import Batch
from lingweave.objectives.fine_tuning import FineTuning, TaskSequence

NO_ANSWER = 0
"""Where a sequence without the answer points to: the special token before everything."""


@dataclass(frozen=True, kw_only=True)
class SpanSequence(TaskSequence):
    """A question with a text, or a part of one, in pieces.

    Attributes:
        start: position of the answer's first piece, or `NO_ANSWER`.
        end: position of its last piece, or `NO_ANSWER`.
    """

    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class SpanBatch(Batch):
    """Sequences with their answers' positions, each (B,)."""

    starts: Tensor
    ends: Tensor


class SpanPrediction(FineTuning):
    """See the module docstring."""

    part = "span"

    def collate(
        self, examples: Sequence[SpanSequence], generators: Sequence[torch.Generator] = ()
    ) -> SpanBatch:
        """Pad."""
        return SpanBatch(
            inputs=self.inputs(examples),
            counts={"span": len(examples)},
            starts=torch.tensor([example.start for example in examples]),
            ends=torch.tensor([example.end for example in examples]),
        )

    def sums(self, model: nn.Module, batch: SpanBatch) -> dict[str, Tensor]:
        """Half the cross-entropy of the starts and half that of the ends."""
        output = model(**batch.inputs)
        # Padding is no place for an answer: were it one, the loss would depend on the batch.
        padding = batch.inputs["attention_mask"] == 0
        logits = (output.start_logits, output.end_logits)
        start_BL, end_BL = (one.float().masked_fill(padding, -torch.inf) for one in logits)
        start_loss = functional.cross_entropy(start_BL, batch.starts, reduction="sum")
        end_loss = functional.cross_entropy(end_BL, batch.ends, reduction="sum")
        return {"span": (start_loss + end_loss) / 2}
