"""What one client and one server said to each other: judged as it happens, drawn as a ladder when it is wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rfc5077.model.event import Extension, Party
from rfc5077.properties.trace.abstraction import Abstraction
from rfc5077.properties.trace.recorded import Header, RecordedEvent
from rfc5077.properties.trace.recordings import Recording
from rfc5077.properties.verdict.explain import Row, details, due, finding_text, ladder
from rfc5077.properties.verdict.finding import Finding, Step
from rfc5077.properties.verdict.judge import Judge

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


@dataclass(frozen=True, slots=True)
class _Retuned:
    """The harness has said that a party chooses otherwise from now on."""

    party: Party


_Entry = RecordedEvent | _Known | _KeysChanged | _Retuned | str


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
        self._entries.append(_Retuned(party))
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

    def recording(self, note: str = "") -> Recording:
        """All events, for a judge who was not told anything else: what the harness knows stands in them."""
        kinds: dict[bytes, Extension] = {}  # not yet in an event
        issued: dict[bytes, None] = {}
        retuned: set[str] = set()
        events = []
        for entry in self._entries:
            match entry:
                case _Known():
                    kinds[entry.ticket] = entry.kind
                case _KeysChanged():
                    kinds |= dict.fromkeys([*issued, *kinds], Extension.FOREIGN)
                case _Retuned():
                    retuned.add(entry.party.name.lower())
                case RecordedEvent():
                    if entry.ticket:  # it is the server's own from now on
                        issued[entry.ticket] = None
                        kinds.pop(entry.ticket, None)
                    events.append(_enriched(entry, kinds, retuned))
                    retuned.clear()
        header = Header(client="client", server="server", complete=True, note=note or self.pair, whole=True)
        return Recording(header, tuple(events))

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


def _enriched(event: RecordedEvent, kinds: dict[bytes, Extension], retuned: set[str]) -> RecordedEvent:
    """The event with what the harness knows, and has not said before; what is said of a ticket is taken out."""
    kind = kinds.pop(event.session_ticket or b"", None) if event.message == "ClientHello" else None
    if kind is None and not retuned:
        return event
    told = None if kind is None else kind.name.lower()
    return replace(event, ticket_kind=told, retuned="both" if len(retuned) > 1 else next(iter(retuned), None))


def _line(step: Step) -> str:
    more = details(step)
    return f"{step.event.message:<{_NAME_WIDTH}} {more}" if more else step.event.message


def _short(finding: Finding) -> str:
    return f"{finding.clause.id}; {due(finding)}"
