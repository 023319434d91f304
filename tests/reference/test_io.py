"""reference/io.py"""

import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import replace

import pytest

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.connection import ClientConnection, HandshakeCompleted
from rfc5077.reference.handshake.config import ClientConfig, ServerConfig
from rfc5077.reference.io import (
    Server,
    connect,
    listen,
    new_self_signed,
    new_ticket_key,
    serve,
    system_clock,
    system_entropy,
)
from rfc5077.reference.keys.credentials import TrustAnchors
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.store import TicketStore
from rfc5077.reference.tls_socket import PeerAlert


@pytest.fixture(scope="module")
def own_credentials():
    return new_self_signed()


@pytest.fixture
def config(own_credentials):
    return ServerConfig((own_credentials,), key_ring=KeyRing((new_ticket_key(),)))


@pytest.fixture
def client(own_credentials):
    return ClientConfig("localhost", roots=TrustAnchors(own_credentials.chain), store=TicketStore())


def greet(host, port, config, text=b"hello"):
    """One connection that has something echoed; whether it was resumed, and the echo."""
    with connect(host, port, config) as tls:
        tls.send(text)
        return tls.completed.resumed, tls.recv()


def test_the_second_connection_is_resumed_over_real_sockets(config, client):
    with Server(listen(), config) as server:
        first = greet(*server.address, client)
        second = greet(*server.address, client)

    assert (first, second) == ((False, b"hello"), (True, b"hello"))


def test_a_large_echo_arrives_whole(config, client):
    data = bytes(range(256)) * 2000
    with Server(listen(), config) as server, connect(*server.address, client) as tls:
        sender = threading.Thread(target=tls.send, args=(data,))
        sender.start()
        received = b""
        while len(received) < len(data):
            received += tls.recv()
        sender.join()

    assert received == data


def test_data_that_comes_together_with_the_close_is_not_lost(config, client):
    def answer_and_close(tls):
        tls.connection.send(tls.recv())
        tls.close()

    with Server(listen(), config, answer_and_close) as server, connect(*server.address, client) as tls:
        tls.send(b"hello")

        assert (tls.recv(), tls.recv(), tls.clean) == (b"hello", b"", True)


def test_the_certificate_also_fits_the_address(config, client):
    with Server(listen(), config) as server:
        assert greet(*server.address, replace(client, server_name="127.0.0.1"))[1] == b"hello"


def test_a_name_that_the_certificate_does_not_have_is_refused_on_both_sides(config, client):
    reports = []
    with Server(listen(), config, report=lambda tls, error: reports.append(error)) as server:
        with pytest.raises(ProtocolError) as caught:
            connect(*server.address, replace(client, server_name="other.example"))
        server_thread_ends(reports)

    assert caught.value.alert is AlertDescription.BAD_CERTIFICATE
    assert isinstance(reports[0], PeerAlert)
    assert reports[0].alert.description is AlertDescription.BAD_CERTIFICATE


def server_thread_ends(reports):
    waiting = threading.Event()
    for _ in range(500):
        if reports:
            return
        waiting.wait(0.01)
    raise AssertionError("the server reported nothing")


def test_a_client_that_closes_in_the_breath_of_its_finished_has_completed_the_handshake(config, client):
    reports = []
    with Server(listen(), config, report=lambda tls, error: reports.append((tls.completed, error))) as server:
        greet(*server.address, client)
        server_thread_ends(reports)
        reports.clear()
        hasty = ClientConnection(client, system_clock, system_entropy)
        hasty.start()
        with socket.create_connection(server.address, 5) as transport:
            while not hasty.closed:
                transport.sendall(hasty.data_to_send())
                hasty.receive(transport.recv(65536))
                if hasty.established:
                    hasty.close()
            transport.sendall(hasty.data_to_send())
            server_thread_ends(reports)

    assert reports == [(HandshakeCompleted(resumed=True, ticket=False, server_name="localhost"), None)]


