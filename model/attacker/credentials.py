"""Client authentication through the network: whom does the server take its peer for, and whom do its tickets name?

One connection of the server, which asks for a certificate.  The hellos and the key exchange that it gets are the
client's or the attacker's; so are certificate and Finished.  The client signs in a handshake that goes to this
connection, and in others with the attacker; a signature fits where all that it covers is what the server has.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.lasting import Act, Change, Lasting, compose, lasting, plainest
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, choose, term
from rfc5077.model.proof.unbounded import System, fresh

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class Whose(Enum):
    """Whose a ClientHello or a ClientKeyExchange is."""

    NOBODYS = auto()
    CLIENTS = auto()
    CLIENTS_ALTERED = auto()  # the client's hello, with other extensions or suites
    ATTACKERS_OWN = auto()


class Credential(Enum):
    """What the server was shown of its peer."""

    NO_CREDENTIAL = auto()
    CERTIFICATE_ALONE = auto()  # the client's, which is no secret
    FITTING_SIGNATURE = auto()
    OTHER_SIGNATURE = auto()  # the client's, over another transcript


class Closing(Enum):
    """The Finished that has come."""

    NONE_YET = auto()
    RIGHT_ONE = auto()
    WRONG_ONE = auto()


class Grant(Enum):
    """What a step is, as far as a clause cares."""

    NO_GRANT = auto()
    ADMITS = auto()  # the server completes, and takes its peer for somebody
    ISSUES_TICKET = auto()  # naming somebody


class StepFields:
    """A step; ``names_client`` where the peer is taken for the client."""

    grant = Choice(Grant.NO_GRANT)
    names_client = Flag()


class Step(StepFields, Concrete):
    """A step as a value."""


class StepTerm(StepFields, Symbolic):
    """A step as terms."""


class World(Symbolic):
    """The server's connection, and what the client has signed."""

    hello = Choice(Whose.NOBODYS)
    exchange = Choice(Whose.NOBODYS)
    signed_here = Flag()  # the client has gone through the handshake that goes to this connection
    signed_elsewhere = Flag()  # and through one with the attacker
    shown = Choice(Credential.NO_CREDENTIAL)
    closing = Choice(Closing.NONE_YET)
    admitted = Flag()
    named = Flag()  # as the client
    ticket = Flag()  # a ticket that names the client has been issued
    ticket_early = Flag()  # and that before anything proved the client
    secret_revealed = Flag()


W = fresh(World)
H, K, F = Whose, Credential, Closing
Entry = Lasting[World, StepTerm]


@lasting("R5246-7.4-01")
def certificate_is_followed_by_a_signature(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.names_client, Not(w.shown.is_(K.CERTIFICATE_ALONE)))


@lasting("R5246-7.4.8-02")
def signature_is_verified(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.names_client, Not(w.shown.is_(K.OTHER_SIGNATURE)))


@lasting("R5246-7.4.9-01")
def finished_is_verified(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.grant.is_(Grant.ADMITS), w.closing.is_(F.RIGHT_ONE))


@lasting("R5077-3.3-05")
def ticket_follows_finished(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.grant.is_(Grant.ISSUES_TICKET), w.closing.is_(F.RIGHT_ONE))


CLAUSES: tuple[Entry, ...] = (
    certificate_is_followed_by_a_signature,
    signature_is_verified,
    finished_is_verified,
    ticket_follows_finished,
)


def _one_transcript() -> z3.BoolRef:
    """The server has what the client has sent, up to its signature."""
    return And(W.hello.is_(H.CLIENTS), W.exchange.is_(H.CLIENTS))


def _messages() -> list[Act]:
    nothing, greeted = W.hello.is_(H.NOBODYS), And(Not(W.hello.is_(H.NOBODYS)), W.exchange.is_(H.NOBODYS))
    return [
        Act("network > server: client's hello, untouched", Step(), nothing, {"hello": term(H.CLIENTS)}),
        Act("network > server: client's hello, altered", Step(), nothing, {"hello": term(H.CLIENTS_ALTERED)}),
        Act("network > server: ClientHello of his own", Step(), nothing, {"hello": term(H.ATTACKERS_OWN)}),
        Act("client > network: Certificate, ClientKeyExchange, CertificateVerify", Step(), Not(W.signed_here),
            {"signed_here": True}),
        Act("client > network: a handshake with him, signed", Step(), Not(W.signed_elsewhere),
            {"signed_elsewhere": True}),
        Act("network > server: client's ClientKeyExchange", Step(), greeted, {"exchange": term(H.CLIENTS)}),
        Act("network > server: ClientKeyExchange of his own", Step(), greeted, {"exchange": term(H.ATTACKERS_OWN)}),
        Act("network: learns the secret of the exchange", Step(), z3.BoolVal(True),
            {"secret_revealed": True}),
    ]  # fmt: skip


def _proofs() -> list[Act]:
    open_ = And(Not(W.exchange.is_(H.NOBODYS)), W.closing.is_(F.NONE_YET))
    unshown = And(open_, W.shown.is_(K.NO_CREDENTIAL))
    his = Or(W.exchange.is_(H.ATTACKERS_OWN), W.secret_revealed)
    clients = And(W.signed_here, _one_transcript(), W.shown.is_(K.FITTING_SIGNATURE))
    fits: Change = choose(_one_transcript(), K.FITTING_SIGNATURE, K.OTHER_SIGNATURE)
    return [
        Act("network > server: client's Certificate alone", Step(), unshown, {"shown": term(K.CERTIFICATE_ALONE)}),
        Act("network > server: client's Certificate, CertificateVerify", Step(), And(unshown, W.signed_here),
            {"shown": fits}),
        Act("network > server: the same, of the handshake with him", Step(), And(unshown, W.signed_elsewhere),
            {"shown": term(K.OTHER_SIGNATURE)}),
        Act("network > server: client's Finished", Step(), And(open_, W.signed_here),
            {"closing": choose(clients, F.RIGHT_ONE, F.WRONG_ONE)}),
        Act("network > server: Finished of his own", Step(), open_, {"closing": choose(his, F.RIGHT_ONE, F.WRONG_ONE)}),
    ]  # fmt: skip


def _grants() -> list[Act]:
    keyed = And(Not(W.exchange.is_(H.NOBODYS)), Not(Or(W.admitted, W.named)))
    closed = And(keyed, Not(W.closing.is_(F.NONE_YET)))
    shown = Not(W.shown.is_(K.NO_CREDENTIAL))
    early = Not(W.closing.is_(F.RIGHT_ONE))
    names = Step(grant=Grant.ISSUES_TICKET, names_client=True)
    return [
        Act("server: takes its peer for nobody it knows", Step(grant=Grant.ADMITS), closed, {"admitted": True}),
        Act("server: takes its peer for the client", Step(grant=Grant.ADMITS, names_client=True), And(closed, shown),
            {"admitted": True, "named": True}),
        Act("server > network: NewSessionTicket, naming the client", names, And(keyed, shown),
            {"ticket": True, "ticket_early": Or(W.ticket_early, early)}),
    ]  # fmt: skip


@cache
def system(without: frozenset[str] = frozenset()) -> System:
    """The system under the clauses but those of the ids left out."""
    acts = [*_messages(), *_proofs(), *_grants()]
    return compose("credentials", W, StepTerm, acts, CLAUSES, without, plainest(W))


def client_is_there() -> z3.BoolRef:
    """True where the client has the secret of this connection, and saw the same hellos."""
    return And(_one_transcript(), W.signed_here)
