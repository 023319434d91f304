"""tlslite-ng, in both roles. It checks no chains: its client is told the fingerprint of the server's certificate."""

from contextlib import AbstractContextManager
from importlib import metadata

from peers.dialogue import ForeignServer, Word
from peers.papers import Identity, Papers, fingerprint
from peers.scripted import run_client, run_server

NAME = "tlslite-ng"
MISTRUST = "TLSFingerprintError"
"""Its word for a certificate that it does not trust."""


def version() -> str:
    """Of the distribution."""
    return metadata.version("tlslite-ng")


def server(
    papers: Papers, identity: Identity, *, tickets: bool = True, client_auth: bool = False
) -> AbstractContextManager[ForeignServer]:
    """A server without a session cache; `client_auth` asks for a client certificate."""
    choices = [] if tickets else ["--no-tickets"]
    choices += ["--client-roots", papers.roots] if client_auth else []
    return run_server("tlslite_server.py", identity, *choices)


def client(
    papers: Papers, address: tuple[str, int], count: int, *, identity: Identity, roots: str | None = None,
    own: Identity | None = None,
) -> list[Word]:  # fmt: skip
    """Connections of one client; with other roots than ours it expects a certificate that nobody shows."""
    expected = fingerprint(b"nobody's") if roots not in (None, papers.roots) else identity.fingerprint
    choices = ["--fingerprint", expected]
    choices += [] if own is None else ["--certificate", own.certificate, "--key", own.key]
    return run_client("tlslite_client.py", address[1], count, *choices)


renewed = client
"""The same where a ticket is renewed on the way."""
