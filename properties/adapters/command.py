"""A target that we start: its command line with placeholders, its papers, its process, and its end in any case.

A process gets a session of its own, so that whatever it starts ends with it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from rfc5077.properties.adapters.identity import identity
from rfc5077.properties.adapters.peer import Peer, TargetLost
from rfc5077.properties.adapters.sockets import Address, Wire, dial, over_sockets
from rfc5077.properties.errors import UsageError

HOST = "127.0.0.1"
START = 10.0
"""Seconds that a command has to listen, or to connect."""

GRACE = 1.0
"""Seconds that a process has to end, once its connection has ended or it was told to, before it is killed."""

_STEP = 0.002
_TOLD = 300  # characters of what a process said last that fit on a line
PLACEHOLDERS = ("host", "port", "ca", "cert", "key", "state")


class Process:
    """A running command. Its input stays open, for many programs end with it; its output goes to a file."""

    def __init__(self, command: Sequence[str]) -> None:
        """Starts it. Raises UsageError if there is no such program."""
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `end`)
        try:
            self._child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=self._said, stderr=self._said, start_new_session=True
            )
        except OSError as error:
            self._said.close()
            raise UsageError(f"cannot start {command[0]!r}: {error.strerror}") from None
        atexit.register(self.end)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._child.poll() is not None

    def await_end(self, limit: float) -> bool:
        """Waits for its end for so many seconds at most; whether it has ended."""
        try:
            self._child.wait(limit)
        except subprocess.TimeoutExpired:
            return False
        return True

    def account(self) -> str:
        """How it ended, and what it said last."""
        code = self._child.poll()
        if code is None:
            how = "it still runs"
        elif code < 0:
            how = f"it was ended by {signal.Signals(-code).name}"
        else:
            how = f"it ended with exit code {code}"
        last = self._last_words()
        return f"{how}; its last words: {last}" if last else f"{how} without a word"

    def _last_words(self) -> str:
        size = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, size - 4 * _TOLD))
        said = self._said.read().decode("utf-8", "replace")
        return " ".join(said.split())[-_TOLD:]

    def end(self) -> None:
        """Ends it and all that it started: told first, killed after `GRACE`. Does nothing the second time."""
        if self._said.closed:
            return
        atexit.unregister(self.end)
        self._signal(signal.SIGTERM)
        self.await_end(GRACE)
        self._signal(signal.SIGKILL)
        self._child.wait()
        if self._child.stdin is not None:
            self._child.stdin.close()
        self._said.close()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # nothing of the group is left
            os.killpg(self._child.pid, number)


class Command:
    """A command line as the user typed it, and the private folder with the papers that it may name.

    To be used as a context: leaving it ends what runs, and removes the folder.
    """

    def __init__(self, words: Sequence[str], role: str) -> None:
        """Raises UsageError if no port is named, or if a placeholder is unknown."""
        if not words:
            raise UsageError("there is no command", f"For example: rfc5077 check {role} -- COMMAND {{port}}")
        if not any("{port}" in word for word in words):
            raise UsageError(
                f"{words[0]}: the command has no {{port}}",
                f"Say where the port belongs; placeholders are {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}",
            )
        self.name = Path(words[0]).name
        self.role = role
        self._words = tuple(words)
        self._folder = Path(tempfile.mkdtemp(prefix="rfc5077-"))
        self._process: Process | None = None
        self._values = {"host": HOST, "state": str(self._folder / "state"), **self._papers()}
        self.forget()

    def _papers(self) -> dict[str, str]:
        """Key and certificate of the command, and the certificate of the other side, which it may trust."""
        own, other = ("localhost", "client") if self.role == "server" else ("client", "localhost")
        files = {name: self._folder / f"{name}.pem" for name in ("ca", "cert", "key")}
        files["key"].touch(mode=0o600)
        files["key"].write_bytes(identity(own).key_pem())
        files["cert"].write_bytes(identity(own).chain_pem())
        files["ca"].write_bytes(identity(other).chain_pem())
        return {name: str(path) for name, path in files.items()}

    def start(self, port: int) -> Process:
        """Starts it anew, with this port. Raises UsageError if there is no such program."""
        self.stop()
        values = {**self._values, "port": str(port)}
        words = []
        for word in self._words:
            for name, value in values.items():
                word = word.replace(f"{{{name}}}", value)
            words.append(word)
        self._process = Process(words)
        return self._process

    @property
    def process(self) -> Process | None:
        """What runs, or ran last."""
        return self._process

    def stop(self) -> None:
        """Ends what runs."""
        if self._process is not None:
            self._process.end()
            self._process = None

    def forget(self) -> None:
        """Ends what runs, and empties the folder {state}."""
        self.stop()
        state = Path(self._values["state"])
        shutil.rmtree(state, ignore_errors=True)
        state.mkdir(mode=0o700)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def started_server(command: Command) -> Peer[Wire]:
    """The server that a command starts, once it listens.

    Raises UsageError if it ends before, or does not listen within `START`.
    """
    address = (HOST, free_port())
    process = command.start(address[1])
    first = [_until_it_listens(command, process, address)]

    def connect() -> socket.socket:
        if first:
            return first.pop()
        try:
            return dial(address)
        except TargetLost as error:
            process.await_end(_STEP)
            raise TargetLost(f"{error}; {process.account()}") from error

    return over_sockets(command.name, "server", connect)


def _until_it_listens(command: Command, process: Process, address: Address) -> socket.socket:
    """The first connection."""
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        if process.over:
            raise UsageError(f"{command.name} does not listen at {HOST}:{address[1]}: {process.account()}")
        with suppress(OSError):
            return socket.create_connection(address, START)
        time.sleep(_STEP)
    raise UsageError(
        f"{command.name} does not listen at {HOST}:{address[1]} after {START:g} s: {process.account()}",
        "The port that it has to use stands for {port} in the command",
    )


def listener() -> socket.socket:
    """Where a command is to connect to."""
    return socket.create_server((HOST, 0))


def free_port() -> int:
    """A port on which nobody listens now."""
    with listener() as door:
        port: int = door.getsockname()[1]
        return port


class _Caller:
    """A client that a command starts: anew for each connection, unless it connects again by itself."""

    def __init__(self, command: Command, door: socket.socket) -> None:
        self._command = command
        self._door = door

    def connect(self) -> socket.socket:
        """Its next connection. Raises TargetLost if it makes none."""
        process = self._command.process
        if process is not None and (again := self._accept(process, GRACE)) is not None:
            return again
        process = self._start()
        accepted = self._accept(process, START)
        if accepted is None:
            within = "" if process.over else f" within {START:g} s"
            raise TargetLost(f"{self._command.name} does not connect{within}: {process.account()}")
        return accepted

    def _start(self) -> Process:
        """A new process; whatever one before it began is dropped."""
        self._command.stop()
        self._door.settimeout(0)
        with suppress(BlockingIOError):
            while True:
                self._door.accept()[0].close()
        return self._command.start(self._door.getsockname()[1])

    def _accept(self, process: Process, limit: float) -> socket.socket | None:
        """A connection of this process; None if it ends, or if the time is over."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            over = process.over  # asked first: what it did before its end counts
            self._door.settimeout(_STEP)
            with suppress(TimeoutError):
                return self._door.accept()[0]
            if over:
                return None
        return None


def started_client(command: Command, door: socket.socket) -> Peer[Wire]:
    """The client that a command starts, which connects to this door."""
    return over_sockets(command.name, "client", _Caller(command, door).connect, command.forget)
