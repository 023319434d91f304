"""What a formula says, as a short text: equal formulas have equal digests, in every process and in either order.

The operands of connectives that do not care for order are sorted, since a solver's simplifier orders them by when they
were made.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import sha256

import z3

from rfc5077.model.proof.unbounded import System

LENGTH = 16
"""Hexadecimal digits of a digest: 64 bits, enough to tell a few thousand formulas apart."""

_UNORDERED = frozenset({z3.Z3_OP_AND, z3.Z3_OP_OR, z3.Z3_OP_EQ, z3.Z3_OP_IFF, z3.Z3_OP_ADD, z3.Z3_OP_MUL,
                        z3.Z3_OP_DISTINCT, z3.Z3_OP_XOR})  # fmt: skip
_known: dict[int, tuple[z3.ExprRef, str]] = {}
"""By number of the node, the digest; the node is kept, else its number would be given to another."""


def combined(parts: Iterable[str]) -> str:
    """One digest of several texts, in this order."""
    return sha256("\n".join(parts).encode()).hexdigest()[:LENGTH]


def digest(formula: z3.ExprRef) -> str:
    """The digest of a formula without quantifiers; each shared part is looked at once."""
    stack: list[tuple[z3.ExprRef, bool]] = [(formula, False)]
    while stack:
        node, ready = stack.pop()
        key = node.get_id()
        if key in _known:
            continue
        children = node.children()
        if not ready and children:
            stack.append((node, True))
            stack.extend((child, False) for child in children)
            continue
        parts = [_known[child.get_id()][1] for child in children]
        _known[key] = (node, combined([_head(node), *(_sorted(node, parts))]))
    return _known[formula.get_id()][1]


def _head(node: z3.ExprRef) -> str:
    """The node without its operands; what carries no name, such as a number, is told by its text."""
    if not z3.is_app(node):
        return node.sexpr()
    return node.decl().name() if node.num_args() else f"{node.sexpr()} : {node.sort().name()}"


def _sorted(node: z3.ExprRef, parts: list[str]) -> list[str]:
    return sorted(parts) if z3.is_app(node) and node.decl().kind() in _UNORDERED else parts


@cache
def digest_of_system(system: System) -> str:
    """The digest of a system: its fields, start and moves, each with guard and changes."""
    found = [*system.state.terms, digest(system.start)]
    for move in system.moves:
        changes = sorted(f"{name} = {digest(term)}" for name, term in move.changes.items())
        found += [move.name, digest(move.guard), *changes]
    return combined(found)
