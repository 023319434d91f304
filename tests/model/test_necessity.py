"""What each clause is for: classes derived from the models, confirmed counterexamples, classes implied by others.

The matrix itself is data of the package; what a person knows of it is typed in tests/properties/test_necessity.py.
"""

import pytest
import z3

from rfc5077.model.clauses import BY_ID
from rfc5077.model.proof import implied, minimal, necessity
from rfc5077.model.proof.classes import SUBJECTS, asked_by, class_of, classes
from rfc5077.model.proof.digest import digest, digest_of_system
from rfc5077.model.proof.explore import explore
from rfc5077.model.proof.necessity import KNOWN, SIZE, Task, done, joint_fall, of_joint
from rfc5077.model.sessions.rules import CHOICES
from rfc5077.model.systems import constrained

JOINT = of_joint(SUBJECTS)
ORDER = "R5077-3.1-07"
VERIFY = "R5246-7.4.9-01"
FALLS = {  # in the joint model: class -> what falls without it, all of it
    "R5077-3.2-08": "client_is_receptive no_ticket_comes_unannounced client_finds_its_transcript_in_server_finished "
    "nobody_waits_for_ever handshake_ends both_know_the_same_when_all_has_arrived",
    "R5077-3.3-02": "client_is_receptive announced_ticket_is_delivered_once ticket_has_its_place "
    "both_know_the_same_when_all_has_arrived",
    "R5077-3.3-06": "no_ticket_is_offered_before_server_finished",
    "R5077-3.4-07": "ticket_rules_out_look_up id_beside_a_ticket_makes_no_difference",
    "R5246-7.3-01": "data_waits_for_a_proved_peer",
}
EXAMPLES = {
    ("R5077-3.3-06", "no_ticket_is_offered_before_server_finished"): ["client hears NewSessionTicket"],
    ("R5077-3.2-08", "no_ticket_comes_unannounced"): ["server says ServerHello", "server says NewSessionTicket"],
    ("R5246-7.3-01", "data_waits_for_a_proved_peer"): ["says ApplicationData"],
}


def falls_without(name: str) -> dict[str, necessity.Fall]:
    """The theorems about one handshake that fall without a class."""
    ids = (*(theorem.id for theorem in JOINT), SIZE)
    cells = done(Task(name, ids, ids))
    return {cell.fall.theorem: cell.fall for cell in cells if cell.fall}


# --- classes ----------------------------------------------------------------------------------------------------------


def test_every_clause_with_a_constraint_in_a_system_is_of_a_class():
    ids = {id for one in classes() for id in one.ids}
    assert constrained() - ids == set()
    assert set(CHOICES) - ids == set()


def test_every_clause_that_demands_by_a_constraint_is_of_a_class():
    ids = {id for one in classes() for id in one.ids}
    demanding = {entry.id for entry in BY_ID.values() if entry.mechanised and entry.verdict.value != "note"}
    assert demanding - ids == set()


def test_no_clause_is_of_two_classes():
    ids = [id for one in classes() for id in one.ids]
    assert len(ids) == len(set(ids))


def test_a_system_tells_what_it_can_be_built_without():
    asked = asked_by(KNOWN["forged_tickets_are_cheap"].claim.system)
    assert asked == {"R5077-4-06", "R5077-5-02", "R5077-5.4-02"}


# --- digests ----------------------------------------------------------------------------------------------------------


def test_a_digest_does_not_depend_on_the_order_of_operands():
    a, b, c = z3.Bools("a b c")
    assert digest(z3.And(a, z3.Or(b, c))) == digest(z3.And(z3.Or(c, b), a))
    assert digest(z3.Implies(a, b)) != digest(z3.Implies(b, a))


def test_a_digest_tells_systems_apart():
    system = KNOWN["forged_tickets_are_cheap"].claim.system
    found = {digest_of_system(system(frozenset(ids))) for ids in ([], ["R5077-4-06"], ["R5077-5.4-02"])}
    assert len(found) == 3


# --- what falls -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FALLS)
def test_without_a_class_the_expected_theorems_about_one_handshake_fall_and_no_others(name):
    found = falls_without(name)
    assert set(found) == set(FALLS[name].split())
    for theorem, moves in ((theorem, moves) for (of, theorem), moves in EXAMPLES.items() if of == name):
        trace = "; ".join(found[theorem].moves)
        assert all(move in trace for move in moves), trace


def test_the_shortest_way_to_an_early_offer_ends_with_the_ticket():
    fall = falls_without("R5077-3.3-06")["no_ticket_is_offered_before_server_finished"]
    assert (fall.moves[-1], fall.depth) == ("client hears NewSessionTicket", len(fall.moves))


def test_agreement_is_guarded_twice():
    """By the order, which the server has decided, and by Finished: it falls only without both."""
    agreement = KNOWN["both_agree_on_resumption"]
    both = class_of(ORDER).without | class_of(VERIFY).without
    assert joint_fall(agreement, explore(both), both)
    assert not joint_fall(agreement, explore(class_of(ORDER).without), class_of(ORDER).without)


def test_a_theorem_about_a_system_that_counts_falls_by_a_run():
    name, theorem = "R5077-4-06", "forged_tickets_are_cheap"
    (cell,) = done(Task(name, (theorem,), ("",)))
    assert cell.fall is not None
    assert cell.fall.depth == len(cell.fall.moves) >= 1


@pytest.mark.parametrize("theorem", [KNOWN["one_key_is_enough"]], ids=lambda t: t.id)
def test_a_theorem_that_stands_without_a_class_is_proved_anew(theorem):
    claim = theorem.claim
    without = class_of("R5077-3.4-05").without
    system = claim.system(without)
    assert necessity.holds(system, necessity.invariant(theorem.id), necessity.bad(claim)) or necessity.saved(
        theorem.id, system
    )


# --- implied by others, and what suffices -----------------------------------------------------------------------------


def test_a_class_that_others_imply_is_named_with_them():
    found = implied.standing("R5246-7.4.1.2-04")
    assert (found.implied, found.bites) == (True, "")
    assert "R5077-3.4-06" in found.by


def test_a_class_that_no_step_of_a_model_could_break_is_not_implied():
    assert implied.standing("R5077-3.2-12") == implied.Standing(False)


def test_a_class_that_is_implied_lets_no_new_state_come_about():
    without = class_of("R5246-7.4.1.2-04").without
    assert set(explore(without).parents) == set(explore().parents)


def test_what_suffices_for_a_theorem_is_minimal():
    found = minimal.minimal("tickets_stray_to_no_other_server", (), ())
    assert found.doubtful == ()
    assert found.names


def test_classes_that_are_needed_belong_to_what_suffices():
    theorem = "forged_tickets_are_cheap"
    found = minimal.minimal(theorem, ("R5077-4-06",), minimal.relevant(KNOWN[theorem]))
    assert "R5077-4-06" in found.names
