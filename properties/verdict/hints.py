"""Tickets that a client offers long after their hinted lifetime, in recordings that have times."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from rfc5077.properties.trace.recorded import RecordedEvent

EXPIRY = "R5077-3.3-16"
"""The clause by which a client deletes a ticket whose hinted time is over."""

MARGIN = 60.0
"""Seconds by which an offer may come too late: for delays on the way, and for clocks that count coarsely."""


@dataclass(frozen=True, slots=True)
class Given:
    """A ticket as it came: on which connection, when (seconds), with which hint (seconds)."""

    connection: int
    time: float
    hint: float

    @property
    def end(self) -> float:
        """When the hinted time is over; never, if the hint leaves it open or the time is not known."""
        return self.time + self.hint


class Hints:
    """The memory over the tickets of one client and one server."""

    def __init__(self) -> None:
        self._given: dict[bytes, Given] = {}

    def observe(self, event: RecordedEvent) -> Given | None:
        """Takes the next event; returns the ticket that it offers too late, if it does."""
        if event.message == "NewSessionTicket" and event.sender == "server" and event.ticket:
            hint = float(event.lifetime_hint or inf)  # R5077-3.3-15: zero leaves it open
            given = Given(event.connection, inf if event.time is None else event.time, hint)
            before = self._given.get(event.ticket)
            # Where the same octets come again, nobody knows which hint the client goes by: the longer one.
            if before is None or before.end <= given.end:
                self._given[event.ticket] = given
        elif event.message == "ClientHello" and event.sender == "client" and event.session_ticket:
            offered = self._given.get(event.session_ticket)
            if offered is not None and event.time is not None and event.time > offered.end + MARGIN:
                return offered
        return None
