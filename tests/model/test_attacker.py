"""The network as attacker: what he finds where clauses are missing, and that he finds nothing where they are not."""

import importlib
import pkgutil
from collections import Counter
from enum import Enum

import pytest
import z3

from rfc5077 import model
from rfc5077.model.attacker import cost, gluing, lineage, names, negotiation, network, prolongation, resumption
from rfc5077.model.attacker.attacks import ATTACKS, BY_NAME, classes
from rfc5077.model.clauses import BY_ID
from rfc5077.model.proof.certificate import SOLVERS, check
from rfc5077.model.proof.finite import is_finite, reach
from rfc5077.model.proof.unbounded import witness

SYSTEMS = (cost, gluing, lineage, names, negotiation, prolongation, resumption)
W = resumption.W


def rooms(modules):
    return pytest.mark.parametrize("room", modules, ids=lambda m: m.__name__.rsplit(".", 1)[1])


def words(run):
    return [moment.move for moment in run[1:]]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.id)
def test_attacker_finds_the_attack_by_himself(attack):
    run = attack.find()
    last = [(attack.system(attack.dropped).state.terms[name], value) for name, value in run[-1].values.items()]
    assert z3.is_true(z3.simplify(z3.substitute(attack.goal, last)))


@pytest.mark.parametrize("attack", [a for a in ATTACKS if not a.permitted], ids=lambda a: a.id)
def test_attack_is_gone_once_the_clauses_are_back(attack):
    scripts = [one.script for one in attack.exclusion()]
    assert {answer for solver in SOLVERS for answer in check(solver, scripts)} == {"unsat"}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: a.id)
def test_attack_takes_dropped_clauses_or_a_gift_and_never_both(attack):
    assert not (attack.dropped and attack.given is not None)
    assert attack.dropped <= set(BY_ID)


@rooms(SYSTEMS)
def test_every_clause_of_a_system_is_in_the_catalogue_and_stands_there_once(room):
    ids = [entry.id for entry in room.CLAUSES]
    assert set(ids) <= set(BY_ID)
    assert len(ids) == len(set(ids))


@rooms(SYSTEMS)
def test_dropping_a_clause_only_ever_adds_moves(room):
    all_bind = {move.name for move in room.system().moves}
    for entry in room.CLAUSES:
        assert all_bind <= {move.name for move in room.system(frozenset({entry.id})).moves}


@rooms([room for room in SYSTEMS if is_finite(room.system())])
def test_every_move_of_a_system_can_be_made(room):
    every = frozenset(entry.id for entry in room.CLAUSES)
    system = room.system(every)
    reached = reach(system)
    never = [move.name for move in system.moves if not reached.nearest(move.guard)]
    assert never == []


def test_triple_handshake_takes_a_plain_secret_on_both_sides_and_an_untouched_resumption():
    assert words(BY_NAME["triple_handshake"].find()) == [
        "client > network: full handshake without, he without",
        "server > network: full handshake without, he without",
        "network > client: NewSessionTicket, the server's",
        "client > network: ClientHello, ticket, without",
        "server > network: resumes without, hello without",
        "network > client: ServerHello without, Finished",
        "client: takes its peer for the attacker, as before",
        "network > server: Finished",
        "server: takes its peer for the attacker, as before",
    ]


def test_either_of_two_refusals_keeps_an_extended_hello_from_a_legacy_session():
    # The server does not resume such a session, and where it does, the client minds its answer.
    for alone in ("R7627-5.3-03", "R7627-5.3-07"):
        assert not reach(gluing.system(gluing.ADVICE | {alone})).nearest(gluing.glued())
    assert reach(gluing.system(gluing.ADVICE | {"R7627-5.3-03", "R7627-5.3-07"})).nearest(gluing.glued())


def test_network_makes_a_client_delete_its_ticket_and_nothing_else_is_permitted():
    assert [attack.id for attack in ATTACKS if attack.permitted] == ["deletion_by_alert"]
    assert words(BY_NAME["deletion_by_alert"].find()) == [
        "server > network: NewSessionTicket of the client",
        "client > network: ClientHello, its ticket",
        "network > client: Alert in clear",
    ]


def test_ticket_that_was_never_used_ends_forward_secrecy():
    goal = z3.And(lineage.read_unaided(), z3.Not(lineage.W.offered))
    # Whether the key is stolen before or after the ticket is sealed makes no difference.
    assert sorted(words(witness(lineage.system(), goal, 6))) == [
        "network: opens a recorded ticket, reads the traffic",
        "network: seizes the server's ticket keys",
        "server > network: NewSessionTicket of the session",
    ]


@pytest.mark.parametrize("switch", [W.secret_revealed, W.key_revealed], ids=str)
def test_who_is_given_a_secret_or_a_key_passes_for_the_client(switch):
    by_him = z3.And(W.client_proof.is_(resumption.Proof.OF_ATTACKER), resumption.relies_on_client(), switch)
    assert reach(resumption.system()).nearest(by_him)


def test_stolen_session_is_prolonged_by_renewals_each_of_which_is_in_time():
    said = words(BY_NAME["unbounded_prolongation"].find())
    renewed = "network > server: the stolen ticket; renewed"
    assert [move.startswith(renewed) for move in said].count(True) >= 2


def test_classes_hold_what_restates_a_clause():
    assert classes("R5077-3.1-05") == {"R5077-3.1-05", "R5077-5-01", "R9325-3.4-01"}


def test_ladder_shows_the_network_between_client_and_server():
    run = BY_NAME["two_empty_ids"].find()
    lines = network.ladder(run).splitlines()
    assert lines[0].split() == ["client", "network", "server"]
    assert lines[1].strip().startswith("|--- ClientHello ---")
    assert lines[2].strip().startswith("|<--- ServerHello alone, empty id ---")
    assert lines[-1].strip() == "[completes]"
    assert len(lines) == len(run)


def test_no_two_enums_of_the_model_share_a_name():
    # One z3 sort for each, by that name.
    rooms = [importlib.import_module(found.name) for found in pkgutil.walk_packages(model.__path__, "rfc5077.model.")]
    kinds = {
        kind for room in rooms for kind in vars(room).values() if isinstance(kind, type) and issubclass(kind, Enum)
    }
    names = Counter(kind.__name__ for kind in kinds if kind.__module__.startswith("rfc5077.model."))
    assert [name for name, count in names.items() if count > 1] == []
