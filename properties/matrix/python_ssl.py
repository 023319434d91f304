"""OpenSSL, as Python's ssl drives it, in both roles."""

import platform
import ssl
from collections.abc import Sequence
from contextlib import AbstractContextManager

from rfc5077.properties.matrix.dialogue import ForeignServer, Word
from rfc5077.properties.matrix.papers import Identity, Papers
from rfc5077.properties.matrix.scripted import client_choices, python, run_client, run_server, server_choices

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
    return run_server(python("python_ssl_server.py"), identity, *server_choices(papers, tickets, client_auth))


def client(
    papers: Papers, address: tuple[str, int], count: int, *, identity: Identity, roots: str | None = None,
    tickets: bool = True, own: Identity | None = None, names: Sequence[str] = (),
) -> list[Word]:  # fmt: skip
    """Connections of one client, which trusts `roots`; `identity` is whom it expects, `own` what it shows of itself,
    `names` the name it asks for in each connection."""
    choices = client_choices(papers, identity, roots, tickets, own, names)
    return run_client(python("python_ssl_client.py"), address[1], count, *choices)


renewed = client
"""The same where a ticket is renewed on the way."""
