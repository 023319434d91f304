"""A handshake through the network, full or abbreviated, which alters hellos and injects ChangeCipherSpec.

One connection of a client, with a ticket or without, and one of the server.  The server's certificate is public, its
signature cannot be made by the attacker; so in an ephemeral exchange it is the server that answers, while by RSA
anybody may, and only Finished tells.  A Finished is computed from secret and transcript; record keys come from the
secret that is there when ChangeCipherSpec is taken, and from the empty one where there is none.  Who the client is, is
the matter of ``credentials``.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.lasting import Act, Lasting, compose, lasting, plainest
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, Term, choose, term
from rfc5077.model.proof.unbounded import System, fresh

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class ClientPlace(Enum):
    """How far the client is."""

    BEGINNING = auto()
    ASKING = auto()  # ClientHello is out
    HEARING = auto()  # it has ServerHello
    ANSWERED = auto()  # it has the server's flight, and takes the handshake for a full one
    ABBREVIATED = auto()  # it takes the handshake for a resumption
    AGREED = auto()  # ClientKeyExchange is out
    PROVED = auto()  # Finished is out
    DONE = auto()


class ServerPlace(Enum):
    """How far the server is."""

    WAITING = auto()
    ASKED = auto()  # it has ClientHello
    OFFERED = auto()  # its flight is out
    RESUMING = auto()  # its ServerHello, ChangeCipherSpec and Finished are out
    KEYED = auto()  # it has ClientKeyExchange
    FINISHED = auto()  # it is done


class Tampering(Enum):
    """What a hello that arrives has otherwise than the one that was sent."""

    NOWHERE = auto()
    TICKET_STRIPPED = auto()  # extension 35 is gone
    TICKET_CHANGED = auto()  # extension 35 is there, but another, or where it was not
    EXTENSION_STRIPPED = auto()  # extension 23 is gone, or there where it was not
    SUITES_CHANGED = auto()  # some are gone, or others there
    ALL_HIS_OWN = auto()


class Material(Enum):
    """A secret, or the one that keys were made of."""

    NOT_YET = auto()
    SHARED = auto()  # that of the exchange between client and server
    RESUMED = auto()  # that of the session of the ticket
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
    SERVER_RESUMES = auto()
    TAKES_FLIGHT = auto()
    CONCLUDES_RESUMPTION = auto()
    CLIENT_CHANGES_KEYS = auto()
    SERVER_CHANGES_KEYS = auto()
    CLIENT_PROVES = auto()
    CLIENT_COMPLETES = auto()
    SERVER_COMPLETES = auto()


class StepFields:
    """A step; ``forgetful`` where a Finished leaves out the hellos, ``unfit`` where a message is not of the suite."""

    turn = Choice(Turn.ANYTHING)
    forgetful = Flag()
    unfit = Flag()


class Step(StepFields, Concrete):
    """A step as a value."""


class StepTerm(StepFields, Symbolic):
    """A step as terms."""


class World(Symbolic):
    """Both parties, and what the network did."""

    client = Choice(ClientPlace.BEGINNING)
    server = Choice(ServerPlace.WAITING)
    with_ticket = Flag()  # the client's hello offers one
    hello = Choice(Tampering.NOWHERE)  # ClientHello, as it reached the server
    answer = Choice(Tampering.NOWHERE)  # ServerHello, as it reached the client
    server_rsa = Flag()  # the server has chosen a suite without an ephemeral exchange
    client_rsa = Flag()  # and so the client takes it
    weak = Flag()  # the client has taken a key that the attacker has broken
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


def _ticket_arrives(w: World) -> z3.BoolRef:
    """True where the client's own ticket has reached the server, as far as it has got a hello."""
    return And(w.with_ticket, Not(w.hello.among(Tampering.TICKET_STRIPPED, Tampering.TICKET_CHANGED)))


@lasting("R5246-7.1-03")
def keys_change_once_agreed(w: World, s: StepTerm) -> z3.BoolRef:
    resumes = w.client.is_(C.ABBREVIATED)
    return And(
        Implies(s.turn.is_(Turn.CLIENT_CHANGES_KEYS), Or(Not(w.client_secret.is_(M.NOT_YET)), resumes)),
        Implies(s.turn.is_(Turn.SERVER_CHANGES_KEYS), Not(w.server_secret.is_(M.NOT_YET))),
    )


@lasting("R5246-7.4.1.3-01")
def resumption_needs_an_offer(w: World, s: StepTerm) -> z3.BoolRef:
    # Who offers no ticket here offers no session_id either: two empty ids are no echo, and open no session.
    return And(
        Implies(s.turn.is_(Turn.SERVER_RESUMES), Or(w.hello.is_(Tampering.TICKET_CHANGED), _ticket_arrives(w))),
        Implies(s.turn.is_(Turn.CONCLUDES_RESUMPTION), w.with_ticket),
    )


