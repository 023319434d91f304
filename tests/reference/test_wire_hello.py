"""reference/wire/hello.py"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.wire.hello import (
    ClientHello,
    ExtensionType,
    ServerHello,
    duplicated_extensions,
    list_body,
    renegotiation_info_body,
    server_name_body,
)

extensions = st.lists(
    st.tuples(st.integers(0, 65535), st.binary(max_size=40)), max_size=6, unique_by=lambda pair: pair[0]
).map(tuple)
client_hellos = st.builds(
    ClientHello,
    version=st.integers(0, 65535),
    random=st.binary(min_size=32, max_size=32),
    session_id=st.binary(max_size=32),
    cipher_suites=st.lists(st.integers(0, 65535), min_size=1, max_size=9).map(tuple),
    compression_methods=st.binary(min_size=1, max_size=3),
    extensions=extensions,
)
server_hellos = st.builds(
    ServerHello,
    version=st.integers(0, 65535),
    random=st.binary(min_size=32, max_size=32),
    session_id=st.binary(max_size=32),
    cipher_suite=st.integers(0, 65535),
    compression_method=st.integers(0, 255),
    extensions=extensions,
)
HELLO = ClientHello(0x0303, bytes(32), b"", (0xC02B,), b"\x00", ((35, b"ticket"),))


@given(st.one_of(client_hellos, server_hellos))
def test_a_hello_survives_encoding(hello):
    assert type(hello).parse(hello.encode()) == hello


@given(st.one_of(client_hellos, server_hellos), st.data())
def test_every_proper_prefix_but_the_one_without_extensions_is_refused(hello, data):
    body = hello.encode()
    bare = replace(hello, extensions=()).encode()
    cut = data.draw(st.integers(0, len(body) - 1).filter(lambda n: n != len(bare)))

    with pytest.raises(ProtocolError) as caught:
        type(hello).parse(body[:cut])

    assert caught.value.alert is AlertDescription.DECODE_ERROR


def test_octets_behind_a_client_hello_are_refused():
    with pytest.raises(ProtocolError) as caught:
        ClientHello.parse(HELLO.encode() + b"\x00")

    assert caught.value.alert is AlertDescription.DECODE_ERROR


def test_a_session_id_of_33_octets_is_refused_unless_one_only_looks_on():
    body = ClientHello(0x0303, bytes(32), bytes(33), (1,)).encode()

    assert len(ClientHello.parse(body, strict=False).session_id) == 33
    with pytest.raises(ProtocolError) as caught:
        ClientHello.parse(body)
    assert caught.value.alert is AlertDescription.DECODE_ERROR


def test_a_duplicate_extension_is_refused_unless_one_only_looks_on():
    twice = ServerHello(0x0303, bytes(32), b"", 1, 0, ((35, b""), (35, b"x")))

    assert duplicated_extensions(ServerHello.parse(twice.encode(), strict=False).extensions) == (35,)
    with pytest.raises(ProtocolError) as caught:
        ServerHello.parse(twice.encode())
    assert caught.value.alert is AlertDescription.ILLEGAL_PARAMETER


def test_the_ticket_is_the_extension_body_itself():
    assert HELLO.session_ticket == b"ticket"
    assert ClientHello(0x0303, bytes(32), b"", (1,)).session_ticket is None


def test_extension_bodies_are_read_as_they_are_written():
    hello = ClientHello(
        0x0303,
        bytes(32),
        b"",
        (1,),
        extensions=(
            (ExtensionType.SERVER_NAME, server_name_body("Example.ORG")),
            (ExtensionType.SUPPORTED_GROUPS, list_body(2, 2, (29, 23))),
            (ExtensionType.EC_POINT_FORMATS, list_body(1, 1, (0,))),
            (ExtensionType.SIGNATURE_ALGORITHMS, list_body(2, 2, (0x0403,))),
            (ExtensionType.EXTENDED_MASTER_SECRET, b""),
            (ExtensionType.RENEGOTIATION_INFO, renegotiation_info_body()),
        ),
    )

    assert hello.server_name == "example.org"
    assert (hello.supported_groups, hello.point_formats, hello.signature_algorithms) == ((29, 23), (0,), (0x0403,))
    assert (hello.extended_master_secret, hello.renegotiation_info) == (True, b"")


@pytest.mark.parametrize(
    "body", [b"", b"\x00\x00", b"\x00\x03\x00\x00\x00", b"\x00\x04\x00\x00\x01", server_name_body("a") + b"\x00"]
)
def test_a_malformed_server_name_is_a_decode_error(body):
    hello = ClientHello(0x0303, bytes(32), b"", (1,), extensions=((0, body),))

    with pytest.raises(ProtocolError) as caught:
        _ = hello.server_name

    assert caught.value.alert is AlertDescription.DECODE_ERROR


def test_an_announcement_with_contents_is_a_decode_error():
    hello = ServerHello(0x0303, bytes(32), b"", 1, 0, ((35, b"\x00\x00"),))

    with pytest.raises(ProtocolError) as caught:
        _ = hello.announces_ticket

    assert caught.value.alert is AlertDescription.DECODE_ERROR
