"""All chance of a training: from its seed, what is drawn for, and the numbers of what it is for.

What is drawn for has a number of its own. numpy fills up what a short seed is made of with zeros,
so that (seed, 7) and (seed, 7, 0) draw the same: without it, the masks of the first example of an
update would go with the dropout of that update.
"""

from enum import IntEnum

import numpy as np
import torch


class Purpose(IntEnum):
    """What is drawn for."""

    ORDER = 1
    """Which examples make which update; of an epoch."""
    EXAMPLE = 2
    """What an objective leaves to chance, such as masks; of an update and an example in it."""
    DROPOUT = 3
    """Of an update and a process."""
    DAMAGE = 4
    """Which links are made wrong; of a text and a pair in it."""
    SWITCHING = 5
    """Which words are switched; of an example and a text of it."""
    REPLAY = 6
    """From which stage of a curriculum an example is; of an update, the example and the stage."""


def numpy_generator(seed: int, purpose: Purpose, *path: int) -> np.random.Generator:
    """A generator of its own for each purpose and path of numbers."""
    return np.random.default_rng(_sequence(seed, purpose, path))


def torch_generator(seed: int, purpose: Purpose, *path: int) -> torch.Generator:
    """A generator of its own for each purpose and path of numbers, on the CPU."""
    return torch.Generator().manual_seed(torch_seed(seed, purpose, *path))


def torch_seed(seed: int, purpose: Purpose, *path: int) -> int:
    """What to seed torch with for a purpose and a path of numbers, 0 to 2**63 - 1."""
    return int(_sequence(seed, purpose, path).generate_state(1, np.uint64)[0] >> 1)


def _sequence(seed: int, purpose: Purpose, path: tuple[int, ...]) -> np.random.SeedSequence:
    # The key is never filled up: it follows a seed that is, so zeros at its end count, too.
    return np.random.SeedSequence(seed, spawn_key=(purpose, *path))
