"""What the objectives share that predict masked pieces of sentence pairs."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from lingweave.encoder import IntArray, SequenceTemplate
from lingweave.objectives.base import (
    Batch,
    EncodedPair,
    ObjectiveOptions,
    PairObjective,
    attention_mask,
    hidden_states,
    pad,
    prediction_loss,
)
from lingweave.objectives.masking import Vocabulary, mask_draws, mask_pieces


class MaskedOptions(ObjectiveOptions):
    """Options that every masked objective has."""

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


@dataclass(frozen=True, kw_only=True)
class Sequences:
    """What an example becomes before it is masked; the lists run in parallel, one item a sequence.

    Attributes:
        pieces: with special tokens.
        maskable: which of them may be predicted.
        more: further inputs of the encoder, such as token types.
    """

    pieces: list[IntArray]
    maskable: list[NDArray[np.bool_]]
    more: dict[str, list[IntArray]]

    @property
    def num_maskable(self) -> int:
        """Pieces that may be predicted."""
        return sum(int(maskable.sum()) for maskable in self.maskable)


class MaskedObjective(PairObjective):
    """Predicts masked pieces from their states; objectives differ in how a pair is laid out.

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

    @abstractmethod
    def sequences(self, pair: EncodedPair, generator: torch.Generator) -> Sequences:
        """Lay out one pair; as many sequences for one as for another."""

    def collate(
        self, examples: Sequence[EncodedPair], generators: Sequence[torch.Generator]
    ) -> MaskedBatch:
        """Lay out and mask a micro-batch."""
        laid_out, draws = [], []
        for pair, generator in zip(examples, generators, strict=True):
            laid_out.append(self.sequences(pair, generator))
            draws.append(mask_draws(laid_out[-1].num_maskable, generator))
        pieces = [row for own in laid_out for row in own.pieces]
        input_ids = pad(pieces, self._vocabulary.pad)
        maskable = pad([row for own in laid_out for row in own.maskable], 0).bool()
        masked = mask_pieces(input_ids, maskable, self._vocabulary, self._masking, torch.cat(draws))
        positions = masked.predicted.flatten().nonzero().squeeze(1)
        more = {
            name: pad([row for own in laid_out for row in own.more[name]], 0)
            for name in laid_out[0].more
        }
        return MaskedBatch(
            inputs={
                "input_ids": masked.input_ids,
                "attention_mask": attention_mask(pieces),
                **more,
            },
            counts={"multilingual": len(positions)},
            positions=positions,
            labels=input_ids.flatten()[positions],
        )

    def sums(self, model: nn.Module, batch: MaskedBatch) -> dict[str, Tensor]:
        """Cross-entropy of the masked pieces, logits at their positions only."""
        states = hidden_states(model, batch.inputs).flatten(0, 1)
        return {"multilingual": prediction_loss(model, states[batch.positions], batch.labels)}


def apart(sentences: Sequence[IntArray], template: SequenceTemplate) -> Sequences:
    """Each sentence as a sequence of its own."""
    before, after = len(template.before), len(template.after)
    return Sequences(
        pieces=[template.single(pieces) for pieces in sentences],
        maskable=[
            np.repeat([False, True, False], [before, len(pieces), after]) for pieces in sentences
        ],
        more={},
    )
