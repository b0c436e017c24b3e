"""What the objectives share that predict masked pieces of sentence pairs."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from lingweave.encoder import SequenceTemplate
from lingweave.objectives.base import Batch, EncodedPair, hidden_states, prediction_loss
from lingweave.objectives.masking import Vocabulary, mask_pieces


class MaskedOptions(BaseModel):
    """Options that every masked objective has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    masking: float = Field(
        default=0.3, gt=0, lt=1, description="share of the pieces that are predicted (2106.01732)"
    )


@dataclass(frozen=True, kw_only=True)
class MaskedBatch(Batch):
    """Masked sequences.

    Attributes:
        positions: where to predict, as rows of the flattened states, (P,).
        labels: the pieces that stood there, (P,).
    """

    positions: Tensor
    labels: Tensor


class MaskedObjective(ABC):
    """Predicts masked pieces from their states; objectives differ in how a batch is laid out.

    Args:
        tokenizer: of the encoder in training.
        options: share of the pieces that are predicted.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, options: MaskedOptions) -> None:
        self._template = SequenceTemplate.of(tokenizer)
        self._vocabulary = Vocabulary.of(tokenizer)
        self._masking = options.masking

    @property
    def weights(self) -> Mapping[str, float]:
        """One part, of weight 1."""
        return {"multilingual": 1.0}

    def length(self, example: EncodedPair) -> int:
        """Pieces of both sentences."""
        return len(example.source) + len(example.target)

    @abstractmethod
    def collate(self, examples: Sequence[EncodedPair], generator: torch.Generator) -> MaskedBatch:
        """Lay out and mask a micro-batch; every random choice comes from `generator`."""

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
