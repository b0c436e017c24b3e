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

from collections.abc import Sequence
from typing import Literal

import torch

from lingweave.objectives.base import EncodedPair, attention_mask, pad
from lingweave.objectives.masked import MaskedBatch, MaskedObjective, MaskedOptions, masked_batch


class MLMOptions(MaskedOptions):
    """Options of masked language modelling."""

    objective: Literal["mlm"] = "mlm"


class MLM(MaskedObjective):
    """See the module docstring."""

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
        return masked_batch(inputs, maskable, self._vocabulary, self._masking, generator)
