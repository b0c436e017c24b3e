"""Translation language modelling (Conneau & Lample 2019, 1901.07291, section 3.3).

What it learns: to predict a masked piece from its own sentence *and* its translation, through
attention over both in one sequence.

Worked pair: "the cat sleeps" / "die Katze schläft" become `[CLS] the [MASK] sleeps [SEP] die Katze
schläft [SEP]`, where "Katze" gives "cat" away. With `reset_positions` the positions of "die Katze
schläft" are 1 2 3, as in a sequence of its own, not 5 6 7; with `order: random` the German sentence
comes first in one of two cases.

Where we depart from the paper: by default positions run on into the second sentence, and the source
comes first, since encoders such as mBERT know pairs so. There are no language embeddings: none of
the encoders that lingweave loads has any. Token types are those that the tokenizer gives to a pair.
Masking is that of the other objectives compared. The paper trains on plain sentences by turns: see
`mix`.

Siblings: MLM keeps the sentences apart; WEAM lets the translation in through aligned words only.
"""

from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import nn
from transformers import PreTrainedTokenizerFast

from lingweave.encoder import SequenceTemplate, num_positions
from lingweave.errors import CheckpointError
from lingweave.objectives.base import EncodedPair
from lingweave.objectives.masked import MaskedObjective, MaskedOptions, Sequences


class TLMOptions(MaskedOptions):
    """Options of translation language modelling."""

    objective: Literal["tlm"] = "tlm"
    reset_positions: bool = Field(
        default=False, description="count the second sentence's positions anew (1901.07291: true)"
    )
    order: Literal["fixed", "random"] = Field(
        default="fixed", description="fixed: source first (1901.07291: both orders)"
    )

    @property
    def uses_links(self) -> bool:
        """It sees sentences, and no word alignment."""
        return False


class TLM(MaskedObjective):
    """See the module docstring.

    Args:
        tokenizer: of the encoder in training.
        options: masking, positions and the order of the sentences.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, options: TLMOptions) -> None:
        super().__init__(tokenizer, options)
        self._options = options

    def begin(self, model: nn.Module, *, seed: int) -> None:
        """Refuse to reset positions that the encoder does not count.

        Raises:
            CheckpointError: its positions are relative.
        """
        if self._options.reset_positions and num_positions(model) is None:
            raise CheckpointError(
                "the encoder has no positions from 0 on to be reset",
                remedy="leave out `reset_positions`",
            )

    def sequences(self, pair: EncodedPair, generator: torch.Generator) -> Sequences:
        """Both sentences in one sequence."""
        first, second = pair.source, pair.target
        if self._options.order == "random" and torch.rand((), generator=generator) < 0.5:
            first, second = second, first
        pieces, token_types = self._template.pair(first.pieces, second.pieces)
        first_start, second_start = pair_starts(len(first), self._template)
        maskable = np.zeros(len(pieces), dtype=np.bool_)
        maskable[first_start : first_start + len(first)] = True
        maskable[second_start : second_start + len(second)] = True
        more = {"token_type_ids": [token_types]}
        if self._options.reset_positions:
            positions = np.arange(len(pieces), dtype=np.int32)
            positions[second_start:] -= second_start - len(self._template.before)
            more["position_ids"] = [positions]
        return Sequences(pieces=[pieces], maskable=[maskable], more=more)


def pair_starts(len_first: int, template: SequenceTemplate) -> tuple[int, int]:
    """The positions of the first pieces of both sentences in a joined sequence."""
    first_start = len(template.pair_before)
    return first_start, first_start + len_first + len(template.pair_between)
