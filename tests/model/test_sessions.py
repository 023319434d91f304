"""Many connections, time and keys: the invariants are such, and runs to what must come about are real."""

from dataclasses import replace

import pytest
import z3

from rfc5077.model.clauses import BY_ID
from rfc5077.model.proof.certificate import check
from rfc5077.model.proof.prover import dropped
from rfc5077.model.proof.reachability import attempts
from rfc5077.model.proof.theorem import Basis
from rfc5077.model.proof.theorems import independence, lifetime, resumption, rotation, store
from rfc5077.model.proof.unbounded import Move, Unproved, propose, proposed, witness
from rfc5077.model.sessions.grounds import left_out
from rfc5077.model.sessions.renegotiation import renegotiation
from rfc5077.model.sessions.rules import CHOICES, RULES, WINDOW_SUFFICES
from rfc5077.model.sessions.state import STATE, Held, Stage
from rfc5077.model.sessions.steps import sessions
from rfc5077.model.sessions.two_runs import RUNS
from rfc5077.model.systems import bound, constrained, systems

And, Not, Or = z3.And, z3.Not, z3.Or
NONE: frozenset[str] = frozenset()
S = STATE
ALL = (*store.THEOREMS, *lifetime.THEOREMS, *rotation.THEOREMS, *resumption.THEOREMS, *independence.THEOREMS)
theorems = pytest.mark.parametrize("theorem", ALL, ids=lambda t: t.id)


def test_every_row_is_a_clause_or_a_choice():
    assert {rule.id for rule in RULES} - set(BY_ID) <= set(CHOICES)


def test_every_choice_can_be_dropped():
    assert set(CHOICES) == (constrained() - set(BY_ID)) | {WINDOW_SUFFICES}


def test_a_must_rests_on_no_advice():
    resting = {rule.id for rule in RULES} - left_out(Basis.MUST)
    assert {BY_ID[name].verdict.value for name in resting} == {"violation"}
    assert left_out(Basis.SHOULD) < left_out(Basis.MUST)
    assert left_out(Basis.FORMAT) < left_out(Basis.MUST)
    assert left_out(Basis.PROFILE) == NONE


@theorems
def test_the_invariant_is_one(theorem):
    ((_, found),) = attempts((theorem,), NONE)
    assert found.counterexample == ()
    assert set(check("z3", [one.script for one in found.obligations])) == {"unsat"}


def test_no_two_theorems_have_the_same_condition():
    conditions = [(theorem.claim.system, theorem.claim.twin.sexpr()) for theorem in ALL]
    assert len(set(conditions)) == len(conditions)


@pytest.mark.parametrize("session", [True, False])
@pytest.mark.parametrize("hello", [True, False])
def test_each_combination_of_session_and_hello_comes_about(session, hello):
    link = S.link
    asked = And(link.extended == hello, S.session.extended == session)
    resumed = And(asked, link.stage.is_(Stage.RESUMED))
    unlike = And(asked, link.stage.is_(Stage.DECLINED), link.excused)
    assert witness(sessions(NONE), resumed if session == hello else unlike, 7)


def test_without_a_cap_renewal_prolongs_a_session_though_every_ticket_is_young():
    link = S.link
    old = And(link.stage.is_(Stage.RESUMED), link.session_age > S.deployment.cap, link.age <= S.deployment.life)
    young = And(2 * S.deployment.cap >= 3 * S.deployment.life, S.b.fate.sealed_at == S.session.since)
    system = sessions(dropped("R9325-3.4-05") | frozenset(CHOICES))
    moves = [moment.move for moment in witness(system, And(old, young, S.a.fate.renews), 12)]
    assert any(move.endswith("server renews B by A") for move in moves)


MEMORIES = [(cached, renewed) for cached in (False, True) for renewed in (False, True)]


def lapsing(claim, id, cached, renewed):
    """The two runs, where the first server keeps to the clause but where it remembers just this."""
    first, lawless = RUNS[0], {move.name: move for move in claim.system(dropped(id)).moves}

    def lapse(move):
        free = And(lawless[move.name].guard, first.cached == cached, first.renewed == renewed)
        return Move(move.name, Or(move.guard, free), move.changes) if move.name == "first: answers" else move

    system = claim.system(NONE)
    return replace(system, moves=tuple(map(lapse, system.moves)))


@pytest.mark.parametrize(("cached", "renewed"), MEMORIES)
@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("answer_depends_on_no_memory", "R5077-3.4-07"),
        ("answer_depends_on_no_memory", "R5077-3.4-08"),
        ("answer_depends_on_no_memory", "R5077-3.3-11"),
        ("decision_depends_on_no_renewal", "R5077-3.3-11"),
        ("resumed_secret_depends_on_no_memory", "R5077-3.1-10"),
    ],
)
def test_a_lapse_in_any_memory_that_the_clause_speaks_of_refutes(name, id, cached, renewed):
    (claim,) = (theorem.claim for theorem in ALL if theorem.id == name)
    spoken = {"R5077-3.4-07": not cached, "R5077-3.4-08": cached, "R5077-3.3-11": renewed, "R5077-3.1-10": True}
    found = witness(lapsing(claim, id, cached, renewed), And(claim.when, claim.bad), 4)
    assert bool(found) == spoken[id]


def test_a_goal_that_no_run_reaches_has_no_witness():
    assert witness(sessions(NONE), S.slot.held.is_(Held.EMPTY_ONE), 3) == ()


def test_a_reachable_goal_has_no_invariant():
    with pytest.raises(Unproved, match="reachable"):
        proposed(sessions(left_out(Basis.MUST)), S.slot.held.is_(Held.ANOTHER))
    with pytest.raises(Unproved, match="reachable"):
        propose(renegotiation(NONE), renegotiation(NONE).state.terms["before"])


def test_each_lasting_constraint_is_listed_once_and_is_a_clauses_or_a_choice():
    rows = bound()
    assert len({(row.id, row.system, row.kind, row.formula.sexpr()) for row in rows}) == len(rows)
    assert constrained() - set(BY_ID) <= set(CHOICES)
    assert {row.id for row in rows if row.system == "sessions"} == {rule.id for rule in RULES}


def test_the_systems_have_the_names_under_which_they_are_listed():
    assert [system.make(NONE).name for system in systems()] == [system.name for system in systems()]


@pytest.mark.parametrize("system", systems(), ids=lambda s: s.name)
def test_each_row_alone_makes_a_difference_to_its_system(system):
    every = frozenset(row.id for row in system.rows)
    free = [(move.name, move.guard.sexpr()) for move in system.make(every).moves]
    for id in every:
        assert [(move.name, move.guard.sexpr()) for move in system.make(every - {id}).moves] != free, id
