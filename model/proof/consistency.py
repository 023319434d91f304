"""The clauses fit together: a run of each figure and of each permission, and where documents are at odds.

That no state leaves a party without a way that breaks nothing is a theorem (``theorems.consistency``).  A run here is
the messages of one connection as they are seen on the wire; :func:`broken` says what a monitor finds in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rfc5077.model.clause import Answer
from rfc5077.model.clauses import CATALOGUE
from rfc5077.model.event import (
    CLIENT,
    SERVER,
    Certificates,
    Event,
    Exchange,
    Extension,
    Message,
    Offer,
    Party,
    SessionId,
    Ticket,
)
from rfc5077.model.flows import FIGURES, Row, walk
from rfc5077.model.run.monitor import Monitor
from rfc5077.model.run.says import alert

M, X, ID = Message, Extension, SessionId
Run = tuple[Event, ...]


def broken(run: Run) -> tuple[str, ...]:
    """The clauses, of whatever class, that somebody breaks in the run, or is in doubt to have broken."""
    monitor = Monitor()
    found = [breach for _, breach in monitor.run([(event,) for event in run])]
    return tuple(breach.clause.id for breach in (*found, *monitor.doubts()))


# --- the figures ------------------------------------------------------------------------------------------------------

OFFERED = {"1": X.EMPTY, "2": X.LIVE, "2b": X.LIVE, "3": X.EMPTY, "4": X.DAMAGED}
"""What ClientHello offers in each figure."""


def figure(name: str) -> Run:
    """A run of the figure with every optional message in it.

    :raises ValueError: for a figure that there is none of.
    """
    return tuple(_of_row(row, name) for row in walk(name))


def _of_row(row: Row, name: str) -> Event:
    said = Event(sender=row.sender, message=row.message)
    if row.message is M.ClientHello:
        return said.but(extension=OFFERED[name])
    if row.message is M.ServerHello:
        return said.but(extension=X.EMPTY if name in ("1", "2", "4") else X.ABSENT)
    if row.message is M.NewSessionTicket:
        return said.but(ticket=Ticket.SOME)
    shown = row.message is M.Certificate and row.sender is CLIENT
    return said.but(certificates=Certificates.SOME) if shown else said


# --- the permissions --------------------------------------------------------------------------------------------------


def _client(message: Message) -> Event:
    return Event(sender=CLIENT, message=message)


def _server(message: Message) -> Event:
    return Event(sender=SERVER, message=message)


def _hello(extension: Extension = X.EMPTY, session_id: SessionId = ID.EMPTY) -> Event:
    return _client(M.ClientHello).but(extension=extension, session_id=session_id)


def _answer(
    extension: Extension = X.ABSENT, session_id: SessionId = ID.EMPTY, exchange: Exchange = Exchange.EPHEMERAL
) -> Event:
    return _server(M.ServerHello).but(extension=extension, session_id=session_id, exchange=exchange)


def _next(offer: Offer) -> Event:
    return _client(M.NextClientHello).but(offer=offer)


def _closes(party: Party) -> Event:
    return Event(sender=party, message=M.Close)


TICKET, VOID = (_server(M.NewSessionTicket).but(ticket=kind) for kind in (Ticket.SOME, Ticket.EMPTY))
KEYS = (_server(M.Certificate), _server(M.ServerKeyExchange), _server(M.ServerHelloDone))
PROOF = (_client(M.ClientKeyExchange), _client(M.ChangeCipherSpec), _client(M.Finished))
S_END = (_server(M.ChangeCipherSpec), _server(M.Finished))
C_END = (_client(M.ChangeCipherSpec), _client(M.Finished))
DATA = (_client(M.ApplicationData), _server(M.ApplicationData))


def _full(hello: Event, answer: Event, *tickets: Event) -> Run:
    return (hello, answer, *KEYS, *PROOF, *tickets, *S_END, *DATA)


def _short(hello: Event, answer: Event, *tickets: Event) -> Run:
    return (hello, answer, *tickets, *S_END, *C_END, *DATA)


ISSUED = _full(_hello(), _answer(X.EMPTY), TICKET)
RSA = (_server(M.Certificate), _server(M.ServerHelloDone))


@dataclass(frozen=True)
class Witness:
    """A run in which what a clause permits, or a corner case allows, happens, and nobody breaks anything.

    ``permits`` is the id of the clause, with the number of the ruling where it is a corner case's.
    """

    permits: str
    what: str
    run: Run


def _witness(permits: str, what: str, *events: Event) -> Witness:
    return Witness(permits, what, events)


WITNESSES: tuple[Witness, ...] = (
    _witness(
        "R5077-1-01",
        "a ticket beside a suite of RSA key exchange",
        _hello(),
        _answer(X.EMPTY, exchange=Exchange.RSA),
        *RSA,
        *PROOF,
        TICKET,
        *S_END,
        *DATA,
    ),
    _witness("R5077-3.1-11", "the ticket is renewed", *_short(_hello(X.LIVE), _answer(X.EMPTY), TICKET)),
    _witness("R5077-3.1-13", "a live ticket leads to a full handshake", *_full(_hello(X.LIVE), _answer())),
    _witness("R5077-3.1-16", "the ticket is not renewed", *_short(_hello(X.LIVE), _answer())),
    _witness(
        "R5077-3.1-17", "a new ticket follows a rejected one", *_full(_hello(X.DAMAGED), _answer(X.EMPTY), TICKET)
    ),
    _witness("R5077-3.2-02", "both hellos have the extension", _hello(), _answer(X.EMPTY)),
    _witness(
        "R5077-3.3-08",
        "no renewal after a verified ticket",
        *_short(_hello(X.LIVE, ID.FRESH), _answer(X.ABSENT, ID.ECHOED)),
    ),
    _witness("R5077-3.3-17", "the ticket is not offered any more", *ISSUED, _next(Offer.NOTHING)),
    _witness(
        "R5077-3.4-02",
        "a session_id of the server's own after a rejected ticket",
        *_full(_hello(X.DAMAGED), _answer(X.EMPTY, ID.FRESH), TICKET),
    ),
    _witness(
        "R5077-3.4-04",
        "a session_id of the client's making beside a ticket",
        *_short(_hello(X.LIVE, ID.FRESH), _answer(X.EMPTY, ID.ECHOED), TICKET),
    ),
    _witness(
        "R5077-3.4-09", "an empty session_id beside a ticket", *_short(_hello(X.LIVE), _answer(X.ABSENT, ID.FRESH))
    ),
    _witness(
        "R5077-5.1-01",
        "the ticket of a connection with an error is offered, and honoured elsewhere",
        *ISSUED,
        alert(SERVER),
        _next(Offer.ISSUED),
    ),
    _witness("R5077-5.8-03", "a renegotiation issues a ticket", *ISSUED, *_full(_hello(), _answer(X.EMPTY), TICKET)),
    _witness(
        "R5246-7.2.1-01",
        "the ticket of a connection without close_notify is offered",
        *ISSUED,
        _closes(CLIENT),
        _next(Offer.ISSUED),
    ),
    _witness(
        "K-01 0",
        "a ticket beside an empty id leads to a full handshake",
        *_full(_hello(X.LIVE), _answer(X.EMPTY), TICKET),
    ),
    _witness(
        "K-01 2",
        "the server resumes with an id of its own",
        *_short(_hello(X.LIVE), _answer(X.EMPTY, ID.FRESH), TICKET),
    ),
    _witness(
        "K-06 0",
        "the old ticket is offered after an empty renewal",
        *_short(_hello(X.LIVE), _answer(X.EMPTY), VOID),
        _next(Offer.PRESENTED),
    ),
    _witness(
        "K-07 0",
        "the session_id beside an empty ticket is offered",
        *_full(_hello(X.DAMAGED), _answer(X.EMPTY, ID.FRESH), VOID),
        _next(Offer.DISCARDED_ID),
    ),
    _witness("K-16 0", "a renewal by an empty ticket", *_short(_hello(X.LIVE), _answer(X.EMPTY), VOID)),
    _witness(
        "K-18 0",
        "a look-up beside an empty extension",
        *_short(_hello(X.EMPTY, ID.CACHED), _answer(X.ABSENT, ID.ECHOED)),
    ),
    _witness(
        "K-18 1", "a full handshake instead of a look-up", *_full(_hello(X.EMPTY, ID.CACHED), _answer(X.EMPTY), TICKET)
    ),
    _witness("K-20 0", "a ticket whose session had an error resumes", *_short(_hello(X.LIVE), _answer())),
    _witness(
        "K-33 0",
        "a ticket with octets appended leads to a full handshake",
        *_full(_hello(X.DAMAGED), _answer(X.EMPTY), TICKET),
    ),
    _witness("K-43 0", "an id made from the ticket", *_short(_hello(X.LIVE, ID.FRESH), _answer(X.ABSENT, ID.ECHOED))),
    _witness("K-45 0", "the old ticket leads to a full handshake", *_full(_hello(X.OLD), _answer(X.EMPTY), TICKET)),
    _witness(
        "K-47 0", "ChangeCipherSpec after an empty session_id is a resumption", *_short(_hello(X.LIVE), _answer())
    ),
    _witness("K-48 0", "a ticket of zero length keeps the promise", *_full(_hello(), _answer(X.EMPTY), VOID)),
    _witness("K-49 0", "no extension, and no ticket then", *_full(_hello(X.ABSENT), _answer())),
    _witness(
        "K-49 1", "the extension beside what TLS 1.3 needs", *_full(_hello(X.EMPTY, ID.FRESH), _answer(X.EMPTY), TICKET)
    ),
)
"""Runs of the model, one for each permission that one connection's messages can show."""

