"""How often checkpoints are written: every so many updates, unless that would cost too much.

For an encoder of mBERT's size a checkpoint is 2 GB and takes seconds, in which an accelerator would
have done a hundred updates. The result of a training does not depend on when they are written.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

LARGEST_SHARE = 0.05
"""Of the time may go into writing checkpoints; those that would cost more are left out."""

FREE_SECONDS = 1.0
"""A checkpoint that takes less is never left out."""


class Cadence:
    """Says when the next checkpoint is due.

    Args:
        num_updates: between two checkpoints, if they cost little.
    """

    def __init__(self, num_updates: int) -> None:
        self._num_updates = num_updates
        self._cost = 0.0
        self._last = time.monotonic()

    def is_due(self, update: int) -> bool:
        """Whether a checkpoint should be written after so many updates."""
        if update % self._num_updates:
            return False
        worth = LARGEST_SHARE * (time.monotonic() - self._last)
        return self._cost < FREE_SECONDS or self._cost <= worth

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Measure what a checkpoint costs while it is written.

        Yields:
            Nothing.
        """
        start = time.monotonic()
        yield
        self._last = time.monotonic()
        self._cost = self._last - start
