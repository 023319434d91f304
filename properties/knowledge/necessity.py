"""The necessity matrix as it was last computed: what each class of clauses is for; package data, read without solvers.

`rfc5077 prove --necessity --keep FILE` writes the data anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, TypedDict, cast

from rfc5077.properties.knowledge.store import Json

Kind = Literal["needed", "implied", "outside"]


@dataclass(frozen=True)
class Fall:
    """A theorem that falls without a class: the moves of a shortest run that refutes it, and how many they are.

    Of a claim about two runs `other` is the second; `depth` counts the longer one.
    """

    theorem: str
    depth: int
    moves: tuple[str, ...]
    other: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """What a class of clauses is for.

    Attributes:
        ids: the clauses that restate each other, or a choice of the deployer.
        kind: needed by theorems, implied by the other clauses, or protecting something outside the model.
        falls: the theorems that fall without it.
        why: why nothing falls, if nothing does; or that it falls only where others are dropped as well.
        fault: the id of the faulty endpoint that dies by it, where it protects something outside.
    """

    ids: tuple[str, ...]
    kind: Kind
    falls: tuple[Fall, ...]
    why: str
    fault: str


class _RowData(TypedDict):
    """`falls`: the digest of the result by theorem."""

    ids: list[str]
    kind: Kind
    falls: dict[str, str]
    why: str
    fault: str


class _Data(TypedDict):
    rows: list[_RowData]
    minimal: dict[str, list[str]]
    results: dict[str, Json]


@cache
def _data() -> _Data:
    found: _Data = json.loads(files("rfc5077.properties.knowledge").joinpath("necessity.json").read_text("utf-8"))
    return found


def _row(data: _RowData) -> Row:
    falls = tuple(_fall(theorem, results()[digest]) for theorem, digest in data["falls"].items())
    return Row(tuple(data["ids"]), data["kind"], falls, data["why"], data["fault"])


def fall_of(theorem: str, said: Json) -> Fall:
    """A result as it is kept, as a theorem that falls."""
    data = cast(dict[str, list[str]], said)
    return Fall(theorem, int(cast(dict[str, int], said)["depth"]), tuple(data["moves"]), tuple(data.get("other", ())))


def _fall(theorem: str, said: Json) -> Fall:
    """From the result of a class that is held twice, too."""
    return fall_of(theorem, said["fall"] if isinstance(said, dict) and "fall" in said else said)


@cache
def kept() -> tuple[Row, ...]:
    """Every class that has a constraint anywhere, in the order of the catalogue, the deployer's choices last."""
    return tuple(_row(data) for data in _data()["rows"])


def row_of(id: str) -> Row | None:
    """The row of a clause or choice; nothing if no move of any model is bound by it."""
    return next((row for row in kept() if id in row.ids), None)


def minimal() -> dict[str, tuple[str, ...]]:
    """By theorem, classes that suffice for it and cannot be spared; a class is named by its first id."""
    return {theorem: tuple(names) for theorem, names in _data()["minimal"].items()}


def needing(id: str) -> tuple[str, ...]:
    """The theorems that fall without a clause and those that restate it."""
    row = row_of(id)
    return tuple(fall.theorem for fall in row.falls) if row else ()


def results() -> dict[str, Json]:
    """The single results behind the matrix, by the digest of what each depends on."""
    return _data()["results"]
