"""Translation language modelling (Conneau & Lample 2019, 1901.07291, section 3.3).

What it learns: to predict a masked piece from its own sentence *and* its translation, through
attention over both in one sequence.

Worked pair: "the cat sleeps" / "die Katze schläft" become `[CLS] the [MASK] sleeps [SEP] die Katze
schläft [SEP]`, where "Katze" gives "cat" away.

Where we depart from the paper: positions run on into the second sentence and there are no language
embeddings, since encoders such as mBERT have neither resets nor languages; token types are those
that the tokenizer gives to a pair. Masking is that of the other objectives compared.

Siblings: MLM keeps the sentences apart; WEAM lets the translation in through aligned words only.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from lingweave.encoder import SequenceTemplate
from lingweave.objectives.base import EncodedPair, attention_mask, pad
from lingweave.objectives.masked import MaskedBatch, MaskedObjective, MaskedOptions, masked_batch
from lingweave.objectives.masking import Vocabulary


class TLMOptions(MaskedOptions):
    """Options of translation language modelling."""

    objective: Literal["tlm"] = "tlm"


class TLM(MaskedObjective):
    """See the module docstring."""

    def collate(self, examples: Sequence[EncodedPair], generator: torch.Generator) -> MaskedBatch:
        """One sequence for each pair; masked."""
        inputs, maskable = joined_pairs(examples, self._template, self._vocabulary)
        return masked_batch(inputs, maskable, self._vocabulary, self._masking, generator)


def joined_pairs(
    examples: Sequence[EncodedPair], template: SequenceTemplate, vocabulary: Vocabulary
) -> tuple[dict[str, Tensor], Tensor]:
    """Pairs as one sequence each: (inputs, maskable positions), all (B, L)."""
    joined = [template.pair(pair.source.pieces, pair.target.pieces) for pair in examples]
    sequences = [pieces for pieces, _ in joined]
    input_ids = pad(sequences, vocabulary.pad)
    maskable = torch.zeros(input_ids.shape, dtype=torch.bool)
    for row, pair in enumerate(examples):
        source_start, target_start = pair_starts(pair, template)
        maskable[row, source_start : source_start + len(pair.source)] = True
        maskable[row, target_start : target_start + len(pair.target)] = True
    inputs = {
        "input_ids": input_ids,
        "attention_mask": attention_mask(sequences),
        "token_type_ids": pad([types for _, types in joined], 0),
    }
    return inputs, maskable


def pair_starts(pair: EncodedPair, template: SequenceTemplate) -> tuple[int, int]:
    """The positions of the first source and the first target piece in a joined sequence."""
    source_start = len(template.pair_before)
    return source_start, source_start + len(pair.source) + len(template.pair_between)
