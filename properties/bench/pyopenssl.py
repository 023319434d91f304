"""OpenSSL through pyOpenSSL, client and server in memory, as the other stacks of the benchmarks.

pyOpenSSL has no interface for the check of a host name, so the chain and the signature alone are checked. Nor does it
say whether a session was resumed: that the master secret is the old one tells.
"""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from rfc5077.properties.bench.endpoints import Connect, End, Stack
from rfc5077.properties.bench.identity import NAME, issued

if TYPE_CHECKING:
    from OpenSSL import SSL

SUITE = b"ECDHE-ECDSA-AES128-GCM-SHA256"


def missing() -> str:
    """Why it cannot be measured; empty if it can."""
    return "" if find_spec("OpenSSL") else "pyOpenSSL is not installed; in a clone: pip install '.[peers]'"


class Connection:
    """One end."""

    def __init__(self, tls: SSL.Connection, before: bytes | None) -> None:
        self.tls = tls
        self._before = before
        """The master secret of the session that may be resumed."""
        self._done = False
        self._advance()

    def write(self, octets: bytes) -> None:
        """Delivers octets."""
        if octets:
            self.tls.bio_write(octets)
            self._advance()

    def read(self) -> bytes:
        """What waits to be sent."""
        from OpenSSL import SSL

        try:
            return self.tls.bio_read(65536)
        except SSL.WantReadError:
            return b""

    def resumed(self) -> bool | None:
        """Whether the master secret is that of the session before; None before the handshake is complete."""
        return self.tls.master_key() == self._before if self._done else None

    def _advance(self) -> None:
        from OpenSSL import SSL

        if not self._done:
            try:
                self.tls.do_handshake()
                # OpenSSL gives up the session of a connection that is freed without having been closed.
                self.tls.set_shutdown(SSL.SENT_SHUTDOWN | SSL.RECEIVED_SHUTDOWN)
                self._done = True
            except SSL.WantReadError:
                pass


def pyopenssl() -> Stack:
    """pyOpenSSL, which has to be installed."""
    from OpenSSL import SSL, crypto

    identity = issued()
    client, server = SSL.Context(SSL.TLS_CLIENT_METHOD), SSL.Context(SSL.TLS_SERVER_METHOD)
    for context in (client, server):
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_max_proto_version(SSL.TLS1_2_VERSION)
        context.set_cipher_list(SUITE)
        context.set_tmp_ecdh(ec.SECP256R1())
        context.set_session_id(b"bench")
    server.use_privatekey(identity.key)
    server.use_certificate(x509.load_der_x509_certificate(identity.credentials.chain[0]))
    store = client.get_cert_store()
    if store is None:
        raise RuntimeError("pyOpenSSL gives its context no store of certificates")
    store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, identity.root))
    client.set_verify(SSL.VERIFY_PEER, lambda _, __, ___, ____, fine: bool(fine))
    latest: Connection | None = None

    def prepare(resume: bool) -> Connect:
        session = latest.tls.get_session() if resume and latest is not None else None
        before = latest.tls.master_key() if latest is not None and session is not None else None

        def connect() -> tuple[End, End]:
            nonlocal latest
            own, other = SSL.Connection(client, None), SSL.Connection(server, None)
            own.set_connect_state()
            other.set_accept_state()
            own.set_tlsext_host_name(NAME.encode("ascii"))
            if session is not None:
                own.set_session(session)
            ends = Connection(own, before), Connection(other, before)
            if session is None:
                latest = ends[0]
            return ends

        return connect

    linked = SSL.OpenSSL_version(SSL.OPENSSL_VERSION).decode("ascii")
    return Stack(f"pyOpenSSL {version('pyopenssl')} ({linked})", prepare)
