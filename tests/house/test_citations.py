"""A clause id that is written somewhere exists, so that a citation can be followed.

`inventory.txt` lists the ids of all requirements; the catalogue holds those of sections 3.1 to 3.4 and what goes with
them, and grows towards the list.
"""

import re
from pathlib import Path

import pytest
from house.readme import ROOT

from rfc5077.model.clauses import CATALOGUE

CITED = re.compile(r"\bR\d{4}-[\w.]+-\d+[a-z]?\b|\bK-\d\d\b")
IDS = {clause.id for clause in CATALOGUE}
INVENTORY = set((ROOT / "tests" / "house" / "inventory.txt").read_text(encoding="utf-8").split("\n")[1:-1])
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
    known = IDS | INVENTORY
    assert {name: places for name, places in cited().items() if name not in known and not name.endswith("-99")} == {}


def test_every_clause_is_in_the_inventory():
    # A letter behind the number marks the other party's half of a requirement.
    assert {name for name in IDS if name.rstrip("abcdefgh") not in INVENTORY} == set()


def test_the_core_sections_are_in_the_catalogue_entirely():
    core = {name for name in INVENTORY if re.match(r"R5077-3\.[1-4]-", name)}
    assert core - IDS == set()


def test_no_two_clauses_share_an_id():
    assert len(IDS) == len(CATALOGUE)


@pytest.mark.parametrize("word", ["R5077-3.3-02", "R5246-7.4.1.3-01", "K-13"])
def test_ids_are_recognised(word):
    assert CITED.fullmatch(word)
