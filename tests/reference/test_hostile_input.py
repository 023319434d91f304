"""Whatever is wrong with what arrives: the right alert and a closed connection, never another exception."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pairs import Clock, seeded

from rfc5077.reference.alerts import AlertDescription, AlertLevel, ProtocolError
from rfc5077.reference.connection import ClientConnection, ServerConnection
from rfc5077.reference.handshake import client_flight, server_flight
from rfc5077.reference.handshake.client import CLIENT_TABLE
from rfc5077.reference.handshake.client_flight import ClientState
from rfc5077.reference.handshake.machine import advance
from rfc5077.reference.handshake.server import SERVER_TABLE
from rfc5077.reference.handshake.server_flight import ServerState
from rfc5077.reference.keys.schedule import CLIENT_FINISHED, SERVER_FINISHED, verify_data
from rfc5077.reference.wire.hello import ClientHello, ExtensionType, ServerHello
from rfc5077.reference.wire.messages import HandshakeReader, HandshakeType, Message, Signal, handshake
from rfc5077.reference.wire.record import ContentType, RecordReader, encode_record

FATAL_RECORD = bytes((21, 3, 3, 0, 2, AlertLevel.FATAL))


def records(octets: bytes) -> list[tuple[int, bytes]]:
    return [(int(kind), payload) for kind, _, payload in RecordReader().feed(octets)]


def refused(act, connection, protected=False) -> AlertDescription:
    """The alert that `act` ends in; it has to be queued, the connection closed."""
    connection.data_to_send()
    with pytest.raises(ProtocolError) as caught:
        act()
    assert connection.closed
    queued = connection.data_to_send()
    assert (len(queued) == 31) if protected else (queued == FATAL_RECORD + bytes((caught.value.alert,)))
    return caught.value.alert


def run(p, alter) -> bool:
    """A handshake in which `alter(from_client, octets)` sits between the two; whether both sides are established.

    Refusals are checked: the alert of the one that refuses has to be queued.
    """
    p.open()
    sides = {True: p.client, False: p.server}
    while True:
        moved = False
        for from_client in (True, False):
            octets = sides[from_client].data_to_send()
            if not octets:
                continue
            moved = True
            receiver = sides[not from_client]
            try:
                receiver.receive(alter(from_client, octets))
            except ProtocolError as error:
                assert receiver.closed
                assert error.alert is not AlertDescription.INTERNAL_ERROR
        if not moved:
            return p.client.established and p.server.established


def mutations(message: bytes, generator: random.Random):
    """A few alterations of one handshake message, its length field right and wrong."""
    body = message[4:]
    for position in range(0, len(message), max(1, len(message) // 40)):
        yield message[:position] + bytes((message[position] ^ 1 << generator.randrange(8),)) + message[position + 1 :]
    for cut in range(0, len(body), max(1, len(body) // 25)):
        yield handshake(message[0], body[:cut])
    yield handshake(message[0], body + b"\x00")
    yield handshake(99, body)


@pytest.mark.parametrize("resumed", [False, True])
def test_no_alteration_of_any_message_in_clear_lets_both_sides_be_established(pair, authority, resumed):
    p = pair(server={"renew": "ticket", "client_auth": "request", "client_roots": authority.anchors}).connect()
    keep = p.client_config.store.find(p.client_config.store_key, p.clock())
    generator, tried = random.Random(1), 0

    def prepare():
        if resumed:
            p.client_config.store.keep(keep, None)
        else:
            p.client_config = replace(p.client_config, store=None)

    for from_client in (True, False):
        for index in range(8):
            plain = plain_message(p, prepare, from_client, index)
            if plain is None:
                break
            for bad in mutations(plain, generator):
                prepare()
                assert not run(p, Swap(from_client, index, bad)) or bad == plain
                tried += 1

    assert tried > (150 if resumed else 300)


class Swap:
    """Puts another handshake message in the place of the one of that number and direction, or reads it."""

    def __init__(self, from_client, index, bad=None):
        self.from_client, self.index, self.bad, self.seen, self.found = from_client, index, bad, 0, None

    def __call__(self, from_client, octets):
        if from_client != self.from_client:
            return octets
        out, clear = b"", True
        for kind, payload in records(octets):
            clear = clear and kind != ContentType.CHANGE_CIPHER_SPEC
            if kind == ContentType.HANDSHAKE and clear:
                if self.seen == self.index:
                    self.found = payload
                    payload = payload if self.bad is None else self.bad
                self.seen += 1
            out += encode_record(kind, payload)
        return out


def plain_message(p, prepare, from_client, index):
    prepare()
    swap = Swap(from_client, index)
    assert run(p, swap)
    return swap.found


def test_no_message_may_be_left_out_or_doubled(pair, authority, client_credentials):
    p = pair(
        client={"store": None, "credentials": client_credentials},
        server={"client_auth": "require", "client_roots": authority.anchors},
    )
    for from_client, count in ((True, 5), (False, 6)):
        for index in range(count):
            for times in (0, 2):
                assert not run(p, Repeat(from_client, index, times))
    assert run(p, Repeat(True, 0, 1))


class Repeat(Swap):
    """Sends the record of that number so many times."""

    def __init__(self, from_client, index, times):
        super().__init__(from_client, index)
        self.times = times

    def __call__(self, from_client, octets):
        if from_client != self.from_client:
            return octets
        out = b""
        for kind, payload in records(octets):
            out += encode_record(kind, payload) * (self.times if self.seen == self.index else 1)
            self.seen += 1
        return out


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_random_octets_never_raise_anything_else(octets, inside_a_record):
    server = ServerConnection(CONFIG[0], Clock(), seeded(1))
    try:
        server.receive(encode_record(22, octets) if inside_a_record else octets)
    except ProtocolError:
        assert server.closed


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 25), st.binary(max_size=120))
def test_random_messages_never_raise_anything_else(kind, body):
    for make in (lambda: ServerConnection(CONFIG[0], Clock(), seeded(1)), started_client):
        connection = make()
        try:
            connection.receive(encode_record(22, handshake(kind, body)))
        except ProtocolError:
            assert connection.closed


CONFIG: list = []


def started_client():
    client = ClientConnection(CONFIG[1], Clock(), seeded(1))
    client.start()
    return client


@pytest.fixture(autouse=True)
def configurations(server_config, client_config):
    CONFIG[:] = [server_config, client_config]


# Tables


def test_every_message_without_a_row_is_refused_by_unexpected_message(pair):
    kinds = [*HandshakeType, 99, *Signal]
    for connection, states, table in (
        (pair().open().server, ServerState, SERVER_TABLE),
        (pair().open().client, ClientState, CLIENT_TABLE),
    ):
        for state in states:
            for kind in kinds:
                if (state, kind) in table:
                    continue
                with pytest.raises(ProtocolError) as caught:
                    advance(connection.handshake, state, table, Message(kind, b""))
                assert caught.value.alert is AlertDescription.UNEXPECTED_MESSAGE


# ClientHello


def hello(p) -> ClientHello:
    return p.client.handshake.client_hello


def deliver(p, changed: ClientHello) -> AlertDescription:
    octets = encode_record(22, handshake(1, changed.encode()))
    return refused(lambda: p.server.receive(octets), p.server)


def with_extension(original, kind, body):
    return replace(original, extensions=(*(e for e in original.extensions if e[0] != kind), (kind, body)))


@pytest.mark.parametrize(
    ("change", "alert"),
    [
        ({"version": 0x0302}, AlertDescription.PROTOCOL_VERSION),
        ({"version": 0x0300}, AlertDescription.PROTOCOL_VERSION),
        ({"cipher_suites": (0x1301,)}, AlertDescription.HANDSHAKE_FAILURE),
        ({"cipher_suites": ()}, AlertDescription.DECODE_ERROR),
        ({"compression_methods": b"\x01"}, AlertDescription.ILLEGAL_PARAMETER),
        ({"compression_methods": b""}, AlertDescription.DECODE_ERROR),
        ({"session_id": bytes(33)}, AlertDescription.DECODE_ERROR),
        ({"extensions": ()}, AlertDescription.HANDSHAKE_FAILURE),
    ],
)
def test_a_client_hello_with_a_wrong_field_ends_in_its_alert(pair, change, alert):
    p = pair().open()

    assert deliver(p, replace(hello(p), **change)) is alert


@pytest.mark.parametrize(
    ("kind", "body", "alert"),
    [
        (ExtensionType.SERVER_NAME, b"\x00\x00", AlertDescription.DECODE_ERROR),
        (ExtensionType.SERVER_NAME, b"\x00\x08\x00\x00\x01a\x00\x00\x01b", AlertDescription.ILLEGAL_PARAMETER),
        (ExtensionType.SUPPORTED_GROUPS, b"\x00\x01\x00", AlertDescription.DECODE_ERROR),
        (ExtensionType.SUPPORTED_GROUPS, b"\x00\x02\x00\x18", AlertDescription.HANDSHAKE_FAILURE),
        (ExtensionType.EC_POINT_FORMATS, b"\x01\x01", AlertDescription.ILLEGAL_PARAMETER),
        (ExtensionType.SIGNATURE_ALGORITHMS, b"", AlertDescription.DECODE_ERROR),
        (ExtensionType.SIGNATURE_ALGORITHMS, b"\x00\x02\x02\x01", AlertDescription.HANDSHAKE_FAILURE),
        (ExtensionType.EXTENDED_MASTER_SECRET, b"\x00", AlertDescription.DECODE_ERROR),
        (ExtensionType.RENEGOTIATION_INFO, b"\x01\x00", AlertDescription.HANDSHAKE_FAILURE),
        (ExtensionType.RENEGOTIATION_INFO, b"", AlertDescription.DECODE_ERROR),
        (ExtensionType.SUPPORTED_VERSIONS, b"\x02\x03\x04", AlertDescription.PROTOCOL_VERSION),
    ],
)
def test_a_client_hello_with_a_wrong_extension_ends_in_its_alert(pair, kind, body, alert):
    p = pair().open()

    assert deliver(p, with_extension(hello(p), kind, body)) is alert


def test_a_client_hello_with_two_tickets_is_refused(pair):
    p = pair().open()
    twice = replace(hello(p), extensions=(*hello(p).extensions, (35, b"")))

    assert deliver(p, twice) is AlertDescription.ILLEGAL_PARAMETER


@pytest.mark.parametrize("version", [0x0303, 0x0304, 0x03FF])
def test_a_client_of_a_later_version_gets_1_2(pair, version):
    p = pair().open()
    p.server.receive(encode_record(22, handshake(1, replace(hello(p), version=version).encode()), 0x0301))

    assert p.server.handshake.server_hello.version == 0x0303


def test_an_extension_nobody_knows_and_suite_values_without_meaning_are_ignored(pair):
    p = pair().open()
    odd = replace(with_extension(hello(p), 0x0A0A, b"grease"), cipher_suites=(0x0A0A, 0x00FF, *hello(p).cipher_suites))
    p.server.receive(encode_record(22, handshake(1, odd.encode())))

    assert p.server.handshake.server_hello.cipher_suite == 0xC02B


def test_a_resuming_hello_needs_no_signature_algorithms(pair):
    p = pair().connect().open()
    bare = tuple(e for e in hello(p).extensions if e[0] != ExtensionType.SIGNATURE_ALGORITHMS)
    p.server.receive(encode_record(22, handshake(1, replace(hello(p), extensions=bare).encode())))

    assert p.server.resumed


# ServerHello


def answer_of(p) -> ServerHello:
    first = next(iter(HandshakeReader().feed(records(p.server.data_to_send())[0][1])))
    return ServerHello.parse(first.body)


@pytest.mark.parametrize("resumed", [False, True])
@pytest.mark.parametrize(
    ("change", "alert"),
    [
        ({"version": 0x0302}, AlertDescription.PROTOCOL_VERSION),
        ({"version": 0x0304}, AlertDescription.PROTOCOL_VERSION),
        ({"cipher_suite": 0x1301}, AlertDescription.ILLEGAL_PARAMETER),
        ({"compression_method": 1}, AlertDescription.ILLEGAL_PARAMETER),
        ({"session_id": bytes(33)}, AlertDescription.DECODE_ERROR),
        ({"extensions": ((35, b"\x00\x00"),)}, AlertDescription.DECODE_ERROR),
        ({"extensions": ((35, b""), (35, b""))}, AlertDescription.ILLEGAL_PARAMETER),
        ({"extensions": ((16, b""),)}, AlertDescription.UNSUPPORTED_EXTENSION),
        ({"extensions": ((13, b""),)}, AlertDescription.UNSUPPORTED_EXTENSION),
        ({"extensions": ((0, b"\x00"),)}, AlertDescription.DECODE_ERROR),
        ({"extensions": ((0xFF01, b"\x01\x00"),)}, AlertDescription.HANDSHAKE_FAILURE),
    ],
)
def test_a_server_hello_with_a_wrong_field_ends_in_its_alert(pair, resumed, change, alert):
    p = pair()
    if resumed:
        p.connect()
    p.open()
    p.server.receive(p.client.data_to_send())
    octets = encode_record(22, handshake(2, replace(answer_of(p), **change).encode()))

    assert refused(lambda: p.client.receive(octets), p.client) is alert


def test_an_unsolicited_ticket_extension_is_refused(pair):
    p = pair(client={"tickets": False}).open()
    p.server.receive(p.client.data_to_send())
    octets = encode_record(22, handshake(2, with_extension(answer_of(p), 35, b"").encode()))

    assert refused(lambda: p.client.receive(octets), p.client) is AlertDescription.UNSUPPORTED_EXTENSION


def resuming_answer(p, **change) -> bytes:
    p.connect()
    p.open()
    p.server.receive(p.client.data_to_send())
    return encode_record(22, handshake(2, replace(answer_of(p), **change).encode()))


CCS = encode_record(20, b"\x01")


@pytest.mark.parametrize("own_id", ["empty", "fresh"])
@pytest.mark.parametrize(
    ("change", "alert"),
    [
        ({"cipher_suite": 0xC02F}, AlertDescription.ILLEGAL_PARAMETER),
        ({"extensions": ()}, AlertDescription.HANDSHAKE_FAILURE),
    ],
)
def test_a_resumption_under_another_suite_or_without_ems_is_refused(pair, own_id, change, alert):
    p = pair(client={"session_id_with_ticket": own_id})
    octets = resuming_answer(p, **change) + CCS

    assert refused(lambda: p.client.receive(octets), p.client) is alert


def test_an_extended_master_secret_that_the_session_lacks_is_refused(pair):
    p = pair(client={"ems": False}, server={"without_ems": "resume"})
    octets = resuming_answer(p, extensions=((23, b""),)) + CCS

    assert refused(lambda: p.client.receive(octets), p.client) is AlertDescription.UNSUPPORTED_EXTENSION


def test_no_echo_means_full_so_change_cipher_spec_is_out_of_order(pair):
    p = pair(client={"session_id_with_ticket": "fresh"})
    octets = resuming_answer(p, session_id=b"other") + CCS

    assert refused(lambda: p.client.receive(octets), p.client) is AlertDescription.UNEXPECTED_MESSAGE


def test_an_empty_own_id_leaves_the_servers_id_without_meaning(pair):
    p = pair(client={"session_id_with_ticket": "empty"})
    octets = resuming_answer(p, session_id=bytes(32))
    p.client.receive(octets + CCS)

    assert (p.client.resumed, p.client.closed) == (True, False)


def test_an_echo_although_nothing_was_offered_is_refused(pair):
    p = pair(client={"session_id_without_ticket": "fresh"}).open()
    p.server.receive(p.client.data_to_send())
    echo = replace(answer_of(p), session_id=hello(p).session_id)
    octets = encode_record(22, handshake(2, echo.encode()))

    assert refused(lambda: p.client.receive(octets), p.client) is AlertDescription.ILLEGAL_PARAMETER


def test_change_cipher_spec_after_server_hello_is_refused_when_nothing_was_offered(pair):
    p = pair().open()
    p.server.receive(p.client.data_to_send())
    octets = encode_record(22, handshake(2, answer_of(p).encode())) + CCS

    assert refused(lambda: p.client.receive(octets), p.client) is AlertDescription.UNEXPECTED_MESSAGE


# Records


@pytest.mark.parametrize("resumed", [False, True])
@pytest.mark.parametrize(
    ("spoilt", "alert"),
    [
        (b"\x00", AlertDescription.ILLEGAL_PARAMETER),
        (b"\x02", AlertDescription.ILLEGAL_PARAMETER),
        (b"\x01\x01", AlertDescription.DECODE_ERROR),
        (b"", AlertDescription.DECODE_ERROR),
    ],
)
def test_change_cipher_spec_is_one_octet_of_value_1(pair, resumed, spoilt, alert):
    p = pair()
    if resumed:
        p.connect()
    p.open()
    p.server.receive(p.client.data_to_send())
    p.client.receive(p.server.data_to_send())
    octets = b"".join(encode_record(k, spoilt if k == 20 else body) for k, body in records(p.client.data_to_send()))

    assert refused(lambda: p.server.receive(octets), p.server, protected=resumed) is alert


def test_a_message_cut_by_change_cipher_spec_is_refused(pair):
    p = pair().open()
    p.server.receive(p.client.data_to_send())
    p.client.receive(p.server.data_to_send())
    first, *_ = records(p.client.data_to_send())
    octets = encode_record(22, first[1] + b"\x14\x00") + CCS

    assert refused(lambda: p.server.receive(octets), p.server) is AlertDescription.UNEXPECTED_MESSAGE


@pytest.mark.parametrize("behind", [b"\x00", handshake(0, b"")])
@pytest.mark.parametrize("by_client", [True, False])
def test_octets_behind_finished_in_its_record_are_refused(pair, behind, by_client):
    label = CLIENT_FINISHED if by_client else SERVER_FINISHED

    def send_more(side):
        data = verify_data(side.master_secret, label, side.transcript.digest())
        side.channel.send_handshake(handshake(HandshakeType.FINISHED, data) + behind)

    if by_client:
        good = client_flight.ClientHandlers()
        handlers = {"client": {"handlers": replace(good, full_flight=(*good.full_flight[:-1], send_more))}}
    else:
        good = server_flight.ServerHandlers()
        handlers = {"server": {"handlers": replace(good, last_flight=(*good.last_flight[:-1], send_more))}}
    p = pair()
    with pytest.raises(ProtocolError) as caught:
        p.connect(**handlers)

    assert caught.value.alert is AlertDescription.UNEXPECTED_MESSAGE


def test_application_data_before_the_end_of_the_handshake_is_refused(pair):
    p = pair().open()
    p.server.receive(p.client.data_to_send())

    data = encode_record(ContentType.APPLICATION_DATA, b"early")
    assert refused(lambda: p.server.receive(data), p.server) is AlertDescription.UNEXPECTED_MESSAGE


@pytest.mark.parametrize(
    ("octets", "alert"),
    [
        (encode_record(22, b""), AlertDescription.UNEXPECTED_MESSAGE),
        (encode_record(24, b"beat"), AlertDescription.UNEXPECTED_MESSAGE),
        (encode_record(22, bytes(2**14 + 1)), AlertDescription.RECORD_OVERFLOW),
        (encode_record(22, bytes(2**14 + 2049)), AlertDescription.RECORD_OVERFLOW),
        (encode_record(22, b"x", 0x0203), AlertDescription.PROTOCOL_VERSION),
        (b"\x80\x2e\x01\x03\x01", AlertDescription.UNEXPECTED_MESSAGE),
        (encode_record(20, b"\x01"), AlertDescription.UNEXPECTED_MESSAGE),
        (encode_record(22, b"\x01\xff\xff\xff"), AlertDescription.ILLEGAL_PARAMETER),
    ],
)
def test_a_record_that_breaks_a_rule_ends_in_its_alert(pair, octets, alert):
    server = pair().open().server

    assert refused(lambda: server.receive(octets), server) is alert


def test_another_record_version_after_server_hello_is_refused(pair):
    p = pair().open()
    p.server.receive(p.client.data_to_send())

    octets = encode_record(22, handshake(16, b"x"), 0x0301)
    assert refused(lambda: p.server.receive(octets), p.server) is AlertDescription.PROTOCOL_VERSION
