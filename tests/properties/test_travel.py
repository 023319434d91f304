"""Counterexamples of dropped clauses on the wire: the reference refuses them, and whoever lacks the defence shows them.

`journeys.json` is what `rfc5077 prove --run --json` prints; it is written anew by that command alone.
"""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from rfc5077.model.proof.classes import class_of
from rfc5077.properties.cli.main import run
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.knowledge.necessity import kept
from rfc5077.properties.suite.failures import word_of
from rfc5077.properties.suite.play import Manner, play
from rfc5077.properties.travel.freed import freed
from rfc5077.properties.travel.journey import travel
from rfc5077.properties.travel.told import passage_text, passages_json, passages_text

CLASSES = json.loads(Path(__file__).with_name("journeys.json").read_text())["classes"]
TRAVELLED = [one for one in CLASSES if one["status"] == "travelled"]
BY_NAME = {one["clauses"][0]: one for one in CLASSES}
REFUTING, ASIDE = "R5077-3.2-08", "R5077-3.2-06"
"""One whose counterexample refutes a theorem, one that is a step aside."""


@cache
def sent(name):
    """What comes of the counterexamples of a class."""
    return travel(class_of(name))


def test_every_class_travels_or_says_why_not():
    assert [one["clauses"] for one in CLASSES] == [list(row.ids) for row in kept()]
    assert all(one["why"] for one in CLASSES if one not in TRAVELLED)


@pytest.mark.parametrize("one", TRAVELLED, ids=lambda one: one["clauses"][0])
def test_who_lacks_the_defence_is_judged_by_the_dropped_clause_first(one):
    played = play(FAULTS[one["fault"]].make(), word_of(one["role"], one["word"]), set(), Manner())
    assert played.findings[0].clause.id == one["named"]
    assert one["named"] in one["clauses"]
    assert played.findings[0].party.name.lower() == one["role"]


@pytest.mark.parametrize("one", TRAVELLED, ids=lambda one: one["clauses"][0])
def test_the_reference_refuses_the_counterexample(one):
    word = word_of(one["role"], one["word"])
    played = play(FAULTS[one["fault"]].edit().unedited(), word, set(), Manner())
    found = {finding.clause.id for finding in played.findings if finding.verdict == "violation"}
    assert played.ready and len(played.outputs) == len(one["word"])
    assert found.union(finding.clause.id for finding in played.findings).isdisjoint(one["clauses"])
    assert found == set()


@pytest.mark.parametrize("name", [REFUTING, ASIDE])
def test_what_is_kept_is_what_the_search_finds(name):
    assert passages_json([sent(name)])["classes"] == [BY_NAME[name]]


def test_the_run_that_refutes_a_theorem_was_replayed_by_z3_up_to_the_offence():
    journey = sent(REFUTING)
    assert journey.steps[-1].event.but(resumes=False) == journey.offence.event.but(resumes=False)


def test_a_step_aside_is_found_by_z3_to_be_free_without_its_class():
    offence = sent(ASIDE).offence
    assert sent(ASIDE).freed
    assert not freed(replace(offence, ids=class_of(REFUTING).ids))


def test_a_step_that_others_forbid_as_well_is_told_apart():
    journey = replace(sent(ASIDE), freed=False)
    assert "still forbidden by others" in passage_text(journey)
    assert "a step that others forbid, too" in passages_text([journey])


def test_a_reference_that_commits_the_offence_is_told_apart():
    journey = sent(ASIDE)
    failing = replace(journey, by_reference=journey.by_fault)
    assert journey.refused and not failing.refused
    assert "COMMITS IT" in passage_text(failing)
    assert "COMMITTED" in passages_text([failing])


def test_a_script_is_fixed_in_the_reference_and_fails_without_the_defence(tmp_path, capsys):
    file = tmp_path / "script.json"
    assert run(["prove", "--without", REFUTING, "--script", str(file)]) == 0
    told = capsys.readouterr().out
    assert "client_is_receptive" in told and f"VIOLATION  {REFUTING}" in told
    assert run(["replay", str(file)]) == 0
    assert run(["replay", str(file), "--target", BY_NAME[REFUTING]["fault"]]) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["prove", "--script", "f"], "Name its clause"),
        (["prove", "--run", "--necessity"], "only --without and --json go with them"),
        (["prove", "--without", "R5077-4-06", "--script", "f"], "nothing can be said"),
        (["check", "server", "S-999"], "no fault of a server is called S-999"),
        (["check", "server", "C-01"], "no fault of a server is called C-01"),
    ],
)
def test_what_cannot_be_played_is_said_in_one_line(words, said, capsys):
    assert run(words) == 2
    line = capsys.readouterr().err
    assert said in line and line.count("\n") == 1
