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
from typing import cast

import z3

from rfc5077.model.lasting import switched
from rfc5077.model.proof.certificate import Obligation, obligation
from rfc5077.model.proof.unbounded import Move, System
from rfc5077.model.sessions.exchange import Exchange, both_ways
from rfc5077.model.sessions.setting import SERVERS
from rfc5077.model.sessions.state import MIRRORED, STATE, A, B, Held, to
from rfc5077.model.sessions.steps import made

And, If, Not = z3.And, z3.If, z3.Not


@cache
def offering_a() -> System:
    """The system as it is, with clauses as switches."""
    return made("sessions", STATE, switched)


@cache
def offering_b() -> System:
    """The system whose connection offers B."""
    return made("sessions, mirrored", MIRRORED, switched)


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
_FIELDS = STATE.whole().terms
_A, _B = (f"{ticket.held.name}." for ticket in (A, B))
TICKETS = Exchange(
    _FIELDS, both_ways({name: f"{_B}{name.removeprefix(_A)}" for name in _FIELDS if name.startswith(_A)}),
    {_SLOT: _held},
)  # fmt: skip
"""A takes the place of B."""


def obligations() -> Iterator[Obligation]:
    """The start, and move by move: possible alike, with results that are alike."""
    mine, theirs = offering_a(), {move.name: move for move in offering_b().moves}
    yield obligation("exchange: start", mine.start != TICKETS.of(offering_b().start))
    for move in mine.moves:
        yield obligation(f"exchange: {move.name}", TICKETS.unlike(move, theirs[exchanged(move.name)]))


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


def _no(flag: z3.ExprRef) -> z3.ExprRef:
    return Not(cast(z3.BoolRef, flag))


_CLOCKS = STATE.clocks.prefix
BOTH_SERVERS = Exchange(
    _FIELDS, both_ways({f"{_CLOCKS}.server": f"{_CLOCKS}.second"}), {f"{STATE.link.prefix}.by_second": _no}
)
"""The servers, with their clocks, and which of them answered."""


def unlike_by_second(move: Move, second: Move) -> z3.BoolRef:
    """True where a move of the first server, with the servers exchanged, is not that of the second, which has its keys.

    The newest key alone may be the first one's only, until it is handed on.
    """
    return And(STATE.keys.newest == STATE.keys.second_has, BOTH_SERVERS.unlike(move, second))


def obligations_of_servers() -> Iterator[Obligation]:
    """Move by move: where the keys are the same, either server does what the other one does."""
    moves = {move.name: move for move in offering_a().moves}
    for first, second in servers(moves):
        yield obligation(f"servers: {first}", unlike_by_second(moves[first], moves[second]))
