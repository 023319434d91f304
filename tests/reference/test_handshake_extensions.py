"""reference/handshake/extensions.py and wire/extensions.py: what both ends agree on, keep, and refuse."""

from dataclasses import replace

import pytest

from rfc5077.reference.alerts import AlertDescription, Cause, ProtocolError
from rfc5077.reference.handshake import negotiate, server_flight
from rfc5077.reference.handshake.client_flight import ClientHandlers
from rfc5077.reference.handshake.extensions import check_answers, granted_fragment_code
from rfc5077.reference.handshake.offer import make_client_hello
from rfc5077.reference.handshake.server_flight import ServerHandlers
from rfc5077.reference.ticket import ssl_session
from rfc5077.reference.ticket.format import decode_state, encode_state
from rfc5077.reference.ticket.ssl_session import OpenSslSession
from rfc5077.reference.ticket.store import SessionCache
from rfc5077.reference.wire.extensions import (
    asks_for_ocsp,
    parse_fragment_code,
    parse_protocols,
    parse_record_size_limit,
    protocols_body,
)
from rfc5077.reference.wire.hello import ExtensionType
from rfc5077.reference.wire.messages import HandshakeType, handshake
from rfc5077.reference.wire.record import ContentType


def answering(kind: int, body: bytes) -> dict:
    """A server whose ServerHello carries this extension in place of its own."""

    def make(side):
        hello = server_flight.make_server_hello(side)
        others = tuple(pair for pair in hello.extensions if pair[0] != kind)
        return replace(hello, extensions=(*others, (kind, body)))

    return {"handlers": ServerHandlers(make_server_hello=make)}


def asking(kind: int, body: bytes) -> dict:
    """A client whose ClientHello carries this extension in place of its own."""

    def make(*arguments):
        hello = make_client_hello(*arguments)
        others = tuple(pair for pair in hello.extensions if pair[0] != kind)
        return replace(hello, extensions=(*others, (kind, body)))

    return {"handlers": ClientHandlers(make_client_hello=make)}


def refused(p, **ends) -> ProtocolError:
    with pytest.raises(ProtocolError) as error:
        p.connect(**ends)
    return error.value


def lengths(octets: bytes) -> list[tuple[int, int]]:
    """Content type and length of every record."""
    found = []
    while octets:
        length = int.from_bytes(octets[3:5], "big")
        found.append((octets[0], length))
        octets = octets[5 + length :]
    return found


# ALPN -----------------------------------------------------------------------------------------------------------------


def test_the_servers_first_choice_among_the_clients_protocols_is_agreed(pair):
    p = pair(client={"protocols": ("http/1.1", "h2")}, server={"protocols": ("h3", "h2", "http/1.1")}).connect()

    assert (p.client.protocol, p.server.protocol) == ("h2", "h2")
    assert [event.protocol for event in p.client_events + p.server_events] == ["h2", "h2"]


@pytest.mark.parametrize("client, server", [((), ("h2",)), (("h2",), ()), ((), ())])
def test_no_protocol_is_agreed_where_one_side_does_not_speak_of_any(pair, client, server):
    p = pair(client={"protocols": client}, server={"protocols": server}).connect()

    assert p.client.established
    assert (p.client.protocol, p.server.protocol) == (None, None)


@pytest.mark.parametrize("resumed", [False, True])
def test_nothing_in_common_ends_the_handshake_by_its_own_alert(pair, resumed):
    p = pair(client={"protocols": ("h2",)}, server={"protocols": ("h2",)})
    if resumed:
        p.connect()
    p.server_config = replace(p.server_config, protocols=("smtp",))

    assert refused(p).alert is AlertDescription.NO_APPLICATION_PROTOCOL
    assert p.server.closed


def test_a_resumed_session_agrees_on_a_protocol_anew(pair):
    p = pair(client={"protocols": ("h2", "http/1.1")}, server={"protocols": ("h2",)}).connect()
    p.server_config = replace(p.server_config, protocols=("http/1.1",))

    p.connect()

    assert p.client.resumed
    assert p.client.protocol == "http/1.1"


@pytest.mark.parametrize("names", [(b"smtp",), (b"h2", b"h2")])
def test_the_client_refuses_a_protocol_it_did_not_offer_and_more_than_one(pair, names):
    p = pair(client={"protocols": ("h2",)})

    error = refused(p, server=answering(ExtensionType.ALPN, protocols_body(names)))

    assert error.cause is Cause.PROTOCOL_NOT_OFFERED


