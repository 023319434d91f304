"""A file of session secrets in the format of NSS, with which Wireshark and others decrypt what was captured.

Nothing is logged unless a configuration names a log; whoever reads the file reads the connections.
"""

import os
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self


class KeyLogFile:
    """Appends lines to a file, to be called by any number of connections and threads; use as `key_log`.

    A new file is its owner's alone (mode 0600). Each line is one write, so that several processes can share a file.
    """

    def __init__(self, path: Path) -> None:
        """Opens the file, or makes it. Raises OSError."""
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._lock = Lock()

    def __call__(self, line: str) -> None:
        """Appends one line. Raises OSError, ValueError once closed."""
        with self._lock:
            if self._file < 0:
                raise ValueError("the key log is closed")
            octets = line.encode("ascii") + b"\n"
            while octets:  # a disk that is getting full takes a part, and says so the next time
                octets = octets[os.write(self._file, octets) :]

    def close(self) -> None:
        """Closes the file; done twice it does nothing."""
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
            self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
