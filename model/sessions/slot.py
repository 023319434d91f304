"""Two connections of one client that renew the ticket of one place in its store, in any interleaving.

Each offers what the place holds when it begins, is resumed and renewed, and may be cut at any time.  A third offers,
when it likes, what the place holds then; the server may decline it because it was renewed.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.lasting import Act, Change, Lasting, compose, lasting, plainest
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, Term, term
from rfc5077.model.proof.certificate import Obligation, obligation
from rfc5077.model.proof.unbounded import System, fresh
from rfc5077.model.sessions.exchange import Exchange, both_ways

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class Piece(Enum):
    """A ticket that the place may hold."""

    OLD_ONE = auto()
    FROM_FIRST = auto()
    FROM_SECOND = auto()
    HOLLOW = auto()  # of zero length


class Renewal(Enum):
    """How far a connection is that renews."""

    NOT_OPENED = auto()
    RENEWING = auto()  # the server has resumed, and sent a new ticket
    TICKET_HERE = auto()  # the new ticket has reached the client
    FINISHED_HERE = auto()  # so has a Finished
    REPLIED = auto()  # the client's Finished is out
    CUT_OFF = auto()


class Reply(Enum):
    """What became of the third connection."""

    NOT_ASKED = auto()
    AWAITED = auto()
    TURNED_DOWN = auto()


class Measure(Enum):
    """What a step is, as far as a clause cares."""

    UNRULED = auto()
    CLIENT_KEEPS = auto()
    CLIENT_KEEPS_HOLLOW = auto()
    CLIENT_REPLIES = auto()
    SERVER_CONFIRMS = auto()
    SERVER_TURNS_DOWN = auto()


class StepFields:
    """A step, and of which of the two connections."""

    measure = Choice(Measure.UNRULED)
    second = Flag()


class Step(StepFields, Concrete):
    """A step as a value."""


class StepTerm(StepFields, Symbolic):
    """A step as terms."""


class World(Symbolic):
    """Both connections, the place in the store, and what became of the third connection."""

    one = Choice(Renewal.NOT_OPENED)
    two = Choice(Renewal.NOT_OPENED)
    one_offers = Choice(Piece.OLD_ONE)
    two_offers = Choice(Piece.OLD_ONE)
    one_sound = Flag()  # ticket and right Finished have reached the client
    two_sound = Flag()
    one_confirmed = Flag()  # the server takes the renewal for delivered
    two_confirmed = Flag()
    place = Choice(Piece.OLD_ONE)
    asked_with = Choice(Piece.OLD_ONE)  # what the third connection offered
    reply = Choice(Reply.NOT_ASKED)


W = fresh(World)
N, K = Renewal, Piece
Entry = Lasting[World, StepTerm]


def _of(s: StepTerm, one: z3.BoolRef, two: z3.BoolRef) -> z3.BoolRef:
    return z3.If(s.second, two, one)


@lasting("R5077-3.3-06")
def ticket_counts_after_finished(w: World, s: StepTerm) -> z3.BoolRef:
    come = (N.FINISHED_HERE, N.REPLIED, N.CUT_OFF)
    heard = _of(s, And(w.one.among(*come), w.one_sound), And(w.two.among(*come), w.two_sound))
    return Implies(s.measure.is_(Measure.CLIENT_KEEPS), heard)


@lasting("R5077-3.3-07c")
def hollow_ticket_is_not_kept(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.measure.is_(Measure.CLIENT_KEEPS_HOLLOW))


@lasting("R5077-3.3-11")
def old_ticket_serves_until_the_new_one_is_confirmed(w: World, s: StepTerm) -> z3.BoolRef:
    one = And(w.one_confirmed, w.one_offers.same(w.asked_with))
    two = And(w.two_confirmed, w.two_offers.same(w.asked_with))
    return Implies(s.measure.is_(Measure.SERVER_TURNS_DOWN), Or(one, two))


@lasting("R5246-7.4.9-01")
def finished_is_verified(w: World, s: StepTerm) -> z3.BoolRef:
    return And(
        Implies(s.measure.is_(Measure.CLIENT_REPLIES), _of(s, w.one_sound, w.two_sound)),
        Implies(s.measure.is_(Measure.SERVER_CONFIRMS), _of(s, w.one.is_(N.REPLIED), w.two.is_(N.REPLIED))),
    )


CLAUSES: tuple[Entry, ...] = (
    ticket_counts_after_finished,
    hollow_ticket_is_not_kept,
    old_ticket_serves_until_the_new_one_is_confirmed,
    finished_is_verified,
)


def _connection(name: str, second: bool) -> list[Act]:
    at: Term[Renewal] = W.two if second else W.one
    sound: z3.BoolRef = W.two_sound if second else W.one_sound
    confirmed: z3.BoolRef = W.two_confirmed if second else W.one_confirmed
    new, words = (K.FROM_SECOND, "second") if second else (K.FROM_FIRST, "first")
    heard, unheard = at.is_(N.TICKET_HERE), Not(at.among(N.NOT_OPENED, N.CUT_OFF))

    def step(measure: Measure) -> Step:
        return Step(measure=measure, second=second)

    here = at.among(N.TICKET_HERE, N.FINISHED_HERE, N.REPLIED)
    keeps: dict[str, Change] = {"place": term(new)}
    return [
        Act(f"{words} connection: offers what the place holds; resumed, renewed", Step(),
            And(at.is_(N.NOT_OPENED), Not(W.place.is_(K.HOLLOW))), {name: term(N.RENEWING), f"{name}_offers": W.place}),
        Act(f"{words} connection: the new ticket arrives", Step(), at.is_(N.RENEWING), {name: term(N.TICKET_HERE)}),
        Act(f"{words} connection: a right Finished arrives", Step(), heard,
            {name: term(N.FINISHED_HERE), f"{name}_sound": True}),
        Act(f"{words} connection: a wrong Finished arrives", Step(), heard, {name: term(N.FINISHED_HERE)}),
        Act(f"{words} connection: the client keeps its ticket", step(Measure.CLIENT_KEEPS), Or(here, sound), keeps),
        Act(f"{words} connection: the client keeps a ticket of zero length", step(Measure.CLIENT_KEEPS_HOLLOW), here,
            {"place": term(K.HOLLOW)}),
        Act(f"{words} connection: the client sends its Finished", step(Measure.CLIENT_REPLIES), at.is_(N.FINISHED_HERE),
            {name: term(N.REPLIED)}),
        Act(f"{words} connection: the server takes the renewal for delivered", step(Measure.SERVER_CONFIRMS),
            And(unheard, Not(confirmed)), {f"{name}_confirmed": True}),
        Act(f"{words} connection: cut", Step(), unheard, {name: term(N.CUT_OFF)}),
    ]  # fmt: skip


def _third() -> list[Act]:
    # To ask and to answer are two steps: the place may change between them.
    open_, awaited = And(W.reply.is_(Reply.NOT_ASKED), Not(W.place.is_(K.HOLLOW))), W.reply.is_(Reply.AWAITED)
    return [
        Act("third connection: offers what the place holds", Step(), open_,
            {"asked_with": W.place, "reply": term(Reply.AWAITED)}),
        Act("third connection: declined for a renewal", Step(measure=Measure.SERVER_TURNS_DOWN), awaited,
            {"reply": term(Reply.TURNED_DOWN)}),
    ]  # fmt: skip


@cache
def slot(without: frozenset[str] = frozenset()) -> System:
    """The system under the clauses but those of the ids left out."""
    acts = [*_connection("one", False), *_connection("two", True), *_third()]
    return compose("slot", W, StepTerm, acts, CLAUSES, without, plainest(W))


# --- both connections are alike ---------------------------------------------------------------------------------------


def _piece(held: z3.ExprRef) -> z3.ExprRef:
    """A ticket, with the connections exchanged."""
    first, second = (term(piece).z3 for piece in (K.FROM_FIRST, K.FROM_SECOND))
    return z3.If(held == first, second, z3.If(held == second, first, held))


ALIKE = Exchange(
    W.terms, both_ways({name: name.replace("one", "two") for name in W.terms if name.startswith("one")}),
    dict.fromkeys(("one_offers", "two_offers", "place", "asked_with"), _piece),
)  # fmt: skip
"""The first connection takes the place of the second."""


def exchanged(move: str) -> str:
    """The name of a move with the connections exchanged."""
    first, second = "first connection", "second connection"
    for one, other in ((first, second), (second, first)):
        if move.startswith(one):
            return other + move.removeprefix(one)
    return move


def obligations(without: frozenset[str]) -> Iterator[Obligation]:
    """The start, and move by move: possible alike, with results that are alike."""
    system = slot(without)
    moves = {move.name: move for move in system.moves}
    yield obligation("connections: start", system.start != ALIKE.of(system.start))
    for name, move in moves.items():
        yield obligation(f"connections: {name}", ALIKE.unlike(move, moves[exchanged(name)]))


# --- what theorems speak of -------------------------------------------------------------------------------------------


def both_renewed() -> z3.BoolRef:
    """True where both connections have brought a ticket."""
    brought = (N.TICKET_HERE, N.FINISHED_HERE, N.REPLIED)
    return And(W.one.among(*brought), W.two.among(*brought))


def spoiled() -> z3.BoolRef:
    """True where the place holds neither the old ticket nor one that a right Finished has followed."""
    first = And(W.place.is_(K.FROM_FIRST), Not(W.one_sound))
    second = And(W.place.is_(K.FROM_SECOND), Not(W.two_sound))
    return Or(first, second, W.place.is_(K.HOLLOW))


def offers_spoiled() -> z3.BoolRef:
    """True where the third connection has offered neither the old ticket nor one that a right Finished has followed."""
    first = And(W.asked_with.is_(K.FROM_FIRST), Not(W.one_sound))
    second = And(W.asked_with.is_(K.FROM_SECOND), Not(W.two_sound))
    return Or(first, second, W.asked_with.is_(K.HOLLOW))


def stranded() -> z3.BoolRef:
    """True where a ticket was declined for a renewal although the client has none of that ticket."""
    one, two = And(W.one_sound, W.one_offers.same(W.asked_with)), And(W.two_sound, W.two_offers.same(W.asked_with))
    return And(W.reply.is_(Reply.TURNED_DOWN), Not(Or(one, two)))
