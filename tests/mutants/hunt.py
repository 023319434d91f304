"""Hunting a fault: the complete suite of the probed profile, test by test, then paired runs, until one is found."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.suite.alphabet import Target, machine_of
from rfc5077.properties.suite.complete import complete_suite
from rfc5077.properties.suite.pairs import pair
from rfc5077.properties.suite.play import Manner, play
from rfc5077.properties.suite.probe import probe
from rfc5077.properties.verdict.judge import Finding


@dataclass(frozen=True)
class Quarry:
    """What a hunt came to: what the first connection that had findings shows, and after how many tests (0: probing)."""

    findings: tuple[Finding, ...]
    tests: int


@cache
def suite_of(target: Target, k: int = 0):
    """The tests for a profile, which many peers share."""
    return complete_suite(machine_of(target), k).tests


def rounds(peer: AnyPeer, k: int = 0) -> Iterator[tuple[Finding, ...]]:
    """The findings of probing, of each test of the complete suite, and of the paired runs."""
    probed = probe(peer, set())
    yield probed.findings
    for word in suite_of(probed.target, k):
        yield play(peer, word, set(), Manner()).findings
    yield pair(peer, set()).findings


def hunt(peer: AnyPeer, known: frozenset[str] = frozenset(), k: int = 0) -> Quarry:
    """Runs the suite until a clause is broken that is not among the `known`."""
    done = -1
    for found in rounds(peer, k):
        done += 1
        new = tuple(finding for finding in found if finding.clause.id not in known)
        if new:  # of the first connection that shows anything
            return Quarry(tuple(finding for finding in new if finding.connection == new[0].connection), done)
    return Quarry((), done)
