"""A refused ticket, a renegotiation, two renewals: each theorem falls without several classes of clauses."""

from functools import cache

import pytest
import z3

from rfc5077.model.attacker import gluing, splice
from rfc5077.model.clause import Verdict
from rfc5077.model.clauses import BY_ID
from rfc5077.model.proof.certificate import SOLVERS, check
from rfc5077.model.proof.finite import is_finite, reach
from rfc5077.model.proof.prover import dropped
from rfc5077.model.proof.reachability import attempts
from rfc5077.model.proof.theorem import Basis
from rfc5077.model.proof.theorems import independence, refusal, renegotiation, store
from rfc5077.model.sessions import refusal as refused
from rfc5077.model.sessions import renegotiation as handshakes
from rfc5077.model.sessions import slot

And, Not = z3.And, z3.Not
NONE: frozenset[str] = frozenset()
ROOMS = {
    "slot": slot, "refusal": refused, "renegotiation": handshakes, "splice": splice, "gluing": gluing,
}  # fmt: skip
CANDIDATES = (*refusal.THEOREMS, *renegotiation.THEOREMS, *store.THEOREMS, *independence.THEOREMS)
ALL = tuple(t for t in CANDIDATES if t.claim.system(NONE).name.split()[0] in ROOMS)
theorems = pytest.mark.parametrize("theorem", ALL, ids=lambda t: t.id)

# Theorem -> what it falls without, each alone.
BREAKS = {
    "two_renewals_leave_a_good_ticket": "R5077-3.3-06 R5077-3.3-07c",
    "connection_after_two_renewals_offers_a_good_ticket": "R5077-3.3-06",
    "new_ticket_is_declined_for_its_own_renewal_alone": "R5077-3.3-11 R5246-7.4.9-01",
    "two_renewals_make_the_server_refuse_neither": "R5077-3.3-11 R5246-7.4.9-01",
    "refused_ticket_costs_no_handshake": "R5077-3.2-09 R6066-3-02 R7627-5.3-03 R5077-3.4-06 R5246-7.4.1.3-05 "
    "R5077-3.3-02 R5077-3.3-03",
    "unwanted_ticket_costs_no_handshake": "R5077-3.1-13 R5077-3.4-06 R5246-7.4.1.3-05 R5077-3.3-02 R5077-3.3-03",
    "refused_handshake_comes_to_its_end": "R5246-7.4-01 R5246-7.4.1.1-01",
    "only_a_missing_extension_costs_the_handshake": "R5077-3.2-09 R6066-3-02 R7627-5.3-03 R5077-3.4-06 "
    "R5246-7.4.1.3-05 R5077-3.3-02 R5077-3.3-03",
    "hindered_hello_is_answered_alike": "",
    "untrusted_server_is_refused_alike": "R5077-3.2-09 R6066-3-02 R7627-5.3-03",
    "unknown_client_is_refused_alike": "R5077-3.2-09 R6066-3-02 R7627-5.3-03 R5077-3.4-06 R5246-7.4.1.3-05",
    "unwanted_ticket_costs_the_handshake_at_once_or_not_at_all": "R5077-3.4-06 R5246-7.4.1.3-05 R5077-3.3-02 "
    "R5077-3.3-03",
    "new_ticket_for_a_refused_one_was_announced": "R5077-3.3-03",
    "hello_without_the_extension_completes_with_no_extended_ticket": "R7627-5.3-04",
    "announcement_ends_with_its_handshake": "K-46 R5077-3.2-08 R5077-3.3-02 R5077-3.3-03",
    "client_goes_by_the_handshake_at_hand": "K-46 R5246-7.4.1.4-02 R5246-7.4-01",
    "earlier_announcements_disturb_no_renegotiation": "K-46 R5077-3.2-08 R5077-3.3-02 R5077-3.3-03",
    "ticket_outlives_renegotiations": "R5246-7.4.9-01 R5077-3.3-06 R5077-3.3-07c",
    "renegotiation_continues_its_own_connection": "R5746-3.7-01 R5746-3.7-02 R5246-7.4.9-01 R5246-7.4.9-03",
    "undisturbed_renegotiation_is_not_refused": "R5746-3.1-01 R5746-3.5-01",
    "ticket_outlives_its_connection": "R5246-7.4.9-01 R5077-3.3-06 R5077-3.3-07c",
    "declined_renegotiation_leaves_nothing_announced": "K-46",
    "void_ticket_displaces_none": "R5246-7.4.9-01 R5077-3.3-06 R5077-3.3-07c",
    "finished_counts_for_its_own_handshake": "",
    "refusal_ends_the_connection": "",
    "wrong_finished_carries_no_announcement_on": "K-46 R5077-3.2-08 R5077-3.3-02 R5077-3.3-03",
    "signalled_handshake_is_first_for_both": "R5246-7.4.9-01 R5246-7.4.9-03 R5746-3.6-01 R5746-3.7-02",
    "blank_handshake_is_first_for_both": "R5246-7.4.9-01 R5246-7.4.9-03 R5746-3.6-01 R5746-3.7-01",
    "renegotiation_is_bound_both_ways": "R5246-7.4.9-01 R5246-7.4.9-03 R5746-3.1-01 R5746-3.4-01 R5746-3.6-01 "
    "R5746-3.7-01 R5746-3.7-02",
    "first_handshakes_are_bound_to_nothing": "R5746-3.4-01 R5746-3.4-02 R5746-3.6-03",
    "altered_hellos_renegotiate_nowhere": "R5246-7.4.9-01 R5246-7.4.9-03",
    "stripped_signal_completes_nowhere": "R5246-7.4.9-01 R5246-7.4.9-03",
    "man_between_two_connections_joins_none": "R5246-7.4.9-01 R5246-7.4.9-03",
    "ticket_brings_no_verify_data": "R5746-3.1-01",
    "server_renegotiates_with_its_peer_alone": "R5746-3.1-01 R5746-3.7-01 R5746-3.7-02",
    "client_renegotiates_with_its_peer_alone": "R5746-3.7-01",
    "nobody_answers_for_the_man_in_the_middle": "R7627-5.1-01 R5746-3.7-01",
}


