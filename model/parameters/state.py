"""What each party knows of the parameters of one connection's hellos, and how that grows.

Every field is what the hellos said: both stand in clear, so both parties read the same.  A second handshake on the
connection is not followed.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import ClassVar

import z3

from rfc5077.model.event import CLIENT, SERVER, Party
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, choose
from rfc5077.model.parameters.event import HelloEventTerm, NameAnswer, NameRelation, Signal, Utterance

U = Utterance


class Juncture(Enum):
    """How far the hellos are."""

    START = auto()
    ASKED = auto()  # ClientHello
    ANSWERED = auto()  # ServerHello
    SHORT = auto()  # the session is resumed
    FULL = auto()  # a new session is negotiated
    OVER = auto()  # refused


J = Juncture


class HelloFields:
    """What is kept."""

    juncture = Choice(J.START)
    # of ClientHello
    asked_ems = Flag()
    signalled = Choice(Signal.ABSENT)
    session = Flag()
    session_ems = Flag()
    names = Choice(NameRelation.SAME)
    client_knows_ems = Flag()
    server_knows_ems = Flag()
    server_knows_names = Flag()
    server_knows_1_3 = Flag()
    answered_before = Flag()
    # of ServerHello
    ems = Flag()
    bound = Flag()  # renegotiation_info has contents
    suite_kept = Flag()
    named = Flag()  # server_name was answered
    limits = Flag()
    sealed = Flag()


class Hellos(Concrete, HelloFields):
    """What is kept, as a value."""


class HelloTerm(Symbolic, HelloFields):
    """What a party keeps, as z3 terms."""

    me: ClassVar[Party]

    def at(self, *junctures: Juncture) -> z3.BoolRef:
        """True where the hellos are there."""
        return self.juncture.among(*junctures)


class ClientHelloTerm(HelloTerm):
    """What the client keeps."""

    me: ClassVar[Party] = CLIENT


class ServerHelloTerm(HelloTerm):
    """What the server keeps."""

    me: ClassVar[Party] = SERVER


def asks(s: HelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    """True for the ClientHello that opens the connection."""
    return z3.And(s.at(J.START), e.sends(CLIENT, U.CLIENT_HELLO))


def answers(s: HelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    """True for the ServerHello that answers it."""
    return z3.And(s.at(J.ASKED), e.sends(SERVER, U.SERVER_HELLO))


def resumes(s: HelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    """True for the server's message that shows the handshake to be an abbreviated one."""
    return z3.And(s.at(J.ANSWERED), e.sends(SERVER, U.SHORT))


def negotiates(s: HelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    """True for the server's message that shows the handshake to be a full one."""
    return z3.And(s.at(J.ANSWERED), e.sends(SERVER, U.FULL))


def goes_on(s: HelloTerm, e: HelloEventTerm, *junctures: Juncture) -> z3.BoolRef:
    """True where the client builds on what it has read, in an abbreviated or a full handshake."""
    return z3.And(s.at(*junctures), e.sends(CLIENT, U.ONWARD))


def step(s: HelloTerm, e: HelloEventTerm) -> HelloTerm:
    """The state after an utterance, whoever's."""
    asked, answered = asks(s, e), answers(s, e)
    reached = choose(asked, J.ASKED, s.juncture)
    reached = choose(answered, J.ANSWERED, reached)
    reached = choose(resumes(s, e), J.SHORT, reached)
    reached = choose(negotiates(s, e), J.FULL, reached)
    reached = choose(e.is_(U.REFUSAL, U.NAME_REFUSAL), J.OVER, reached)
    of_hello = ("session", "session_ems", "client_knows_ems", "server_knows_ems", "server_knows_names",
                "server_knows_1_3", "answered_before")  # fmt: skip
    terms = {name: z3.If(asked, e.terms[name], s.terms[name]) for name in of_hello}
    of_answer = ("ems", "suite_kept", "limits", "sealed")
    terms |= {name: z3.If(answered, e.terms[name], s.terms[name]) for name in of_answer}
    return type(s)(s.prefix, s.terms | terms).but(
        juncture=reached,
        asked_ems=z3.If(asked, e.ems, s.asked_ems),
        signalled=choose(asked, e.signal, s.signalled),
        names=choose(asked, e.names, s.names),
        bound=z3.If(answered, e.signal.is_(Signal.FILLED), s.bound),
        named=z3.If(answered, z3.Not(e.name.is_(NameAnswer.ABSENT)), s.named),
    )
