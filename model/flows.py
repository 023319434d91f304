"""The figures of RFC 5077, section 3.1, as rows.

A position is the place in a handshake that a party has reached; a row says who may speak there, what, and where that
leads.  The columns are the figures: 1 full handshake with a new ticket, 2 abbreviated with renewal, 2b abbreviated
without (the prose after figure 3), 3 full without a ticket, 4 ticket rejected and a new one issued.  What depends on
earlier messages is no row but a clause.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

import z3

from rfc5077.model.event import CLIENT, SERVER, EventTerm, Message, Party
from rfc5077.model.logic import Term, choose


class Position(Enum):
    """Where a party is: after which message, in its own view."""

    START = auto()
    CLIENT_HELLO = auto()
    SERVER_HELLO = auto()
    # the full handshake
    SERVER_CERTIFICATE = auto()
    CERTIFICATE_STATUS = auto()
    SERVER_KEY_EXCHANGE = auto()
    CERTIFICATE_REQUEST = auto()
    SERVER_HELLO_DONE = auto()
    CLIENT_CERTIFICATE = auto()
    CLIENT_KEY_EXCHANGE = auto()
    CERTIFICATE_VERIFY = auto()
    CLIENT_CHANGE_CIPHER_SPEC = auto()
    CLIENT_FINISHED = auto()
    TICKET = auto()
    SERVER_CHANGE_CIPHER_SPEC = auto()
    ESTABLISHED = auto()
    # the abbreviated handshake
    RENEWAL = auto()
    SHORT_SERVER_CHANGE_CIPHER_SPEC = auto()
    SHORT_SERVER_FINISHED = auto()
    SHORT_CLIENT_CHANGE_CIPHER_SPEC = auto()
    RESUMED = auto()
    # a second handshake on the same connection, which is not followed
    RENEGOTIATION = auto()


P, M = Position, Message

SHORT = (
    P.RENEWAL,
    P.SHORT_SERVER_CHANGE_CIPHER_SPEC,
    P.SHORT_SERVER_FINISHED,
    P.SHORT_CLIENT_CHANGE_CIPHER_SPEC,
    P.RESUMED,
)
"""The positions that only an abbreviated handshake reaches."""

COMPLETE = (P.ESTABLISHED, P.RESUMED)
FIGURES = ("1", "2", "2b", "3", "4")


@dataclass(frozen=True)
class Row:
    """At ``position``, ``sender`` may say ``message``, which leads to ``target``, in the figures of ``columns``."""

    position: Position
    sender: Party
    message: Message
    target: Position
    columns: str

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures in which this row stands."""
        return tuple(figure for figure in self.columns.split() if figure != "-")


