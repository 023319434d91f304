"""reference/handshake/renegotiation.py: further handshakes inside a connection, bound to the one before."""

import socket
import threading
from dataclasses import replace

import pytest
from pairs import Clock, seeded, ticket_key

from rfc5077.reference.alerts import AlertDescription, AlertLevel, Cause, ProtocolError
from rfc5077.reference.connection import AlertReceived, ClientConnection, DataReceived, HandshakeCompleted
from rfc5077.reference.connection import ServerConnection as Server
from rfc5077.reference.handshake.client_flight import ClientHandlers
from rfc5077.reference.handshake.offer import make_client_hello
from rfc5077.reference.handshake.renegotiation import Binding, check_client_binding, check_server_binding
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.tls_socket import TLSSocket
from rfc5077.reference.wire.hello import RENEGOTIATION_SCSV, ExtensionType
from rfc5077.reference.wire.messages import HandshakeType, handshake

DECLINED = AlertReceived(AlertLevel.WARNING, AlertDescription.NO_RENEGOTIATION)


@pytest.fixture
def willing(pair):
    """An established connection whose ends both follow the other's wish; changes go to the configurations."""

    def make(client: dict | None = None, server: dict | None = None):
        return pair(
            client={"renegotiation": "any", **(client or {})}, server={"renegotiation": "any", **(server or {})}
        ).connect()

    return make


def again(p, by: str, config=None):
    p.client_events, p.server_events = [], []
    getattr(p, by).renegotiate(config)
    p.exchange()
    return p


def data_passes(p) -> bool:
    p.client.send(b"to the server")
    p.server.send(b"to the client")
    p.exchange()
    return DataReceived(b"to the server") in p.server_events and DataReceived(b"to the client") in p.client_events


@pytest.mark.parametrize("by", ["client", "server"])
def test_a_connection_is_negotiated_anew_by_an_abbreviated_handshake(willing, by):
    p = willing()
    before = p.client.secrets

    again(p, by)

    assert p.client_events == [HandshakeCompleted(True, False, "localhost", None, True)]
    assert p.server_events == [HandshakeCompleted(True, False, "localhost", None, True)]
    assert p.client.secrets.master_secret == before.master_secret
    assert p.client.secrets.client_random != before.client_random
    assert data_passes(p)


@pytest.mark.parametrize("by", ["client", "server"])
def test_a_connection_is_negotiated_anew_by_a_full_handshake(willing, by):
    p = willing(client={"store": None})
    before = p.client.secrets.master_secret

    again(p, by)

    assert [event.resumed for event in p.client_events] == [False]
    assert p.client.secrets.master_secret == p.server.secrets.master_secret != before
    assert data_passes(p)


def test_a_connection_can_be_negotiated_anew_again_and_again(willing):
    p = willing()
    for by in ("client", "server", "client", "server"):
        assert [event.renegotiated for event in again(p, by).client_events] == [True]
    assert data_passes(p)


def test_the_new_hellos_carry_what_the_old_finished_messages_verified(willing):
    p = willing()
    first = p.client.handshake

    again(p, "client")

    binding = first.client_finished
    assert len(binding) == len(first.server_finished) == 12
    assert p.client.handshake.client_hello.renegotiation_info == binding
    assert p.client.handshake.server_hello.renegotiation_info == binding + first.server_finished


# Tickets: RFC 5077, section 5.8 ---------------------------------------------------------------------------------------


def test_a_renegotiation_brings_a_new_ticket_over_new_state(willing, authority, client_credentials):
    p = willing(client={"credentials": client_credentials})
    anonymous = p.server.session
    demanding = replace(p.server_config, client_auth="require", client_roots=authority.anchors)

    again(p, "server", demanding)

    assert anonymous.client_identity == ()
    assert p.server.resumed is False
    assert p.server.session.client_identity == client_credentials.chain
    assert p.client_events == [HandshakeCompleted(False, True, "localhost", None, True)]
    p.server_config = demanding
    p.connect()
    assert p.server.resumed
    assert p.server.peer_certificates == client_credentials.chain


def test_a_ticket_that_is_announced_is_sent_in_the_renegotiation_too(willing):
    p = willing(server={"renew": "ticket"})
    first = p.client.ticket_received

    again(p, "client")

    assert p.client.resumed
    assert p.client.ticket_offered == first
    assert p.client.ticket_received not in (None, b"", first)


def test_a_ticket_that_no_key_opens_any_more_leads_to_a_full_renegotiation(willing):
    p = willing()
    rotated = replace(p.server_config, key_ring=KeyRing((ticket_key(99),)))

    again(p, "server", rotated)

    assert (p.client.resumed, p.server.resumed) == (False, False)
    assert p.client.ticket_received


