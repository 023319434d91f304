"""properties/fuzz: every input that is kept, and a few at random, do no harm; the oracle notices what does."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfc5077.properties.cli.main import run
from rfc5077.properties.fuzz import machines, oracle, secrets, walk
from rfc5077.properties.fuzz.oracle import Finding, feed
from rfc5077.properties.fuzz.targets import TARGETS
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.connection import ServerConnection
from rfc5077.reference.handshake.client_flight import ClientState
from rfc5077.reference.handshake.server_flight import ServerState
from rfc5077.reference.record_layer import MOST_HELD
from rfc5077.reference.wire.messages import MAX_MESSAGE
from rfc5077.reference.wire.record import MAX_CIPHERTEXT, encode_records

CORPUS = Path(__file__).parent / "corpus"


def kept(target: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / target).glob("*"))]


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_kept_finds_nothing(target):
    inputs = [*TARGETS[target].seeds(), *kept(target)]
    for data in inputs:
        TARGETS[target].run(data)
    assert inputs


def test_the_corpus_is_small_and_each_folder_a_targets():
    files = [path for path in CORPUS.rglob("*") if path.is_file()]

    assert {path.parent.name for path in files} <= set(TARGETS)
    assert sum(path.stat().st_size for path in files) < 300_000


@pytest.mark.parametrize("target", [name for name in TARGETS if name != "store"])
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300))
def test_random_octets_find_nothing(target, data):
    TARGETS[target].run(data)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_random_scripts_find_nothing(data):
    kind, victim = data.draw(st.integers(0, len(walk.kinds()) - 1)), data.draw(st.sampled_from(walk.VICTIMS))
    parts = data.draw(st.lists(st.tuples(st.integers(0, 6), st.binary(max_size=40)), max_size=8))
    machines.machine(machines.script(kind, victim, data.draw(st.integers(0, 11)), *parts))


def test_the_scripts_to_begin_with_come_through_every_state(monkeypatch):
    seen, plain = {ClientState.IDLE, ClientState.AWAIT_SERVER_HELLO, ServerState.AWAIT_CLIENT_HELLO}, walk.Walk.feed

    def feed_and_look(self, octets):
        plain(self, octets)
        seen.add(self.victim.handshake.state)

    monkeypatch.setattr(walk.Walk, "feed", feed_and_look)
    for data in machines.machine_seeds():
        machines.machine(data)

    assert seen == {*ClientState, *ServerState}


@pytest.mark.parametrize("number", range(len(walk.kinds())))
@pytest.mark.parametrize("victim", walk.VICTIMS)
def test_a_conversation_as_it_should_be_is_completed(number, victim):
    kind = walk.kinds()[number]
    conversation = walk.Walk(kind, victim)
    while conversation.genuine():
        pass

    assert conversation.victim.established
    assert conversation.victim.resumed is (kind.before and not kind.lost)


@pytest.mark.parametrize("key", range(4))
def test_a_ticket_that_is_sealed_by_its_key_resumes_in_the_ticket_target(key, monkeypatch):
    resumed = []
    monkeypatch.setattr(secrets, "feed", lambda server, octets: resumed.append((feed(server, octets), server.resumed)))
    secrets.ticket(bytes((key + 8,)) + secrets.state_of(secrets.keys()[key]))

    assert resumed[0][1] is True


# The oracle


class Planted(ServerConnection):
    """A server with something wrong with it."""

    def __init__(self, **defects):
        super().__init__(walk.kinds()[0].server, walk.clock, bytes)
        self.defects = defects

    def receive(self, octets):
        if "raises" in self.defects:
            raise self.defects["raises"]
        try:
            return super().receive(octets)
        except ProtocolError:
            for defect in self.defects:
                getattr(self, f"then_{defect}")()
            raise

    def then_alerts_twice(self):
        self.layer.send_warning(90)

    def then_says_nothing(self):
        self.layer.take_output()

    def then_stays_open(self):
        self._closed = False

    def then_announces_another(self):
        self.layer.take_output()
        self._refuse(ProtocolError(Cause.BAD_FINISHED))


@pytest.mark.parametrize("defect", ["alerts_twice", "says_nothing", "stays_open", "announces_another"])
def test_the_oracle_notices(defect):
    with pytest.raises(Finding):
        feed(Planted(**{defect: True}), b"\x16\x03\x03\x00\x01\x00GET / HTTP/1.1\r\n")


def test_the_oracle_lets_any_other_exception_through():
    with pytest.raises(KeyError):
        feed(Planted(raises=KeyError("x")), b"x")


def test_the_oracle_notices_an_internal_error():
    with pytest.raises(Finding):
        feed(Planted(raises=ProtocolError(Cause.INTERNAL)), b"x")


def test_the_oracle_notices_what_is_held_back(monkeypatch):
    monkeypatch.setattr(oracle, "MOST_HELD", 3)
    with pytest.raises(Finding, match="held back"):
        feed(Planted(), b"\x16\x03\x03\x01")


def test_nothing_is_held_back_beyond_the_bound_by_a_peer_that_ends_neither_message_nor_record():
    server = ServerConnection(walk.kinds()[0].server, walk.clock, bytes)
    message = bytes((1,)) + MAX_MESSAGE.to_bytes(3, "big") + bytes(MAX_MESSAGE - 1)
    server.receive(encode_records(22, message))
    server.receive(b"\x16\x03\x03\x48\x00" + bytes(MAX_CIPHERTEXT - 1))

    assert server.layer.held == MOST_HELD - 2
    with pytest.raises(ProtocolError):
        server.receive(b"\x00")


# The command


def test_the_command_lists_its_targets(capsys):
    assert run(["fuzz"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(TARGETS)


def test_the_command_runs_a_fuzzer(capsys, tmp_path):
    arguments = ["--seconds", "1", "--corpus", str(tmp_path / "corpus"), "--findings", str(tmp_path / "findings")]
    assert run(["fuzz", "keys", *arguments, "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)

    assert figures["executions"] > 100
    assert figures["coverage"] > 10
    assert figures["findings"] == []


def test_a_target_that_does_not_exist_is_refused(capsys):
    assert run(["fuzz", "ticket"]) == 2
    assert "did you mean tickets?" in capsys.readouterr().err
