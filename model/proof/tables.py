"""The joint relation as tables: party by party, derived from the rules where a search first asks.

Almost all of a move is its party's own: a guard is a conjunction of what the party knows and of what is in flight, and
the state after it depends on the party's state and on the few fields of its peer that a message carries.  So the states
of client, server and channel are numbered, each rule has a table for its party and one for the channel, and a search
over joint states looks numbers up.  What does not come apart like this (no rule of the model) is evaluated whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import cache, reduce
from typing import TypeVar, cast

import z3

from rfc5077.model.logic import Codes, Symbolic
from rfc5077.model.proof.joint import STATE, Rule
from rfc5077.model.run.compiled import Function, compiled

Triple = tuple[Codes, Codes, Codes]
"""A joint state: the codes of client, server and channel."""

Numbers = tuple[int, int, int]
"""The same by the numbers of the three parts."""

RECORDS: tuple[Symbolic, Symbolic, Symbolic] = (STATE.client, STATE.server, STATE.world)
CLIENT, SERVER, WORLD = range(3)
CHUNK = 24
"""Rules whose guards are compiled into one function."""

K = TypeVar("K")
V = TypeVar("V")


class Table(dict[K, V]):
    """A table that computes a missing row by a function and keeps it."""

    def __init__(self, compute: Callable[[K], V]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, key: K) -> V:
        found = self[key] = self._compute(key)
        return found


class Register:
    """Numbers for the states of one part of the joint state, given as they come."""

    def __init__(self) -> None:
        self.states: list[Codes] = []
        self.numbers: Table[Codes, int] = Table(self._add)

    def _add(self, codes: Codes) -> int:
        self.states.append(codes)
        return len(self.states) - 1


Row = Table[int, int]
Letter = tuple[Row, Row]
"""What one kind of move does, where the peer's part of it is given: a table for its party, and one for the channel."""


class Results:
    """Where the rules lead; no clause changes that."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Numbers the fields; rows come later.

        :raises ValueError: for a rule that changes both parties, or whose effect does not come apart.
        """
        self.parts = (Register(), Register(), Register())
        self.movers = [_mover(rule) for rule in rules]
        self.letters = [self._letters(rule, mover) for rule, mover in zip(rules, self.movers, strict=True)]

    def _letters(self, rule: Rule, mover: int) -> Table[int, Letter]:
        """By the number of the peer's state, the tables of a rule; states that the rule does not tell apart share."""
        peer = 1 - mover
        own, world = _changes(rule, mover), _changes(rule, WORLD)
        read = _read(own.values()) | _read(world.values())
        told = [place for place, term in enumerate(RECORDS[peer].terms.values()) if term.decl().name() in read]
        steps = compiled(list(own.values()), RECORDS[mover], RECORDS[peer])
        flights = compiled(list(world.values()), RECORDS[WORLD], RECORDS[peer])
        states = self.parts[peer].states
        known: dict[Codes, Letter] = {}

        def letter(number: int) -> Letter:
            codes = states[number]
            key = tuple(codes[place] for place in told)
            if key not in known:
                known[key] = self._row(mover, list(own), steps, codes), self._row(WORLD, list(world), flights, codes)
            return known[key]

        return Table(letter)

    def _row(self, part: int, places: list[int], terms: Function, peer: Codes) -> Row:
        states, numbers = self.parts[part].states, self.parts[part].numbers

        def reached(number: int) -> int:
            codes = list(states[number])
            for place, value in zip(places, terms(states[number], peer), strict=True):
                codes[place] = int(value)
            return numbers[tuple(codes)]

        return Table(reached)

    def but(self, rules: Mapping[int, Rule]) -> Results:
        """The same with some rules replaced; what both say of the others, and the numbers of states, they share."""
        other = copy(self)
        other.movers, other.letters = [*self.movers], [*self.letters]
        for number, rule in rules.items():
            other.movers[number] = _mover(rule)
            other.letters[number] = self._letters(rule, other.movers[number])
        return other

    def numbered(self, state: Triple) -> Numbers:
        """The numbers of a joint state's parts."""
        client, server, world = (part.numbers[codes] for part, codes in zip(self.parts, state, strict=True))
        return client, server, world

    def codes(self, state: Numbers) -> Triple:
        """The joint state of these numbers."""
        client, server, world = (part.states[number] for part, number in zip(self.parts, state, strict=True))
        return client, server, world