@pytest.mark.parametrize("body", [b"", b"\x00\x00", b"\x00\x01\x00", b"\x00\x03\x03h2", b"\x00\x03\x02h2!"])
def test_a_malformed_list_of_protocols_is_a_decode_error(body):
    with pytest.raises(ProtocolError) as error:
        parse_protocols(body)

    assert error.value.alert is AlertDescription.DECODE_ERROR


def test_protocols_that_are_no_text_are_passed_over(pair):
    p = pair(server={"protocols": ("h2",)})
    p.open(client=asking(ExtensionType.ALPN, protocols_body((b"\x0a\x0a\xff", b"h2"))))
    p.exchange()

    assert p.server.protocol == "h2"


# max_fragment_length --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [512, 1024, 2048, 4096])
def test_an_agreed_fragment_length_bounds_every_record_of_both_sides(pair, length):
    p = pair(client={"max_fragment_length": length}).connect()
    hello = len(p.client_octets)
    p.client.send(bytes(3 * length))
    p.server.send(bytes(3 * length))
    p.exchange()

    assert b"".join(event.data for event in p.server_events[1:]) == bytes(3 * length)
    data = [size for kind, size in lengths(p.client_octets + p.server_octets) if kind == ContentType.APPLICATION_DATA]
    assert hello and data == [length + 24] * 6
    assert all(size <= length + 24 for _, size in lengths(p.server_octets))


def test_a_resumed_session_keeps_its_fragment_length(pair):
    p = pair(client={"max_fragment_length": 512}).connect().connect()
    p.server.send(bytes(600))
    p.exchange()

    assert p.client.resumed
    assert p.client.session.fragment_code == p.server.session.fragment_code == 1
    assert [size for kind, size in lengths(p.server_octets) if kind == ContentType.APPLICATION_DATA] == [536, 112]


def test_a_resumed_session_keeps_its_fragment_length_although_the_server_does_not_repeat_it(pair):
    def silent(*arguments):
        said = negotiate.server_extensions(*arguments)
        return tuple(pair for pair in said if pair[0] != ExtensionType.MAX_FRAGMENT_LENGTH)

    p = pair(client={"max_fragment_length": 512}).connect()
    p.connect(server={"handlers": ServerHandlers(server_extensions=silent)})
    p.client.send(bytes(600))

    assert p.client.resumed
    assert [size for _, size in lengths(p.client.data_to_send())] == [536, 112]


def test_every_format_of_tickets_keeps_the_fragment_length(pair):
    session = pair(client={"max_fragment_length": 2048}).connect().server.session

    assert session.fragment_code == 3
    assert decode_state(encode_state(session)) == session
    assert ssl_session.decode(ssl_session.encode(OpenSslSession(session))).session == session


def test_a_state_with_a_fragment_length_that_does_not_exist_is_none(pair):
    session = pair().connect().server.session

    assert decode_state(encode_state(replace(session, fragment_code=5))) is None
    assert ssl_session.decode(ssl_session.encode(OpenSslSession(replace(session, fragment_code=5)))) is None


def test_a_server_that_grants_no_fragment_length_any_more_does_not_resume(pair):
    p = pair(client={"max_fragment_length": 512}).connect()
    p.server_config = replace(p.server_config, max_fragment_length=False)

    p.connect()

    assert p.client.resumed is False
    assert p.client.session.fragment_code == 0


def test_a_client_does_not_offer_a_session_of_another_fragment_length(pair):
    p = pair(client={"max_fragment_length": 512}).connect()
    p.client_config = replace(p.client_config, max_fragment_length=None)

    p.connect()

    assert p.client.ticket_offered == b""


def test_a_cached_session_keeps_its_fragment_length_too(pair):
    p = pair(
        client={"max_fragment_length": 1024, "tickets": False},
        server={"session_cache": SessionCache(), "session_id_otherwise": "fresh"},
    ).connect().connect()

    assert p.client.resumed and p.client.session.fragment_code == 2


@pytest.mark.parametrize("resumed", [False, True])
def test_the_client_refuses_another_fragment_length_than_it_asked_for(pair, resumed):
    p = pair(client={"max_fragment_length": 512})
    if resumed:
        p.connect()

    error = refused(p, server=answering(ExtensionType.MAX_FRAGMENT_LENGTH, b"\x02"))

    assert error.cause is Cause.FRAGMENT_LENGTH
    assert error.alert is AlertDescription.ILLEGAL_PARAMETER


