"""What fuzzers are let loose on, by name, each with octets to begin with."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rfc5077.properties.fuzz import machines, secrets
from rfc5077.properties.fuzz.decoders import DECODERS
from rfc5077.properties.fuzz.walk import credentials


@dataclass(frozen=True)
class Target:
    """Takes any octets; whatever `run` raises is a finding.

    Attributes:
        what: for people.
        seeds: inputs to begin with.
        longest: octets of an input at most.
    """

    what: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    longest: int = 4096


_NAMES = tuple(DECODERS)


def decoder(data: bytes) -> None:
    """One decoder, which the first octet chooses. Raises Finding."""
    if data:
        DECODERS[_NAMES[data[0] % len(_NAMES)]](data[1:])


def decoder_input(name: str, body: bytes) -> bytes:
    """The input that gives this body to a decoder."""
    return bytes((_NAMES.index(name),)) + body


def _decoder_seeds() -> Iterator[bytes]:
    hello = machines.client_hello(3)[9:]
    for name in ("ClientHello", "ClientHello looked on", "ClientHello judged"):
        yield decoder_input(name, hello)
    der = credentials("localhost").chain[0]
    chain = (len(der) + 3).to_bytes(3, "big") + len(der).to_bytes(3, "big") + der
    for name in ("Certificate", "certificates"):
        yield decoder_input(name, chain)
    for name in _NAMES:
        yield decoder_input(name, b"\x00\x01\x02")


def _ticket_seeds() -> Iterator[bytes]:
    session = secrets.genuine_session()
    for number, key in enumerate(secrets.keys()):
        sealed = key.seal(session, secrets.IV)
        yield bytes((number,)) + sealed
        yield bytes((number + 4,)) + sealed[16:]
        yield bytes((number + 8,)) + secrets.state_of(key)


def _key_file_seeds() -> Iterator[bytes]:
    for length in (48, 64, 80):
        yield bytes(range(length))
        yield b"\n".join(b64encode(bytes((number,)) * length) for number in range(3))


TARGETS = {
    "decoders": Target("every decoder of messages, extensions and certificates", decoder, _decoder_seeds),
    "machines": Target("client and server in every state", machines.machine, machines.machine_seeds),
    "stream": Target("a server's octets, cut in two ways", machines.stream, machines.stream_seeds),
    "tickets": Target("tickets of every format, and what they seal", secrets.ticket, _ticket_seeds),
    "keys": Target("files of ticket keys", secrets.key_file, _key_file_seeds),
    "session": Target("session files", secrets.session_file, lambda: iter((secrets.session_text().encode(),))),
    "store": Target("a store of sessions that was damaged", secrets.store, lambda: iter((b"\x00\x00\x10\x01",))),
}
