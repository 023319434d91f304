"""What is kept about tests and stacks is what comes out when it is worked out anew, and is told by clause."""

import json
import tomllib

import pytest
from house.readme import ROOT

from rfc5077.model.clauses import BY_ID
from rfc5077.properties.errors import UsageError
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.knowledge import index, shelf, stacks, tests
from rfc5077.properties.knowledge.citations import citations
from rfc5077.properties.knowledge.stacks import BY_HAND, observations
from rfc5077.properties.knowledge.tests import exercise

WORDS = ("conformant", "note", "advice", "violation")
SEEN = tomllib.loads((ROOT / index.OBSERVED).read_text(encoding="utf-8"))["seen"]


@pytest.mark.parametrize("name", ["tests", "stacks"])
def test_what_is_kept_is_what_comes_out(name):
    # If not: python -m rfc5077.properties.knowledge.index
    assert index.documents()[name]["clauses"] == shelf.kept(name)["clauses"]


def test_only_what_has_changed_is_worked_out_again(monkeypatch):
    kept = {**shelf.kept("tests"), "sources": {place: one.digest for place, one in index.sources(ROOT).items()}}
    worked = []
    monkeypatch.setattr(index, "_judged", lambda path: worked.append(path.stem) or {})
    monkeypatch.setattr(index, "citations", lambda path: worked.append(path.stem) or {})
    monkeypatch.setattr(index, "_suite", lambda role: worked.append(role) or {})
    index.tests_document(ROOT, kept)
    assert worked == []
    kept["sources"] = {**kept["sources"], "tests/traces/gnutls.jsonl": "another", "suite": "another"}
    index.tests_document(ROOT, kept)
    assert worked == ["gnutls", "client", "server"]


def test_what_comes_from_a_source_that_is_gone_goes_with_it():
    kept = json.loads(json.dumps(shelf.kept("tests")))
    kept["clauses"]["R5077-3.3-02"]["cited"] = ["tests/model/test_gone.py::test_gone"]
    found = index.tests_document(ROOT, kept)["clauses"]["R5077-3.3-02"]
    assert "tests/model/test_gone.py::test_gone" not in found.get("cited", [])


def test_without_a_checkout_nothing_is_written(tmp_path):
    with pytest.raises(UsageError, match="checkout"):
        index.documents(tmp_path)


def test_a_citation_counts_in_a_test_in_its_decorator_and_in_the_table_that_this_names(tmp_path):
    path = tmp_path / "test_some.py"
    path.write_text(
        'TABLE = ["R5077-3.3-01"]\nOTHER = ["R5077-3.3-05"]\n\n'
        '@mark("K-13")\ndef test_one():\n    assert "R5077-3.3-02"\n\n'
        "@mark(TABLE)\ndef test_two():\n    assert OTHER\n\n"
        'def helper():\n    return "R5077-3.3-06"\n\ndef test_three():\n    assert helper()\n'
    )
    assert citations(path) == {"test_one": {"K-13", "R5077-3.3-02"}, "test_two": {"R5077-3.3-01"}}


def test_a_clause_knows_its_faults_its_recordings_and_whose_suite_puts_it_at_stake():
    found = exercise("R5077-3.3-02")
    assert found.faults and {"R5077-3.3-02"} <= {id for name in found.faults for id in FAULTS[name].clauses}
    assert "edited/nst_missing_full" in found.broken
    assert "openssl_resumes" in found.kept
    assert found.suite == ("server",)
    assert any(name.startswith("tests/") and "::test_" in name for name in found.cited)


def test_an_id_that_nobody_knows_is_exercised_by_nothing_and_was_seen_at_nobody():
    assert not exercise("R5077-9-99")
    assert observations("R5077-9-99") == ()


def test_a_stack_that_did_not_follow_a_clause_is_told_first_with_where_it_was_seen():
    first = observations("R5077-3.1-19")[0]
    assert (first.stack, first.role, first.verdict) == ("tlslite-ng", "client", "violation")
    by_recording = [one for one in observations("R5077-3.1-19") if one.sources[0].name != BY_HAND]
    assert all(len(source.digest) == shelf.DIGITS for one in by_recording for source in one.sources)


def test_what_was_seen_by_hand_has_no_digest():
    (seen,) = (one for one in observations("K-19") if one.stack == "wolfSSL")
    assert [(source.name, source.digest) for source in seen.sources] == [(BY_HAND, None)]


@pytest.mark.parametrize("entry", SEEN, ids=lambda entry: f"{entry['stack']} {entry['clauses'][0]}")
def test_what_was_seen_by_hand_is_told_in_full(entry):
    assert set(entry) == {"clauses", "stack", "version", "role", "verdict", "saw"}
    assert set(entry["clauses"]) <= set(BY_ID)
    assert entry["role"] in {"client", "server"}
    assert entry["version"][0].isdigit()
    assert entry["saw"][0].islower() and entry["saw"][-1].isalnum()
    # No stack is blamed more than the clauses allow.
    gravest = max(WORDS.index(BY_ID[id].verdict.value) for id in entry["clauses"])
    assert WORDS.index(entry["verdict"]) <= gravest


def test_at_least_three_stacks_were_recorded_and_ten_seen():
    told = [one for id in BY_ID for one in observations(id)]
    assert len({one.stack for one in told if one.sources[0].name != BY_HAND}) >= 3
    assert len({one.stack for one in told}) >= 10


def test_the_documents_name_their_schema():
    assert shelf.kept("tests")["schema"] == tests.SCHEMA
    assert shelf.kept("stacks")["schema"] == stacks.SCHEMA