@cache
def reached(make, without):
    return reach(make(without))


def breaking(theorem):
    claim = theorem.claim
    room = ROOMS[claim.system(NONE).name.split()[0]]
    bad = And(claim.when, claim.bad)
    return {entry.id for entry in room.CLAUSES if reached(claim.system, dropped(entry.id)).nearest(bad)}


@theorems
def test_both_solvers_accept_the_invariant(theorem):
    ((_, found),) = attempts((theorem,), NONE)
    assert found.counterexample == ()
    scripts = [one.script for one in found.obligations]
    assert {answer for solver in SOLVERS for answer in check(solver, scripts)} == {"unsat"}


@theorems
def test_condition_comes_about(theorem):
    assert reached(theorem.claim.system, NONE).nearest(theorem.claim.when)


@theorems
def test_theorem_falls_without_each_of_the_expected_clauses_and_no_other(theorem):
    expected = {id for name in BREAKS[theorem.id].split() for id in dropped(name)}
    found = breaking(theorem)
    assert found <= expected
    assert {min(dropped(id)) for id in found} == {min(dropped(name)) for name in BREAKS[theorem.id].split()}


def test_every_theorem_that_counts_rests_on_two_classes_at_least():
    assert {name: len({min(dropped(id)) for id in ids.split()}) for name, ids in BREAKS.items()}.keys() == {
        theorem.id for theorem in ALL
    }
    counted = [theorem.id for theorem in ALL if not theorem.follows_from]
    assert all(len({min(dropped(id)) for id in BREAKS[name].split()}) >= 2 for name in counted)


