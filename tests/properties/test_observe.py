"""Octets to recorded events: a foreign stack's handshakes are read, with keys and without; what is broken is said."""

import contextlib
import ssl
from dataclasses import replace

import pytest

from rfc5077.properties.adapters.identity import identity
from rfc5077.properties.trace.observe import Observer, sealed_length
from rfc5077.properties.trace.reading import recorded_message
from rfc5077.properties.verdict.judge import Judge
from rfc5077.reference.keys import schedule
from rfc5077.reference.keys.protection import protect
from rfc5077.reference.wire.hello import ClientHello, ServerHello
from rfc5077.reference.wire.messages import HandshakeType, handshake
from rfc5077.reference.wire.record import RecordReader, encode_record

GCM, CHACHA = "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"
FULL = [
    "client ClientHello", "server ServerHello", "server Certificate", "server ServerKeyExchange",
    "server ServerHelloDone", "client ClientKeyExchange", "client ChangeCipherSpec", "client Finished",
    "server NewSessionTicket", "server ChangeCipherSpec", "server Finished",
]  # fmt: skip
DATA = ["client ApplicationData", "client Alert"]


class OpenSSL:
    """A client and a server of Python's ssl, and what passed between them on each connection."""

    def __init__(self, folder, suite):
        pem = folder / "identity.pem"
        pem.write_bytes(identity().key_pem() + identity().chain_pem())
        self.log = folder / "keys.log"
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(pem)
        self.client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client.check_hostname = False
        self.client.verify_mode = ssl.CERT_NONE
        for context in (self.server, self.client):
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.keylog_filename = str(self.log)
        self.client.set_ciphers(suite)
        self.session = None

    def secret(self, random):
        words = [line.split() for line in self.log.read_text().splitlines()]
        found = [bytes.fromhex(w[2]) for w in words if w[0] == "CLIENT_RANDOM" and w[1] == random.hex()]
        return found[-1] if found else None

    def talk(self):
        """One connection: handshake, some data, close_notify; yields (sender, octets) as they pass."""
        pipes = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in range(2)]
        client = self.client.wrap_bio(*pipes[0], server_side=False, session=self.session)
        server = self.server.wrap_bio(*pipes[1], server_side=True)
        for step in (client.do_handshake, server.do_handshake) * 3:
            with contextlib.suppress(ssl.SSLWantReadError):
                step()
            yield from self.carry(pipes)
        client.write(b"hello")
        self.session = client.session
        with contextlib.suppress(ssl.SSLWantReadError):
            client.unwrap()
        yield from self.carry(pipes)

    @staticmethod
    def carry(pipes):
        (to_client, from_client), (to_server, from_server) = pipes
        if octets := from_client.read():
            yield "client", octets
            to_server.write(octets)
        if octets := from_server.read():
            yield "server", octets
            to_client.write(octets)


@pytest.fixture
def openssl(tmp_path):
    return OpenSSL(tmp_path, GCM)


def observed(passed, keys=None, piece=None):
    """What an observer makes of octets, which arrive whole or in pieces."""
    observer = Observer(1, keys)
    found = []
    for sender, octets in passed:
        size = piece or len(octets)
        for at in range(0, len(octets), size):
            found += observer.octets(sender, octets[at : at + size])
    return found


def names(events):
    return [f"{event.sender} {event.message}" for event in events]


def test_a_full_handshake_is_seen_as_figure_1(openssl):
    assert names(observed(openssl.talk(), openssl.secret)) == FULL + DATA


def test_what_matters_to_tickets_is_in_the_events(openssl):
    events = {f"{event.sender} {event.message}": event for event in observed(openssl.talk(), openssl.secret)}
    hello, answer = events["client ClientHello"], events["server ServerHello"]
    assert (hello.session_ticket, hello.session_id, hello.version) == (b"", b"", 0x0303)
    assert (answer.session_ticket, answer.cipher_suite, answer.session_id) == (b"", 0xC02B, b"")
    assert hello.extensions.count(35) == answer.extensions.count(35) == 1
    brought = events["server NewSessionTicket"]
    assert (len(brought.ticket), brought.lifetime_hint) == (176, 7200)
    assert events["server Certificate"].certificates == 1


def test_with_keys_every_finished_is_checked_in_full_and_abbreviated_handshakes(openssl):
    for resumed in (False, True):
        events = observed(openssl.talk(), openssl.secret)
        assert [event.verified for event in events if event.message == "Finished"] == [True, True], resumed


def test_a_resumption_shows_the_ticket_and_the_abbreviated_flow(openssl):
    first = observed(openssl.talk())
    second = observed(openssl.talk())
    ticket = next(event.ticket for event in first if event.message == "NewSessionTicket")
    assert second[0].session_ticket == ticket
    assert names(second) == [
        "client ClientHello", "server ServerHello", "server ChangeCipherSpec", "server Finished",
        "client ChangeCipherSpec", "client Finished", *DATA,
    ]  # fmt: skip


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_portions_do_not_matter(openssl, piece):
    passed = list(openssl.talk())
    assert observed(passed, openssl.secret, piece) == observed(passed, openssl.secret)


