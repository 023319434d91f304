"""Hunting a fault by what shows it: the complete suite of its profile with paired runs, a story, or a measure."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from mutants.measured import House, Shown
from mutants.measures_client import MEASURES as OF_CLIENTS
from mutants.measures_server import MEASURES as OF_SERVERS
from mutants.measures_tickets import MEASURES as OF_TICKETS
from mutants.stories import STORIES, tell

from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.faults.rows import FULL_ALPHABET, ROWS
from rfc5077.properties.suite.alphabet import Alphabet, Target, machine_of
from rfc5077.properties.suite.complete import complete_suite
from rfc5077.properties.suite.pairs import pair
from rfc5077.properties.suite.play import Manner, play
from rfc5077.properties.suite.probe import probe
from rfc5077.properties.verdict.judge import Finding

MEASURES = OF_SERVERS | OF_TICKETS | OF_CLIENTS
EDITS = {fault.edit().config: fault.edit() for name, fault in FAULTS.items() if name not in MEASURES}
"""For each configuration under which a fault shows to the judge, an edit that brings it."""


@dataclass(frozen=True)
class Quarry:
    """What a hunt came to: what the first connection that had findings shows, and after how many tests (0: probing)."""

    findings: tuple[Finding | Shown, ...]
    tests: int
    means: str = Alphabet.CORE.value
    seconds: float = 0.0


@cache
def suite_of(target: Target, alphabet: Alphabet):
    """The tests for a profile, which many peers share."""
    return complete_suite(machine_of(target, alphabet)).tests


def rounds(peer: AnyPeer, alphabet: Alphabet) -> Iterator[tuple[Finding, ...]]:
    """The findings of probing, of each test of the complete suite, and of the paired runs."""
    probed = probe(peer, set())
    yield probed.findings
    for word in suite_of(probed.target, alphabet):
        yield play(peer, word, set(), Manner()).findings
    yield pair(peer, set()).findings


def hunt(peer: AnyPeer, known: frozenset[str], alphabet: Alphabet) -> Quarry:
    """Runs the suite until a clause is broken that is not among the `known`."""
    done = -1
    for found in rounds(peer, alphabet):
        done += 1
        new = tuple(finding for finding in found if finding.clause.id not in known)
        if new:  # of the first connection that shows anything
            return Quarry(tuple(finding for finding in new if finding.connection == new[0].connection), done)
    return Quarry((), done)


def alphabet_for(name: str) -> Alphabet:
    """The smallest alphabet whose suite finds the fault of this id."""
    row = ROWS.get(name)
    return Alphabet.FULL if row is not None and row.beyond == FULL_ALPHABET else Alphabet.CORE


@cache
def noted(config, alphabet: Alphabet = Alphabet.CORE) -> frozenset[str]:
    """The clauses that the complete suite names for the reference under a configuration."""
    return frozenset(finding.clause.id for found in rounds(EDITS[config].unedited(), alphabet) for finding in found)


@cache
def caught(name: str) -> Quarry:
    """What finds the fault of this id."""
    fault = FAULTS[name]
    alphabet = alphabet_for(name)
    known = frozenset() if name in MEASURES.keys() | STORIES.keys() else noted(fault.edit().config, alphabet)
    begun = time.perf_counter()
    if name in MEASURES:
        quarry = Quarry(tuple(MEASURES[name](House(fault))), 1, "measure")
    elif name in STORIES:
        quarry = Quarry(tell(fault.make(), STORIES[name]), 1, "story")
    else:
        quarry = replace(hunt(fault.make(), known, alphabet), means=alphabet.value)
    return Quarry(quarry.findings, quarry.tests, quarry.means, time.perf_counter() - begun)
