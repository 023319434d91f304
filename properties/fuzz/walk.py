"""Conversations of our own client and server that stop wherever a fuzzer likes, with the peer's hand led by it.

One of the two is the victim. The peer's flights do not run by themselves: each message waits in a queue until it is
asked for, altered if wanted, so that every state of the victim can be reached and the keys fit in each of them.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from rfc5077.properties.fuzz.oracle import Connection, demand, feed
from rfc5077.reference.alerts import AlertDescription, ProtocolError
from rfc5077.reference.connection import ClientConnection, ServerConnection
from rfc5077.reference.handshake.client_flight import ClientHandlers, ClientHandshake
from rfc5077.reference.handshake.config import ClientConfig, ServerConfig
from rfc5077.reference.handshake.server_flight import ServerHandlers, ServerHandshake
from rfc5077.reference.keys.credentials import Credentials, TrustAnchors, self_signed
from rfc5077.reference.keys.schedule import DirectionKeys
from rfc5077.reference.record_layer import RecordLayer
from rfc5077.reference.ticket.format import TicketKey
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.store import FinishedVerified, SessionCache, StoredTicket, TicketStore
from rfc5077.reference.wire.record import ContentType

NOW = 1_800_000_000.0
"""Seconds since 1970 at which every conversation takes place."""

RSA = 0x009C
"""A suite of RSA key exchange, whose messages differ from run to run."""

Alter = Callable[[bytes], bytes]
Side = TypeVar("Side", ClientHandshake, ServerHandshake)


def clock() -> float:
    """It stands still."""
    return NOW


@cache
def credentials(name: str) -> Credentials:
    """A self-signed certificate, the same in every process."""
    return self_signed(name, NOW, random.Random(name).randbytes)


@cache
def rsa_credentials() -> Credentials:
    """A self-signed certificate with an RSA key: another one in every process."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.fromtimestamp(NOW, UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    der = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return Credentials((der,), key)


def ticket_key(seed: int) -> TicketKey:
    """The same in every process."""
    return TicketKey.split(random.Random(seed).randbytes(64))


@dataclass(frozen=True)
class Kind:
    """A kind of conversation; `before`: a session of an earlier one is offered, `lost`: its ticket key is gone."""

    name: str
    client: ClientConfig
    server: ServerConfig
    before: bool = False
    lost: bool = False


@cache
def kinds() -> tuple[Kind, ...]:
    """Every kind there is, in an order to which rows are only added."""
    own, cbc, ocsp = credentials("client.example"), (0xC024,), (b"0\x03\x0a\x01\x06",)
    client = ClientConfig("localhost", roots=TrustAnchors(credentials("localhost").chain))
    server = ServerConfig((credentials("localhost"),), KeyRing((ticket_key(1),)))
    asking = replace(server, client_auth="require", client_roots=TrustAnchors(own.chain))
    small = replace(client, max_fragment_length=512, protocols=("h2", "http/1.1"), status_request=True)
    stapled = replace(server, protocols=("http/1.1",), ocsp_responses=ocsp)
    by_id = replace(server, issue="never", session_id_otherwise="fresh")
    by_rsa = ClientConfig("localhost", roots=TrustAnchors(rsa_credentials().chain), suites=(RSA,))
    of_cbc = replace(server, suites=cbc)
    of_rsa = ServerConfig((rsa_credentials(),), server.key_ring, suites=(RSA,))
    with_id = replace(client, session_id_with_ticket="fresh")
    return (
        Kind("full", client, server),
        Kind("full, client certificate", replace(client, credentials=own), asking),
        Kind("full, no tickets, no EMS", replace(client, tickets=False, ems=False), server),
        Kind("full, small records, ALPN, OCSP", small, stapled),
        Kind("resumed", client, server, before=True),
        Kind("resumed, renewed", with_id, replace(server, renew="ticket"), before=True),
        Kind("resumed by session id", client, by_id, before=True),
        Kind("ticket refused", client, server, before=True, lost=True),
        Kind("renegotiating", replace(client, renegotiation="any"), replace(server, renegotiation="any")),
        Kind("AES-CBC, encrypt-then-MAC", replace(client, suites=cbc), of_cbc),
        Kind("AES-CBC, MAC-then-encrypt", replace(client, suites=cbc, encrypt_then_mac=False), of_cbc),
        Kind("RSA key exchange", by_rsa, of_rsa),
        Kind("RSA key exchange, OCSP", replace(by_rsa, status_request=True), replace(of_rsa, ocsp_responses=ocsp)),
    )


VICTIMS = ("server", "client")


@cache
def _earlier(kind: Kind) -> tuple[StoredTicket | None, SessionCache]:
    """What a client and a server of this kind remember of a conversation."""
    store, memory = TicketStore(), SessionCache()
    client = ClientConnection(replace(kind.client, store=store), clock, random.Random(3).randbytes)
    server = ServerConnection(replace(kind.server, session_cache=memory), clock, random.Random(4).randbytes)
    client.start()
    while octets := client.data_to_send():
        server.receive(octets)
        client.receive(server.data_to_send())
    return store.find(kind.client.store_key, NOW), memory


