"""HAProxy as a server: its ticket keys are lines of a file, of which the last but one seals."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from rfc5077.properties.matrix.dialogue import GREETING, Word, open_connection
from rfc5077.properties.matrix.papers import Identity, Papers
from rfc5077.properties.matrix.process import PATIENCE, Child, program, version_of
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.io import TLSSocket

NAME = "haproxy"
PACKAGE = "haproxy"

CONFIGURATION = """\
global
  nbthread 1
  tune.ssl.cachesize 0
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

    def __init__(self, port: int) -> None:
        self._port = port
        self._answer = b""

    def connect(self, config: ClientConfig) -> TLSSocket:
        """A connection to it."""
        return open_connection(("127.0.0.1", self._port), config)

    def talk(self, tls: TLSSocket) -> bytes:
        """A request with a greeting; the body of the answer."""
        tls.send(b"GET / HTTP/1.0\r\nGreeting: " + GREETING.strip() + b"\r\n\r\n")
        answer = b""
        while more := tls.recv():
            answer += more
        self._answer = answer.partition(b"\r\n\r\n")[2]
        return self._answer

    def word(self) -> Word:
        """What its last answer said."""
        reused, client, greeting = self._answer.decode("ascii").split(" ", 2)
        return Word({"1": True, "0": False}[reused], greeting.encode(), client.lower() or None)


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
        text = CONFIGURATION.format(number=number, both=both, choices=choices)
        (folder / "haproxy.cfg").write_text(text, encoding="utf-8")
        child = Child(path, "-db", "-f", str(folder / "haproxy.cfg"), pass_fds=(number,))
    with child, socket.create_connection(("127.0.0.1", port), PATIENCE):
        yield Server(port)
