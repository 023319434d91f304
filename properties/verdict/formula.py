"""Formulas of the model in words, for people who do not read SMT-LIB."""

from __future__ import annotations

from collections.abc import Iterator

import z3

NEVER, ALWAYS = "never", "always"
_SIGNS = {
    z3.Z3_OP_LE: "<=", z3.Z3_OP_GE: ">=", z3.Z3_OP_LT: "<", z3.Z3_OP_GT: ">", z3.Z3_OP_ADD: "+", z3.Z3_OP_SUB: "-",
}  # fmt: skip


def said(formula: z3.ExprRef) -> str:
    """A formula as a sentence without its full stop: ``if A and B, then not C``."""
    if z3.is_false(formula):
        return NEVER
    if z3.is_true(formula):
        return ALWAYS
    return _words(formula, False)


def _kind(expression: z3.ExprRef) -> int:
    return expression.decl().kind()


def _parts(expression: z3.ExprRef, kind: int) -> Iterator[z3.ExprRef]:
    """The operands, those of nested operators of the same kind among them, each once."""
    for part in expression.children():
        if _kind(part) == kind:
            yield from _parts(part, kind)
        else:
            yield part


def _words(expression: z3.ExprRef, inside: bool) -> str:
    """In words; in brackets where it stands inside something else and would be misread."""
    kind, parts = _kind(expression), expression.children()
    if kind == z3.Z3_OP_AND:
        parts = list(_parts(expression, kind))
        rules = not inside and any(_kind(part) == z3.Z3_OP_IMPLIES for part in parts)
        return _joined([_words(part, not rules) for part in parts], "; " if rules else " and ", inside)
    if kind == z3.Z3_OP_OR:
        return _joined(_alternatives(expression), " or ", inside)
    if kind == z3.Z3_OP_IMPLIES:
        return _bracketed(f"if {_words(parts[0], False)}, then {_words(parts[1], False)}", inside)
    if kind == z3.Z3_OP_NOT:
        return _denied(parts[0])
    if kind == z3.Z3_OP_EQ and z3.is_bool(parts[0]):
        return _bracketed(f"{_words(parts[0], True)} exactly if {_words(parts[1], True)}", inside)
    if kind in (z3.Z3_OP_EQ, z3.Z3_OP_DISTINCT):
        return f"{_name(parts[0])} {'is' if kind == z3.Z3_OP_EQ else 'is not'} {_name(parts[1])}"
    if kind in _SIGNS:
        return f" {_SIGNS[kind]} ".join(_name(part) for part in parts)
    if kind == z3.Z3_OP_ITE:
        condition, then, otherwise = (_words(part, True) for part in parts)
        return f"({then} where {condition}, else {otherwise})"
    if kind == z3.Z3_OP_UMINUS:
        return f"-{_bracketed(_name(parts[0]), bool(parts[0].children()))}"
    return " ".join(str(expression).split()) if parts else _name(expression)


def _alternatives(expression: z3.ExprRef) -> list[str]:
    """What stands beside each other; several values of one term become one part."""
    told: dict[str, list[str]] = {}
    for part in _parts(expression, z3.Z3_OP_OR):
        both = part.children()
        plain = _kind(part) == z3.Z3_OP_EQ and not both[0].children() and not both[1].children()
        head, value = (f"{_name(both[0])} is ", _name(both[1])) if plain else (_words(part, True), "")
        if value not in told.setdefault(head, []):
            told[head].append(value)
    return [f"{head}{values[0] if len(values) == 1 else _one_of(values)}" for head, values in told.items()]


def _one_of(values: list[str]) -> str:
    return f"one of ({', '.join(values)})"


def _denied(expression: z3.ExprRef) -> str:
    if _kind(expression) == z3.Z3_OP_EQ and not z3.is_bool(expression.arg(0)):
        one, other = expression.children()
        return f"{_name(one)} is not {_name(other)}"
    if _kind(expression) == z3.Z3_OP_OR:
        return " and ".join(f"not {part}" for part in _alternatives(expression))
    return f"not {_words(expression, True)}"


def _joined(parts: list[str], word: str, inside: bool) -> str:
    unique = list(dict.fromkeys(parts))
    return unique[0] if len(unique) == 1 else _bracketed(word.join(unique), inside)


def _bracketed(text: str, inside: bool) -> str:
    return f"({text})" if inside else text


def _name(expression: z3.ExprRef) -> str:
    """A constant, a variable or an arithmetical term; values of enums without the name of their sort."""
    if expression.children():
        return _words(expression, True)
    text = str(expression)
    return text.rpartition(".")[2] if _kind(expression) == z3.Z3_OP_DT_CONSTRUCTOR else text
