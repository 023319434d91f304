"""What holds of a connection as a whole: order, cuts, memory, cheap checks first, comparisons in constant time."""

import gc
import random
import tracemalloc
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from rfc5077.properties.fuzz import secrets, walk
from rfc5077.properties.fuzz.walk import VICTIMS, Walk, kinds
from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.connection import ServerConnection
from rfc5077.reference.handshake import client_flight, machine, renegotiation, server_flight
from rfc5077.reference.handshake.offer import Offer, make_client_hello
from rfc5077.reference.keys import schedule
from rfc5077.reference.record_layer import MOST_MEMORY
from rfc5077.reference.ticket import format, openssl_format
from rfc5077.reference.ticket.key_ring import KeyRing, open_any
from rfc5077.reference.wire.extensions import parse_protocols, protocols_body
from rfc5077.reference.wire.hello import ClientHello, server_name_body
from rfc5077.reference.wire.messages import MAX_MESSAGE, handshake
from rfc5077.reference.wire.record import ContentType, encode_records

FLOWS = [(number, victim) for number in range(len(kinds())) for victim in VICTIMS]
REPEATABLE = [flow for flow in FLOWS if kinds()[flow[0]].client.suites != (walk.RSA,)]
"""Those whose messages are the same in every run."""


# Order and repetition


@cache
def spoken(number: int, victim: str) -> tuple[bytes, ...]:
    """What the peer puts on the wire in a conversation, message by message; the same whenever it is repeated."""
    said, conversation = [], Walk(kinds()[number], victim)
    plain = conversation.feed

    def note(octets):
        said.append(octets)
        plain(octets)

    conversation.feed = note
    while conversation.genuine():
        pass
    assert conversation.victim.established
    return tuple(octets for octets in said if octets)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(REPEATABLE), st.data())
def test_messages_in_any_other_order_or_number_establish_nothing(flow, data):
    right = spoken(*flow)
    begun = data.draw(st.integers(0, len(right)))
    further = data.draw(st.lists(st.integers(0, len(right) - 1), max_size=6))
    sequence = [*right[:begun], *(right[index] for index in further)]

    conversation = Walk(kinds()[flow[0]], flow[1])
    for octets in sequence:
        conversation.feed(octets)  # judged by the structural oracle

    assert conversation.victim.established is (tuple(sequence[: len(right)]) == right)


@pytest.mark.parametrize("flow", REPEATABLE)
def test_every_message_said_twice_is_refused(flow):
    right = spoken(*flow)
    for index in range(len(right)):
        conversation = Walk(kinds()[flow[0]], flow[1])
        for octets in (*right[: index + 1], right[index]):
            conversation.feed(octets)

        assert conversation.victim.closed


# Cuts


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FLOWS), st.integers(0, 2**32))
def test_handshake_messages_cut_anywhere_over_records_mean_the_same(flow, seed):
    conversation, drawn = Walk(kinds()[flow[0]], flow[1]), random.Random(seed)
    layer, plain = conversation.peer.layer, conversation.peer.layer.send

    def in_pieces(octets):
        while octets:
            size = drawn.choice((1, 3, 4, 5, 100, len(octets)))
            plain(ContentType.HANDSHAKE, octets[:size])
            octets = octets[size:]

    layer.send_handshake = in_pieces
    while conversation.genuine():
        pass

    assert conversation.victim.established


# Memory


def largest_hello() -> ClientHello:
    """As many suites and extensions as the format holds: 131,000 octets, which take the most memory once read."""
    hello = make_client_hello(kinds()[0].client, Offer(), random.Random(1).randbytes)
    room = 65535 - sum(4 + len(body) for _, body in hello.extensions)
    more = tuple((kind, b"") for kind in range(1000, 1000 + room // 4))
    suites = (*hello.cipher_suites, *range(0x2000, 0x2000 + 32700))
    return replace(hello, cipher_suites=suites, extensions=(*hello.extensions, *more))


def test_one_connection_takes_no_more_memory_than_stated():
    octets = encode_records(22, handshake(1, largest_hello().encode()))
    following = encode_records(22, b"\x0b" + MAX_MESSAGE.to_bytes(3, "big") + bytes(MAX_MESSAGE - 1))
    attack = lambda: attacked(octets, following)  # noqa: E731
    attack()  # what is made once for all connections is not counted
    gc.collect()
    tracemalloc.start()
    try:
        begun = tracemalloc.get_traced_memory()[0]
        connections = [attack() for _ in range(5)]
        taken = (tracemalloc.get_traced_memory()[0] - begun) / len(connections)
    finally:
        tracemalloc.stop()

    assert not any(connection.closed for connection in connections)
    assert MOST_MEMORY / 4 < taken < MOST_MEMORY


def attacked(octets: bytes, following: bytes) -> ServerConnection:
    """A server that asks for a certificate, after the largest hello and most of the largest message behind it."""
    server = ServerConnection(kinds()[1].server, walk.clock, random.Random(2).randbytes)
    server.receive(octets)
    server.data_to_send()
    server.receive(following)
    return server


def read_server_name(body: bytes) -> str | None:
    return ClientHello(0, b"", b"", (), b"", ((0, body),)).server_name


@pytest.mark.parametrize(
    ("parse", "make"),
    [
        (parse_protocols, lambda number: protocols_body((b"%05d" % number,) * 8000)),
        (read_server_name, lambda number: server_name_body(f"{'a' * 40_000}{number}")),
    ],
)
def test_nothing_is_remembered_of_what_peers_extensions_said(parse, make):
    bodies = [make(number) for number in range(40)]
    gc.collect()
    tracemalloc.start()
    try:
        begun = tracemalloc.get_traced_memory()[0]
        for octets in bodies:
            parse(octets)
        kept = tracemalloc.get_traced_memory()[0] - begun
    finally:
        tracemalloc.stop()

    assert kept < 10_000


# Cheap checks first


@pytest.fixture
def operations(monkeypatch) -> Counter:
    """Counts what costs a public-key operation, by name."""
    counted = Counter()

    def count(module, name):
        plain = getattr(module, name)

        def counting(*arguments):
            counted[name] += 1
            return plain(*arguments)

        monkeypatch.setattr(module, name, counting)

    for module, names in (
        (server_flight, ("make_share",)), (client_flight, ("make_share",)), (server_flight.exchange, ("sign",)),
    ):  # fmt: skip
        for name in names:
            count(module, name)
    return counted


def altered_hello(**changes) -> bytes:
    hello = make_client_hello(kinds()[0].client, Offer(), random.Random(1).randbytes)
    return encode_records(22, handshake(1, replace(hello, **changes).encode()))


def with_extension(kind: int, body: bytes) -> dict:
    hello = make_client_hello(kinds()[0].client, Offer(), random.Random(1).randbytes)
    return {"extensions": (*(e for e in hello.extensions if e[0] != kind), (kind, body))}


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 0x0301},
        {"cipher_suites": (0x1301,)},
        {"compression_methods": b"\x01"},
        {"session_id": bytes(33)},
        with_extension(0, b"\x00"),
        with_extension(10, b"\x00\x02\x00\x63"),
        with_extension(11, b"\x01\x01"),
        with_extension(13, b"\x00\x02\x02\x01"),
        with_extension(16, protocols_body((b"none of ours",))),
        with_extension(23, b"\x00"),
        with_extension(0xFF01, b"\x01\x00"),
    ],
)
def test_a_hello_that_is_refused_costs_no_public_key_operation(operations, changes):
    config = replace(kinds()[0].server, protocols=("http/1.1",))
    server = ServerConnection(config, walk.clock, random.Random(2).randbytes)
    with pytest.raises(ProtocolError):
        server.receive(altered_hello(**changes))

    assert operations == {}


