"""The comparison as a page: each machine as a table of states and inputs, with what the reference showed of it."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from rfc5077.model.run.conversation import Pair, conversation
from rfc5077.properties.compare import drawn
from rfc5077.properties.compare.drawn import Drawn
from rfc5077.properties.compare.reach import barred
from rfc5077.properties.compare.sides import PARTIES, ROLES, Comparison, Side, summary
from rfc5077.properties.suite.alphabet import symbol_name
from rfc5077.properties.suite.exercised import unbreakable


@dataclass(frozen=True)
class Cell:
    """One transition: what is answered, in which state that ends, and whether the reference showed it."""

    answer: str
    to: int
    shown: bool


@dataclass(frozen=True)
class Grid:
    """One machine; a row for each state, with a shortest way to it."""

    inputs: tuple[str, ...]
    ways: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Told:
    """A pair of the model's states and events, what the Hypothesis machine made of it, and why it is out of reach."""

    event: str
    kind: str
    why: str


def html(found: Comparison, chance: Drawn | None = None) -> str:
    """The whole page, with its style inside; with what the Hypothesis machine showed, if it ran."""
    templates = Environment(
        loader=PackageLoader("rfc5077.properties.compare"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    clauses = [(role, found.unexercised(role), sorted(unbreakable(PARTIES[role]))) for role in ROLES]
    sides = [(side, grid(side)) for side in found.sides]
    drawing = None if chance is None else (drawn.summary(chance), tuple(_rows(chance)))
    return templates.get_template("page.html.j2").render(
        sides=sides, clauses=clauses, summary=summary(found), drawing=drawing
    )


def _rows(chance: Drawn) -> Iterator[tuple[str, tuple[Told, ...]]]:
    """For each state of the conversation a shortest way, and what may be said there."""
    conv, shown, out = conversation(), chance.shown, barred()
    for state, row in enumerate(conv.table):
        way = ", ".join(map(symbol_name, conv.ways[state])) or "the beginning"
        cells = [
            Told(symbol_name(event), kind(shown, out, (state, event)), out.get((state, event), "")) for event in row
        ]
        yield way, tuple(cells)


def kind(shown: Container[Pair], out: Container[Pair], pair: Pair) -> str:
    """How a pair is marked."""
    return "shown" if pair in shown else "out" if pair in out else "missing"


def grid(side: Side) -> Grid:
    """The machine of a side as a table."""
    coverage = side.report.coverage
    if coverage is None:
        return Grid((), (), ())
    machine = coverage.machine
    access = machine.access()
    return Grid(
        tuple(map(symbol_name, machine.inputs)),
        tuple(", ".join(map(symbol_name, access[state])) or "the beginning" for state in range(machine.states)),
        tuple(
            tuple(
                Cell(", ".join(map(symbol_name, said)) or "nothing", to, (state, number) in coverage.shown)
                for number, (to, said) in enumerate(row)
            )
            for state, row in enumerate(machine.table)
        ),
    )
