"""Formulas over enums as formulas over Booleans: one Boolean for each value of each field.

A field ``x`` with the values ``A`` and ``B`` becomes the Booleans ``x = A`` and ``x = B``, exactly one of them true.
Flags and numbers stay as they are.  What is lowered is satisfiable exactly where the original is: each choice of values
is a choice of Booleans within the ranges, and the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations
from typing import Generic, TypeVar, cast

import z3

And, Not, Or = z3.And, z3.Not, z3.Or
TRUE, FALSE = z3.BoolVal(True), z3.BoolVal(False)

Pairs = Sequence[tuple[z3.ExprRef, z3.ExprRef]]
"""Terms to replace, each with what replaces it."""

Field = tuple[str, tuple[str, ...]]
"""The name of an enum-sorted constant, and its values."""

RECOGNIZERS = (z3.Z3_OP_DT_IS, z3.Z3_OP_DT_RECOGNISER)

READ_BY_ALL = frozenset((
    z3.Z3_OP_TRUE, z3.Z3_OP_FALSE, z3.Z3_OP_EQ, z3.Z3_OP_DISTINCT, z3.Z3_OP_ITE, z3.Z3_OP_AND, z3.Z3_OP_OR,
    z3.Z3_OP_IFF, z3.Z3_OP_XOR, z3.Z3_OP_NOT, z3.Z3_OP_IMPLIES, z3.Z3_OP_ANUM, z3.Z3_OP_LE, z3.Z3_OP_GE,
    z3.Z3_OP_LT, z3.Z3_OP_GT, z3.Z3_OP_ADD, z3.Z3_OP_SUB, z3.Z3_OP_UMINUS, z3.Z3_OP_MUL, z3.Z3_OP_UNINTERPRETED,
))  # fmt: skip
"""The words of linear arithmetic over flags and whole numbers; constants are `Z3_OP_UNINTERPRETED`."""


class NotLowered(Exception):
    """A formula with something other than Booleans, whole numbers and enums."""


L = TypeVar("L", bound=z3.ExprRef)


@dataclass(frozen=True)
class Lowered(Generic[L]):
    """A term over Booleans and whole numbers, the enum fields that it was about, and whether it has any number."""

    term: L
    fields: frozenset[Field]
    numbers: bool


@dataclass(frozen=True)
class _Cases:
    """Of a term of an enum's sort: by value, where the term has it; values that it never has are left out."""

    by_value: Mapping[str, z3.BoolRef]
    fields: frozenset[Field]
    numbers: bool


def lowered(formula: z3.BoolRef, changes: Pairs = ()) -> Lowered[z3.BoolRef]:
    """The formula over Booleans; with changes, what it says after them.

    Changes are made to what was lowered, so that an invariant is lowered once for all moves.

    :raises NotLowered: for a sort or a function that is none of ours.
    """
    whole = cast(Lowered[z3.BoolRef], _plain(_Same(formula)))
    if not changes:
        return whole
    pairs: list[tuple[z3.ExprRef, z3.ExprRef]] = []
    fields, numbers = set(whole.fields), whole.numbers
    for old, new in changes:
        if _is_enum(old):
            after = _cases(_Same(new))
            fields |= after.fields
            numbers = numbers or after.numbers
            pairs += [(one, after.by_value.get(value, FALSE)) for value, one in _cases(_Same(old)).by_value.items()]
        else:
            plain = _plain(_Same(new))
            fields |= plain.fields
            numbers = numbers or plain.numbers
            pairs.append((old, plain.term))
    return Lowered(z3.substitute(whole.term, *pairs), frozenset(fields), numbers)


def ranges(fields: Iterable[Field]) -> list[z3.BoolRef]:
    """That each of the fields has exactly one of its values.

    :raises NotLowered: where two fields have one name.
    """
    known = sorted(set(fields))
    if len({name for name, _ in known}) < len(known):
        raise NotLowered("two fields of one name")
    return [fact for name, values in known for fact in _range(name, values)]


@cache
def _range(name: str, values: tuple[str, ...]) -> tuple[z3.BoolRef, ...]:
    flags = [_flag(name, value) for value in values]
    return (Or(flags), *_at_most_one(flags))


def _at_most_one(flags: list[z3.BoolRef]) -> Iterable[z3.BoolRef]:
    """Pair by pair where they are few; else not in both halves, and at most one in each."""
    if len(flags) <= 4:
        yield from (Not(And(one, other)) for one, other in combinations(flags, 2))
        return
    middle = len(flags) // 2
    yield Not(And(Or(flags[:middle]), Or(flags[middle:])))
    yield from _at_most_one(flags[:middle])
    yield from _at_most_one(flags[middle:])


def _flag(name: str, value: str) -> z3.BoolRef:
    return z3.Bool(f"{name} = {value.rpartition('.')[2]}")


class _Same:
    """A term as a key: equal to what is the same term; ``==`` of z3 would be a formula."""

    def __init__(self, term: z3.ExprRef) -> None:
        self.term = term

    def __hash__(self) -> int:
        return self.term.hash()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.term.eq(other.term)


@lru_cache(maxsize=4096)  # many obligations share an invariant, a guard, a change
def _plain(key: _Same) -> Lowered[z3.ExprRef]:
    """A formula or a number, with each atom about enums replaced."""
    atoms, numbers = _atoms(key.term)
    replaced = [(atom, _atom(atom)) for atom in atoms]
    pairs = [(atom, new.term) for atom, new in replaced]
    fields = _union(new.fields for _, new in replaced)
    numbers = numbers or any(new.numbers for _, new in replaced)
    return Lowered(z3.substitute(key.term, *pairs) if pairs else key.term, fields, numbers)


