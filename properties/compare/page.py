"""The comparison as a page: each machine as a table of states and inputs, with what the reference showed of it."""

from __future__ import annotations

from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

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


def html(found: Comparison) -> str:
    """The whole page, with its style inside."""
    templates = Environment(
        loader=PackageLoader("rfc5077.properties.compare"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    clauses = [(role, found.unexercised(role), sorted(unbreakable(PARTIES[role]))) for role in ROLES]
    sides = [(side, grid(side)) for side in found.sides]
    return templates.get_template("page.html.j2").render(sides=sides, clauses=clauses, summary=summary(found))


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
