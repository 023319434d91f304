"""A look at what a client offers, octet for octet, and to whom."""

from __future__ import annotations

from collections.abc import Callable

from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.suite.families.family import Trial, family
from rfc5077.properties.suite.families.stage import Stage
from rfc5077.properties.trace.recorded import RecordedEvent

LONGEST_ID = 32
"""Octets of a session_id at most (RFC 5246, section 7.4.1.2)."""
PLACE_OF_ID_LENGTH = 34
"""Where ClientHello has the length of its session_id: behind version and random."""

PADDING = 21
"""An extension that comes and goes with the length of a hello (RFC 7685, section 3)."""


def asked(event: RecordedEvent) -> set[int]:
    """The extensions of a hello that ask for something: not padding, nor those drawn anew each time (RFC 8701)."""
    kinds = set(event.extensions or ()) - {PADDING}
    return {kind for kind in kinds if not (kind & 0x0F0F == 0x0A0A and kind >> 8 == kind & 0xFF)}


def same_hello(stage: Stage) -> None:
    """A hello that offers a ticket asks for what a hello without asks for."""
    _, first = stage.server()
    made = stage.offering()
    if first is not None and made is not None:
        less = asked(first) - asked(made[1])
        if less:
            named = ", ".join(map(str, sorted(less)))
            stage.blame("R6066-1.1-01", f"Beside a ticket it leaves out extension {named}, which it sends otherwise.")


def id_of_a_ticket(stage: Stage) -> None:
    """A ticket is offered in its extension; a part of it in the session_id is none. Beside the whole any id will do."""
    stage.issue()
    _, said = stage.server()
    if said is None or said.session_ticket in stage.memory.tickets:
        return
    session_id = said.session_id or b""
    if len(session_id) >= LONGEST_ID // 2 and any(session_id in ticket for ticket in stage.memory.tickets):
        stage.blame("R5077-3.1-09", "Its session_id is a part of the ticket that it got.", due="octets of its own")


def long_id(stage: Stage) -> None:
    """A session_id has 32 octets at most."""
    stage.issue()
    puppet, said = stage.server()
    octets = puppet.handshake.transcript.octets[4:]
    if said is not None and len(octets) > PLACE_OF_ID_LENGTH and octets[PLACE_OF_ID_LENGTH] > LONGEST_ID:
        stage.excuse()
        stage.blame("R5246-7.4.1.2-04", f"Its session_id has {octets[PLACE_OF_ID_LENGTH]} octets.",
                    due="32 octets at most")


def to(control: str, clause: str, told: str) -> Callable[[Stage], None]:
    """A ticket is not offered to this other server, under this other name, or without its suite."""

    def run(stage: Stage) -> None:
        if stage.offering() is None:
            return
        stage.issue()
        make: Callable[[], AnyPeer] = getattr(stage.peer.controls, control)
        _, said = stage.server(make())
        if said is not None and said.session_ticket:
            stage.excuse(clause)
            stage.blame(clause, told, due="no such ticket")

    return run


CLIENT_LOOKS = family("octets offered", "client", "a look at hellos, octet for octet", (
    Trial("the extensions beside a ticket and without", same_hello),
    Trial("the session_id beside a ticket", id_of_a_ticket),
    Trial("the length of the session_id beside a ticket", long_id),
))  # fmt: skip

CLIENT_SERVERS = family("servers", "client", "to whom a ticket is offered", (
    Trial("another server of the same name", to(
        "elsewhere", "R5077-3.1-02", "The ticket is another server's."), needs="elsewhere"),
    Trial("the same server by another name", to(
        "renamed", "R6066-3-01", "The ticket came under another server name."), needs="renamed"),
    Trial("the same server without the session's suite", to(
        "other_suites", "R5246-7.4.1.2-02", "The session's suite is not among those that it offers."),
        needs="other_suites"),
))  # fmt: skip
