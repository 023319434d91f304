"""Every declared fault is found, by the clause it names, as the first finding; the unedited reference has none.

A fault that the core alphabet can show is hunted by the complete suite of its profile, the others by a story, and what
no judge of one client and one server can see by a measure.
"""

from functools import cache
from statistics import mean

import pytest
from mutants.hunt import Quarry, hunt, rounds
from mutants.measured import House
from mutants.measures_server import MEASURES
from mutants.stories import STORIES, tell

from rfc5077.model.clauses import BY_ID, family
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.faults.fault import Fault
from rfc5077.properties.knowledge.necessity import kept

INTERNAL_ERROR = 80
EDITS = {fault.edit().config: fault.edit() for name, fault in FAULTS.items() if name not in MEASURES}
"""For each configuration under which a fault shows, an edit that brings it."""


def permitted(ids: tuple[str, ...]) -> set[str]:
    """These clauses and those that say the same."""
    return {*ids, *(same.id for name in ids if name in BY_ID for same in family(BY_ID[name]))}


@cache
def noted(config) -> frozenset[str]:
    """The clauses that the complete suite names for the reference under a configuration."""
    return frozenset(finding.clause.id for found in rounds(EDITS[config].unedited()) for finding in found)


@cache
def caught(name: str) -> Quarry:
    """What finds the fault of this id."""
    fault = FAULTS[name]
    if name in MEASURES:
        return Quarry(tuple(MEASURES[name](House(fault))), 1)
    if name in STORIES:
        return Quarry(tell(fault.make(), STORIES[name]), 1)
    return hunt(fault.make(), noted(fault.edit().config))


@pytest.mark.parametrize("config", EDITS, ids=lambda config: config.__name__)
def test_the_unedited_reference_breaks_nothing(config):
    assert {BY_ID[name].verdict.value for name in noted(config)} <= {"note"}


@pytest.mark.parametrize("name", STORIES)
def test_the_unedited_reference_goes_through_a_story_with_a_note_at_most(name):
    found = tell(FAULTS[name].edit().unedited(), STORIES[name])
    assert {finding.verdict for finding in found} <= {"note"}


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_shows_nothing_of_the_unedited_reference(name):
    assert MEASURES[name](House(FAULTS[name], faulty=False)) == []


@pytest.mark.parametrize("row", [row for row in kept() if row.fault], ids=lambda row: row.ids[0])
def test_a_class_that_protects_something_outside_the_model_is_what_its_fault_dies_by(row):
    assert caught(row.fault).findings[0].clause.id in row.ids


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.id)
def test_a_fault_is_found_by_its_clause(fault: Fault):
    quarry = caught(fault.id)
    assert quarry.findings, f"{fault.text} Not found in {quarry.tests} tests."
    first = quarry.findings[0]
    assert first.clause.id in permitted(fault.clauses), first.why
    assert len(quarry.findings) <= 3, [finding.clause.id for finding in quarry.findings]
    assert (first.verdict, first.party.name.lower()) == (fault.verdict, fault.role)


def test_no_fault_is_a_crash():
    alerts = [finding.got.alert_description for name in FAULTS for finding in caught(name).findings
              if finding.got is not None]
    assert INTERNAL_ERROR not in alerts


def test_there_are_enough_faults_of_each_role():
    roles = [fault.role for fault in FAULTS.values()]
    assert (roles.count("server") >= 40, roles.count("client") >= 30) == (True, True)


def test_every_clause_that_a_fault_names_exists():
    named = {clause for fault in FAULTS.values() for clause in fault.clauses}
    assert named - BY_ID.keys() == set()


def test_every_fault_says_what_it_does():
    texts = [(fault.role, fault.text) for fault in FAULTS.values()]
    assert len(set(texts)) == len(texts)
    assert all(text.endswith(".") for _, text in texts)


def test_every_story_and_every_measure_is_of_a_fault():
    assert (STORIES.keys() | MEASURES.keys()) - FAULTS.keys() == set()
    assert STORIES.keys() & MEASURES.keys() == set()


def test_how_fast_faults_are_found(record_property, capsys):
    quarries = [caught(name) for name in FAULTS if name not in STORIES.keys() | MEASURES.keys()]
    figures = {
        "faults found by the complete suite": len(quarries),
        "tests until found, mean": round(mean(quarry.tests for quarry in quarries), 1),
        "tests until found, most": max(quarry.tests for quarry in quarries),
        "findings of the test that finds, mean": round(mean(len(quarry.findings) for quarry in quarries), 2),
    }
    for name, value in figures.items():
        record_property(name, value)
    with capsys.disabled():
        print("", *(f"{name}: {value}" for name, value in figures.items()), sep="\n  ")
    assert all(quarry.findings for quarry in quarries)
