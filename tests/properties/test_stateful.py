"""The Hypothesis machine: it passes on who conforms, it fails on who does not, and its failures can be read."""

from collections import Counter
from dataclasses import replace
from functools import partial
from random import Random

import pytest
from hypothesis.stateful import run_state_machine_as_test

from rfc5077.model.event import SERVER, Extension
from rfc5077.properties.adapters import python_ssl, tlslite_ng
from rfc5077.properties.errors import UsageError
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.suite.chronicle import Chronicle
from rfc5077.properties.suite.parties import Client, Server, Trick
from rfc5077.properties.suite.stateful import machine
from rfc5077.properties.suite.world import Refuted, World
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.trace.recordings import write_recording
from rfc5077.properties.verdict.recordings import judge_file
from rfc5077.reference.connection import ClientConnection, ServerConnection
from rfc5077.reference.handshake import offer, server_flight
from rfc5077.reference.handshake.client_flight import ClientHandlers
from rfc5077.reference.handshake.server_flight import ServerHandlers

SEEDS = 12
PARTIES = ((Server, ServerConnection), (Client, ClientConnection))

TestReference = machine(examples=30, seed=1).TestCase


def played(**options):
    """How often each thing happened."""
    tally = Counter()
    run_state_machine_as_test(machine(tally=tally, **options))
    return tally


def refuted(seed=0, **options):
    """The failure, by the first seed that finds one.

    What Hypothesis draws depends on the modules that happen to be loaded, so no single seed is sure to find it.
    """
    for chosen in range(seed, seed + SEEDS):
        try:
            run_state_machine_as_test(machine(**{"examples": 400, "steps": 12, **options}, seed=chosen))
        except Refuted as caught:
            return caught
    return pytest.fail(f"no run of {SEEDS} seeds was refuted")


def failure(seed=0, **options):
    """The message of the failure, and what Hypothesis adds to it."""
    caught = refuted(seed, **options)
    return str(caught), "\n".join(caught.__notes__)


def happened(wanted, enough=all, **options):
    """What happened under as many seeds as it takes for all (or any) that is wanted to happen."""
    tally = Counter()
    for seed in range(SEEDS):
        tally += played(seed=seed, **options)
        if enough(tally[what] for what in wanted):
            break
    return tally


def test_the_reference_conforms_with_itself_whatever_befalls_it():
    wanted = ("full", "resumed by ticket", "resumed by id", "renewed", "empty tickets", "declined", "lost")
    tally = happened(wanted, examples=200)
    assert {what for what in wanted if not tally[what]} == set()
    assert [what for what in tally if what.startswith("violation")] == []


def test_a_run_with_the_same_seed_is_the_same_run():
    assert played(examples=20, seed=5) == played(examples=20, seed=5)


def test_another_seed_gives_other_runs():
    assert played(examples=20, seed=5) != played(examples=20, seed=6)


@pytest.mark.parametrize(
    "peer",
    [
        python_ssl.server,
        python_ssl.client,
        partial(python_ssl.server, client_certificate=True),
        partial(python_ssl.client, client_certificate=True),
        tlslite_ng.server,
    ],
    ids=["ssl server", "ssl client", "ssl server that asks", "ssl client with a certificate", "tlslite server"],
)
def test_a_conforming_stack_passes(peer):
    tally = happened(["resumed", "resumed by ticket"], any, peer=peer, examples=25)
    assert tally["resumed"] + tally["resumed by ticket"] > 0


def test_a_peer_may_be_given_as_it_is():
    assert happened(["handshakes"], peer=python_ssl.server(), examples=5)["handshakes"] > 0


def test_a_server_that_hangs_up_before_it_has_answered_is_accused_of_nothing():
    server, client = (make(0, Random(1), tls, True) for make, tls in PARTIES)
    server.rotate(0)
    world = World([client], [server])
    world.plant(world.pair(0, 0), b"made up", Extension.FOREIGN, "made up")
    link = world.connect(world.pair(0, 0))
    world.carry(link, "client", 1)
    world.hang_up(link, "server", cleanly=False)
    world.end()
    assert link.passage.lost


def test_the_client_of_tlslite_is_found_to_refuse_a_rejected_ticket():
    message, _ = failure(peer=tlslite_ng.client)
    assert message.startswith("VIOLATION  R5077-3.1-19")


@pytest.mark.parametrize(
    "name",
    ["S-04", "S-45", "S-61", "S-69", "C-33", "C-50"],
)
def test_a_fault_is_found_with_its_clause_and_its_recording_is_judged_alike(name, tmp_path):
    fault = FAULTS[name]
    caught = refuted(peer=fault.make)
    found = str(caught).split()[1]
    assert str(caught).startswith("VIOLATION")
    assert found in fault.clauses

    write_recording(tmp_path / "run.jsonl", caught.recording)
    judged = judge_file(tmp_path / "run.jsonl")
    named = [(one.clause.id, one.party.name.lower()) for each in judged.connections for one in each.findings]
    assert judged.verdict == "violation"
    assert (found, fault.role) in named


