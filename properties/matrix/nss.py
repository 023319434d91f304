"""NSS, which has keys and roots in a database of its own: made for each process by its tools."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from rfc5077.properties.matrix.build import Recipe
from rfc5077.properties.matrix.dialogue import ForeignServer, Word
from rfc5077.properties.matrix.driven import Driver
from rfc5077.properties.matrix.papers import Identity, Papers
from rfc5077.properties.matrix.process import PATIENCE, PeerError, program
from rfc5077.properties.matrix.scripted import client_choices, run_client, run_server, server_choices

PACKAGE = "libnss3-tools"
INCLUDES = ("-I/usr/include/nss", "-I/usr/include/nspr")
DRIVER = Driver(
    "nss",
    Recipe(
        {"nss.c": "nss.c", "driver.h": "driver.h"},
        [("gcc", "-O1", *INCLUDES, "nss.c", "-o", "driver", "-lssl3", "-lnss3", "-lnspr4")],
        "gcc",
    ),
)


def version() -> str:
    """Of the library. Raises NotInstalled, also if the tools are missing."""
    program("certutil", PACKAGE)
    return DRIVER.version()


def _tool(name: str, *arguments: str) -> None:
    command = [program(name, PACKAGE), *arguments]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    if done.returncode:
        raise PeerError(f"{name}: {(done.stderr or done.stdout).strip()}")


def _database(papers: Papers, roots: str, own: Identity | None) -> str:
    """A database with a root that may vouch for servers and clients, and an identity."""
    folder = Path(mkdtemp(prefix="nss_", dir=papers.folder))
    place = f"sql:{folder}"
    _tool("certutil", "-N", "-d", place, "--empty-password")
    _tool("certutil", "-A", "-n", "root", "-t", "CT,C,", "-i", roots, "-d", place)
    if own is not None:
        certificate = x509.load_der_x509_certificate(own.credentials.chain[0])
        secret = serialization.BestAvailableEncryption(b"secret")
        packed = pkcs12.serialize_key_and_certificates(b"own", own.credentials.key, certificate, None, secret)
        (folder / "own.p12").write_bytes(packed)
        _tool("pk12util", "-i", str(folder / "own.p12"), "-d", place, "-W", "secret", "-K", "")
    return place


@contextmanager
def server(
    papers: Papers, identity: Identity, *, tickets: bool = True, client_auth: bool = False
) -> Iterator[ForeignServer]:
    """A server; `client_auth` demands a client certificate."""
    environment = {"DRIVER_DB": _database(papers, papers.roots, identity)}
    choices = server_choices(papers, tickets, client_auth)
    with run_server(DRIVER.run(), identity, *choices, environment=environment) as running:
        yield running


def client(
    papers: Papers, address: tuple[str, int], count: int, *, identity: Identity, roots: str | None = None,
    tickets: bool = True, own: Identity | None = None, names: Sequence[str] = (),
) -> list[Word]:  # fmt: skip
    """Connections of one client."""
    environment = {"DRIVER_DB": _database(papers, roots or papers.roots, own)}
    choices = client_choices(papers, identity, roots, tickets, own, names)
    return run_client(DRIVER.run(), address[1], count, *choices, environment=environment)
