"""Clients and servers of three stacks in memory, told to do the same: TLS 1.2, ECDHE on P-256, ECDSA, AES-128-GCM,
extended master secret, tickets, and a server certificate that a root has issued.

Private keys of the exchange are fresh in every handshake.  Every client checks the signature of ServerKeyExchange; the
reference and OpenSSL check the chain and the name as well, for which tlslite-ng has no code.
"""

from __future__ import annotations

import os
import ssl
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from rfc5077.properties.adapters import over_reference, python_ssl, tlslite_ng
from rfc5077.properties.bench.identity import NAME, issued
from rfc5077.reference.connection import ClientConnection, ServerConnection
from rfc5077.reference.handshake.config import ClientConfig, ServerConfig
from rfc5077.reference.keys.credentials import TrustAnchors
from rfc5077.reference.keys.exchange import system_entropy
from rfc5077.reference.keys.suites import Group
from rfc5077.reference.ticket.format import TicketKey
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.store import TicketStore

SUITE = 0xC02B


class End(Protocol):
    """One end of a connection, as the adapters have it."""

    def write(self, octets: bytes) -> None: ...
    def read(self) -> bytes: ...
    def resumed(self) -> bool | None:
        """The end's own word; None before its handshake is complete."""


Connect = Callable[[], tuple[End, End]]
"""Makes a client, its ClientHello waiting to be read, and a server."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack that shakes hands with itself."""

    name: str
    """With its version."""
    prepare: Callable[[bool], Connect]
    """Told whether to resume the session of the latest full handshake; not timed."""


# --- the stacks -------------------------------------------------------------------------------------------------------


def configurations() -> tuple[ClientConfig, ServerConfig]:
    """Of the reference; the client's without a store."""
    identity = issued()
    ring = KeyRing((TicketKey.split(os.urandom(64)),))
    client = ClientConfig(NAME, TrustAnchors((identity.root,)), suites=(SUITE,), groups=(Group.SECP256R1,))
    return client, ServerConfig((identity.credentials,), key_ring=ring, suites=(SUITE,), groups=(Group.SECP256R1,))


def reference_ends(
    client: ClientConfig, server: ServerConfig
) -> tuple[over_reference.Connection, over_reference.Connection]:
    """A client and a server of the reference, with the machine's own clock and entropy."""
    return (
        over_reference.Connection(ClientConnection(client, time.time, system_entropy)),
        over_reference.Connection(ServerConnection(server, time.time, system_entropy)),
    )


def reference() -> Stack:
    """Ours."""
    client, server = configurations()
    latest = client

    def prepare(resume: bool) -> Connect:
        nonlocal latest
        latest = latest if resume else replace(client, store=TicketStore())
        return partial(reference_ends, latest, server)

    return Stack("rfc5077.reference", prepare)


def openssl() -> Stack:
    """OpenSSL through Python's `ssl`."""
    credentials, root = issued().credentials, issued().root
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for context in (server, client):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
        context.set_ecdh_curve("prime256v1")
    client.load_verify_locations(cadata=root)
    with tempfile.TemporaryDirectory() as folder:  # OpenSSL reads keys from files only
        path = Path(folder, "identity.pem")
        path.touch(mode=0o600)
        path.write_bytes(credentials.key_pem() + credentials.chain_pem())
        server.load_cert_chain(path)
    latest: python_ssl.Connection | None = None

    def end(context: ssl.SSLContext, name: str | None, session: ssl.SSLSession | None) -> python_ssl.Connection:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=name is None, server_hostname=name, session=session)
        return python_ssl.Connection(tls, incoming, outgoing)

    def prepare(resume: bool) -> Connect:
        session = latest.session if resume and latest is not None else None

        def connect() -> tuple[End, End]:
            nonlocal latest
            ends = end(client, NAME, session), end(server, None, None)
            if session is None:
                latest = ends[0]
            return ends

        return connect

    return Stack(f"CPython ssl, {ssl.OPENSSL_VERSION}", prepare)


FASTER = ("gmpy2", "gmpy", "M2Crypto", "Crypto")
"""What tlslite-ng and its arithmetic use where it is installed; the claims are about tlslite-ng by itself."""


def tlslite_missing() -> str:
    """Why no claim about tlslite-ng can be looked at here; empty if it can."""
    if find_spec("tlslite") is None:
        return "tlslite-ng is not installed; in a clone: pip install '.[peers]'"
    helpers = [name for name in FASTER if find_spec(name) is not None]
    return f"tlslite-ng has the help of {' and '.join(helpers)} here; the target is about it alone" if helpers else ""


def tlslite() -> Stack:
    """tlslite-ng, which has to be installed."""
    from tlslite.api import HandshakeSettings, X509CertChain, parsePEMKey

    credentials = issued().credentials
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = (3, 3)
    settings.cipherNames, settings.keyExchangeNames = ["aes128gcm"], ["ecdhe_ecdsa"]
    settings.eccCurves, settings.keyShares, settings.defaultCurve = ["secp256r1"], ["secp256r1"], "secp256r1"
    settings.ticketKeys = [bytearray(os.urandom(32))]
    chain = X509CertChain()
    chain.parsePemList(credentials.chain_pem().decode("ascii"))
    key = parsePEMKey(credentials.key_pem().decode("ascii"), private=True)
    latest: tlslite_ng.Connection | None = None

    def prepare(resume: bool) -> Connect:
        session = latest.tls.session if resume and latest is not None else None

        def connect() -> tuple[End, End]:
            nonlocal latest
            client = tlslite_ng.Connection(
                lambda tls: tls.handshakeClientCert(session=session, settings=settings, serverName=NAME, async_=True)
            )
            server = tlslite_ng.Connection(
                lambda tls: tls.handshakeServerAsync(certChain=chain, privateKey=key, settings=settings)
            )
            if session is None:
                latest = client
            return client, server

        return connect

    return Stack(f"tlslite-ng {version('tlslite-ng')}", prepare)