def test_the_first_ticket_may_come_in_a_renegotiation_unseen_on_the_wire(willing):
    # R5077-5.8-03
    p = willing(server={"issue": "never"})
    assert p.client.ticket_received is None
    issuing = replace(p.server_config, issue="ticket")

    again(p, "server", issuing)

    ticket = p.server.ticket_sent
    assert ticket and p.client.ticket_received == ticket
    assert ticket not in p.server_octets
    p.server_config = issuing
    assert p.connect().client.resumed


@pytest.mark.parametrize("store", [True, False])
def test_what_was_announced_in_the_first_handshake_means_nothing_in_the_second(willing, store):
    # K-46: the extension is negotiated in each handshake for itself
    p = willing(client={} if store else {"store": None})
    assert p.client.ticket_received

    again(p, "server", replace(p.server_config, issue="never", reissue="never", honour_tickets=False))

    assert p.client.handshake.server_hello.session_ticket is None
    assert (p.client.ticket_received, p.client_events[-1].ticket) == (None, False)
    assert data_passes(p)


def test_a_client_may_leave_tickets_out_the_second_time(willing):
    p = willing()

    again(p, "client", replace(p.client_config, tickets=False))

    assert p.client.handshake.client_hello.session_ticket is None
    assert p.client.ticket_received is None
    assert p.client_events == [HandshakeCompleted(False, False, "localhost", None, True)]


# Refusals -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("allowed", ["never", "own"])
def test_a_server_declines_by_a_warning_and_the_connection_goes_on(willing, allowed):
    p = willing(server={"renegotiation": allowed})
    secrets = p.client.secrets

    again(p, "client")

    assert p.client_events == [DECLINED]
    assert p.client.secrets == secrets
    assert data_passes(p)


@pytest.mark.parametrize("allowed", ["never", "own"])
def test_a_client_declines_by_a_warning_and_the_connection_goes_on(willing, allowed):
    p = willing(client={"renegotiation": allowed})

    again(p, "server", replace(p.server_config, client_auth="never"))

    assert p.server_events == [DECLINED]
    assert data_passes(p)


@pytest.mark.parametrize("allowed", ["never", "any"])
def test_a_wish_with_contents_is_a_decode_error(willing, allowed):
    p = willing(client={"renegotiation": allowed})
    p.server.layer.send_handshake(handshake(HandshakeType.HELLO_REQUEST, b"x"))

    with pytest.raises(ProtocolError) as error:
        p.exchange()
    assert error.value.alert is AlertDescription.DECODE_ERROR


def test_a_server_that_asks_itself_takes_the_clients_hello(willing):
    assert [e.renegotiated for e in again(willing(server={"renegotiation": "own"}), "server").server_events] == [True]


def test_after_a_refusal_the_servers_wish_is_over(willing):
    p = willing(client={"renegotiation": "own"}, server={"renegotiation": "own"})
    again(p, "server")
    again(p, "client")

    assert p.client_events == [DECLINED]


@pytest.mark.parametrize("by", ["client", "server"])
def test_who_is_configured_not_to_cannot_ask(pair, by):
    with pytest.raises(RuntimeError, match="not allowed"):
        getattr(pair().connect(), by).renegotiate()


def test_nobody_asks_twice_at_once_or_before_the_first_handshake(willing):
    p = willing()
    p.client.renegotiate()
    with pytest.raises(RuntimeError, match="not established"):
        p.client.renegotiate()
    p.open()
    with pytest.raises(RuntimeError, match="not established"):
        p.client.renegotiate()


def without_signal(*arguments):
    hello = make_client_hello(*arguments)
    return replace(hello, extensions=tuple(e for e in hello.extensions if e[0] != ExtensionType.RENEGOTIATION_INFO))


def test_a_client_that_gave_no_signal_is_declined_whatever_the_configuration(willing):
    p = willing()
    p.connect(client={"handlers": ClientHandlers(make_client_hello=without_signal)})
    with pytest.raises(RuntimeError):
        p.client.renegotiate()
    p.client_events = []
    p.client.layer.send_handshake(handshake(HandshakeType.CLIENT_HELLO, p.client.handshake.client_hello.encode()))
    p.exchange()

    assert p.client_events == [DECLINED]


def test_a_server_that_gave_no_signal_is_declined_whatever_the_configuration(willing):
    p = willing()
    p.connect(client={"handlers": ClientHandlers(make_client_hello=without_signal)})
    p.server_events = []
    p.server.layer.send_handshake(handshake(HandshakeType.HELLO_REQUEST, b""))
    p.exchange()

    assert p.server_events == [DECLINED]


@pytest.mark.parametrize("by", ["client", "server"])
def test_a_full_handshake_without_extended_master_secret_may_be_followed_by_another(willing, by):
    p = willing(client={"ems": False})
    assert not p.client.session.ems

    assert [event.renegotiated for event in again(p, by).client_events] == [True]


def test_a_session_resumed_without_extended_master_secret_is_not_renegotiated(willing):
    # R7627-5.4-02
    p = willing(client={"ems": False}, server={"without_ems": "resume"})
    p.connect()

    assert p.client.resumed and p.client.established
    for end in (p.client, p.server):
        with pytest.raises(RuntimeError):
            end.renegotiate()


