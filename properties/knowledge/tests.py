"""Which tests exercise a clause: `tests.json`, written by :mod:`rfc5077.properties.knowledge.index`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

from rfc5077.properties.knowledge.shelf import kept

SCHEMA = "rfc5077/tests/1"
CITED, FAULTS, SUITE = "cited", "faults", "suite"
KEPT = {"client": "kept by client", "server": "kept by server"}
BROKEN = {"client": "broken by client", "server": "broken by server"}
KINDS = (CITED, FAULTS, SUITE, *KEPT.values(), *BROKEN.values())
"""What a test may be to a clause: the keys of a clause's entry in the document."""

Facts = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Exercise:
    """What exercises one clause."""

    cited: tuple[str, ...] = ()
    """Tests of the repository that name it: ``file::function``."""
    faults: tuple[str, ...] = ()
    """Declared faults that are found by it, or by one that says the same."""
    suite: tuple[str, ...] = ()
    """The roles whose complete suite puts it at stake."""
    kept: tuple[str, ...] = ()
    """Recordings in which it was at stake and nobody broke it."""
    broken: tuple[str, ...] = ()
    """Recordings in which somebody broke it."""

    def __bool__(self) -> bool:
        return any((self.cited, self.faults, self.suite, self.kept, self.broken))


@cache
def clauses() -> Mapping[str, Facts]:
    """Clause id to the names of what exercises it, by kind."""
    found = cast(dict[str, dict[str, list[str]]], kept("tests").get("clauses", {}))
    return {id: {kind: tuple(names) for kind, names in facts.items()} for id, facts in found.items()}


def exercise(id: str) -> Exercise:
    """What exercises a clause; nothing for an id that no test knows."""
    facts = clauses().get(id, {})
    broken = dict.fromkeys(name for kind in BROKEN.values() for name in facts.get(kind, ()))
    held = dict.fromkeys(name for kind in KEPT.values() for name in facts.get(kind, ()) if name not in broken)
    return Exercise(
        facts.get(CITED, ()), facts.get(FAULTS, ()), facts.get(SUITE, ()), tuple(sorted(held)), tuple(sorted(broken))
    )