def _configurations(kind: Kind) -> tuple[ClientConfig, ServerConfig]:
    store, memory = TicketStore(), SessionCache()
    if kind.before:
        stored, remembered = _earlier(kind)
        if stored is not None:
            store.keep(stored, FinishedVerified(b""))
            session = remembered.get(stored.session_id, NOW) if stored.session_id else None
            if session is not None:
                memory.put(stored.session_id, session)
    ring = KeyRing((ticket_key(2),)) if kind.lost else kind.server.key_ring
    return replace(kind.client, store=store), replace(kind.server, session_cache=memory, key_ring=ring)


class _Altering:
    """The channel of the peer while it sends one message: `alter` has it first."""

    def __init__(self, layer: RecordLayer, alter: Alter) -> None:
        self._layer = layer
        self._alter = alter

    def send(self, content_type: ContentType, payload: bytes) -> None:
        self._layer.send(content_type, self._alter(payload))

    def send_handshake(self, octets: bytes) -> None:
        self.send(ContentType.HANDSHAKE, octets)

    def send_change_cipher_spec(self) -> None:
        self.send(ContentType.CHANGE_CIPHER_SPEC, b"\x01")

    def send_warning(self, description: AlertDescription) -> None:
        self._layer.send_warning(description)

    def limit(self, sending: int, receiving: int, at_once: bool) -> None:
        self._layer.limit(sending, receiving, at_once)

    def write_with(self, keys: DirectionKeys) -> None:
        self._layer.write_with(keys)

    def read_with(self, keys: DirectionKeys) -> None:
        self._layer.read_with(keys)

    def deliver(self, data: bytes) -> None:
        self._layer.deliver(data)


class Walk:
    """One conversation. Every octet that the victim gets goes through `oracle.feed`."""

    def __init__(self, kind: Kind, victim: str) -> None:
        self._queue: deque[Callable[[Alter | None], None]] = deque()
        self._sent = bytearray()
        self._may_renegotiate = "never" not in (kind.client.renegotiation, kind.server.renegotiation)
        client_config, server_config = _configurations(kind)
        entropies = random.Random(5).randbytes, random.Random(6).randbytes
        client_led = victim != "client"
        client_handlers = self._led_client() if client_led else None
        server_handlers = None if client_led else self._led_server()
        self.client = ClientConnection(client_config, clock, entropies[0], handlers=client_handlers)
        self.server = ServerConnection(server_config, clock, entropies[1], handlers=server_handlers)
        self.victim: Connection = self.server if client_led else self.client
        self.peer: Connection = self.client if client_led else self.server
        self.client.start()
        self.opening = self.victim.data_to_send()
        self._sent += self.opening

    def _led_client(self) -> ClientHandlers:
        own = ClientHandlers()
        opening, full = self._lead(own.opening), self._lead(own.full_flight)
        return replace(own, opening=opening, full_flight=full, resumption_flight=self._lead(own.resumption_flight))

    def _led_server(self) -> ServerHandlers:
        own = ServerHandlers()
        first, last = self._lead(own.first_flight), self._lead(own.last_flight)
        return replace(own, first_flight=first, last_flight=last, resumption_flight=self._lead(own.resumption_flight))

    def _lead(self, steps: tuple[Callable[[Side], None], ...]) -> tuple[Callable[[Side], None], ...]:
        """The same flight, whose messages wait until `genuine` asks for them."""

        def wait(step: Callable[[Side], None], handshake: Side) -> None:
            keys = handshake.keys

            def run(alter: Alter | None) -> None:
                layer = self.peer.layer
                handshake.keys = handshake.keys or keys  # a peer whose last flight waits here takes itself for done
                handshake.channel = layer if alter is None else _Altering(layer, alter)
                step(handshake)
                handshake.channel = layer

            self._queue.append(run)

        return tuple(partial(wait, step) for step in steps)

    def genuine(self, alter: Alter | None = None) -> bool:
        """The peer's next message, altered if wanted, to the victim; whether there was one. Raises Finding."""
        try:
            if not self._queue:
                self.peer.receive(bytes(self._sent))
                self._sent.clear()
            if self.victim.closed or not self._queue:
                return False
            self._queue.popleft()(alter)
        except ProtocolError:  # what the victim said makes no sense to its peer, which has been made to lie
            return False
        self.feed(self.peer.data_to_send())
        return True

    def say(self, content_type: ContentType, payload: bytes) -> None:
        """A record of the peer's to the victim, under the keys of the moment. Raises Finding."""
        self.peer.layer.send(content_type, payload)
        self.feed(self.peer.data_to_send())

    def feed(self, octets: bytes) -> None:
        """Octets to the victim. Raises Finding."""
        before = self.victim.established
        self._sent += feed(self.victim, octets)
        if self.victim.established and not before:
            heard, said = self.victim.handshake.transcript.octets, self.peer.handshake.transcript.octets
            demand(heard.startswith(said), "established, although it heard something else than its peer said")

    def use(self, choice: int) -> None:
        """What a user of the victim may do: send, close, lose the transport, negotiate anew. Raises Finding."""
        victim = self.victim
        if choice % 4 == 0 and victim.established and not victim.closed:
            victim.send(b"data")
        elif choice % 4 == 1:
            victim.close()
        elif choice % 4 == 2:
            victim.end_of_input()
            demand(victim.closed, "open after the end of the transport")
        elif not victim.closed and victim.handshake.can_renegotiate and self._may_renegotiate:
            victim.renegotiate()
        self._sent += victim.data_to_send()
