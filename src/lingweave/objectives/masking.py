"""Masking as in BERT (Devlin et al. 2019, section 3.1, 1810.04805).

Of the positions to be predicted 80 % hold the mask token, 10 % a random piece, 10 % their own.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

MASK_SHARE, RANDOM_SHARE = 0.8, 0.1


@dataclass(frozen=True)
class Vocabulary:
    """What masking must know of a tokenizer.

    Attributes:
        mask: the mask token.
        pad: the padding token.
        ordinary: the tokens a random replacement is drawn from: all but the special ones.
    """

    mask: int
    pad: int
    ordinary: Tensor

    @classmethod
    def of(cls, tokenizer: PreTrainedTokenizerFast) -> "Vocabulary":
        """Read it off a tokenizer."""
        special = set(tokenizer.all_special_ids)
        ordinary = [token for token in range(len(tokenizer)) if token not in special]
        return cls(
            mask=int(tokenizer.mask_token_id),
            pad=int(tokenizer.pad_token_id),
            ordinary=torch.tensor(ordinary),
        )


@dataclass(frozen=True)
class Masked:
    """Masked input.

    Attributes:
        input_ids: (B, L), with replacements.
        predicted: (B, L) bool, the positions to be predicted.
    """

    input_ids: Tensor
    predicted: Tensor


def mask_draws(num_pieces: int, generator: torch.Generator) -> Tensor:
    """What `mask_pieces` needs for so many maskable pieces: three numbers in [0, 1) for each.

    They are drawn piece by piece, so that the fate of a sequence depends neither on padding nor on
    how an update is cut into micro-batches.
    """
    return torch.rand(num_pieces, 3, generator=generator, dtype=torch.float64)


def mask_pieces(
    input_ids: Tensor,
    maskable: Tensor,
    vocabulary: Vocabulary,
    probability: float,
    draws: Tensor,
) -> Masked:
    """Choose positions to predict, each with `probability`, and replace what stands there.

    Args:
        input_ids: (B, L); left as it is.
        maskable: (B, L) bool; false on special tokens and padding, which are never chosen.
        vocabulary: mask token and candidates for random replacement.
        probability: share of the maskable positions, 0–1.
        draws: of the maskable positions in order; see `mask_draws`.
    """
    choice, fate, replacement = draws.unbind(dim=1)
    chosen = choice < probability
    pieces = input_ids[maskable]
    pieces[chosen & (fate < MASK_SHARE)] = vocabulary.mask
    randomised = chosen & (fate >= MASK_SHARE) & (fate < MASK_SHARE + RANDOM_SHARE)
    drawn = (replacement[randomised] * len(vocabulary.ordinary)).long()
    pieces[randomised] = vocabulary.ordinary[drawn]
    masked, predicted = input_ids.clone(), torch.zeros_like(maskable)
    masked[maskable], predicted[maskable] = pieces, chosen
    return Masked(masked, predicted)
