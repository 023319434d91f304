"""A foreign program in a process of its own: read with a time-out, line by line, and in any case gone at the end."""

import os
import queue
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import pytest

PATIENCE = 10.0
"""Seconds that a program is waited for, for a line or for its end."""

GRACE = 2.0
"""Seconds that a program has to end after it was told to, before it is killed."""


def program(name: str, package: str) -> str:
    """The path of a program. The test fails, and says what to install, if there is none."""
    path = _find(name)
    if path is None:
        pytest.fail(_missing(name, package), pytrace=False)
    return path


def _find(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


def _missing(name: str, package: str) -> str:
    return f"the program {name} is missing: install the Debian package {package}"


def version_of(name: str, package: str, *arguments: str) -> str:
    """The first line that a program says of its version, on whichever stream; that it is missing, if it is."""
    path = _find(name)
    if path is None:
        return _missing(name, package)
    command = (path, *arguments)
    said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
    return (said.stdout + said.stderr).partition("\n")[0]


class Child:
    """A running program, to be used as a context: leaving it ends the program and all that it started.

    Both of its output streams are read together, line by line; `said` has what was read so far.
    """

    def __init__(self, *command: str, pass_fds: Sequence[int] = (), environment: dict[str, str] | None = None) -> None:
        self.said: list[str] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=tuple(pass_fds),
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # so that whatever it starts can be ended with it
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def line(self, pattern: str) -> re.Match[str]:
        """Waits for the next line in which the regular expression is found; AssertionError if none comes in time."""
        for line in self._new_lines():
            if match := re.search(pattern, line):
                return match
        raise AssertionError(self._account(f"ended without a line like {pattern!r}"))

    def say(self, line: str) -> None:
        """Types a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the program itself."""
        self._process.send_signal(number)

    def finish(self) -> list[str]:
        """Closes the program's input and waits for its end. All that it said."""
        self._close_input()
        for _ in self._new_lines():
            pass
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(self._account(f"has not ended after {PATIENCE} s")) from None
        return self.said

    @property
    def returncode(self) -> int | None:
        """How it ended, None as long as it runs."""
        return self._process.poll()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close_input()
        if self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):  # what does not heed is killed below
                self._process.wait(GRACE)
        with suppress(ProcessLookupError):  # nothing of the group is left
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join(PATIENCE)
        self._process.stdout.close()

    def _read(self) -> None:
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\r\n"))
        self._lines.put(None)

    def _new_lines(self):
        """Lines as they come, until the program's output ends."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(self._account(f"said nothing that was waited for in {PATIENCE} s")) from None
            if line is None:
                self._lines.put(None)
                return
            self.said.append(line)
            yield line

    def _close_input(self) -> None:
        with suppress(BrokenPipeError):  # it has ended before it read everything
            self._process.stdin.close()

    def _account(self, what: str) -> str:
        return "\n  ".join([f"{' '.join(map(str, self._process.args))}\n{what}; it said", *self.said[-40:]])
