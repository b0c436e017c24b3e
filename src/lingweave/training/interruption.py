"""Ctrl-C and SIGTERM in training: first the update in flight is finished, a checkpoint written."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self


class Terminated(KeyboardInterrupt):
    """SIGTERM, as batch systems send it before they kill: all that Ctrl-C does, but by another."""


class Interruption:
    """Holds back the first SIGINT or SIGTERM while it is open; a second one stops at once.

    Outside the main thread, where Python allows no handlers, it holds back nothing.

    Attributes:
        requested: what is to be raised when it is convenient; None while nothing came.
    """

    def __init__(self) -> None:
        self.requested: KeyboardInterrupt | None = None
        self._previous: dict[int, object] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            if signal.getsignal(number) == self._note:  # else somebody had reason to set another
                signal.signal(number, handler)  # type: ignore[arg-type]

    def _note(self, number: int, frame: FrameType | None) -> None:
        interrupt = Terminated() if number == signal.SIGTERM else KeyboardInterrupt()
        if self.requested is not None:
            raise interrupt
        self.requested = interrupt


@contextmanager
def sigterm_as_interrupt() -> Iterator[None]:
    """SIGTERM raises `Terminated`, as SIGINT raises KeyboardInterrupt, also outside training.

    Yields:
        Nothing. Outside the main thread it changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, _raise_terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _raise_terminated(number: int, frame: FrameType | None) -> None:
    raise Terminated
