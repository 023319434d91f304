"""A set of joint states as a formula: a decision diagram over the fields, each node shared.

Fields are asked in a fixed order; a node that every value of its field answers alike is left out.  The formula is true
exactly on the given set.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

import z3

from rfc5077.model.logic import Codes, Flag, constant
from rfc5077.model.proof.joint import STATE

Node = tuple[int, tuple[tuple[int, int], ...]]
"""A field's place, and for each of its values that occurs the number of the node to go on with."""

Fields = list[tuple[z3.ExprRef, type[Enum] | None]]
"""The terms of the fields, each with its enum; a flag has none."""

TRUE = 0


def _fields() -> Fields:
    return [
        (term, None if isinstance(field, Flag) else field.kind)
        for record in (STATE.client, STATE.server, STATE.world)
        for term, field in zip(record.terms.values(), record.fields().values(), strict=True)
    ]


CONTROL = ("verified", "peer_finished", "position", "ticket", "ending", "fault")
"""The fields of a party that change while the handshake runs, after those that the hellos settle."""


def order() -> list[int]:
    """Facts first, each party's copy beside the other's, then what moves: that keeps the diagram small."""
    names = [term.decl().name() for term, _ in _fields()]
    parts: dict[str, list[str]] = {"client": [], "server": [], "world": []}
    for name in names:
        parts[name.split(".")[0]].append(name)
    facts = [n for n in parts["server"] + parts["client"] if n.split(".")[1] not in CONTROL]
    facts.sort(key=lambda name: _rank(name.split(".")[1]))
    moving = [f"{party}.{field}" for field in CONTROL for party in ("server", "client")]
    first = [name for name in moving if name.split(".")[1] in ("verified", "peer_finished", "position")]
    last = [name for name in moving if name not in first]
    return [names.index(name) for name in (*facts, *first, *parts["world"], *last)]


def _rank(field: str) -> int:
    settled = ("exchange", "skips", "crossing", "requested", "announced", "certificates", "client_id", "honours",
               "offered", "resumes", "server_id", "conclusion")  # fmt: skip
    return settled.index(field)


class Diagram:
    """The decision diagram of a set of states: those of the joint model, or over the fields that are given."""

    def __init__(self, states: Iterable[Codes], fields: Fields | None = None) -> None:
        members = list(dict.fromkeys(states))
        self.fields = _fields() if fields is None else fields
        self.order = order() if fields is None else list(range(len(fields)))
        self.nodes: list[Node] = [(-1, ())]
        self._numbers: dict[Node, int] = {}
        self.root = self._build(members, 0)

    def _build(self, members: list[Codes], depth: int) -> int:
        if depth == len(self.order):
            return TRUE
        place = self.order[depth]
        groups: dict[int, list[Codes]] = {}
        for state in members:
            groups.setdefault(state[place], []).append(state)
        node = (place, tuple((value, self._build(group, depth + 1)) for value, group in sorted(groups.items())))
        if node not in self._numbers:
            self._numbers[node] = len(self.nodes)
            self.nodes.append(node)
        return self._numbers[node]

    def formula(self) -> z3.BoolRef:
        """The diagram as a z3 formula over the joint state."""
        formulas: list[z3.BoolRef] = [z3.BoolVal(True)]
        for place, branches in self.nodes[1:]:
            term, kind = self.fields[place]
            tests = [
                term == (z3.BoolVal(bool(value)) if kind is None else constant(list(kind)[value]))
                for value, _ in branches
            ]
            cases = zip(tests, branches, strict=True)
            formulas.append(z3.Or([z3.And(test, formulas[child]) for test, (_, child) in cases]))
        return formulas[self.root]
