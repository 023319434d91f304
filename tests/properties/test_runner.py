"""The check of a target: who conforms gets a guarantee, who does not a finding; nothing is claimed beyond the tests."""

import json
from dataclasses import replace
from functools import partial

import pytest

from rfc5077.model.event import Extension
from rfc5077.model.run.machine import CLIENT_ALPHABET
from rfc5077.properties.adapters import over_reference
from rfc5077.properties.adapters.in_memory import PEERS, in_memory
from rfc5077.properties.adapters.peer import Peer
from rfc5077.properties.errors import UsageError
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.play import Manner, play
from rfc5077.properties.suite.probe import LIMIT, probe
from rfc5077.properties.suite.runner import check
from rfc5077.properties.suite.summary import check_json, check_text, last_line
from rfc5077.reference.connection import ServerConnection
from rfc5077.reference.handshake.server import SERVER_TABLE
from rfc5077.reference.handshake.server_flight import ServerState
from rfc5077.reference.record_layer import DEFAULT_RULES
from rfc5077.reference.wire.messages import HandshakeType, Signal

KEYS = ["target", "role", "profile", "verdict", "suite", "guarantee", "findings", "not_exercised"]
SUITE_KEYS = ["id", "alphabet", "k", "tests", "states", "connections", "seconds"]
FINDING_KEYS = ["clause", "class", "level", "verdict", "trace", "expected", "got", "why"]


def server(**choices):
    return over_reference.server(config=replace(over_reference.server_config(), **choices))


def client(**choices):
    return over_reference.client(config=replace(over_reference.client_config(), **choices))


def without_tickets_that_were_announced():
    """The reference server, its NewSessionTicket lost on the way."""
    honest = over_reference.server()

    def read(connection):
        octets, kept = honest.read(connection), b""
        while octets:
            length = 5 + int.from_bytes(octets[3:5], "big")
            record, octets = octets[:length], octets[length:]
            kept += b"" if record[:1] + record[5:6] == b"\x16\x04" else record
        return kept

    return replace(honest, name="forgetful", read=read)


def changing_its_mind(change_after):
    """Two reference servers behind one name: the second takes over after so many connections."""
    minds = (server(), server(issue="never", reissue="never"))
    served = []

    def connect():
        mind = minds[len(served) >= change_after]
        served.append(mind)
        return mind, mind.connect()

    return Peer(
        name="moody",
        role="server",
        connect=connect,
        write=lambda handle, octets: handle[0].write(handle[1], octets),
        read=lambda handle: handle[0].read(handle[1]),
        closed=lambda handle: handle[0].closed(handle[1]),
    )


@pytest.mark.parametrize("name", ["reference", "python-ssl", "tlslite"])
def test_a_conforming_server_gets_the_guarantee(name):
    report = check("server", name)
    assert (report.verdict, report.findings, report.deviations, report.unstable) == ("conformant", (), (), ())
    assert "S and M then answer every word over A alike" in report.guarantee
    assert f"n = {report.facts.states} states; k = 0" in report.guarantee
    assert all(symbol in report.guarantee for symbol in report.facts.alphabet)


@pytest.mark.parametrize("name", ["reference", "python-ssl"])
def test_a_conforming_client_gets_the_guarantee(name):
    report = check("client", name)
    assert report.verdict == "conformant"
    assert {found.finding.verdict for found in report.findings} <= {"note"}
    assert (report.deviations, report.unstable) == ((), ())
    assert "S and M then answer every word over A alike" in report.guarantee


def test_a_client_that_insists_on_resumption_is_found_by_its_clause():
    report = check("client", "tlslite")
    cause = report.findings[0].finding
    assert (report.verdict, cause.clause.id) == ("violation", "R5077-3.1-19")
    assert report.guarantee == "None: not all tests passed."


@pytest.mark.parametrize(
    "choices",
    [
        {"renew": "ticket"},
        {"renew": "empty"},
        {"issue": "empty"},
        {"issue": "never", "reissue": "never"},
        {"reissue": "never"},
        {"reissue": "empty"},
        {"honour_tickets": False},
        {"session_id_otherwise": "empty", "session_cache": None},
        {"max_fragment": 64},
    ],
    ids=str,
)
def test_what_the_rfc_leaves_to_a_server_is_a_profile_and_no_finding(choices):
    report = check("server", server(**choices))
    assert (report.verdict, report.findings, report.deviations) == ("conformant", (), ())
    assert not report.guarantee.startswith("None")


