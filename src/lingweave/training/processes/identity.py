"""Which of the processes of one run this is; known without a word to the others."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_SPOKEN = "lingweave-spoken"

_is_alone = False


def count() -> int:
    """Processes that do the present work together."""
    if _is_alone or "RANK" not in os.environ:  # no launcher
        return 1
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this one is, 0-based."""
    return 0 if count() == 1 else int(os.environ["RANK"])


def is_main() -> bool:
    """Whether this is the one that reads, writes and talks."""
    return rank() == 0


@contextmanager
def alone() -> Iterator[None]:
    """Work that this process does by itself: all in it is as if there were no other."""
    global _is_alone  # noqa: PLW0603 - as is whether there are others
    before, _is_alone = _is_alone, True
    try:
        yield
    finally:
        _is_alone = before


def share(number: int) -> slice:
    """Which of so many things are this process's: neighbours, and as many as others' but for one.

    There may be none, where there are fewer things than processes.
    """
    return slice(number * rank() // count(), number * (rank() + 1) // count())


def is_first_to_fail() -> bool:
    """Whether this process is the one to say why the run ends: the first that has to.

    Others then fail because it is gone, or because of the same mistake, and keep quiet.
    """
    if count() == 1:
        return True
    # Here, so that a process by itself says what is wrong without waiting for torch.
    from torch import distributed
    from torch.distributed.distributed_c10d import _get_default_store

    if not distributed.is_initialized():  # all of them read the same wrong input
        return is_main()
    try:
        return bool(_get_default_store().add(_SPOKEN, 1) == 1)
    except RuntimeError:  # it went with the main process
        return True
