"""Mutants of a module: each place at which one of the operators applies, once. Our own pass over the AST.

Left alone: docstrings, annotations, decorators, type aliases, what an error says, what `repr` shows, local names left
without a value (their readers stumble), guards that raise `internal`: no input reaches those, edited tables may.
"""

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

COMPARED = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,), ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
}  # fmt: skip
COMPUTED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult}
FALSY = {"bytes": "b''", "tuple": "()", "int": "0"}
OPERATORS = {
    "comparison flipped": "== to !=, < to <= and to >=, in to not in, and so on",
    "condition negated": "of if, while, a conditional expression, a comprehension, where it is no comparison",
    "condition taken for true or false": "of if and of a conditional expression",
    "and/or swapped": "`and` to `or`, `or` to `and`",
    "operand left out": "one of an `and` or an `or`",
    "statement left out": "an assignment to a field, a call, a raise: `pass` in its place",
    "constant off by one": "an integer, one more and one less; True and False exchanged",
    "arithmetic exchanged": "+ to -, * to //, % to *, and back",
    "return replaced": "by None, the opposite, no octets, nothing, or zero, where the annotation has such a value",
    "element left out": "of data: a row of a table, a step of a flight",
}
"""What is done, and to what."""


@dataclass(frozen=True)
class Mutant:
    """One place changed by one operator; `unit` is the function or constant it is in."""

    module: str
    unit: str
    operator: str
    line: int
    before: str
    after: str
    key: str
    """A hash of module, unit, and the unit's text before and after: after an edit, what was known is of no use."""
    source: str


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """All mutants of a module, no two alike."""
    tree, seen = ast.parse(source), set()
    for name, unit in units(tree):
        original = ast.unparse(unit)
        for owner, field, place, node in places(unit):
            for operator, change in changes(owner, field, node, unit):
                before, fields = ast.unparse(node), dict(vars(owner))
                put(owner, field, place, change)
                changed = ast.unparse(unit)
                key = hashlib.sha256("\0".join((module, name, original, changed)).encode()).hexdigest()[:16]
                if changed != original and key not in seen:
                    seen.add(key)
                    after = "" if change is None else ast.unparse(change)
                    yield Mutant(module, name, operator, node.lineno, before, after, key, ast.unparse(tree))
                vars(owner).update(fields)


def units(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Functions, methods and data, each with its name."""
    for statement in tree.body:
        within = f"{statement.name}." if isinstance(statement, ast.ClassDef) else ""
        for item in statement.body if isinstance(statement, ast.ClassDef) else [statement]:
            if isinstance(item, ast.FunctionDef):
                yield within + item.name, item
            elif isinstance(item, ast.Assign | ast.AnnAssign) and item.value is not None:
                name = ast.unparse(item.targets[0] if isinstance(item, ast.Assign) else item.target)
                if within or name.isupper():
                    yield within + name, item


def places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Every node below this one, with where it stands."""
    for field, value in list(ast.iter_fields(node)):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        for place, child in list(enumerate(value)) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.expr | ast.stmt | ast.keyword | ast.comprehension | ast.match_case) and not (
                isinstance(child, ast.keyword) and child.arg == "repr"
            ) and not is_internal(child):  # fmt: skip
                yield node, field, place, child
                if not isinstance(child, ast.Raise | ast.JoinedStr):
                    yield from places(child)


def is_internal(node: ast.AST) -> bool:
    """Whether it is a guard, or the end of one, that says that a handler has nothing to work with."""
    body = node.body[0] if isinstance(node, ast.If) and not node.orelse else node
    return isinstance(body, ast.Raise) and ast.unparse(body).startswith("raise internal(")


def put(owner: ast.AST, field: str, place: int | None, change: ast.AST | None) -> None:
    """Sets what stands at a place; None takes it out. Lists are replaced, never changed."""
    for name in ("keys", "values") if change is None and isinstance(owner, ast.Dict) else (field,):
        value = getattr(owner, name)
        new = [] if change is None else [change]
        setattr(owner, name, change if place is None else [*value[:place], *new, *value[place + 1 :]])


def changes(owner: ast.AST, field: str, node: ast.AST, unit: ast.stmt) -> Iterator[tuple[str, ast.AST | None]]:
    """What each operator makes of a node."""
    if isinstance(node, ast.Compare):
        for other in COMPARED[type(node.ops[0])]:
            yield "comparison flipped", ast.Compare(node.left, [other(), *node.ops[1:]], node.comparators)
        if len(node.ops) > 1:
            for other in COMPARED[type(node.ops[1])]:
                yield "comparison flipped", ast.Compare(node.left, [node.ops[0], other()], node.comparators)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "condition negated", node.operand
    elif field in ("test", "ifs", "guard"):
        yield "condition negated", ast.UnaryOp(ast.Not(), node)
    if field == "test" and isinstance(owner, ast.If | ast.IfExp):
        yield from (("condition taken for true or false", ast.Constant(value)) for value in (True, False))
    if isinstance(node, ast.BoolOp):
        yield "and/or swapped", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for value in node.values:
            rest = [other for other in node.values if other is not value]
            yield "operand left out", rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    stored = isinstance(node, ast.Assign | ast.AugAssign) and "." in ast.unparse(node).split("=")[0]
    if stored or isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield "statement left out", ast.copy_location(ast.Pass(), node)
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        others = (not node.value,) if isinstance(node.value, bool) else (node.value + 1, node.value - 1)
        yield from (("constant off by one", ast.Constant(other)) for other in others)
    if isinstance(node, ast.BinOp) and type(node.op) in COMPUTED:
        yield "arithmetic exchanged", ast.BinOp(node.left, COMPUTED[type(node.op)](), node.right)
    if isinstance(owner, ast.Return) and isinstance(unit, ast.FunctionDef) and unit.returns is not None:
        yield from (("return replaced", value) for value in blank(ast.unparse(unit.returns), node))
    steps = isinstance(owner, ast.Tuple) and len(owner.elts) > 1 and not isinstance(unit, ast.FunctionDef)
    if (steps and not isinstance(node, ast.Constant)) or (isinstance(owner, ast.Dict) and field == "keys"):
        yield "element left out", None


def blank(returns: str, value: ast.AST) -> Iterator[ast.AST]:
    """What may be returned as well, by the annotation."""
    if returns.endswith("| None"):
        yield ast.Constant(None)
    if returns == "bool":
        yield ast.UnaryOp(ast.Not(), value)
    if returns.split("[")[0] in FALSY:
        yield ast.parse(FALSY[returns.split("[")[0]], mode="eval").body
