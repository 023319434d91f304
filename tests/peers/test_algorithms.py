"""Every suite, curve, certificate and signature scheme with OpenSSL, in both roles: full with a ticket, and resumed."""

from dataclasses import dataclass, replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from rfc5077.properties.matrix import openssl
from rfc5077.properties.matrix.dialogue import GREETING, OurServer, visit
from rfc5077.properties.matrix.papers import Identity, fingerprint
from rfc5077.reference.keys.suites import SUITES, Authentication, Cipher, Group, SignatureScheme

pytestmark = pytest.mark.peer

KEYS = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}
EVERY_SCHEME = tuple(SignatureScheme)
EVERY_GROUP = (Group.X25519, Group.SECP256R1, Group.SECP384R1)
SUITES_OF = {"P-256": 0xC02B, "P-384": 0xC02C, "RSA": 0xC02F, "Ed25519": 0xCCA9}
FAMILY = {"P-256": "ECDSA", "P-384": "ECDSA", "RSA": "RSA", "Ed25519": "ED25519"}
SIGNED = [(kind, scheme) for kind in KEYS for scheme in SignatureScheme if scheme.name.startswith(FAMILY[kind])]

WAYS = [
    (suite, etm) for suite in SUITES.values() for etm in ((True, False) if suite.cipher is Cipher.AES_CBC else (True,))
]
every_suite = pytest.mark.parametrize(
    ("suite", "etm"), WAYS,
    ids=[suite.name.removeprefix("TLS_") + ("" if etm else " MAC-then-encrypt") for suite, etm in WAYS],
)  # fmt: skip
every_signature = pytest.mark.parametrize(
    ("kind", "scheme"), SIGNED, ids=[f"{kind} by {scheme.name}" for kind, scheme in SIGNED]
)


@dataclass(frozen=True)
class Pair:
    """Somebody at a server and somebody at a client, by keys of one kind."""

    server: Identity
    client: Identity


@pytest.fixture(scope="session")
def people(tmp_path_factory, authority) -> dict[str, Pair]:
    """A server and a client for each kind of key."""
    folder = tmp_path_factory.mktemp("people")
    found = {}
    for kind, make in KEYS.items():
        both = []
        for name in ("localhost", "client.example"):
            credentials = authority.issue(name, key=make())
            certificate, key = folder / f"{kind}-{name}.crt", folder / f"{kind}-{name}.key"
            certificate.write_bytes(credentials.chain_pem())
            key.write_bytes(credentials.key_pem())
            both.append(Identity(str(certificate), str(key), credentials))
        found[kind] = Pair(*both)
    return found


def of_suite(people, suite) -> Identity:
    return people["RSA" if suite.authentication is Authentication.RSA else "P-256"].server


@every_suite
def test_their_server_resumes_under_every_suite(suite, etm, papers, people, client_config):
    config = replace(client_config, suites=(suite.code,), encrypt_then_mac=etm)
    with openssl.server(papers, of_suite(people, suite)) as server:
        first, second = visit(server, config), visit(server, config)

    assert [first.word.resumed, second.word.resumed] == [False, True]
    assert [first.connection.resumed, second.connection.resumed] == [False, True]
    for each in (first, second):
        assert each.connection.handshake.server_hello.cipher_suite == suite.code
        assert each.connection.handshake.server_hello.encrypt_then_mac is (etm and suite.cipher is Cipher.AES_CBC)
        assert (each.word.heard, each.answer) == (GREETING, openssl.ANSWER)


@every_suite
def test_their_client_resumes_under_every_suite(suite, etm, papers, people, server_config):
    own = of_suite(people, suite)
    config = replace(
        server_config, credentials=(own.credentials,), suites=(suite.code,), encrypt_then_mac=etm
    )
    with OurServer(config) as server:
        words = openssl.client(papers, server.address, 2, identity=own)
        calls = server.calls(2)

    assert [call.connection.resumed for call in calls] == [word.resumed for word in words] == [False, True]
    assert [word.heard for word in words] == [GREETING] * 2
    for call in calls:
        assert call.connection.handshake.server_hello.cipher_suite == suite.code
        assert call.connection.handshake.server_hello.encrypt_then_mac is (etm and suite.cipher is Cipher.AES_CBC)


@pytest.mark.parametrize("group", EVERY_GROUP)
@pytest.mark.parametrize("kind", ["P-384", "RSA"])
def test_every_curve_serves_either_role(group, kind, papers, people, client_config, server_config):
    own, suites = people[kind].server, (SUITES_OF[kind],)
    offered = (group, *(each for each in EVERY_GROUP if each is not group))  # among them the certificate's own
    ours = replace(client_config, suites=suites, groups=offered if kind == "P-384" else (group,))
    with openssl.server(papers, own) as server:
        visits = [visit(server, ours), visit(server, ours)]
    if kind == "RSA":
        assert visits[0].connection.handshake.group is group
    assert [each.word.resumed for each in visits] == [False, True]

    config = replace(server_config, credentials=(own.credentials,), suites=suites, groups=(group,))
    with OurServer(config) as server:
        words = openssl.client(papers, server.address, 2, identity=own)
        calls = server.calls(2)
    assert calls[0].connection.handshake.parameters.group is group
    assert [word.resumed for word in words] == [call.connection.resumed for call in calls] == [False, True]


@every_signature
def test_their_server_and_we_sign_by_every_scheme(kind, scheme, papers, people, client_config):
    config = replace(
        client_config, suites=(SUITES_OF[kind],), groups=EVERY_GROUP, signature_schemes=(scheme,),
        credentials=people[kind].client.credentials,
    )  # fmt: skip
    with openssl.server(papers, people[kind].server, client_auth=True) as server:
        first, second = visit(server, config), visit(server, config)

    assert first.connection.peer_certificates[:1] == people[kind].server.credentials.chain  # it adds the root
    assert first.connection.handshake.scheme == scheme
    assert [first.word.resumed, second.word.resumed] == [False, True]
    assert {first.word.client, second.word.client} == {people[kind].client.fingerprint}


@every_signature
def test_their_client_and_we_sign_by_every_scheme(kind, scheme, authority, papers, people, server_config):
    own = people[kind].server
    config = replace(
        server_config, credentials=(own.credentials,), suites=(SUITES_OF[kind],), groups=EVERY_GROUP,
        signature_schemes=(scheme,), client_auth="require", client_roots=authority.anchors,
    )  # fmt: skip
    with OurServer(config) as server:
        words = openssl.client(papers, server.address, 2, identity=own, own=people[kind].client)
        calls = server.calls(2)

    assert calls[0].connection.handshake.parameters.scheme == scheme
    assert [call.connection.resumed for call in calls] == [word.resumed for word in words] == [False, True]
    for call in calls:
        assert fingerprint(call.connection.peer_certificates[0]) == people[kind].client.fingerprint


def test_a_server_of_theirs_with_everything_and_a_client_of_ours_with_everything(papers, people, client_config):
    config = replace(
        client_config, suites=tuple(SUITES), groups=EVERY_GROUP, signature_schemes=EVERY_SCHEME
    )
    with openssl.server(papers, people["RSA"].server) as server:
        first, second = visit(server, config), visit(server, config)

    assert [first.word.resumed, second.word.resumed] == [False, True]
    assert first.connection.handshake.server_hello.cipher_suite == 0xC02F  # our first that it has a key for
