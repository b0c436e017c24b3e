"""Fine-tuning on a task whose examples carry one label: cross-entropy of a classifier.

What it learns: the label of a text or a pair of texts from the encoder's first position, through a
pooler and a linear layer (Devlin et al. 2019, section 4.1, 1810.04805).

Worked pair: premise "A man sleeps." and hypothesis "A man is awake." become `[CLS] a man sleeps .
[SEP] a man is awake . [SEP]`, label "contradiction".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from lingweave.encoder import IntArray
from lingweave.objectives.base import Batch, padded_inputs


@dataclass(frozen=True)
class LabelledSequence:
    """One example in pieces.

    Attributes:
        pieces: with special tokens, (L,).
        token_types: 0 for the first text, the tokenizer's other value for the second, (L,).
        label: index of the label.
    """

    pieces: IntArray
    token_types: IntArray
    label: int


@dataclass(frozen=True, kw_only=True)
class LabelledBatch(Batch):
    """Sequences with their labels, (B,)."""

    labels: Tensor


class Classification:
    """See the module docstring.

    Args:
        tokenizer: of the encoder in training.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self._pad = int(tokenizer.pad_token_id)

    @property
    def weights(self) -> Mapping[str, float]:
        """One part, of weight 1."""
        return {"label": 1.0}

    def length(self, example: LabelledSequence) -> int:
        """Pieces with special tokens."""
        return len(example.pieces)

    def collate(
        self, examples: Sequence[LabelledSequence], generators: Sequence[torch.Generator] = ()
    ) -> LabelledBatch:
        """Pad; nothing is left to chance."""
        return LabelledBatch(
            inputs=padded_inputs(
                [example.pieces for example in examples],
                [example.token_types for example in examples],
                self._pad,
            ),
            counts={"label": len(examples)},
            labels=torch.tensor([example.label for example in examples]),
        )

    def sums(self, model: nn.Module, batch: LabelledBatch) -> dict[str, Tensor]:
        """Cross-entropy of the labels."""
        logits = model(**batch.inputs).logits
        return {"label": functional.cross_entropy(logits.float(), batch.labels, reduction="sum")}
