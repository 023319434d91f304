"""A full handshake through the network, which alters hellos and injects ChangeCipherSpec.

One connection of a client that has nothing to resume, and one of the server.  The server's certificate and signature
cannot be made by the attacker; a Finished is computed from secret and transcript; record keys come from the secret that
is there when ChangeCipherSpec is taken, and from the empty one where there is none.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.lasting import Act, Change, Lasting, compose, lasting, plainest
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, Term, choose, term
from rfc5077.model.proof.unbounded import System, fresh

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class ClientPlace(Enum):
    """How far the client is."""

    BEGINNING = auto()
    ASKING = auto()  # ClientHello is out
    ANSWERED = auto()  # it has the server's flight, and takes the handshake for a full one
    ABBREVIATED = auto()  # it has ServerHello, and takes the handshake for a resumption
    AGREED = auto()  # ClientKeyExchange is out
    PROVED = auto()  # Finished is out
    DONE = auto()


class ServerPlace(Enum):
    """How far the server is."""

    WAITING = auto()
    OFFERED = auto()  # its flight is out
    KEYED = auto()  # it has ClientKeyExchange
    FINISHED = auto()  # it is done


class Tampering(Enum):
    """What the server's ClientHello has otherwise than the client's."""

    NOWHERE = auto()
    TICKET_EXTENSION = auto()
    MASTER_SECRET_EXTENSION = auto()
    SUITES = auto()


class Material(Enum):
    """A secret, or the one that keys were made of."""

    NOT_YET = auto()
    SHARED = auto()  # that of the exchange between client and server
    BLANK = auto()  # made of nothing
    ATTACKERS = auto()  # that of an exchange between attacker and server


class Testimony(Enum):
    """A Finished that has come: whose it is, or that it is wrong."""

    NO_FINISHED = auto()
    PARTNERS = auto()
    INTRUDERS = auto()
    SPURIOUS = auto()


class Turn(Enum):
    """What a step is, as far as a clause cares."""

    ANYTHING = auto()
    CONCLUDES_RESUMPTION = auto()
    CLIENT_CHANGES_KEYS = auto()
    SERVER_CHANGES_KEYS = auto()
    CLIENT_PROVES = auto()
    CLIENT_COMPLETES = auto()
    SERVER_COMPLETES = auto()


class StepFields:
    """A step; ``forgetful`` where a Finished leaves out the hellos."""

    turn = Choice(Turn.ANYTHING)
    forgetful = Flag()


class Step(StepFields, Concrete):
    """A step as a value."""


class StepTerm(StepFields, Symbolic):
    """A step as terms."""


class World(Symbolic):
    """Both parties, and what the network did."""

    client = Choice(ClientPlace.BEGINNING)
    server = Choice(ServerPlace.WAITING)
    hello = Choice(Tampering.NOWHERE)
    answer_altered = Flag()
    client_secret = Choice(Material.NOT_YET)
    server_secret = Choice(Material.NOT_YET)
    client_keys = Choice(Material.NOT_YET)
    server_keys = Choice(Material.NOT_YET)
    client_got = Choice(Testimony.NO_FINISHED)
    server_got = Choice(Testimony.NO_FINISHED)
    uncovered = Flag()  # the Finished leave out the hellos
    revealed = Flag()  # the secret of the exchange was given away while it mattered


W = fresh(World)
C, V, M, F = ClientPlace, ServerPlace, Material, Testimony
Entry = Lasting[World, StepTerm]


@lasting("R5246-7.1-03")
def keys_change_once_agreed(w: World, s: StepTerm) -> z3.BoolRef:
    resumes = w.client.is_(C.ABBREVIATED)
    return And(
        Implies(s.turn.is_(Turn.CLIENT_CHANGES_KEYS), Or(Not(w.client_secret.is_(M.NOT_YET)), resumes)),
        Implies(s.turn.is_(Turn.SERVER_CHANGES_KEYS), Not(w.server_secret.is_(M.NOT_YET))),
    )


@lasting("R5246-7.4.1.3-01")
def resumption_needs_an_offer(w: World, s: StepTerm) -> z3.BoolRef:
    # This client offered neither ticket nor session_id: two empty ids are no echo.
    return Not(s.turn.is_(Turn.CONCLUDES_RESUMPTION))


@lasting("R5246-7.4-01")
def messages_come_in_order(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.turn.is_(Turn.CLIENT_COMPLETES), w.client.among(C.PROVED, C.ABBREVIATED))


@lasting("R5246-7.4.9-01")
def finished_is_verified(w: World, s: StepTerm) -> z3.BoolRef:
    right = (F.PARTNERS, F.INTRUDERS)
    return And(
        Implies(s.turn.is_(Turn.CLIENT_COMPLETES), w.client_got.among(*right)),
        Implies(s.turn.is_(Turn.SERVER_COMPLETES), w.server_got.among(*right)),
    )


@lasting("R5246-7.4.9-02")
def finished_follows_change_of_keys(w: World, s: StepTerm) -> z3.BoolRef:
    return And(
        Implies(s.turn.is_(Turn.CLIENT_COMPLETES), Not(w.client_keys.is_(M.NOT_YET))),
        Implies(s.turn.is_(Turn.SERVER_COMPLETES), Not(w.server_keys.is_(M.NOT_YET))),
    )


@lasting("R5246-7.4.9-03")
def finished_covers_everything(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.turn.is_(Turn.CLIENT_PROVES), Not(s.forgetful))


CLAUSES: tuple[Entry, ...] = (
    keys_change_once_agreed,
    resumption_needs_an_offer,
    messages_come_in_order,
    finished_is_verified,
    finished_follows_change_of_keys,
    finished_covers_everything,
)


def altered() -> z3.BoolRef:
    """True where the two parties' hellos differ."""
    return Or(Not(W.hello.is_(Tampering.NOWHERE)), W.answer_altered)


