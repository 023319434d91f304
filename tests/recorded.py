"""Recorded events spelled by hand: whole handshakes, and what the judge finds in them."""

from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.verdict.judge import Judge

TICKET = bytes(range(100))


def client(connection, message, **fields):
    return RecordedEvent(connection=connection, sender="client", message=message, **fields)


def server(connection, message, **fields):
    return RecordedEvent(connection=connection, sender="server", message=message, **fields)


def full(connection, presented=b"", announced=b"", ticket=TICKET, own_id=b"", server_id=b"", verified=True):
    """A full handshake; a ticket of None is not sent."""
    hello = {"version": 0x0303, "session_ticket": presented, "session_id": own_id}
    answer = {"version": 0x0303, "session_ticket": announced, "session_id": server_id, "cipher_suite": 0xC02B}
    brought = [] if ticket is None else [server(connection, "NewSessionTicket", ticket=ticket, lifetime_hint=0)]
    return [
        client(connection, "ClientHello", **hello), server(connection, "ServerHello", **answer),
        server(connection, "Certificate", certificates=1), server(connection, "ServerKeyExchange"),
        server(connection, "ServerHelloDone"), client(connection, "ClientKeyExchange"),
        client(connection, "ChangeCipherSpec"), client(connection, "Finished", verified=verified, protected=True),
        *brought, server(connection, "ChangeCipherSpec"),
        server(connection, "Finished", verified=verified, protected=True),
    ]  # fmt: skip


def short(connection, presented=TICKET, own_id=bytes(32), server_id=bytes(32), announced=None, ticket=None):
    """An abbreviated handshake."""
    brought = [] if ticket is None else [server(connection, "NewSessionTicket", ticket=ticket, lifetime_hint=0)]
    return [
        client(connection, "ClientHello", version=0x0303, session_ticket=presented, session_id=own_id),
        server(connection, "ServerHello", version=0x0303, session_ticket=announced, session_id=server_id,
               cipher_suite=0xC02B),
        *brought, server(connection, "ChangeCipherSpec"),
        server(connection, "Finished", verified=True, protected=True), client(connection, "ChangeCipherSpec"),
        client(connection, "Finished", verified=True, protected=True),
    ]  # fmt: skip


def found(events, complete=True):
    judge = Judge(complete)
    return [finding for event in events for finding in judge.feed(event)], judge