def test_nothing_that_listens_is_a_refused_connection(client):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    with pytest.raises(ConnectionRefusedError):
        connect("127.0.0.1", port, client)


def test_a_peer_that_says_nothing_is_cut_off_by_the_time_out(client):
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError):
        connect(*silent.getsockname(), client, timeout=0.2)


def test_a_peer_that_trickles_is_cut_off_as_well(client):
    def trickle():
        with listener.accept()[0] as peer, suppress(OSError):
            peer.sendall(bytes((22, 3, 3, 64, 0)))
            while True:
                peer.sendall(b"\x02")
                pause.wait(0.05)

    pause = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=trickle)
        thread.start()
        with pytest.raises(TimeoutError):
            connect(*listener.getsockname(), client, timeout=0.3)
        thread.join(5)

    assert not thread.is_alive()


@pytest.mark.parametrize("answer", [b"220 mail.example ESMTP\r\n", b""])
def test_a_peer_that_speaks_no_tls_is_an_error(answer, client):
    def speak():
        with listener.accept()[0] as peer:
            peer.recv(4096)
            peer.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=speak)
        thread.start()
        with pytest.raises((ProtocolError, ConnectionError)):
            connect(*listener.getsockname(), client)
        thread.join()


def test_a_server_answers_plain_http_by_an_alert(config):
    with Server(listen(), config) as server, socket.create_connection(server.address) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        answer = plain.recv(100)

    assert answer == bytes((21, 3, 3, 0, 2, 2, AlertDescription.UNEXPECTED_MESSAGE))


def test_python_ssl_resumes_at_our_server(config, own_credentials):
    context = ssl.create_default_context(cadata=own_credentials.chain_pem().decode())
    session, reused = None, []
    with Server(listen(), config) as server:
        for _ in range(2):
            with (
                socket.create_connection(server.address) as raw,
                context.wrap_socket(raw, server_hostname="localhost", session=session) as theirs,
            ):
                theirs.sendall(b"hello")
                assert theirs.recv(10) == b"hello"
                session = theirs.session
                reused.append(theirs.session_reused)

    assert reused == [False, True]


def test_serve_ends_when_its_listener_is_closed(config, client):
    listener = listen()
    thread = threading.Thread(target=swallow, args=(serve, listener, config))
    thread.start()
    assert greet(*listener.getsockname(), client)[1] == b"hello"

    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)

    assert not thread.is_alive()


def swallow(function, *arguments):
    try:
        function(*arguments)
    except OSError:
        return


def test_closing_a_server_cuts_open_connections_off(config, client):
    with Server(listen(), config) as server:
        tls = connect(*server.address, client)
    try:
        assert tls.recv() == b""
    except ConnectionError as error:
        assert not isinstance(error, PeerAlert)
    tls.close()


def test_a_port_in_use_is_an_os_error():
    with listen() as listener, pytest.raises(OSError):
        listen(*listener.getsockname())


def test_a_connected_socket_tells_what_the_standard_librarys_tells(own_credentials, config, client):
    speaks = {"protocols": ("echo",)}
    with (
        Server(listen(), replace(config, **speaks)) as server,
        connect(*server.address, replace(client, **speaks)) as tls,
    ):
        assert tls.version() == "TLSv1.2"
        assert tls.cipher() == ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLSv1.2", 128)
        assert tls.getpeercert() == own_credentials.chain[0]
        assert tls.selected_alpn_protocol() == "echo"
        assert tls.fileno() == tls.transport.fileno()
        tls.settimeout(7.0)
        assert tls.transport.gettimeout() == 7.0


def test_reading_gives_no_more_than_was_asked_for_and_loses_nothing(config, client):
    with Server(listen(), config) as server, connect(*server.address, client) as tls:
        tls.sendall(b"0123456789")
        assert [tls.recv(4), tls.recv(4), tls.recv(4)] == [b"0123", b"4567", b"89"]
        with pytest.raises(ValueError, match="less than 1"):
            tls.recv(0)
