"""How every command speaks: exit codes, and JSON documents that name their schema."""

import json
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from rfc5077.properties.errors import UsageError

FAILED = 1
"""Exit code: a violation, a failed theorem, a difference or a missed figure."""

UNUSABLE = 2
"""Exit code: the input or the target cannot be used, or nothing could be concluded."""

INTERRUPTED = 130
"""Exit code: Ctrl-C."""


def document(command: str, body: Mapping[str, object]) -> str:
    """A JSON document of a command, its shape named first: ``rfc5077/COMMAND/1``; ends in a newline."""
    return json.dumps({"schema": f"rfc5077/{command}/1", **body}, indent=2, ensure_ascii=False) + "\n"


def on_terminal() -> bool:
    """Whether a person reads along, so that colour helps."""
    return sys.stdout.isatty()


def show(text: str) -> None:
    """Print text that carries rich's markup if `on_terminal` says so, and is plain if not."""
    if on_terminal():
        from rich.console import Console

        Console(highlight=False, soft_wrap=True).print(text)
    else:
        print(text)


def printable(text: str) -> str:
    """What somebody else has sent, without signs that would move a terminal's cursor or begin a line."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def notice(text: str) -> None:
    """One line on stderr, beside the report."""
    print(f"rfc5077: {text}", file=sys.stderr)


class Progress:
    """A progress bar on stderr, if that is a terminal; nothing if not."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Bar(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def stage(self, name: str, done: int, of: int) -> None:
        """What is being done, and how far it has come."""
        self._bar.update(self._task, description=name, completed=done, total=of)

    def tests(self, done: int, of: int) -> None:
        """How many tests are done."""
        self.stage("tests", done, of)


def warn_of_readers(path: Path, secret: str) -> None:
    """Says so if everybody may use a file with a secret in it, or its group may write it.

    Raises:
        UsageError: the file is not there any more.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    who = "read by everybody" if mode & stat.S_IRWXO else "written by its group" if mode & stat.S_IWGRP else ""
    if who:
        notice(f"warning: {path} can be {who} (mode {mode:04o}), and with it {secret}; chmod 600 it")
