"""Every declared fault is found, by the clause it names, as the first finding; the unedited reference has none.

A fault that the core or the full alphabet can show is hunted by the complete suite of its profile, the others by a
story, and what no judge of one client and one server can see by a measure.
"""

from statistics import mean

import pytest
from mutants.hunt import EDITS, MEASURES, caught, noted
from mutants.measured import House
from mutants.runs import refute
from mutants.stories import STORIES, tell

from rfc5077.model.clauses import BY_ID, family
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.faults.fault import Fault, ServerEdit
from rfc5077.properties.faults.rows import FULL_ALPHABET, ROWS
from rfc5077.properties.knowledge.necessity import kept
from rfc5077.properties.suite.alphabet import Alphabet

INTERNAL_ERROR = 80
WIDER = {FAULTS[name].edit().config for name, row in ROWS.items() if row.beyond == FULL_ALPHABET}


def permitted(ids: tuple[str, ...]) -> set[str]:
    """These clauses and those that say the same."""
    return {*ids, *(same.id for name in ids if name in BY_ID for same in family(BY_ID[name]))}


@pytest.mark.parametrize("config", EDITS, ids=lambda config: config.__name__)
def test_the_unedited_reference_breaks_nothing(config):
    assert {BY_ID[name].verdict.value for name in noted(config)} <= {"note"}


@pytest.mark.parametrize("config", WIDER, ids=lambda config: config.__name__)
def test_the_unedited_reference_breaks_nothing_over_the_full_alphabet(config):
    assert {BY_ID[name].verdict.value for name in noted(config, Alphabet.FULL)} <= {"note"}


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


def test_what_no_suite_shows_is_said_with_what_shows_it():
    beyond = {name for name, row in ROWS.items() if row.beyond and row.beyond != FULL_ALPHABET}
    assert beyond == ROWS.keys() & (STORIES.keys() | MEASURES.keys())


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


def test_how_faults_are_found(record_property, capsys):
    quarries = [caught(name) for name in FAULTS]
    means = [quarry.means for quarry in quarries]
    of_suite = [quarry for quarry in quarries if quarry.means in list(Alphabet)]
    figures = {
        "faults found by the complete suite over the core alphabet": means.count(Alphabet.CORE),
        "faults found by that over the full alphabet": means.count(Alphabet.FULL),
        "faults found by stories": len(STORIES),
        "faults found by measures": len(MEASURES),
        "tests of the suite until found, mean": round(mean(quarry.tests for quarry in of_suite), 1),
        "tests of the suite until found, most": max(quarry.tests for quarry in of_suite),
        "findings for each fault, mean": round(mean(len(quarry.findings) for quarry in quarries), 2),
    }
    for name, value in figures.items():
        record_property(name, value)
    with capsys.disabled():
        print("", *(f"{name}: {value}" for name, value in figures.items()), sep="\n  ")
    assert all(quarry.findings for quarry in quarries)
