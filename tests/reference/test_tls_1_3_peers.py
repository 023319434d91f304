"""Peers that speak TLS 1.3 too, and the mark against downgrades (RFC 8446, section 4.1.3)."""

from dataclasses import replace

import pytest

from rfc5077.reference.alerts import AlertDescription, Cause, ProtocolError
from rfc5077.reference.handshake import server_flight
from rfc5077.reference.handshake.client_flight import ClientHandlers
from rfc5077.reference.handshake.offer import make_client_hello
from rfc5077.reference.handshake.server_flight import ServerHandlers, draw_random
from rfc5077.reference.ticket.store import SessionCache
from rfc5077.reference.wire.hello import DOWNGRADE_TO_1_1, DOWNGRADE_TO_1_2

GREASE = 0x3A3A
KEY_SHARE, PSK_MODES, PRE_SHARED_KEY = 51, 45, 41


def modern_hello(config, offer, entropy):
    """Our hello dressed up as one of a client that prefers TLS 1.3, GREASE (RFC 8701) everywhere."""
    hello = make_client_hello(config, offer, entropy)
    changed = []
    for kind, body in hello.extensions:
        if kind == 10:
            groups = GREASE.to_bytes(2, "big") + b"\x11\xec" + body[2:]
            body = len(groups).to_bytes(2, "big") + groups
        if kind == 13:
            schemes = GREASE.to_bytes(2, "big") + b"\x08\x09" + body[2:]
            body = len(schemes).to_bytes(2, "big") + schemes
        changed.append((kind, body))
    share = GREASE.to_bytes(2, "big") + b"\x00\x01\x00" + b"\x00\x1d\x00\x20" + bytes(32)
    return replace(
        hello,
        session_id=hello.session_id or entropy(32),
        cipher_suites=(GREASE, 0x1301, 0x1302, *hello.cipher_suites),
        extensions=(
            (0x0A0A, b""),
            *changed,
            (43, b"\x06" + GREASE.to_bytes(2, "big") + b"\x03\x04\x03\x03"),
            (KEY_SHARE, len(share).to_bytes(2, "big") + share),
            (PSK_MODES, b"\x01\x01"),
            (0x1A1A, b"\x00"),
            (PRE_SHARED_KEY, b"\x00\x08\x00\x02xx" + bytes(4) + b"\x00\x21\x20" + bytes(32)),
        ),
    )


MODERN = {"handlers": ClientHandlers(make_client_hello=modern_hello)}


def test_a_client_that_prefers_tls_1_3_gets_tls_1_2_and_later_resumes(pair):
    p = pair().connect(client=MODERN)
    assert p.server.established
    assert p.server.handshake.server_hello.version == 0x0303
    assert p.server.session_id == b""

    p.connect(client=MODERN)

    assert p.server.resumed and p.server.established
    assert p.server.session_id == p.client.handshake.client_hello.session_id


def test_such_a_client_resumes_from_the_cache_too(pair):
    p = pair(
        client={"tickets": False}, server={"session_cache": SessionCache(), "session_id_otherwise": "fresh"}
    ).connect(client=MODERN).connect(client=MODERN)

    assert p.server.resumed and p.server.established


def test_a_client_that_speaks_tls_1_3_alone_is_told_the_version(pair):
    def without(*arguments):
        hello = modern_hello(*arguments)
        said = tuple((kind, b"\x02\x03\x04" if kind == 43 else body) for kind, body in hello.extensions)
        return replace(hello, extensions=said)

    with pytest.raises(ProtocolError) as error:
        pair().connect(client={"handlers": ClientHandlers(make_client_hello=without)})

    assert error.value.alert is AlertDescription.PROTOCOL_VERSION


def answering(**changes) -> dict:
    def make(side):
        return replace(server_flight.make_server_hello(side), **changes)

    return {"handlers": ServerHandlers(make_server_hello=make)}


@pytest.mark.parametrize("mark", [DOWNGRADE_TO_1_1, DOWNGRADE_TO_1_2])
def test_a_marked_random_under_tls_1_2_is_no_fault_to_a_client_without_tls_1_3(pair, mark):
    p = pair().connect(server=answering(random=bytes(24) + mark))

    assert p.client.established


@pytest.mark.parametrize(
    "end, cause", [(DOWNGRADE_TO_1_1, Cause.DOWNGRADE), (DOWNGRADE_TO_1_2, Cause.VERSION), (bytes(8), Cause.VERSION)]
)
def test_an_older_version_under_the_mark_of_a_server_that_knows_better_is_an_attack(pair, end, cause):
    with pytest.raises(ProtocolError) as error:
        pair().connect(server=answering(version=0x0302, random=bytes(24) + end))

    assert error.value.cause is cause


def test_a_servers_random_is_not_marked_by_chance():
    draws = {32: iter([bytes(24) + DOWNGRADE_TO_1_1, bytes(24) + DOWNGRADE_TO_1_2, b"\x07" * 32])}

    assert draw_random(lambda octets: next(draws[octets])) == b"\x07" * 32