CLOCKS, OCTETS, HELLOS, OTHERS = (
    "takes clocks", "lies in octets that events do not have", "lies in other fields of the hellos",
    "speaks of other documents, or of what no message tells",
)  # fmt: skip

ELSEWHERE: dict[str, str] = {
    "R5077-3-02": OTHERS, "R5077-3.3-18": CLOCKS, "R5077-4-01": OCTETS, "R5077-4-08": OTHERS, "R5077-4-14": OCTETS,
    "R5077-5.6-02": CLOCKS, "R5077-5.6-03": CLOCKS, "R5077-A-06": OCTETS, "R5746-3.6-02": HELLOS,
    "K-08": CLOCKS, "K-09": CLOCKS, "K-10": CLOCKS, "K-22": HELLOS, "K-23": HELLOS, "K-25": HELLOS, "K-26": HELLOS,
    "K-31": OCTETS, "K-34": OCTETS, "K-35": OCTETS, "K-50": HELLOS, "K-52": HELLOS,
    "K-04": "is a refusal of what the server does wrong", "K-12": "is an answer to what the server does wrong",
    "K-37": "is a refusal of what the other does wrong", "K-46": "is what a client leaves out of a renegotiation",
    "K-17": "no ruling allows it outright: the texts leave it open",
}  # fmt: skip
"""The permissions that no such run shows, and why; tests of the reference show them not to be refused."""


