"""A set of joint states as a formula: a decision diagram over the fields, each node shared.

Fields are asked in a fixed order; a node that every value of its field answers alike is left out.  The formula is true
exactly on the given set.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
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


# fmt: off
ORDER = (
    "server.swapped", "server.exchange", "client.exchange", "server.skips", "client.skips", "world.to_server_5",
    "world.to_client_5", "world.delivered_twice", "client.requested", "client.announced", "client.certificates",
    "server.client_id", "client.client_id", "server.honours", "server.offered", "client.offered", "server.resumes",
    "server.server_id", "server.requested", "server.certificates", "client.server_id", "client.conclusion",
    "world.damaged", "server.announced", "server.verified", "client.verified", "server.peer_finished", "client.fault",
    "client.peer_finished", "world.to_server_1", "server.position", "client.position", "world.to_server_0",
    "world.to_client_0", "world.to_client_1", "server.crossing", "world.to_client_2", "client.crossing",
    "server.ending", "world.to_client_3", "world.to_server_2", "world.to_client_4", "world.tickets_delivered",
    "server.ticket", "client.ticket", "client.swapped", "world.to_server_3", "client.ending", "world.to_server_4",
    "server.fault",
)
# fmt: on
"""The fields in the order in which the diagram asks for them, found by moving one at a time while it grew smaller."""


def order() -> list[int]:
    """The places of :data:`ORDER`; a field that it lacks comes last."""
    names = [term.decl().name() for term, _ in _fields()]
    return [names.index(name) for name in ORDER] + [n for n, name in enumerate(names) if name not in ORDER]


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


def on_fields(states: Iterable[Codes], names: Collection[str]) -> z3.BoolRef:
    """What the joint states have on these fields, whatever the others are; a formula over them alone."""
    fields = _fields()
    places = [place for place in order() if fields[place][0].decl().name() in names]
    seen = (tuple(state[place] for place in places) for state in states)
    return Diagram(seen, [fields[place] for place in places]).formula()
