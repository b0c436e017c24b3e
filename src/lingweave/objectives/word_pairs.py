"""What the objectives share that draw the states of aligned words together.

Both sentences are sequences of their own, unmasked. Of each aligned word one piece's state of the
last layer stands for the word. Since all words could be drawn together by making them one, a
regulariser holds the encoder near what it was: either its states of one language, or its
parameters. For that a frozen copy of the encoder is kept beside the one in training.

Shape letters as in `base`, and N word pairs of a batch, A sequences that are held near their
original states.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.distributed.tensor import DTensor, Partial
from transformers import PreTrainedTokenizerFast

from lingweave.encoder import NO_WORD, EncodedSentence, IntArray, SequenceTemplate
from lingweave.errors import TrainingError
from lingweave.objectives.base import (
    Batch,
    EncodedPair,
    ObjectiveOptions,
    PairObjective,
    attention_mask,
    hidden_states,
    pad,
)

WordPiece = Literal["first", "last"]


class WordPairOptions(ObjectiveOptions):
    """Options of every objective on pairs of aligned words."""

    word_piece: WordPiece = Field(description="which piece stands for its word")
    regularizer: Literal["states", "parameters"] = Field(
        description="what is held near the original encoder's, by squared distance"
    )
    regularization_weight: float = Field(
        default=1.0, ge=0, description="λ of the regulariser (2002.03518, 2010.02537: 1); 0: none"
    )
    anchor: Literal["source", "target", "both"] = Field(
        default="source",
        description="sentences whose `states` are held; with English as source, as in 2002.03518",
    )


@dataclass(frozen=True, kw_only=True)
class WordPairBatch(Batch):
    """Sequences and the word pairs in them; positions are rows of the flattened states.

    Attributes:
        source_positions: (N,).
        target_positions: of the words aligned to them, (N,).
        pair_of_words: the sentence pair each word pair belongs to, (N,).
        anchored: the sequences that are held, (A,).
    """

    source_positions: Tensor
    target_positions: Tensor
    pair_of_words: Tensor
    anchored: Tensor


class WordPairObjective(PairObjective):
    """See the module docstring.

    Args:
        tokenizer: of the encoder in training.
        options: which piece stands for a word, and the regulariser.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, options: WordPairOptions) -> None:
        self._template = SequenceTemplate.of(tokenizer)
        self._pad = int(tokenizer.pad_token_id)
        self._pair_options = options
        self._original: Any = None

    def begin(self, model: Any, *, seed: int) -> None:
        """Keep a frozen copy of the encoder, where the regulariser needs one.

        Raises:
            TrainingError: all of the encoder is frozen.
        """
        if not any(parameter.requires_grad for parameter in model.base_model.parameters()):
            raise TrainingError(
                "all of the encoder is frozen, so no word can move towards another",
                remedy="lower frozen_layers",
            )
        if self._pair_options.regularization_weight > 0:
            # Held by the objective, so that neither checkpoints nor the optimiser see it.
            self._original = deepcopy(model.base_model).eval().requires_grad_(False)

    @property
    def weights(self) -> Mapping[str, float]:
        """Alignment 1, and λ of the regulariser where there is one."""
        weight = self._pair_options.regularization_weight
        return {"alignment": 1.0} | ({"regularization": weight} if weight > 0 else {})

    def collate(
        self, examples: Sequence[EncodedPair], generators: Sequence[torch.Generator]
    ) -> WordPairBatch:
        """Source and target of one pair after another; nothing is left to chance."""
        sentences = [side for pair in examples for side in (pair.source, pair.target)]
        sequences = [self._template.single(sentence.pieces) for sentence in sentences]
        input_ids = pad(sequences, self._pad)
        length, before = input_ids.shape[1], len(self._template.before)
        positions = [self.positions(pair) + before for pair in examples]
        numbers = np.repeat(np.arange(len(examples)), [len(own) for own in positions])
        source_positions, target_positions = np.concatenate(positions).T
        anchored, attended = self._anchored(len(examples)), attention_mask(sequences)
        counts = {"alignment": len(numbers)}
        if "regularization" in self.weights:
            by_states = self._pair_options.regularizer == "states"
            held = int(attended[anchored].sum()) if by_states else len(examples)
            counts["regularization"] = held
        return WordPairBatch(
            inputs={"input_ids": input_ids, "attention_mask": attended},
            counts=counts,
            source_positions=torch.from_numpy(2 * numbers * length + source_positions),
            target_positions=torch.from_numpy((2 * numbers + 1) * length + target_positions),
            pair_of_words=torch.from_numpy(numbers),
            anchored=anchored,
        )

    def sums(self, model: nn.Module, batch: WordPairBatch) -> dict[str, Tensor]:
        """The loss of the word pairs, and the squared distance to the original encoder."""
        hidden_BLD = hidden_states(model, batch.inputs)
        states = hidden_BLD.flatten(0, 1)
        source_ND, target_ND = states[batch.source_positions], states[batch.target_positions]
        sums = {"alignment": self.alignment_loss(model, source_ND, target_ND, batch)}
        if "regularization" in self.weights:
            sums["regularization"] = self._distance_to_original(model, hidden_BLD, batch)
        return sums

    @abstractmethod
    def alignment_loss(
        self, model: nn.Module, source_ND: Tensor, target_ND: Tensor, batch: WordPairBatch
    ) -> Tensor:
        """Summed over the word pairs."""

    def positions(self, pair: EncodedPair) -> IntArray:
        """The pieces that stand for aligned words, 0-based (source piece, target piece), (N, 2)."""
        which = self._pair_options.word_piece
        source, target = (pieces_of_words(s, which) for s in (pair.source, pair.target))
        found = [
            (source[word], target[other])
            for word, other in one_to_one(pair.links).tolist()
            if word in source and other in target  # not behind the cut
        ]
        return np.array(found, dtype=np.int32).reshape(-1, 2)

    def _anchored(self, num_pairs: int) -> Tensor:
        rows = torch.arange(2 * num_pairs).view(num_pairs, 2)
        sides = {"source": rows[:, :1], "target": rows[:, 1:], "both": rows}
        return sides[self._pair_options.anchor].flatten()

    def _distance_to_original(self, model: Any, hidden_BLD: Tensor, batch: WordPairBatch) -> Tensor:
        assert self._original is not None, "begin() comes first"
        original = self._original.to(hidden_BLD.device)
        if self._pair_options.regularizer == "parameters":
            # The same for every pair; counted for each, since the loop divides by their number.
            distance = parameter_distance(model.base_model, original)
            return distance * batch.counts["regularization"]
        inputs = {name: tensor[batch.anchored] for name, tensor in batch.inputs.items()}
        with torch.no_grad():
            original_ALD = hidden_states(original, inputs)
        distance_AL = squared_distance(hidden_BLD[batch.anchored], original_ALD)
        return distance_AL[inputs["attention_mask"].bool()].sum()


