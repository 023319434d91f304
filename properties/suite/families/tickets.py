"""Tickets of other octets and lengths, presented to a server: all that it cannot open it answers in one way."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rfc5077.model.event import Extension
from rfc5077.properties.suite.agreement import Session
from rfc5077.properties.suite.driver import UNGUESSABLE
from rfc5077.properties.suite.families.events import hello
from rfc5077.properties.suite.families.family import Trial, family
from rfc5077.properties.suite.families.sayings import presenting
from rfc5077.properties.suite.families.stage import Outcome, Shaken, Stage

WHOLE = 256
"""Octets of a ticket up to which every bit and every length is tried; of a longer one only so many places."""
LARGE = (2**14 - 1, 2**14 + 1, 20_000, 60_000)
"""Octets of tickets that take a record, a bit more, and several."""
RESUMED = Outcome.RESUMED.value
"""No way to answer a changed ticket; the judge tells."""
UNLIKE = 64
"""Bits in which two tickets differ at least that are no names in a table."""

Variants = Callable[[bytes], Iterator[bytes]]


def places(octets: int) -> range:
    """The places of a ticket that are tried: all, or as many as there may be, spread over it."""
    return range(0, octets, max(1, octets // WHOLE))


def every_bit(ticket: bytes) -> Iterator[bytes]:
    """The ticket with one bit changed."""
    for place in places(len(ticket)):
        for bit in range(8):
            yield ticket[:place] + bytes((ticket[place] ^ (1 << bit),)) + ticket[place + 1 :]


def every_length(ticket: bytes) -> Iterator[bytes]:
    """The beginnings of the ticket."""
    for length in places(len(ticket)):
        if length:
            yield ticket[:length]


def longer(ticket: bytes) -> Iterator[bytes]:
    """The ticket with octets behind it."""
    yield ticket + b"\x00"
    if 2 * len(ticket) < 2**15:
        yield ticket + ticket


def other_inside(ticket: bytes) -> Iterator[bytes]:
    """The ticket with another length or another end inside."""
    if len(ticket) > 34:  # where the recommended format has its length
        yield ticket[:32] + b"\xff\xff" + ticket[34:]
        yield ticket[:32] + b"\x00\x00" + ticket[34:]
    yield ticket[:-16] + bytes(16)
    yield ticket[16:] + ticket[:16]


def _guessable(stage: Stage, ticket: bytes) -> bool:
    """Whether tickets are so short, or so like each other, that a changed one may be another's; then tests are missed.
    """
    other = stage.mint()
    alike = ticket.startswith(other) or other.startswith(ticket) or _distance(ticket, other) < UNLIKE
    if alike or len(ticket) < UNGUESSABLE:
        stage.miss("its tickets are so short, or so alike, that a changed one may be another's")
        return True
    return False


def _distance(one: bytes, other: bytes) -> int:
    """In how many bits two tickets of one length differ; of all their bits if they have not one length."""
    if len(one) != len(other):
        return 8 * max(len(one), len(other))
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def damaged(variants: Variants) -> Callable[[Stage], None]:
    """Presents the variants of one ticket, until one of them shows something."""

    def run(stage: Stage) -> None:
        ticket = stage.mint()
        if not ticket or _guessable(stage, ticket):
            return
        session = stage.memory.tickets[ticket]
        ways = set()
        for variant in variants(ticket):
            if variant in stage.memory.tickets or stage.broken:
                continue
            ways.add(_way(_present(stage, variant, session)))
        if len(ways - {RESUMED}) > 1 and not stage.broken:
            told = f"Changed copies of one ticket are answered in several ways: {', '.join(sorted(ways - {RESUMED}))}."
            stage.blame("R5077-3.2-09", told, "note")

    return run


def _present(stage: Stage, ticket: bytes, session: Session | None) -> Shaken:
    return stage.ask(presenting(ticket, session))


def _way(shaken: Shaken) -> str:
    """How a ticket is answered, in words; to a copy of a ticket that was changed the answer should tell nothing."""
    announced = any(event.message == "ServerHello" and event.session_ticket is not None for event in shaken.events)
    another = " with another ticket" if shaken.outcome is Outcome.FULL and announced else ""
    return f"{shaken.outcome.value}{another}"


def foreign(*sizes: int) -> Callable[[Stage], None]:
    """Presents tickets that the server has never issued; short ones not where its own are so short."""

    def run(stage: Stage) -> None:
        own = stage.mint()
        least = 1 if not own or len(own) >= UNGUESSABLE else UNGUESSABLE
        for size in (size for size in sizes if size >= least):
            ticket = (bytes(range(0x51, 0x91)) * (1 + size // 64))[:size]
            stage.know(ticket, Extension.FOREIGN)
            _present(stage, ticket, None)

    return run


def forged(stage: Stage) -> None:
    """A forged ticket changes nothing for the session that it is made from."""
    if not stage.honoured():
        return
    good = stage.mint()
    session = stage.memory.tickets.get(good)
    if session is None or _guessable(stage, good):
        return
    for place in (UNGUESSABLE, len(good) // 2):
        if place < len(good):
            _present(stage, good[:place] + bytes((good[place] ^ 1,)) + good[place + 1 :], session)
    after = stage.shake(presenting(good, session))
    if after.outcome is not Outcome.RESUMED and stage.honoured():
        stage.blame("R5077-3.1-10", "A ticket is not accepted any more after a forged copy of it was presented.",
                    due="a resumption")


def beside_every_kind(stage: Stage) -> None:
    """Tickets that are none, one after the other on one server, and a good one at the end."""
    stage.mint()
    for extension in (Extension.FOREIGN, Extension.WRAPPED, Extension.DAMAGED, Extension.EMPTY, Extension.LIVE):
        if extension in (Extension.FOREIGN, Extension.EMPTY) or stage.memory.live is not None:
            stage.say(stage.client(), hello(extension))


TICKETS = family("tickets", "server", "tickets of other octets and lengths", (
    Trial("every bit of a ticket changed", damaged(every_bit)),
    Trial("every beginning of a ticket", damaged(every_length)),
    Trial("a ticket with octets behind it, and doubled", damaged(longer)),
    Trial("a ticket with other lengths or another end inside", damaged(other_inside)),
    Trial("strange tickets of 1 to 256 octets", foreign(*range(1, 71), 127, 128, 255, 256)),
    Trial("strange tickets of about as many octets as a record holds, and more", foreign(*LARGE)),
    Trial("a good ticket behind forged copies of it", forged),
    Trial("tickets of every kind in a row", beside_every_kind),
))  # fmt: skip
"""Judged by what follows each: a full handshake, for a ticket that cannot be opened is no reason to give up."""