Step = tuple[int, bool, Table[int, Letter]]
"""The number of a rule, whether the client moves, and its tables by the peer's state."""


class Tables:
    """The whole relation: which rules are possible where, and where they lead."""

    def __init__(self, rules: Sequence[Rule], results: Results) -> None:
        """Compiles the guards.

        :raises ValueError: for a guard that uses what :func:`compiled` does not know.
        """
        self.results = results
        guards = [_apart(rule.guard) for rule in rules]
        whole = {number: guard[1] for number, guard in enumerate(guards) if guard[1] is not None}
        self._whole = {number: compiled([guard], *RECORDS) for number, guard in whole.items()}
        parts = zip(RECORDS, range(3), strict=True)
        asked = [{number: guard[0][part] for number, guard in enumerate(guards)} for part in range(3)]
        self._masks = [_masks(asked[part], record, results.parts[part]) for record, part in parts]
        self._steps: Table[int, tuple[Step, ...]] = Table(self._possible)

    def _possible(self, mask: int) -> tuple[Step, ...]:
        """The moves of a set of rules, which is a number with a bit for each."""
        movers, letters = self.results.movers, self.results.letters
        chosen = [number for number in range(len(movers)) if mask >> number & 1]
        return tuple((number, movers[number] == CLIENT, letters[number]) for number in chosen)

    def but(self, rules: Mapping[int, Rule]) -> Tables:
        """The same with some rules replaced."""
        other = copy(self)
        other.results = self.results.but(rules)
        guards = {number: _apart(rule.guard) for number, rule in rules.items()}
        whole = {number: compiled([rest], *RECORDS) for number, (_, rest) in guards.items() if rest is not None}
        other._whole = {number: guard for number, guard in self._whole.items() if number not in rules} | whole
        asked = [{number: parts[part] for number, (parts, _) in guards.items()} for part in range(3)]
        parts = zip(self._masks, asked, RECORDS, self.results.parts, strict=True)
        other._masks = [_but(mask, changed, record, register) for mask, changed, record, register in parts]
        other._steps = Table(other._possible)
        return other

    def search(self, starts: Iterable[Triple], stop: Callable[[Triple], bool] | None) -> dict[Numbers, Origin]:
        """Breadth first, all states reached, or those up to the first past the starts that satisfies ``stop``."""
        clients, servers, worlds = self._masks
        steps, whole, codes = self._steps, self._whole, self.results.codes
        found: dict[Numbers, Origin] = dict.fromkeys(map(self.results.numbered, starts))
        waiting = list(found)
        for state in waiting:  # grows while it is walked through
            client, server, world = state
            for number, of_client, letters in steps[clients[client] & servers[server] & worlds[world]]:
                if of_client:
                    row, flights = letters[server]
                    reached = row[client], server, flights[world]
                else:
                    row, flights = letters[client]
                    reached = client, row[server], flights[world]
                if reached in found or (whole and not self._allowed(number, state)):
                    continue
                found[reached] = (state, number)
                if stop is not None and stop(codes(reached)):
                    return found
                waiting.append(reached)
        return found

    def after(self, state: Triple) -> list[tuple[int, Triple]]:
        """The numbers of the rules that are possible, with the state after each."""
        numbers = client, server, world = self.results.numbered(state)
        clients, servers, worlds = self._masks
        found = []
        for number, of_client, letters in self._steps[clients[client] & servers[server] & worlds[world]]:
            if self._allowed(number, numbers):
                row, flights = letters[server if of_client else client]
                reached = (row[client], server) if of_client else (client, row[server])
                found.append((number, self.results.codes((*reached, flights[world]))))
        return found

    def _allowed(self, number: int, state: Numbers) -> bool:
        """Whether the rest of a guard holds, the part that does not come apart."""
        guard = self._whole.get(number)
        return guard is None or bool(guard(*self.results.codes(state))[0])