def one_to_one(links: IntArray) -> IntArray:
    """The links both of whose words have no other link."""
    _, source, num_source = np.unique(links[:, 0], return_inverse=True, return_counts=True)
    _, target, num_target = np.unique(links[:, 1], return_inverse=True, return_counts=True)
    kept: IntArray = links[(num_source[source] == 1) & (num_target[target] == 1)]
    return kept


def pieces_of_words(sentence: EncodedSentence, which: WordPiece) -> dict[int, int]:
    """For each word that has a piece, its first or last one, 0-based."""
    places = list(enumerate(sentence.words.tolist()))
    if which == "first":
        places.reverse()  # so that the first is entered last
    return {word: piece for piece, word in places if word != NO_WORD}


def squared_distance(first: Tensor, second: Tensor) -> Tensor:
    """Squared Euclidean distance of states, summed over D, in full precision."""
    return (first.float() - second.float()).square().sum(-1)


def parameter_distance(encoder: nn.Module, original: nn.Module) -> Tensor:
    """Squared Euclidean distance of the trained parameters to the original ones.

    Args:
        encoder: its layers may be sharded; then all processes take part.
        original: whole.
    """
    pairs = zip(encoder.parameters(), original.parameters(), strict=True)
    distances = [(_whole(own) - old).square().sum() for own, old in pairs if own.requires_grad]
    return torch.stack(distances).sum()


def _whole(parameter: Tensor) -> Tensor:
    if not isinstance(parameter, DTensor):
        return parameter
    # Each process weighs the distance by its own share of the examples: gradients are to be summed.
    return parameter.full_tensor(grad_placements=[Partial()])
