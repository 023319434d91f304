"""What a family of tests is: one kind of stimulus that no alphabet has, in several doses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rfc5077.properties.adapters.peer import AnyPeer, Role
from rfc5077.properties.suite.families.stage import Stage

NEEDS = {
    "advance": "the clock cannot be set",
    "hint": "the lifetime hint that it was told to give is not known",
    "add_key": "no ticket key can be added",
    "lose_keys": "the ticket keys cannot be taken away",
    "sealing_key": "its ticket key is not known",
    "twin": "there is no second server with the same ticket keys",
    "stranger": "there is no second server with other ticket keys",
    "demanding_twin": "there is no second server with the same ticket keys that demands a certificate",
    "elsewhere": "it cannot be sent to another server",
    "renamed": "it cannot be told another server name",
    "other_suites": "it cannot be told other cipher suites",
    "rotate_keys": "the ticket keys cannot be changed",
    "certificate": "its application does not tell whom it talks to",
    "parallel": "one connection ends the one before",
}
"""Why a test cannot be made where the peer lacks what it needs: controls, callables of the peer, and connections side
by side, which a live target does not have here."""


@dataclass(frozen=True)
class Trial:
    """One test: connections that belong together."""

    text: str
    """What is done, in words."""
    run: Callable[[Stage], None]
    needs: str = ""
    """What the peer must have for it, by its name in `NEEDS`."""

    def lacks(self, peer: AnyPeer) -> str:
        """Why it cannot be made with this peer; empty if it can."""
        if not self.needs:
            return ""
        if self.needs == "parallel":
            return NEEDS[self.needs] if peer.live else ""
        there = getattr(peer, self.needs) if hasattr(peer, self.needs) else getattr(peer.controls, self.needs)
        return NEEDS[self.needs] if there is None else ""


@dataclass(frozen=True)
class Family:
    """Tests of one kind of stimulus for one role."""

    name: str
    role: Role
    text: str
    """The kind of stimulus, in words."""
    tests: tuple[Trial, ...]


def family(name: str, role: Role, text: str, tests: Iterable[Trial]) -> Family:
    """A family of these tests. Raises ValueError if two tests have one name."""
    made = tuple(tests)
    if len({test.text for test in made}) != len(made):
        raise ValueError(f"{name}: two tests have one name")
    return Family(name, role, text, made)
