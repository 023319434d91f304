"""Which alert answers which certificate: ours, OpenSSL's through `ssl`, and GnuTLS's, as clients and as servers.

The section of each case names the alert, or the rule for which RFC 5246, section 7.2.2, has the alert. Where another
stack chooses another, `OTHERS` has it. Certificates that are missing, none at all, or of the wrong kind are rows of
`table`. That a client has none where one is required is handshake_failure (RFC 5246, 7.4.6): certificate_required is an
alert of TLS 1.3 alone (RFC 8446, 6.2).
"""

import ssl
import tempfile
import time
from dataclasses import dataclass, replace
from functools import cache

import pytest
from alerts.table import GNUTLS, OPENSSL, number_of
from alerts.victims import GnuTls
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from rfc5077.properties.adapters import python_ssl
from rfc5077.properties.fuzz.walk import kinds
from rfc5077.properties.matrix.papers import Authority, issue, make_authority
from rfc5077.reference.alerts import AlertDescription as A
from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.connection import AlertReceived, ClientConnection, ServerConnection
from rfc5077.reference.handshake.config import ClientConfig, ServerConfig
from rfc5077.reference.keys.credentials import Credentials, TrustAnchors
from rfc5077.reference.keys.exchange import system_entropy

DAYS = 86400


@dataclass(frozen=True)
class Case:
    """A certificate with one thing wrong, and the alert for it."""

    what: str
    alert: A
    shift: float = 0
    """Seconds by which the two days of its validity lie off."""
    name: str = "localhost"
    known: bool = True
    altered: bool = False
    misused: bool = False
    signs: bool = True
    by_an_authority: bool = True
    section: str = "RFC 5246, 7.2.2"
    """Which names the alert, or the rule that is broken."""


CASES = (
    Case("expired", A.CERTIFICATE_EXPIRED, shift=-10 * DAYS),
    Case("not valid yet", A.CERTIFICATE_EXPIRED, shift=10 * DAYS),
    Case("of an unknown authority", A.UNKNOWN_CA, known=False),
    Case("signed by one that may not", A.UNKNOWN_CA, by_an_authority=False),
    Case("with a wrong signature", A.BAD_CERTIFICATE, altered=True),
    Case("for the other role", A.UNSUPPORTED_CERTIFICATE, misused=True, section="RFC 5280, 4.2.1.12"),
    Case("whose key may not sign", A.UNSUPPORTED_CERTIFICATE, signs=False, section="RFC 5246, 7.4.2 and 7.4.6"),
    Case("for another name", A.BAD_CERTIFICATE, name="elsewhere.example", section="RFC 2818, 3.1"),
)
OF_CLIENTS = CASES[:-1]

OTHERS = {
    ("not valid yet", OPENSSL): A.BAD_CERTIFICATE,
    ("with a wrong signature", OPENSSL): A.DECRYPT_ERROR,
    ("expired", GNUTLS): A.BAD_CERTIFICATE,
    ("not valid yet", GNUTLS): A.BAD_CERTIFICATE,
    ("of an unknown authority", GNUTLS): A.BAD_CERTIFICATE,
    ("signed by one that may not", GNUTLS): A.BAD_CERTIFICATE,
    ("for the other role", GNUTLS): None,
    ("whose key may not sign", OPENSSL, "client"): A.HANDSHAKE_FAILURE,
    ("whose key may not sign", OPENSSL, "server"): None,
    ("whose key may not sign", GNUTLS): A.INTERNAL_ERROR,
}
"""What they say instead, in both roles or in one. The section of the case decides.

GnuTLS has one alert for whatever is wrong with a chain, and looks at extendedKeyUsage only where an application asks
for that. OpenSSL's server takes the signature of a key that may not sign.
"""


def stated(case: Case, stack: str, victim: str) -> A | None:
    """The alert of this stack for the case, None if it takes the certificate."""
    return OTHERS.get((case.what, stack, victim), OTHERS.get((case.what, stack), case.alert))


@cache
def authority(known: bool):
    return make_authority("Root" if known else "Nobody", time.time())


def shown(case: Case, role: str) -> Credentials:
    """What this role shows of itself."""
    use = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}
    purpose = use[("client" if role == "server" else "server") if case.misused else role]
    key = ec.generate_private_key(ec.SECP256R1())
    signer = authority(case.known)
    above = () if case.by_an_authority else issue(signer, key, ("middle.example",), purpose, time.time()).chain
    if above:
        middle = x509.load_der_x509_certificate(above[0])
        signer = Authority(middle.subject, key, middle)
    made = issue(signer, key, (case.name,), purpose, time.time() + case.shift, case.signs)
    made = Credentials((*made.chain, *above), key)
    if not case.altered:
        return made
    (der,) = made.chain
    return Credentials((der[:-1] + bytes((der[-1] ^ 1,)),), key)


