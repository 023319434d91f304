"""The two followed tickets are alike, and so are the two servers: obligations, one for each move.

Exchanging the names A and B turns every move of the system whose connection offers A into the move of that name of the
system whose connection offers B.  The moves outside the followed connection are the same in both, so the exchange maps
them to themselves; and what is proved of a connection that offers A holds of one that offers B.

Where both servers have the same keys, exchanging them, with their clocks, turns every move of the one into a move of
the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import z3

from rfc5077.model.lasting import switched
from rfc5077.model.proof.certificate import Obligation, obligation
from rfc5077.model.proof.unbounded import F, Move, System
from rfc5077.model.sessions.setting import SERVERS
from rfc5077.model.sessions.state import MIRRORED, STATE, A, B, Held, to
from rfc5077.model.sessions.steps import made

And, If, Not, Or = z3.And, z3.If, z3.Not, z3.Or


@cache
def offering_a() -> System:
    """The system as it is, with clauses as switches."""
    return made("sessions", STATE, switched)


@cache
def offering_b() -> System:
    """The system whose connection offers B."""
    return made("sessions, mirrored", MIRRORED, switched)


def other_name(field: str) -> str:
    """The field of the other ticket that goes by the same name; of what is no ticket's, itself."""
    for one, other in ((A, B), (B, A)):
        prefix = f"{one.held.name}."
        if field.startswith(prefix):
            return f"{other.held.name}.{field.removeprefix(prefix)}"
    return field


def exchanged(move: str) -> str:
    """The name of a move with A and B exchanged."""
    words = {A.held.name: B.held.name, B.held.name: A.held.name}
    return " ".join(f"{words.get(word.rstrip(':;,'), word.rstrip(':;,'))}{word[len(word.rstrip(':;,')):]}"
                    for word in move.split(" "))  # fmt: skip


def _held(held: z3.ExprRef) -> z3.ExprRef:
    """What the store holds, with A and B exchanged."""
    values = {value: to(STATE.slot, held=value)[_SLOT] for value in (Held.A, Held.B)}
    return If(held == values[Held.A], values[Held.B], If(held == values[Held.B], values[Held.A], held))


_SLOT = f"{STATE.slot.prefix}.held"


def _renamed(formula: F) -> F:
    """The formula over the state with A and B exchanged."""
    fields = STATE.whole().terms
    pairs = [(term, _held(term) if name == _SLOT else fields[other_name(name)]) for name, term in fields.items()]
    return z3.substitute(formula, *pairs)


def unlike(move: Move, mirrored: Move) -> z3.BoolRef:
    """True where a move, with A and B exchanged, is not the other one."""
    fields = STATE.whole().terms
    found = [move.guard != _renamed(mirrored.guard)]
    for name, term in fields.items():
        other = other_name(name)
        if name in move.changes or other in mirrored.changes:
            ours = move.changes.get(name, term)
            changed = _renamed(mirrored.changes.get(other, fields[other]))
            found.append(And(move.guard, (_held(ours) if name == _SLOT else ours) != changed))
    return Or(found)


def obligations() -> Iterator[Obligation]:
    """The start, and move by move: possible alike, with results that are alike."""
    mine, theirs = offering_a(), {move.name: move for move in offering_b().moves}
    yield obligation("exchange: start", mine.start != _renamed(offering_b().start))
    for move in mine.moves:
        yield obligation(f"exchange: {move.name}", unlike(move, theirs[exchanged(move.name)]))


# --- the two servers --------------------------------------------------------------------------------------------------


def servers(moves: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The names of each move of the first server, and of the same one of the second."""
    first, second = SERVERS[False], SERVERS[True]
    beginnings = ((f"{first} ", f"{second} "), (f"time passes at the {first}", f"time passes at the {second}"))
    known = frozenset(moves)
    for name in sorted(known):
        for here, there in beginnings:
            if name.startswith(here) and (other := there + name.removeprefix(here)) in known:
                yield name, other


_CLOCKS = tuple(f"{STATE.clocks.prefix}.{name}" for name in ("server", "second"))
_BY_SECOND = f"{STATE.link.prefix}.by_second"


def _by_the_other(formula: F) -> F:
    """The formula over the state with the servers exchanged: their clocks, and which of them answered."""
    c, by_second = STATE.clocks, STATE.link.by_second
    return z3.substitute(formula, (c.server, c.second), (c.second, c.server), (by_second, Not(by_second)))


def unlike_by_second(move: Move, second: Move) -> z3.BoolRef:
    """True where a move of the first server, with the servers exchanged, is not that of the second, which has its keys.

    The newest key alone may be the first one's only, until it is handed on.
    """
    s, fields = STATE, STATE.whole().terms
    others = dict(zip(_CLOCKS, reversed(_CLOCKS), strict=True))
    found = [move.guard != _by_the_other(second.guard)]
    for name in dict.fromkeys([*move.changes, *(others.get(name, name) for name in second.changes)]):
        ours, other = move.changes.get(name, fields[name]), others.get(name, name)
        theirs = _by_the_other(second.changes.get(other, fields[other]))
        differ = ours == theirs if name == _BY_SECOND else ours != theirs
        found.append(And(move.guard, differ))
    return And(s.keys.newest == s.keys.second_has, Or(found))


def obligations_of_servers() -> Iterator[Obligation]:
    """Move by move: where the keys are the same, either server does what the other one does."""
    moves = {move.name: move for move in offering_a().moves}
    for first, second in servers(moves):
        yield obligation(f"servers: {first}", unlike_by_second(moves[first], moves[second]))