@pytest.mark.parametrize("suite", [GCM, CHACHA])
def test_without_keys_the_encrypted_part_is_told_by_its_place(tmp_path, suite):
    events = observed(OpenSSL(tmp_path, suite).talk())
    assert names(events) == FULL + DATA
    assert [event.verified for event in events if event.message == "Finished"] == [None, None]
    assert events[-1].alert_description is None and events[-1].protected


def test_keys_that_are_wrong_show_as_a_wrong_finished(openssl):
    events = observed(openssl.talk(), lambda random: bytes(48))
    assert [(event.verified, event.malformed is not None) for event in events if event.message == "Finished"] == [
        (False, True), (False, True)
    ]  # fmt: skip


def test_keys_that_come_late_are_not_used_for_half_a_handshake(openssl):
    answers = iter([None])
    events = observed(openssl.talk(), lambda random: next(answers, openssl.secret(random)))
    assert [event.verified for event in events if event.message == "Finished"] == [None, None]


def test_a_finished_of_wrong_contents_under_right_keys_is_wrong(openssl):
    passed = list(openssl.talk())
    events = observed(tampered_finished(passed, openssl.secret), openssl.secret)
    finished = [event for event in events if event.message == "Finished"]
    assert (finished[0].verified, finished[0].malformed) == (False, None)


def tampered_finished(passed, secret):
    """The octets up to the client's Finished, of whose verify_data one bit is flipped before it is sealed."""
    records = [(sender, record) for sender, octets in passed for record in RecordReader().feed(octets)]
    randoms = {}
    for sender, (_, _, fragment) in records[:2]:
        randoms[sender] = fragment[6:38]
    keys = schedule.key_block(secret(randoms["client"]), randoms["client"], randoms["server"]).client
    place = next(i for i, (sender, (kind, _, _)) in enumerate(records) if (sender, kind) == ("client", 20)) + 1
    kind, version, fragment = records[place][1]
    payload = protect(keys).open(kind, fragment)
    fragment = protect(keys).seal(kind, payload[:-1] + bytes([payload[-1] ^ 1]))
    kept = [*records[:place], ("client", (kind, version, fragment))]
    return [(sender, encode_record(kind, fragment, version)) for sender, (kind, version, fragment) in kept]


def test_a_finished_whose_hash_leaves_out_the_ticket_is_told_from_one_that_is_merely_wrong(openssl):
    events = observed(unhashed_ticket(list(openssl.talk()), openssl.secret), openssl.secret)
    finished = [event for event in events if event.message == "Finished"]
    assert [(event.verified, event.omits_ticket) for event in finished] == [(True, False), (False, True)]
    judge = Judge(complete=True)
    found = [finding.clause.id for event in events for finding in judge.feed(event)]
    assert found == ["R5077-3.3-04", "R5246-7.4.9-03"]


def unhashed_ticket(passed, secret):
    """The octets up to the server's Finished, which is made for the messages without NewSessionTicket."""
    records = [(sender, record) for sender, octets in passed for record in RecordReader().feed(octets)]
    randoms, transcript = {sender: record[2][6:38] for sender, record in records[1::-1]}, schedule.Transcript()
    master = secret(randoms["client"])
    keys = schedule.key_block(master, randoms["client"], randoms["server"])
    changed, kept = set(), []
    for sender, (kind, version, fragment) in records:
        if kind == 20:
            changed.add(sender)
        elif kind == 22 and changed == {"client", "server"} and sender == "server":
            body = schedule.verify_data(master, schedule.SERVER_FINISHED, transcript.digest())
            fragment = protect(keys.server).seal(kind, handshake(HandshakeType.FINISHED, body))
            return [*kept, (sender, encode_record(kind, fragment, version))]
        elif kind == 22 and sender in changed:
            transcript.add(protect(keys.client).open(kind, fragment))
        elif kind == 22 and fragment[0] != HandshakeType.NEW_SESSION_TICKET:
            transcript.add(fragment)
        kept.append((sender, encode_record(kind, fragment, version)))
    raise AssertionError("no Finished of the server")


def test_without_keys_an_encrypted_handshake_record_too_long_for_finished_is_not_taken_for_it(openssl):
    passed = [record for sender, octets in openssl.talk() for record in split(sender, octets)]
    place = next(i for i, (sender, record) in enumerate(passed) if sender == "server" and record[0] == 20)
    ticket = encode_record(22, bytes(sealed_length(0xC02B, 186)))
    events = observed([*passed[: place + 1], ("server", ticket), *passed[place + 1 :]])
    at = names(events).index("server ChangeCipherSpec")
    assert names(events)[at + 1 : at + 3] == ["server Unrecognised", "server Finished"]
    assert events[at + 1].malformed == "an encrypted handshake record of 210 octets, where Finished alone has 40"