def known(material: Term[Material]) -> z3.BoolRef:
    """True where the attacker can compute what was made of this; what is in clear he can."""
    return Or(Not(material.is_(M.SHARED)), W.revealed)


def both_complete() -> z3.BoolRef:
    """True where client and server have both completed."""
    return And(W.client.is_(C.DONE), W.server.is_(V.FINISHED))


def _agree() -> z3.BoolRef:
    shared = And(W.client_secret.is_(M.SHARED), W.server_secret.is_(M.SHARED))
    return And(shared, Or(Not(altered()), W.uncovered))


def _hellos() -> list[Act]:
    asking = W.client.is_(C.ASKING)
    words = {
        Tampering.NOWHERE: "as it was", Tampering.TICKET_EXTENSION: "extension 35 changed",
        Tampering.MASTER_SECRET_EXTENSION: "extension 23 stripped", Tampering.SUITES: "suites changed",
    }  # fmt: skip
    acts = [
        Act(f"network > server: ClientHello, {words[how]}", Step(), And(Not(W.client.is_(C.BEGINNING)),
            W.server.is_(V.WAITING)), {"server": term(V.OFFERED), "hello": term(how)})
        for how in Tampering
    ]  # fmt: skip
    flight = And(asking, Not(W.server.is_(V.WAITING)))
    answered: dict[str, Change] = {"client": term(C.ANSWERED)}
    resumed: dict[str, Change] = {"client": term(C.ABBREVIATED), "client_secret": term(M.BLANK)}
    return [
        Act("client > network: ClientHello", Step(), W.client.is_(C.BEGINNING), {"client": term(C.ASKING)}),
        *acts,
        Act("network > client: ServerHello, Certificate ...", Step(), flight, answered),
        Act("network > client: ServerHello altered, Certificate ...", Step(), flight,
            answered | {"answer_altered": True}),
        Act("network > client: ServerHello alone, empty id", Step(turn=Turn.CONCLUDES_RESUMPTION), asking, resumed),
    ]  # fmt: skip


