"""Conversations of a client and a server as events of the model, written as one would tell them.

A conversation is a list of events; `told` reads what a monitor says of it.
"""

from collections.abc import Iterable

from rfc5077.model.event import (
    CLIENT,
    SERVER,
    Alarm,
    Certificates,
    Content,
    Event,
    Exchange,
    Extension,
    Message,
    Offer,
    Party,
    SessionId,
    Ticket,
)
from rfc5077.model.run.monitor import Monitor

M, X, ID = Message, Extension, SessionId
ABSENT, EMPTY, LIVE, OLD, FOREIGN, DAMAGED = X.ABSENT, X.EMPTY, X.LIVE, X.OLD, X.FOREIGN, X.DAMAGED
NO_ID, FRESH, CACHED, ECHO = ID.EMPTY, ID.FRESH, ID.CACHED, ID.ECHOED


def client(message: Message, **fields) -> Event:
    """Something the client says."""
    return Event(sender=CLIENT, message=message, **fields)


def server(message: Message, **fields) -> Event:
    """Something the server says."""
    return Event(sender=SERVER, message=message, **fields)


def hello(extension: Extension = EMPTY, session_id: SessionId = NO_ID) -> Event:
    """ClientHello."""
    return client(M.ClientHello, extension=extension, session_id=session_id)


def answer(extension: Extension = ABSENT, session_id: SessionId = NO_ID, exchange=Exchange.EPHEMERAL) -> Event:
    """ServerHello."""
    return server(M.ServerHello, extension=extension, session_id=session_id, exchange=exchange)


def next_hello(offer: Offer) -> Event:
    """The client's hello on another connection, by what it takes from this one."""
    return client(M.NextClientHello, offer=offer)


def alarm(party: Party, kind: Alarm = Alarm.UNEXPECTED) -> Event:
    """An alert."""
    return Event(sender=party, message=M.Alert, alarm=kind)


CERT, STATUS, SKE = server(M.Certificate), server(M.CertificateStatus), server(M.ServerKeyExchange)
REQUEST, DONE = server(M.CertificateRequest), server(M.ServerHelloDone)
TICKET, EMPTY_TICKET = (server(M.NewSessionTicket, ticket=kind) for kind in (Ticket.SOME, Ticket.EMPTY))
S_CCS, S_FIN, S_DATA = server(M.ChangeCipherSpec), server(M.Finished), server(M.ApplicationData)
S_CLOSE, S_SILENCE = server(M.Close), server(M.Silence)
C_CERT, C_NO_CERT = (client(M.Certificate, certificates=kind) for kind in (Certificates.SOME, Certificates.EMPTY))
CKE, VERIFY = client(M.ClientKeyExchange), client(M.CertificateVerify)
C_CCS, C_FIN, C_DATA = client(M.ChangeCipherSpec), client(M.Finished), client(M.ApplicationData)
C_CLOSE, C_SILENCE = client(M.Close), client(M.Silence)

KEY_FLIGHT = [CERT, SKE, DONE]
PROOF = [CKE, C_CCS, C_FIN]
S_END, C_END = [S_CCS, S_FIN], [C_CCS, C_FIN]
DATA = [C_DATA, S_DATA]

BY_CERTIFICATE = [hello(), answer(EMPTY), *KEY_FLIGHT]
FIGURE_1 = [*BY_CERTIFICATE, *PROOF, TICKET, *S_END]
FIGURE_2 = [hello(LIVE), answer(EMPTY), TICKET, *S_END, *C_END]
FIGURE_2B = [hello(LIVE), answer(), *S_END, *C_END]
FIGURE_3 = [hello(LIVE), answer(), *KEY_FLIGHT, *PROOF, *S_END]
FIGURE_4 = [hello(DAMAGED), answer(EMPTY), *KEY_FLIGHT, *PROOF, TICKET, *S_END]
FIGURES = {"1": FIGURE_1, "2": FIGURE_2, "2b": FIGURE_2B, "3": FIGURE_3, "4": FIGURE_4}


def wrong(event: Event) -> Event:
    """The same message with the wrong octets in it."""
    return event.but(content=Content.WRONG)


def told(events: Iterable[Event]) -> list[tuple[int, str, Party]]:
    """What a monitor finds: index of the event, clause and party, in order; what stays in doubt comes last."""
    monitor = Monitor()
    alternatives = [(event,) for event in events]
    found = monitor.run(alternatives) + [(len(alternatives), breach) for breach in monitor.doubts()]
    return [(index, breach.clause.id, breach.party) for index, breach in found]


def ids(events: Iterable[Event]) -> list[str]:
    """The clauses that a monitor finds broken, in order."""
    return [clause for _, clause, _ in told(events)]
