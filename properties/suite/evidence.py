"""Failures as recordings: what was said when a clause was broken, for `rfc5077 judge` to explain by the same clause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.suite.failures import Failure, word_of
from rfc5077.properties.suite.play import Manner, play
from rfc5077.properties.suite.summary import CheckReport
from rfc5077.properties.trace.recorded import Header, RecordedEvent
from rfc5077.properties.trace.recordings import Recording, write_recording
from rfc5077.properties.verdict.finding import VIOLATION, Finding
from rfc5077.properties.verdict.judge import Judge


def record(paths: Sequence[Path], found: Sequence[Failure], report: CheckReport, peer: AnyPeer) -> None:
    """Writes a recording beside each failure's file, if one shows what the failure breaks; ``found`` is the report's.

    Raises UsageError if it cannot be written.
    """
    violations = [one.finding for one in report.findings if one.finding.verdict == VIOLATION]
    for path, failure, finding in zip(paths, found, violations, strict=True):
        recording = recording_of(failure, finding, peer)
        if recording is not None:
            write_recording(path.with_suffix(".jsonl"), recording)


def recording_of(failure: Failure, finding: Finding, peer: AnyPeer) -> Recording | None:
    """The shortest test once more, or else the connections that led to the finding; None if neither tells."""
    for seen in _seen(failure, finding, peer):
        if _first(seen, failure) in failure.same:
            client, server = ("puppet", " ".join(failure.target))[:: 1 if failure.role == "server" else -1]
            note = f"{failure.clause} is broken here"
            return Recording(Header(client=client, server=server, complete=True, note=note, whole=True), seen)
    return None


def _seen(failure: Failure, finding: Finding, peer: AnyPeer) -> Iterator[tuple[RecordedEvent, ...]]:
    if failure.test and not peer.live:
        yield play(peer, word_of(peer.role, failure.test), set(), Manner(failure.seed)).seen
    yield tuple(step.event for step in finding.trace)


def _first(seen: Sequence[RecordedEvent], failure: Failure) -> str:
    """The clause that is named first of what the target does; empty if none is."""
    judge = Judge(complete=True)
    found = [one for event in seen for one in judge.feed(event)]
    found += [one for judged in judge.connections() for one in judged.findings if not one.index]
    return next((one.clause.id for one in found if one.party.name.lower() == failure.role), "")
