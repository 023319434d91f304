"""All families, in the order in which they are played, and the playing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rfc5077.model.run.monitor import Track
from rfc5077.properties.adapters.peer import AnyPeer, Role
from rfc5077.properties.suite.families.client_answers import CLIENT_ANSWERS
from rfc5077.properties.suite.families.client_honest import CLIENT_HONEST
from rfc5077.properties.suite.families.client_messages import CLIENT_LEFT_BEHIND, CLIENT_MESSAGES
from rfc5077.properties.suite.families.client_offers import CLIENT_LOOKS, CLIENT_SERVERS
from rfc5077.properties.suite.families.client_records import CLIENT_RECORDS
from rfc5077.properties.suite.families.client_tickets import CLIENT_CLOCK, CLIENT_TICKETS
from rfc5077.properties.suite.families.clock import CLOCK
from rfc5077.properties.suite.families.context import CONTEXT
from rfc5077.properties.suite.families.family import Family, Trial
from rfc5077.properties.suite.families.honest import HONEST
from rfc5077.properties.suite.families.ids import IDS
from rfc5077.properties.suite.families.keys import KEYS, SERVERS
from rfc5077.properties.suite.families.looks import LOOKS
from rfc5077.properties.suite.families.order import LEFT_BEHIND, ORDER
from rfc5077.properties.suite.families.records import RECORDS
from rfc5077.properties.suite.families.stage import Stage
from rfc5077.properties.suite.families.tickets import TICKETS
from rfc5077.properties.verdict.finding import Finding

FAMILIES: tuple[Family, ...] = (
    HONEST, IDS, ORDER, LEFT_BEHIND, CONTEXT, LOOKS, SERVERS, KEYS, CLOCK, RECORDS, TICKETS,
    CLIENT_LOOKS, CLIENT_HONEST, CLIENT_MESSAGES, CLIENT_LEFT_BEHIND, CLIENT_ANSWERS, CLIENT_SERVERS, CLIENT_TICKETS,
    CLIENT_CLOCK, CLIENT_RECORDS,
)  # fmt: skip
"""Those of servers, then those of clients."""


@dataclass(frozen=True)
class Ran:
    """One test, and what came of it."""

    test: Trial
    findings: tuple[Finding, ...] = ()
    connections: int = 0
    missed: str = ""
    """Why it could not be made; empty if it was."""


@dataclass(frozen=True)
class FamilyRun:
    """A family played with one peer."""

    family: Family
    tests: tuple[Ran, ...]

    @property
    def made(self) -> int:
        """How many tests were made."""
        return sum(not ran.missed for ran in self.tests)

    @property
    def connections(self) -> int:
        """How many connections they took."""
        return sum(ran.connections for ran in self.tests)

    @property
    def missing(self) -> tuple[str, ...]:
        """Why the other tests were not made, each reason once."""
        return tuple(dict.fromkeys(ran.missed for ran in self.tests if ran.missed))


def families_of(role: Role) -> tuple[Family, ...]:
    """The families of one role."""
    return tuple(family for family in FAMILIES if family.role == role)


def run_test(test: Trial, peer: AnyPeer, places: set[Track], seed: int = 0) -> Ran:
    """Plays one test; what it turned at the peer is turned back.  Raises `HarnessError` if the peer fails."""
    lacking = test.lacks(peer)
    if lacking:
        return Ran(test, missed=lacking)
    stage = Stage(peer, places, seed)
    if not stage.reset():
        return Ran(test, missed="the client could not be made to forget its session")
    try:
        test.run(stage)
    finally:
        stage.restore()
    return Ran(test, stage.findings, stage.connections, stage.missed)


def run_families(
    peer: AnyPeer, places: set[Track], seed: int = 0, tell: Callable[[Ran], None] | None = None
) -> tuple[FamilyRun, ...]:
    """Plays every family of the peer's role; adds to ``places`` where the peer stood.

    :param tell: told of each test that is done.
    :raises HarnessError: if the peer fails.
    """
    done = []
    for family in families_of(peer.role):
        tests = []
        for test in family.tests:
            tests.append(run_test(test, peer, places, seed))
            if tell is not None:
                tell(tests[-1])
        done.append(FamilyRun(family, tuple(tests)))
    return tuple(done)
