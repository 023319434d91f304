"""The matrix as text, as Markdown and as JSON: a row for a stack in a role, a column for a scenario."""

from collections.abc import Sequence

from rfc5077.properties.matrix.run import Cell, Row, Status
from rfc5077.properties.matrix.stack import Scenario

SIGNS: dict[Status, str] = {"ok": "ok", "deviates": "deviates", "failed": "FAILED", "empty": "–"}


def text(rows: Sequence[Row]) -> str:
    """For a terminal: cells in columns, the notes below by number."""
    notes = Notes()
    head = ["stack", "role", *(scenario.value for scenario in Scenario)]
    body = [[row.stack, row.role, *_cells(row, notes)] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
    lines = [" ".join(map(str.ljust, line, widths)).rstrip() for line in (head, *body)]
    versions = [f"{name}: {version}" for name, version in _versions(rows).items()]
    below = [f"[{number}] {note}" for note, number in notes.found.items()]
    return "\n".join([*versions, "", *lines, "", *below, "", summary(rows), *_failed(rows)])


def markdown(rows: Sequence[Row]) -> str:
    """A page of documentation."""
    notes = Notes()
    head = ["stack", "it is", *(scenario.value for scenario in Scenario)]
    lines = [_line(head), _line(["---"] * len(head))]
    for row in rows:
        lines.append(_line([row.stack, row.role, *_cells(row, notes)]))
    meanings = [f"- **{scenario.value}**: {scenario.meaning}" for scenario in Scenario]
    versions = [f"- {name}: {version}" for name, version in _versions(rows).items()]
    parts = [
        "# Interoperation", INTRODUCTION, summary(rows), "## Scenarios", "\n".join(meanings), "## Versions",
        "\n".join(versions), "## What came of it", "\n".join(lines), "## Notes",
        "\n".join(f"{number}. {note}" for note, number in notes.found.items()),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


INTRODUCTION = """\
Written by `rfc5077 matrix --markdown`: our client at foreign servers, foreign clients at our server, over real \
sockets, certificates and names verified. `ok` is what the scenario demands; `deviates` is what this stack is known to \
do instead, seen again in this run; `–` was not run, for the reason in the note."""


def as_json(rows: Sequence[Row]) -> dict[str, object]:
    """Everything, for programs."""
    return {
        "scenarios": {scenario.value: scenario.meaning for scenario in Scenario},
        "rows": [
            {
                "stack": row.stack,
                "version": row.version,
                "role": row.role,
                "cells": {cell.scenario.value: {"status": cell.status, "note": cell.note} for cell in row.cells},
            }
            for row in rows
        ],
        "summary": counts(rows),
    }


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """Cells by status, and stacks that ran."""
    cells = [cell.status for row in rows for cell in row.cells]
    ran = {row.stack for row in rows if any(cell.status != "empty" for cell in row.cells)}
    return {"stacks": len(ran), **{status: cells.count(status) for status in SIGNS}}


def summary(rows: Sequence[Row]) -> str:
    """The counts in a sentence."""
    found = counts(rows)
    filled, total = found["ok"] + found["deviates"] + found["failed"], sum(len(row.cells) for row in rows)
    return (
        f"{found['stacks']} stacks, {filled} of {total} cells run: {found['ok']} ok, "
        f"{found['deviates']} deviate as known, {found['failed']} failed."
    )


def _failed(rows: Sequence[Row]) -> list[str]:
    """A line for each cell that failed and is not known to: where, and what was seen."""
    return [
        f"FAILED: {row.stack} as {row.role}, {cell.scenario.value}: {cell.note}"
        for row in rows
        for cell in row.cells
        if cell.status == "failed"
    ]


class Notes:
    """Notes by number, each once."""

    def __init__(self) -> None:
        self.found: dict[str, int] = {}

    def mark(self, row: Row, cell: Cell) -> str:
        """The number in brackets, nothing without a note."""
        if not cell.note:
            return ""
        note = cell.note if cell.status == "ok" else f"{row.stack}: {cell.note}"
        return f" [{self.found.setdefault(note, len(self.found) + 1)}]"


def _cells(row: Row, notes: Notes) -> list[str]:
    return [f"{SIGNS[cell.status]}{notes.mark(row, cell)}" for cell in row.cells]


def _versions(rows: Sequence[Row]) -> dict[str, str]:
    return {row.stack: row.version or "not installed" for row in rows}


def _line(parts: Sequence[str]) -> str:
    return f"| {' | '.join(part.replace('|', chr(92) + '|') for part in parts)} |"
