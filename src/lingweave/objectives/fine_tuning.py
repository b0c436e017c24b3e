"""What the objectives share that fine-tune on a task: sequences in, a loss of one part out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from transformers import PreTrainedTokenizerFast

from lingweave.encoder import IntArray
from lingweave.objectives.base import attention_mask, pad


@dataclass(frozen=True)
class TaskSequence:
    """An example, or a part of one, in pieces.

    Attributes:
        pieces: with special tokens, (L,).
        token_types: 0 for the first text, the tokenizer's other value for the second, (L,).
    """

    pieces: IntArray
    token_types: IntArray


class FineTuning:
    """Pads sequences for a model with a task's head; nothing is left to chance.

    Args:
        tokenizer: of the encoder in training.
    """

    part: ClassVar[str]
    """What the loss is called."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self._pad = int(tokenizer.pad_token_id)

    @property
    def weights(self) -> Mapping[str, float]:
        """One part, of weight 1."""
        return {self.part: 1.0}

    def length(self, example: TaskSequence) -> int:
        """Pieces with special tokens."""
        return len(example.pieces)

    def inputs(self, examples: Sequence[TaskSequence]) -> dict[str, Tensor]:
        """The encoder's inputs, padded, each (B, L)."""
        pieces = [example.pieces for example in examples]
        return {
            "input_ids": pad(pieces, self._pad),
            "attention_mask": attention_mask(pieces),
            "token_type_ids": pad([example.token_types for example in examples], 0),
        }
