"""How fast the reference moves data, and reads the hello that offers a ticket."""

from __future__ import annotations

import os
import random
import ssl
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import cycle

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rfc5077.properties.bench.endpoints import configurations, reference_ends
from rfc5077.properties.bench.figure import Figure, most
from rfc5077.properties.bench.handshakes import Work, seconds, shake
from rfc5077.properties.bench.identity import NAME
from rfc5077.reference.wire.hello import MAX_SESSION_ID, ClientHello, ExtensionType
from rfc5077.reference.wire.record import MAX_PLAINTEXT, TLS_1_2, ContentType

AT_ONCE, REPEATED = 4, 8
"""Records that are sent and received in one call, and how often in each piece of work."""

HEADER = struct.Struct(">BHH")
"""Of a record: type, version, length."""
MESSAGE_HEADER = 4
"""Octets of type and length before the body of a handshake message."""

TIMES_FLOOR = 2
MICROSECONDS = 12
TICKET = 200
"""Octets of the ticket in the hello that is read."""

HELLOS = 500
ROUNDS = 9


def bulk() -> tuple[Figure, ...]:
    """How many times as long as the floor the reference takes to send and receive application data: records of 16,384
    octets from one end to the other, in memory, 64 KiB at a time. The floor is AES-128-GCM by `cryptography` in
    records: put together with the nonce and the additional data of each, and taken apart again, without rules, states
    and buffers. For information, also the cipher alone, without records. Processor time; they take turns; ratio of the
    medians."""
    client, server = reference_ends(*configurations())
    shake(lambda: (client, server), False)
    data = os.urandom(AT_ONCE * MAX_PLAINTEXT)

    def moved() -> None:
        for _ in range(REPEATED):
            client.tls.send(data)
            server.tls.receive(client.tls.data_to_send())

    works = (
        _again("reference", moved),
        _again("cipher", partial(cipher_alone, data, covers())),
        _again("records", partial(records_alone, data)),
    )
    own, cipher, records = seconds(works)
    ours, bare, framed = (f"{REPEATED * len(data) / taken / 1e6:.0f} MB/s" for taken in (own, cipher, records))
    return (
        Figure("bulk", own / records, "x", most(TIMES_FLOOR), f"AES-128-GCM in records {framed}, reference {ours}"),
        Figure("bulk-cipher", own / cipher, "x", None, f"AES-128-GCM without records {bare}, reference {ours}"),
    )


def _again(name: str, do: Callable[[], None]) -> Work:
    """Work that needs no preparation."""
    return Work(name, lambda: do)


def covers() -> list[tuple[bytes, bytes]]:
    """Nonce and additional data of each record of a piece of work (RFC 5288, section 3; RFC 5246, section 6.2.3.3)."""
    salt, header = bytes(4), HEADER.pack(ContentType.APPLICATION_DATA, TLS_1_2, MAX_PLAINTEXT)
    numbers = (number.to_bytes(8, "big") for number in range(AT_ONCE * REPEATED))
    return [(salt + number, number + header) for number in numbers]


def cipher_alone(data: bytes, covers: Sequence[tuple[bytes, bytes]]) -> None:
    """The same octets encrypted by one end and decrypted by the other, with nothing around them."""
    sealing, opening = AESGCM(bytes(16)), AESGCM(bytes(16))
    fragments = [data[start : start + MAX_PLAINTEXT] for start in range(0, len(data), MAX_PLAINTEXT)]
    for (nonce, covered), fragment in zip(covers, cycle(fragments), strict=False):
        opening.decrypt(nonce, sealing.encrypt(nonce, fragment, covered), covered)


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


def hello() -> tuple[Figure, ...]:
    """How long the reference takes to read the body of a ClientHello that offers a ticket of 200 octets: the hello is
    one that OpenSSL makes for TLS 1.2, with its own suites and extensions, and each has a random, a session id and a
    ticket of its own; none is read twice. Processor time; 500 at a time; median of 36."""
    like, chance = openssl_hello(), random.Random()

    def prepare() -> Callable[[], None]:
        return partial(read, hellos(like, chance))

    (taken,) = seconds([Work("ClientHello", prepare)], rounds=ROUNDS)
    (one,) = hellos(like, chance, count=1)
    against = f"{len(one)} octets, ticket of {TICKET}, as {ssl.OPENSSL_VERSION} has them"
    return (Figure("hello", taken / HELLOS * 1e6, "us", most(MICROSECONDS), against),)


def read(bodies: Sequence[bytes]) -> None:
    """Each of them once."""
    for body in bodies:
        ClientHello.parse(body)


def openssl_hello() -> ClientHello:
    """What OpenSSL says first for TLS 1.2, an empty SessionTicket extension included."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    outgoing = ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=NAME).do_handshake()
    return ClientHello.parse(outgoing.read()[HEADER.size + MESSAGE_HEADER :])


def hellos(like: ClientHello, chance: random.Random, count: int = HELLOS) -> list[bytes]:
    """Bodies of a hello like this, each with a random, a session id and a ticket of its own."""

    def one() -> ClientHello:
        ticket = (ExtensionType.SESSION_TICKET, chance.randbytes(TICKET))
        extensions = tuple(ticket if kind == ticket[0] else (kind, body) for kind, body in like.extensions)
        return replace(
            like, random=chance.randbytes(32), session_id=chance.randbytes(MAX_SESSION_ID), extensions=extensions
        )

    return [one().encode() for _ in range(count)]