Origin = tuple[Numbers, int] | None
"""The state before, and the rule; nothing for a start."""


# --- taking rules apart -----------------------------------------------------------------------------------------------


@cache
def _places() -> dict[str, tuple[int, int]]:
    """By the name of a field's constant: its part of the joint state, and its place there."""
    return {
        term.decl().name(): (part, place)
        for part, record in enumerate(RECORDS)
        for place, term in enumerate(record.terms.values())
    }


def _read(formulas: Iterable[z3.ExprRef]) -> set[str]:
    """The fields that formulas speak of."""
    found: set[str] = set()
    seen: set[int] = set()
    waiting = list(formulas)
    while waiting:
        node = waiting.pop()
        if node.get_id() not in seen:
            seen.add(node.get_id())
            waiting += node.children()
            if not node.num_args() and node.decl().name() in _places():
                found.add(node.decl().name())
    return found


def _parts_read(*formulas: z3.ExprRef) -> set[int]:
    return {_places()[name][0] for name in _read(formulas)}


def _changes(rule: Rule, part: int) -> dict[int, z3.ExprRef]:
    """By place, the new terms of the fields of one part that a rule changes."""
    found = {_places()[name]: term for name, term in rule.changes().items()}
    return {place: term for (of, place), term in found.items() if of == part}


def _mover(rule: Rule) -> int:
    """The party whose move a rule is.

    :raises ValueError: for a rule that changes both parties, or whose effect does not come apart.
    """
    changed = {_places()[name][0] for name in rule.changes()} - {WORLD}
    mover = changed.pop() if changed else CLIENT
    own, world = _changes(rule, mover), _changes(rule, WORLD)
    if changed or WORLD in _parts_read(*own.values()) or mover in _parts_read(*world.values()) - {1 - mover}:
        raise ValueError(f"{rule.name!r} does not come apart into tables")
    return mover


def _apart(guard: z3.BoolRef) -> tuple[tuple[list[z3.BoolRef], ...], z3.BoolRef | None]:
    """What a guard asks of client, of server and of channel, and the rest, which asks of several together."""
    asked: tuple[list[z3.BoolRef], ...] = ([], [], [])
    rest: list[z3.BoolRef] = []
    for one in _conjuncts(guard):
        parts = _parts_read(one)
        (rest if len(parts) > 1 else asked[parts.pop() if parts else WORLD]).append(one)
    return asked, z3.And(rest) if rest else None


def _conjuncts(formula: z3.BoolRef) -> list[z3.BoolRef]:
    if z3.is_and(formula):
        return [part for child in formula.children() for part in _conjuncts(cast(z3.BoolRef, child))]
    return [formula]


def _masks(asked: Mapping[int, list[z3.BoolRef]], record: Symbolic, register: Register) -> Table[int, int]:
    """By the number of a state, a bit for each rule of which it permits its part."""
    always = sum(1 << number for number, conjuncts in asked.items() if not conjuncts)
    asking = [number for number, conjuncts in asked.items() if conjuncts]
    chunks = [asking[at : at + CHUNK] for at in range(0, len(asking), CHUNK)]
    tests = [(chunk, compiled([z3.And(asked[number]) for number in chunk], record)) for chunk in chunks]

    def mask(number: int) -> int:
        codes = register.states[number]
        bits = (1 << rule for chunk, test in tests for rule, met in zip(chunk, test(codes), strict=True) if met)
        return reduce(int.__or__, bits, always)

    return Table(mask)


def _but(
    masks: Table[int, int], asked: Mapping[int, list[z3.BoolRef]], record: Symbolic, register: Register
) -> Table[int, int]:
    """The same masks with the bits of some rules replaced."""
    others = ~sum(1 << number for number in asked)
    changed = _masks(asked, record, register)
    return Table(lambda number: masks[number] & others | changed[number])