@pytest.mark.parametrize(
    "choices",
    [
        {"tickets": False},
        {"store": None},
        {"session_id_with_ticket": "fresh", "session_id_without_ticket": "fresh"},
    ],
    ids=str,
)
def test_what_the_rfc_leaves_to_a_client_is_a_profile_and_no_finding(choices):
    report = check("client", client(**choices))
    assert (report.verdict, report.deviations) == ("conformant", ())
    assert not report.guarantee.startswith("None")


def test_a_server_that_asks_for_certificates_is_tested_with_them():
    report = check("server", over_reference.server(client_certificate=True))
    assert (report.verdict, report.deviations) == ("conformant", ())
    assert "client:CertificateVerify" in report.facts.alphabet
    assert not any("client authentication" in missing for missing in report.not_exercised)


def test_an_id_of_the_servers_own_beside_a_ticket_is_advice():
    report = check("server", server(session_id_when_issuing="fresh"))
    (found,) = report.findings
    assert (report.verdict, found.finding.clause.id, report.deviations) == ("advice", "R5077-3.4-01", ())


def test_a_lost_ticket_is_found_once_with_its_shortest_trace():
    report = check("server", without_tickets_that_were_announced())
    cause = report.findings[0]
    assert (report.verdict, cause.finding.clause.id) == ("violation", "R5077-3.3-02")
    assert [step.event.message for step in cause.finding.trace][-1] == "ChangeCipherSpec"
    assert {step.event.connection for step in cause.finding.trace} == {cause.finding.connection}
    assert cause.times > 1
    names = [found.finding.clause.family or found.finding.clause.id for found in report.findings]
    assert len(names) == len(set(names))


def stay(handshake, message):
    """Takes a message and does nothing about it."""
    return handshake.state


@pytest.mark.parametrize(
    ("state", "message", "clause"),
    [
        (ServerState.AWAIT_CLIENT_KEY_EXCHANGE, Signal.CHANGE_CIPHER_SPEC, "R5246-7.1-03"),
        (ServerState.AWAIT_CLIENT_KEY_EXCHANGE, Signal.APPLICATION_DATA, "R5246-7.3-01"),
        (ServerState.AWAIT_CHANGE_CIPHER_SPEC, HandshakeType.CLIENT_KEY_EXCHANGE, "R5246-7.4-01"),
        (ServerState.AWAIT_RESUMED_CHANGE_CIPHER_SPEC, HandshakeType.CLIENT_HELLO, "R5246-7.4-01"),
        (ServerState.ESTABLISHED, Signal.CHANGE_CIPHER_SPEC, "R5246-7.1-03"),
    ],
)
def test_a_server_that_overlooks_a_misplaced_message_is_found(state, message, clause):
    table = {**SERVER_TABLE, (state, message): stay}
    report = check("server", over_reference.server(make=partial(ServerConnection, table=table)))
    assert report.findings[0].finding.clause.id == clause
    assert report.findings[0].finding.got.message == "Silence"


def test_permitted_answers_that_change_make_the_guarantee_void_and_are_no_violation():
    report = check("server", changing_its_mind(40))
    assert report.verdict == "conformant"
    assert report.deviations
    assert report.guarantee.startswith("None: the profile is not constant")
    assert "DEVIATES" in check_text(report)


def test_another_outcome_the_second_time_makes_the_guarantee_void():
    connections = check("server", server()).facts.connections
    report = check("server", changing_its_mind(connections - 10))
    assert report.deviations == ()
    assert report.unstable
    assert "(H1 or H2 fails)" in report.guarantee


def test_the_document_has_the_keys_that_others_rely_on():
    document = json.loads(json.dumps(check_json(check("server", without_tickets_that_were_announced()))))
    assert document["schema"] == "rfc5077/check/1"
    assert [key for key in document if key in KEYS] == KEYS
    assert list(document["suite"])[: len(SUITE_KEYS)] == SUITE_KEYS
    for finding in document["findings"]:
        assert [key for key in finding if key in FINDING_KEYS] == FINDING_KEYS
    assert document["findings"][0]["expected"] == [
        "server:NewSessionTicket(ticket=some)", "server:NewSessionTicket(ticket=empty)",
    ]  # fmt: skip


def test_the_last_line_says_what_was_run_and_what_was_not():
    line = last_line(check("server", "reference"))
    assert line == check_text(check("server", "reference")).splitlines()[-1]
    assert line.startswith("115 tests, 11 states, k=0. Not exercised: client authentication (server never asked)")


def test_the_same_seed_gives_the_same_report():
    first, second = (check("server", "reference", seed=7) for _ in range(2))
    facts = replace(first.facts, seconds=second.facts.seconds)
    assert replace(first, facts=facts) == second
    assert first.facts.id == check("server", "reference", seed=8).facts.id


