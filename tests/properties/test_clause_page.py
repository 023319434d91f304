"""A clause at length: constraints in words, what needs it, what exercises it, who followed it; and lists of clauses."""

import json
from types import SimpleNamespace

import pytest
import z3

from rfc5077.model.clauses import BY_ID, CATALOGUE
from rfc5077.model.systems import bound
from rfc5077.properties.cli import consult
from rfc5077.properties.cli.main import run
from rfc5077.properties.knowledge.necessity import Fall, Row
from rfc5077.properties.verdict import clauses
from rfc5077.properties.verdict.clauses import clause_as_json, clause_page, shortest
from rfc5077.properties.verdict.formula import said

A, B, C = z3.Bools("a b c")
X, Y = z3.Ints("x y")


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        (z3.BoolVal(False), "never"),
        (z3.BoolVal(True), "always"),
        (z3.And(A, z3.And(B, A)), "a and b"),
        (z3.Implies(A, z3.Or(B, C)), "if a, then b or c"),
        (z3.And(z3.Implies(A, B), z3.Not(C)), "if a, then b; not c"),
        (z3.Or(A, z3.And(B, C)), "a or (b and c)"),
        (z3.Not(z3.And(A, B)), "not (a and b)"),
        (z3.Not(z3.Or(A, B)), "not a and not b"),
        (z3.Or(X == 1, X == 2), "x is one of (1, 2)"),
        (z3.And(z3.Or(X == 1, X == 2), A), "x is one of (1, 2) and a"),
        (z3.Not(X == Y), "x is not y"),
        (A == B, "a exactly if b"),
        (z3.Not(A == B), "not (a exactly if b)"),
        (X - Y <= 3, "x - y <= 3"),
        (-(X - Y) <= 3, "-(x - y) <= 3"),
        (z3.If(A, X, Y) == 1, "(x where a, else y) is 1"),
    ],
)
def test_a_formula_is_told_in_words(formula, words):
    assert said(formula) == words


def test_every_lasting_constraint_is_told_without_the_sorts_of_its_values():
    for row in bound():
        words = said(row.formula)
        assert words and "(declare" not in words and "==" not in words, row.id


def test_a_page_tells_both_kinds_of_constraint():
    page = clause_page(BY_ID["R5077-3.3-06"])
    assert "def ticket_counts_after_server_finished" in page
    assert "[sessions, step STORE] A.proved" in page


def test_a_page_tells_its_tests_its_faults_and_the_stacks_that_were_recorded():
    page = clause_page(BY_ID["R5077-3.1-19"])
    assert "the suite for a client puts it at stake" in page
    assert "broken in recording tlslite_client_other_key" in page
    assert "found by it: fault C-10" in page
    assert "violation: client did not follow it: tlslite-ng 0.8.2" in page


ROW = Row(("R5077-3.3-02", "R5077-3.1-03"), "needed", (
    Fall("long_one", 3, ("one", "two", "three")),
    Fall("short_one", 2, ("client > server: Hello", "server > client: Nothing"), ("client > server: Other",)),
), "", "S-02")  # fmt: skip


@pytest.fixture
def needed(monkeypatch):
    """Clauses whose necessity is the one typed here."""
    monkeypatch.setattr(clauses, "needed", lambda clause: ROW if clause.id in ROW.ids else None)


def test_the_shortest_run_shows_what_breaks(needed):
    assert shortest(ROW).theorem == "short_one"
    page = clause_page(BY_ID["R5077-3.3-02"])
    assert "  theorems:      long_one, short_one" in page
    where = page.index("short_one falls, by 2 steps:")
    assert page.index("client > server: Hello") > where
    assert page.index("against this run:") < page.index("client > server: Other")
    assert "fault S-02 dies by it" in page


def test_where_nothing_falls_it_is_said_why(monkeypatch):
    monkeypatch.setattr(clauses, "needed", lambda clause: Row((clause.id,), "implied", (), "Follows from others.", ""))
    assert "  without it:    Follows from others.\n" in clause_page(BY_ID["R5077-3.3-02"])


def test_a_document_holds_all_that_the_page_tells(needed):
    found = clause_as_json(BY_ID["R5077-3.3-02"])
    assert found["theorems"] == ["long_one", "short_one"]
    assert found["necessity"]["falls"][1]["moves"] == ["client > server: Hello", "server > client: Nothing"]
    assert found["constraint"].startswith("def announced_ticket_is_sent")
    assert {"system": "renegotiation", "step": None} .items() <= found["lasting"][0].items()
    assert "edited/nst_missing_full" in found["tests"]["broken"]
    assert all(entry["sources"] for entry in found["stacks"])
    json.dumps(found)


def test_a_clause_that_others_decide_leads_to_what_exercises_these():
    page = clause_page(BY_ID["K-19"])
    assert "by way of R5077-3.4-08: the suite for a server" in page
    assert clause_as_json(BY_ID["K-19"])["decided_by"] == ["R5077-3.4-08"]


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.id)
def test_every_clause_has_a_page(entry):
    lines = clause_page(entry).splitlines()
    assert lines[0] == f"{entry.id}  {entry.level.value}, binds {entry.binds.value}"
    assert any(line.startswith("  not followed:") for line in lines) is (entry.mechanised or not entry.permission)


def test_a_constraint_that_no_trace_shows_is_told_beside_what_decides():
    page = clause_page(BY_ID["R5077-3.4-07"])
    assert "  decided:       by paired runs\n" in page
    assert "  constraint:    binds what no trace shows, and carries proofs:\n    def id_does_not_decide" in page


def test_a_page_says_how_a_row_was_read():
    assert "  read as:       A MUST NOT, judged as advice" in clause_page(BY_ID["R5246-7.2.2-01"])
    assert "read as:" not in clause_page(BY_ID["R5077-3.3-02"])


def listed(capsys, *options):
    assert run(["clause", *options]) == 0
    return [line.split()[0] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (("--section", "3.4", "--level", "must"), ["R5077-3.4-05"]),
        (("--section", "R7627-5.3", "--binds", "client", "--level", "should not"), ["R7627-5.3-01"]),
        (("--section", "A", "--binds", "server"),
         ["R5077-A-01", "R5077-A-04", "R5077-A-05", "R5077-A-06", "R5077-A-07"]),
        (("--level", "must not", "--section", "5246-7.3"), ["R5246-7.3-01"]),
    ],
)  # fmt: skip
def test_a_list_holds_what_was_asked_for(capsys, options, ids):
    assert listed(capsys, *options) == ids


def test_a_list_that_would_be_empty_is_refused(capsys):
    assert run(["clause", "--section", "9.9", "--binds", "client"]) == 2
    assert "no clause for --section 9.9 --binds client" in capsys.readouterr().err


def test_filters_do_not_go_with_an_id(capsys):
    assert run(["clause", "R5077-3.3-02", "--level", "must"]) == 2
    assert "Leave one of them out" in capsys.readouterr().err


def test_a_section_is_not_taken_for_the_beginning_of_another():
    entries = [SimpleNamespace(document="5077", section=section, level=None, binds=None) for section in ("5", "5.1")]
    assert [entry.section for entry in consult._chosen(entries, "5.1", None, None)] == ["5.1"]
