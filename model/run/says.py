"""What each party can say: the events, one by one, from which moves, machines and advice are picked."""

from __future__ import annotations

from functools import cache

from rfc5077.model.event import (
    CLIENT,
    SERVER,
    Alarm,
    Certificates,
    Event,
    Exchange,
    Extension,
    Message,
    Party,
    SessionId,
    Ticket,
)

M = Message


def _plain(sender: Party, *messages: Message) -> tuple[Event, ...]:
    return tuple(Event(sender=sender, message=message) for message in messages)


CLIENT_HELLOS = tuple(
    Event(sender=CLIENT, message=M.ClientHello, extension=extension, session_id=session_id)
    for extension in (Extension.ABSENT, Extension.EMPTY, Extension.LIVE, Extension.OLD, Extension.FOREIGN,
                      Extension.DAMAGED)
    for session_id in (SessionId.EMPTY, SessionId.FRESH, SessionId.CACHED)
)  # fmt: skip

SERVER_HELLOS = tuple(
    Event(sender=SERVER, message=M.ServerHello, extension=extension, session_id=session_id, exchange=exchange,
          resumes=resumes)
    for extension in (Extension.ABSENT, Extension.EMPTY)
    for session_id in (SessionId.EMPTY, SessionId.FRESH, SessionId.ECHOED)
    for exchange in Exchange
    for resumes in (False, True)
)  # fmt: skip

CLIENT_SAYS = (
    *CLIENT_HELLOS,
    *(
        Event(sender=CLIENT, message=M.Certificate, certificates=kind)
        for kind in (Certificates.EMPTY, Certificates.SOME)
    ),
    *_plain(CLIENT, M.ClientKeyExchange, M.CertificateVerify, M.ChangeCipherSpec, M.Finished, M.ApplicationData),
)
"""The client's well-formed messages."""

SERVER_SAYS = (
    *SERVER_HELLOS,
    *_plain(SERVER, M.Certificate, M.CertificateStatus, M.ServerKeyExchange, M.CertificateRequest, M.ServerHelloDone),
    *(Event(sender=SERVER, message=M.NewSessionTicket, ticket=ticket) for ticket in (Ticket.SOME, Ticket.EMPTY)),
    *_plain(SERVER, M.ChangeCipherSpec, M.Finished, M.ApplicationData),
)
"""The server's well-formed messages."""

SAYS = {CLIENT: CLIENT_SAYS, SERVER: SERVER_SAYS}


@cache
def alert(sender: Party, alarm: Alarm = Alarm.UNEXPECTED) -> Event:
    """An alert of this kind."""
    return Event(sender=sender, message=M.Alert, alarm=alarm)


@cache
def verification(party: Party) -> Event:
    """The step in which a party compares the Finished that it received."""
    return Event(sender=party, message=M.Verification)


@cache
def conclusion(resumed: bool) -> Event:
    """The step in which the client makes up its mind before the message that would tell it."""
    return Event(sender=CLIENT, message=M.Conclusion, resumes=resumed)
