"""The network as attacker: what he finds where clauses are missing, and that he finds nothing where they are not."""

import importlib
import pkgutil
from collections import Counter
from enum import Enum

import pytest
import z3

from rfc5077 import model
from rfc5077.model.attacker import (
    cost,
    credentials,
    gluing,
    lineage,
    names,
    negotiation,
    network,
    prolongation,
    replay,
    resumption,
    splice,
    trust,
)
from rfc5077.model.attacker.attacks import ATTACKS, BY_NAME, classes, ladders
from rfc5077.model.clauses import BY_ID
from rfc5077.model.proof.certificate import SOLVERS, check
from rfc5077.model.proof.finite import is_finite, reach
from rfc5077.model.proof.unbounded import witness

SYSTEMS = (cost, credentials, gluing, lineage, names, negotiation, prolongation, replay, resumption, splice)
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
        "client > network: ClientHello, ticket, without",
        "server > network: resumes without, hello without",
        "network > client: ServerHello without, Finished; taken for his",
        "network > server: Finished; taken for his",
    ]


def test_triple_handshake_ends_in_a_renegotiation_with_the_clients_certificate():
    said = words(BY_NAME["triple_handshake_renegotiation"].find())
    assert said[: len(words(BY_NAME["triple_handshake"].find()))] == words(BY_NAME["triple_handshake"].find())
    assert said[-4:] == [
        "network > server: application data of his own",
        "client > network: ClientHello, verify_data of the resumption",
        "network > server: the client's hello, within his connection",
        "client > server: Certificate, CertificateVerify, Finished",
    ]


def test_renegotiation_of_a_glued_connection_is_bound_to_it_and_only_the_client_can_refuse_it():
    # verify_data of both sides is the same: the check of RFC 5746 finds nothing.
    plain = classes("R7627-5.1-01", "R7627-5.2-01", "R7627-5.2-02", "R7627-5.3-03", "R7627-5.3-04", "R7627-5.3-07",
                    "R7627-5.3-08")  # fmt: skip
    assert not reach(gluing.system(gluing.ADVICE | classes("R7627-5.3-03"))).nearest(gluing.answers_for_him())
    legacy = z3.And(gluing.answers_for_him(), gluing.W.client_session.is_(gluing.Bond.LEGACY))
    assert not reach(gluing.system(gluing.ADVICE | plain)).nearest(legacy)
    assert reach(gluing.system(gluing.ADVICE | plain | classes("R7627-5.4-02"))).nearest(legacy)


@pytest.mark.parametrize(("clause", "mark"), [("R5746-3.7-01", splice.Mark.BLANK_INFO),
                                              ("R5746-3.7-02", splice.Mark.SIGNAL_SUITE)])  # fmt: skip
def test_prefix_goes_unnoticed_by_a_server_that_lets_one_of_two_signals_pass(clause, mark):
    goal = z3.And(splice.injected(), splice.W.said.is_(mark), splice.as_sent())
    assert reach(splice.system(classes(clause))).nearest(goal)
    assert not reach(splice.system()).nearest(splice.injected())


@pytest.mark.parametrize("resumes", [False, True], ids=["full", "abbreviated"])
@pytest.mark.parametrize("rsa", [False, True], ids=["ephemeral", "rsa"])
@pytest.mark.parametrize("how", negotiation.WORDS, ids=lambda how: how.name)
def test_each_altered_hello_reaches_the_server_and_both_complete_only_if_it_was_not(how, rsa, resumes):
    n = negotiation
    ready = z3.And(n.W.hello.is_(how), n.W.server_rsa == rsa, z3.Not(n.W.revealed),
                   n.W.client_secret.is_(n.Material.RESUMED if resumes else n.Material.SHARED))  # fmt: skip
    possible = not (rsa and resumes)  # a resumption has no exchange
    taken = z3.And(ready, n.W.client.is_(n.ClientPlace.ABBREVIATED if resumes else n.ClientPlace.AGREED))
    unaware = z3.And(taken, n.W.server.is_(n.ServerPlace.RESUMING if resumes else n.ServerPlace.OFFERED))
    meets = possible and not (resumes and how is n.Tampering.TICKET_STRIPPED)
    assert bool(reach(n.system()).nearest(unaware)) == meets
    through = reach(n.system()).nearest(z3.And(ready, n.both_complete()))
    assert bool(through) == (possible and how is n.Tampering.NOWHERE)


def test_server_hello_of_the_attacker_gets_a_key_exchange_by_rsa_and_no_further():
    n = negotiation
    his = n.W.answer.is_(n.Tampering.ALL_HIS_OWN)
    assert reach(n.system()).nearest(z3.And(his, n.W.client.is_(n.ClientPlace.PROVED), n.W.server.is_(
        n.ServerPlace.WAITING)))  # fmt: skip
    assert not reach(n.system()).nearest(z3.And(his, n.W.client.is_(n.ClientPlace.DONE), z3.Not(n.W.revealed)))
    assert not reach(n.system()).nearest(z3.And(his, n.W.client.is_(n.ClientPlace.PROVED), z3.Not(n.W.client_rsa)))


def test_client_that_refuses_a_bound_answer_is_safe_from_a_server_that_says_what_it_saved():
    goal = z3.And(splice.injected(), splice.W.told.is_(splice.Mark.SAVED))
    assert not reach(splice.system(classes("R5746-3.7-01"))).nearest(goal)
    assert reach(splice.system(classes("R5746-3.7-01", "R5746-3.4-02"))).nearest(goal)


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
    by_him = z3.And(W.client_proof.is_(resumption.Proof.OF_ATTACKER), trust.relies_on_client(), switch)
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
    assert lines[2].strip().startswith("|<--- ServerHello of his own, empty id ---")
    assert lines[-1].strip() == "[completes]"
    assert len(lines) == len(run)


def test_every_attack_has_a_ladder_with_what_it_takes():
    shown = ladders()
    assert [one.id for one in shown] == [attack.id for attack in ATTACKS]
    for one, attack in zip(shown, ATTACKS, strict=True):
        assert set(one.dropped) == attack.dropped
        assert one.source and one.title
        assert len(one.text.splitlines()) == len(attack.find())  # the places, then a line for each move


NAMED = {  # by the sources of the attacks that the systems have to find
    "RFC 7627, section 1", "CVE-2014-1295", "CVE-2009-3555", "CVE-2014-3616", "CVE-2014-0224", "CVE-2014-6593",
    "CVE-2016-9244", "CVE-2014-7189", "CVE-2020-13777", "RFC 9325, section 3.4", "s2n-tls issue 5147",
    "RFC 5077, section 3.1; RFC 7627, section 6.3", "CVE-2014-1490", "rustls issue 797",
}  # fmt: skip


def test_the_attacks_that_have_names_are_among_those_found():
    assert {attack.source for attack in ATTACKS} >= NAMED


def test_no_two_enums_of_the_model_share_a_name():
    # One z3 sort for each, by that name.
    rooms = [importlib.import_module(found.name) for found in pkgutil.walk_packages(model.__path__, "rfc5077.model.")]
    kinds = {
        kind for room in rooms for kind in vars(room).values() if isinstance(kind, type) and issubclass(kind, Enum)
    }
    names = Counter(kind.__name__ for kind in kinds if kind.__module__.startswith("rfc5077.model."))
    assert [name for name, count in names.items() if count > 1] == []