@lasting("R5246-7.4-01")
def messages_come_in_order(w: World, s: StepTerm) -> z3.BoolRef:
    through = Implies(s.turn.is_(Turn.CLIENT_COMPLETES), w.client.among(C.PROVED, C.ABBREVIATED))
    return And(through, Implies(s.turn.is_(Turn.TAKES_FLIGHT), Not(s.unfit)))


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
    return Not(And(W.hello.is_(Tampering.NOWHERE), W.answer.is_(Tampering.NOWHERE)))


def known(material: Term[Material]) -> z3.BoolRef:
    """True where the attacker can compute what was made of this; what is in clear he can."""
    return Or(Not(material.among(M.SHARED, M.RESUMED)), W.revealed)


def both_complete() -> z3.BoolRef:
    """True where client and server have both completed."""
    return And(W.client.is_(C.DONE), W.server.is_(V.FINISHED))


def one_handshake(secret: Material) -> z3.BoolRef:
    """True where both parties have the same hellos, the same exchange, and this secret."""
    same = And(W.client_secret.is_(secret), W.server_secret.is_(secret))
    return And(same, Not(altered()), W.client_rsa == W.server_rsa)


def _agree() -> z3.BoolRef:
    one = And(W.client_secret.same(W.server_secret), W.client_secret.among(M.SHARED, M.RESUMED))
    return And(one, Or(Not(altered()), W.uncovered))


WORDS = {
    Tampering.NOWHERE: "as it was",
    Tampering.TICKET_STRIPPED: "extension 35 stripped",
    Tampering.TICKET_CHANGED: "extension 35 changed",
    Tampering.EXTENSION_STRIPPED: "extension 23 stripped",
    Tampering.SUITES_CHANGED: "suites changed",
}
QUESTIONS = tuple(WORDS)
"""How a ClientHello may arrive."""
ANSWERS = (Tampering.NOWHERE, Tampering.TICKET_CHANGED, Tampering.EXTENSION_STRIPPED, Tampering.SUITES_CHANGED)
"""How a ServerHello may arrive; or one that is all his own does."""


def _questions() -> list[Act]:
    """ClientHello, and what the server makes of the one that it gets."""
    begins, asked = W.client.is_(C.BEGINNING), W.server.is_(V.ASKED)
    arrives = And(Not(begins), W.server.is_(V.WAITING))
    # Another ticket is one of the attacker's own: the session that it opens to is his.
    other = W.hello.is_(Tampering.TICKET_CHANGED)
    secret = choose(other, M.ATTACKERS, choose(_ticket_arrives(W), M.RESUMED, M.BLANK))
    return [
        Act("client > network: ClientHello", Step(), begins, {"client": term(C.ASKING)}),
        Act("client > network: ClientHello, a ticket", Step(), begins, {"client": term(C.ASKING), "with_ticket": True}),
        *(
            Act(f"network > server: ClientHello, {WORDS[how]}", Step(), arrives,
                {"server": term(V.ASKED), "hello": term(how)})
            for how in QUESTIONS
        ),
        Act("server > network: ServerHello, Certificate, ServerKeyExchange ...", Step(), asked,
            {"server": term(V.OFFERED)}),
        Act("server > network: ServerHello, Certificate ...; RSA", Step(), asked,
            {"server": term(V.OFFERED), "server_rsa": True}),
        Act("server > network: ServerHello, ChangeCipherSpec, Finished", Step(turn=Turn.SERVER_RESUMES), asked,
            {"server": term(V.RESUMING), "server_secret": secret}),
    ]  # fmt: skip


def _answers() -> list[Act]:
    """ServerHello, and what the client makes of the one that it gets, whether or not what follows is of its suite."""
    hearing, own = W.client.is_(C.HEARING), W.answer.is_(Tampering.ALL_HIS_OWN)
    flight = And(hearing, W.server.among(V.OFFERED, V.KEYED), Not(own))
    weak = And(flight, W.hello.is_(Tampering.SUITES_CHANGED), W.answer.is_(Tampering.SUITES_CHANGED), W.server_rsa)
    asking, spoken = W.client.is_(C.ASKING), Not(W.server.among(V.WAITING, V.ASKED))
    return [
        *(
            Act(f"network > client: ServerHello, {WORDS[how]}", Step(), And(asking, spoken),
                {"client": term(C.HEARING), "answer": term(how)})
            for how in ANSWERS
        ),
        Act("network > client: ServerHello of his own, empty id", Step(), asking,
            {"client": term(C.HEARING), "answer": term(Tampering.ALL_HIS_OWN)}),
        Act("network > client: the server's Certificate ...", Step(turn=Turn.TAKES_FLIGHT), flight,
            {"client": term(C.ANSWERED), "client_rsa": W.server_rsa}),
        Act("network > client: the server's Certificate, for RSA", Step(turn=Turn.TAKES_FLIGHT), hearing,
            {"client": term(C.ANSWERED), "client_rsa": True}),
        Act("network > client: the server's Certificate, its key of export strength",
            Step(turn=Turn.TAKES_FLIGHT, unfit=True), weak,
            {"client": term(C.ANSWERED), "client_rsa": True, "weak": True}),
        Act("client: takes ServerHello for that of a resumption", Step(turn=Turn.CONCLUDES_RESUMPTION), hearing,
            {"client": term(C.ABBREVIATED), "client_secret": choose(W.with_ticket, M.RESUMED, M.BLANK)}),
    ]  # fmt: skip


