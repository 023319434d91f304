"""The verdict on a capture, and how it is shown: JSON for programs, text for people."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from rfc5077.properties.capture.connections import Connection, Connections, LeftOut
from rfc5077.properties.capture.framing import frames
from rfc5077.properties.errors import UsageError
from rfc5077.properties.verdict.explain import finding_text, printable
from rfc5077.properties.verdict.finding import Finding, summary
from rfc5077.properties.verdict.report import Json, finding_json


@dataclass(frozen=True, slots=True)
class CaptureVerdict:
    """The verdict on one capture."""

    file: str
    verdict: str
    connections: tuple[Connection, ...]
    left_out: tuple[LeftOut, ...]
    frames: int
    """All of them, of TCP or not."""
    tcp_frames: int


def judge_capture(path: Path, complete: bool = False) -> CaptureVerdict:
    """Reads and judges one capture, without keys.

    :param complete: whether it begins with the first contact of each client and server in it.
    :raises UsageError: if the file cannot be read, or naming the frame at which it cannot be used.
    """
    seen = Connections(complete, str(path))
    number = 0
    with _rarely_collected():
        for frame in frames(path):
            seen.feed(frame)
            number = frame.number
        if not number:
            raise UsageError(f"{path} holds no frame")
        connections, left_out = seen.finish()
    verdict = summary(connection.judged for connection in connections)
    return CaptureVerdict(str(path), verdict, connections, left_out, number, seen.segments)


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """What is kept of connections is kept: Python's search for garbage in it takes a fifteenth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


# --- JSON -------------------------------------------------------------------------------------------------------------


def capture_json(verdict: CaptureVerdict) -> Json:
    """What the document of ``judge --json`` has of one file."""
    return {
        "file": verdict.file,
        "verdict": verdict.verdict,
        "frames": verdict.frames,
        "connections": [_connection_json(connection) for connection in verdict.connections],
        "left_out": [
            {"reason": left.reason, "connections": left.connections, "first_frame": left.first_frame}
            for left in verdict.left_out
        ],
    }


def _connection_json(connection: Connection) -> Json:
    judged = connection.judged
    found: Json = {
        "connection": judged.connection,
        "client": connection.client,
        "server": connection.server,
        "first_frame": connection.first_frame,
        "verdict": judged.verdict,
        "findings": [_finding_json(finding, connection) for finding in judged.findings],
    }
    return {**found, "reason": judged.reason} if judged.reason else found


def _finding_json(finding: Finding, connection: Connection) -> Json:
    return {**finding_json(finding, None), "frame": connection.frame(finding.index)}


# --- text -------------------------------------------------------------------------------------------------------------


def capture_text(verdict: CaptureVerdict, markup: bool = False) -> str:
    """One capture's verdict for people: a line, the findings, what could not be concluded, what is left out."""
    head = f"{verdict.file}: {verdict.verdict}  ({_connections(len(verdict.connections))}, {verdict.frames} frames)"
    plain = (lambda text: escape(printable(text))) if markup else printable
    parts = [plain(head)]
    for connection in verdict.connections:
        judged = connection.judged
        name = f"connection {judged.connection} ({connection.client} with {connection.server})"
        for finding in judged.findings:
            frame = connection.frame(finding.index)
            where = f"{name}, {f'frame {frame}' if frame else 'at its end'}"
            parts.append(finding_text(finding, markup, where, connection.frame))
        if judged.reason:
            parts.append(plain(f"{name}, from frame {connection.first_frame} on: {judged.verdict}, {judged.reason}"))
    for left in verdict.left_out:
        which = f"{_connections(left.connections)}, first in frame {left.first_frame}"
        parts.append(f"left out: {which}: {left.reason}")
    if not verdict.tcp_frames:
        parts.append("no frame carries TCP over IP")
    return "\n".join(parts)


def _connections(count: int) -> str:
    return f"{count} connection{'s' if count != 1 else ''}"