@pytest.mark.parametrize("code", [0, 5, 255])
def test_a_fragment_length_that_does_not_exist_is_an_illegal_parameter(pair, code):
    error = refused(pair(), client=asking(ExtensionType.MAX_FRAGMENT_LENGTH, bytes((code,))))

    assert error.alert is AlertDescription.ILLEGAL_PARAMETER


def test_a_record_beyond_the_agreed_length_overflows(pair):
    p = pair(client={"max_fragment_length": 512}).connect()
    p.client.layer._sending = 513

    p.client.send(bytes(513))

    with pytest.raises(ProtocolError) as error:
        p.exchange()
    assert error.value.alert is AlertDescription.RECORD_OVERFLOW


def test_a_fragment_code_of_two_octets_is_a_decode_error():
    with pytest.raises(ProtocolError) as error:
        parse_fragment_code(b"\x01\x01")

    assert error.value.alert is AlertDescription.DECODE_ERROR


# record_size_limit ----------------------------------------------------------------------------------------------------


def test_each_side_heeds_the_others_limit_in_protected_records(pair):
    p = pair(client={"record_size_limit": 100}, server={"record_size_limit": 200}).connect()
    p.client.send(bytes(400))
    p.server.send(bytes(400))
    p.exchange()

    def data(octets):
        return [size - 24 for kind, size in lengths(octets) if kind == ContentType.APPLICATION_DATA]

    assert data(p.client_octets) == [200, 200]
    assert data(p.server_octets) == [100, 100, 100, 100]
    assert max(size for kind, size in lengths(p.server_octets) if kind == ContentType.HANDSHAKE) > 100  # in clear


def test_the_limit_is_agreed_anew_when_a_session_is_resumed(pair):
    p = pair(client={"record_size_limit": 100}, server={"record_size_limit": 200}).connect()
    p.client_config = replace(p.client_config, record_size_limit=None)
    p.connect()
    p.server.send(bytes(400))
    p.exchange()

    assert p.client.resumed
    assert [size for kind, size in lengths(p.server_octets) if kind == ContentType.APPLICATION_DATA] == [424]


def test_a_record_beyond_the_own_limit_overflows(pair):
    p = pair(client={"record_size_limit": 100}, server={"record_size_limit": 200}).connect()
    p.server.layer._sending = 101
    p.server.send(bytes(101))

    with pytest.raises(ProtocolError) as error:
        p.exchange()
    assert error.value.alert is AlertDescription.RECORD_OVERFLOW


def test_where_both_are_asked_for_the_record_size_limit_is_answered_alone(pair):
    p = pair(
        client={"record_size_limit": 100, "max_fragment_length": 512}, server={"record_size_limit": 200}
    ).connect()

    kinds = [kind for kind, _ in p.client.handshake.server_hello.extensions]
    assert ExtensionType.RECORD_SIZE_LIMIT in kinds
    assert ExtensionType.MAX_FRAGMENT_LENGTH not in kinds
    assert p.server.session.fragment_code == 0


@pytest.mark.parametrize(("theirs", "ours", "code"), [(None, None, 1), (None, 600, 1), (600, None, 1), (600, 600, 0)])
def test_a_fragment_length_gives_way_to_a_record_size_limit_of_both(pair, theirs, ours, code):
    """RFC 8449, section 5."""
    p = pair(client={"max_fragment_length": 512, "record_size_limit": theirs}, server={"record_size_limit": ours})
    hello = p.open().client.handshake.client_hello
    assert granted_fragment_code(p.server_config, hello) == code
    assert granted_fragment_code(replace(p.server_config, max_fragment_length=False), hello) == 0


def test_the_client_refuses_an_answer_to_both(pair):
    p = pair(client={"record_size_limit": 100, "max_fragment_length": 512}, server={"record_size_limit": 200})

    assert refused(p, server=answering(ExtensionType.MAX_FRAGMENT_LENGTH, b"\x01")).cause is Cause.BOTH_LIMITS


def test_a_limit_below_64_octets_is_an_illegal_parameter():
    with pytest.raises(ProtocolError) as error:
        parse_record_size_limit(b"\x00\x3f")

    assert error.value.alert is AlertDescription.ILLEGAL_PARAMETER
    assert parse_record_size_limit(b"\x00\x40") == 64


def test_a_limit_beyond_what_tls_1_2_allows_means_what_it_allows(pair):
    p = pair(server={"record_size_limit": 200})
    p.open(client=asking(ExtensionType.RECORD_SIZE_LIMIT, b"\xff\xff"))
    p.exchange()
    p.server.send(bytes(17000))

    assert [size - 24 for _, size in lengths(p.server.data_to_send())] == [16384, 616]


