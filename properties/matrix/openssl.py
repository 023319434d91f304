"""`openssl s_server` and `openssl s_client`, whose pages of text say what happened."""

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from rfc5077.properties.matrix.dialogue import GREETING, Word, open_connection, receive_all
from rfc5077.properties.matrix.papers import Identity, Papers, fingerprint
from rfc5077.properties.matrix.process import Child, program, version_of
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.tls_socket import TLSSocket

NAME = "openssl"
PACKAGE = "openssl"
MISTRUST = "certificate verify failed"
"""Its word for a certificate that it does not trust."""

ANSWER = b"hello from s_server\n"
LINE = GREETING.decode().strip()
DECIDED = r"^(New|Reused), (?:TLSv1\.[02]|SSLv3), Cipher is"
"""How s_client says which handshake it was; the version is the one that brought the cipher suite."""

FAILED = r":error:"


def version() -> str:
    """Of the program and its library."""
    return version_of("openssl", PACKAGE, "version").removeprefix("OpenSSL ")


class Server:
    """A running s_server. It hands what comes to us, and sends what we type."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._address = ("127.0.0.1", int(child.line(r"^ACCEPT 127\.0\.0\.1:(\d+)")[1]))
        self._heard = b""
        self._read = len(child.said)

    def connect(self, config: ClientConfig) -> TLSSocket:
        """A connection to it."""
        return open_connection(self._address, config)

    def talk(self, tls: TLSSocket) -> bytes:
        """A greeting, which it prints, and an answer, which is typed into it."""
        tls.send(GREETING)
        self._heard = self._child.line(f"^{LINE}$").string.encode() + b"\n"
        self._child.say(ANSWER.decode().strip())
        return receive_all(tls, len(ANSWER))

    def word(self) -> Word:
        """Read from what it said since the last time."""
        last = self._child.line(f"^DONE$|{FAILED}").string
        said, heard = self._child.said[self._read :], self._heard
        self._read, self._heard = len(self._child.said), b""
        if last != "DONE":
            return Word(None, heard, error=last)
        return Word("Reused session-id" in said, heard, _client(said))


def _client(said: list[str]) -> str | None:
    """Fingerprint of the client's certificate, if s_server printed one."""
    if "Client certificate" not in said:
        return None
    begin, end = (said.index(f"-----{word} CERTIFICATE-----") for word in ("BEGIN", "END"))
    return fingerprint(base64.b64decode("".join(said[begin + 1 : end])))


@contextmanager
def server(
    papers: Papers, identity: Identity, *, tickets: bool = True, client_auth: bool = False
) -> Iterator[Server]:
    """A server; `client_auth` demands a client certificate."""
    command = [program("openssl", PACKAGE), "s_server", "-accept", "127.0.0.1:0", "-tls1_2"]
    command += ["-cert", identity.certificate, "-key", identity.key]
    command += [] if tickets else ["-no_ticket"]
    command += ["-Verify", "1", "-verify_return_error", "-CAfile", papers.roots] if client_auth else []
    with Child(*command) as child:
        yield Server(child)


def client(
    papers: Papers, address: tuple[str, int], count: int, *, identity: Identity, roots: str | None = None,
    tickets: bool = True, own: Identity | None = None, names: Sequence[str] = (),
) -> list[Word]:  # fmt: skip
    """Connections one after the other, each by a new s_client that gets the session of the one before in a file."""
    session = Path(mkdtemp(prefix="s_client_", dir=papers.folder), "session.pem")
    words = []
    for number in range(count):
        name = names[min(number, len(names) - 1)] if names else "localhost"
        command = _client_command(papers, address, roots, tickets, own, name)
        resume = ["-sess_in", str(session)] if session.exists() else []
        with Child(*command, *resume, "-sess_out", str(session)) as child:
            words.append(_converse(child))
    return words


def renewed(
    papers: Papers, address: tuple[str, int], count: int, *, identity: Identity, roots: str | None = None,
    own: Identity | None = None, names: Sequence[str] = (),
) -> list[Word]:  # fmt: skip
    """Six connections by one process, which goes on with renewed tickets (it does not write these into a file)."""
    name = names[0] if names else "localhost"
    with Child(*_client_command(papers, address, roots, True, own, name), "-reconnect") as child:
        words = [Word(child.line(DECIDED)[1] == "Reused") for _ in range(6)]
        child.finish()
    return words[:count]


def _client_command(
    papers: Papers, address: tuple[str, int], roots: str | None, tickets: bool, own: Identity | None,
    name: str = "localhost",
) -> list[str]:
    command = [program("openssl", PACKAGE), "s_client", "-connect", f"{address[0]}:{address[1]}", "-tls1_2"]
    command += ["-CAfile", roots or papers.roots, "-no-CApath", "-no-CAstore", "-verify_return_error"]
    command += ["-servername", name, "-verify_hostname", name]
    command += [] if tickets else ["-no_ticket"]
    command += [] if own is None else ["-cert", own.certificate, "-key", own.key]
    return command


def _converse(child: Child) -> Word:
    """Says the greeting and waits for its echo, if the handshake comes to an end."""
    outcome = child.line(f"{DECIDED}|{FAILED}")
    if outcome[1] is None:
        child.finish()
        return Word(None, error=outcome.string)
    child.say(LINE)
    heard = child.line(f"^{LINE}$").string.encode() + b"\n"
    child.finish()
    return Word(outcome[1] == "Reused", heard)
