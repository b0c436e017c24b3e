"""What every objective offers to the training loop, and what those on sentence pairs share.

An objective turns examples into a batch (`collate`: pure, all chance from the generators it is
given, one for each example) and a batch into sums of losses (`sums`), one for each part of the
objective. The loop divides each sum by the number of predictions of that part in the whole update.
So many small micro-batches, in one process or in several, give exactly the loss of one large batch,
dropout aside.

Shape letters: B sequences, L pieces in a sequence, D width, V vocabulary, P predicted positions.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from lingweave.encoder import EncodedSentence, decoder_inputs
from lingweave.objectives.linear_cross_entropy import linear_cross_entropy

ExampleT = TypeVar("ExampleT", contravariant=True)
BatchT = TypeVar("BatchT", bound="Batch")


@dataclass(frozen=True)
class EncodedPair:
    """A sentence pair in pieces, with its word alignment.

    Attributes:
        source: the source sentence.
        target: the target sentence.
        links: 0-based (source word, target word), shape (links, 2).
    """

    source: EncodedSentence
    target: EncodedSentence
    links: NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Tensors of one micro-batch.

    Attributes:
        inputs: keyword arguments of the encoder, each (B, L).
        counts: number of predictions of each part of the objective.
    """

    inputs: dict[str, Tensor]
    counts: dict[str, int]

    @property
    def num_tokens(self) -> int:
        """Positions that are not padding."""
        return int(self.inputs["attention_mask"].sum())

    def to(self, device: torch.device) -> Self:
        """The same batch on a device."""
        moved = {
            field.name: _moved(getattr(self, field.name), device)
            for field in fields(self)
            if field.name != "counts"
        }
        return replace(self, **moved)


def _moved(value: Any, device: torch.device) -> Any:  # noqa: ANN401 - tensors, or mappings of such
    if isinstance(value, dict):
        return {name: inner.to(device) for name, inner in value.items()}
    return value.to(device)


class Objective(Protocol[ExampleT, BatchT]):
    """One way of training; see the module docstring."""

    @property
    def weights(self) -> Mapping[str, float]:
        """The parts of the loss and the weight of each."""
        ...

    def length(self, example: ExampleT) -> int:
        """Pieces in an example, for batches of like length."""
        ...

    def collate(
        self, examples: Sequence[ExampleT], generators: Sequence[torch.Generator]
    ) -> BatchT:
        """Make a micro-batch; the random choices for each example come from its own generator."""
        ...

    def sums(self, model: nn.Module, batch: BatchT) -> dict[str, Tensor]:
        """For each part the summed loss over its predictions, each a scalar."""
        ...


class ObjectiveOptions(BaseModel):
    """Options of an objective on sentence pairs; its name is in `objective`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    objective: str = ""

    @property
    def needs_whole_updates(self) -> bool:
        """Whether an update that is cut into micro-batches would have another loss."""
        return False

    @property
    def uses_links(self) -> bool:
        """Whether the word alignment has any part in it."""
        return True


class PairObjective(ABC):
    """An objective for continued pre-training: its examples are sentence pairs."""

    def begin(self, model: nn.Module, *, seed: int) -> None:  # noqa: B027 - most need nothing
        """Take from the model as it is before any training, or add to it, what is needed.

        A run that is resumed begins from the same model again; its checkpoint is loaded later.

        Args:
            model: the one that will be trained.
            seed: draws the initial weights of what is added.
        """

    def finish(self, model: nn.Module) -> None:  # noqa: B027 - most add nothing
        """Remove from the trained model what was added to it."""

    @property
    @abstractmethod
    def weights(self) -> Mapping[str, float]:
        """The parts of the loss and the weight of each."""

    def length(self, example: EncodedPair) -> int:
        """Pieces of both sentences."""
        return len(example.source) + len(example.target)

    @abstractmethod
    def collate(
        self, examples: Sequence[EncodedPair], generators: Sequence[torch.Generator]
    ) -> Batch:
        """Make a micro-batch; the random choices for each pair come from its own generator."""

    @abstractmethod
    def sums(self, model: nn.Module, batch: Any) -> dict[str, Tensor]:
        """For each part the summed loss over its predictions, each a scalar."""


def pad(sequences: Sequence[NDArray[np.int32] | NDArray[np.bool_]], value: int) -> Tensor:
    """Sequences of unequal length as one (B, L) tensor."""
    padded = np.full((len(sequences), max(map(len, sequences))), value, dtype=np.int64)
    for row, sequence in enumerate(sequences):
        padded[row, : len(sequence)] = sequence
    return torch.from_numpy(padded)


def attention_mask(sequences: Sequence[NDArray[np.int32]]) -> Tensor:
    """1 for a piece, 0 for padding, (B, L)."""
    return pad([np.ones(len(sequence), dtype=np.int32) for sequence in sequences], 0)


def hidden_states(model: Any, inputs: Mapping[str, Tensor]) -> Tensor:  # noqa: ANN401
    """The last layer's states, (B, L, D).

    Args:
        model: on a BERT- or RoBERTa-like encoder.
        inputs: as in `Batch`; `position_ids`, where they are given, count from 0.
    """
    if "position_ids" in inputs:
        # RoBERTa and its kin count from behind their padding token's index, BERT from 0.
        padding = model.base_model.embeddings.position_embeddings.padding_idx
        first = 0 if padding is None else padding + 1
        inputs = {**inputs, "position_ids": inputs["position_ids"] + first}
    hidden_BLD: Tensor = model.base_model(**inputs).last_hidden_state
    return hidden_BLD


def prediction_loss(model: Any, states_PD: Tensor, labels_P: Tensor) -> Tensor:  # noqa: ANN401
    """Summed cross-entropy of the masked-LM head at the given states; 0 when there are none."""
    if not len(labels_P):
        return states_PD.sum() * 0.0
    decoder = model.get_output_embeddings()
    inputs_PD = decoder_inputs(model, states_PD)
    return linear_cross_entropy(inputs_PD, decoder.weight, decoder.bias, labels_P)
