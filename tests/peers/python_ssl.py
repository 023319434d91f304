"""OpenSSL, as Python's ssl drives it, in both roles."""

import platform
import ssl
from contextlib import AbstractContextManager

from peers.dialogue import ForeignServer, Word
from peers.papers import Identity, Papers
from peers.scripted import run_client, run_server

NAME = "python-ssl"
MISTRUST = "CERTIFICATE_VERIFY_FAILED"
"""Its word for a certificate that it does not trust."""


def version() -> str:
    """Of the interpreter and of the library it is linked with."""
    return f"{platform.python_version()}, {ssl.OPENSSL_VERSION}"


def server(
    papers: Papers, identity: Identity, *, tickets: bool = True, client_auth: bool = False
) -> AbstractContextManager[ForeignServer]:
    """A server; `client_auth` demands a client certificate."""
    choices = [] if tickets else ["--no-tickets"]
    choices += ["--client-roots", papers.roots] if client_auth else []
    return run_server("python_ssl_server.py", identity, *choices)


def client(
    papers: Papers, address: tuple[str, int], count: int, *, identity: Identity, roots: str | None = None,
    tickets: bool = True, own: Identity | None = None,
) -> list[Word]:  # fmt: skip
    """Connections of one client, which trusts `roots`; `identity` is whom it expects, `own` what it shows of itself."""
    choices = ["--roots", roots or papers.roots, "--fingerprint", identity.fingerprint]
    choices += [] if tickets else ["--no-tickets"]
    choices += [] if own is None else ["--certificate", own.certificate, "--key", own.key]
    return run_client("python_ssl_client.py", address[1], count, *choices)


renewed = client
"""The same where a ticket is renewed on the way."""
