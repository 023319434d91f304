"""Whole recordings: files of JSON lines, read one line at a time and written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rfc5077.properties.errors import UsageError
from rfc5077.properties.files import write_whole
from rfc5077.properties.trace.recorded import (
    Header,
    RecordedEvent,
    format_event,
    format_header,
    parse_event,
    parse_header,
)

LONGEST = 4 * 1024 * 1024
"""Octets that a line may have; the largest event takes about a quarter of a million."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A header and its events, in the order in which they were seen."""

    header: Header
    events: tuple[RecordedEvent, ...]


def parse_lines(name: str, lines: Iterable[str]) -> Iterator[Header | RecordedEvent]:
    """The header, then every event; blank lines are passed over.

    :param name: what the user calls the source; errors begin with it.
    :raises UsageError: naming source, line number and reason.
    """
    number = 0
    begun = False
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        try:
            if begun:
                yield parse_event(line)
            else:
                yield parse_header(line)
                begun = True
        except ValueError as error:
            raise UsageError(f"{name} line {number}: {error}") from error
    if not begun:
        raise UsageError(f"{name} line {max(number, 1)}: the recording is empty; it would begin with a header line")


def _lines(path: Path, told: Callable[[int], None] | None) -> Iterator[str]:
    with path.open("rb") as source:
        for number, line in enumerate(iter(partial(source.readline, LONGEST + 1), b""), 1):
            if told is not None:
                told(number)
            if len(line) > LONGEST:
                raise UsageError(f"{path} line {number}: longer than {LONGEST} octets")
            try:
                yield line.decode()
            except UnicodeDecodeError as error:
                reason = f"not UTF-8 text (octet {error.start + 1} of the line)"
                raise UsageError(f"{path} line {number}: {reason}") from error


def stream(path: Path, told: Callable[[int], None] | None = None) -> Iterator[Header | RecordedEvent]:
    """The header and the events of a file, one at a time; ``told`` hears the number of each line before its item.

    :raises UsageError: if the file cannot be read, or naming the line that cannot be used.
    """
    try:
        yield from parse_lines(str(path), _lines(path, told))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error


def read_recording(path: Path) -> Recording:
    """A whole file.

    :raises UsageError: if the file cannot be read, or naming the line that cannot be used.
    """
    items = stream(path)
    header = next(items)
    assert isinstance(header, Header)
    return Recording(header, tuple(item for item in items if isinstance(item, RecordedEvent)))


def write_recording(path: Path, recording: Recording) -> None:
    """Write a file whole or not at all: a reader finds the old contents or the new, never a part.

    :raises UsageError: if the file cannot be written.
    """
    lines = [format_header(recording.header), *(format_event(event) for event in recording.events)]
    write_whole(path, "\n".join(lines) + "\n")
