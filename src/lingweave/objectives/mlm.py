"""Masked language modelling (Devlin et al. 2019, 1810.04805), here also the control.

What it learns: to predict a masked piece from its own sentence. It sees the very sentences that
TLM and WEAM see, but never which belongs to which, so that what a rival gains over it is gained by
the pairing.

Worked pair: "the cat sleeps" / "die Katze schläft" become two sequences, `[CLS] the [MASK] sleeps
[SEP]` and `[CLS] die Katze [MASK] [SEP]`; "cat" is predicted from the first, "schläft" from the
second.

Siblings: TLM joins the two sequences into one; WEAM adds a prediction from the other sentence's
states; code-switched MLM puts words of one sentence into the other.
"""

from typing import Literal

import torch

from lingweave.objectives.base import EncodedPair
from lingweave.objectives.masked import MaskedObjective, MaskedOptions, Sequences, apart


class MLMOptions(MaskedOptions):
    """Options of masked language modelling."""

    objective: Literal["mlm"] = "mlm"

    @property
    def uses_links(self) -> bool:
        """It sees sentences, and no word alignment."""
        return False


class MLM(MaskedObjective):
    """See the module docstring."""

    def sequences(self, pair: EncodedPair, generator: torch.Generator) -> Sequences:
        """Source and target, as separate sequences."""
        return apart([pair.source.pieces, pair.target.pieces], self._template)
