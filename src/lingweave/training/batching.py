"""Which examples make which update: shuffled, yet of like length, so that little is padding.

A pure function of the lengths, the seed and the epoch: resuming needs nothing but a number.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

POOL_BATCHES = 50
"""Batches' worth of shuffled examples that are sorted by length together. Larger pools pad less and
mix less; at 50 × 32 the share of padding on the bitext in use is a few per cent."""


def epoch_batches(
    lengths: Sequence[int], batch_size: int, *, seed: int, epoch: int
) -> list[NDArray[np.int64]]:
    """The updates of one epoch, each as indices of examples; every example comes once.

    Args:
        lengths: of the examples, in pieces.
        batch_size: examples in an update; the last one of the epoch may have fewer.
        seed: of the run.
        epoch: 0-based; each has its own order.
    """
    generator = np.random.default_rng((seed, epoch))
    order = generator.permutation(len(lengths))
    sizes = np.asarray(lengths)
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(order), POOL_BATCHES * batch_size):
        pool = order[start : start + POOL_BATCHES * batch_size]
        pool = pool[np.argsort(sizes[pool], kind="stable")]
        batches += [pool[at : at + batch_size] for at in range(0, len(pool), batch_size)]
    return [batches[index] for index in generator.permutation(len(batches))]
