"""Every suite in both roles against Python's ssl (OpenSSL), in memory: full, resumed by a ticket, with data."""

import ssl

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pairs import Authority, Clock, seeded, ticket_key

from rfc5077.reference.connection import ClientConnection, DataReceived, ServerConnection
from rfc5077.reference.handshake.config import ClientConfig, ServerConfig
from rfc5077.reference.keys.suites import SUITES, Authentication, Cipher, Group, SignatureScheme
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.store import TicketStore

WAYS = [
    (suite, etm) for suite in SUITES.values() for etm in ((True, False) if suite.cipher is Cipher.AES_CBC else (True,))
]
every_way = pytest.mark.parametrize(
    ("suite", "etm"), WAYS,
    ids=[suite.name.removeprefix("TLS_") + ("" if etm else " MAC-then-encrypt") for suite, etm in WAYS],
)  # fmt: skip
DATA = bytes(range(256)) * 200  # four records
GROUPS = tuple(Group)
SCHEMES = tuple(SignatureScheme)


class InMemory:
    """One ssl connection in memory."""

    def __init__(self, context, session=None, server_side=False):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        name = None if server_side else "localhost"
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side, name, session)
        self.done = False

    def talk(self, ours):
        """Carries octets until both are silent; our events."""
        events = []
        while True:
            to_them = ours.data_to_send()
            self.incoming.write(to_them)
            if not self.done:
                try:
                    self.tls.do_handshake()
                    self.done = True
                except ssl.SSLWantReadError:
                    pass
            to_us = self.outgoing.read()
            events += ours.receive(to_us)
            if not to_them and not to_us:
                return events

    def exchange(self, ours):
        """Data both ways: what reached us, and what reached them."""
        self.tls.write(DATA)
        arrived = b"".join(event.data for event in self.talk(ours) if isinstance(event, DataReceived))
        ours.send(DATA)
        self.talk(ours)
        theirs = b""
        while len(theirs) < len(DATA):
            theirs += self.tls.read(len(DATA))
        return arrived, theirs


@pytest.fixture(scope="module")
def people(authority):
    """Credentials of a server for each kind of key."""
    made = {
        "P-256": ec.generate_private_key(ec.SECP256R1()),
        "P-384": ec.generate_private_key(ec.SECP384R1()),
        "RSA": rsa.generate_private_key(65537, 2048),
        "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    }
    return {kind: authority.issue("localhost", key=key) for kind, key in made.items()}


def kind_of(suite) -> str:
    return "RSA" if suite.authentication is Authentication.RSA else "P-256"


def ssl_client(authority: Authority):
    context = ssl.create_default_context(cadata=authority.pem)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ALL:@SECLEVEL=1")
    return context


def ssl_server(tmp_path, credentials):
    chain, key = tmp_path / "server.crt", tmp_path / "server.key"
    chain.write_bytes(credentials.chain_pem())
    key.write_bytes(credentials.key_pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ALL:@SECLEVEL=1")
    context.load_cert_chain(str(chain), str(key))
    return context


def as_server(context, config):
    """Two connections of their client to our server."""
    session, found = None, []
    for number in (1, 2):
        theirs, ours = InMemory(context, session), ServerConnection(config, Clock(), seeded(number))
        theirs.talk(ours)
        assert theirs.exchange(ours) == (DATA, DATA)
        session = theirs.tls.session
        found.append((ours.resumed, theirs.tls.session_reused))
    return found, ours


def as_client(context, config):
    """Two connections of our client to their server."""
    found = []
    for number in (1, 2):
        theirs = InMemory(context, server_side=True)
        ours = ClientConnection(config, Clock(), seeded(number))
        ours.start()
        theirs.talk(ours)
        assert theirs.exchange(ours) == (DATA, DATA)
        found.append((ours.resumed, theirs.tls.session_reused))
    return found, ours


RESUMED_SECOND = [(False, False), (True, True)]


@every_way
def test_their_client_resumes_under_every_suite(authority, people, suite, etm):
    config = ServerConfig(
        (people[kind_of(suite)],), KeyRing((ticket_key(1),)), suites=(suite.code,), encrypt_then_mac=etm
    )
    found, ours = as_server(ssl_client(authority), config)

    assert found == RESUMED_SECOND
    assert ours.session.suite == suite.code


@every_way
def test_their_server_resumes_under_every_suite(authority, people, tmp_path, suite, etm):
    config = ClientConfig(
        "localhost", authority.anchors, store=TicketStore(), suites=(suite.code,), encrypt_then_mac=etm
    )
    found, ours = as_client(ssl_server(tmp_path, people[kind_of(suite)]), config)

    assert found == RESUMED_SECOND
    assert ours.session.suite == suite.code


@pytest.mark.parametrize("kind", ["P-384", "Ed25519", "RSA"])
@pytest.mark.parametrize("group", Group)
def test_other_certificates_and_curves_are_taken_by_both(authority, people, tmp_path, kind, group):
    suite = 0xC030 if kind == "RSA" else 0xC02C
    groups = (group, *(each for each in GROUPS if each is not group))
    server = ServerConfig(
        (people[kind],), KeyRing((ticket_key(1),)), suites=(suite,), groups=(group,), signature_schemes=SCHEMES
    )
    found, _ = as_server(ssl_client(authority), server)
    assert found == RESUMED_SECOND

    client = ClientConfig("localhost", authority.anchors, store=TicketStore(), suites=(suite,), groups=groups,
                          signature_schemes=SCHEMES)
    found, _ = as_client(ssl_server(tmp_path, people[kind]), client)
    assert found == RESUMED_SECOND