def _keys() -> list[Act]:
    agreed = W.client.among(C.AGREED, C.PROVED)
    ready = W.server.is_(V.OFFERED)
    client_has = choose(W.client_secret.is_(M.NOT_YET), M.BLANK, W.client_secret)
    server_has = choose(W.server_secret.is_(M.NOT_YET), M.BLANK, W.server_secret)
    # What is not of the suite that the server has chosen gives a secret, if any, that is not the client's.
    fits = And(W.client_rsa == W.server_rsa, W.client_secret.is_(M.SHARED))
    return [
        Act("client > network: ClientKeyExchange", Step(), W.client.is_(C.ANSWERED),
            {"client": term(C.AGREED), "client_secret": choose(W.weak, M.ATTACKERS, M.SHARED)}),
        Act("network > server: client's ClientKeyExchange", Step(), And(agreed, ready),
            {"server": term(V.KEYED), "server_secret": choose(fits, M.SHARED, M.ATTACKERS)}),
        Act("network > server: ClientKeyExchange of his own", Step(), ready,
            {"server": term(V.KEYED), "server_secret": term(M.ATTACKERS)}),
        Act("network > client: ChangeCipherSpec", Step(turn=Turn.CLIENT_CHANGES_KEYS),
            And(Not(W.client.among(C.BEGINNING, C.ASKING, C.HEARING)), W.client_keys.is_(M.NOT_YET)),
            {"client_keys": client_has}),
        Act("network > server: ChangeCipherSpec", Step(turn=Turn.SERVER_CHANGES_KEYS),
            And(Not(W.server.among(V.WAITING, V.ASKED)), W.server_keys.is_(M.NOT_YET)), {"server_keys": server_has}),
        Act("network: learns the secret", Step(), z3.BoolVal(True), {"revealed": True}),
    ]  # fmt: skip


def _finished() -> list[Act]:
    unheard = W.client_got.is_(F.NO_FINISHED)
    open_client = And(Not(W.client.among(C.BEGINNING, C.ASKING, C.HEARING, C.DONE)), unheard)
    open_server = And(W.server.among(V.KEYED, V.RESUMING), W.server_got.is_(F.NO_FINISHED))
    from_client = Or(W.client.is_(C.PROVED), And(W.client.is_(C.DONE), W.client_secret.is_(M.RESUMED)))
    from_server = Or(W.server.is_(V.FINISHED), W.server.is_(V.RESUMING))
    proves = [
        Act(f"client > network: Finished{words}", Step(turn=Turn.CLIENT_PROVES, forgetful=forgetful),
            And(W.client.is_(C.AGREED), unheard), {"client": term(C.PROVED), "uncovered": forgetful})
        for forgetful, words in ((False, ""), (True, " without the hellos"))
    ]  # fmt: skip
    proves.append(
        Act("server: its Finished is without the hellos", Step(turn=Turn.CLIENT_PROVES, forgetful=True),
            And(W.server.is_(V.RESUMING), unheard), {"uncovered": True})
    )  # fmt: skip
    return [
        *proves,
        Act("network > server: client's Finished", Step(), And(open_server, from_client, _agree()),
            {"server_got": term(F.PARTNERS)}),
        Act("network > server: Finished of his own", Step(), And(open_server, known(W.server_secret)),
            {"server_got": term(F.INTRUDERS)}),
        Act("network > server: a wrong Finished", Step(), W.server_got.is_(F.NO_FINISHED),
            {"server_got": term(F.SPURIOUS)}),
        Act("server: completes", Step(turn=Turn.SERVER_COMPLETES),
            And(W.server.among(V.KEYED, V.RESUMING), Not(W.server_got.is_(F.NO_FINISHED))),
            {"server": term(V.FINISHED)}),
        Act("network > client: server's Finished", Step(), And(open_client, from_server, _agree()),
            {"client_got": term(F.PARTNERS)}),
        Act("network > client: Finished of his own", Step(), And(open_client, known(W.client_secret)),
            {"client_got": term(F.INTRUDERS)}),
        Act("network > client: a wrong Finished", Step(), z3.BoolVal(True), {"client_got": term(F.SPURIOUS)}),
        Act("client: completes", Step(turn=Turn.CLIENT_COMPLETES),
            And(Not(W.client.is_(C.DONE)), Not(W.client_got.is_(F.NO_FINISHED))), {"client": term(C.DONE)}),
    ]  # fmt: skip


@cache
def system(without: frozenset[str] = frozenset()) -> System:
    """The system under the clauses but those of the ids left out."""
    acts = [*_questions(), *_answers(), *_keys(), *_finished()]
    return compose("negotiation", W, StepTerm, acts, CLAUSES, without, plainest(W))
