"""reference/keys/credentials.py"""

import random

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed448
from pairs import START, Authority, seeded

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.keys.credentials import (
    Credentials,
    TrustAnchors,
    check_name,
    parse_chain,
    public_key,
    self_signed,
)


def test_a_chain_to_a_trusted_root_is_accepted_for_its_names(authority, ecdsa_credentials):
    chain = parse_chain(ecdsa_credentials.chain)

    for name in ("localhost", "a.example", "A.Example"):
        authority.anchors.verify_server(chain, name, START)


def alert_of(act):
    with pytest.raises(ProtocolError) as caught:
        act()
    return caught.value.alert


def test_each_fault_of_a_chain_has_its_alert(authority, ecdsa_credentials):
    chain, stranger = parse_chain(ecdsa_credentials.chain), Authority.make("Test root").anchors
    anchors, later = authority.anchors, START + 20 * 365 * 86400

    assert alert_of(lambda: anchors.verify_server(chain, "other.example", START)) is AlertDescription.BAD_CERTIFICATE
    assert alert_of(lambda: anchors.verify_server(chain, "10.0.0.1", START)) is AlertDescription.BAD_CERTIFICATE
    assert alert_of(lambda: anchors.verify_server(chain, "localhost", later)) is AlertDescription.CERTIFICATE_EXPIRED
    assert alert_of(lambda: anchors.verify_server(chain, "localhost", 0.0)) is AlertDescription.CERTIFICATE_EXPIRED
    assert alert_of(lambda: stranger.verify_server(chain, "localhost", START)) is AlertDescription.UNKNOWN_CA
    assert alert_of(lambda: stranger.verify_client(chain, START)) is AlertDescription.UNKNOWN_CA
    assert alert_of(lambda: parse_chain((b"\x30\x00",))) is AlertDescription.BAD_CERTIFICATE


def test_a_certificate_that_is_no_authority_signs_nothing(authority, ecdsa_credentials):
    chain = parse_chain((ecdsa_credentials.chain[0], authority.certificate))
    leaf_as_root = TrustAnchors((authority.issue("x.example").chain[0],))

    assert alert_of(lambda: leaf_as_root.verify_server(chain, "localhost", START)) is AlertDescription.UNKNOWN_CA


def test_self_signed_credentials_are_trusted_by_themselves_only():
    own = self_signed("localhost", START, seeded(1))
    chain, anchors = parse_chain(own.chain), TrustAnchors(own.chain)

    for name in ("localhost", "127.0.0.1", "::1"):
        anchors.verify_server(chain, name, START)
    other = TrustAnchors(self_signed("localhost", START, seeded(2)).chain)
    assert alert_of(lambda: other.verify_server(chain, "localhost", START)) is AlertDescription.UNKNOWN_CA


def test_self_signed_credentials_replay():
    assert self_signed("a", START, seeded(1)).chain == self_signed("a", START, seeded(1)).chain


def test_credentials_survive_pem(ecdsa_credentials, rsa_credentials):
    for own in (ecdsa_credentials, rsa_credentials):
        again = Credentials.from_pem(own.chain_pem(), own.key_pem())
        assert (again.chain, again.kind) == (own.chain, own.kind)


def test_credentials_that_do_not_belong_together_are_refused(ecdsa_credentials, client_credentials):
    with pytest.raises(ValueError, match="key: "):
        Credentials(ecdsa_credentials.chain, client_credentials.key)
    with pytest.raises(ValueError, match="chain: "):
        Credentials((), client_credentials.key)


def test_a_key_of_another_kind_is_refused(ecdsa_credentials):
    other = ed448.Ed448PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    with pytest.raises(ValueError, match="key: "):
        Credentials.from_pem(ecdsa_credentials.chain_pem(), other)


def test_trusting_nobody_is_refused():
    with pytest.raises(ValueError, match="certificates: "):
        TrustAnchors(())


@pytest.mark.parametrize("name", ["localhost", "a-b.example", "x_y.example", "127.0.0.1", "::1", "a" * 63])
def test_names_of_servers_are_accepted(name):
    check_name("server_name", name)


@pytest.mark.parametrize("name", ["", ".", "a..b", "a.", "-a", "ä.example", "a b", "a" * 64, "*.example", "a\n"])
def test_what_is_no_name_is_refused_with_the_field(name):
    with pytest.raises(ValueError, match=r"^server_name: "):
        check_name("server_name", name)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_a_certificate_with_altered_contents_is_refused_by_an_alert(authority, ecdsa_credentials, rsa_credentials):
    generator, outcomes = random.Random(1), set()
    for own in (ecdsa_credentials, rsa_credentials):
        for position in range(len(own.chain[0])):
            altered = bytearray(own.chain[0])
            altered[position] ^= 1 << generator.randrange(8)
            try:
                chain = parse_chain((bytes(altered),))
                public_key(chain[0])
                authority.anchors.verify_server(chain, "localhost", START)
            except ProtocolError as error:
                outcomes.add(error.alert)
            else:  # the one octet of padding information around the signature is nobody's
                assert chain[0].tbs_certificate_bytes == parse_chain(own.chain)[0].tbs_certificate_bytes, position

    assert AlertDescription.BAD_CERTIFICATE in outcomes
    assert AlertDescription.UNKNOWN_CA in outcomes
