"""Objectives: how a batch is made and what its loss is, one file each, naming the paper.

In: sentence pairs in pieces with their word alignment (`EncodedPair`), or labelled sequences. Out:
what the training loop needs, a batch and the summed loss of each part. Objectives know nothing of
files.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from transformers import PreTrainedTokenizerFast

from lingweave.objectives.base import EncodedPair, Objective
from lingweave.objectives.classification import Classification, LabelledSequence
from lingweave.objectives.masked import MaskedOptions
from lingweave.objectives.mlm import MLM, MLMOptions
from lingweave.objectives.tlm import TLM, TLMOptions
from lingweave.objectives.weam import WEAM, WEAMOptions


class Registered(NamedTuple):
    """An objective for pre-training on sentence pairs."""

    objective: Callable[..., Objective[EncodedPair, Any]]
    options: type[MaskedOptions]


OBJECTIVES: dict[str, Registered] = {
    "mlm": Registered(MLM, MLMOptions),
    "tlm": Registered(TLM, TLMOptions),
    "weam": Registered(WEAM, WEAMOptions),
}


def make_objective(
    name: str, tokenizer: PreTrainedTokenizerFast, options: MaskedOptions
) -> Objective[EncodedPair, Any]:
    """The pre-training objective of that name.

    Args:
        name: a key of `OBJECTIVES`.
        tokenizer: of the encoder in training.
        options: an instance of the objective's own options class.
    """
    return OBJECTIVES[name].objective(tokenizer, options)


__all__ = [
    "OBJECTIVES",
    "Classification",
    "EncodedPair",
    "LabelledSequence",
    "MLMOptions",
    "MaskedOptions",
    "Objective",
    "Registered",
    "TLMOptions",
    "WEAMOptions",
    "make_objective",
]
