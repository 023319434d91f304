"""Words that have no place here: unfinished work, tests that do not run, paths of one machine, hidden errors."""

import ast
import re
import subprocess

import pytest
from house.readme import ROOT

# A class of one letter keeps a pattern from matching itself.
UNFINISHED = r"\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K])\b"
NOT_RUN = r"pytest\.(?:skip|importorskip|xfail)|mark\.(?:skip|skipif|xfail)\b|unittest\.skip"
PLACES = r"/(?:root|home|work|Users)/|(?<![\w.])/t[m]p/|pythonh[o]sted|pyp[i]\.org"
TEXT = {".py", ".pyi", ".md", ".toml", ".sh", ".txt", ".json", ".jsonl", ".yml", ".yaml", ""}


def texts() -> list[str]:
    """Tracked text files, relative to the root."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [ROOT / name for name in listed.stdout.splitlines() if name != "LICENSE"]
    return [str(p.relative_to(ROOT)) for p in files if p.suffix in TEXT and p.is_file() and not p.is_symlink()]


def hits(pattern: str, suffixes: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name in texts()
        if not suffixes or name.endswith(suffixes)
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]


@pytest.mark.parametrize(
    ("pattern", "suffixes"),
    [(UNFINISHED, ()), (NOT_RUN, (".py",)), (PLACES, ())],
    ids=["unfinished work", "a test that does not run", "a place on one machine"],
)
def test_nothing_of_the_kind_is_written(pattern, suffixes):
    assert hits(pattern, suffixes) == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (UNFINISHED, "# TO" "DO later"),
        (NOT_RUN, "@pytest.mark." "skipif(True)"),
        (PLACES, "open('/ro" "ot/x')"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern, line):
    assert re.search(pattern, line)


def swallows(code: str) -> list[int]:
    """Lines of handlers that take any exception and do not raise it again after cleaning up."""
    broad = {"Exception", "BaseException"}
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ExceptHandler):
            names = set() if node.type is None else {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)}
            last = node.body[-1]
            again = isinstance(last, ast.Raise) and last.exc is None
            if (node.type is None or names & broad) and not again:
                found.append(node.lineno)
    return found


def test_nothing_catches_whatever_comes():
    code = {name: (ROOT / name).read_text(encoding="utf-8") for name in texts() if name.endswith(".py")}
    assert {name: lines for name, text in code.items() if (lines := swallows(text))} == {}


@pytest.mark.parametrize(
    ("handler", "lines"),
    [
        ("except Exception:\n    pass", [3]),
        ("except (ValueError, BaseException) as e:\n    print(e)", [3]),
        ("except:\n    raise ValueError", [3]),
        ("except BaseException:\n    close()\n    raise", []),
        ("except ValueError:\n    pass", []),
    ],
)
def test_a_catch_all_is_recognised(handler, lines):
    assert swallows(f"try:\n    f()\n{handler}\n") == lines


def test_one_place_alone_turns_a_usage_error_into_an_exit_code():
    handlers = hits(r"except .*\bUsageError\b", (".py",))
    goes_on = "properties/cli/reread.py"  # a server tells it, and serves
    assert [h.split(":")[0] for h in handlers if not h.startswith(goes_on)] == ["properties/cli/main.py"]
