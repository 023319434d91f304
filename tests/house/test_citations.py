"""A clause id that is written somewhere exists, so that a citation can be followed.

That the catalogue holds every requirement is the matter of `tests/model/test_catalogue.py`.
"""

import re
from pathlib import Path

import pytest
from house.readme import ROOT

from rfc5077.model.clauses import CATALOGUE

CITED = re.compile(r"\bR\d{4}-(?:[\w.]+-\d+|\d\d)[a-z]?\b|\bK-\d\d\b")
IDS = {clause.id for clause in CATALOGUE}
PLACES = ("model", "reference", "properties", "tests")


def files() -> list[Path]:
    """Code, tables and prose of the project."""
    inside = [p for place in PLACES for p in sorted((ROOT / place).rglob("*")) if p.suffix in {".py", ".toml", ".md"}]
    return [*inside, ROOT / "README.md"]


def cited() -> dict[str, list[str]]:
    """Id -> the places that cite it."""
    found: dict[str, list[str]] = {}
    for path in files():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for name in CITED.findall(line):
                found.setdefault(name, []).append(f"{path.relative_to(ROOT)}:{number}")
    return found


def test_every_cited_clause_exists():
    # An id made up on purpose, to show what an unknown one does, has 99 as its number.
    assert {name: places for name, places in cited().items() if name not in IDS and not name.endswith("-99")} == {}


def test_no_two_clauses_share_an_id():
    assert len(IDS) == len(CATALOGUE)


@pytest.mark.parametrize("word", ["R5077-3.3-02", "R5246-7.4.1.3-01", "R8447-01", "K-13"])
def test_ids_are_recognised(word):
    assert CITED.fullmatch(word)
