"""Whole recordings, read from files and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rfc5077.properties.trace.recorded import Header, RecordedEvent
from rfc5077.properties.trace.recordings import stream
from rfc5077.properties.verdict.finding import Judged, summary
from rfc5077.properties.verdict.judge import Judge


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """The verdict on one recording."""

    file: str
    header: Header
    verdict: str
    connections: tuple[Judged, ...]
    lines: Mapping[int, int]
    """Place of an event with a finding, as findings have it, to the line of the file."""


def judge_file(path: Path) -> FileVerdict:
    """Reads and judges one recording.

    :raises UsageError: if the file cannot be read, or naming the line that cannot be used.
    """
    read: list[int] = [0]
    items = stream(path, lambda number: read.__setitem__(0, number))
    header = next(items)
    assert isinstance(header, Header)
    judge = Judge(header.complete, from_start=header.whole)
    lines: dict[int, int] = {}
    for item in items:
        if isinstance(item, RecordedEvent):
            for finding in judge.feed(item):
                lines[finding.index] = read[0]
    connections = judge.connections()
    return FileVerdict(str(path), header, summary(connections), connections, lines)
