"""Masked language modelling (Devlin et al. 2019, 1810.04805), here also the control.

What it learns: to predict a masked piece from its own sentence. It sees the very sentences that
TLM and WEAM see, but never which belongs to which, so that what a rival gains over it is gained by
the pairing.

Worked pair: "the cat sleeps" / "die Katze schläft" become two sequences, `[CLS] the [MASK] sleeps
[SEP]` and `[CLS] die Katze [MASK] [SEP]`; "cat" is predicted from the first, "schläft" from the
second.

Siblings: TLM joins the two sequences into one; WEAM adds a prediction from the other sentence's
states.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from lingweave.encoder import SequenceTemplate
from lingweave.objectives.base import (
    Batch,
    EncodedPair,
    attention_mask,
    hidden_states,
    pad,
    prediction_loss,
)
from lingweave.objectives.masking import Vocabulary, mask_pieces


class MaskedOptions(BaseModel):
    """Options that every masked objective has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    masking: float = Field(
        default=0.3, gt=0, lt=1, description="share of the pieces that are predicted (2106.01732)"
    )


class MLMOptions(MaskedOptions):
    """Options of masked language modelling."""

    objective: Literal["mlm"] = "mlm"


@dataclass(frozen=True, kw_only=True)
class MaskedBatch(Batch):
    """Masked sequences.

    Attributes:
        positions: where to predict, as rows of the flattened states, (P,).
        labels: the pieces that stood there, (P,).
    """

    positions: Tensor
    labels: Tensor


class MLM:
    """See the module docstring.

    Args:
        tokenizer: of the encoder in training.
        options: masking.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, options: MLMOptions) -> None:
        self._template = SequenceTemplate.of(tokenizer)
        self._vocabulary = Vocabulary.of(tokenizer)
        self._options = options

    @property
    def weights(self) -> Mapping[str, float]:
        """One part, of weight 1."""
        return {"multilingual": 1.0}

    def length(self, example: EncodedPair) -> int:
        """Pieces of both sentences."""
        return len(example.source) + len(example.target)

    def collate(self, examples: Sequence[EncodedPair], generator: torch.Generator) -> MaskedBatch:
        """Source and target of one pair after another, as separate sequences; masked."""
        sentences = [side for pair in examples for side in (pair.source, pair.target)]
        before = len(self._template.before)
        sequences = [self._template.single(sentence.pieces) for sentence in sentences]
        input_ids = pad(sequences, self._vocabulary.pad)
        maskable = torch.zeros(input_ids.shape, dtype=torch.bool)
        for row, sentence in enumerate(sentences):
            maskable[row, before : before + len(sentence)] = True
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask(sequences)}
        return masked_batch(inputs, maskable, self._vocabulary, self._options.masking, generator)

    def sums(self, model: nn.Module, batch: MaskedBatch) -> dict[str, Tensor]:
        """Cross-entropy of the masked pieces, logits at their positions only."""
        states = hidden_states(model, batch.inputs)
        return {"multilingual": prediction_loss(model, states[batch.positions], batch.labels)}


def masked_batch(
    inputs: dict[str, Tensor],
    maskable: Tensor,
    vocabulary: Vocabulary,
    probability: float,
    generator: torch.Generator,
) -> MaskedBatch:
    """Mask the sequences in `inputs`; see `mask_pieces`."""
    masked = mask_pieces(inputs["input_ids"], maskable, vocabulary, probability, generator)
    positions = masked.predicted.flatten().nonzero().squeeze(1)
    return MaskedBatch(
        inputs=inputs | {"input_ids": masked.input_ids},
        counts={"multilingual": len(positions)},
        positions=positions,
        labels=inputs["input_ids"].flatten()[positions],
    )
