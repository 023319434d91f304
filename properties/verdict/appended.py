"""Servers that resume by a ticket behind which octets were appended (corner case 33)."""

from __future__ import annotations

from rfc5077.properties.trace.recorded import RecordedEvent

LOOKED_INTO = "R5077-5-01"
"""The clause that such a server does not heed: what was appended is outside what it has verified."""

SHORTEST = 32
"""Octets of a ticket at least that is recognised as the beginning of another; a shorter one may be so by chance."""


class Appended:
    """The memory over the tickets of one client and one server, all of which have to be seen."""

    def __init__(self) -> None:
        self._issued: set[bytes] = set()
        self._offered: dict[int, int] = {}
        """By connection that waits for the server's decision, the octets appended."""

    def observe(self, event: RecordedEvent) -> int:
        """Takes the next event; returns how many octets were appended to the ticket by which it resumes, if it does."""
        if event.sender == "client":
            if event.message == "ClientHello" and event.session_ticket:
                self._offered[event.connection] = self._appended(event.session_ticket)
            return 0
        if event.message == "NewSessionTicket" and event.ticket:
            self._issued.add(event.ticket)
        if event.message == "ServerHello":
            return 0
        appended = self._offered.pop(event.connection, 0)
        return appended if event.message in ("NewSessionTicket", "ChangeCipherSpec") else 0

    def _appended(self, ticket: bytes) -> int:
        if ticket in self._issued:
            return 0
        behind = (len(ticket) - len(own) for own in self._issued if len(own) >= SHORTEST and ticket.startswith(own))
        return min(behind, default=0)