@pytest.mark.parametrize("theorem", [t for t in ALL if t.basis is Basis.MUST], ids=lambda t: t.id)
def test_theorem_of_musts_rests_on_no_advice(theorem):
    verdicts = {BY_ID[id].verdict for id in breaking(theorem)}
    assert verdicts <= {Verdict.VIOLATION}


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)
def test_system_is_finite_and_every_move_of_it_can_be_made(room):
    make = next(getattr(room, name) for name in (*ROOMS, "system") if callable(getattr(room, name, None)))
    every = make(frozenset(entry.id for entry in room.CLAUSES))
    assert is_finite(every)
    assert [move.name for move in every.moves if not reach(every).nearest(move.guard)] == []


def moves(run):
    return [moment.move for moment in run[1:]]


def test_hello_without_the_extension_is_aborted_over_a_ticket_of_an_extended_session_alone():
    (theorem,) = [t for t in refusal.THEOREMS if t.id == "only_a_missing_extension_costs_the_handshake"]
    assert moves(reached(theorem.claim.system, NONE).nearest(theorem.claim.when)) == [
        "server: ticket: extended session",
        "client > server: ClientHello",
        "server > client: ServerHello, Certificate ...",
        "client > server: ClientKeyExchange ... Finished",
        "server > client: ChangeCipherSpec, Finished",
        "client: waits, as the server does",
        "client: the same hello, with a ticket",
        "client > server: ClientHello",
        "server > client: Alert, over the ticket",
        "client: waits, as the server does",
    ]


def test_what_stands_in_the_way_of_any_handshake_stands_there_without_the_ticket():
    w = refused.W
    both_fail = And(refused.both_at_rest(), Not(refused.completes()), Not(refused.settled_with()))
    for obstacle in refused.Obstacle:
        hindered = reached(refused.refusal, NONE).nearest(And(both_fail, w.obstacle.is_(obstacle)))
        assert bool(hindered) == (obstacle is not refused.Obstacle.UNHINDERED)


def test_renegotiation_may_be_refused_by_the_server_and_the_connection_renegotiates_later():
    h = handshakes.S
    again = And(h.declined, h.later, h.announced, h.phase.is_(handshakes.Phase.ISSUING))
    assert "server > client: Alert, no_renegotiation" in moves(reach(handshakes.renegotiation()).nearest(again))


def test_client_may_refuse_to_renegotiate_which_changes_nothing():
    (refuses,) = [m for m in handshakes.renegotiation().moves if m.name == "client > server: Alert, no_renegotiation"]
    assert reach(handshakes.renegotiation()).nearest(And(refuses.guard, handshakes.S.later))
    assert not refuses.changes


def test_ticket_of_a_renegotiation_takes_the_place_of_the_one_before():
    h = handshakes.S
    twice = [m for m in moves(reach(handshakes.renegotiation()).nearest(And(h.later, h.before, h.stocked, h.believed,
             h.issued, h.announced, h.phase.is_(handshakes.Phase.QUIET)))) if "keeps" in m]  # fmt: skip
    assert twice


def test_server_may_decline_the_old_ticket_once_the_client_has_confirmed_the_new_one():
    w = slot.W
    goal = And(w.reply.is_(slot.Reply.TURNED_DOWN), w.asked_with.is_(slot.Piece.OLD_ONE))
    assert "first connection: the server takes the renewal for delivered" in moves(reach(slot.slot()).nearest(goal))


def test_neither_new_ticket_is_ever_declined_while_it_is_the_last_of_its_line():
    w = slot.W
    renewed_again = And(w.two_confirmed, w.two_offers.is_(slot.Piece.FROM_FIRST))
    declined = And(w.reply.is_(slot.Reply.TURNED_DOWN), w.asked_with.is_(slot.Piece.FROM_FIRST))
    assert not reach(slot.slot()).nearest(And(declined, Not(renewed_again)))
    assert reach(slot.slot()).nearest(And(declined, renewed_again))
