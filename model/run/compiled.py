"""z3 expressions as Python functions.

The same expression that the prover sees is turned into Python source over the integer codes of concrete records, each
shared sub-expression computed once.  There is no second hand-written copy of a guard.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import cast

import z3

from rfc5077.model.logic import Codes, Symbolic

Function = Callable[..., Codes]
"""Codes of the records in, the values of the expressions out: enum ordinals, 0 or 1 for formulas, numbers."""

_INFIX = {z3.Z3_OP_AND: " and ", z3.Z3_OP_OR: " or ", z3.Z3_OP_ADD: " + ", z3.Z3_OP_MUL: " * "}


class _Writer:
    """Writes one function; a name for each node of the expressions' graph that is used more than once."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.variables = variables
        self.lines: list[str] = []
        self.done: dict[int, str] = {}
        self.uses: dict[int, int] = {}
        self.nodes: dict[int, z3.ExprRef] = {}
        self.parts: dict[int, list[int]] = {}
        """The parts of each node, asked for once: z3 takes longer to tell them than all the rest takes."""

    def count(self, roots: Sequence[z3.ExprRef]) -> None:
        stack = [(root, root.get_id()) for root in roots]
        while stack:
            node, key = stack.pop()
            seen = self.uses.get(key, 0)
            self.uses[key] = seen + 1
            if not seen:
                parts = [(part, part.get_id()) for part in node.children()]
                self.nodes[key], self.parts[key] = node, [number for _, number in parts]
                stack += parts

    def text(self, root: z3.ExprRef) -> str:
        """The Python text of a node; its shared parts have been written to ``lines``."""
        stack = [(root.get_id(), False)]
        while stack:
            key, ready = stack.pop()
            if key in self.done:
                continue
            if not ready:
                stack.append((key, True))
                stack += [(part, False) for part in self.parts[key]]
                continue
            text = self._node(self.nodes[key], [self.done[part] for part in self.parts[key]])
            if self.parts[key] and self.uses[key] > 1:
                name = f"t{len(self.lines)}"
                self.lines.append(f"{name} = {text}")
                text = name
            self.done[key] = text
        return self.done[root.get_id()]

    def _node(self, node: z3.ExprRef, parts: list[str]) -> str:
        kind = node.decl().kind()
        if kind in _INFIX:
            return f"({_INFIX[kind].join(parts)})"
        if kind == z3.Z3_OP_NOT:
            return f"(not {parts[0]})"
        if kind == z3.Z3_OP_IMPLIES:
            return f"(not {parts[0]} or {parts[1]})"
        if kind == z3.Z3_OP_ITE:
            return f"({parts[1]} if {parts[0]} else {parts[2]})"
        if kind in (z3.Z3_OP_EQ, z3.Z3_OP_IFF):
            return f"({parts[0]} == {parts[1]})"
        if kind == z3.Z3_OP_TRUE:
            return "True"
        if kind == z3.Z3_OP_FALSE:
            return "False"
        if kind == z3.Z3_OP_ANUM:
            return str(node)
        if kind == z3.Z3_OP_DT_CONSTRUCTOR:
            return str(_constructor(node))
        name = node.decl().name()
        if kind == z3.Z3_OP_UNINTERPRETED and not parts and name in self.variables:
            return self.variables[name]
        raise ValueError(f"no Python for {node.decl().name()!r} of kind {kind}")


def _constructor(node: z3.ExprRef) -> int:
    return _constructors(cast(z3.DatatypeSortRef, node.sort()))[node.decl().name()]


@cache
def _constructors(sort: z3.DatatypeSortRef) -> dict[str, int]:
    """The place of each value of an enum, by its name."""
    return {sort.constructor(place).name(): place for place in range(sort.num_constructors())}


def source(expressions: Sequence[z3.ExprRef], *records: Symbolic) -> str:
    """The text of a Python function ``function(r0, r1, …)`` that does what :func:`compiled` says.

    :raises ValueError: for an expression that uses anything but Boolean structure, equality, enums, sums, products and
        the records' own constants.
    """
    variables = {
        term.decl().name(): f"r{index}[{place}]"
        for index, record in enumerate(records)
        for place, term in enumerate(record.terms.values())
    }
    writer = _Writer(variables)
    writer.count(expressions)
    results = [writer.text(expression) for expression in expressions]
    arguments = ", ".join(f"r{index}" for index in range(len(records)))
    values = " ".join(f"{result}," for result in results)
    body = "\n    ".join([*writer.lines, f"return ({values})"])
    return f"def function({arguments}):\n    {body}\n"


def compiled(expressions: Sequence[z3.ExprRef], *records: Symbolic) -> Function:
    """A function of the codes of ``records``, in this order, that returns the values of the expressions.

    :raises ValueError: as :func:`source` does.
    """
    scope: dict[str, object] = {}
    exec(compile(source(expressions, *records), "<model>", "exec"), scope)
    return cast(Function, scope["function"])
