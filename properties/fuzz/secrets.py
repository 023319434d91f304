"""What is read although no peer sent it: tickets and what they seal, key files, session files, stores."""

import hmac
import json
import random
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rfc5077.properties.cli.session_file import parse_session
from rfc5077.properties.fuzz.oracle import demand, feed
from rfc5077.properties.fuzz.walk import NOW, clock, kinds, ticket_key
from rfc5077.reference.connection import ServerConnection
from rfc5077.reference.handshake.config import ServerConfig
from rfc5077.reference.handshake.offer import Offer, make_client_hello
from rfc5077.reference.ticket import format, ssl_session
from rfc5077.reference.ticket.aead_format import NONCE, AeadKey
from rfc5077.reference.ticket.key_file import parse_key_file
from rfc5077.reference.ticket.key_ring import KeyRing, SealingKey, open_any
from rfc5077.reference.ticket.openssl_format import OpenSslKey
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.sqlite_store import SqliteStore
from rfc5077.reference.ticket.store import FinishedVerified, StoredTicket, StoreError, StoreKey
from rfc5077.reference.wire.messages import HandshakeType, handshake
from rfc5077.reference.wire.record import encode_records

IV = bytes(16)


@cache
def keys() -> tuple[SealingKey, ...]:
    """A key of each format, in an order to which keys are only added."""
    drawn = random.Random(7).randbytes
    return (ticket_key(1), AeadKey.split(drawn(48)), OpenSslKey.split(drawn(48), b""), OpenSslKey.split(drawn(80)))


def seal_state(key: SealingKey, state: bytes) -> bytes:
    """A ticket of this key with any state inside, as only its owner could make it."""
    if isinstance(key, format.TicketKey):
        return format.seal_state(key, state, IV)
    if isinstance(key, AeadKey):
        return key.name + IV[:NONCE] + AESGCM(key.encryption).encrypt(IV[:NONCE], state, key.name)
    if not isinstance(key, OpenSslKey):
        raise TypeError(f"key: {type(key).__name__} is of no known format")
    padding = 16 - len(state) % 16
    encryptor = Cipher(algorithms.AES(key.encryption), modes.CBC(IV)).encryptor()
    covered = key.name + IV + encryptor.update(state + bytes((padding,)) * padding)
    return covered + hmac.digest(key.mac, covered, "sha256")


@cache
def genuine_session() -> Session:
    """A session that every key can seal."""
    return Session(0x0303, 0xC02B, bytes(range(48)), True, "localhost", (), int(NOW))


def state_of(key: SealingKey) -> bytes:
    """What this key seals of the genuine session."""
    if isinstance(key, OpenSslKey):
        return ssl_session.encode(ssl_session.OpenSslSession(genuine_session()))
    return format.encode_state(genuine_session())


@cache
def _server(number: int) -> ServerConfig:
    plain = kinds()[0].server
    return ServerConfig(plain.credentials, KeyRing((keys()[number],)))


def ticket(data: bytes) -> None:
    """A ticket in a ClientHello. First octet: which key; whether the rest is the ticket, what stands behind its name,
    or the state inside. Raises Finding."""
    if not data or len(data) > 40_000:
        return
    number, way = data[0] % 4, data[0] // 4 % 3
    key, rest = keys()[number], data[1:]
    presented = rest if way == 0 else key.name + rest if way == 1 else seal_state(key, rest)
    session = open_any(_server(number).key_ring, presented)
    demand(session is None or way == 2 or presented == key.seal(genuine_session(), IV), "a forged ticket was opened")
    if session is not None:
        demand(open_any(_server(number).key_ring, key.seal(session, IV)) is not None, "sealed again it stays shut")
    stored = StoredTicket(StoreKey("localhost"), presented, genuine_session(), NOW, NOW + 1)
    hello = make_client_hello(kinds()[0].client, Offer(stored), random.Random(8).randbytes)
    server = ServerConnection(_server(number), clock, random.Random(9).randbytes)
    feed(server, encode_records(22, handshake(HandshakeType.CLIENT_HELLO, hello.encode())))
    demand(server.resumed is not True or session is not None, "resumed without a session")


def key_file(data: bytes) -> None:
    """A file of ticket keys, and a ring of what is in it. Only ValueError may come of it."""
    for context, aead in ((None, False), (b"context", False), (None, True)):
        try:
            ring = KeyRing(parse_key_file(data, context, aead=aead))
        except ValueError:
            continue
        demand(1 <= len(ring.keys) <= 3, f"{len(ring.keys)} keys")
        sealed = ring.keys[0].seal(genuine_session(), IV)
        demand(open_any(ring, sealed) == genuine_session(), "what the first key sealed is not opened")


def session_file(data: bytes) -> None:
    """A session file. Only ValueError may come of it; what was read can be kept."""
    try:
        stored = parse_session(data.decode())
    except ValueError:
        return
    state = format.encode_state(stored.session)
    demand(format.decode_state(state) is not None, "the session cannot be kept")


@cache
def _store_before() -> bytes:
    """A store with one session, as it lies on the disk."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "store")
        store = SqliteStore(path)
        store.keep(stored_session(), FinishedVerified(b""))
        store.close()
        return path.read_bytes()


@cache
def stored_session() -> StoredTicket:
    """What the store holds."""
    return StoredTicket(StoreKey("localhost"), b"ticket", genuine_session(), NOW, NOW + 60)


def store(data: bytes) -> None:
    """An SQLite store with octets of it overwritten: place (two octets) and value (one) in turn; or, if the first octet
    is odd, a file of the octets behind it. Only StoreError may come of it."""
    if not data:
        return
    octets = bytearray(_store_before()) if data[0] % 2 == 0 else data[1:]
    if isinstance(octets, bytearray):
        for at in range(1, len(data) - 2, 3):
            octets[int.from_bytes(data[at : at + 2], "big") % len(octets)] = data[at + 2]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "store")
        path.touch(mode=0o600)
        path.write_bytes(octets)
        _use_store(path)


def _use_store(path: Path) -> None:
    uses: tuple[Callable[[SqliteStore], object], ...] = (
        lambda kept: kept.find(stored_session().key, NOW),
        lambda kept: kept.keep(stored_session(), FinishedVerified(b"")),
        lambda kept: kept.find(stored_session().key, NOW),
        lambda kept: kept.forget(stored_session()),
        len,
    )
    try:
        kept = SqliteStore(path, patience=0.1)
    except StoreError:
        return
    try:
        for use in uses:
            try:
                use(kept)
            except StoreError:
                continue
    finally:
        kept.close()


def session_text() -> str:
    """The text of a session file as `save_session` writes it."""
    session = genuine_session()
    return json.dumps({
        "schema": "rfc5077/session/1", "server_name": "localhost", "trust": "00" * 32, "ticket": "7469636b6574",
        "session_id": "", "received_at": NOW, "expires_at": NOW + 60, "suite": session.suite,
        "master_secret": session.master_secret.hex(), "extended_master_secret": True,
        "sent_server_name": "localhost", "client_identity": [], "created": session.created,
    })  # fmt: skip