def test_clauses_that_no_test_puts_at_stake_are_listed():
    report = check("server", server(issue="never", reissue="never"))
    assert "R5077-3.3-02" in report.untouched
    assert "tickets (the server issues none)" in report.not_exercised
    assert "R5077-3.3-02" not in check("server", server()).untouched


def test_one_state_more_takes_more_tests_and_widens_the_guarantee():
    plain, wider = (check("server", server(issue="never", reissue="never"), k=k) for k in (0, 1))
    assert wider.facts.tests > plain.facts.tests
    assert "n + k = 7 states" in wider.guarantee
    assert wider.verdict == "conformant"


def test_a_selection_shows_its_findings_alone_and_hides_no_failure_from_the_guarantee():
    shown = check("server", without_tickets_that_were_announced(), clause="R5077-3.1-03")
    assert [found.finding.clause.id for found in shown.findings] == ["R5077-3.3-02"]
    other = check("server", without_tickets_that_were_announced(), section="3.4")
    assert other.findings == ()
    assert other.guarantee.startswith("None: not all tests passed")


@pytest.mark.parametrize("wanted", [{"clause": "R5077-3.2-04"}, {"section": "9"}, {"clause": "R5077-3.3-99"}])
def test_a_selection_that_matches_nothing_is_refused(wanted):
    with pytest.raises(UsageError):
        check("server", "reference", **wanted)


def test_an_unknown_target_is_refused():
    with pytest.raises(UsageError, match="no peer is called"):
        check("server", "nobody")


def test_a_client_is_not_checked_as_a_server():
    with pytest.raises(UsageError, match="is a client"):
        check("server", over_reference.client())


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["silent", "no TLS"])
def test_a_target_that_completes_no_handshake_is_refused(answer):
    said = [answer]
    peer = Peer("stranger", "server", lambda: None, lambda _, octets: None, lambda _: said.pop() if said else b"")
    with pytest.raises(UsageError, match="completes no TLS"):
        check("server", peer)


def test_a_peer_whose_adapter_fails_is_refused_with_the_reason():
    def broken(_):
        raise OSError("the cable is out")

    peer = Peer("unplugged", "server", lambda: None, lambda _, octets: None, broken)
    with pytest.raises(UsageError, match="the cable is out"):
        check("server", peer)


def test_an_interrupted_check_reports_what_it_has():
    def stop(done, of):
        if done == 10:
            raise KeyboardInterrupt

    report = check("server", "reference", progress=stop)
    assert report.interrupted and report.verdict == "inconclusive"
    assert report.facts.done == 10
    assert report.guarantee == "None: interrupted after 10 of 115 tests."
    assert last_line(report).startswith("10 of 115 tests")


def test_progress_is_told_after_every_test():
    told = []
    check("server", "reference", progress=lambda done, of: told.append((done, of)))
    assert told == [(done, 115) for done in range(1, 116)]


def test_a_client_that_cannot_be_told_to_forget_is_led_home():
    peer = replace(over_reference.client(), forget=None)
    connect, hello, *flight = CLIENT_ALPHABET[0], CLIENT_ALPHABET[1], *CLIENT_ALPHABET[5:9], *CLIENT_ALPHABET[10:12]
    first, second = (play(peer, (connect, hello, *flight, connect), set(), Manner()) for _ in range(2))
    assert first.outputs[-1][0].extension is Extension.LIVE
    assert second.outputs == first.outputs
    assert second.ready


def test_probing_takes_no_more_connections_than_it_may():
    assert all(probe(in_memory(name, role), set()).connections <= LIMIT for name, role in PEERS)


@pytest.mark.parametrize("role", ["server", "client"])
def test_the_full_alphabet_leaves_the_same_verdict_and_says_less_was_not_exercised(role):
    core, full = check(role, "reference"), check(role, "reference", alphabet=Alphabet.FULL)
    assert (core.verdict, full.verdict) == ("conformant", "conformant")
    assert set(core.facts.alphabet) < set(full.facts.alphabet)
    assert set(full.not_exercised) <= set(core.not_exercised)
    assert set(full.untouched) < set(core.untouched)
    assert full.guarantee.startswith("Let A be")


def test_a_target_that_closes_on_warnings_is_compared_with_a_machine_that_does():
    rules = replace(DEFAULT_RULES, ends_connection=lambda alert: True)
    report = check("server", over_reference.server(make=partial(ServerConnection, rules=rules)), alphabet=Alphabet.FULL)
    assert report.deviations == ()
    assert len(report.coverage.shown) == report.coverage.transitions
