"""Every recording in tests/traces is judged as expected.toml says, which was typed before the judge saw them."""

import json
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from rfc5077.model.clauses import BY_ID
from rfc5077.properties.verdict.recordings import judge_file

TRACES = Path(__file__).parents[1] / "traces"
EXPECTED = tomllib.loads((TRACES / "expected.toml").read_text())["recording"]
NAMES = [entry["file"] for entry in EXPECTED]
SCHEMA = json.loads(files("rfc5077.properties.trace").joinpath("recording.schema.json").read_text())
LINE = jsonschema.Draft202012Validator(SCHEMA)


@cache
def judged(name):
    return judge_file(TRACES / f"{name}.jsonl")


def findings(verdict):
    """In the order in which they were made."""
    return sorted((f for c in verdict.connections for f in c.findings), key=lambda f: f.index or 10**9)


@pytest.mark.parametrize("entry", EXPECTED, ids=NAMES)
def test_a_recording_gets_its_verdict(entry):
    assert judged(entry["file"]).verdict == entry["verdict"]


def entries(condition):
    chosen = [entry for entry in EXPECTED if condition(entry)]
    return pytest.mark.parametrize("entry", chosen, ids=[entry["file"] for entry in chosen])


@entries(lambda entry: "clause" in entry)
def test_the_cause_of_a_fault_is_the_expected_clause(entry):
    passed_over = set(entry.get("after", ()))
    found = [f for f in findings(judged(entry["file"])) if f.clause.id not in passed_over]
    assert found, "nothing was found"
    cause = found[0]
    assert cause.party.name.lower() == entry["party"]
    assert entry["clause"] in cause.class_ids, f"{cause.clause.id}: {cause.why}"


@entries(lambda entry: "clause" not in entry)
def test_nothing_is_found_where_nothing_is_wrong(entry):
    assert [f.clause.id for f in findings(judged(entry["file"]))] == []


@entries(lambda entry: entry["verdict"] == "advice")
def test_advice_is_all_that_is_said_where_advice_is_due(entry):
    assert {f.clause.id for f in findings(judged(entry["file"]))} == {entry["clause"], *entry.get("also", ())}


def test_every_recording_is_expected_and_every_expectation_has_its_recording():
    found = {str(path.relative_to(TRACES).with_suffix("")) for path in TRACES.rglob("*.jsonl")}
    assert found == set(NAMES)


def test_expected_clauses_are_in_the_catalogue():
    lists = [entry.get(key, ()) for entry in EXPECTED for key in ("after", "beside", "also")]
    wanted = {entry["clause"] for entry in EXPECTED if "clause" in entry}.union(*lists)
    assert wanted <= set(BY_ID)


def test_every_clause_about_hellos_is_broken_in_some_recording():
    broken = {entry["clause"] for entry in EXPECTED if "clause" in entry}
    assert {id for id, entry in BY_ID.items() if entry.hellos is not None} - broken == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_obeys_the_published_schema(name):
    for line in (TRACES / f"{name}.jsonl").read_text().splitlines():
        LINE.validate(json.loads(line))


def test_the_recordings_come_from_at_least_three_foreign_stacks():
    stacks = {judged(name).header.server.split()[0] for name in NAMES if not name.startswith("edited/")}
    assert len(stacks) >= 3
