"""Ctrl-C while a solver thinks: the process ends at once, in one line, and takes its helpers with it.

Python raises KeyboardInterrupt between two of its own steps.  A solver takes seconds for one, catches the signal
itself, or is just being cleaned up, where Python drops what is raised.  So here the signal is awaited by a thread of
its own.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import active_children, resource_tracker
from threading import Lock, Thread

from rfc5077.properties.cli.output import INTERRUPTED

_OVER = signal.SIGUSR2
"""Sent to the waiting thread when there is nothing left to wait for."""


class Interruptible:
    """While Ctrl-C ends the process; ``held`` delays that until what must not be cut in two is done."""

    def __init__(self, last_words: Callable[[], str]) -> None:
        self._last_words = last_words
        self._busy = Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Ctrl-C waits for the end of this block."""
        with self._busy:
            yield

    def wait(self) -> None:
        """Ends the process on Ctrl-C: its helpers too, its last words on stderr, exit code 130."""
        if signal.sigwait({signal.SIGINT, _OVER}) == _OVER:
            return
        self._busy.acquire()
        for child in active_children():
            child.kill()
        sys.stderr.write(f"rfc5077: {self._last_words()}\n")
        sys.stderr.flush()
        os._exit(INTERRUPTED)


def _begin_tracking() -> None:
    """Starts the process that clears away what an ended process leaves; later it would let the signal through again.

    It clears away in silence: that something is left is by intent here.
    """
    silence = "ignore:resource_tracker:UserWarning"
    sys.warnoptions.append(silence)
    resource_tracker.ensure_running()
    sys.warnoptions.remove(silence)


@contextmanager
def at_once(last_words: Callable[[], str]) -> Iterator[Interruptible]:
    """Within, Ctrl-C ends the process whatever it is doing; ``last_words`` are what is said then, in one line."""
    _begin_tracking()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, _OVER})  # threads and helpers inherit it
    watch = Interruptible(last_words)
    thread = Thread(target=watch.wait, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        if thread.ident is not None and thread.is_alive():
            signal.pthread_kill(thread.ident, _OVER)
        thread.join()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
