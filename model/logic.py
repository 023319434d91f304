"""The words of the model: one declaration, seen as Python values and as z3 terms.

A record (a party's state, an event) is declared once, as a class of :class:`Choice` and :class:`Flag` fields.  Mixed
with :class:`Concrete` it is an immutable value, held as a tuple of small integers; mixed with :class:`Symbolic` its
fields are z3 terms.  A guard is written over the symbolic view; ``run.compiled`` turns it into Python over the
integers of the concrete view.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import ClassVar, Generic, Self, TypeVar, cast, overload

import z3

E = TypeVar("E", bound=Enum)

Value = Enum | bool
"""What a field of a concrete record holds."""

Codes = tuple[int, ...]
"""A concrete record as integers: the ordinal of each enum value, 0 and 1 for flags."""


@cache
def _sort(kind: type[Enum]) -> tuple[z3.DatatypeSortRef, tuple[z3.ExprRef, ...]]:
    # Constructor names carry the sort: other solvers misread a name that two sorts share.
    sort, constants = z3.EnumSort(kind.__name__, [f"{kind.__name__}.{value.name}" for value in kind])
    return sort, tuple(constants)


def sort_of(kind: type[Enum]) -> z3.DatatypeSortRef:
    """The z3 sort of an enum."""
    return _sort(kind)[0]


@cache
def _ordinals(kind: type[Enum]) -> dict[Enum, int]:
    return {value: index for index, value in enumerate(kind)}


def ordinal(value: Value) -> int:
    """The place of an enum value in its sort; 0 or 1 for a flag."""
    return int(value) if isinstance(value, bool) else _ordinals(type(value))[value]


class AnyTerm:
    """A z3 term of an enum's sort, whichever the enum."""

    __slots__ = ("z3",)
    z3: z3.ExprRef


class Term(AnyTerm, Generic[E]):
    """A z3 term whose sort is the enum ``E``."""

    __slots__ = ("kind",)

    def __init__(self, kind: type[E], expression: z3.ExprRef) -> None:
        self.kind = kind
        self.z3 = expression

    def is_(self, value: E) -> z3.BoolRef:
        """True where the term has this value."""
        return self.z3 == constant(value)

    def among(self, *values: E) -> z3.BoolRef:
        """True where the term has one of these values."""
        return z3.Or([self.is_(value) for value in values])

    def same(self, other: Term[E]) -> z3.BoolRef:
        """True where both terms have the same value."""
        return self.z3 == other.z3


def constant(value: Enum) -> z3.ExprRef:
    """The z3 constant of an enum value."""
    return _sort(type(value))[1][ordinal(value)]


def term(value: E) -> Term[E]:
    """An enum value as a term."""
    return Term(type(value), constant(value))


def choose(condition: z3.BoolRef, then: Term[E] | E, otherwise: Term[E] | E) -> Term[E]:
    """``then`` where the condition holds, else ``otherwise``."""
    left = then if isinstance(then, Term) else term(then)
    right = otherwise if isinstance(otherwise, Term) else term(otherwise)
    return Term(left.kind, z3.If(condition, left.z3, right.z3))


class Choice(Generic[E]):
    """A field that holds one value of an enum; ``default`` is its plainest value."""

    def __init__(self, default: E) -> None:
        self.default = default
        self.kind: type[E] = type(default)
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, record: None, owner: type) -> Choice[E]: ...
    @overload
    def __get__(self, record: Concrete, owner: type) -> E: ...
    @overload
    def __get__(self, record: Symbolic, owner: type) -> Term[E]: ...
    def __get__(self, record: Record | None, owner: type) -> Choice[E] | E | Term[E]:
        if record is None:
            return self
        if isinstance(record, Symbolic):
            return Term(self.kind, record.terms[self.name])
        assert isinstance(record, Concrete)
        values: tuple[E, ...] = _values(self.kind)
        return values[record.codes[type(record).places()[self.name]]]


class Flag:
    """A field that is true or false; false is its plainest value."""

    default = False

    def __init__(self) -> None:
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, record: None, owner: type) -> Flag: ...
    @overload
    def __get__(self, record: Concrete, owner: type) -> bool: ...
    @overload
    def __get__(self, record: Symbolic, owner: type) -> z3.BoolRef: ...
    def __get__(self, record: Record | None, owner: type) -> Flag | bool | z3.BoolRef:
        if record is None:
            return self
        if isinstance(record, Symbolic):
            return cast(z3.BoolRef, record.terms[self.name])
        assert isinstance(record, Concrete)
        return bool(record.codes[type(record).places()[self.name]])


