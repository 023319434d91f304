"""A module fits in 400 lines and a function on a screen; a table may be longer, for a reason given here."""

import ast

import pytest
from house.readme import ROOT

MODULE_LINES = 400
FUNCTION_LINES = 60
LONGER: dict[str, str] = {}  # module or module::function -> the reason why it is longer

MODULES = [p for f in ("model", "reference", "properties") for p in sorted((ROOT / f).rglob("*.py"))]


def oversized() -> dict[str, int]:
    """What exceeds its limit, with its number of lines."""
    found = {}
    for path in MODULES:
        name, text = str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        if (lines := len(text.splitlines())) > MODULE_LINES:
            found[name] = lines
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    found[f"{name}::{node.name}"] = length
    return found


def test_modules_and_functions_fit():
    assert {name: lines for name, lines in oversized().items() if name not in LONGER} == {}


def test_every_exception_is_still_needed():
    assert set(LONGER) - set(oversized()) == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_says_its_purpose(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) or not tree.body, f"{path.name} has no docstring"
