"""The stacks that are Python libraries: each role is a script in `programs/`, run by this interpreter as a process."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peers.dialogue import GREETING, ForeignServer, Word, open_connection, receive_all
from peers.papers import Identity
from peers.process import Child

from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.io import TLSSocket

PROGRAMS = Path(__file__).parent / "programs"


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

    def _next(self) -> dict:
        return json.loads(self._child.line(r"^\{").string)


@contextmanager
def run_server(script: str, identity: Identity, *choices: str) -> Iterator[ForeignServer]:
    """Runs a server; `choices` are further arguments of the script."""
    command = (sys.executable, str(PROGRAMS / script), identity.certificate, identity.key, *choices)
    with Child(*command) as child:
        yield ScriptedServer(child)


def run_client(script: str, port: int, count: int, *choices: str) -> list[Word]:
    """Has a client make `count` connections; what it says of each."""
    command = (sys.executable, str(PROGRAMS / script), str(port), str(count), GREETING.decode(), *choices)
    with Child(*command) as child:
        words = [_word(json.loads(line)) for line in child.finish() if line.startswith("{")]
    assert len(words) == count, child.said
    return words


def _word(report: dict) -> Word:
    heard = report.get("heard", "").encode()
    return Word(report["resumed"], heard, report.get("client"), report.get("error"))
