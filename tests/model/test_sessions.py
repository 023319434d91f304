"""Many connections, time and keys: the theorems hold by more than one clause each, and their runs are real."""

from functools import cache

import pytest
import z3

from rfc5077.model.clauses import BY_ID
from rfc5077.model.proof.certificate import check
from rfc5077.model.proof.prover import dropped
from rfc5077.model.proof.reachability import attempts
from rfc5077.model.proof.theorem import Basis
from rfc5077.model.proof.theorems import independence, lifetime, resumption, rotation, store
from rfc5077.model.proof.unbounded import System, Unproved, propose, proposed, witness, witnesses
from rfc5077.model.sessions.grounds import left_out
from rfc5077.model.sessions.renegotiation import renegotiation
from rfc5077.model.sessions.rules import BOUNDED_SKEW, CHOICES, GENEROUS, HANDED_ON, KEPT_WINDOW, RULES, WINDOW_SUFFICES
from rfc5077.model.sessions.state import STATE, Held, Stage
from rfc5077.model.sessions.steps import sessions
from rfc5077.model.systems import bound, constrained, systems

And, Not, Or = z3.And, z3.Not, z3.Or
NONE: frozenset[str] = frozenset()
S = STATE
ALL = (*store.THEOREMS, *lifetime.THEOREMS, *rotation.THEOREMS, *resumption.THEOREMS, *independence.THEOREMS)
KNOWN = {theorem.id: theorem for theorem in ALL}
theorems = pytest.mark.parametrize("theorem", ALL, ids=lambda t: t.id)

# What is dropped -> the theorems of the many-connection model that fall, by a run that is found.
BREAKS: dict[str, tuple[str, ...]] = {
    "R5077-3.1-02": ("ticket_goes_back_to_its_server",),
    "R5077-3.1-04": (
        "stored_ticket_opens_to_its_secret",
        "all_tickets_of_a_session_hold_the_same",
        "resumed_secret_is_the_sealed_one",
        "resumed_suite_is_the_sealed_one",
    ),
    "R5077-3.1-08": (
        "ticket_goes_back_to_its_server",
        "ticket_and_secret_stay_together",
        "stored_ticket_opens_to_its_secret",
        "stored_ticket_opens_to_its_version_and_name",
        "stored_ticket_opens_to_its_client_or_nobody",
        "client_offers_with_the_session_that_it_got",
        "client_offers_a_session_under_its_name",
    ),
    "R5077-3.1-10": (
        "all_tickets_of_a_session_hold_the_same",
        "renewal_prolongs_no_session",
        "resumed_secret_is_the_sealed_one",
        "resumed_version_is_the_sealed_one",
        "resumed_session_is_of_the_sealed_kind",
        "resumed_client_is_the_sealed_one_or_nobody",
        "server_resumes_for_hellos_of_the_same_kind",
        "server_resumes_old_sessions_for_old_hellos",
    ),
    "R5077-3.2-09": ("retired_key_opens_nothing",),
    "R5077-3.2-10": ("ticket_of_a_failure_is_not_offered",),
    "R5077-3.3-06": (
        "offered_ticket_was_followed_by_a_right_finished",
        "store_holds_the_old_ticket_or_the_new",
        "ticket_and_secret_stay_together",
        "client_offers_with_the_session_that_it_got",
    ),
    "R5077-3.3-07c": ("store_holds_the_old_ticket_or_the_new", "empty_ticket_leaves_both_sides_as_they_were"),
    "R5077-3.3-11": ("renewal_strands_no_client",),
    "R5077-3.3-14": ("no_ticket_is_offered_after_its_hint", "hint_counts_from_receipt"),
    "R5077-3.3-16": ("no_ticket_is_offered_after_its_hint",),
    "R5077-4-11": ("expired_ticket_is_not_honoured", "resumed_version_is_the_sealed_one"),
    "R5077-4-13": ("resumed_client_is_the_sealed_one_or_nobody", "stored_ticket_opens_to_its_client_or_nobody"),
    "R5077-4-15": ("stored_ticket_opens_to_its_version_and_name",),
    "R5246-7.2.2-01": ("ticket_of_a_failure_is_not_offered",),
    "R5246-7.4.1.3-02": ("resumed_suite_is_the_sealed_one",),
    "R5246-7.4.9-01": (
        "offered_ticket_was_followed_by_a_right_finished",
        "store_holds_the_old_ticket_or_the_new",
        "renewal_strands_no_client",
        "empty_ticket_leaves_both_sides_as_they_were",
    ),
    "R6066-3-01": ("client_offers_a_session_under_its_name",),
    "R7627-5.3-03": ("server_resumes_for_hellos_of_the_same_kind",),
    "R7627-5.3-04": ("server_resumes_old_sessions_for_old_hellos",),
    "R7627-5.4-01": ("resumed_session_is_of_the_sealed_kind",),
    "R9325-3.4-03": ("retired_key_opens_nothing",),
    "R9325-3.4-04": ("expired_ticket_is_not_honoured",),
    "R9325-3.4-05": ("renewal_prolongs_no_session",),
}
"""Under all clauses but this one."""
ALONE: dict[str, tuple[str, ...]] = {
    "R5077-4-15": ("session_stays_with_its_name",),
    "R6066-3-02": ("session_stays_with_its_name",),
    "R7627-5.3-06": ("no_session_is_mixed",),
    "R7627-5.3-07": ("no_session_is_mixed", "client_resumes_with_answers_of_the_same_kind"),
    "R7627-5.3-08": ("client_resumes_with_answers_of_the_same_kind",),
}
"""In the theorem's own system, where the other side does not guard."""
WITH_KEYS: dict[str, tuple[str, ...]] = {
    "R5077-5.5-04": ("live_ticket_is_honoured_with_one_older_key", "live_ticket_is_honoured_with_two_older_keys"),
    "R5077-4-11": ("live_ticket_is_honoured_with_one_older_key", "live_ticket_is_honoured_with_two_older_keys"),
    KEPT_WINDOW: ("live_ticket_is_honoured_with_one_older_key", "live_ticket_is_honoured_with_two_older_keys"),
    HANDED_ON: ("live_ticket_is_honoured_with_one_older_key",),
    BOUNDED_SKEW: ("live_ticket_is_honoured_with_one_older_key",),
    GENEROUS: ("live_ticket_is_honoured_with_one_older_key",),
    WINDOW_SUFFICES: ("live_ticket_is_honoured_with_one_older_key",),
}
"""With a window of keys."""