Field = Choice[Enum] | Flag


@cache
def _values(kind: type[E]) -> tuple[E, ...]:
    return tuple(kind)


class Record:
    """What both views of a declaration share: its fields, in the order in which they were declared."""

    @classmethod
    @cache
    def fields(cls) -> dict[str, Field]:
        """Field name to declaration, in order."""
        found: dict[str, Field] = {}
        for base in reversed(cls.__mro__):
            found |= {name: field for name, field in vars(base).items() if isinstance(field, Choice | Flag)}
        return found

    @classmethod
    @cache
    def places(cls) -> dict[str, int]:
        """Field name to its place among the codes."""
        return {name: index for index, name in enumerate(cls.fields())}

    @classmethod
    @cache
    def sizes(cls) -> Codes:
        """How many values each field can have."""
        return tuple(2 if isinstance(field, Flag) else len(field.kind) for field in cls.fields().values())


class Concrete(Record):
    """The value view.  Instances are interned: equal values are the same object, so identity is equality."""

    __slots__ = ("codes",)
    _interned: ClassVar[dict[tuple[type, Codes], Concrete]] = {}
    codes: Codes

    def __new__(cls, **values: Value) -> Self:
        """A record with these values; fields left out take their plainest.

        :raises ValueError: naming the field, for an unknown field or a value of another kind.
        """
        fields = cls.fields()
        for name, value in values.items():
            if name not in fields:
                raise ValueError(f"{cls.__name__} has no field {name!r}")
            if type(value) is not type(fields[name].default):
                raise ValueError(f"{cls.__name__}.{name} cannot be {value!r}")
        return cls.from_codes(tuple(ordinal(values.get(name, field.default)) for name, field in fields.items()))

    @classmethod
    def from_codes(cls, codes: Codes) -> Self:
        """The record that these integers stand for."""
        key = (cls, codes)
        found = Concrete._interned.get(key)
        if found is None:
            found = object.__new__(cls)
            object.__setattr__(found, "codes", codes)
            Concrete._interned[key] = found
        return cast(Self, found)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def values(self) -> dict[str, Value]:
        """Field name to value."""
        return {name: cast(Value, getattr(self, name)) for name in self.fields()}

    def terms(self) -> dict[str, z3.ExprRef]:
        """Field name to the z3 constant of its value."""
        return {name: plain(value) for name, value in self.values().items()}

    def but(self, **values: Value) -> Self:
        """The same record with some fields changed."""
        return type(self)(**(self.values() | values))

    def __repr__(self) -> str:
        shown = [
            f"{name}={value.name if isinstance(value, Enum) else value}"
            for (name, value), field in zip(self.values().items(), self.fields().values(), strict=True)
            if value != field.default
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


def _variable(name: str, field: Field) -> z3.ExprRef:
    return z3.Bool(name) if isinstance(field, Flag) else z3.Const(name, sort_of(field.kind))


class Symbolic(Record):
    """The z3 view: every field is a term.  Without terms, the fields are constants named ``prefix.field``."""

    def __init__(self, prefix: str = "", terms: Mapping[str, z3.ExprRef] | None = None) -> None:
        self.prefix = prefix
        self.terms: dict[str, z3.ExprRef] = (
            dict(terms)
            if terms is not None
            else {name: _variable(f"{prefix}.{name}", field) for name, field in self.fields().items()}
        )

    def but(self, **terms: AnyTerm | z3.BoolRef | Enum | bool) -> Self:
        """The same record with some fields replaced by other terms or values."""
        return type(self)(self.prefix, self.terms | {name: plain(value) for name, value in terms.items()})


def plain(value: AnyTerm | z3.BoolRef | Enum | bool) -> z3.ExprRef:
    """A term, a formula or a value as a bare z3 expression."""
    if isinstance(value, AnyTerm):
        return value.z3
    if isinstance(value, bool):
        return z3.BoolVal(value)
    return constant(value) if isinstance(value, Enum) else value