def test_the_test_case_keeps_the_run_that_refutes_it(tmp_path):
    file = tmp_path / "run.jsonl"
    ours = machine(peer=FAULTS["S-04"].make, examples=400, recording=file)
    with pytest.raises(Refuted) as caught:
        ours.TestCase("runTest").runTest()
    judged = judge_file(file)
    assert str(caught.value).split()[1] == judged.connections[-1].findings[0].clause.id
    assert judged.header.whole


def test_what_the_harness_alone_knew_stands_in_the_recording():
    chronicle = Chronicle("A pair")
    hello = RecordedEvent(connection=1, sender="client", message="ClientHello", session_ticket=b"planted")
    chronicle.know(b"planted", Extension.FOREIGN)
    chronicle.retuned(SERVER)
    chronicle.feed(hello)
    chronicle.feed(replace(hello, connection=2))
    said = [(event.ticket_kind, event.retuned) for event in chronicle.recording().events]
    assert said == [("foreign", "server"), (None, None)]


def test_a_recording_tells_which_tickets_lost_their_keys():
    chronicle = Chronicle("A pair")
    issue = RecordedEvent(connection=1, sender="server", message="NewSessionTicket", ticket=b"issued")
    hello = RecordedEvent(connection=2, sender="client", message="ClientHello", session_ticket=b"issued")
    chronicle.feed(issue)
    chronicle.feed(hello)
    chronicle.keys_changed()
    chronicle.feed(replace(hello, connection=3))
    assert [event.ticket_kind for event in chronicle.recording().events] == [None, None, "foreign"]


def _late(config, now):
    return offer.choose_offer(config, now - 1_000_000)


def _unhashed(handshake):
    hashed, handshake.transcript = handshake.transcript, handshake.transcript.copy()
    server_flight.send_ticket(handshake)
    handshake.transcript = hashed


def test_a_server_that_leaves_a_renewed_ticket_out_of_the_hash_is_found():
    flight = tuple(
        _unhashed if step is server_flight.send_ticket else step for step in ServerHandlers().resumption_flight
    )
    server = partial(ServerConnection, handlers=ServerHandlers(resumption_flight=flight))
    message, _ = failure(server=server)
    assert message.startswith("VIOLATION  R5077-3.3-04")
    assert "NewSessionTicket   ticket: 146 octets" in message


def test_a_client_that_ignores_the_hint_is_found_by_its_clock():
    client = partial(ClientConnection, handlers=ClientHandlers(choose_offer=_late))
    message, _ = failure(client=client)
    assert "R5077-3.3-16" in message


def test_a_server_that_takes_tickets_for_ever_is_found_by_its_clock():
    def choose(config, hello, now, open_ticket):
        return server_flight.negotiate.choose_resumption(config, hello, now - 100_000, open_ticket)

    server = partial(ServerConnection, handlers=ServerHandlers(choose_resumption=choose))
    message, _ = failure(server=server)
    assert "server declines a ticket that is good" in message or "R5077-5.6-01" in message


def test_a_server_that_gives_the_two_sides_different_secrets_is_found():
    def derive(ems, pre_master, client_random, server_random, session_hash, hash_name):
        return bytes(48)

    message, _ = failure(server=partial(ServerConnection, handlers=ServerHandlers(derive_master_secret=derive)))
    assert message.startswith("REFUTED on connection 1: the server refused what it received: bad_record_mac")


def test_a_failure_shows_the_shrunk_run_as_a_ladder():
    message, notes = failure(peer=FAULTS["S-04"].make, seed=3)
    ladder = message[message.index("Client 0 and server 0") :]
    assert ladder.splitlines() == [
        "Client 0 and server 0 (localhost), as seen at the server:",
        "  client                                          server",
        "    |                 (connection 1)                |",
        "    |--- ClientHello SessionTicket: empty --------->|",
        "    |<--- ServerHello SessionTicket: absent --------|",
        "    |<--- Certificate ------------------------------|",
        "    |<--- ServerKeyExchange ------------------------|",
        "    |<--- ServerHelloDone --------------------------|",
        "    |--- ClientKeyExchange ------------------------>|",
        "    |--- ChangeCipherSpec ------------------------->|",
        "    |--- Finished --------------------------------->|",
        "    |<--- NewSessionTicket ticket: 146 octets ------|   <- R5077-3.2-07; due: ChangeCipherSpec",
    ]
    assert "Found by machine(seed=3)." in notes


def test_two_tricks_that_restore_a_ticket_accuse_nobody_of_honouring_an_altered_one():
    run = machine(peer=python_ssl.server)()
    run.world = run.stage.world(0, clients=[[]], servers=[[]])
    run.shake_hands(client=0, server=0, sizes=[], times=1, data=b"")
    for connects in (False, True):
        run.tamper(client=0, server=0, trick=Trick.flip(-1, 1), connects=connects)
    run.teardown()


def test_only_the_peers_violations_count_beside_a_peer():
    client = partial(ClientConnection, handlers=ClientHandlers(choose_offer=_late))
    assert happened(["excused"], peer=python_ssl.server, client=client, examples=50)["excused"] > 0


@pytest.mark.parametrize("options", [{"examples": 0}, {"steps": 0}])
def test_a_machine_that_would_do_nothing_is_refused(options):
    with pytest.raises(UsageError):
        machine(**options)