def _keys() -> list[Act]:
    agreed = W.client.among(C.AGREED, C.PROVED)
    ready = W.server.is_(V.OFFERED)
    begun = Not(W.client.among(C.BEGINNING, C.ASKING))
    unheard = W.client_got.is_(F.NO_FINISHED)
    client_has = choose(W.client_secret.is_(M.NOT_YET), M.BLANK, W.client_secret)
    server_has = choose(W.server_secret.is_(M.NOT_YET), M.BLANK, W.server_secret)
    return [
        Act("client > network: ClientKeyExchange", Step(), And(W.client.is_(C.ANSWERED), unheard),
            {"client": term(C.AGREED), "client_secret": term(M.SHARED)}),
        Act("network > server: client's ClientKeyExchange", Step(), And(agreed, ready),
            {"server": term(V.KEYED), "server_secret": term(M.SHARED)}),
        Act("network > server: ClientKeyExchange of his own", Step(), ready,
            {"server": term(V.KEYED), "server_secret": term(M.ATTACKERS)}),
        Act("network > client: ChangeCipherSpec", Step(turn=Turn.CLIENT_CHANGES_KEYS),
            And(begun, W.client_keys.is_(M.NOT_YET)), {"client_keys": client_has}),
        Act("network > server: ChangeCipherSpec", Step(turn=Turn.SERVER_CHANGES_KEYS),
            And(Not(W.server.is_(V.WAITING)), W.server_keys.is_(M.NOT_YET)), {"server_keys": server_has}),
        Act("network: learns the secret of the exchange", Step(), Not(W.client_secret.is_(M.NOT_YET)),
            {"revealed": True}),
    ]  # fmt: skip


def _finished() -> list[Act]:
    unheard = W.client_got.is_(F.NO_FINISHED)
    open_client = And(Not(W.client.among(C.BEGINNING, C.ASKING, C.DONE)), unheard)
    open_server = And(W.server.is_(V.KEYED), W.server_got.is_(F.NO_FINISHED))
    proves = [
        Act(f"client > network: Finished{words}", Step(turn=Turn.CLIENT_PROVES, forgetful=forgetful),
            And(W.client.is_(C.AGREED), unheard), {"client": term(C.PROVED), "uncovered": forgetful})
        for forgetful, words in ((False, ""), (True, " without the hellos"))
    ]  # fmt: skip
    return [
        *proves,
        Act("network > server: client's Finished", Step(), And(open_server, W.client.is_(C.PROVED), _agree()),
            {"server_got": term(F.PARTNERS)}),
        Act("network > server: Finished of his own", Step(), And(open_server, known(W.server_secret)),
            {"server_got": term(F.INTRUDERS)}),
        Act("network > server: a wrong Finished", Step(), open_server, {"server_got": term(F.SPURIOUS)}),
        Act("server: completes", Step(turn=Turn.SERVER_COMPLETES),
            And(W.server.is_(V.KEYED), Not(W.server_got.is_(F.NO_FINISHED))), {"server": term(V.FINISHED)}),
        Act("network > client: server's Finished", Step(), And(open_client, W.server.is_(V.FINISHED), _agree()),
            {"client_got": term(F.PARTNERS)}),
        Act("network > client: Finished of his own", Step(), And(open_client, known(W.client_secret)),
            {"client_got": term(F.INTRUDERS)}),
        Act("network > client: a wrong Finished", Step(), open_client, {"client_got": term(F.SPURIOUS)}),
        Act("client: completes", Step(turn=Turn.CLIENT_COMPLETES),
            And(Not(W.client.is_(C.DONE)), Not(W.client_got.is_(F.NO_FINISHED))), {"client": term(C.DONE)}),
    ]  # fmt: skip


@cache
def system(without: frozenset[str] = frozenset()) -> System:
    """The system under the clauses but those of the ids left out."""
    acts = [*_hellos(), *_keys(), *_finished()]
    return compose("negotiation", W, StepTerm, acts, CLAUSES, without, plainest(W))
