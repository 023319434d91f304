# ruff: noqa: E501  (a scene is a row of a table)
"""Records foreign stacks talking to each other over loopback TCP: `python tests/traces/record.py [NAME…]`.

Refreshes the recordings beside this file; no test runs it.  Needs Python's ssl, tlslite-ng, `go`, `java` and GnuTLS.
A pass-through reads every octet before it hands it on, so the order of the events is the order of cause and effect.
"""

from __future__ import annotations

import contextlib
import platform
import selectors
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tlslite.api import HandshakeSettings, TLSConnection, TLSLocalAlert, X509CertChain, parsePEMKey

from rfc5077.properties.trace.observe import Observer
from rfc5077.properties.trace.recorded import Header, RecordedEvent
from rfc5077.properties.trace.recordings import Recording, write_recording

HERE = Path(__file__).parent
OPENSSL = f"{ssl.OPENSSL_VERSION.rsplit(' ', 3)[0]} (Python {platform.python_version()} ssl)"
TLSLITE = "tlslite-ng 0.8.2"
FOLDER = Path(tempfile.mkdtemp())
CERT, KEY, BOTH, CLIENT_CERT, CLIENT_KEY, STORE, KEYLOG = (
    str(FOLDER / name) for name in ("cert.pem", "key.pem", "both.p12", "ccert.pem", "ckey.pem", "store.p12", "keys.log")
)


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def credentials() -> None:
    for cert, key, name in ((CERT, KEY, "localhost"), (CLIENT_CERT, CLIENT_KEY, "client")):
        run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        run("openssl", "req", "-x509", "-new", "-key", key, "-days", "3650", "-subj", f"/CN={name}", "-addext",
            f"subjectAltName=DNS:{name}", "-addext", "basicConstraints=critical,CA:FALSE", "-out", cert)  # fmt: skip
    run("openssl", "pkcs12", "-export", "-in", CERT, "-inkey", KEY, "-name", "k", "-passout", "pass:changeit", "-out", STORE)


def go_version() -> str:
    return "Go " + run("go", "version").split()[2].removeprefix("go") + " crypto/tls"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


# --- the pass-through -------------------------------------------------------------------------------------------------


def secret(random: bytes) -> bytes | None:
    """The master secret that an endpoint has written down for this client random.

    Not every endpoint writes it down once more when it resumes; then it is that of the session, the latest written.
    """
    path = Path(KEYLOG)
    lines = [line.split() for line in path.read_text().splitlines()] if path.exists() else []
    found = {words[1]: words[2] for words in lines if len(words) == 3 and words[0] == "CLIENT_RANDOM"}
    latest = lines[-1][2] if found else None
    chosen = found.get(random.hex(), latest)
    return None if chosen is None else bytes.fromhex(chosen)


class PassThrough:
    """Listens, hands every connection on, and notes what passes."""

    def __init__(self, target: int) -> None:
        self.events: list[RecordedEvent] = []
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.count = 0
        self.start = time.monotonic()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            client, _ = self.listener.accept()
            self.count += 1
            self.carry(client, socket.create_connection(("127.0.0.1", self.target)))

    def carry(self, client: socket.socket, server: socket.socket) -> None:
        observer = Observer(self.count, secret)
        ways = {client: ("client", server), server: ("server", client)}
        with selectors.DefaultSelector() as selector, client, server:
            for way in ways:
                selector.register(way, selectors.EVENT_READ)
            while selector.get_map():
                for ready, _ in selector.select():
                    source = ready.fileobj
                    name, sink = ways[source]
                    try:
                        data = source.recv(65536)
                    except ConnectionResetError:
                        data = b""
                    now = round(time.monotonic() - self.start, 6)
                    if data:
                        self.events += observer.octets(name, data, now)
                        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                            sink.sendall(data)
                    else:
                        self.events += observer.closed(name, now)
                        selector.unregister(source)
                        with contextlib.suppress(OSError):
                            sink.shutdown(socket.SHUT_WR)