def test_a_resumption_costs_no_public_key_operation(operations):
    conversation = Walk(kinds()[5], "server")
    before = Counter(operations)  # the conversation that the ticket is from
    while conversation.genuine():
        pass

    assert conversation.victim.resumed
    assert operations == before


@pytest.mark.parametrize("message", [b"", b"\x00", b"\x05\x00", b"\x21" + bytes(32)])
def test_a_malformed_client_key_exchange_is_refused_before_it_is_used(message):
    conversation = Walk(kinds()[0], "server")
    conversation.genuine()
    share = conversation.victim.handshake.share
    conversation.victim.handshake.share = replace(share, private=None)  # to use it would be an AttributeError
    conversation.say(ContentType.HANDSHAKE, handshake(16, message))

    assert conversation.victim.closed


def test_the_client_judges_curve_and_scheme_before_it_verifies_a_signature():
    for octets in (b"\x03\x00\x63\x01\x04\x04\x03\x00\x01\x00", b"\x03\x00\x1d\x01\x04\x02\x01\x00\x01\x00"):
        conversation = Walk(kinds()[0], "client")
        while conversation.victim.handshake.state is not client_flight.ClientState.AWAIT_SERVER_KEY_EXCHANGE:
            conversation.genuine()
        conversation.victim.handshake.server_key = Unused()
        conversation.say(ContentType.HANDSHAKE, handshake(12, octets))

        assert conversation.victim.closed


class Unused:
    """A public key that nobody may verify with."""

    def verify(self, *_):
        raise AssertionError("a signature was verified")


ec.EllipticCurvePublicKey.register(Unused)


# Constant time


@pytest.mark.parametrize("module", [machine, renegotiation])
def test_secrets_are_compared_by_the_function_that_takes_the_same_time(module):
    assert module.equal is schedule.equal


@pytest.mark.parametrize("victim", VICTIMS)
@pytest.mark.parametrize("number", [0, 4])
def test_finished_is_compared_by_it(monkeypatch, victim, number):
    compared = []
    monkeypatch.setattr(machine, "equal", lambda *pair: compared.append(pair) or schedule.equal(*pair))
    conversation = Walk(kinds()[number], victim)
    compared.clear()
    while conversation.genuine():
        pass

    own = conversation.victim.handshake
    assert (own.server_finished if victim == "client" else own.client_finished,) * 2 in compared


@pytest.mark.parametrize("number", [0, 2, 3])
def test_the_mac_of_a_ticket_is_compared_in_constant_time(monkeypatch, number):
    compared = []
    plain = format.hmac.compare_digest
    monkeypatch.setattr(openssl_format.hmac, "compare_digest", lambda *pair: compared.append(pair) or plain(*pair))
    key = secrets.keys()[number]
    ticket = bytearray(key.seal(secrets.genuine_session(), secrets.IV))
    ticket[-1] ^= 1

    assert open_any(KeyRing((key,)), bytes(ticket)) is None
    assert len(compared) == 1


def test_an_error_says_no_more_than_its_alert():
    """Whatever part of a protected record is wrong, one alert answers."""
    answers = set()
    for place in range(0, 29, 4):
        conversation = Walk(kinds()[0], "server")
        while not conversation.victim.established:
            conversation.genuine()
        conversation.peer.layer.send(ContentType.APPLICATION_DATA, b"data!")
        record = bytearray(conversation.peer.data_to_send())
        record[5 + place % (len(record) - 5)] ^= 1
        with pytest.raises(ProtocolError) as caught:
            conversation.victim.receive(bytes(record))
        answers.add(caught.value.alert)

    assert answers == {AlertDescription.BAD_RECORD_MAC}