GOOD = Case("good", A.CLOSE_NOTIFY)


class Ours:
    """An end of ours: octets in, octets out; what alert it sent, and which came."""

    def __init__(self, connection) -> None:
        self.connection, self.sent, self.heard = connection, None, None
        if isinstance(connection, ClientConnection):
            connection.start()

    def feed(self, octets: bytes) -> bytes:
        try:
            events = self.connection.receive(octets)
        except ProtocolError as error:
            self.sent, events = error.alert, self.connection.last_events
        self.heard = next((e.description for e in events if isinstance(e, AlertReceived)), self.heard)
        return self.connection.data_to_send()


class OpenSsl:
    """The same of Python's `ssl`."""

    def __init__(self, victim: str) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT if victim == "client" else ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(cadata=authority(True).pem)
        if victim == "server":
            context.verify_mode = ssl.CERT_REQUIRED
            loaded(context, shown(GOOD, "server"))
        ends = ssl.MemoryBIO(), ssl.MemoryBIO()
        name = "localhost" if victim == "client" else None
        tls = context.wrap_bio(*ends, server_side=victim == "server", server_hostname=name)
        self._connection = python_ssl.Connection(tls, *ends)

    def feed(self, octets: bytes) -> bytes:
        self._connection.write(octets)
        return self._connection.read()


def loaded(context: ssl.SSLContext, own: Credentials) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(own.key_pem() + own.chain_pem())
        file.flush()
        context.load_cert_chain(file.name)


def server_of_ours(own: Credentials, asks: bool = False) -> Ours:
    config = ServerConfig((own,))
    if asks:
        config = replace(config, client_auth="require", client_roots=anchors())
    return Ours(ServerConnection(config, time.time, system_entropy))


def client_of_ours(own: Credentials | None = None) -> Ours:
    config = ClientConfig("localhost", anchors(), credentials=own)
    return Ours(ClientConnection(config, time.time, system_entropy))


def anchors() -> TrustAnchors:
    return TrustAnchors.from_pem(authority(True).pem.encode())


def gnutls(victim: str) -> GnuTls:
    own = shown(GOOD, "server") if victim == "server" else None
    kind = kinds()[number_of("full, client certificate" if victim == "server" else "full")]
    return GnuTls(kind, victim, roots=authority(True).pem.encode(), own=own)


def converse(client, server) -> None:
    """Octets to and fro until nobody has any more."""
    octets = client.feed(b"")
    for _ in range(10):
        octets = client.feed(server.feed(octets))
        if not octets:
            return


def alert_of_foreign(case: Case, victim: str, foreign) -> A | None:
    """What a foreign victim answers, as our end hears it."""
    if victim == "client":
        peer = server_of_ours(shown(case, "server"))
        converse(foreign, peer)
    else:
        peer = client_of_ours(shown(case, "client"))
        converse(peer, foreign)
    return peer.heard


ROLES = [(case, "client") for case in CASES] + [(case, "server") for case in OF_CLIENTS]
NAMES = [f"{victim}: {case.what}" for case, victim in ROLES]


@pytest.mark.parametrize(("case", "victim"), ROLES, ids=NAMES)
def test_ours_answers_by_this_alert(case, victim):
    judge = client_of_ours() if victim == "client" else server_of_ours(shown(GOOD, "server"), asks=True)
    if victim == "client":
        converse(judge, server_of_ours(shown(case, "server")))
    else:
        converse(client_of_ours(shown(case, "client")), judge)

    assert judge.sent is case.alert


@pytest.mark.parametrize(("case", "victim"), ROLES, ids=NAMES)
def test_openssl_answers_by_it_or_as_stated(case, victim):
    assert alert_of_foreign(case, victim, OpenSsl(victim)) is stated(case, OPENSSL, victim)


@pytest.mark.peer
@pytest.mark.parametrize(("case", "victim"), ROLES, ids=NAMES)
def test_gnutls_answers_by_it_or_as_stated(case, victim):
    assert alert_of_foreign(case, victim, gnutls(victim)) is stated(case, GNUTLS, victim)


@pytest.mark.parametrize("victim", ["client", "server"])
@pytest.mark.parametrize("make", [OpenSsl, pytest.param(gnutls, marks=pytest.mark.peer)])
def test_a_good_certificate_is_taken_by_the_same_victims(victim, make):
    assert alert_of_foreign(GOOD, victim, make(victim)) is None


def test_what_is_stated_of_others_is_about_cases_and_a_difference():
    alerts = {case.what: case.alert for case in CASES}

    assert {what for what, *_ in OTHERS} <= set(alerts)
    assert all(alert is not alerts[what] for (what, *_), alert in OTHERS.items())


def test_each_case_has_a_name_of_its_own_and_a_section_that_decides():
    assert len({case.what for case in CASES}) == len(CASES)
    assert all(case.section.startswith("RFC ") for case in CASES)
