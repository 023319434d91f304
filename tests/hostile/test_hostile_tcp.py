"""`rfc5077 serve` under attack: healthy clients are served meanwhile, and nothing that runs out ends the server.

The long form is `python tests/hostile/attacks.py`.
"""

import errno
import os
import socket
import threading
from contextlib import closing

import pytest
from hostile import attacks

from rfc5077.properties.bench.crowd import memory_of, open_at_once
from rfc5077.reference.alerts import AlertDescription
from rfc5077.reference.crowd import Crowd
from rfc5077.reference.handshake.config import ServerConfig
from rfc5077.reference.io import Server, connect, listen, new_self_signed, new_ticket_key
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.wire.messages import handshake
from rfc5077.reference.wire.record import encode_record, encode_records

SLOWEST = 10.0
"""Seconds within which a healthy client is served, on a busy machine too; without an attack it takes hundredths."""


@pytest.fixture
def server():
    """The real process, with a healthy client at it; afterwards that client must have been served every time."""
    with attacks.attacked() as (place, process, healthy):
        before = memory_of(process)
        yield place
        assert memory_of(process) < before + 100
    assert healthy.failures == []
    assert healthy.served >= 2
    assert healthy.slowest < SLOWEST


def fatal(answer: bytes) -> int | None:
    """The description of the fatal alert that ends what the server said in the clear, None if there is none."""
    return answer[-1] if answer[-7:-1] == b"\x15\x03\x03\x00\x02\x02" else None


def test_garbage_connections_do_no_harm(server):
    attacks.garbage(server, 300)


def test_a_reset_at_any_octet_does_no_harm(server):
    assert attacks.reset_at_each_octet(server) > 150


def test_slow_clients_are_cut_off_in_time_however_many_octets_they_say(server):
    lasted = attacks.lorises(server, 20, 3 * attacks.TIMEOUT)

    assert len(lasted) == 20
    assert attacks.TIMEOUT * 0.9 < min(lasted) <= max(lasted) < attacks.TIMEOUT + SLOWEST


def test_silent_connections_do_no_harm_and_end(server):
    with attacks.half_open(server, 200):
        assert attacks.answer_to(server, b"") == encode_record(21, b"\x01\x00")  # close_notify


@pytest.mark.parametrize(
    ("octets", "alert"),
    [
        (b"\x16\x03\x03\xff\xff", AlertDescription.RECORD_OVERFLOW),
        (b"\x16\x03\x03\x48\x01", AlertDescription.RECORD_OVERFLOW),
        (encode_record(22, bytes(16385)), AlertDescription.RECORD_OVERFLOW),
        (encode_record(22, b"\x01\xff\xff\xff"), AlertDescription.ILLEGAL_PARAMETER),
        (encode_record(22, b""), AlertDescription.UNEXPECTED_MESSAGE),
        (encode_records(22, handshake(1, bytes(131_396))), AlertDescription.DECODE_ERROR),
    ],
)
def test_oversize_records_and_messages_are_refused_by_an_alert(server, octets, alert):
    assert fatal(attacks.answer_to(server, octets)) == alert


@pytest.mark.parametrize("length", [1, 255, 16384, 65_400])
def test_a_huge_ticket_that_nobody_sealed_leads_to_a_full_handshake(server, length):
    hello = attacks.genuine_hello(bytes(length))

    answer = attacks.answer_to(server, hello, 3 * attacks.TIMEOUT)

    assert answer[:3] == b"\x16\x03\x03"
    assert answer[5] == 2  # ServerHello


def test_many_connections_are_open_at_once_and_all_served():
    seen = open_at_once(200)

    assert seen.resumed == 199
    assert seen.full < seen.empty + 100


# What runs out


@pytest.fixture
def config():
    return ServerConfig((new_self_signed(),), key_ring=KeyRing((new_ticket_key(),)))


def served(server) -> bool:
    with connect(*server.address, attacks.CLIENT, 10) as tls:
        tls.send(b"hello")
        return tls.recv() == b"hello"


def test_whoever_lingers_in_its_handshake_goes_when_there_is_no_room(config):
    with Server(listen(), config, timeout=None, most_open=5) as server, attacks.half_open(server.address, 30):
        assert all(served(server) for _ in range(10))


def test_those_who_are_established_stay_when_there_is_no_room(config):
    with Server(listen(), config, timeout=None, most_open=3) as server:
        tls = [connect(*server.address, attacks.CLIENT, 10) for _ in range(3)]
        for one in tls:  # the server knows that it is established once it has answered
            one.send(b"hello")
            assert one.recv() == b"hello"
        with socket.create_connection(server.address, 10) as fourth:
            assert fourth.recv(1) == b""
        for one in tls:
            one.send(b"hello")
            assert one.recv() == b"hello"
            one.close()


class Scarce:
    """A listener at which `accept` fails now and then as it does when something has run out."""

    def __init__(self, listener, errors):
        self._listener, self._errors = listener, errors

    def accept(self):
        if self._errors:
            number = self._errors.pop()
            raise OSError(number, os.strerror(number))
        return self._listener.accept()

    def __getattr__(self, name):
        return getattr(self._listener, name)


def test_what_accept_lacks_or_misses_does_not_end_the_server(config):
    errors = [errno.EMFILE, errno.ECONNABORTED, errno.ENFILE, errno.ENOMEM] * 3
    with Server(Scarce(listen(), errors), config) as server:
        assert served(server)
    assert errors == []


def test_no_more_threads_ends_a_connection_and_not_the_server(config, monkeypatch):
    server = Server(listen(), config).start()
    plain, refused = threading.Thread.start, [1, 1]

    def start(thread):
        if refused and thread._target == server._serve:
            refused.pop()
            raise RuntimeError("can't start new thread")
        plain(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    with closing(server):
        for _ in range(2):
            with socket.create_connection(server.address, 10) as unlucky:
                assert unlucky.recv(1) == b""
        assert served(server)


# The crowd


def test_a_crowd_has_its_limit_and_sends_away_who_came_first_of_those_in_a_handshake():
    crowd = Crowd(2)

    assert [crowd.enter(peer) for peer in "ab"] == [None, None]
    crowd.establish("a")
    assert crowd.enter("c") == "b"
    assert sorted(crowd.everybody()) == ["a", "c"]
    crowd.establish("c")
    crowd.establish("b")  # too late
    assert crowd.enter("d") == "d"
    assert len(crowd) == 2
    crowd.leave("a")
    assert (crowd.enter("e"), crowd.oldest(), crowd.oldest()) == (None, "e", None)


def test_a_crowd_of_nobody_makes_no_sense():
    with pytest.raises(ValueError, match="most: 0"):
        Crowd(0)
