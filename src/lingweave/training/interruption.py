"""Ctrl-C and SIGTERM in training: first the update in flight is finished, a checkpoint written."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Self


class Interruption:
    """Holds back the first SIGINT or SIGTERM while it is open; a second one stops at once.

    Outside the main thread, where Python allows no handlers, it holds back nothing.
    """

    def __init__(self) -> None:
        self.requested = False
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
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
