"""Both state machines, driven to any state and then told any octets.

The input is a script: kind of conversation and victim, so many messages of the peer as they should be, then steps, each
an octet for what, two for a length, and that many octets:

    0 octets as they are            4 the peer's next message, with octets xored into it at a place
    1 a handshake message           5 the peer's next messages, as they should be
    2 a record of any type          6 what a user of the victim may do
    3 a handshake message of the body that follows, in records of one octet
"""

import random
from collections.abc import Iterator

from rfc5077.properties.fuzz.oracle import demand
from rfc5077.properties.fuzz.walk import VICTIMS, Alter, Walk, clock, kinds
from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.connection import ServerConnection
from rfc5077.reference.wire.messages import handshake
from rfc5077.reference.wire.record import ContentType, encode_records

TYPES = tuple(ContentType)
MOST_STEPS = 40
MOST_MESSAGES = 12
"""No handshake of ours has more messages of one side."""


def machine(data: bytes) -> None:
    """Plays a script. Raises Finding."""
    if len(data) < 2:
        return
    kind = kinds()[data[0] // 2 % len(kinds())]
    walk = Walk(kind, VICTIMS[data[0] % 2])
    for _ in range(data[1] % MOST_MESSAGES):
        if not walk.genuine():
            break
    for step, operand in steps(data[2:]):
        _play(walk, step, operand)


def script(kind: int, victim: str, messages: int, *parts: tuple[int, bytes]) -> bytes:
    """The octets of a script."""
    head = bytes((2 * kind + VICTIMS.index(victim), messages))
    return head + b"".join(bytes((step,)) + len(operand).to_bytes(2, "big") + operand for step, operand in parts)


def steps(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The steps of a script; the last one takes what is there."""
    at, count = 0, 0
    while at < len(data) and count < MOST_STEPS:
        length = int.from_bytes(data[at + 1 : at + 3], "big")
        yield data[at] % 7, data[at + 3 : at + 3 + length]
        at += 3 + length
        count += 1


def _play(walk: Walk, step: int, operand: bytes) -> None:
    first = operand[0] if operand else 0
    if step == 0:
        walk.feed(operand)
    elif step == 1:
        walk.say(ContentType.HANDSHAKE, handshake(first, operand[1:]))
    elif step == 2:
        walk.say(TYPES[first % len(TYPES)], operand[1:])
    elif step == 3:
        for octet in handshake(first, operand[1:65]):
            walk.say(ContentType.HANDSHAKE, bytes((octet,)))
    elif step == 4:
        walk.genuine(_altering(operand))
    elif step == 5:
        for _ in range(1 + first % MOST_MESSAGES):
            walk.genuine()
    else:
        walk.use(first)


def _altering(operand: bytes) -> Alter:
    place, mask = int.from_bytes(operand[:2], "big"), operand[2:]

    def alter(octets: bytes) -> bytes:
        changed = bytearray(octets)
        for number, value in enumerate(mask):
            changed[(place + number) % len(changed)] ^= value
        return bytes(changed)

    return alter


def stream(data: bytes) -> None:
    """Octets for a server mean the same however they are cut; the first octet says how. Raises Finding."""
    if not data:
        return
    whole, cut = _new_server(), _new_server()
    answer, error = _answer(whole, data[1:])
    drawn, at, answers, other = random.Random(data[0]), 1, b"", ""
    while at < len(data):
        end = at + drawn.choice((1, 1, 2, 5, 16, 300))
        said, wrong = _answer(cut, data[at:end])
        answers, other, at = answers + said, other or wrong, end
    demand((answer, error, whole.closed) == (answers, other, cut.closed), "cut in another way it means something else")


def _new_server() -> ServerConnection:
    return ServerConnection(kinds()[0].server, clock, random.Random(6).randbytes)


def _answer(server: ServerConnection, octets: bytes) -> tuple[bytes, str]:
    try:
        server.receive(octets)
    except ProtocolError as error:
        return server.data_to_send(), str(error)
    return server.data_to_send(), ""


def client_hello(kind: int = 0) -> bytes:
    """The genuine ClientHello of a kind of conversation, in its record."""
    return Walk(kinds()[kind], "client").opening


def machine_seeds() -> Iterator[bytes]:
    """For each kind and victim: a conversation as it should be, and one altered at each message."""
    for number in range(len(kinds())):
        for victim in VICTIMS:
            yield script(number, victim, 0, (5, b"\x0b"), (2, b"\x03data"), (6, b"\x03"), (5, b"\x0b"))
            for messages in range(0, MOST_MESSAGES, 2):
                yield script(number, victim, messages, (4, b"\x00\x06\x01"))


def stream_seeds() -> Iterator[bytes]:
    """Genuine hellos."""
    for number in range(len(kinds())):
        hello = client_hello(number)
        yield b"\x00" + hello
        yield b"\x01" + hello + encode_records(ContentType.HANDSHAKE, handshake(16, b"\x20" + bytes(32)))
