"""What one client and one server said to each other: judged as it happens, drawn as a ladder when it is wrong."""

from __future__ import annotations

from dataclasses import dataclass

from rfc5077.model.event import Extension, Party
from rfc5077.properties.trace.abstraction import Abstraction
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.verdict.explain import Row, details, due, finding_text, ladder
from rfc5077.properties.verdict.judge import Finding, Judge, Step

_ROWS = 120  # of a ladder at most; what led to the failure stands at its end
_NAME_WIDTH = 18


@dataclass(frozen=True, slots=True)
class _Known:
    """The harness has said what a ticket is."""

    ticket: bytes
    kind: Extension


@dataclass(frozen=True, slots=True)
class _KeysChanged:
    """The harness has said that the server can open nothing any more."""


_Entry = RecordedEvent | _Known | _KeysChanged | str


class Chronicle:
    """The judge of one pair, and everything it was told, in order."""

    def __init__(self, pair: str) -> None:
        """`pair`: whom the chronicle is about, for the reader."""
        self.pair = pair
        self.judge = Judge(complete=True)
        self._entries: list[_Entry] = []

    def feed(self, event: RecordedEvent) -> tuple[Finding, ...]:
        """Takes the next event; returns what it breaks."""
        self._entries.append(event)
        return self.judge.feed(event)

    def know(self, ticket: bytes, kind: Extension) -> None:
        """Says what a ticket is that the harness has made, or whose key it has taken away."""
        self._entries.append(_Known(ticket, kind))
        self.judge.abstraction.know(ticket, kind)

    def keys_changed(self) -> None:
        """Says that the server can open nothing any more that it has issued so far."""
        self._entries.append(_KeysChanged())
        self.judge.abstraction.keys_changed()

    def retuned(self, party: Party) -> None:
        """Says that a party chooses otherwise from now on."""
        self.judge.retuned(party)

    def remark(self, text: str) -> None:
        """Notes something that no message shows."""
        self._entries.append(text)

    def in_doubt(self) -> tuple[Finding, ...]:
        """What is broken for certain although no later message has told which clause it is."""
        return tuple(f for judged in self.judge.connections() for f in judged.findings if not f.index)

    def notes(self, connection: int) -> tuple[str, ...]:
        """What was found on a connection, as the user reads it."""
        judged = (judged for judged in self.judge.connections() if judged.connection == connection)
        return tuple(finding_text(finding) for one in judged for finding in one.findings)

    def told(self, finding: Finding) -> str:
        """A finding as the user reads it, with the run that led to it."""
        return f"{finding_text(finding)}\n\n{self.ladder(finding)}"

    def ladder(self, finding: Finding | None = None) -> str:
        """The run as a diagram; the place of the finding, or the end of the run, is marked."""
        rows = self._rows(finding)
        left_out = len(rows) - _ROWS
        head = f"{self.pair}\n" + (f"({left_out} earlier lines are left out)\n" if left_out > 0 else "")
        return head + ladder(rows[-_ROWS:], "  ")

    def _rows(self, finding: Finding | None) -> list[Row]:
        abstraction = Abstraction(complete=True)
        rows: list[Row] = []
        index, connection = 0, None
        for entry in self._entries:
            match entry:
                case _Known():
                    abstraction.know(entry.ticket, entry.kind)
                case _KeysChanged():
                    abstraction.keys_changed()
                case str():
                    rows.append(Row("", f"[{entry}]"))
                case RecordedEvent():
                    index += 1
                    step = Step(index, entry, abstraction.observe(entry)[-1][1])
                    if entry.connection != connection:
                        connection = entry.connection
                        rows.append(Row("", f"(connection {connection})"))
                    here = finding is not None and finding.index == index
                    rows.append(Row(entry.sender, _line(step), _short(finding) if finding and here else ""))
        return rows


def _line(step: Step) -> str:
    more = details(step)
    return f"{step.event.message:<{_NAME_WIDTH}} {more}" if more else step.event.message


def _short(finding: Finding) -> str:
    return f"{finding.clause.id}; {due(finding)}"
