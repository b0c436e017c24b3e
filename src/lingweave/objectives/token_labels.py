"""Fine-tuning on tagging: a label for each word, read off its first piece.

What it learns: the label of a word from the encoder's state of the word's first piece, through a
linear layer; other pieces and special tokens are neither predicted nor counted (Devlin et al. 2019,
section 5.3, 1810.04805).

Worked example: "Anna sleeps" in pieces `[CLS] An ##na sleeps [SEP]` has labels `- B-PER - O -`.

Its siblings: `classification` has one label for a sequence, `span_prediction` one span.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

from lingweave.encoder import IntArray
from lingweave.objectives.base import Batch, pad, padded_inputs

NO_LABEL = -100
"""The label of a position that is not predicted; what cross-entropy ignores."""


@dataclass(frozen=True, kw_only=True)
class TaggedSequence:
    """A sentence, or a part of one, in pieces.

    Attributes:
        pieces: with special tokens, (L,).
        token_types: all 0, (L,).
        labels: index of the label at each word's first piece, else `NO_LABEL`, (L,).
    """

    pieces: IntArray
    token_types: IntArray
    labels: IntArray


@dataclass(frozen=True, kw_only=True)
class TaggedBatch(Batch):
    """Sequences with their labels, (B, L)."""

    labels: Tensor


class TokenLabels:
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

    def length(self, example: TaggedSequence) -> int:
        """Pieces with special tokens."""
        return len(example.pieces)

    def collate(
        self, examples: Sequence[TaggedSequence], generators: Sequence[torch.Generator] = ()
    ) -> TaggedBatch:
        """Pad; nothing is left to chance."""
        labels_BL = pad([example.labels for example in examples], NO_LABEL)
        return TaggedBatch(
            inputs=padded_inputs(
                [example.pieces for example in examples],
                [example.token_types for example in examples],
                self._pad,
            ),
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
