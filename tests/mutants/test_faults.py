"""Every declared fault is found, by the clause it names, as the first finding; the unedited reference has none.

A fault that the core or the full alphabet can show is hunted by the complete suite of its profile, the others by a
family of tests beyond the alphabets; three, for which the suite has its reasons not to look, by tests of their own.
"""

from statistics import mean

import pytest
from mutants.alone import ALONE
from mutants.hunt import EDITS, OWN, caught, its_tests, noted, played
from mutants.runs import refute

from rfc5077.model.clauses import BY_ID, family
from rfc5077.properties.faults import FAULTS, rows
from rfc5077.properties.faults.fault import Fault, ServerEdit
from rfc5077.properties.faults.rows import FAMILY_OF, ROWS
from rfc5077.properties.knowledge.necessity import kept
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.families.catalogue import FAMILIES

INTERNAL_ERROR = 80
WIDER = {FAULTS[name].edit().config for name, row in ROWS.items() if row.full}
BEYOND = {(FAULTS[name].role, family, FAULTS[name].edit().config): name for name, family in FAMILY_OF.items()}
"""For each family and each configuration under which it shows a fault, one such fault."""


def permitted(ids: tuple[str, ...]) -> set[str]:
    """These clauses and those that say the same."""
    return {*ids, *(same.id for name in ids if name in BY_ID for same in family(BY_ID[name]))}


@pytest.mark.parametrize("config", EDITS, ids=lambda config: config.__name__)
def test_the_unedited_reference_breaks_nothing(config):
    assert {BY_ID[name].verdict.value for name in noted(config)} <= {"note"}


@pytest.mark.parametrize("config", WIDER, ids=lambda config: config.__name__)
def test_the_unedited_reference_breaks_nothing_over_the_full_alphabet(config):
    assert {BY_ID[name].verdict.value for name in noted(config, Alphabet.FULL)} <= {"note"}


@pytest.mark.parametrize("name", [*BEYOND.values(), *ALONE])
def test_the_unedited_reference_breaks_nothing_beyond_the_alphabets(name):
    peer = FAULTS[name].edit().unedited()
    assert [finding.why for found in played(peer, its_tests(name)) for finding in found] == []


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


@pytest.mark.parametrize("name", ["S-41", "S-66", "S-83", "C-42"])
def test_the_hypothesis_machine_finds_what_takes_many_connections_or_records(name):
    # What Hypothesis draws differs with what is imported; it stops at the first that is found.
    assert refute(FAULTS[name], examples=2000).found


def test_the_hypothesis_machine_refutes_no_fault_that_is_none():
    harmless = Fault("S-00", "Is the reference.", (), "note", ServerEdit)
    assert not refute(harmless, examples=10).found


def test_two_hundred_faults_count():
    assert len([row for row in ROWS.values() if not row.unbuilt and not row.honest_fails]) >= 200


def test_every_row_that_is_owed_is_built_or_explained():
    assert len(ROWS) == 212
    assert {name for name, row in ROWS.items() if not row.unbuilt} == ROWS.keys() & FAULTS.keys()


def test_every_fault_has_the_verdict_that_is_owed():
    differing = {name for name in ROWS.keys() & FAULTS.keys() if FAULTS[name].verdict != ROWS[name].verdict}
    assert differing == set()


def test_what_the_suite_leaves_out_is_said_with_the_reason():
    assert rows.ALONE.keys() == ALONE.keys()
    assert not ALONE.keys() & FAMILY_OF.keys()


def test_every_family_that_a_row_names_is_played():
    named = {(FAULTS[name].role, family) for name, family in FAMILY_OF.items()}
    assert named <= {(one.role, one.name) for one in FAMILIES}


def test_every_clause_that_a_fault_names_exists():
    named = {clause for fault in FAULTS.values() for clause in fault.clauses}
    assert named - BY_ID.keys() == set()


def test_every_fault_says_what_it_does():
    texts = [(fault.role, fault.text) for fault in FAULTS.values()]
    assert len(set(texts)) == len(texts)
    assert all(text.endswith(".") for _, text in texts)


def test_how_faults_are_found(record_property, capsys):
    quarries = [caught(name) for name in FAULTS]
    means = [quarry.means for quarry in quarries]
    of_suite = [quarry for quarry in quarries if quarry.means != OWN]
    figures = {
        "faults found by the complete suite over the core alphabet": means.count(Alphabet.CORE),
        "faults found by that over the full alphabet": means.count(Alphabet.FULL),
        "faults found by families of tests beyond the alphabets": sum(map(means.count, set(FAMILY_OF.values()))),
        "faults found by tests of their own": means.count(OWN),
        "tests of the suite until found, mean": round(mean(quarry.tests for quarry in of_suite), 1),
        "tests of the suite until found, most": max(quarry.tests for quarry in of_suite),
        "findings for each fault, mean": round(mean(len(quarry.findings) for quarry in quarries), 2),
    }
    for name, value in figures.items():
        record_property(name, value)
    with capsys.disabled():
        print("", *(f"{name}: {value}" for name, value in figures.items()), sep="\n  ")
    assert all(quarry.findings for quarry in quarries)