# status_request -------------------------------------------------------------------------------------------------------


@pytest.fixture
def stapling(pair):
    return pair(client={"status_request": True}, server={"ocsp_responses": (b"response", b"")})


def test_a_stapled_response_reaches_the_clients_user(stapling):
    assert stapling.connect().client.certificate_status == b"response"


def test_nothing_is_stapled_unasked_and_not_when_a_session_is_resumed(stapling):
    stapling.connect().connect()
    assert stapling.client.resumed
    assert stapling.client.certificate_status == b""
    assert stapling.client.handshake.server_hello.extension(ExtensionType.STATUS_REQUEST) is None

    stapling.client_config = replace(stapling.client_config, status_request=False, store=None)
    stapling.connect()
    assert stapling.client.certificate_status == b""


def test_a_server_without_a_response_for_its_certificate_announces_none(stapling):
    stapling.server_config = replace(stapling.server_config, ocsp_responses=(b"", b"of the other"))

    stapling.connect()

    assert stapling.client.handshake.server_hello.extension(ExtensionType.STATUS_REQUEST) is None
    assert stapling.client.established


def test_an_announced_response_may_be_left_out(stapling):
    steps = tuple(s for s in ServerHandlers().first_flight if s is not server_flight.send_certificate_status)

    stapling.connect(server={"handlers": ServerHandlers(first_flight=steps)})

    assert stapling.client.established


@pytest.mark.parametrize("suite", [0xC02B, 0x009C], ids=["ECDHE_ECDSA", "RSA"])
def test_a_response_that_was_not_announced_is_unexpected(pair, suite):
    changes = {"suites": (suite,)}
    stapling = pair(client={"status_request": True} | changes, server={"ocsp_responses": (b"one", b"other")} | changes)

    def silent(*arguments):
        said = negotiate.server_extensions(*arguments)
        return tuple(pair for pair in said if pair[0] != ExtensionType.STATUS_REQUEST)

    def send(side):
        body = b"\x01\x00\x00\x01x"
        side.transcript.add(handshake(HandshakeType.CERTIFICATE_STATUS, body))
        side.channel.send_handshake(handshake(HandshakeType.CERTIFICATE_STATUS, body))

    steps = tuple(send if s is server_flight.send_certificate_status else s for s in ServerHandlers().first_flight)

    error = refused(stapling, server={"handlers": ServerHandlers(server_extensions=silent, first_flight=steps)})
    assert error.alert is AlertDescription.UNEXPECTED_MESSAGE


def test_a_response_of_another_type_is_refused(stapling):
    def send(side):
        side.channel.send_handshake(handshake(HandshakeType.CERTIFICATE_STATUS, b"\x02\x00\x00\x01x"))

    steps = tuple(send if s is server_flight.send_certificate_status else s for s in ServerHandlers().first_flight)

    assert refused(stapling, server={"handlers": ServerHandlers(first_flight=steps)}).cause is Cause.STATUS_TYPE


@pytest.mark.parametrize("body, asks", [(bytes((1, 0, 0, 0, 0)), True), (bytes((2, 9)), False)])
def test_only_ocsp_is_a_status_that_is_asked_for(body, asks):
    assert asks_for_ocsp(body) is asks


def test_an_answer_with_contents_is_a_decode_error(stapling):
    error = refused(stapling, server=answering(ExtensionType.STATUS_REQUEST, b"\x01"))

    assert error.alert is AlertDescription.DECODE_ERROR


# Configurations -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "side, changes",
    [
        ("client", {"protocols": ("",)}),
        ("client", {"protocols": ("ä",)}),
        ("server", {"protocols": ("x" * 256,)}),
        ("client", {"max_fragment_length": 600}),
        ("client", {"record_size_limit": 63}),
        ("server", {"record_size_limit": 16385}),
        ("server", {"ocsp_responses": (b"one",)}),
    ],
)
def test_what_cannot_work_is_refused_by_the_configuration(pair, side, changes):
    with pytest.raises(ValueError, match=next(iter(changes))):
        pair(**{side: changes})


def test_a_server_reads_what_it_does_not_grant(pair):
    p = pair(client={"max_fragment_length": 512}, server={"max_fragment_length": False}).connect()

    assert granted_fragment_code(p.server_config, p.server.handshake.client_hello) == 0
    check_answers(p.client.handshake.client_hello, p.server.handshake.server_hello)
