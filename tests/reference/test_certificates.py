"""Chains in handshakes: intermediates, time, names and uses, each refused by the alert that says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pairs import START, Authority

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.keys.credentials import Credentials


def sign(authority: Authority, name: str, *, ca: bool = False, days: int = 100, usage=None, key=None):
    """A certificate by `authority`; `ca`: one that signs others. With its key."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.fromtimestamp(START, UTC) - timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(authority.name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start)
    builder = builder.not_valid_after(start + timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if ca:
        uses = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(uses, critical=True)
    else:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    certificate = builder.sign(authority.key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.DER), key


@pytest.fixture
def intermediate(authority) -> Authority:
    der, key = sign(authority, "Intermediate", ca=True)
    return Authority(x509.load_der_x509_certificate(der).subject, key, der)


def served(pair, chain, key, **client):
    return pair(client=client, server={"credentials": (Credentials(tuple(chain), key),)})


def refusal(p) -> AlertDescription:
    with pytest.raises(ProtocolError) as error:
        p.connect()
    assert p.client.closed
    return error.value.alert


def test_a_chain_over_an_intermediate_authority_is_trusted(pair, intermediate):
    leaf, key = sign(intermediate, "localhost")

    assert served(pair, (leaf, intermediate.certificate), key).connect().client.established


def test_the_first_certificate_alone_says_whether_its_key_decrypts(pair, intermediate, rsa_credentials):
    """RFC 5246, section 7.4.2: keyUsage of the server's own certificate counts, which comes first."""
    leaf, key = sign(intermediate, "localhost", key=rsa_credentials.key)

    credentials = (Credentials((leaf, intermediate.certificate), key),)
    p = pair(client={"suites": (0x009C,)}, server={"suites": (0x009C,), "credentials": credentials})

    assert p.connect().client.established


def test_without_its_intermediate_a_chain_leads_nowhere(pair, intermediate):
    leaf, key = sign(intermediate, "localhost")

    assert refusal(served(pair, (leaf,), key)) is AlertDescription.UNKNOWN_CA


def test_a_certificate_is_judged_at_the_time_that_is_passed_in(pair, authority, clock):
    leaf, key = sign(authority, "localhost", days=30)
    p = served(pair, (leaf,), key, store=None).connect()
    assert p.client.established

    clock.advance(31 * 86400)

    assert refusal(p) is AlertDescription.CERTIFICATE_EXPIRED


def test_an_expired_intermediate_is_told_as_such(pair, authority, clock):
    der, key = sign(authority, "Short lived", ca=True, days=2)
    short = Authority(x509.load_der_x509_certificate(der).subject, key, der)
    leaf, own = sign(short, "localhost")
    clock.advance(5 * 86400)

    assert refusal(served(pair, (leaf, der), own)) is AlertDescription.CERTIFICATE_EXPIRED


def test_a_certificate_for_another_name_is_a_bad_one(pair, authority):
    leaf, key = sign(authority, "elsewhere.example")

    assert refusal(served(pair, (leaf,), key)) is AlertDescription.BAD_CERTIFICATE


def test_a_certificate_that_only_clients_may_show_is_refused_of_a_server(pair, authority):
    leaf, key = sign(authority, "localhost", usage=ExtendedKeyUsageOID.CLIENT_AUTH)

    assert refusal(served(pair, (leaf,), key)) is AlertDescription.UNSUPPORTED_CERTIFICATE


def test_whoever_says_insecure_takes_any_chain_and_never_offers_its_sessions_to_others(pair):
    stranger = Authority.make("Stranger")
    leaf, key = sign(stranger, "localhost")
    p = served(pair, (leaf,), key, insecure=True).connect()
    assert p.client.established and p.client.ticket_received

    p.client_config = replace(p.client_config, insecure=False)

    assert refusal(p) is AlertDescription.UNKNOWN_CA
    assert p.client.ticket_offered == b""


def test_a_client_is_who_its_ticket_says_until_its_certificate_has_expired(pair, authority, clock):
    leaf, key = sign(authority, "client.example", days=2)
    own = Credentials((leaf,), key)
    p = pair(
        client={"credentials": own},
        server={
            "client_auth": "require", "client_roots": authority.anchors, "ticket_lifetime_seconds": 10**6,
            "lifetime_hint": 0,
        },
    )  # fmt: skip
    p.connect().connect()
    assert p.server.resumed and p.server.peer_certificates == (leaf,)

    clock.advance(3 * 86400)

    assert refusal_of_server(p) is AlertDescription.CERTIFICATE_EXPIRED
    assert p.server.resumed is False


def refusal_of_server(p) -> AlertDescription:
    with pytest.raises(ProtocolError) as error:
        p.connect()
    assert p.server.closed
    return error.value.alert
