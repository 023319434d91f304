"""How every command speaks: exit codes, and JSON documents that name their schema."""

import json
import sys
from collections.abc import Mapping

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
