"""SIGHUP as servers take it: what was read from files is read again, and connections go on.

Who typed the command is not there any more to mend a file: that one cannot be used is told, and ends nothing.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from types import FrameType, TracebackType
from typing import Self

from rfc5077.properties.errors import UsageError

STANDARD = (0, 1, 2)
"""Descriptors of input, output and errors."""


class Rereading:
    """While it is entered, each SIGHUP calls `action`, in one thread of its own, one call after the other.

    A UsageError of the action's is told in a line on stderr; the action has changed nothing then.

    A signal handler may break in anywhere, so all that it does is to pass the word on. The hang-up of the terminal that
    the process was started at ends the process as it always did. To be entered in the main thread.
    """

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action
        self._asked: SimpleQueue[bool] = SimpleQueue()
        self._thread = Thread(target=self._work, daemon=True)
        self._at_terminal = _at_terminal()

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGHUP, self._hear)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGHUP, self._before or signal.SIG_DFL)
        self._asked.put(False)
        self._thread.join()

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._at_terminal and not _at_terminal():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self._asked.put(True)

    def _work(self) -> None:
        while self._asked.get():
            try:
                self._action()
            except UsageError as error:
                with suppress(OSError):  # nobody reads any more: no reason not to serve
                    sys.stderr.write(f"rfc5077: nothing is changed: {error}\n")


def _at_terminal() -> bool:
    """Whether somebody sits at this process; a terminal that was hung up is none any more."""
    return any(os.isatty(descriptor) for descriptor in STANDARD)
