"""How fast the reference moves data, and reads the hello that offers a ticket."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Callable
from functools import partial

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rfc5077.properties.bench.endpoints import configurations, reference_ends
from rfc5077.properties.bench.figure import Figure, most
from rfc5077.properties.bench.handshakes import Work, seconds, shake
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.handshake.offer import Offer, make_client_hello
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.store import StoredTicket
from rfc5077.reference.wire.hello import ClientHello
from rfc5077.reference.wire.record import MAX_PLAINTEXT, TLS_1_2, ContentType

AT_ONCE, REPEATED = 4, 8
"""Records that are sent and received in one call, and how often in each piece of work."""

HEADER = struct.Struct(">BHH")
"""Of a record: type, version, length."""

TIMES_FLOOR = 2
MICROSECONDS = 12
TICKET = 200
"""Octets of the ticket in the hello that is read."""

HELLOS = 500
ROUNDS = 9


def bulk() -> tuple[Figure, ...]:
    """How many times as long as the bare primitive the reference takes to send and receive application data: records
    of 16,384 octets from one end to the other, in memory, 64 KiB at a time. The floor is AES-128-GCM by `cryptography`
    with the nonce and the additional data of each record, which is put together and taken apart again, and nothing
    else: no rules, no states, no buffers; for information, also the cipher without records. Processor time; they take
    turns; ratio of the medians."""
    client, server = reference_ends(*configurations())
    shake(lambda: (client, server), False)
    data = os.urandom(AT_ONCE * MAX_PLAINTEXT)

    def moved() -> None:
        for _ in range(REPEATED):
            client.tls.send(data)
            server.tls.receive(client.tls.data_to_send())

    works = (
        _again("reference", moved),
        _again("records", partial(records_alone, data)),
        _again("cipher", partial(cipher_alone, data)),
    )
    own, least, cipher = seconds(works)
    ours, theirs, bare = (f"{REPEATED * len(data) / taken / 1e6:.0f} MB/s" for taken in (own, least, cipher))
    return (
        Figure("bulk", own / least, "x", most(TIMES_FLOOR), f"AES-128-GCM in records {theirs}, reference {ours}"),
        Figure("bulk-cipher", own / cipher, "x", None, f"AES-128-GCM without records {bare}, reference {ours}"),
    )


def _again(name: str, do: Callable[[], None]) -> Work:
    """Work that needs no preparation."""
    return Work(name, lambda: do)


def records_alone(data: bytes) -> None:
    """The same octets as records, sealed and opened, without any protocol."""
    sealing, opening, salt = AESGCM(bytes(16)), AESGCM(bytes(16)), bytes(4)
    for number in range(REPEATED):
        records = []
        for start in range(0, len(data), MAX_PLAINTEXT):
            explicit = number.to_bytes(8, "big")
            covered = explicit + HEADER.pack(ContentType.APPLICATION_DATA, TLS_1_2, MAX_PLAINTEXT)
            sealed = sealing.encrypt(salt + explicit, data[start : start + MAX_PLAINTEXT], covered)
            records += [HEADER.pack(ContentType.APPLICATION_DATA, TLS_1_2, 8 + len(sealed)), explicit, sealed]
        stream = b"".join(records)
        start = 0
        while start < len(stream):
            kind, version, length = HEADER.unpack_from(stream, start)
            fragment = stream[start + HEADER.size : start + HEADER.size + length]
            covered = number.to_bytes(8, "big") + HEADER.pack(kind, version, length - 24)
            opening.decrypt(salt + fragment[:8], fragment[8:], covered)
            start += HEADER.size + length


def cipher_alone(data: bytes) -> None:
    """The same octets encrypted and decrypted, with one nonce, and with nothing around them."""
    cipher, nonce, covered = AESGCM(bytes(16)), bytes(12), bytes(13)
    fragments = [data[start : start + MAX_PLAINTEXT] for start in range(0, len(data), MAX_PLAINTEXT)]
    for _ in range(REPEATED):
        for fragment in fragments:
            cipher.decrypt(nonce, cipher.encrypt(nonce, fragment, covered), covered)


def hello() -> tuple[Figure, ...]:
    """How long the reference takes to read a ClientHello with a ticket of 200 octets and all that a client of its own
    says besides: from the octets of the message to the object. Processor time; 500 different ones at a time; median
    of 9 rounds."""
    bodies = hellos()

    def read() -> None:
        for body in bodies:
            ClientHello.parse(body)

    (taken,) = seconds([_again("ClientHello", read)], rounds=ROUNDS)
    against = f"{len(bodies[0])} octets, ticket of {TICKET}"
    return (Figure("hello", taken / HELLOS * 1e6, "us", most(MICROSECONDS), against),)


def hellos() -> list[bytes]:
    """Bodies of ClientHello, each with a random and a ticket of its own."""
    chance = random.Random(0)
    config = ClientConfig("localhost", insecure=True)
    session = Session(TLS_1_2, config.suites[0], bytes(48), True, "localhost", (), 0)
    found = []
    for _ in range(HELLOS):
        stored = StoredTicket(config.store_key, chance.randbytes(TICKET), session, 0.0, 1.0)
        found.append(make_client_hello(config, Offer(stored), chance.randbytes).encode())
    return found
