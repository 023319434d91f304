"""Groups, certificates and signature schemes between our own client and server, full and resumed."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.handshake.client_flight import ClientHandlers
from rfc5077.reference.handshake.config import ClientConfig, ServerConfig
from rfc5077.reference.handshake.negotiate import choose_parameters
from rfc5077.reference.handshake.server_flight import ServerHandlers
from rfc5077.reference.keys.suites import SCHEME_PREFERENCE, SUITES, Authentication, Cipher, Group, SignatureScheme

ALL_SCHEMES = tuple(SignatureScheme)
GCM = {Authentication.RSA: 0xC02F, Authentication.ECDSA: 0xC02B, Authentication.ED25519: 0xC02B}
MAKE = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


@pytest.fixture(scope="session")
def identities(authority):
    """Credentials of each kind of key, for servers and clients."""
    return {
        name: (authority.issue("localhost", key=make()), authority.issue("client.example", key=make()))
        for name, make in MAKE.items()
    }


ALL_GROUPS = {"groups": (Group.X25519, Group.SECP256R1, Group.SECP384R1)}
COMBINATIONS = [
    (kind, scheme)
    for kind in MAKE
    for scheme in SignatureScheme
    if scheme.name.startswith({"P-256": "ECDSA", "P-384": "ECDSA", "RSA": "RSA", "Ed25519": "ED25519"}[kind])
]


@pytest.mark.parametrize("group", Group)
@pytest.mark.parametrize(("kind", "scheme"), COMBINATIONS, ids=lambda value: getattr(value, "name", value))
def test_every_certificate_signs_by_every_scheme_over_every_group(pair, authority, identities, group, kind, scheme):
    own, of_client = identities[kind]
    suites = (GCM[own.kind],)
    groups = ALL_GROUPS if kind.startswith("P-") else {"groups": (group,)}
    client = {"suites": suites, "groups": groups["groups"], "signature_schemes": (scheme,), "credentials": of_client}
    server = {"suites": suites, "groups": (group,), "signature_schemes": (scheme,), "credentials": (own,),
              "client_auth": "require", "client_roots": authority.anchors}
    p = pair(client=client, server=server).connect()

    assert p.client.handshake.group is group
    assert p.server.handshake.parameters.scheme == p.client.handshake.scheme == scheme
    assert p.client.peer_certificates == own.chain
    p.connect()
    assert (p.client.resumed, p.server.peer_certificates) == (True, of_client.chain)


@pytest.mark.parametrize("kind", MAKE)
@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name.removeprefix("TLS_"))
@pytest.mark.parametrize("group", Group)
def test_every_suite_goes_with_every_certificate_of_its_kind(pair, identities, suite, kind, group):
    own, _ = identities[kind]
    both = {"suites": (suite.code,), "signature_schemes": ALL_SCHEMES}
    p = pair(client={**both, **ALL_GROUPS}, server={**both, "groups": (group,), "credentials": (own,)}).open()
    if not suite.accepts(own.kind):
        with pytest.raises(ProtocolError) as caught:
            p.exchange()
        assert caught.value.alert is AlertDescription.HANDSHAKE_FAILURE
        return
    p.exchange()
    assert p.client.session.suite == suite.code
    p.connect()
    assert p.client.resumed is True


def by_another_scheme(config, hello):
    """The server's choice, but signed by a scheme of its own."""
    return replace(choose_parameters(config, hello), scheme=SignatureScheme.RSA_PSS_RSAE_SHA512)


def test_a_server_that_signs_by_a_scheme_that_was_not_offered_is_refused(pair, identities):
    few = (SignatureScheme.RSA_PKCS1_SHA256,)
    p = pair(client={"signature_schemes": few}, server={"credentials": (identities["RSA"][0],)})
    p.open(server={"handlers": ServerHandlers(choose_parameters=by_another_scheme)})

    with pytest.raises(ProtocolError) as caught:
        p.exchange()
    assert caught.value.alert is AlertDescription.ILLEGAL_PARAMETER


def test_a_client_that_signs_by_a_scheme_that_was_not_asked_for_is_refused(pair, authority, identities):
    own, of_client = identities["RSA"]
    asked = {"client_auth": "require", "client_roots": authority.anchors, "credentials": (own,)}
    p = pair(client={"credentials": of_client}, server=asked)
    p.open(client={"handlers": ClientHandlers(full_flight=(*FLIGHT[:1], sign_otherwise, *FLIGHT[1:]))})

    with pytest.raises(ProtocolError) as caught:
        p.exchange()
    assert caught.value.alert is AlertDescription.ILLEGAL_PARAMETER


FLIGHT = ClientHandlers().full_flight


def sign_otherwise(handshake):
    """A step behind the client's Certificate that changes what CertificateVerify will be."""
    handshake.scheme = SignatureScheme.RSA_PSS_RSAE_SHA384


def test_a_client_without_a_fitting_scheme_stays_anonymous(pair, authority, identities):
    own, of_client = identities["P-256"][0], identities["Ed25519"][1]
    asked = {"client_auth": "request", "client_roots": authority.anchors, "credentials": (own,)}
    p = pair(client={"credentials": of_client, "signature_schemes": ALL_SCHEMES}, server=asked).connect()

    assert p.server.peer_certificates == ()


def test_both_sides_refuse_a_choice_that_is_none(authority, identities):
    own = identities["Ed25519"][0]

    with pytest.raises(ValueError, match=r"^signature_schemes: none is for"):
        ServerConfig((own,), signature_schemes=SCHEME_PREFERENCE)
    for schemes in ((), (0x0201,)):
        with pytest.raises(ValueError, match=r"^signature_schemes: "):
            ClientConfig("localhost", roots=authority.anchors, signature_schemes=schemes)


def test_ed25519_goes_before_or_behind_other_certificates(pair, identities):
    kinds = [identities[kind][0] for kind in ("Ed25519", "P-256", "RSA")]
    both = {"suites": (0xC02B, 0xC02F), "signature_schemes": ALL_SCHEMES}
    alone = {**both, "store": None}
    p = pair(client=alone, server={**both, "credentials": tuple(kinds)}).connect()
    assert p.client.peer_certificates == kinds[0].chain

    p = pair(client={**alone, "signature_schemes": SCHEME_PREFERENCE}, server={**both, "credentials": tuple(kinds)})
    assert p.connect().client.peer_certificates == kinds[1].chain


def test_the_suites_of_all_ciphers_are_tried_here():
    assert {suite.cipher for suite in SUITES.values()} == set(Cipher)