# --- endpoints --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def program(*command: str, port: int, ready: str | None = None) -> Iterator[int]:
    """A server in a process of its own."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        if ready is not None:
            while ready not in process.stdout.readline():
                if process.poll() is not None:
                    raise RuntimeError(f"{command} did not start")
        else:
            time.sleep(0.5)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def threaded(serve_one: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server in a thread: one connection after the other."""
    listener = socket.create_server(("127.0.0.1", 0))

    def loop() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(ssl.SSLError):  # a client may give up
                serve_one(connection)

    threading.Thread(target=loop, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def python_server(*contexts: ssl.SSLContext) -> Callable[[socket.socket], None]:
    """Python's ssl; the last context serves whatever comes after the others had one connection each."""
    waiting = list(contexts)

    def serve_one(raw: socket.socket) -> None:
        context = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        with context.wrap_socket(raw, server_side=True) as tls:
            while data := tls.recv(4096):
                tls.sendall(data)
            tls.unwrap()

    return serve_one


def server_context(tickets: bool = True, ask: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(CERT, KEY)
    context.keylog_filename = KEYLOG
    if not tickets:
        context.options |= ssl.OP_NO_TICKET
    if ask:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(CLIENT_CERT)
    return context


def python_client(port: int, count: int, tickets: bool = True, certificate: bool = False, suites: str | None = None,
                  newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> None:  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = newest
    context.load_verify_locations(CERT)
    context.keylog_filename = KEYLOG
    if suites:
        context.set_ciphers(suites)
    if not tickets:
        context.options |= ssl.OP_NO_TICKET
    if certificate:
        context.load_cert_chain(CLIENT_CERT, CLIENT_KEY)
    session = None
    for _ in range(count):
        raw = socket.create_connection(("127.0.0.1", port))
        with context.wrap_socket(raw, server_hostname="localhost", session=session) as tls:
            tls.sendall(b"hello")
            tls.recv(5)
            session = tls.session
            tls.unwrap()
        time.sleep(0.1)


def tlslite_server() -> Callable[[socket.socket], None]:
    chain, key = X509CertChain(), parsePEMKey(Path(KEY).read_text(), private=True)
    chain.parsePemList(Path(CERT).read_text())
    settings = HandshakeSettings()
    settings.maxVersion = (3, 3)
    settings.ticketKeys = [bytearray(range(32))]

    def serve_one(raw: socket.socket) -> None:
        tls = TLSConnection(raw)
        tls.handshakeServer(certChain=chain, privateKey=key, settings=settings)
        while data := tls.read(max=4096):
            tls.write(data)
        tls.close()

    return serve_one


def tlslite_client(port: int, count: int) -> None:
    settings = HandshakeSettings()
    settings.maxVersion = (3, 3)
    session = None
    for _ in range(count):
        tls = TLSConnection(socket.create_connection(("127.0.0.1", port)))
        tls.handshakeClientCert(serverName="localhost", session=session, settings=settings)
        tls.write(b"hello")
        tls.read(min=5, max=5)
        session = tls.session
        tls.close()
        time.sleep(0.1)


def go_peer() -> str:
    built = str(FOLDER / "peer")
    run("go", "build", "-o", built, str(HERE / "peer.go"))
    return built


@contextlib.contextmanager
def go_server(ask: str = "none") -> Iterator[int]:
    port = free_port()
    with program(go_peer(), "server", f"127.0.0.1:{port}", CERT, KEY, ask, KEYLOG, port=port, ready="ready") as found:
        yield found


@contextlib.contextmanager
def java_server() -> Iterator[int]:
    port = free_port()
    with program("java", str(HERE / "Peer.java"), "server", str(port), STORE, port=port, ready="ready") as found:
        yield found


@contextlib.contextmanager
def gnutls_server() -> Iterator[int]:
    port = free_port()
    priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2"
    with program("gnutls-serv", "--echo", "--port", str(port), "--x509certfile", CERT, "--x509keyfile", KEY, "--priority",
                 priority, port=port) as found:  # fmt: skip
        yield found


def gnutls_client(port: int) -> None:
    """One full handshake and one that resumes."""
    subprocess.run(
        ["gnutls-cli", "--resume", "--insecure", "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2", "-p", str(port),
         "localhost"], input="hello\n", capture_output=True, text=True, check=True, timeout=20,
    )  # fmt: skip


@contextlib.contextmanager
def s_server() -> Iterator[int]:
    port = free_port()
    with program("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", CERT, "-key", KEY, "-tls1_2",
                 "-client_renegotiation", "-keylogfile", KEYLOG, port=port) as found:  # fmt: skip
        yield found


def renegotiating_client(port: int) -> None:
    """`openssl s_client`, told to renegotiate after some data."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2", "-cipher", GCM, "-keylogfile", KEYLOG]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
        for line in (b"hello\n", b"R\n", b"hello\n", b"Q\n"):
            time.sleep(0.4)
            client.stdin.write(line)
            client.stdin.flush()


# --- the recordings ---------------------------------------------------------------------------------------------------

GCM = "ECDHE-ECDSA-AES128-GCM-SHA256"
Scene = tuple[str, Callable[[], str], Callable[[], str], str, Callable[[], contextlib.AbstractContextManager[int]],
              Callable[[int], None]]  # fmt: skip


def s_version() -> str:
    return " ".join(run("openssl", "version").split()[:2])


def gnutls_version() -> str:
    return "GnuTLS " + run("gnutls-serv", "--version").split("\n")[0].split()[-1]


def java_version() -> str:
    return "JSSE " + subprocess.run(["java", "--version"], capture_output=True, text=True).stdout.split("\n")[0].split()[1]


def refusing(calling: Callable[[int], None]) -> Callable[[int], None]:
    """A client that is known to give up."""

    def call(port: int) -> None:
        with contextlib.suppress(TLSLocalAlert):
            calling(port)

    return call


SCENES: tuple[Scene, ...] = (
    ("openssl_resumes", lambda: OPENSSL, lambda: OPENSSL, "a full handshake with a ticket, then two that resume; with keys",
     lambda: threaded(python_server(server_context())), lambda port: python_client(port, 3, suites=GCM)),
    ("openssl_by_chacha", lambda: OPENSSL, lambda: OPENSSL, "the same without keys, by ECDHE-ECDSA-CHACHA20-POLY1305",
     lambda: threaded(python_server(server_context())),
     lambda port: python_client(port, 2, suites="ECDHE-ECDSA-CHACHA20-POLY1305")),
    ("openssl_other_key", lambda: OPENSSL, lambda: OPENSSL,
     "the server changes its ticket key between the connections: a full handshake with a new ticket instead; with keys",
     lambda: threaded(python_server(server_context(), server_context())), lambda port: python_client(port, 3, suites=GCM)),
    ("openssl_tickets_off_by_client", lambda: OPENSSL, lambda: OPENSSL,
     "no extension in ClientHello; the second connection resumes by session_id; with keys",
     lambda: threaded(python_server(server_context())), lambda port: python_client(port, 2, tickets=False, suites=GCM)),
    ("openssl_tickets_off_by_server", lambda: OPENSSL, lambda: OPENSSL,
     "an empty extension that the server does not answer; the second connection resumes by session_id; with keys",
     lambda: threaded(python_server(server_context(tickets=False))), lambda port: python_client(port, 2, suites=GCM)),
    ("openssl_without_client_certificate", lambda: OPENSSL, lambda: OPENSSL,
     "the server asks for a certificate, the client has none; then it resumes; with keys",
     lambda: threaded(python_server(server_context(ask=True))), lambda port: python_client(port, 2, suites=GCM)),
    ("go_renews", lambda: OPENSSL, go_version, "a full handshake with a ticket, then three that resume and renew; with keys",
     go_server, lambda port: python_client(port, 4, suites=GCM)),
    ("go_with_client_certificate", lambda: OPENSSL, go_version,
     "the server requires a certificate and gets it; then it resumes and renews; with keys",
     lambda: go_server("require"), lambda port: python_client(port, 2, certificate=True, suites=GCM)),
    ("go_client", go_version, lambda: OPENSSL, "a full handshake with a ticket, then two that resume; without keys",
     lambda: threaded(python_server(server_context())),
     lambda port: run(go_peer(), "client", f"127.0.0.1:{port}", "3", "plain")),
    ("go_damaged_ticket", go_version, lambda: OPENSSL,
     "one bit of the ticket is flipped in the client's store: a full handshake with a new ticket, which then resumes",
     lambda: threaded(python_server(server_context())),
     lambda port: run(go_peer(), "client", f"127.0.0.1:{port}", "3", "damage")),
    ("go_damaged_ticket_without_a_new_one", go_version, lambda: TLSLITE,
     "one bit of the ticket is flipped in the client's store: a full handshake without a new ticket",
     lambda: threaded(tlslite_server()),
     lambda port: run(go_peer(), "client", f"127.0.0.1:{port}", "2", "damage")),
    ("tlslite_client", lambda: TLSLITE, lambda: OPENSSL,
     "a full handshake with a ticket, then two that resume with an empty session_id; without keys",
     lambda: threaded(python_server(server_context())), lambda port: tlslite_client(port, 3)),
    ("tlslite_server", lambda: OPENSSL, lambda: TLSLITE, "a full handshake with a ticket, then one that resumes; with keys",
     lambda: threaded(tlslite_server()), lambda port: python_client(port, 2, suites=GCM)),
    ("tlslite_client_other_key", lambda: TLSLITE, lambda: OPENSSL,
     "the server changes its ticket key between the connections; the client does not go on with the full handshake",
     lambda: threaded(python_server(server_context(), server_context())), refusing(lambda port: tlslite_client(port, 2))),
    ("tlslite_client_hint_zero", lambda: TLSLITE, go_version,
     "the server hints 0; the client does not offer the ticket; without keys",
     go_server, lambda port: tlslite_client(port, 3)),
    ("gnutls", gnutls_version, gnutls_version, "a full handshake with a ticket, then one that resumes; without keys",
     gnutls_server, gnutls_client),
    ("jsse_server", lambda: OPENSSL, java_version, "a full handshake with a ticket, then two that resume and renew; with keys",
     java_server, lambda port: python_client(port, 3, suites=GCM)),
    ("jsse_server_by_tlslite", lambda: TLSLITE, java_version,
     "two connections resume and renew; the client sends the server's session_id beside its ticket; without keys",
     java_server, lambda port: tlslite_client(port, 3)),
    ("jsse_client", java_version, lambda: OPENSSL, "a full handshake with a ticket, then two that resume; without keys",
     lambda: threaded(python_server(server_context())),
     lambda port: run("java", str(HERE / "Peer.java"), "client", str(port), STORE, "3")),
    ("jsse_client_hint_zero", java_version, go_version,
     "the server hints 0; the client does not offer the ticket, but a session_id of its own; with keys",
     go_server, lambda port: run("java", str(HERE / "Peer.java"), "client", str(port), STORE, "3")),
    ("openssl_renegotiates", s_version, s_version,
     "a full handshake with a ticket, then another one under its protection; with keys", s_server, renegotiating_client),
    ("openssl_tls_1_3", lambda: OPENSSL, lambda: OPENSSL, "TLS 1.3 is negotiated, which is out of scope; without keys",
     lambda: threaded(python_server(tls_1_3_context())),
     lambda port: python_client(port, 1, newest=ssl.TLSVersion.TLSv1_3)),
)  # fmt: skip


def tls_1_3_context() -> ssl.SSLContext:
    context = server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_3
    return context


def record(scene: Scene) -> None:
    name, client, server, note, serving, calling = scene
    Path(KEYLOG).unlink(missing_ok=True)
    with serving() as port:
        between = PassThrough(port)
        calling(between.port)
        time.sleep(0.3)
    header = Header(client=client(), server=server(), complete=True, note=note)
    write_recording(HERE / f"{name}.jsonl", Recording(header, tuple(between.events)))
    print(f"{name}: {len(between.events)} events, {between.count} connections")


def main() -> None:
    credentials()
    wanted = sys.argv[1:]
    for scene in SCENES:
        if not wanted or scene[0] in wanted:
            record(scene)


if __name__ == "__main__":
    main()
