"""Clock, keys and pairs of connections for every test; what they are made of is in pairs.py."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from house import readme
from pairs import Authority, Clock, Pair, ticket_key

from rfc5077.reference.handshake.config import ClientConfig, ServerConfig
from rfc5077.reference.keys.credentials import Credentials
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.store import TicketStore


@pytest.fixture(scope="session")
def certificates(tmp_path_factory) -> Path:
    """What the README's command for certificates writes, which takes most of a minute: once for all tests."""
    folder = tmp_path_factory.mktemp("certificates")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "-euo", "pipefail", "-c", readme.certificates_command()]
    subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}, check=True)
    return folder / "proofs"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.make("Test root")


@pytest.fixture(scope="session")
def ecdsa_credentials(authority) -> Credentials:
    return authority.issue("localhost", "a.example", "b.example")


@pytest.fixture(scope="session")
def rsa_credentials(authority) -> Credentials:
    return authority.issue("localhost", "a.example", "b.example", key=rsa.generate_private_key(65537, 2048))


@pytest.fixture(scope="session")
def client_credentials(authority) -> Credentials:
    return authority.issue("client.example")


@pytest.fixture
def server_config(ecdsa_credentials, rsa_credentials) -> ServerConfig:
    return ServerConfig((ecdsa_credentials, rsa_credentials), key_ring=KeyRing((ticket_key(1),)))


@pytest.fixture
def client_config(authority) -> ClientConfig:
    return ClientConfig("localhost", roots=authority.anchors, store=TicketStore())


@pytest.fixture
def pair(client_config, server_config, clock):
    """Makes pairs: `pair(client={...}, server={...})` with fields of the configurations to change."""
    def make(client: dict | None = None, server: dict | None = None) -> Pair:
        return Pair(replace(client_config, **(client or {})), replace(server_config, **(server or {})), clock)

    return make
