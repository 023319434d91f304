"""`gnutls-serv` and `gnutls-cli`. The server listens on all interfaces, so it gets a network of its own."""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rfc5077.properties.matrix.dialogue import GREETING, Word, receive_all
from rfc5077.properties.matrix.papers import Identity, Papers
from rfc5077.properties.matrix.process import PATIENCE, Child, program, version_of
from rfc5077.properties.matrix.scripted import PROGRAMS
from rfc5077.reference.connection import ClientConnection
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.io import system_clock
from rfc5077.reference.keys.exchange import system_entropy
from rfc5077.reference.tls_socket import TLSSocket

NAME = "gnutls"
PACKAGE = "gnutls-bin"
MISTRUST = "certificate issuer is unknown"
"""Its word for a certificate that it does not trust."""

TLS_1_2 = "NORMAL:-VERS-ALL:+VERS-TLS1.2"
PORT = "4433"
"""Of the server, where nobody else can be."""

LINE = GREETING.decode().strip()
RESUMED = "*** This is a resumed session"


def version() -> str:
    """Of the programs."""
    return version_of("gnutls-cli", PACKAGE, "--version").removeprefix("gnutls-cli ")


class Server:
    """A running gnutls-serv that echoes, and the way into its network."""

    def __init__(self, child: Child, channel: socket.socket) -> None:
        self._child = child
        self._channel = channel
        self._child.line(r"listening on IPv4 .*done")
        self._read = len(child.said)

    def connect(self, config: ClientConfig) -> TLSSocket:
        """A connection to it."""
        self._channel.sendall(b".")
        _, (number,), _, _ = socket.recv_fds(self._channel, 1, 1)
        transport = socket.socket(fileno=number)
        transport.settimeout(PATIENCE)
        tls = TLSSocket(transport, ClientConnection(config, system_clock, system_entropy))
        try:
            tls.handshake()
        except BaseException:
            transport.close()
            raise
        return tls

    def talk(self, tls: TLSSocket) -> bytes:
        """A greeting, and its echo."""
        tls.send(GREETING)
        return receive_all(tls, len(GREETING))

    def word(self) -> Word:
        """Read from what it said since the last time; it says what was heard last."""
        heard = self._child.line(r"^received cmd: (.*)")[1].encode() + b"\n"
        said = self._child.said[self._read :]
        self._read = len(self._child.said)
        return Word(RESUMED in said, heard)


@contextmanager
def server(papers: Papers, identity: Identity, *, tickets: bool = True) -> Iterator[Server]:
    """A server with a session cache."""
    here, there = socket.socketpair()
    command = [program("unshare", "util-linux"), "--map-root-user", "--net"]
    command += [sys.executable, str(PROGRAMS / "own_network.py"), str(there.fileno()), PORT]
    command += [program("gnutls-serv", PACKAGE), "--port", PORT, "--priority", TLS_1_2, "--echo"]
    command += ["--x509certfile", identity.certificate, "--x509keyfile", identity.key, "--disable-client-cert"]
    command += [] if tickets else ["--noticket"]
    with here:
        here.settimeout(PATIENCE)
        with there:
            child = Child(*command, pass_fds=(there.fileno(),))
        with child:
            yield Server(child, here)


def client(
    papers: Papers, address: tuple[str, int], count: int, *, identity: Identity, roots: str | None = None,
    tickets: bool = True, own: Identity | None = None,
) -> list[Word]:  # fmt: skip
    """One connection or two by one process, which greets over the last."""
    priority = TLS_1_2 if tickets else f"{TLS_1_2}:%NO_TICKETS"  # its option --noticket does not keep it from offering
    command = [program("gnutls-cli", PACKAGE), "--port", str(address[1]), "--priority", priority]
    command += ["--x509cafile", roots or papers.roots, "--sni-hostname", "localhost", "--verify-hostname", "localhost"]
    command += [] if own is None else ["--x509certfile", own.certificate, "--x509keyfile", own.key]
    command += ["--resume"] * (count - 1)
    with Child(*command, address[0]) as child:
        outcome = child.line(r"Simple Client Mode|\*\*\* Fatal error|\*\*\* PKI verification|Status: .*NOT trusted")
        if "Simple" not in outcome.string:
            return [Word(None, error=" ".join(child.finish()))]
        child.say(LINE)
        heard = child.line(f"^{LINE}$").string.encode() + b"\n"
        said = child.finish()
    reconnecting = next((at for at, line in enumerate(said) if "Connecting again" in line), 0)
    second = [Word(RESUMED in said[reconnecting:], heard)]
    return second if count == 1 else [Word(RESUMED in said[:reconnecting]), *second]
