"""Puppets that behave: the handshakes of RFC 5077, section 3.1, as preambles and as examples."""

from rfc5077.model.event import CLIENT, SERVER, Certificates, Event, Extension, SessionId, Ticket
from rfc5077.model.event import Message as M
from rfc5077.properties.suite.driver import PuppetClient, PuppetServer
from rfc5077.properties.trace.recorded import RecordedEvent


def shake_hands(
    puppet: PuppetClient,
    extension: Extension = Extension.EMPTY,
    session_id: SessionId = SessionId.EMPTY,
    certificates: Certificates = Certificates.EMPTY,
) -> list[RecordedEvent]:
    """An honest handshake, full or abbreviated as the server decides; stops where the server does not go along.

    `certificates` is what the puppet shows if it is asked for a certificate.
    """
    events = puppet.say(Event(sender=CLIENT, message=M.ClientHello, extension=extension, session_id=session_id))
    events += puppet.hear()
    heard = [event.message for event in events]
    rest = [M.ChangeCipherSpec, M.Finished]
    if heard[-1:] == ["ServerHelloDone"]:
        rest.insert(0, M.ClientKeyExchange)
        if "CertificateRequest" in heard:
            rest.insert(0, M.Certificate)
            if certificates is Certificates.SOME:
                rest.insert(2, M.CertificateVerify)
    elif heard[-1:] != ["Finished"]:
        return events
    for message in rest:
        shown = certificates if message is M.Certificate else Certificates.NONE
        events += puppet.say(Event(sender=CLIENT, message=message, certificates=shown))
    return events + puppet.hear()


def serve(
    puppet: PuppetServer,
    resume: bool = False,
    ticket: Ticket = Ticket.SOME,
    session_id: SessionId | None = None,
    request: bool = False,
) -> list[RecordedEvent]:
    """An honest handshake with a client, abbreviated if told to `resume`, with a ticket unless told to give none; stops
    where the client does not go along.

    `session_id` is the client's in an abbreviated handshake and else empty, unless told otherwise (RFC 5077, section
    3.4). `request` asks for a client certificate. A puppet that is to resume a session must know it.
    """
    session_id = session_id or (SessionId.ECHOED if resume else SessionId.EMPTY)
    announced = Extension.ABSENT if ticket is Ticket.NONE else Extension.EMPTY
    hello = Event(sender=SERVER, message=M.ServerHello, extension=announced, session_id=session_id, resumes=resume)
    events = puppet.hear() + puppet.say(hello)
    if not resume:
        flight = [M.Certificate, M.ServerKeyExchange, *([M.CertificateRequest] if request else []), M.ServerHelloDone]
        for message in flight:
            events += puppet.say(Event(sender=SERVER, message=message))
        events += puppet.hear()
        if puppet.ended:
            return events
    if ticket is not Ticket.NONE:
        events += puppet.say(Event(sender=SERVER, message=M.NewSessionTicket, ticket=ticket))
    for message in (M.ChangeCipherSpec, M.Finished):
        events += puppet.say(Event(sender=SERVER, message=message))
    return events + puppet.hear()
