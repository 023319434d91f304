"""The words that tests of families are written in: events of both sides, and the usual runs of them."""

from __future__ import annotations

from enum import Enum

from rfc5077.model.event import CLIENT, SERVER, Event, Extension, SessionId, Ticket
from rfc5077.model.event import Message as M
from rfc5077.properties.trace.recorded import RecordedEvent


def hello(extension: Extension, session_id: SessionId = SessionId.EMPTY) -> Event:
    """ClientHello."""
    return Event(sender=CLIENT, message=M.ClientHello, extension=extension, session_id=session_id)


def answer(extension: Extension, session_id: SessionId = SessionId.EMPTY) -> Event:
    """ServerHello."""
    return Event(sender=SERVER, message=M.ServerHello, extension=extension, session_id=session_id)


def resumption(hello: RecordedEvent, extension: Extension = Extension.ABSENT) -> Event:
    """ServerHello that resumes what this ClientHello offers: a session_id is echoed, if there is one (R5077-3.4-05)."""
    return answer(extension, SessionId.ECHOED if hello.session_id else SessionId.EMPTY)


def client(message: M, **fields: Enum) -> Event:
    """Another message of the client's."""
    return Event(sender=CLIENT, message=message, **fields)


def server(message: M, **fields: Enum) -> Event:
    """Another message of the server's."""
    return Event(sender=SERVER, message=message, **fields)


CLIENT_KEY_EXCHANGE = client(M.ClientKeyExchange)
CLIENT_CHANGE = client(M.ChangeCipherSpec)
CLIENT_END = (CLIENT_CHANGE, client(M.Finished))
FULL = (hello(Extension.EMPTY), CLIENT_KEY_EXCHANGE, *CLIENT_END)
"""A full handshake with a server that asks for no certificate."""

FLIGHT = (server(M.Certificate), server(M.ServerKeyExchange), server(M.ServerHelloDone))
TICKET = server(M.NewSessionTicket, ticket=Ticket.SOME)
SERVER_END = (server(M.ChangeCipherSpec), server(M.Finished))
ISSUE = (answer(Extension.EMPTY), *FLIGHT, TICKET, *SERVER_END)
"""A full handshake with a client, with a ticket."""
