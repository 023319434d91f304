"""Hunting a fault by the part of the suite that shows it: the complete one of its profile with paired runs, over one
alphabet or the other, or a family of tests beyond the alphabets; or by a test of its own."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from mutants.alone import ALONE

from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.faults.rows import FAMILY_OF, ROWS
from rfc5077.properties.suite.alphabet import Target, machine_of
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.complete import complete_suite
from rfc5077.properties.suite.families.catalogue import families_of, run_test
from rfc5077.properties.suite.families.family import Trial
from rfc5077.properties.suite.pairs import pair
from rfc5077.properties.suite.play import Manner, play
from rfc5077.properties.suite.probe import probe
from rfc5077.properties.verdict.finding import Finding

OWN = "a test of its own"
EDITS = {fault.edit().config: fault.edit() for name, fault in FAULTS.items() if name not in FAMILY_OF.keys() | ALONE}
"""For each configuration under which a fault shows over an alphabet, an edit that brings it."""


@dataclass(frozen=True)
class Quarry:
    """What a hunt came to: what the first connection that had findings shows, and after how many tests (0: probing)."""

    findings: tuple[Finding, ...]
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


def played(peer: AnyPeer, tests: Iterable[Trial]) -> Iterator[tuple[Finding, ...]]:
    """Nothing of probing, then the findings of each of these tests."""
    yield ()
    for test in tests:
        yield run_test(test, peer, set()).findings


def its_tests(name: str) -> tuple[Trial, ...]:
    """The tests of the family that shows the fault of this id, or its own; none where an alphabet does."""
    if name in ALONE:
        return (ALONE[name],)
    fault, family = FAULTS[name], FAMILY_OF.get(name)
    return next((one.tests for one in families_of(fault.role) if one.name == family), ())


def hunt(found: Iterator[tuple[Finding, ...]], known: frozenset[str]) -> Quarry:
    """Goes on until a clause is broken that is not among the `known`."""
    done = -1
    for findings in found:
        done += 1
        new = tuple(finding for finding in findings if finding.clause.id not in known)
        if new:  # of the first connection that shows anything
            return Quarry(tuple(finding for finding in new if finding.connection == new[0].connection), done)
    return Quarry((), done)


def alphabet_for(name: str) -> Alphabet:
    """The smallest alphabet whose suite finds the fault of this id."""
    row = ROWS.get(name)
    return Alphabet.FULL if row is not None and row.full else Alphabet.CORE


@cache
def noted(config, alphabet: Alphabet = Alphabet.CORE) -> frozenset[str]:
    """The clauses that the complete suite names for the reference under a configuration."""
    return frozenset(finding.clause.id for found in rounds(EDITS[config].unedited(), alphabet) for finding in found)


@cache
def caught(name: str) -> Quarry:
    """What finds the fault of this id."""
    fault, tests, alphabet = FAULTS[name], its_tests(name), alphabet_for(name)
    known = frozenset() if tests else noted(fault.edit().config, alphabet)
    begun = time.perf_counter()
    if tests:
        means = OWN if name in ALONE else FAMILY_OF[name]
        quarry = replace(hunt(played(fault.make(), tests), known), means=means)
    else:
        quarry = replace(hunt(rounds(fault.make(), alphabet), known), means=alphabet.value)
    return replace(quarry, seconds=time.perf_counter() - begun)
