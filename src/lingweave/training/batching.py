"""Which examples make which update: shuffled, yet of like length, so that little is padding.

A pure function of the lengths, the seed and the epoch: resuming needs nothing but a number.
"""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from lingweave.objectives.base import Objective
from lingweave.training.chance import Purpose, numpy_generator

POOL_BATCHES = 50
"""Batches' worth of shuffled examples that are sorted by length together. Larger pools pad less and
mix less; at 50 × 32 the share of padding on the bitext in use is a few per cent."""


@runtime_checkable
class Measured(Protocol):
    """Examples that know their lengths before they are made."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """What the objective's `length` says of each example."""
        ...


def lengths_of(examples: Sequence[Any], objective: Objective[Any, Any]) -> NDArray[np.int64]:
    """The lengths of all examples, in pieces; none is made for it where they are known."""
    if isinstance(examples, Measured):
        return examples.lengths
    return np.array([objective.length(example) for example in examples], dtype=np.int64)


def epoch_batches(
    lengths: Sequence[int] | NDArray[np.int64], batch_size: int, *, seed: int, epoch: int
) -> list[NDArray[np.int64]]:
    """The updates of one epoch, each as indices of examples; every example comes once.

    Args:
        lengths: of the examples, in pieces.
        batch_size: examples in an update; the last one of the epoch may have fewer.
        seed: of the run.
        epoch: 0-based; each has its own order.
    """
    generator = numpy_generator(seed, Purpose.ORDER, epoch)
    order = generator.permutation(len(lengths))
    sizes = np.asarray(lengths)
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(order), POOL_BATCHES * batch_size):
        pool = order[start : start + POOL_BATCHES * batch_size]
        pool = pool[np.argsort(sizes[pool], kind="stable")]
        batches += [pool[at : at + batch_size] for at in range(0, len(pool), batch_size)]
    return [batches[index] for index in generator.permutation(len(batches))]


def micro_batches(
    lengths: Sequence[int], *, examples: int, positions: int | None = None
) -> list[slice]:
    """Neighbouring examples that are computed at once.

    Args:
        lengths: of the examples, in pieces.
        examples: at most so many at once.
        positions: and at most so many positions, padding counted, but for a single example.
    """
    found: list[slice] = []
    start = longest = 0
    for end, length in enumerate(lengths):
        longest = max(longest, length)
        number = end + 1 - start
        is_long = positions is not None and longest * number > positions and number > 1
        if number > examples or is_long:
            found.append(slice(start, end))
            start, longest = end, length
    if len(lengths):
        found.append(slice(start, len(lengths)))
    return found
