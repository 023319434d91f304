"""HAProxy as a server: its ticket keys are lines of a file, of which the last but one seals."""

import base64
import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import mkdtemp

from rfc5077.properties.matrix.dialogue import Word, open_connection, page
from rfc5077.properties.matrix.papers import Identity, Papers
from rfc5077.properties.matrix.process import PATIENCE, Child, PeerError, program, version_of
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.tls_socket import TLSSocket

NAME = "haproxy"
PACKAGE = "haproxy"

CONFIGURATION = """\
global
  nbthread 1
  tune.ssl.cachesize 0
  stats socket {folder}/control level admin
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend f
  bind fd@{number} ssl crt {both} ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.2 {choices}
  http-request return status 200 content-type text/plain lf-string \
"%[ssl_fc_is_resumed] %[ssl_c_sha1,hex] %[req.hdr(greeting)]\\n"
"""


def version() -> str:
    """Of the program."""
    return version_of("haproxy", PACKAGE, "-v").partition("version ")[2].partition(" ")[0]


class Server:
    """A running HAProxy. It answers a request by its view of the connection and the greeting in the request."""

    def __init__(self, port: int, folder: Path, keys: Path | None) -> None:
        self._port = port
        self._folder = folder
        self._keys = keys
        self._answer = b""

    def connect(self, config: ClientConfig) -> TLSSocket:
        """A connection to it."""
        return open_connection(("127.0.0.1", self._port), config)

    def talk(self, tls: TLSSocket) -> bytes:
        """A request with a greeting; the body of the answer."""
        self._answer = page(tls)
        return self._answer

    def word(self) -> Word:
        """What its last answer said."""
        reused, client, greeting = self._answer.decode("ascii").split(" ", 2)
        return Word({"1": True, "0": False}[reused], greeting.encode(), client.lower() or None)


    def rotate(self) -> None:
        """A further key seals; of the two before, the one that sealed still opens."""
        key = base64.b64encode(os.urandom(80)).decode("ascii")
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(PATIENCE)
            control.connect(str(self._folder / "control"))
            control.sendall(f"set ssl tls-key {self._keys} {key}\n".encode("ascii"))
            answer = control.recv(4096)
        if b"updated" not in answer:
            raise PeerError(f"it did not take a key: {answer.decode('ascii', 'replace').strip()}")

    def retire(self) -> None:
        """The key that sealed before the last rotation is pushed out by another."""
        self.rotate()


@contextmanager
def server(
    papers: Papers, identity: Identity, *, tickets: bool = True, client_auth: bool = False, keys: Path | None = None
) -> Iterator[Server]:
    """A server without a session cache; `client_auth` demands a client certificate, `keys` is a file of its lines.

    It takes over a socket that listens already, so the system chooses the port and nobody has to wait for it.
    """
    path = program("haproxy", PACKAGE)
    folder = Path(mkdtemp(prefix="haproxy_", dir=papers.folder))
    both = folder / "both.pem"
    both.write_text(Path(identity.certificate).read_text() + Path(identity.key).read_text(), encoding="ascii")
    choices = "" if tickets else "no-tls-tickets"
    choices += f" ca-file {papers.roots} verify required" if client_auth else ""
    choices += f" tls-ticket-keys {keys}" if keys else ""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, number = listener.getsockname()[1], listener.fileno()
        text = CONFIGURATION.format(folder=folder, number=number, both=both, choices=choices)
        (folder / "haproxy.cfg").write_text(text, encoding="utf-8")
        child = Child(path, "-db", "-f", str(folder / "haproxy.cfg"), pass_fds=(number,))
    with child, socket.create_connection(("127.0.0.1", port), PATIENCE):
        yield Server(port, folder, keys)


def rotating(
    papers: Papers, identity: Identity, *, client_auth: bool = False
) -> AbstractContextManager[Server]:
    """A server with a file of keys, which can be replaced while it runs."""
    keys = Path(mkdtemp(prefix="haproxy_keys_", dir=papers.folder), "keys")
    keys.write_bytes(b"".join(base64.b64encode(os.urandom(80)) + b"\n" for _ in range(3)))
    return server(papers, identity, client_auth=client_auth, keys=keys)
