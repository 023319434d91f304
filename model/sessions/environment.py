"""What is not followed takes steps of the environment: obligations, one for each kind of step.

The extended system follows a third ticket of the session, C, and a second connection by each of the three, made by the
same functions as the system that follows two tickets and one connection.  Forgetting C and the second connections turns
each of its steps into a step of the smaller system, or into none: the obligations say so, step by step, and name what
the smaller system picks.  Clauses are switches there, so that this holds whatever clauses bind.

What the smaller system assumes of a ticket that is not followed, ``rules.sound``, is an invariant of C; where C renews
another such ticket, it is assumed of that one, which was sealed earlier.  That is the step of an induction over the
order in which tickets are sealed.

That one may forget one ticket after the other, however many there are, is argued, not certified: each step is about two
tickets and one connection at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

import z3

from rfc5077.model.lasting import Binds, switched
from rfc5077.model.proof.certificate import Obligation, obligation
from rfc5077.model.proof.unbounded import F, Move, System
from rfc5077.model.sessions.rules import Act, sound
from rfc5077.model.sessions.setting import SERVERS, Setting
from rfc5077.model.sessions.state import EXTENDED, PICKED, STATE, Connection, Picked, Picks, Stage, Ticket
from rfc5077.model.sessions.steps import made

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
Terms = Mapping[str, z3.ExprRef]
STORES_FURTHER = "client stores a further ticket of the session"
DELETES = "client deletes what it has stored"


@dataclass(frozen=True)
class Image:
    """A move of the smaller system, and what it picks where that is not what the larger one picks; or no move."""

    move: str | None
    picks: tuple[tuple[z3.ExprRef, z3.ExprRef], ...] = ()


NO_MOVE = Image(None)


@dataclass(frozen=True)
class Part:
    """A part of the invariant; ``connection`` is the name of the second connection that it is about, if it is."""

    name: str
    formula: z3.BoolRef
    connection: str = ""


@dataclass(frozen=True)
class Pair:
    """A system with a third ticket and second connections, one without, and what holds in the larger one."""

    larger: System
    smaller: System
    invariant: tuple[Part, ...]


def under(binds: Binds) -> Pair:
    """Both systems where these clauses bind."""
    larger = made("sessions with more followed", EXTENDED, binds)
    return Pair(larger, made("sessions", STATE, binds), tuple(_invariant(Setting(EXTENDED, binds))))


@cache
def whatever_binds() -> Pair:
    """Both systems with clauses as switches."""
    return under(switched)


# --- what becomes of a step -------------------------------------------------------------------------------------------


def _named(ticket: Ticket) -> str:
    return "C" if EXTENDED.third and ticket is EXTENDED.third.ticket else ticket.held.name


def _pairs(ours: Terms, theirs: Terms) -> tuple[tuple[z3.ExprRef, z3.ExprRef], ...]:
    return tuple((term, theirs[name]) for name, term in ours.items())


def _as_further(ticket: Ticket) -> tuple[tuple[z3.ExprRef, z3.ExprRef], ...]:
    """The ticket that the smaller system picks is this one."""
    picked = PICKED.further
    return _pairs(picked.fate.terms, ticket.fate.terms) + _pairs(picked.state.terms, ticket.state.terms)


def _as_resumed(connection: Connection) -> tuple[tuple[z3.ExprRef, z3.ExprRef], ...]:
    """The resumption that the smaller system picks is that of this connection."""
    link, answered, plain = connection.link, connection.answered, PICKED.plain
    assert answered is not None
    told = (
        (plain.then, answered.now),
        (plain.newest_then, answered.newest),
        (plain.oldest_then, answered.oldest),
        (plain.name, link.name),
        (plain.extended, link.extended),
        (plain.answer_extended, link.answer_extended),
    )
    return _pairs(PICKED.resumed.terms, connection.server.terms) + told


def images() -> dict[str, tuple[Image, ...]]:
    """By the name of a move of the larger system, what it may be in the smaller; a move that is left out is itself."""
    assert EXTENDED.third is not None
    third, found = EXTENDED.third.ticket, dict[str, tuple[Image, ...]]()
    deleted = (Image(DELETES), NO_MOVE)
    for who in SERVERS.values():
        for ticket in (EXTENDED.a, EXTENDED.b):
            name = _named(ticket)
            found[f"{who} renews C by {name}"] = (Image(f"{who} renews another by {name}", _as_further(third)),)
            found |= _renewed_beside(who, ticket)
        found[f"{who} declines, as renewed, by C, A"] = (Image(f"{who} declines A"),)
    found["client stores C"] = (Image(STORES_FURTHER, _as_further(third)),)
    found["a connection that resumes by C fails; client deletes it"] = deleted
    for connection in EXTENDED.beside:
        prefix, name = connection.link.prefix, _named(connection.offers)
        if connection.offers is not third:
            found[f"{prefix}: client resumes"] = (Image(f"another connection resumes by {name} without renewal"),)
        found[f"{prefix}: client resumes and stores the ticket of zero length"] = (
            Image("client stores a ticket of zero length"),
        )
        fails = f"connection that resumes by {name} fails; client"
        for end in ("deletes it", "keeps it"):
            same = (Image(f"a {fails} {end}"),)
            found[f"{prefix}: the {fails} {end}"] = deleted if connection.offers is third else same
    return found


def _renewed_beside(who: str, ticket: Ticket) -> dict[str, tuple[Image, ...]]:
    """Renewals into this ticket in the second connections."""
    found: dict[str, tuple[Image, ...]] = {}
    name = _named(ticket)
    for connection in EXTENDED.beside:
        offered, resumed = connection.offers, _as_resumed(connection)
        if offered is ticket:
            continue
        unfollowed = offered not in (EXTENDED.a, EXTENDED.b)
        picks = resumed + _as_further(offered) if unfollowed else resumed
        by = "another" if unfollowed else _named(offered)
        mine = f"{connection.link.prefix}: {who} renews {_named(offered)} by {name}"
        found[mine] = (Image(f"{who} renews {by} by {name}", picks),)
    return found


# --- what holds in the larger system ----------------------------------------------------------------------------------


def _invariant(setting: Setting) -> Iterator[Part]:
    """What holds of every ticket; what is stored or offered has arrived; and what a resumption beside rested on."""
    state = setting.state
    for ticket in state.tickets():
        arrived = Implies(state.stores(ticket), ticket.fate.arrived)
        yield Part(f"the ticket {_named(ticket)}", And(sound(state, ticket, setting.binds), arrived))
    for connection in state.beside:
        prefix = connection.link.prefix
        yield Part(f"the connection {prefix}", _rested(setting, connection), prefix)


def _assumed(pair: Pair, move: Move, connection: str = "") -> list[z3.BoolRef]:
    """The parts about tickets, and those about this connection and the one that moves."""
    moving = move.name.partition(":")[0]
    return [part.formula for part in pair.invariant if part.connection in ("", connection, moving)]


def _rested(setting: Setting, connection: Connection) -> z3.BoolRef:
    """A second connection: the ticket had arrived; the clauses allowed the resumption when it was made."""
    link, answered = connection.link, connection.answered
    assert answered is not None
    plain = Picks("", PICKED.plain.terms | {"answer_extended": link.answer_extended})
    picked: Picked = replace(PICKED, plain=plain, resumed=connection.server)
    step = replace(
        setting.step(Act.HONOUR, connection.offers, connection), picked=picked, acting=answered, name=link.name,
        extended=link.extended,
    )  # fmt: skip
    monotone = []
    for second in SERVERS:
        acting = setting.acting(second)
        now = And(answered.now <= acting.now, answered.newest <= acting.newest, answered.oldest <= acting.oldest)
        monotone.append(Implies(link.by_second == second, now))
    resumed = Implies(link.stage.is_(Stage.HONOURED), And(setting.allows(step), *monotone))
    return And(Implies(Not(link.stage.is_(Stage.IDLE)), connection.offers.fate.arrived), resumed)


# --- obligations ------------------------------------------------------------------------------------------------------


def obligations() -> Iterator[Obligation]:
    """That what is assumed is an invariant, and that each step of the larger system is one of the smaller, or none."""
    pair = whatever_binds()
    start = pair.larger.start
    yield obligation("environment: start", start, Not(pair.smaller.start))
    for part in pair.invariant:
        yield obligation(f"environment: {part.name}: start", start, Not(part.formula))
    for move in pair.larger.moves:
        for name, formulas in questions(pair, move):
            yield obligation(f"environment: {name}: {move.name}", *formulas)


def questions(pair: Pair, move: Move) -> Iterator[tuple[str, list[z3.BoolRef]]]:
    """What must not be true together of a move of the larger system: it keeps what is assumed, and has its images."""
    for part in pair.invariant:
        after = pair.larger.after(move, part.formula)
        if not after.eq(part.formula):
            yield part.name, [*_assumed(pair, move, part.connection), move.guard, Not(after)]
    if any(name in pair.smaller.state.terms for name in move.changes):
        known = {one.name: one for one in pair.smaller.moves}
        found = [_is(pair.smaller, move, known, image) for image in imaged(move.name)]
        yield "step", [*_assumed(pair, move), move.guard, Not(Or(found))]


def imaged(name: str) -> tuple[Image, ...]:
    """What a move of the larger system may be in the smaller one."""
    return images().get(name, (Image(name),))


def _is(smaller: System, move: Move, known: Mapping[str, Move], image: Image) -> z3.BoolRef:
    """The move of the larger system, as far as the smaller one sees, is this move of the smaller one."""
    fields = smaller.state.terms
    mine = {name: move.changes.get(name, term) for name, term in fields.items()}
    if image.move is None:
        return And([mine[name] == term for name, term in fields.items() if name in move.changes])
    theirs = known[image.move]
    touched = [name for name in fields if name in move.changes or name in theirs.changes]
    equal = [mine[name] == _picked(theirs.changes.get(name, fields[name]), image) for name in touched]
    return And(_picked(theirs.guard, image), *equal)


def _picked(formula: F, image: Image) -> F:
    return z3.substitute(formula, *image.picks) if image.picks else formula
