"""The clauses fit together: figures and permissions have runs that break nothing, and disputes are settled by name."""

import re

import pytest

from rfc5077.model.clause import Answer
from rfc5077.model.clauses import BY_ID
from rfc5077.model.event import Extension, Message, Offer, SessionId, Ticket
from rfc5077.model.flows import FIGURES
from rfc5077.model.proof.certificate import check
from rfc5077.model.proof.consistency import (
    DISPUTES,
    ELSEWHERE,
    WITNESSES,
    broken,
    figure,
    figures,
    permissions,
    permitting,
)
from rfc5077.model.proof.reachability import attempts, twins
from rfc5077.model.proof.theorems.consistency import THEOREMS

M = Message
NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize("name, run", figures(), ids=FIGURES)
def test_a_run_of_each_figure_keeps_all_clauses_advice_included(name, run):
    assert broken(run) == ()
    assert run[0].message is M.ClientHello and run[-1].message is M.Finished


def test_a_run_of_a_figure_that_is_disturbed_breaks_something():
    run = figure("1")
    for left_out in range(1, len(run) - 1):  # a run that ends early breaks nothing
        rest = run[:left_out] + run[left_out + 1 :]
        skipped = run[left_out].message in (M.CertificateStatus, M.CertificateRequest, M.CertificateVerify)
        assert broken(rest) or skipped, run[left_out]


def test_each_permission_has_a_run_or_a_reason_why_one_connection_cannot_show_it():
    shown = {id for id, _ in permissions()}
    assert shown | set(ELSEWHERE) == set(permitting())
    assert not shown & set(ELSEWHERE)
    assert len(permitting()) > 45 and len(shown) > 25


@pytest.mark.parametrize("witness", WITNESSES, ids=lambda w: f"{w.permits}: {w.what}")
def test_what_is_permitted_happens_and_breaks_nothing(witness):
    assert broken(witness.run) == ()
    assert HAPPENS[witness.permits](witness.run), "what is permitted does not happen in this run"


def _said(run, message, **fields):
    return any(e.message is message and all(getattr(e, n) is v for n, v in fields.items()) for e in run)


def _full(run):
    return _said(run, M.ServerHelloDone)


HELLO, ANSWER, NEXT, TICKET = M.ClientHello, M.ServerHello, M.NextClientHello, M.NewSessionTicket
LIVE, DAMAGED = Extension.LIVE, Extension.DAMAGED
HAPPENS = {
    "R5077-1-01": lambda r: not _said(r, M.ServerKeyExchange) and _said(r, TICKET),
    "R5077-3.1-11": lambda r: r[0].extension is LIVE and r[2].message is TICKET,
    "R5077-3.1-13": lambda r: r[0].extension is LIVE and _full(r),
    "R5077-3.1-16": lambda r: r[0].extension is LIVE and r[2].message is M.ChangeCipherSpec,
    "R5077-3.1-17": lambda r: r[0].extension is DAMAGED and _full(r) and _said(r, TICKET),
    "R5077-3.2-02": lambda r: all(e.extension is not Extension.ABSENT for e in r[:2]),
    "R5077-3.3-08": lambda r: not _full(r) and not _said(r, TICKET),
    "R5077-3.3-17": lambda r: _said(r, TICKET) and r[-1].message is NEXT and r[-1].offer is Offer.NOTHING,
    "R5077-3.4-02": lambda r: r[0].extension is DAMAGED and r[1].session_id is SessionId.FRESH,
    "R5077-3.4-04": lambda r: r[0].extension is LIVE and r[0].session_id is SessionId.FRESH,
    "R5077-3.4-09": lambda r: r[0].extension is LIVE and r[0].session_id is SessionId.EMPTY,
    "R5077-5.1-01": lambda r: _said(r, M.Alert) and r[-1].offer is Offer.ISSUED,
    "R5077-5.8-03": lambda r: sum(e.message is TICKET for e in r) == 2,
    "R5246-7.2.1-01": lambda r: _said(r, M.Close) and r[-1].offer is Offer.ISSUED,
    "K-01 0": lambda r: r[0].session_id is SessionId.EMPTY and _full(r),
    "K-01 2": lambda r: r[1].session_id is SessionId.FRESH and not _full(r),
    "K-06 0": lambda r: _said(r, TICKET, ticket=Ticket.EMPTY) and r[-1].offer is Offer.PRESENTED,
    "K-07 0": lambda r: _said(r, TICKET, ticket=Ticket.EMPTY) and r[-1].offer is Offer.DISCARDED_ID,
    "K-16 0": lambda r: not _full(r) and _said(r, TICKET),
    "K-18 0": lambda r: r[0].session_id is SessionId.CACHED and not _full(r),
    "K-18 1": lambda r: r[0].session_id is SessionId.CACHED and _full(r),
    "K-20 0": lambda r: r[0].extension is LIVE and not _full(r),
    "K-33 0": lambda r: r[0].extension is DAMAGED and _full(r),
    "K-43 0": lambda r: r[0].session_id is SessionId.FRESH and not _full(r),
    "K-45 0": lambda r: r[0].extension is Extension.OLD and _full(r),
    "K-47 0": lambda r: r[1].session_id is SessionId.EMPTY and r[2].message is M.ChangeCipherSpec,
    "K-48 0": lambda r: r[1].extension is Extension.EMPTY and _said(r, TICKET, ticket=Ticket.EMPTY),
    "K-49 0": lambda r: r[0].extension is Extension.ABSENT and not _said(r, TICKET),
    "K-49 1": lambda r: r[0].extension is Extension.EMPTY and r[0].session_id is SessionId.FRESH,
}  # typed by hand: what must be seen in a run for the permission to have been used


def test_the_numbers_behind_corner_cases_are_those_of_rulings_that_allow():
    for witness in WITNESSES:
        if " " in witness.permits:
            id, number = witness.permits.split()
            assert BY_ID[id].rulings[int(number)].answer is Answer.ALLOWED


def test_a_run_in_which_something_is_forbidden_is_told_from_one_that_is_permitted():
    run = dict(permissions())["R5077-3.1-16"]
    assert "R5077-3.3-02" in broken((run[0], run[1].but(extension=Extension.EMPTY), *run[2:]))


@pytest.mark.parametrize("theorem", THEOREMS, ids=lambda t: t.id)
def test_no_two_clauses_contradict_each_other(theorem):
    ((_, found),) = attempts((theorem,), NONE)
    assert set(check("z3", [one.script for one in found.obligations])) == {"unsat"}
    assert twins((theorem,), NONE)[theorem.id]


@pytest.mark.parametrize("dispute", DISPUTES, ids=lambda d: d.corner)
def test_what_documents_say_apart_is_settled_in_a_corner_case(dispute):
    assert re.fullmatch(r"K-\d\d", dispute.corner) and BY_ID[dispute.corner].rulings
    assert len({BY_ID[id].text for id in dispute.clauses}) == 2
    assert dispute.settled.endswith(".")

