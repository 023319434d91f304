"""Which tests of the repository name which clauses: read from their source, nothing is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

CITED = re.compile(r"\b(?:R\d{4}-(?:[\w.]+-\d+|\d\d)[a-z]?|K-\d\d)\b")
"""A clause's id."""

_Test = ast.FunctionDef | ast.AsyncFunctionDef


def citations(path: Path) -> dict[str, frozenset[str]]:
    """Name of a test function to the ids that stand in it, in its decorators, or in the tables that these name."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    tables = {name: node for node in tree.body for name in _assigned(node)}
    found: dict[str, frozenset[str]] = {}
    for node in tree.body:
        if isinstance(node, _Test) and node.name.startswith("test_"):
            named = _named(node.decorator_list) & tables.keys()
            parts = [node, *node.decorator_list, *(tables[name] for name in sorted(named))]
            ids = {id for part in parts for id in CITED.findall(ast.get_source_segment(text, part) or "")}
            if ids:
                found[node.name] = frozenset(ids)
    return found


def _assigned(node: ast.stmt) -> Iterator[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return (target.id for target in targets if isinstance(target, ast.Name))


def _named(nodes: list[ast.expr]) -> set[str]:
    return {inner.id for node in nodes for inner in ast.walk(node) if isinstance(inner, ast.Name)}
