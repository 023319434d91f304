"""Both roles against Python's ssl (OpenSSL), in memory: what we believe about TLS has to be true there as well."""

import ssl
from dataclasses import replace

import pytest
from pairs import seeded, ticket_key

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.connection import ClientConnection, DataReceived, ServerConnection
from rfc5077.reference.keys.credentials import Credentials
from rfc5077.reference.keys.suites import Group
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.store import SessionCache


@pytest.fixture
def write_pem(tmp_path):
    def write(credentials: Credentials) -> tuple[str, str]:
        chain, key = tmp_path / f"{id(credentials)}.crt", tmp_path / f"{id(credentials)}.key"
        chain.write_bytes(credentials.chain_pem())
        key.write_bytes(credentials.key_pem())
        return str(chain), str(key)

    return write


@pytest.fixture
def ssl_client(authority):
    """A context for the client's role; certificates are checked."""
    context = ssl.create_default_context(cadata=authority.pem)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


@pytest.fixture
def ssl_server(write_pem, ecdsa_credentials):
    """A context for the server's role."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(*write_pem(ecdsa_credentials))
    return context


class Theirs:
    """One ssl connection in memory."""

    def __init__(self, context, server_side, session=None, server_name="localhost"):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        name = None if server_side else server_name
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side, name, session)
        self.done = False

    def step(self, octets: bytes) -> bytes:
        self.incoming.write(octets)
        if not self.done:
            try:
                self.tls.do_handshake()
                self.done = True
            except ssl.SSLWantReadError:
                pass
        return self.outgoing.read()


def talk(ours, theirs):
    """Carries octets until both are silent; our events."""
    events = []
    while True:
        to_them = ours.data_to_send()
        to_us = theirs.step(to_them)
        events += ours.receive(to_us)
        if not to_them and not to_us:
            return events


def our_server(config, clock, seed=1):
    return ServerConnection(config, clock, seeded(seed))


def our_client(config, clock, seed=2):
    client = ClientConnection(config, clock, seeded(seed))
    client.start()
    return client


def test_openssl_client_completes_and_then_resumes_by_ticket(server_config, ssl_client, clock):
    first = Theirs(ssl_client, False)
    talk(our_server(server_config, clock), first)
    second, server = Theirs(ssl_client, False, first.tls.session), our_server(server_config, clock, 3)
    talk(server, second)

    assert (first.done, first.tls.session_reused, first.tls.session.has_ticket) == (True, False, True)
    assert first.tls.session.ticket_lifetime_hint == server_config.lifetime_hint
    assert (second.done, second.tls.session_reused, server.resumed) == (True, True, True)


def test_data_goes_both_ways_with_an_openssl_client(server_config, ssl_client, clock):
    theirs, server = Theirs(ssl_client, False), our_server(server_config, clock)
    talk(server, theirs)
    theirs.tls.write(b"question")
    events = server.receive(theirs.outgoing.read())
    server.send(b"answer")
    theirs.incoming.write(server.data_to_send())

    assert events == [DataReceived(b"question")]
    assert theirs.tls.read() == b"answer"


@pytest.mark.parametrize("change", [{"renew": "ticket"}, {"renew": "empty"}, {"session_id_when_issuing": "fresh"}])
def test_openssl_client_resumes_three_times_under_every_policy(change, server_config, ssl_client, clock):
    config, session, reused = replace(server_config, **change), None, []

    for seed in range(4):
        theirs = Theirs(ssl_client, False, session)
        talk(our_server(config, clock, seed), theirs)
        session = theirs.tls.session
        reused.append(theirs.tls.session_reused)

    assert reused == [False, True, True, True]


@pytest.mark.parametrize("reissue", ["ticket", "empty", "never"])
def test_openssl_client_survives_the_rejection_of_its_ticket(reissue, server_config, ssl_client, clock):
    first = Theirs(ssl_client, False)
    talk(our_server(server_config, clock), first)
    other = replace(server_config, key_ring=KeyRing((ticket_key(9),)), reissue=reissue)
    second, server = Theirs(ssl_client, False, first.tls.session), our_server(other, clock)
    talk(server, second)

    assert (second.done, second.tls.session_reused, server.resumed) == (True, False, False)


@pytest.mark.parametrize("issue", ["empty", "never"])
def test_openssl_client_completes_without_a_ticket(issue, server_config, ssl_client, clock):
    theirs = Theirs(ssl_client, False)
    talk(our_server(replace(server_config, issue=issue), clock), theirs)

    assert theirs.done
    assert not (theirs.tls.session and theirs.tls.session.has_ticket)


def test_openssl_client_resumes_by_session_id(server_config, ssl_client, clock):
    ssl_client.options |= ssl.OP_NO_TICKET
    config = replace(server_config, session_cache=SessionCache(), session_id_otherwise="fresh")
    first = Theirs(ssl_client, False)
    talk(our_server(config, clock), first)
    second = Theirs(ssl_client, False, first.tls.session)
    talk(our_server(config, clock, 3), second)

    assert (second.done, second.tls.session_reused) == (True, True)


@pytest.mark.parametrize("ciphers", ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"])
def test_openssl_client_gets_the_suite_it_asks_for(ciphers, server_config, ssl_client, clock):
    ssl_client.set_ciphers(ciphers)
    theirs = Theirs(ssl_client, False)
    talk(our_server(server_config, clock), theirs)

    assert theirs.tls.cipher()[0] == ciphers


def test_openssl_client_of_tls_1_3_gets_1_2(server_config, ssl_client, clock):
    ssl_client.maximum_version = ssl.TLSVersion.TLSv1_3
    theirs = Theirs(ssl_client, False)
    talk(our_server(server_config, clock), theirs)

    assert (theirs.done, theirs.tls.version()) == (True, "TLSv1.2")


def test_openssl_client_that_speaks_1_3_only_is_refused_by_protocol_version(server_config, ssl_client, clock):
    ssl_client.maximum_version = ssl_client.minimum_version = ssl.TLSVersion.TLSv1_3

    with pytest.raises(ProtocolError) as caught:
        talk(our_server(server_config, clock), Theirs(ssl_client, False))

    assert caught.value.alert is AlertDescription.PROTOCOL_VERSION


def test_openssl_client_shows_its_certificate_and_keeps_its_identity(
    authority, server_config, ssl_client, client_credentials, write_pem, clock
):
    ssl_client.load_cert_chain(*write_pem(client_credentials))
    config = replace(server_config, client_auth="require", client_roots=authority.anchors)
    first, server = Theirs(ssl_client, False), our_server(config, clock)
    talk(server, first)
    second, again = Theirs(ssl_client, False, first.tls.session), our_server(config, clock)
    talk(again, second)

    assert (server.resumed, again.resumed) == (False, True)
    assert server.peer_certificates == again.peer_certificates  # OpenSSL adds the root by itself
    assert server.peer_certificates[0] == client_credentials.chain[0]


def test_we_complete_and_then_resume_with_an_openssl_server(client_config, ssl_server, clock):
    client = our_client(client_config, clock)
    talk(client, Theirs(ssl_server, True))
    theirs, again = Theirs(ssl_server, True), our_client(client_config, clock, 3)
    talk(again, theirs)

    assert (client.established, client.resumed, bool(client.ticket_received)) == (True, False, True)
    assert (again.established, again.resumed, theirs.tls.session_reused) == (True, True, True)


@pytest.mark.parametrize("session_id", ["empty", "fresh"])
@pytest.mark.parametrize("groups", [(Group.X25519, Group.SECP256R1), (Group.SECP256R1,)])
def test_we_resume_with_an_openssl_server_with_any_session_id_and_curve(
    session_id, groups, client_config, ssl_server, clock
):
    config = replace(
        client_config, session_id_with_ticket=session_id, session_id_without_ticket=session_id, groups=groups
    )
    talk(our_client(config, clock), Theirs(ssl_server, True))
    again = our_client(config, clock, 3)
    talk(again, Theirs(ssl_server, True))

    assert (again.established, again.resumed) == (True, True)


def test_we_survive_a_damaged_ticket_at_an_openssl_server(client_config, ssl_server, clock):
    talk(our_client(client_config, clock), Theirs(ssl_server, True))
    stored = client_config.store.find(client_config.store_key, clock())
    client_config.store.keep(replace(stored, ticket=bytes(len(stored.ticket))), None)
    again = our_client(client_config, clock, 3)
    talk(again, Theirs(ssl_server, True))

    assert (again.established, again.resumed, bool(again.ticket_received)) == (True, False, True)


def test_we_resume_by_session_id_with_an_openssl_server(client_config, ssl_server, clock):
    ssl_server.options |= ssl.OP_NO_TICKET
    first = Theirs(ssl_server, True)  # has to live on: OpenSSL forgets the session of a connection that is just dropped
    talk(our_client(client_config, clock), first)
    again = our_client(client_config, clock, 3)
    talk(again, Theirs(ssl_server, True))

    assert (again.established, again.resumed, again.ticket_received) == (True, True, None)


def test_we_show_an_openssl_server_our_certificate(
    authority, client_config, ssl_server, client_credentials, write_pem, clock
):
    ssl_server.verify_mode = ssl.CERT_REQUIRED
    ssl_server.load_verify_locations(cadata=authority.pem)
    theirs = Theirs(ssl_server, True)
    client = our_client(replace(client_config, credentials=client_credentials), clock)
    talk(client, theirs)

    assert client.established
    assert theirs.tls.getpeercert(binary_form=True) == client_credentials.chain[0]


def test_we_verify_an_rsa_server_of_openssl(client_config, rsa_credentials, write_pem, clock):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(*write_pem(rsa_credentials))
    client = our_client(client_config, clock)
    talk(client, Theirs(context, True))

    assert (client.established, client.peer_certificates) == (True, rsa_credentials.chain)
