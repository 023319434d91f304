"""A foreign program in a process of its own: read with a time-out, line by line, and in any case gone at the end."""

import os
import queue
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

PATIENCE = 10.0
"""Seconds that a program is waited for, for a line or for its end."""

GRACE = 2.0
"""Seconds that a program has to end after it was told to, before it is killed."""


class PeerError(Exception):
    """A foreign program that does not do what was waited for; tells what it said."""


class NotInstalled(PeerError):
    """A foreign program, or what is needed to build it, is not here; tells what to install."""


def program(name: str, package: str) -> str:
    """The path of a program. Raises NotInstalled, with the Debian package that brings it."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if path is None:
        raise NotInstalled(f"the program {name} is missing: install the Debian package {package}")
    return path


def version_of(name: str, package: str, *arguments: str) -> str:
    """The first line that a program says of its version, on whichever stream. Raises NotInstalled."""
    command = (program(name, package), *arguments)
    said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
    return (said.stdout + said.stderr).partition("\n")[0]


class Child:
    """A running program, to be used as a context: leaving it ends the program and all that it started.

    Both of its output streams are read together, line by line; `said` has what was read so far.
    """

    def __init__(self, *command: str, pass_fds: Sequence[int] = (), environment: dict[str, str] | None = None) -> None:
        self.said: list[str] = []
        self._command = command
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
        if self._process.stdin is None or self._process.stdout is None:
            raise ValueError("both are pipes")
        self._input, self._output = self._process.stdin, self._process.stdout
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def line(self, pattern: str) -> re.Match[str]:
        """Waits for the next line in which the regular expression is found; PeerError if none comes in time."""
        for line in self._new_lines():
            if match := re.search(pattern, line):
                return match
        raise PeerError(self._account(f"ended without a line like {pattern!r}"))

    def say(self, line: str) -> None:
        """Types a line."""
        self._input.write(line + "\n")
        self._input.flush()

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
            raise PeerError(self._account(f"has not ended after {PATIENCE} s")) from None
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
        self._output.close()

    def _read(self) -> None:
        for line in self._output:
            self._lines.put(line.rstrip("\r\n"))
        self._lines.put(None)

    def _new_lines(self) -> Iterator[str]:
        """Lines as they come, until the program's output ends."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise PeerError(self._account(f"said nothing that was waited for in {PATIENCE} s")) from None
            if line is None:
                self._lines.put(None)
                return
            self.said.append(line)
            yield line

    def _close_input(self) -> None:
        with suppress(BrokenPipeError):  # it has ended before it read everything
            self._input.close()

    def _account(self, what: str) -> str:
        return "\n  ".join([f"{' '.join(self._command)}\n{what}; it said", *self.said[-40:]])