def split(sender, octets):
    return [(sender, encode_record(kind, fragment, version)) for kind, version, fragment in RecordReader().feed(octets)]


def test_tls_1_3_is_told_by_the_version(tmp_path):
    stack = OpenSSL(tmp_path, GCM)
    stack.client.maximum_version = stack.server.maximum_version = ssl.TLSVersion.TLSv1_3
    events = observed(stack.talk())
    assert (events[1].message, events[1].version) == ("ServerHello", 0x0304)


HELLO = ClientHello(0x0303, bytes(32), b"", (0xC02B,), extensions=((35, b""),))


def in_the_clear(*messages):
    return [("client", encode_record(22, b"".join(messages)))]


def hello_message(hello):
    kind = HandshakeType.CLIENT_HELLO if isinstance(hello, ClientHello) else HandshakeType.SERVER_HELLO
    return handshake(kind, hello.encode())


@pytest.mark.parametrize(
    ("kind", "body", "reason"),
    [
        (HandshakeType.CLIENT_HELLO, HELLO.encode() + b"\x00", "left over"),
        (HandshakeType.CLIENT_HELLO, HELLO.encode()[:20], "octets are needed"),
        (HandshakeType.SERVER_HELLO, b"", "octets are needed"),
        (HandshakeType.NEW_SESSION_TICKET, bytes(4) + b"\x00\x01xy", "left over"),
        (HandshakeType.NEW_SESSION_TICKET, bytes(4) + b"\x00\x09xy", "octets are needed"),
        (HandshakeType.FINISHED, bytes(11), "octets are needed"),
        (HandshakeType.FINISHED, bytes(13), "left over"),
        (HandshakeType.SERVER_HELLO_DONE, b"\x00", "left over"),
        (HandshakeType.CERTIFICATE, b"\x00\x00\x05", "octets are needed"),
        (99, b"", "handshake type 99"),
    ],
)
def test_what_does_not_fit_its_format_is_an_event_with_its_reason(kind, body, reason):
    (event,) = observed(in_the_clear(handshake(kind, body)))
    assert reason in event.malformed


def test_a_ticket_is_kept_from_a_message_that_is_too_long():
    event = recorded_message(1, "server", HandshakeType.NEW_SESSION_TICKET, b"\x00\x00\x00\x07\x00\x02xyz")
    assert (event.ticket, event.lifetime_hint) == (b"xy", 7)


def test_a_session_id_of_33_octets_is_malformed_and_kept():
    (event,) = observed(in_the_clear(hello_message(replace(HELLO, session_id=bytes(33)))))
    assert (len(event.session_id), event.malformed) == (33, "a session_id of 33 octets")


def test_an_extension_that_stands_twice_is_seen_twice():
    hello = replace(HELLO, extensions=((35, b"first"), (0xFF01, b"\x00"), (35, b"second")))
    (event,) = observed(in_the_clear(hello_message(hello)))
    assert (event.extensions, event.session_ticket, event.malformed) == ((35, 0xFF01, 35), b"first", None)


def test_the_servers_extension_is_kept_as_it_stands():
    hello = ServerHello(0x0303, bytes(32), bytes(32), 0xC02B, extensions=((35, b"\x00\x00"),))
    event = recorded_message(1, "server", HandshakeType.SERVER_HELLO, hello.encode())
    assert (event.session_ticket, event.session_id, event.cipher_suite) == (b"\x00\x00", bytes(32), 0xC02B)


def test_a_change_cipher_spec_of_another_value_is_malformed():
    (event,) = observed([("client", encode_record(20, b"\x00"))])
    assert (event.message, event.malformed) == ("ChangeCipherSpec", "the octets 00 instead of 01")


def test_a_message_that_a_change_cipher_spec_cuts_is_said_to_be_cut():
    (event, change) = observed([("client", encode_record(22, hello_message(HELLO)[:10]) + encode_record(20, b"\x01"))])
    assert event.malformed == "10 octets of a handshake message, then ChangeCipherSpec"
    assert (event.message, change.message) == ("Unrecognised", "ChangeCipherSpec")


def test_alerts_are_read_one_by_one():
    events = observed([("server", encode_record(21, b"\x01\x00\x02\x28"))])
    assert [(event.alert_level, event.alert_description) for event in events] == [(1, 0), (2, 40)]
    (broken,) = observed([("server", encode_record(21, b"\x02"))])
    assert broken.malformed == "1 octets of alerts"


def test_what_is_no_tls_is_said_once():
    events = observed([("server", b"HTTP/1.1 400 Bad Request\r\n"), ("server", b"\r\n")])
    assert [(event.message, event.malformed) for event in events] == [("Unrecognised", "record type 72 does not exist")]


def test_the_end_of_a_direction_is_an_event_and_says_what_it_cuts():
    observer = Observer(1)
    observer.octets("client", encode_record(22, hello_message(HELLO)[:10]))
    events = observer.closed("client", 2.5)
    assert names(events) == ["client Unrecognised", "client Close"] and events[1].time == 2.5
