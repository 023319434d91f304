"""expectations.toml: every entry has its reason, and a deviation that is gone does not go unnoticed."""

from dataclasses import replace

import pytest
from peers import expectations
from peers.expectations import Deviation, load
from peers.stacks import STACKS

from rfc5077.model.clauses import BY_ID

KNOWN = Deviation("some-stack", "client", "1.2", ("R5077-3.1-19",), "RFC 5077, section 3.1", "It aborts.")


def test_every_entry_says_who_what_where_and_why():
    for entry in load():
        assert entry.stack in {stack.NAME for stack in STACKS}
        assert entry.role in {"client", "server"}
        assert entry.clauses
        assert set(entry.clauses) <= set(BY_ID)
        assert entry.section.startswith("RFC ")
        assert len(entry.reason.split()) >= 10


def test_an_entry_without_a_reason_is_refused():
    with pytest.raises(TypeError, match="reason"):
        load('[[deviation]]\nstack = "a"\nrole = "client"\nversion = "1"\nclauses = ["b"]\nsection = "c"')


@pytest.mark.parametrize(
    ("version", "covered"), [("1.2", True), ("1.2.7", True), ("1.2, with x", True), ("1.20", False)]
)
def test_an_entry_stands_for_one_series_of_versions(version, covered):
    assert KNOWN.covers(version) is covered


@pytest.mark.parametrize(
    ("entries", "kept", "complaint"),
    [
        ((), True, None),
        ((), False, "breaks R5077-3.1-19: an alert"),
        ((KNOWN,), False, None),
        ((KNOWN,), True, "keeps to R5077-3.1-19 now"),
        ((replace(KNOWN, version="1.1"),), False, "breaks R5077-3.1-19: an alert"),
        ((replace(KNOWN, role="server"),), False, "breaks R5077-3.1-19: an alert"),
    ],
)
def test_known_deviations_are_demanded_and_unknown_ones_refused(entries, kept, complaint, monkeypatch):
    monkeypatch.setattr(expectations, "load", lambda: entries)
    try:
        expectations.judge("some-stack", "client", "1.2", "R5077-3.1-19", kept, "an alert")
        said = None
    except pytest.fail.Exception as failure:
        said = str(failure)

    assert (said is None) if complaint is None else complaint in said
