"""The network of the machine: it cuts and loses octets, and changes none of them."""

import random

import pytest

from rfc5077.properties.suite.network import OwnEnd, Passage, Recutter
from rfc5077.properties.suite.parties import Client, Server, Trick
from rfc5077.reference.connection import ClientConnection, ServerConnection
from rfc5077.reference.wire.record import ContentType, RecordReader, encode_record

HANDSHAKE, CHANGE, DATA = ContentType.HANDSHAKE, ContentType.CHANGE_CIPHER_SPEC, ContentType.APPLICATION_DATA


def records(octets):
    return [(content_type, fragment) for content_type, _, fragment in RecordReader().feed(octets)]


class Wire:
    """One connection of ours, and what its watch was told."""

    def __init__(self, recut=()):
        server = Server(0, random.Random(1), ServerConnection, True)
        server.rotate(0)
        client = Client(0, random.Random(2), ClientConnection, True)
        self.told = []
        self.opened = 0

        def open_server():
            self.opened += 1
            return server.open()

        self.passage = Passage(client.open(0, server.name), open_server, lambda *what: self.told.append(what), recut)
        self.passage.collect("client")

    def settle(self):
        while not self.passage.quiet:
            for side in ("client", "server"):
                self.passage.deliver(side)
        return self

    def seen(self, side, arrived):
        return b"".join(octets for who, octets, when in self.told if (who, when) == (side, arrived) and octets)

    def end(self, side) -> OwnEnd:
        return self.passage.end(side)


def test_handshake_records_are_cut_anew():
    octets = encode_record(HANDSHAKE, b"abcdef") + encode_record(HANDSHAKE, b"gh")
    assert records(Recutter([3, 4])(octets)) == [(HANDSHAKE, b"abc"), (HANDSHAKE, b"defg"), (HANDSHAKE, b"h")]


def test_nothing_is_moved_across_change_cipher_spec_and_nothing_protected_is_cut():
    octets = encode_record(HANDSHAKE, b"ab") + encode_record(CHANGE, b"\x01") + encode_record(HANDSHAKE, b"sealed")
    assert records(Recutter([1])(octets)) == [
        (HANDSHAKE, b"a"), (HANDSHAKE, b"b"), (CHANGE, b"\x01"), (HANDSHAKE, b"sealed"),
    ]  # fmt: skip


def test_without_sizes_every_octet_stays_where_it_is():
    octets = encode_record(HANDSHAKE, b"ab") + encode_record(DATA, b"c")
    assert Recutter([])(octets) == octets


@pytest.mark.parametrize("recut", [(), (1,), (7, 300)])
def test_a_handshake_completes_over_any_cut(recut):
    wire = Wire(recut).settle()
    assert wire.end("client").established
    assert wire.end("server").established


def test_everything_is_seen_once_on_leaving_and_once_on_arrival():
    wire = Wire().settle()
    for side in ("client", "server"):
        assert wire.seen(side, arrived=False) == wire.seen(side, arrived=True) != b""


def test_octets_arrive_record_by_record():
    wire = Wire()
    wire.passage.deliver("client")
    wire.passage.deliver("server")
    arrived = [octets for who, octets, when in wire.told if who == "server" and when]
    assert all(len(records(octets)) == 1 for octets in arrived)
    assert len(arrived) > 2


def test_the_server_is_opened_by_the_first_octet():
    wire = Wire()
    assert wire.opened == 0
    wire.passage.deliver("client", 1)
    assert wire.opened == 1
    assert wire.passage.end("server").tls.resumed is None


def test_a_lost_connection_ends_at_both_ends_and_nobody_has_closed_it():
    wire = Wire()
    wire.passage.deliver("client")
    wire.passage.deliver("server", 100)
    wire.passage.lose()
    assert wire.end("client").closed
    assert wire.end("server").closed
    assert wire.passage.quiet
    assert [octets for _, octets, _ in wire.told if octets is None] == []


def test_the_end_of_the_transport_arrives_behind_the_last_octet():
    wire = Wire().settle()
    wire.end("client").tls.close()
    wire.passage.collect("client")
    wire.passage.deliver("client", 3)
    assert not wire.end("server").closed
    wire.settle()
    assert wire.passage.over
    assert wire.told[-1] == ("server", None, True)


def test_data_comes_back_from_the_end_that_echoes():
    wire = Wire().settle()
    wire.end("client").tls.send(b"ping")
    wire.passage.collect("client")
    wire.settle()
    assert (wire.end("server").received, wire.end("client").received) == (b"ping", b"ping")


@pytest.mark.parametrize(
    ("trick", "found"),
    [
        (Trick.flip(1, 0xFF), b"a\x9dc"),
        (Trick.flip(-1, 1), b"abb"),
        (Trick.truncate(2), b"ab"),
        (Trick.extend(b"d"), b"abcd"),
        (Trick.invent(b"x"), b"x"),
        (Trick.wrap(), b"\x00\x03abc"),
    ],
    ids=lambda value: value.name if isinstance(value, Trick) else "",
)
def test_a_trick_makes_another_ticket(trick, found):
    assert trick.apply(b"abc", random.Random(0)) == found


@pytest.mark.parametrize("trick", [Trick.flip(1, 1), Trick.truncate(1), Trick.extend(b"d")], ids=lambda t: t.name)
def test_what_alters_a_ticket_needs_one(trick):
    assert trick.apply(b"", random.Random(0)) == b""
