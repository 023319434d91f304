"""Mutants of the joint model, and what becomes of each.

Three kinds: a clause turned round; a row of the figures that leads elsewhere or is gone, for both parties; and a change
of the mechanics, made in every move in which one party says, hears or does one thing.  Theorems that speak of the
moves themselves, such as those of receptiveness, speak of the model's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property

import z3

from rfc5077.model.clause import Verdict
from rfc5077.model.clauses import binding
from rfc5077.model.event import CLIENT, SERVER, EventTerm
from rfc5077.model.flows import HANDSHAKE, Position, Row
from rfc5077.model.logic import Codes, choose
from rfc5077.model.proof.explore import Explored, Moves, explore, moves, searched, starts
from rfc5077.model.proof.joint import STATE, TURNED, Joint, Rule, WorldTerm, permitted
from rfc5077.model.proof.mutation import (
    ANOTHER,
    DROPPED,
    LEFT_OUT,
    SURVIVES,
    Change,
    Fate,
    changed,
    changes_of,
    fields_read,
)
from rfc5077.model.proof.mutation import TURNED as TURNED_ROUND
from rfc5077.model.proof.replay import replayed
from rfc5077.model.proof.rules import mechanics
from rfc5077.model.proof.search import counterexample, witness
from rfc5077.model.proof.tables import RECORDS, Results, Tables, Triple
from rfc5077.model.proof.theorem import Always, Decreasing, Theorem, TwoRuns, Unreachable, Without
from rfc5077.model.proof.theorems import THEOREMS
from rfc5077.model.proof.unbounded import Move
from rfc5077.model.run.compiled import Function, compiled
from rfc5077.model.state import ClientTerm, PartyTerm, ServerTerm

And, Not = z3.And, z3.Not
NONE: Without = frozenset()
JOINT = tuple(theorem for theorem in THEOREMS if not isinstance(theorem.claim, Unreachable))
CLAUSES, FIGURES, MECHANICS = "joint model, clauses", "joint model, figures", "joint model, mechanics"
QUEUES = {"what is in flight to the client": "world.to_client_", "what is in flight to the server": "world.to_server_"}


# --- what there is ----------------------------------------------------------------------------------------------------


def mutants() -> Iterator[tuple[str, str, Change]]:
    """Each by its kind, what is changed (a clause, a row, what a party does), and how."""
    bound = {entry.id for party in (CLIENT, SERVER) for entry in binding(party, Verdict.VIOLATION) if entry.constraint}
    for id in sorted(bound):
        yield CLAUSES, id, Change(TURNED_ROUND, "what it demands")
    for name in _rows():
        yield FIGURES, name, Change(DROPPED, "the row")
        yield FIGURES, name, Change(ANOTHER, "the target")
    for name, numbers in _groups().items():
        found = dict.fromkeys(change for number in numbers for change in _changes(mechanics()[number]))
        yield from ((MECHANICS, name, change) for change in found)


@cache
def _rows() -> dict[str, tuple[Row, tuple[int, ...]]]:
    """The rows of the handshake that a rule is about, with the numbers of the rules."""
    found = {}
    for row in HANDSHAKE:
        name = f"{row.sender.name.lower()} says {row.message.name} at {row.position.name}"
        said = (row.sender, row.message)
        numbers = tuple(n for n, rule in enumerate(mechanics()) if (rule.event.sender, rule.event.message) == said)
        if numbers:
            found[name] = (row, numbers)
    return found


@cache
def _groups() -> dict[str, tuple[int, ...]]:
    """By name, the numbers of the rules in which one party says, hears or does one thing, whatever the details."""
    names = dict.fromkeys(rule.name for rule in mechanics())
    return {name: tuple(n for n, rule in enumerate(mechanics()) if rule.name == name) for name in names}


def _changes(rule: Rule) -> Iterator[Change]:
    """All that can be wrong with a move; the places of a direction are one thing."""
    for change in changes_of(_as_move(rule)):
        directions = [text for text, prefix in QUEUES.items() if change.place.startswith(prefix)]
        if change.of_guard or not directions:
            yield change
        elif change.kind == LEFT_OUT:
            yield Change(LEFT_OUT, directions[0])


# --- making one -------------------------------------------------------------------------------------------------------


def rules_of(kind: str, name: str, change: Change) -> dict[int, Rule]:
    """By number, the rules that a mutant of the figures or the mechanics changes, where no clause binds."""
    if kind == FIGURES:
        row, numbers = _rows()[name]
        rules = {number: mechanics()[number] for number in numbers}
        if change.kind == ANOTHER:
            return {number: _elsewhere(rule, row) for number, rule in rules.items()}
        return {number: _never_there(rule, row) for number, rule in rules.items() if not rule.delivery}
    made = {number: _changed(mechanics()[number], change) for number in _groups()[name]}
    return {number: rule for number, rule in made.items() if rule is not None}


def _me(rule: Rule) -> PartyTerm:
    return STATE.party(CLIENT if rule.name.startswith("client") else SERVER)


def _never_there(rule: Rule, row: Row) -> Rule:
    return replace(rule, guard=And(rule.guard, Not(_me(rule).position.is_(row.position))))


def _elsewhere(rule: Rule, row: Row) -> Rule:
    me, order = _me(rule), list(Position)
    other = order[(order.index(row.target) + 1) % len(order)]
    after = rule.result.party(me.me).position
    taken = And(me.position.is_(row.position), after.is_(row.target))
    changes = rule.changes() | {f"{me.prefix}.position": choose(taken, other, after).z3}
    return _as_rule(rule, Move(rule.name, rule.guard, changes))


def _changed(rule: Rule, change: Change) -> Rule | None:
    move = _as_move(rule)
    if change.place in QUEUES:
        kept = {name: term for name, term in move.changes.items() if not name.startswith(QUEUES[change.place])}
        return _as_rule(rule, replace(move, changes=kept)) if len(kept) < len(move.changes) else None
    other = changed(move, change)
    return None if other is None else _as_rule(rule, other)


def _as_move(rule: Rule) -> Move:
    return Move(rule.name, rule.guard, rule.changes())


def _as_rule(rule: Rule, move: Move) -> Rule:
    """The rule with the guard and the changes of a move."""
    client, server, world = (
        {field: move.changes.get(term.decl().name(), term) for field, term in record.terms.items()}
        for record in RECORDS
    )
    result = Joint(ClientTerm("client", client), ServerTerm("server", server), WorldTerm("world", world))
    return replace(rule, guard=move.guard, result=result)


# --- what becomes of it -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Whole:
    """The model as it is: its states, and the moves that happen."""

    explored: Explored

    @cached_property
    def members(self) -> frozenset[Triple]:
        """The states reached."""
        return frozenset(self.explored.parents)

    @cached_property
    def happening(self) -> frozenset[str]:
        """The moves that happen, and where."""
        return happening(self.explored)


@cache
def _whole() -> _Whole:
    return _Whole(explore())


def _bound(number: int, rule: Rule) -> Rule:
    """A changed rule where the clauses permit it."""
    if rule.delivery:
        return rule
    return replace(rule, guard=z3.simplify(And(rule.guard, _clauses(number))))


@cache
def _clauses(number: int) -> z3.BoolRef:
    event = mechanics()[number].event
    return permitted(event.sender, EventTerm(terms=event.terms()), NONE)


@dataclass(frozen=True)
class _Mutant:
    """A mutant as it is explored: rules that are other ones, or a clause turned round."""

    rules: dict[int, Rule]
    without: Without

    def explored(self, stop: Callable[[Triple], bool] | None = None) -> Explored:
        """The joint states reached, or those up to the first that satisfies ``stop``."""
        if self.without:
            return explore(self.without, stop)
        whole = moves()
        rules = tuple(self.rules.get(number, rule) for number, rule in enumerate(whole.rules))
        return searched(Moves(rules, whole.tables.but(self.rules)), starts(), stop)

    def beside(self, stop: Callable[[Triple], bool]) -> Explored:
        """The same of a model that makes both the model's steps and the mutant's."""
        both = (*moves().rules, *self.rules.values())
        return searched(Moves(both, Tables(both, Results(both))), starts(), stop)


def fate(kind: str, name: str, change: Change) -> Fate:
    """What becomes of a mutant: the first theorem that kills it, or why none can, or that it survives.

    :raises ReplayError: for a run that z3 does not confirm.
    """
    without = frozenset({f"{TURNED}{name}"}) if kind == CLAUSES else NONE
    own = {} if kind == CLAUSES else {n: _bound(n, rule) for n, rule in rules_of(kind, name, change).items()}
    mutant = _Mutant(own, without)
    breaks, known = _breaks(without), frozenset[Triple]() if without else _whole().members

    def refutes(state: Triple) -> bool:
        return state not in known and any(breaks(state))

    found = mutant.explored(refutes)
    *_, last = found.parents
    if refutes(last):
        theorem = next(one for one, broken in zip(_always(), breaks(last), strict=True) if broken)
        return Fate("refuted", theorem.id, len(replayed(found, last)))
    if found.parents.keys() == _whole().members and _moves_alike(found):
        return Fate("equivalent", why="it moves alike in every reachable state")
    return _by_many_states(found, without) or _alike(mutant, found, change) or _either(mutant, found, refutes)


def _by_many_states(found: Explored, without: Without) -> Fate | None:
    """How a mutant dies that no single state gives away."""
    for theorem in (one for one in JOINT if not isinstance(one.claim, Always)):
        if states := counterexample(theorem, found, without):
            return Fate("refuted", theorem.id, max(len(replayed(found, state)) for state in states))
    if without or not _whole().members <= found.parents.keys():
        for theorem in JOINT:
            if not witness(theorem, found, without):
                return Fate("vacuous", theorem.id)
    idle = _whole().happening - happening(found)
    return Fate("idle", why=f"no more: {min(idle)}") if idle else None


def _alike(mutant: _Mutant, found: Explored, change: Change) -> Fate | None:
    """Why no theorem can tell a mutant from the model."""
    before = _whole()
    if found.parents.keys() == before.members:
        return Fate("equivalent", why="the same states are reached")
    if found.parents.keys() < before.members and _within(found, before.explored, found):
        return Fate("fewer", why="it makes no step that the model does not make")
    if mutant.without:
        return None
    if all(_told(found, theorem) == _told(before.explored, theorem) for theorem in JOINT):
        return Fate("unread", why="the same, as far as the fields go that theorems speak of")
    if not change.of_guard and _but(found, change.place) == _but(before.explored, change.place):
        return Fate("unread", why=f"the same but for {change.place}, which makes no difference to a theorem there")
    return None


def _either(mutant: _Mutant, found: Explored, refutes: Callable[[Triple], bool]) -> Fate:
    """Whether no theorem rests on what was changed."""
    before = _whole()
    if not mutant.without:
        if before.members <= found.parents.keys() and _within(before.explored, found, before.explored):
            return Fate("wider", why="it makes every step that the model makes, and every theorem is true of it")
        both = mutant.beside(refutes)
        *_, last = both.parents
        if not refutes(last) and _by_many_states(both, NONE) is None:
            return Fate("either", why="every theorem is true of a model that makes both steps")
    more, less = len(found.parents.keys() - before.members), len(before.members - found.parents.keys())
    return Fate(SURVIVES, why=f"{more} states more, {less} fewer, and every theorem holds")


def _moves_alike(found: Explored) -> bool:
    """Whether the same moves lead to the same states everywhere; asked where the states are the same."""
    before = _whole().explored
    return all(found.moves.after(state) == before.moves.after(state) for state in before.parents)


def _within(one: Explored, other: Explored, states: Explored) -> bool:
    """Whether the steps of the one are steps of the other, in these states."""
    return all(set(one.moves.after(state)) <= set(other.moves.after(state)) for state in states.parents)


def _always() -> tuple[Theorem, ...]:
    return tuple(theorem for theorem in JOINT if isinstance(theorem.claim, Always))


@cache
def _breaks(without: Without) -> Callable[[Triple], Codes]:
    """Of a state, which theorems about single states it refutes."""
    claims = [theorem.claim for theorem in _always()]
    broken = [And(c.when(without), Not(c.then(without))) for c in claims if isinstance(c, Always)]
    function = compiled(broken, *RECORDS)
    return lambda state: function(*state)


def happening(found: Explored) -> frozenset[str]:
    """The moves that happen, each by its name and by where its party then is."""
    seen = set()
    for state in found.parents:
        for number, _ in found.moves.after(state):
            rule = found.moves.rules[number]
            seen.add((rule.name, state[0 if rule.name.startswith("client") else 1][0]))
    positions = list(Position)
    return frozenset(f"{name} at {positions[place].name}" for name, place in seen)


# --- as far as theorems can see ---------------------------------------------------------------------------------------


def _told(found: Explored, theorem: Theorem) -> set[Codes]:
    """The states as far as the fields go that a theorem speaks of."""
    names = [term.decl().name() for term in STATE.terms()]
    read = fields_read(_formulas(theorem, found), frozenset(names))
    places = [place for place, name in enumerate(names) if name in read]
    return {tuple(codes[place] for place in places) for codes in ((*a, *b, *c) for a, b, c in found.parents)}


def _formulas(theorem: Theorem, found: Explored) -> list[z3.ExprRef]:
    """All that a theorem says, and where it speaks of moves, all that these say of it."""
    claim = theorem.claim
    if isinstance(claim, Always):
        return [claim.when(NONE), claim.then(NONE)]
    if isinstance(claim, TwoRuns):
        return [claim.when(NONE), *claim.linked(), *claim.same(NONE), claim.apart(), claim.alone(NONE)]
    if not isinstance(claim, Decreasing):
        raise TypeError(f"{theorem.id} speaks of no joint state")
    rank = claim.rank()
    moving = [rule for rule in found.moves.rules if claim.moves(rule)]
    after = [z3.substitute(rank, *zip(STATE.terms(), rule.result.terms(), strict=True)) for rule in moving]
    return [claim.when(NONE), rank, *after, *(rule.guard for rule in moving)]


def _but(found: Explored, field: str) -> set[Codes]:
    """The states without a field, each with what conditions are met there."""
    names = [term.decl().name() for term in STATE.terms()]
    place = names.index(field) if field in names else len(names)
    met = _conditions()
    whole = (((*a, *b, *c), met(a, b, c)) for a, b, c in found.parents)
    return {(*state[:place], *state[place + 1 :], *conditions) for state, conditions in whole}


@cache
def _conditions() -> Function:
    """Of a state, which conditions of theorems are met."""
    claims = [theorem.claim for theorem in JOINT]
    return compiled([c.when(NONE) for c in claims if isinstance(c, Always | TwoRuns | Decreasing)], *RECORDS)
