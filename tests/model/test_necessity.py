"""What each clause is for: the theorems that fall when its class is dropped, typed by hand, and shown by a run.

A class is a clause with those that restate it; dropping one of them alone would change nothing.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from necessity import JOINT, fallen

from rfc5077.model.clauses import BY_ID
from rfc5077.model.proof.explore import explore
from rfc5077.model.proof.joint import STATE
from rfc5077.model.proof.prover import dropped
from rfc5077.model.proof.theorem import Theorem
from rfc5077.model.run.compiled import compiled

RECEPTIVE = "client_is_receptive"
ORDER = "R5077-3.1-07"  # with the other figures and R5246-7.4-01
VERIFY = "R5246-7.4.9-01"
STUCK = "nobody_waits_for_ever handshake_ends"  # somebody has refused, or waits for what does not come
SERVER_HASH = "client_finds_its_transcript_in_server_finished"
DECISION = "client_decides_as_the_server_did client_with_an_empty_id_decides_as_the_server_did"

FALLS = {  # class -> what falls without it
    ORDER: f"{RECEPTIVE} server_is_receptive {DECISION} server_finds_its_transcript_in_client_finished {SERVER_HASH} "
    f"{STUCK} unopened_ticket_resumes_nothing id_beside_a_ticket_makes_no_difference",
    # An unannounced ticket is refused.
    "R5077-3.2-07": f"{RECEPTIVE} announced_ticket_is_delivered_once no_ticket_comes_unannounced {SERVER_HASH} {STUCK}",
    # So is an announcement to a client that did not ask.
    "R5077-3.2-08": f"{RECEPTIVE} no_ticket_comes_unannounced {SERVER_HASH} {STUCK}",
    # A server may resume by a ticket that it cannot open, if it likes the session_id.
    "R5077-3.2-09": "unopened_ticket_resumes_nothing ticket_rules_out_look_up id_beside_a_ticket_makes_no_difference",
    "R5077-3.3-02": f"{RECEPTIVE} announced_ticket_is_delivered_once ticket_has_its_place",
    # Two parties that leave the ticket out of the hash do not see that it was altered; one alone cannot finish.
    "R5077-3.3-04": f"{RECEPTIVE} client_holds_what_was_announced_and_sent nothing_altered_completes "
    f"server_finds_its_transcript_in_client_finished {SERVER_HASH} nobody_waits_for_ever "
    "no_ticket_is_offered_before_server_finished",
    "R5077-3.3-05": "ticket_has_its_place",
    "R5077-3.3-06": "no_ticket_is_offered_before_server_finished",
    "R5077-3.3-11": "renewal_changes_nothing_before_client_finished",
    # Without the echo a client with an id of its own takes a resumption for a full handshake.
    "R5077-3.4-05": f"{RECEPTIVE} client_decides_as_the_server_did {SERVER_HASH} {STUCK} ticket_rules_out_look_up "
    "id_beside_a_ticket_makes_no_difference",
    # With an echo in a full handshake it takes that for a resumption.
    "R5077-3.4-06": f"{RECEPTIVE} {DECISION} {SERVER_HASH} {STUCK} unopened_ticket_resumes_nothing "
    "ticket_rules_out_look_up id_beside_a_ticket_makes_no_difference",
    "R5077-3.4-07": "ticket_rules_out_look_up id_beside_a_ticket_makes_no_difference",
    "R5077-3.4-08": "unopened_ticket_resumes_nothing ticket_rules_out_look_up",
    # A client with an empty id that concludes from ServerHello guesses.
    "R5077-3.4-10": f"{RECEPTIVE} {DECISION} {SERVER_HASH} {STUCK} unopened_ticket_resumes_nothing "
    "id_beside_a_ticket_makes_no_difference",
    "R5246-7.3-01": "data_waits_for_a_proved_peer",
    VERIFY: "client_holds_what_was_announced_and_sent ticket_has_its_place nothing_altered_completes "
    "data_waits_for_a_proved_peer no_ticket_is_offered_before_server_finished "
    "renewal_changes_nothing_before_client_finished",
}
BOTH_GONE = "order and verification"


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, str]]:
    """Class -> theorem -> counterexample, by two processes."""
    sets = {name: dropped(name) for name in FALLS} | {BOTH_GONE: dropped(ORDER) | dropped(VERIFY)}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        return dict(zip(sets, pool.map(fallen, sets.values()), strict=True))


@pytest.mark.parametrize("name", FALLS)
def test_without_a_class_the_expected_theorems_fall_and_no_others(found, name):
    assert set(found[name]) == set(FALLS[name].split())


def test_at_least_fifteen_classes_are_needed():
    classes = {dropped(name) for name in FALLS}
    assert len(classes) == len(FALLS) >= 15
    assert sum(BY_ID[id].mechanised for some in classes for id in some) >= 20


@pytest.mark.parametrize("theorem", [t for t in JOINT if not t.follows_from], ids=lambda theorem: theorem.id)
def test_a_theorem_rests_on_more_than_one_class(theorem):
    needed = [name for name, theorems in FALLS.items() if theorem.id in theorems.split()]
    assert needed
    assert len(needed) > 1 or falls_with_nothing_but(needed[0], theorem)


def falls_with_nothing_but(name: str, theorem: Theorem) -> bool:
    """Whether the class alone, of all, does not carry the theorem: it falls when all others are dropped."""
    without = frozenset(id for id, entry in BY_ID.items() if entry.mechanised) - dropped(name)
    claim = theorem.claim
    terms = compiled([claim.when(without), claim.then(without)], STATE.client, STATE.server, STATE.world)

    def broken(state) -> bool:
        met, holds = terms(*state)
        return bool(met and not holds)

    return broken(explore(without, stop=broken).states[-1])


@pytest.mark.parametrize("theorem", [t for t in JOINT if t.follows_from], ids=lambda theorem: theorem.id)
def test_a_theorem_that_follows_from_one_source_is_marked_and_falls_without_no_other_class(theorem):
    assert [name for name, theorems in FALLS.items() if theorem.id in theorems.split()] == []


def test_agreement_is_guarded_twice(found):
    """By the order, which the server has decided, and by Finished: it falls only without both."""
    assert "both_agree_on_resumption" in found[BOTH_GONE]
    assert not any("both_agree_on_resumption" in found[name] for name in FALLS)


EXAMPLES = {
    ("R5077-3.3-06", "no_ticket_is_offered_before_server_finished"): ["client hears NewSessionTicket"],
    ("R5077-3.2-08", "no_ticket_comes_unannounced"): ["server says ServerHello", "server says NewSessionTicket"],
    ("R5246-7.3-01", "data_waits_for_a_proved_peer"): ["says ApplicationData"],
    (VERIFY, "nothing_altered_completes"): ["a damaged", "step Verification"],
    ("R5077-3.3-04", "nothing_altered_completes"): ["client hears a damaged NewSessionTicket"],
}


@pytest.mark.parametrize("name, theorem", EXAMPLES, ids=str)
def test_a_counterexample_shows_what_the_clause_prevents(found, name, theorem):
    trace = found[name][theorem]
    assert all(move in trace for move in EXAMPLES[name, theorem]), trace


def test_the_shortest_way_to_an_early_offer_ends_with_the_ticket(found):
    trace = found["R5077-3.3-06"]["no_ticket_is_offered_before_server_finished"]
    assert trace.endswith("client hears NewSessionTicket")