_CONNECTIVES = frozenset({z3.Z3_OP_AND, z3.Z3_OP_OR, z3.Z3_OP_NOT, z3.Z3_OP_IMPLIES})


def _atoms(term: z3.ExprRef) -> tuple[list[z3.ExprRef], bool]:
    """The outermost parts that speak of enums, and whether there is a number beside them."""
    found: list[z3.ExprRef] = []
    numbers = False
    seen: set[int] = set()
    waiting = [term]
    while waiting:
        node = waiting.pop()
        if (id := node.get_id()) in seen:
            continue
        seen.add(id)
        children = node.children()
        # The operands of connectives are formulas: to ask each for its sort would be most of the work.
        if node.kind() not in _CONNECTIVES and any(_is_enum(child) for child in children):
            found.append(node)
            continue
        numbers = numbers or z3.is_int(node)
        _readable(node, children)
        waiting += children
    return found, numbers


def _atom(atom: z3.ExprRef) -> Lowered[z3.BoolRef]:
    kind, sides = atom.kind(), [_cases(_Same(child)) for child in atom.children()]
    if kind == z3.Z3_OP_EQ:
        formula = _equal(*sides)
    elif kind == z3.Z3_OP_DISTINCT:
        formula = And([Not(_equal(one, other)) for one, other in combinations(sides, 2)])
    elif kind in RECOGNIZERS:
        formula = sides[0].by_value.get(_recognized(atom), FALSE)
    else:
        raise NotLowered(f"{atom.decl().name()} of an enum")
    return Lowered(formula, _union(side.fields for side in sides), any(side.numbers for side in sides))


@lru_cache(maxsize=4096)
def _cases(key: _Same) -> _Cases:
    """By value, where a term of an enum's sort has it."""
    term, kind = key.term, key.term.kind()
    if kind == z3.Z3_OP_DT_CONSTRUCTOR and not term.num_args():
        return _Cases({term.decl().name(): TRUE}, frozenset(), False)
    if kind == z3.Z3_OP_UNINTERPRETED and not term.num_args():
        name, values = term.decl().name(), _values(term.sort())
        return _Cases({value: _flag(name, value) for value in values}, frozenset({(name, values)}), False)
    if kind == z3.Z3_OP_ITE:
        condition, then, otherwise = term.children()
        test = cast(Lowered[z3.BoolRef], _plain(_Same(condition)))
        return _either(test, _cases(_Same(then)), _cases(_Same(otherwise)))
    raise NotLowered(f"{term.decl().name()} of sort {term.sort().name()}")


def _is_enum(term: z3.ExprRef) -> bool:
    return term.sort().kind() == z3.Z3_DATATYPE_SORT


def _values(sort: z3.SortRef) -> tuple[str, ...]:
    """The names of an enum's values.

    :raises NotLowered: where the sort's values hold something.
    """
    assert isinstance(sort, z3.DatatypeSortRef)
    makers = [sort.constructor(number) for number in range(sort.num_constructors())]
    if any(maker.arity() for maker in makers):
        raise NotLowered(f"the sort {sort.name()}")
    return tuple(maker.name() for maker in makers)


def _recognized(atom: z3.ExprRef) -> str:
    """The value that a recognizer asks for."""
    sort = atom.children()[0].sort()
    assert isinstance(sort, z3.DatatypeSortRef)
    places = range(sort.num_constructors())
    return _values(sort)[next(place for place in places if sort.recognizer(place).eq(atom.decl()))]


def _union(many: Iterable[frozenset[Field]]) -> frozenset[Field]:
    return frozenset[Field]().union(*many)


def _equal(one: _Cases, other: _Cases) -> z3.BoolRef:
    shared = [value for value in one.by_value if value in other.by_value]
    return _any(_both(one.by_value[value], other.by_value[value]) for value in shared)


def _either(test: Lowered[z3.BoolRef], then: _Cases, otherwise: _Cases) -> _Cases:
    """Of a term that is ``then`` where the test holds, else ``otherwise``."""
    found: dict[str, z3.BoolRef] = {}
    for value in dict.fromkeys([*then.by_value, *otherwise.by_value]):
        yes, no = then.by_value.get(value, FALSE), otherwise.by_value.get(value, FALSE)
        found[value] = _any((_both(test.term, yes), _both(Not(test.term), no)))
    numbers = test.numbers or then.numbers or otherwise.numbers
    return _Cases(found, test.fields | then.fields | otherwise.fields, numbers)


def _both(one: z3.BoolRef, other: z3.BoolRef) -> z3.BoolRef:
    if z3.is_false(one) or z3.is_false(other):
        return FALSE
    if z3.is_true(one):
        return other
    return one if z3.is_true(other) else And(one, other)


def _any(formulas: Iterable[z3.BoolRef]) -> z3.BoolRef:
    kept = [one for one in formulas if not z3.is_false(one)]
    return kept[0] if len(kept) == 1 else Or(kept) if kept else FALSE


def _readable(node: z3.ExprRef, children: list[z3.ExprRef]) -> None:
    """:raises NotLowered: for a word that not every solver reads, or a product of two unknowns."""
    kind = node.kind()
    unknowns = sum(child.kind() != z3.Z3_OP_ANUM for child in children)
    applied = kind == z3.Z3_OP_UNINTERPRETED and bool(children)
    if kind not in READ_BY_ALL or applied or (kind == z3.Z3_OP_MUL and unknowns > 1):
        raise NotLowered(f"{node.decl().name()} of sort {node.sort().name()}")
    if not (z3.is_bool(node) or z3.is_int(node)):
        raise NotLowered(f"the sort {node.sort().name()}")
