"""Deviations of foreign stacks that are known: each is demanded where it is met, and anything else is a failure."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).with_name("expectations.toml")


@dataclass(frozen=True)
class Deviation:
    """One entry of expectations.toml; see there."""

    stack: str
    role: str
    version: str
    clauses: tuple[str, ...]
    section: str
    reason: str

    def covers(self, version: str) -> bool:
        """Whether it was seen with this version, or one of the same series."""
        return version == self.version or version.startswith((f"{self.version}.", f"{self.version},"))


def load(text: str | None = None) -> tuple[Deviation, ...]:
    """The entries of expectations.toml, or of a text of its form. TypeError if a field is missing or unknown."""
    entries: list[dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8") if text is None else text)[
        "deviation"
    ]
    return tuple(Deviation(**{**entry, "clauses": tuple(entry["clauses"])}) for entry in entries)


def known(stack: str, role: str, version: str, clause: str) -> Deviation | None:
    """The entry for this clause, if there is one."""
    fitting = (d for d in load() if (d.stack, d.role) == (stack, role) and clause in d.clauses and d.covers(version))
    return next(fitting, None)


def judge(stack: str, role: str, version: str, clause: str, kept: bool, seen: object) -> None:
    """Fails unless the stack kept to the clause, or is known not to. `seen` goes into the message.

    It fails as well if the stack is known not to, and does: then the entry has to go.
    """
    deviation = known(stack, role, version, clause)
    who = f"{stack} {version} as {role}"
    if deviation is None and not kept:
        pytest.fail(f"{who} breaks {clause}: {seen}", pytrace=False)
    if deviation is not None and kept:
        pytest.fail(f"{who} keeps to {clause} now: take it out of {FILE.name}", pytrace=False)
