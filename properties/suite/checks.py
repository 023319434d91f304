"""What holds of a connection beside the clauses: what needs both clocks, both secrets or both ends at once.

Each check looks at a connection after something has happened to it, counts what it sees, and yields what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rfc5077.properties.suite.link import Lineage, Link
from rfc5077.properties.suite.network import SIDES
from rfc5077.reference.alerts import Cause
from rfc5077.reference.connection import ClientConnection, ServerConnection


@dataclass(frozen=True)
class Problem:
    """Something that does not hold."""

    reason: str
    at: Sequence[str] = SIDES
    """Whose fault it can be."""


def on_offer(link: Link) -> Iterator[Problem]:
    """A client of ours offers no ticket whose time is over."""
    client = link.client
    if client is None or not client.ticket_offered:
        return
    link.pair.tally["offered"] += 1
    end = link.pair.ends.get(client.ticket_offered)
    if end is not None and link.pair.client.clock() >= end:  # R5077-3.3-16, R5077-5.6-04
        yield Problem("the client offers a ticket after the end of its life (R5077-3.3-16)", ["client"])


def on_arrival(link: Link) -> Iterator[Problem]:
    """What holds whenever octets have arrived."""
    yield from _answered(link)
    yield from _completed(link)
    for side, other in zip(SIDES, reversed(SIDES), strict=True):
        end = link.own(side)
        if end is not None and end.error is not None and end.error.cause not in _CONFIGURED:
            yield Problem(f"the {side} refused what it received: {end.error}", [other])
        if end is not None and not link.said.startswith(end.received):
            yield Problem(f"the {side} received data that nobody sent")


def _answered(link: Link) -> Iterator[Problem]:
    """A server of ours resumes by every ticket that it can open and wants to honour, and by no other."""
    server, pair = link.server, link.pair
    if link.decision_seen or server is None or server.resumed is None:
        return
    link.decision_seen = True
    ticket = server.handshake.client_hello.session_ticket
    if not ticket:
        pair.tally["resumed by id"] += server.resumed
        return
    pair.tally["resumed by ticket" if server.resumed else "declined"] += 1
    lineage, now = pair.issued.get(ticket), pair.server.clock()
    limit = server.handshake.config.ticket_lifetime_seconds
    if server.resumed and lineage is not None and now - lineage.born > limit:
        yield Problem("the server resumes by a ticket older than its limit (R5077-5.6-01)", ["server"])
    due = lineage is not None and _honoured(server, lineage, ticket, now)
    if server.resumed is not due:
        what = "declines a ticket that is good" if due else "resumes by a ticket that it should not honour"
        yield Problem(f"the server {what} (R5077-3.1-13, R5077-3.2-09)", ["server"])


def _honoured(server: ServerConnection, lineage: Lineage, ticket: bytes, now: float) -> bool:
    """Whether a server resumes by a ticket that it once issued, octet for octet."""
    config = server.handshake.config
    in_ring = any(ticket.startswith(key.name) for key in config.key_ring.keys)
    alive = 0 <= now - lineage.born <= config.ticket_lifetime_seconds
    known = config.client_auth != "require" or lineage.identified
    ems = config.ems and server.handshake.client_hello.extended_master_secret
    same_secret = lineage.ems == ems and (ems or not config.ems or config.without_ems == "resume")
    return config.honour_tickets and in_ring and alive and known and same_secret


def _completed(link: Link) -> Iterator[Problem]:
    """Both ends make the same of a handshake."""
    client, server = link.client, link.server
    if server is not None and server.ticket_sent and server.ticket_sent not in link.pair.issued:
        _register(link, server)
    if server is not None and server.established and not link.server_done:
        link.server_done = True
        _register(link, server)
    if client is not None and client.established and not link.client_done:
        link.client_done = True
        _note_ticket(link, client)
        if server is not None:
            yield from _agreed(client, server)


def _register(link: Link, server: ServerConnection) -> None:
    """Keeps in mind which session a ticket is of."""
    secret, hello = server.secrets.master_secret, server.handshake.server_hello
    lineage = link.pair.sessions.get(secret)
    if lineage is None:
        born = int(link.pair.server.clock())
        lineage = Lineage(born, hello.extended_master_secret, bool(server.peer_certificates))
        link.pair.sessions[secret] = lineage
    if server.ticket_sent:
        link.pair.issued[server.ticket_sent] = lineage


def _note_ticket(link: Link, client: ClientConnection) -> None:
    """Keeps in mind how long a ticket may be offered."""
    message, longest = client.handshake.ticket, client.handshake.config.longest_ticket_life
    if message is not None and message.ticket:
        life = min(message.lifetime_hint or longest, longest)
        link.pair.ends[message.ticket] = link.pair.client.clock() + life
    tally = link.pair.tally
    tally["handshakes"] += 1
    tally["resumed" if client.resumed else "full"] += 1
    tally["renewed"] += bool(client.resumed and client.ticket_received)
    tally["empty tickets"] += client.ticket_received == b""


def _agreed(client: ClientConnection, server: ServerConnection) -> Iterator[Problem]:
    facts = {
        "resumed or full": (client.resumed, server.resumed),
        "the secrets": (client.secrets, server.secrets),
        "the session id": (client.session_id, server.session_id),
        "the ticket": (client.ticket_received, server.ticket_sent),
    }
    for what, (one, other) in facts.items():
        if one != other:
            yield Problem(f"client and server differ about {what}: {one!r} and {other!r}")


def incomplete(link: Link) -> bool:
    """Whether everything was delivered and nobody has closed, yet the handshake is not complete at both ends."""
    ends = [link.passage.end(side) for side in SIDES]
    return all(end is not None and not end.closed for end in ends) and any(
        end is not None and end.established is False for end in ends
    )


def at_rest(link: Link) -> Iterator[Problem]:
    """Once everything was delivered, a connection is established at both ends or closed."""
    ends = [link.passage.end(side) for side in SIDES]
    ours = [end for side in SIDES if (end := link.own(side)) is not None]
    if link.alerted and not all(end.closed for end in ours):
        yield Problem("an end of ours stays open after a fatal alert (R5246-7.2-01)")
    if any(end is None or end.closed for end in ends):
        return
    if incomplete(link):
        yield Problem("everything was delivered, yet the handshake is not complete at both ends")
    words = {end.resumed for end in ends if end is not None and end.resumed is not None}
    if len(words) > 1:
        yield Problem("one end says that it resumed a session, the other that it did not")
    talker = link.talker
    if talker is not None and talker.received != link.said:
        yield Problem("data that was sent did not come back")


_CONFIGURED = (Cause.NO_CLIENT_CERTIFICATE, Cause.EMS_NOT_USED)
"""Why a server may refuse a client that conforms: it was told to."""
