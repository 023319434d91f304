"""What tests connect: a clock, entropy, certificates, and pairs of our own client and server."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rfc5077.reference.connection import ClientConnection, ServerConnection
from rfc5077.reference.handshake.config import ClientConfig, ServerConfig
from rfc5077.reference.keys.credentials import Credentials, TrustAnchors
from rfc5077.reference.ticket.format import TicketKey

START = 1_800_000_000.0
"""Where the clock of a test begins, in seconds since 1970."""


@dataclass
class Clock:
    """A clock that moves when told to."""

    now: float = START

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def seeded(seed: int):
    """Entropy that is the same in every run."""
    return random.Random(seed).randbytes


def ticket_key(seed: int) -> TicketKey:
    """A ticket key that is the same in every run."""
    return TicketKey.split(seeded(seed)(64))


@dataclass(frozen=True)
class Authority:
    """A certification authority for tests."""

    name: x509.Name
    key: ec.EllipticCurvePrivateKey
    certificate: bytes

    @classmethod
    def make(cls, common_name: str) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = _builder(name, name, key.public_key(), 3650)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(usage, critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        return cls(name, key, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))

    @property
    def anchors(self) -> TrustAnchors:
        return TrustAnchors((self.certificate,))

    @property
    def pem(self) -> str:
        return x509.load_der_x509_certificate(self.certificate).public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, *names: str, key=None, days: int = 3650) -> Credentials:
        """Credentials for these host names, with an ECDSA key unless another is given."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = _builder(subject, self.name, key.public_key(), days)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
        builder = builder.add_extension(authority_key, critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        return Credentials((certificate.public_bytes(serialization.Encoding.DER),), key)


def _builder(subject, issuer, key, days: int) -> x509.CertificateBuilder:
    start = datetime.fromtimestamp(START, UTC) - timedelta(days=3650)  # the real clock of foreign peers fits as well
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start)
    return builder.not_valid_after(datetime.fromtimestamp(START, UTC) + timedelta(days=days))


@dataclass
class Pair:
    """A client and a server, and everything needed to make them connect again and again."""

    client_config: ClientConfig
    server_config: ServerConfig
    clock: Clock
    seed: int = 0
    client: ClientConnection = field(init=False)
    server: ServerConnection = field(init=False)
    client_events: list = field(init=False)
    server_events: list = field(init=False)
    client_octets: bytes = field(init=False)
    server_octets: bytes = field(init=False)

    def connect(self, chunk: int | None = None, **changes) -> "Pair":
        """One more handshake; `chunk` cuts what travels into portions of that many octets."""
        self.open(**changes)
        self.exchange(chunk)
        return self

    def open(self, client: dict | None = None, server: dict | None = None) -> "Pair":
        """New connections, the client's hello queued; keyword arguments go to the connections."""
        self.seed += 1
        self.client = ClientConnection(self.client_config, self.clock, seeded(2 * self.seed), **(client or {}))
        self.server = ServerConnection(self.server_config, self.clock, seeded(2 * self.seed + 1), **(server or {}))
        self.client_events, self.server_events, self.client_octets, self.server_octets = [], [], b"", b""
        self.client.start()
        return self

    def exchange(self, chunk: int | None = None) -> None:
        """Carries octets to and fro until both are silent."""
        while True:
            to_server = self.client.data_to_send()
            self.client_octets += to_server
            for part in _portions(to_server, chunk):
                self.server_events += self.server.receive(part)
            to_client = self.server.data_to_send()
            self.server_octets += to_client
            for part in _portions(to_client, chunk):
                self.client_events += self.client.receive(part)
            if not to_server and not to_client:
                return


def _portions(octets: bytes, chunk: int | None):
    step = chunk or len(octets) or 1
    return [octets[at : at + step] for at in range(0, len(octets), step)]