@cache
def permissions() -> tuple[tuple[str, Run], ...]:
    """The id of each clause that permits something, or corner case that allows it, with a run in which it happens."""
    return tuple((witness.permits.split()[0], witness.run) for witness in WITNESSES)


def permitting() -> tuple[str, ...]:
    """The ids of all clauses that permit something, and of the corner cases that allow something."""
    allow = [entry.id for entry in CATALOGUE if any(ruling.answer is Answer.ALLOWED for ruling in entry.rulings)]
    return tuple(dict.fromkeys([*(entry.id for entry in CATALOGUE if entry.permission), *allow]))


# --- documents at odds ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dispute:
    """Clauses of which one forbids, or advises against, what the other allows, and how the catalogue settles it."""

    clauses: tuple[str, ...]
    corner: str
    settled: str


DISPUTES: tuple[Dispute, ...] = (
    Dispute(
        ("R5246-7.2.2-01", "R5077-5.1-01"),
        "K-20",
        "A session whose connection ended in a fatal alert: not to be resumed, and harmless to resume.  Advice.",
    ),
    Dispute(
        ("R5077-3.4-01", "R5246-7.4.1.3-01"),
        "K-17",
        "A look-up that brings a ticket has an echo, not an empty session_id: the advice does not reach it.",
    ),
    Dispute(
        ("R7627-5.3-04", "R5077-3.1-13"),
        "K-27",
        "A hello without the extension, for a session with the secret: abort, not fall back; the latter is open.",
    ),
    Dispute(
        ("R5246-7.4.1.2-02", "R5077-3.1-13"),
        "K-22",
        "A suite that is not offered any more: beside an id the server may abort, or go on in full.",
    ),
    Dispute(
        ("R5077-A-06", "R5077-3.2-09"),
        "K-34",
        "A ticket behind a length of its own: resumed in a mode for old clients, else rejected.  Open.",
    ),
)
"""Where the texts do not go together; everything else does."""


def figures() -> tuple[tuple[str, Run], ...]:
    """A run of each figure by its name."""
    return tuple((name, figure(name)) for name in FIGURES)
