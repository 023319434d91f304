"""RSA key exchange (RFC 5246, section 7.4.7.1): who sends what, and what a wrong pre-master secret does not tell."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from pairs import seeded

from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.handshake import client_flight
from rfc5077.reference.handshake.client_flight import ClientHandlers
from rfc5077.reference.handshake.server_flight import ServerHandlers, send_certificate_status
from rfc5077.reference.keys.exchange import PRE_MASTER_LENGTH, decrypt_pre_master, encrypt_pre_master
from rfc5077.reference.keys.suites import SUITES, Group, KeyExchange
from rfc5077.reference.wire.hello import ExtensionType
from rfc5077.reference.wire.messages import EncryptedPreMasterSecret, HandshakeReader, HandshakeType, message_name
from rfc5077.reference.wire.record import RecordReader

RSA_SUITES = tuple(code for code, suite in SUITES.items() if suite.exchange is KeyExchange.RSA)
VERSION = 0x0303


def encrypted(key, plain: bytes) -> bytes:
    return key.public_key().encrypt(plain, padding.PKCS1v15())


def test_both_sides_have_one_secret(rsa_credentials):
    key = rsa_credentials.key
    secret, sent = encrypt_pre_master(key.public_key(), VERSION, seeded(1))

    assert (len(secret), secret[:2]) == (PRE_MASTER_LENGTH, b"\x03\x03")
    assert decrypt_pre_master(key, VERSION, sent, seeded(2)) == secret


@pytest.mark.parametrize(
    "wrong",
    [
        lambda key: encrypted(key, b"\x03\x01" + bytes(46)),
        lambda key: encrypted(key, b"\x03\x03" + bytes(45)),
        lambda key: encrypted(key, b"\x03\x03" + bytes(47)),
        lambda key: encrypted(key, b""),
        lambda key: encrypted(key, b"\x03"),
        lambda key: bytes(key.key_size // 8),
        lambda key: b"\x00" * (key.key_size // 8 - 1) + b"\x02",
        lambda key: b"\xff" * (key.key_size // 8),
        lambda key: b"",
        lambda key: bytes(7),
        lambda key: bytes(key.key_size // 8 + 1),
    ],
)
def test_whatever_is_wrong_gives_a_secret_of_the_servers_own(wrong, rsa_credentials):
    key = rsa_credentials.key
    sent = wrong(key)
    found = {decrypt_pre_master(key, VERSION, sent, seeded(seed)) for seed in (1, 1, 2, 3)}

    assert len(found) == 3  # it follows the server's entropy, not what was sent
    assert {(len(secret), secret[:2]) for secret in found} == {(PRE_MASTER_LENGTH, b"\x03\x03")}
    assert decrypt_pre_master(key, VERSION, sent, seeded(1)) == b"\x03\x03" + seeded(1)(46)


def test_a_key_that_cannot_decrypt_is_refused(ecdsa_credentials):
    with pytest.raises(ProtocolError) as caught:
        encrypt_pre_master(ecdsa_credentials.key.public_key(), VERSION, seeded(1))
    assert caught.value.alert is AlertDescription.UNSUPPORTED_CERTIFICATE
    with pytest.raises(ValueError, match="key: "):
        decrypt_pre_master(ecdsa_credentials.key, VERSION, b"", seeded(1))


def test_no_server_key_exchange_is_sent(pair):
    p = pair(client={"suites": RSA_SUITES}, server={"suites": RSA_SUITES}).connect()
    reader, names = HandshakeReader(), []
    for kind, _, payload in RecordReader().feed(p.server_octets):
        if kind != 22:
            break
        names += [message_name(message.kind) for message in reader.feed(payload)]

    assert names == ["ServerHello", "Certificate", "ServerHelloDone", "NewSessionTicket"]


@pytest.mark.parametrize("stapled", [True, False])
@pytest.mark.parametrize("asked", ["never", "request", "require"])
def test_status_and_client_certificates_go_with_it(
    pair, authority, client_credentials, rsa_credentials, stapled, asked
):
    server = {"suites": RSA_SUITES, "client_auth": asked, "client_roots": authority.anchors,
              "credentials": (rsa_credentials,), "ocsp_responses": (b"response",) if stapled else ()}
    client = {"suites": RSA_SUITES, "credentials": client_credentials, "status_request": True}
    p = pair(client=client, server=server).connect()

    assert p.client.certificate_status == (b"response" if stapled else b"")
    assert p.server.peer_certificates == (() if asked == "never" else client_credentials.chain)
    p.connect()
    assert (p.client.resumed, p.server.peer_certificates) == (
        True, () if asked == "never" else client_credentials.chain
    )


@pytest.mark.parametrize("asked", ["never", "request"])
def test_an_announced_response_may_be_left_out_here_too(pair, authority, client_credentials, rsa_credentials, asked):
    """RFC 6066, section 8."""
    steps = tuple(step for step in ServerHandlers().first_flight if step is not send_certificate_status)
    server = {"suites": RSA_SUITES, "client_auth": asked, "client_roots": authority.anchors,
              "credentials": (rsa_credentials,), "ocsp_responses": (b"response",)}
    client = {"suites": RSA_SUITES, "credentials": client_credentials, "status_request": True}
    p = pair(client=client, server=server).connect(server={"handlers": ServerHandlers(first_flight=steps)})

    assert p.client.handshake.server_hello.extension(ExtensionType.STATUS_REQUEST) == p.client.certificate_status == b""
    assert p.client.established and p.server.established


def test_a_server_without_an_rsa_key_refuses_these_suites(pair, ecdsa_credentials):
    p = pair(client={"suites": RSA_SUITES}, server={"suites": RSA_SUITES, "credentials": (ecdsa_credentials,)}).open()

    with pytest.raises(ProtocolError) as caught:
        p.exchange()
    assert caught.value.alert is AlertDescription.HANDSHAKE_FAILURE


def test_a_client_without_curves_in_common_is_served(pair):
    p = pair(client={"suites": RSA_SUITES, "groups": (Group.X25519,)},
             server={"suites": RSA_SUITES, "groups": (Group.SECP256R1,)}).connect()
    assert p.client.established


def sending(make):
    """Handlers of a client whose ClientKeyExchange has another body."""
    def step(handshake):
        secret, body = client_flight.make_pre_master(handshake)
        body = make(handshake, secret, body)
        client_flight._send(handshake, HandshakeType.CLIENT_KEY_EXCHANGE, body)
        handshake.master_secret = handshake.handlers.derive_master_secret(
            handshake.server_hello.extended_master_secret, secret, handshake.client_hello.random,
            handshake.server_hello.random, handshake.transcript.digest(), handshake.transcript.hash_name,
        )
        client_flight.derive_connection_keys(handshake)

    ordinary = ClientHandlers()
    flight = tuple(step if each is client_flight.send_client_key_exchange else each for each in ordinary.full_flight)
    return replace(ordinary, full_flight=flight)


def other_version(handshake, secret, body):
    return EncryptedPreMasterSecret(handshake.server_key.encrypt(b"\x03\x01" + secret[2:], padding.PKCS1v15())).encode()


def wrong_padding(handshake, secret, body):
    return EncryptedPreMasterSecret(bytes((body[2] ^ 1,)) + body[3:]).encode()


def wrong_length(handshake, secret, body):
    return EncryptedPreMasterSecret(handshake.server_key.encrypt(secret + b"x", padding.PKCS1v15())).encode()


def too_short(handshake, secret, body):
    return EncryptedPreMasterSecret(body[2:-1]).encode()


@pytest.mark.parametrize("suite", RSA_SUITES)
@pytest.mark.parametrize("make", [other_version, wrong_padding, wrong_length, too_short])
def test_every_wrong_secret_fails_alike_at_finished(pair, suite, make):
    p = pair(client={"suites": (suite,)}, server={"suites": (suite,)}).open(client={"handlers": sending(make)})

    with pytest.raises(ProtocolError) as caught:
        p.exchange()

    assert caught.value.alert is AlertDescription.BAD_RECORD_MAC
    assert caught.value.detail == "record 0 does not verify"
    assert p.server.handshake.state.name == "AWAIT_FINISHED"
