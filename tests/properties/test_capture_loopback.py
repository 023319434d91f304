"""Conversations over loopback TCP, noted by a pass-through and written as captures: OpenSSL at one end or both."""

import contextlib
import selectors
import socket
import ssl
import threading

import pytest
from captures import judged, recorded, segments

from rfc5077.properties.adapters.identity import identity
from rfc5077.properties.bench.crowd import running
from rfc5077.properties.capture.verdict import judge_capture
from rfc5077.properties.capture.write import spaced, write_capture

PATIENCE = 20


class PassThrough:
    """Hands every connection on to a port, and notes what passes as steps."""

    def __init__(self, target):
        self.steps, self.count, self.target = [], 0, target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):  # the listener is closed
            while True:
                client, _ = self.listener.accept()
                self.count += 1
                with client, socket.create_connection(("127.0.0.1", self.target)) as server:
                    self.carry({client: ("client", server), server: ("server", client)})

    def carry(self, ways):
        with selectors.DefaultSelector() as selector:
            for way in ways:
                selector.register(way, selectors.EVENT_READ)
            while selector.get_map():
                for ready, _ in selector.select(PATIENCE):
                    name, sink = ways[ready.fileobj]
                    try:
                        octets = ready.fileobj.recv(65536)
                    except ConnectionResetError:
                        octets = b""
                    self.steps.append((self.count, name, octets))
                    with contextlib.suppress(OSError):
                        sink.sendall(octets) if octets else sink.shutdown(socket.SHUT_WR)
                    if not octets:
                        selector.unregister(ready.fileobj)


@pytest.fixture
def pem(tmp_path):
    path = tmp_path / "identity.pem"
    path.write_bytes(identity().key_pem() + identity().chain_pem())
    return path


@contextlib.contextmanager
def openssl_in_python(pem):
    """Python's ssl as a server that echoes; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(pem)

    def serve(listener):
        with contextlib.suppress(OSError):
            while True:
                raw, _ = listener.accept()
                with context.wrap_socket(raw, server_side=True) as tls:
                    tls.sendall(tls.recv(100))
                    tls.unwrap()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


@contextlib.contextmanager
def s_server(pem):
    """`openssl s_server` that sends back lines; its port."""
    command = ("openssl", "s_server", "-rev", "-quiet", "-tls1_2", "-cert", str(pem), "-key", str(pem))
    with running(lambda port: (*command, "-accept", f"127.0.0.1:{port}")) as (_, port, _):
        yield port


def call(port, count=3):
    """Python's ssl as a client: connects so often, with the session that it got; says which were resumed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    session, resumed = None, []
    for _ in range(count):
        raw = socket.create_connection(("127.0.0.1", port), PATIENCE)
        with context.wrap_socket(raw, session=session) as tls:
            tls.sendall(b"hello\n")
            assert tls.recv(100)
            session = tls.session
            resumed.append(tls.session_reused)
            with contextlib.suppress(OSError):
                tls.unwrap()
    return resumed


SERVERS = [openssl_in_python, pytest.param(s_server, marks=pytest.mark.peer)]


@pytest.mark.parametrize("serving", SERVERS)
@pytest.mark.parametrize(("version", "name"), [(4, "it.pcap"), (6, "it.pcapng")])
def test_a_conversation_over_loopback_is_judged_alike_recorded_and_captured(tmp_path, pem, serving, version, name):
    with serving(pem) as port:
        between = PassThrough(port)
        resumed = call(between.port)
        between.listener.close()
    assert resumed == [False, True, True]
    steps = list(between.steps)
    write_capture(tmp_path / name, spaced(segments(steps, version, longest=700)))
    verdict = judge_capture(tmp_path / name, complete=True)
    assert judged(verdict) == recorded(steps) == ("conformant", [])
    assert [connection.judged.connection for connection in verdict.connections] == [1, 2, 3]
