"""Verdicts as documents: JSON for programs, text for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.markup import escape

from rfc5077.properties.verdict.explain import allowed_names, finding_text, printable, step_name
from rfc5077.properties.verdict.finding import Finding, Judged
from rfc5077.properties.verdict.recordings import FileVerdict

JUDGE_SCHEMA = "rfc5077/judge/1"

Json = dict[str, object]


def finding_json(finding: Finding, line: int | None) -> Json:
    """One finding; ``event`` counts the recording's events from 1, ``class`` holds the clauses that say the same.

    ``line`` is that of the file on which the event stands.
    """
    return {
        "clause": finding.clause.id,
        "class": list(finding.class_ids),
        "level": finding.level,
        "verdict": finding.verdict,
        "party": finding.party.name.lower(),
        "event": finding.index or None,
        "line": line,
        "frame": None,
        "trace": [step_name(step) for step in finding.trace],
        "allowed": allowed_names(finding),
        "got": step_name(finding.trace[-1]),
        "why": finding.why,
    }


def _connection_json(verdict: FileVerdict, judged: Judged) -> Json:
    found: Json = {
        "connection": judged.connection,
        "client": verdict.header.client,
        "server": verdict.header.server,
        "verdict": judged.verdict,
        "findings": [finding_json(finding, verdict.lines.get(finding.index)) for finding in judged.findings],
    }
    return {**found, "reason": judged.reason} if judged.reason else found


def file_json(verdict: FileVerdict) -> Json:
    """What the document of ``judge --json`` has of one recording."""
    return {
        "file": verdict.file,
        "verdict": verdict.verdict,
        "connections": [_connection_json(verdict, judged) for judged in verdict.connections],
    }


def judge_json(verdicts: Iterable[FileVerdict]) -> Json:
    """The document of ``judge --json``, of recordings alone."""
    return {"schema": JUDGE_SCHEMA, "files": [file_json(verdict) for verdict in verdicts]}


def judge_text(verdict: FileVerdict, markup: bool = False) -> str:
    """One recording's verdict for people: a line, the findings, what could not be concluded."""
    header = verdict.header
    pair = f"{header.client} with {header.server}"
    head = printable(f"{verdict.file}: {verdict.verdict}  ({pair}, {_counted(verdict.connections)})")
    parts = [escape(head) if markup else head]
    for judged in verdict.connections:
        parts += [finding_text(finding, markup, _where(finding, verdict)) for finding in judged.findings]
        if judged.reason:
            parts.append(f"connection {judged.connection}: {judged.verdict}, {judged.reason}")
    return "\n".join(parts)


def _where(finding: Finding, verdict: FileVerdict) -> str:
    """The connection and the line of a finding."""
    line = verdict.lines.get(finding.index)
    return f"connection {finding.connection}, {f'line {line}' if line else 'at its end'}"


def _counted(connections: Sequence[Judged]) -> str:
    return f"{len(connections)} connection{'s' if len(connections) != 1 else ''}"