# Bindings -------------------------------------------------------------------------------------------------------------


def renegotiated_with(p, change):
    """The client's further hello changed, as an attacker who splices connections would have it."""
    handlers = ClientHandlers(make_client_hello=lambda *a: change(make_client_hello(*a)))
    p.client.handshake.handlers = handlers
    with pytest.raises(ProtocolError) as error:
        again(p, "client")
    return error.value


def test_a_further_hello_without_the_extension_ends_the_connection(willing):
    def change(hello):
        kept = tuple(e for e in hello.extensions if e[0] != ExtensionType.RENEGOTIATION_INFO)
        return replace(hello, extensions=kept)

    error = renegotiated_with(willing(), change)

    assert (error.cause, error.alert) == (Cause.RENEGOTIATION_BINDING, AlertDescription.HANDSHAKE_FAILURE)


def test_a_further_hello_with_the_signalling_suite_ends_the_connection(willing):
    def change(hello):
        return replace(hello, cipher_suites=(*hello.cipher_suites, RENEGOTIATION_SCSV))

    assert renegotiated_with(willing(), change).cause is Cause.RENEGOTIATION_SIGNAL


@pytest.mark.parametrize("side", ["client", "server"])
def test_another_handshake_than_the_one_before_is_refused_on_both_sides(willing, side):
    p = willing()
    finished = f"{side}_finished"
    setattr(p.server.handshake, finished, bytes(12))

    with pytest.raises(ProtocolError) as error:
        again(p, "client")

    assert error.value.cause is Cause.RENEGOTIATION_BINDING
    assert p.server.closed is (side == "client")
    assert p.client.closed is (side == "server")


@pytest.mark.parametrize("said", [None, b"", b"c" * 12, b"c" * 12 + b"x" * 12, b"c" * 12 + b"s" * 13])
def test_a_server_hello_has_to_name_both_finished_messages(willing, said):
    answer = willing().client.handshake.server_hello
    bodies = () if said is None else ((ExtensionType.RENEGOTIATION_INFO, bytes((len(said),)) + said),)

    with pytest.raises(ProtocolError) as error:
        check_server_binding(replace(answer, extensions=bodies), Binding(b"c" * 12, b"s" * 12))

    assert error.value.alert is AlertDescription.HANDSHAKE_FAILURE


def test_a_first_hello_is_no_renegotiation(willing):
    with pytest.raises(ProtocolError):
        check_client_binding(willing().client.handshake.client_hello, Binding(b"c" * 12, b"s" * 12))


def test_an_older_session_fails_with_the_connection(willing):
    p = willing(client={"store": None})
    p.client.handshake.handlers = ClientHandlers(make_client_hello=without_signal)
    forgotten = []
    own = p.server.handshake.handlers
    p.server.handshake.handlers = replace(own, forget_session=lambda handshake: forgotten.append(handshake.session))
    first = p.server.session

    with pytest.raises(ProtocolError):
        again(p, "client")

    assert forgotten == [first, None]


# Data meanwhile -------------------------------------------------------------------------------------------------------


def test_what_the_server_sent_before_it_knew_still_arrives(willing):
    p = willing()
    p.client.renegotiate()
    p.server.send(b"crossing")
    p.exchange()

    assert DataReceived(b"crossing") in p.client_events
    assert p.client_events[-1].renegotiated


def test_what_is_sent_meanwhile_waits_for_the_end(willing):
    p = willing()
    p.client.renegotiate()
    p.client.send(b"patience")
    p.exchange()

    assert p.server_events[-2:] == [HandshakeCompleted(True, False, "localhost", None, True), DataReceived(b"patience")]


def test_data_before_the_first_server_hello_is_refused(pair):
    p = pair().open()

    with pytest.raises(ProtocolError) as error:
        p.client.receive(b"\x17\x03\x03\x00\x01x")

    assert error.value.alert is AlertDescription.UNEXPECTED_MESSAGE


# Over sockets ---------------------------------------------------------------------------------------------------------


def test_a_socket_negotiates_anew_and_says_when_the_peer_declines(client_config, server_config):
    here, there = socket.socketpair()
    clock = Clock()
    allowed = replace(client_config, renegotiation="any")
    client = TLSSocket(here, ClientConnection(allowed, clock, seeded(1)))
    server = TLSSocket(there, Server(replace(server_config, renegotiation="own"), clock, seeded(2)))
    for end in (here, there):
        end.settimeout(5)

    def serve():
        server.handshake()
        server.recv()
        server.renegotiate()
        server.send(b"anew")
        server.recv()

    thread = threading.Thread(target=serve)
    thread.start()
    client.handshake()
    client.send(b"now")
    data = client.recv()
    renegotiated = client.completed.renegotiated
    declined = client.renegotiate()
    client.close()
    thread.join()
    server.close()

    assert (data, renegotiated, declined) == (b"anew", True, None)
