"""Who may read, later, the traffic of a session that was recorded: by its secret, or by the key of one of its tickets.

The session has an ephemeral exchange or not, and begins whenever it likes.  Its tickets, renewals included, are sealed
under keys that change; keys are numbered in order.  One key is watched, and since it may be any, what is proved of it
holds for all.  Whoever seizes the server gets the keys that it holds then, and has recorded everything before.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.lasting import Act, Change, Lasting, compose, lasting
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic
from rfc5077.model.proof.unbounded import Number, System, fresh

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class Incident(Enum):
    """What a step is, as far as a clause cares."""

    FREE = auto()
    SEAL = auto()
    ROTATE = auto()
    TRY = auto()  # the seal of a ticket gives way to trying
    ECHO = auto()  # the server answers a hello whose session_id is short


class StepFields:
    """A step; the flags say what is done badly."""

    event = Choice(Incident.FREE)
    guessable = Flag()  # sealed under a key that anybody can guess
    outdated = Flag()  # sealed under a key that newer ones have replaced
    hoarding = Flag()  # the oldest key is kept although no ticket of it is valid any more
    padded = Flag()  # the echo is longer than what came, filled up from memory


class Step(StepFields, Concrete):
    """A step as a value."""


class StepTerm(StepFields, Symbolic):
    """A step as terms."""


class World(Symbolic):
    """The session, the server's keys, the watched key, and what the attacker has."""

    ephemeral = Flag()
    born = Number()  # the number of the newest key when the session begins
    newest = Number()  # the number of the key that seals now
    oldest = Number()  # the oldest key that the server still has
    window = Number()  # for how many changes after its own time a key is needed
    key = Number()  # the watched one
    sealed = Flag()  # a ticket of the lineage is sealed under the watched key
    weak = Flag()  # and that key can be guessed
    offered = Flag()  # the client has used a ticket of the session
    secret_revealed = Flag()
    signing_key_revealed = Flag()
    seized = Flag()  # the watched key was among those that were seized
    seized_at = Number()  # the newest key at that time
    read = Flag()  # the attacker reads the recorded traffic, by way of a ticket under the watched key or by the secret


W = fresh(World)
Entry = Lasting[World, StepTerm]


@lasting("R5077-3.1-05")
def tickets_are_sealed(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.guessable)


@lasting("R5077-5.5-04")
def new_tickets_have_the_new_key(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.outdated)


@lasting("R5077-5.2-01")
def seals_withstand_trying(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.event.is_(Incident.TRY))


@lasting("R5077-3.4-05")
def echo_is_exact(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.event.is_(Incident.ECHO), Not(s.padded))


@lasting("R9325-3.4-03")
def old_keys_are_destroyed(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.event.is_(Incident.ROTATE), Not(s.hoarding))


CLAUSES: tuple[Entry, ...] = (
    tickets_are_sealed,
    new_tickets_have_the_new_key,
    seals_withstand_trying,
    echo_is_exact,
    old_keys_are_destroyed,
)


def can_open() -> z3.BoolRef:
    """True where the attacker has a ticket of the session and its key."""
    return And(W.sealed, Or(W.seized, W.weak))


def _server() -> list[Act]:
    begun, now = W.born <= W.newest, W.newest == W.key
    least, kept = W.newest + 1 - W.window, And(W.oldest <= W.key, W.key < W.newest)
    rotate, hoard = Step(event=Incident.ROTATE), Step(event=Incident.ROTATE, hoarding=True)
    seal, weak = Step(event=Incident.SEAL), Step(event=Incident.SEAL, guessable=True)
    late = Step(event=Incident.SEAL, outdated=True)
    other = "server > network: NewSessionTicket of the session, another key"
    return [
        Act("server > network: NewSessionTicket of the session", seal, And(begun, now), {"sealed": True}),
        Act(other, seal, And(begun, Not(now)), {}),
        Act("server > network: NewSessionTicket of the session, zero key", weak, And(begun, now),
            {"sealed": True, "weak": True}),
        Act("server > network: NewSessionTicket of the session, old key", late, And(begun, kept), {"sealed": True}),
        Act("server: makes a new ticket key, destroys what is too old", rotate, z3.BoolVal(True),
            {"newest": W.newest + 1, "oldest": z3.If(W.oldest < least, least, W.oldest)}),
        Act("server: makes a new ticket key, keeps all", hoard, z3.BoolVal(True), {"newest": W.newest + 1}),
        Act("client > network: ClientHello, its ticket", Step(), W.sealed, {"offered": True}),
        Act("server > network: ServerHello (echo, memory behind)", Step(event=Incident.ECHO, padded=True), W.sealed,
            {"read": True}),
    ]  # fmt: skip


def _attacker() -> list[Act]:
    first = And(W.oldest <= W.key, W.key <= W.newest, Not(W.seized))
    seized: dict[str, Change] = {"seized": Or(W.seized, first), "seized_at": z3.If(first, W.newest, W.seized_at)}
    told = Or(W.secret_revealed, And(W.signing_key_revealed, Not(W.ephemeral)))
    return [
        Act("network: seizes the server's ticket keys", Step(), z3.BoolVal(True), seized),
        Act("network: learns the session's secret from its holder", Step(), z3.BoolVal(True),
            {"secret_revealed": True}),
        Act("network: learns the server's private key", Step(), z3.BoolVal(True), {"signing_key_revealed": True}),
        Act("network: opens a recorded ticket, reads the traffic", Step(), can_open(), {"read": True}),
        Act("network: finds the ticket key by trying, reads the traffic", Step(event=Incident.TRY), W.sealed,
            {"read": True}),
        Act("network: reads the traffic by what it was told", Step(), told, {"read": True}),
    ]  # fmt: skip


@cache
def system(without: frozenset[str] = frozenset()) -> System:
    """The system under the clauses but those of the ids left out."""
    clear = [W.sealed, W.weak, W.offered, W.secret_revealed, W.signing_key_revealed, W.seized, W.read]
    numbers = [W.oldest == 0, W.newest == 0, W.seized_at == 0, W.born >= 0, W.key >= 0, W.window >= 0]
    start = And(*numbers, *(Not(flag) for flag in clear))
    return compose("lineage", W, StepTerm, [*_server(), *_attacker()], CLAUSES, without, start)


def read_unaided() -> z3.BoolRef:
    """True where the traffic of an ephemeral session is read although its secret was never given away."""
    return And(W.ephemeral, W.read, Not(W.secret_revealed))


def key_was_due() -> z3.BoolRef:
    """True where the watched key was seized while the server still needed it."""
    return And(W.seized, W.seized_at <= W.key + W.window)
