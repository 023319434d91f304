"""tlslite-ng, in both roles. It checks no chains: its client is told the fingerprint of the server's certificate."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib import metadata

from rfc5077.properties.matrix.dialogue import ForeignServer, Word
from rfc5077.properties.matrix.papers import Identity, Papers, fingerprint
from rfc5077.properties.matrix.process import NotInstalled
from rfc5077.properties.matrix.scripted import client_choices, python, run_client, run_server, server_choices

NAME = "tlslite-ng"
MISTRUST = "TLSFingerprintError"
"""Its word for a certificate that it does not trust."""


def version() -> str:
    """Of the distribution. Raises NotInstalled."""
    try:
        return metadata.version("tlslite-ng")
    except metadata.PackageNotFoundError:
        raise NotInstalled("tlslite-ng is missing: install the Python package tlslite-ng") from None


def server(
    papers: Papers, identity: Identity, *, tickets: bool = True, client_auth: bool = False
) -> AbstractContextManager[ForeignServer]:
    """A server without a session cache; `client_auth` asks for a client certificate."""
    return run_server(python("tlslite_server.py"), identity, *server_choices(papers, tickets, client_auth))


def client(
    papers: Papers, address: tuple[str, int], count: int, *, identity: Identity, roots: str | None = None,
    own: Identity | None = None, names: Sequence[str] = (),
) -> list[Word]:  # fmt: skip
    """Connections of one client; with other roots than ours it expects a certificate that nobody shows."""
    choices = client_choices(papers, identity, None, True, own, names)
    if roots not in (None, papers.roots):
        choices[choices.index(identity.fingerprint)] = fingerprint(b"nobody's")
    return run_client(python("tlslite_client.py"), address[1], count, *choices)


renewed = client
"""The same where a ticket is renewed on the way."""
