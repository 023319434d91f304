"""Connections that are not watched add nothing to the attacker's power: obligations, one for each kind of step.

The larger system watches a second connection of the client and a second one of the server, made of the same steps as
the first, each of which may be at the other end of each.  Forgetting the second ones turns every step into a step of
the system that watches one of each, or into none.  Clauses are switches there, so that this holds whatever clauses
bind.

That one may forget one connection after the other, however many there are, is argued, not certified: each step is about
one connection of each party at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product

import z3

from rfc5077.model.attacker.resumption import (
    CLAUSES,
    ClientRun,
    Footing,
    Proof,
    ServerRun,
    Shown,
    StepTerm,
    Subject,
    W,
    World,
    acts,
    can_seal,
)
from rfc5077.model.lasting import Act, Binds, all_but, compose, in_order, plainest, switched
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, constant
from rfc5077.model.proof.certificate import Obligation, obligation
from rfc5077.model.proof.unbounded import Move, System, fresh, possible

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or

CLIENTS = ("client", "server_proof")
"""The fields of one connection of the client; ``same`` is of one connection of each party."""
SERVERS = ("server", "shown", "subject", "basis", "client_proof", "relied")
"""The fields of one connection of the server; all others are of no connection."""
ENDS = (1, 2)
PAIRS = tuple(product(ENDS, ENDS))


class Larger(World):
    """A second connection of each party, and which connections have one transcript: the client's, then the server's."""

    client_2 = Choice(ClientRun.AWAY)
    server_proof_2 = Choice(Proof.MISSING)
    server_2 = Choice(ServerRun.LISTENING)
    shown_2 = Choice(Shown.NOTHING)
    subject_2 = Choice(Subject.NOBODY)
    basis_2 = Choice(Footing.NO_SECRET)
    client_proof_2 = Choice(Proof.MISSING)
    relied_2 = Flag()
    same_12 = Flag()
    same_21 = Flag()
    same_22 = Flag()


L = fresh(Larger)


def _same(client: int, server: int) -> str:
    return "same" if client == server == 1 else f"same_{client}{server}"


def _name(field: str, client: int, server: int) -> str:
    """What a field of the smaller system is called for these connections."""
    second = (field in CLIENTS and client == 2) or (field in SERVERS and server == 2)
    return _same(client, server) if field == "same" else f"{field}_2" if second else field


def _asked(act: Act) -> frozenset[str]:
    """The fields that a step asks for or changes, and those that a clause asks for on its account."""
    seen = [act.possible, *(act.step.terms.values() if isinstance(act.step, Symbolic) else ())]
    found = set(act.changes)
    while seen:
        term = seen.pop()
        found |= {str(term)} & set(W.terms)
        seen += term.children()
    return frozenset(found)


def _pairs(act: Act) -> tuple[tuple[int, int], ...]:
    """The connections of client and server that a step may be about; the first ones where it is about none."""
    asked = _asked(act)
    if act.name in OF_THE_FIRST:
        return ((1, 1),)
    clients = ENDS if not asked.isdisjoint(CLIENTS) else (1,)
    servers = ENDS if not asked.isdisjoint(SERVERS) else (1,)
    return tuple(product(clients, servers))


def _placed(act: Act, move: Move, client: int, server: int, binds: Binds) -> Move:
    """A step of these connections; what one party proves to a connection of the other pair is a proof from beside."""
    seen = StepTerm("", act.step.terms() if isinstance(act.step, Concrete) else act.step.terms)
    guard = And(move.guard, in_order(CLAUSES, W, seen, binds))
    return _of_pair(act, Move(move.name, guard, move.changes), client, server)


def _of_pair(act: Act, move: Move, client: int, server: int) -> Move:
    """A move, clauses and all, as one of these connections."""
    pairs = [(term, L.terms[_name(field, client, server)]) for field, term in W.terms.items()]
    changes = {_name(field, client, server): z3.substitute(term, *pairs) for field, term in move.changes.items()}
    if client != server:
        peer, beside = constant(Proof.OF_PEER), constant(Proof.OF_PEER_BESIDE)
        changes = {field: beside if term.eq(peer) else term for field, term in changes.items()}
    if "same" in act.changes:
        changes |= _apart(act, client, server)
    return Move(f"{act.name} ({client}, {server})", z3.substitute(move.guard, *pairs), changes)


def _apart(act: Act, client: int, server: int) -> dict[str, z3.ExprRef]:
    """A hello that is new on a connection has nothing in common with any other but the one that it came from."""
    others = [(client, 3 - server)] if "client" in act.changes else [(3 - client, server)]
    return {_same(*pair): z3.BoolVal(False) for pair in others}


OF_THE_FIRST = frozenset({"network: learns the ticket key from its holder"})
"""Whether the key was of use when it was given away is remembered for the connection that is watched."""


def _moves(binds: Binds, pairs: tuple[tuple[int, int], ...]) -> tuple[Move, ...]:
    mechanics = compose("mechanics", W, StepTerm, acts(), (), frozenset(), plainest(W)).moves
    steps = list(zip(acts(), mechanics, strict=True))
    return tuple(
        _placed(act, move, *pair, binds) for act, move in steps for pair in _pairs(act) if pair in pairs
    )  # fmt: skip


@cache
def smaller() -> tuple[Move, ...]:
    """The steps where one connection of each party is watched, with clauses as switches."""
    return _moves(switched, ((1, 1),))


@cache
def larger(without: frozenset[str] = frozenset()) -> System:
    """Two connections of each party, under the clauses but those of the ids left out."""
    return System("resumption, two connections each", L, plainest(L), _moves(all_but(without), PAIRS))


def invariants() -> dict[str, z3.BoolRef]:
    """What a second connection rests on: it offers a ticket that was issued, and shows one that could be made."""
    return {
        "a second client offers what was issued": Implies(Not(L.client_2.is_(ClientRun.AWAY)), L.issued),
        "a second server sees what can be sealed": Implies(L.shown_2.is_(Shown.SEALED_ANEW), can_seal(L)),
    }


def obligations(steps: tuple[Move, ...] | None = None) -> Iterator[Obligation]:
    """Each step of two connections of each party is one of these ``steps``, or none; and what that rests on.

    ``steps`` are those of the smaller system, unless others are given.
    """
    watched, moves = smaller() if steps is None else steps, _moves(switched, PAIRS)
    known = And(*invariants().values())
    for name, formula in invariants().items():
        yield obligation(f"beside: {name}: start", plainest(L), Not(formula))
        for move in moves:
            after = z3.substitute(formula, *((L.terms[field], term) for field, term in move.changes.items()))
            if not after.eq(formula):
                yield obligation(f"beside: {name}: {move.name}", known, move.guard, Not(after))
    yield obligation("beside: start", plainest(L), Not(plainest(W)))
    for move in moves:
        if not W.terms.keys().isdisjoint(move.changes):
            yield obligation(f"beside: step: {move.name}", known, move.guard, Not(_is_one_of(watched, move)))


def _is_one_of(steps: tuple[Move, ...], move: Move) -> z3.BoolRef:
    """What the move does to the connections watched, one of the steps does, or it does nothing to them."""
    mine = {field: term for field, term in move.changes.items() if field in W.terms}
    found = [And([term == W.terms[field] for field, term in mine.items()])]
    for one in steps:
        if one.changes.keys() & W.terms.keys() == mine.keys():
            found.append(And(one.guard, *(term == one.changes[field] for field, term in mine.items())))
    return Or(found)


def tells(system: System, number: int, changed: Move) -> bool:
    """Whether one step changed, in the system that watches one connection of each party and in the one that watches
    two, makes them differ: the obligations, where what is left out of ``system`` does not bind, are not all true.
    """
    moves = (*system.moves[:number], changed, *system.moves[number + 1 :])
    steps = tuple(copy for act, move in _with_acts(moves) for copy in _copies(act, move, ((1, 1),)))
    known = And(*invariants().values())
    return any(_differs(steps, known, copy) for act, move in _with_acts(moves) for copy in _copies(act, move, PAIRS))


def _with_acts(moves: tuple[Move, ...]) -> list[tuple[Act, Move]]:
    by_name = {act.name: act for act in acts()}
    return [(by_name[move.name], move) for move in moves]


def _copies(act: Act, move: Move, pairs: tuple[tuple[int, int], ...]) -> list[Move]:
    """The move for each pair of connections that it may be about; which these are, the step itself tells."""
    return [_of_pair(act, move, *pair) for pair in _pairs(act) if pair in pairs]


def _differs(steps: tuple[Move, ...], known: z3.BoolRef, move: Move) -> bool:
    """Whether z3 finds the move to break what is known, or to be none of the steps."""
    after = z3.substitute(known, *((L.terms[field], term) for field, term in move.changes.items()))
    wrong = [Not(after)]
    if not W.terms.keys().isdisjoint(move.changes):
        wrong.append(Not(_is_one_of(steps, move)))
    return possible(known, move.guard, Or(wrong))


def crossed() -> z3.BoolRef:
    """True where the watched connections talk to the second ones: the client's has completed, the server's resumes."""
    client = And(L.client.is_(ClientRun.CERTAIN), L.same_12, L.server_2.is_(ServerRun.RESUMING))
    return And(client, L.server.is_(ServerRun.RESUMING), L.same_21)