# fmt: off
FLOWS = (  # "-": not in that figure
    Row(P.START,                           CLIENT, M.ClientHello,        P.CLIENT_HELLO,                    "1 2 2b 3 4"),
    Row(P.CLIENT_HELLO,                    SERVER, M.ServerHello,        P.SERVER_HELLO,                    "1 2 2b 3 4"),
    Row(P.SERVER_HELLO,                    SERVER, M.NewSessionTicket,   P.RENEWAL,                         "- 2 - - -"),
    Row(P.RENEWAL,                         SERVER, M.ChangeCipherSpec,   P.SHORT_SERVER_CHANGE_CIPHER_SPEC, "- 2 - - -"),
    Row(P.SERVER_HELLO,                    SERVER, M.ChangeCipherSpec,   P.SHORT_SERVER_CHANGE_CIPHER_SPEC, "- - 2b - -"),
    Row(P.SHORT_SERVER_CHANGE_CIPHER_SPEC, SERVER, M.Finished,           P.SHORT_SERVER_FINISHED,           "- 2 2b - -"),
    Row(P.SHORT_SERVER_FINISHED,           CLIENT, M.ChangeCipherSpec,   P.SHORT_CLIENT_CHANGE_CIPHER_SPEC, "- 2 2b - -"),
    Row(P.SHORT_CLIENT_CHANGE_CIPHER_SPEC, CLIENT, M.Finished,           P.RESUMED,                         "- 2 2b - -"),
    Row(P.SERVER_HELLO,                    SERVER, M.Certificate,        P.SERVER_CERTIFICATE,              "1 - - 3 4"),
    Row(P.SERVER_HELLO,                    SERVER, M.ServerKeyExchange,  P.SERVER_KEY_EXCHANGE,             "1 - - 3 4"),
    Row(P.SERVER_HELLO,                    SERVER, M.ServerHelloDone,    P.SERVER_HELLO_DONE,               "1 - - 3 4"),
    Row(P.SERVER_CERTIFICATE,              SERVER, M.CertificateStatus,  P.CERTIFICATE_STATUS,              "1 - - 3 4"),
    Row(P.SERVER_CERTIFICATE,              SERVER, M.ServerKeyExchange,  P.SERVER_KEY_EXCHANGE,             "1 - - 3 4"),
    Row(P.SERVER_CERTIFICATE,              SERVER, M.CertificateRequest, P.CERTIFICATE_REQUEST,             "1 - - 3 4"),
    Row(P.SERVER_CERTIFICATE,              SERVER, M.ServerHelloDone,    P.SERVER_HELLO_DONE,               "1 - - 3 4"),
    Row(P.CERTIFICATE_STATUS,              SERVER, M.ServerKeyExchange,  P.SERVER_KEY_EXCHANGE,             "1 - - 3 4"),
    Row(P.CERTIFICATE_STATUS,              SERVER, M.CertificateRequest, P.CERTIFICATE_REQUEST,             "1 - - 3 4"),
    Row(P.CERTIFICATE_STATUS,              SERVER, M.ServerHelloDone,    P.SERVER_HELLO_DONE,               "1 - - 3 4"),
    Row(P.SERVER_KEY_EXCHANGE,             SERVER, M.CertificateRequest, P.CERTIFICATE_REQUEST,             "1 - - 3 4"),
    Row(P.SERVER_KEY_EXCHANGE,             SERVER, M.ServerHelloDone,    P.SERVER_HELLO_DONE,               "1 - - 3 4"),
    Row(P.CERTIFICATE_REQUEST,             SERVER, M.ServerHelloDone,    P.SERVER_HELLO_DONE,               "1 - - 3 4"),
    Row(P.SERVER_HELLO_DONE,               CLIENT, M.Certificate,        P.CLIENT_CERTIFICATE,              "1 - - 3 4"),
    Row(P.SERVER_HELLO_DONE,               CLIENT, M.ClientKeyExchange,  P.CLIENT_KEY_EXCHANGE,             "1 - - 3 4"),
    Row(P.CLIENT_CERTIFICATE,              CLIENT, M.ClientKeyExchange,  P.CLIENT_KEY_EXCHANGE,             "1 - - 3 4"),
    Row(P.CLIENT_KEY_EXCHANGE,             CLIENT, M.CertificateVerify,  P.CERTIFICATE_VERIFY,              "1 - - 3 4"),
    Row(P.CLIENT_KEY_EXCHANGE,             CLIENT, M.ChangeCipherSpec,   P.CLIENT_CHANGE_CIPHER_SPEC,       "1 - - 3 4"),
    Row(P.CERTIFICATE_VERIFY,              CLIENT, M.ChangeCipherSpec,   P.CLIENT_CHANGE_CIPHER_SPEC,       "1 - - 3 4"),
    Row(P.CLIENT_CHANGE_CIPHER_SPEC,       CLIENT, M.Finished,           P.CLIENT_FINISHED,                 "1 - - 3 4"),
    Row(P.CLIENT_FINISHED,                 SERVER, M.NewSessionTicket,   P.TICKET,                          "1 - - - 4"),
    Row(P.TICKET,                          SERVER, M.ChangeCipherSpec,   P.SERVER_CHANGE_CIPHER_SPEC,       "1 - - - 4"),
    Row(P.CLIENT_FINISHED,                 SERVER, M.ChangeCipherSpec,   P.SERVER_CHANGE_CIPHER_SPEC,       "- - - 3 -"),
    Row(P.SERVER_CHANGE_CIPHER_SPEC,       SERVER, M.Finished,           P.ESTABLISHED,                     "1 - - 3 4"),
    Row(P.ESTABLISHED,                     CLIENT, M.ApplicationData,    P.ESTABLISHED,                     "1 - - 3 4"),
    Row(P.ESTABLISHED,                     SERVER, M.ApplicationData,    P.ESTABLISHED,                     "1 - - 3 4"),
    Row(P.ESTABLISHED,                     CLIENT, M.ClientHello,        P.RENEGOTIATION,                   "1 - - 3 4"),
    Row(P.RESUMED,                         CLIENT, M.ApplicationData,    P.RESUMED,                         "- 2 2b - -"),
    Row(P.RESUMED,                         SERVER, M.ApplicationData,    P.RESUMED,                         "- 2 2b - -"),
    Row(P.RESUMED,                         CLIENT, M.ClientHello,        P.RENEGOTIATION,                   "- 2 2b - -"),
)
# fmt: on

HANDSHAKE = tuple(row for row in FLOWS if row.position not in COMPLETE)
"""The rows of the handshake proper."""


def _at(row: Row, position: Term[Position], e: EventTerm) -> z3.BoolRef:
    return z3.And(position.is_(row.position), e.sends(row.sender, row.message))


def listed(position: Term[Position], e: EventTerm) -> z3.BoolRef:
    """True where some figure has this event at this position; in a renegotiation everything is."""
    return z3.Or(position.is_(P.RENEGOTIATION), *(_at(row, position, e) for row in FLOWS))


def target(position: Term[Position], e: EventTerm) -> Term[Position]:
    """Where the event leads; an event without a row leads nowhere."""
    reached = position
    for row in FLOWS:
        reached = choose(_at(row, position, e), row.target, reached)
    return reached


def speaks(position: Term[Position], party: Party) -> z3.BoolRef:
    """True where it is this party's turn: some row at this position is the party's.  A renegotiation is anybody's."""
    turns = [p for p in Position if any(row.position is p and row.sender is party for row in FLOWS)]
    return position.among(*turns, P.RENEGOTIATION)


def walk(figure: str) -> tuple[Row, ...]:
    """The rows of one figure with every optional message in, from start to establishment, in order.

    :raises ValueError: for a figure that is none of :data:`FIGURES`.
    """
    if figure not in FIGURES:
        raise ValueError(f"figure {figure!r} is none of {', '.join(FIGURES)}")
    steps: list[Row] = []
    position = P.START
    while position not in COMPLETE:
        here = [row for row in FLOWS if row.position is position and figure in row.figures]
        steps.append(min(here, key=lambda row: list(Position).index(row.target)))
        position = steps[-1].target
    return tuple(steps)