def ids(name: str) -> frozenset[str]:
    """The clause and those that restate it, or the choice."""
    return dropped(name) if name in BY_ID else frozenset({name})


@cache
def system(name: str, window: int = 0) -> System:
    """A system without one row; where no window is given the deployer has chosen nothing."""
    return sessions(ids(name) if window else ids(name) | frozenset(CHOICES), window)


def goals(names: tuple[str, ...]) -> dict[str, z3.BoolRef]:
    """What the theorems exclude."""
    return {name: And(KNOWN[name].claim.when, KNOWN[name].claim.bad) for name in names}


def test_every_row_is_a_clause_or_a_choice():
    assert {rule.id for rule in RULES} - set(BY_ID) <= set(CHOICES)


def test_every_choice_can_be_dropped():
    assert set(CHOICES) == ({rule.id for rule in RULES} - set(BY_ID)) | {WINDOW_SUFFICES}


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
    conditions = [(theorem.claim.system, theorem.claim.when.sexpr()) for theorem in ALL]
    assert len(set(conditions)) == len(conditions)


def test_two_classes_break_every_theorem_that_counts():
    breaking = {name: [row for table in (BREAKS, ALONE, WITH_KEYS) for row, fallen in table.items() if name in fallen]
                for name in KNOWN}  # fmt: skip
    classes = {name: {min(ids(row)) for row in rows} for name, rows in breaking.items()}
    small = {theorem.id for theorem in ALL if theorem.claim.system(NONE).name.split()[0] == "sessions"}
    few = {name for name in small if len(classes[name]) < 2}
    assert few == {theorem.id for theorem in ALL if theorem.id in small and theorem.follows_from}


@pytest.mark.slow
@pytest.mark.parametrize("row", BREAKS)
def test_without_a_row_the_theorems_that_need_it_fall(row):
    found = witnesses(system(row), goals(BREAKS[row]), 10)
    assert {name for name, run in found.items() if not run} == set()


@pytest.mark.slow
@pytest.mark.parametrize("row", ALONE)
def test_without_a_row_one_side_alone_does_not_suffice(row):
    for name in ALONE[row]:
        assert witness(KNOWN[name].claim.system(ids(row)), goals((name,))[name], 10)


@pytest.mark.slow
@pytest.mark.parametrize("row", WITH_KEYS)
def test_without_a_row_a_live_ticket_is_declined(row):
    for name in WITH_KEYS[row]:
        window = 1 if "one_older" in name else 2
        assert witness(system(row, window), goals((name,))[name], 12)


@pytest.mark.parametrize(
    ("row", "theorem"),
    [(row, "announcement_ends_with_its_handshake") for row in ("R5077-5.8-03", "R5077-3.2-08")]
    + [(row, "announcement_ends_with_its_handshake") for row in ("R5077-3.3-02", "R5077-3.3-03")]
    + [(row, "answer_depends_on_no_memory") for row in ("R5077-3.3-11", "R5077-3.4-07", "R5077-3.4-08")]
    + [("R5077-3.1-10", "resumed_secret_depends_on_no_memory")],
)  # fmt: skip
def test_what_makes_no_difference_does_without_a_row(row, theorem):
    ((_, found),) = attempts((KNOWN[theorem],), ids(row))
    assert found.counterexample


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
    moves = [moment.move for moment in witness(system("R9325-3.4-05"), And(old, young, S.a.fate.renews), 12)]
    assert any(move.endswith("server renews B by A") for move in moves)


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
