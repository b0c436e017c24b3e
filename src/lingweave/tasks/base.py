"""What lingweave must know of a task whose examples carry one label."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from transformers import PreTrainedTokenizerFast

from lingweave.corpus import Row
from lingweave.objectives import LabelledSequence

Encode = Callable[[PreTrainedTokenizerFast, Sequence[Any], int], list[LabelledSequence]]


@dataclass(frozen=True, kw_only=True)
class ClassificationTask:
    """A task: reading, encoding, labels.

    Attributes:
        version: part of every score's signature; raised when scores change their meaning.
        labels: names of the classes, in the order of their indices.
        fields: what a row must hold, in the order of a file without header.
        example: makes an example of a row and the place it was read from; raises `TableError`
            where it cannot.
        encode: examples in pieces, cut to a number of pieces.
    """

    version: int
    labels: tuple[str, ...]
    fields: tuple[str, ...]
    example: Callable[[Row, str], Any]
    encode: Encode
