"""stunnel in both roles, between our end and a program or a socket of plain text; its log says what happened."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import mkdtemp

from rfc5077.properties.matrix.dialogue import GREETING, Word, open_connection, receive_all
from rfc5077.properties.matrix.papers import Identity, Papers
from rfc5077.properties.matrix.process import PATIENCE, Child, PeerError, program
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.tls_socket import TLSSocket

PACKAGE = "stunnel4"

CONFIGURATION = """\
foreground = yes
pid =
syslog = no
debug = info
sslVersion = TLSv1.2
socket = l:SO_REUSEADDR=1
[s]
accept = 127.0.0.1:{port}
{choices}
"""

OUTCOME = r"(?:previous session reused|new session negotiated)|(?:: error:|SSL_accept: |SSL_connect: |CERT: .*fail)"
BOUND = r"\[s\] .*bound to"
REUSED = "previous session reused"


def version() -> str:
    """Of the program."""
    command = [program("stunnel4", PACKAGE), "-version"]
    said = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    found = re.search(r"stunnel (\d\S*)", said.stderr + said.stdout)
    return "of no number" if found is None else found[1]


def _configure(folder: Path, port: int, *choices: str) -> None:
    text = CONFIGURATION.format(port=port, choices="\n".join(choices))
    (folder / "stunnel.conf").write_text(text, encoding="utf-8")


def _free_port() -> int:
    """One that nobody listens on now; stunnel takes no socket that listens already."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Server:
    """A running stunnel in front of `cat`."""

    def __init__(self, child: Child, folder: Path, port: int, choices: Sequence[str]) -> None:
        self._child = child
        self._folder = folder
        self._port = port
        self._choices = choices

    def connect(self, config: ClientConfig) -> TLSSocket:
        """A connection to it."""
        return open_connection(("127.0.0.1", self._port), config)

    def talk(self, tls: TLSSocket) -> bytes:
        """A greeting, and its echo."""
        tls.send(GREETING)
        return receive_all(tls, len(GREETING))

    def word(self) -> Word:
        """By its log; `cat` has repeated the greeting, so it has reached it."""
        line = self._child.line(OUTCOME).string
        if "session" not in line:
            return Word(None, error=line)
        return Word(REUSED in line, GREETING)

    def rotate(self) -> None:
        """Other secrets in its configuration, which it reads again."""
        _configure(self._folder, self._port, *self._choices, *_secrets())
        self._child.signal(signal.SIGHUP)
        self._child.line(BOUND)

    def retire(self) -> None:
        """It knows one key at a time."""


def _secrets() -> list[str]:
    return [f"ticketKeySecret = {os.urandom(32).hex()}", f"ticketMacSecret = {os.urandom(32).hex()}"]


@contextmanager
def server(papers: Papers, identity: Identity, *, client_auth: bool = False) -> Iterator[Server]:
    """A server; `client_auth` demands a client certificate."""
    path = program("stunnel4", PACKAGE)
    folder = Path(mkdtemp(prefix="stunnel_", dir=papers.folder))
    choices = [f"cert = {identity.certificate}", f"key = {identity.key}", "exec = /bin/cat", "execArgs = cat"]
    choices += ["options = -NO_TICKET"]
    choices += [f"CAfile = {papers.roots}", "verifyChain = yes", "requireCert = yes"] if client_auth else []
    port = _free_port()
    _configure(folder, port, *choices, *_secrets())
    with Child(path, str(folder / "stunnel.conf")) as child:
        child.line(BOUND)
        yield Server(child, folder, port, choices)


def client(
    papers: Papers, address: tuple[str, int], count: int, *, identity: Identity, roots: str | None = None,
    own: Identity | None = None, names: Sequence[str] = (),
) -> list[Word]:  # fmt: skip
    """One stunnel, which keeps its session; plain connections to it become connections to us. It knows one name."""
    path = program("stunnel4", PACKAGE)
    folder = Path(mkdtemp(prefix="stunnel_", dir=papers.folder))
    name = names[0] if names else "localhost"
    choices = ["client = yes", f"connect = {address[0]}:{address[1]}", f"CAfile = {roots or papers.roots}"]
    choices += ["verifyChain = yes", f"checkHost = {name}", f"sni = {name}", "options = -NO_TICKET"]
    choices += [] if own is None else [f"cert = {own.certificate}", f"key = {own.key}"]
    port = _free_port()
    _configure(folder, port, *choices)
    with Child(path, str(folder / "stunnel.conf")) as child:
        child.line(BOUND)
        return [_through(child, port) for _ in range(count)]


def _through(child: Child, port: int) -> Word:
    """One connection through it."""
    with closing(socket.create_connection(("127.0.0.1", port), PATIENCE)) as plain:
        plain.sendall(GREETING)
        line = child.line(OUTCOME).string
        if re.search("session (?:reused|negotiated)", line) is None:
            return Word(None, error=line)
        heard = b""
        while len(heard) < len(GREETING) and (more := plain.recv(4096)):
            heard += more
    if not heard:
        raise PeerError(f"no data came through: {' '.join(child.said[-3:])}")
    return Word(REUSED in line, heard)
