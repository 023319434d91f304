"""How real stacks were seen to behave: `stacks.json`, written by :mod:`rfc5077.properties.knowledge.index`.

What was recorded can be judged again; what was seen by hand stands for the version that is named, and no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypedDict, cast

from rfc5077.properties.knowledge.shelf import kept

SCHEMA = "rfc5077/stacks/1"
BY_HAND = "seen by hand"
"""The source of what no recording shows."""


class Row(TypedDict):
    """An observation as the document holds it; ``from`` is a name, its digest stands once in the document."""

    stack: str
    version: str
    role: str
    verdict: str
    saw: str
    sources: list[str]


@dataclass(frozen=True)
class Source:
    """Where an observation comes from: a file of the repository and the digest of its contents, or nothing kept."""

    name: str
    digest: str | None


@dataclass(frozen=True)
class Observation:
    """What one version of a stack did about one clause."""

    stack: str
    version: str
    role: str
    """``client`` or ``server``."""
    verdict: str
    """``conformant``, ``violation``, ``advice`` or ``note``."""
    saw: str
    """What was seen, in a sentence."""
    sources: tuple[Source, ...]


@cache
def _document() -> tuple[dict[str, str], dict[str, list[Row]]]:
    found = kept("stacks")
    return cast(dict[str, str], found.get("sources", {})), cast(dict[str, list[Row]], found.get("clauses", {}))


def observations(id: str) -> tuple[Observation, ...]:
    """What stacks did about a clause, what is grave first."""
    digests, rows = _document()
    return tuple(
        Observation(
            row["stack"], row["version"], row["role"], row["verdict"], row["saw"],
            tuple(Source(name, digests.get(name)) for name in row["sources"]),
        )
        for row in rows.get(id, [])
    )  # fmt: skip
