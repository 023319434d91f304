"""Programs of our own that drive a library: one protocol for all of them, whatever they are written in.

A server is run as ``PROGRAM CERTIFICATE KEY [--client-roots FILE] [--no-tickets]``. It chooses a port of 127.0.0.1,
echoes, and says one JSON object a line: first its ``port``, then the end of each connection. Where its library lets
it, it takes the lines ``rotate`` (a new ticket key seals, the one before still opens) and ``retire`` (only the newest
key is left) and answers each by one JSON object with ``keys``. It ends with its input at the latest.

A client is run as ``PROGRAM PORT COUNT GREETING --roots FILE --fingerprint HEX [--certificate FILE --key FILE]
[--names NAME,NAME,…] [--no-tickets]``. It makes so many connections one after the other, each with the session of the
one before, greets, waits for the echo, and says one JSON object a line for each.

Such an object has ``resumed`` (null if the handshake came to no end), ``heard``, ``client`` (SHA-1, hex) or
``certificate`` (DER, hex) of a client that showed one, and ``error``.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

from rfc5077.properties.matrix.dialogue import GREETING, ForeignServer, Word, open_connection, receive_all
from rfc5077.properties.matrix.papers import Identity, Papers, fingerprint
from rfc5077.properties.matrix.process import Child, PeerError
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.tls_socket import TLSSocket

PROGRAMS = Path(__file__).parent / "programs"


class Report(TypedDict, total=False):
    """What a program says of a connection, or of itself."""

    port: int
    keys: bool
    resumed: bool | None
    heard: str
    client: str | None
    certificate: str | None
    error: str | None


class ScriptedServer:
    """A server that announces its port and reports every connection."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._address = ("127.0.0.1", self._next()["port"])

    def connect(self, config: ClientConfig) -> TLSSocket:
        """A connection to it."""
        return open_connection(self._address, config)

    def talk(self, tls: TLSSocket) -> bytes:
        """A greeting, and its echo."""
        tls.send(GREETING)
        return receive_all(tls, len(GREETING))

    def word(self) -> Word:
        """The report of the connection that has just ended."""
        return _word(self._next())

    def rotate(self) -> None:
        """A new ticket key seals."""
        self._tell("rotate")

    def retire(self) -> None:
        """Older ticket keys are gone."""
        self._tell("retire")

    def _tell(self, command: str) -> None:
        self._child.say(command)
        if "keys" not in self._next():
            raise PeerError(f"it does not know the command {command}")

    def _next(self) -> Report:
        report: Report = json.loads(self._child.line(r"^\{").string)
        return report


def python(script: str) -> tuple[str, ...]:
    """The command that runs a script of `programs/` by this interpreter."""
    return (sys.executable, str(PROGRAMS / script))


@contextmanager
def run_server(
    command: Sequence[str], identity: Identity, *choices: str, environment: dict[str, str] | None = None
) -> Iterator[ForeignServer]:
    """Runs a server; `choices` are further arguments."""
    with Child(*command, identity.certificate, identity.key, *choices, environment=environment) as child:
        yield ScriptedServer(child)


def run_client(
    command: Sequence[str], port: int, count: int, *choices: str, environment: dict[str, str] | None = None
) -> list[Word]:
    """Has a client make `count` connections; what it says of each."""
    with Child(*command, str(port), str(count), GREETING.decode(), *choices, environment=environment) as child:
        words = [_word(json.loads(line)) for line in child.finish() if line.startswith("{")]
    if len(words) != count:
        raise PeerError(f"it made {len(words)} of {count} connections: {' '.join(child.said[-5:])}")
    return words


def server_choices(papers: Papers, tickets: bool, client_auth: bool) -> list[str]:
    """The arguments that say how a server is to behave."""
    return [*(() if tickets else ("--no-tickets",)), *(("--client-roots", papers.roots) if client_auth else ())]


def client_choices(
    papers: Papers, identity: Identity, roots: str | None, tickets: bool, own: Identity | None, names: Sequence[str]
) -> list[str]:
    """The arguments that say how a client is to behave."""
    choices = ["--roots", roots or papers.roots, "--fingerprint", identity.fingerprint]
    choices += [] if tickets else ["--no-tickets"]
    choices += [] if own is None else ["--certificate", own.certificate, "--key", own.key]
    return choices + (["--names", ",".join(names)] if names else [])


def _word(report: Report) -> Word:
    shown = report.get("certificate")
    client = fingerprint(bytes.fromhex(shown)) if shown else report.get("client")
    return Word(report.get("resumed"), report.get("heard", "").encode(), client, report.get("error"))
