"""Measures of what servers put into tickets, which keys they seal them with, and how long they take them."""

from dataclasses import replace

from mutants.measured import (
    KEY,
    NOW,
    Hands,
    Measure,
    answer,
    hello,
    issued,
    offer,
    resumed,
    say,
    tickets,
)

from rfc5077.model.event import Extension
from rfc5077.properties.adapters.identity import seeded
from rfc5077.properties.adapters.over_reference import server_config
from rfc5077.properties.faults.server_tickets import IV, KEY_NAME, LAYOUT, LENGTH
from rfc5077.properties.suite.agreement import Memory
from rfc5077.reference.ticket.format import TicketKey, encode_state, open_ticket, seal_state
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.session import Session as Sealed
from rfc5077.reference.wire.record import TLS_1_2

EMPTY, LIVE = Extension.EMPTY, Extension.LIVE
TLS_1_1 = 0x0302
ANOTHER_KEY = TicketKey.split(seeded("another ticket key")(64))

# What a ticket holds --------------------------------------------------------------------------------------------------


def large_ticket(house):
    """A ticket that cannot be opened leads to a full handshake, whatever its size."""
    peer, memory = house.peer(), Memory()
    offer(memory, bytes(60_000), None)
    puppet = house.client(peer, memory)
    return [] if answer(say(puppet, hello(LIVE))) == "full" else house.shown("R5077-3.2-09")


def strange_state(house):
    """An authentic ticket whose state cannot be read leads to a full handshake."""
    for state in (b"", bytes(1), bytes(47), bytes(300), b"\xff" * 100):
        peer, memory = house.peer(), Memory()
        offer(memory, seal_state(KEY, state, bytes(16)), None)
        if answer(say(house.client(peer, memory), hello(LIVE))) != "full":
            return house.shown("R5077-3.2-09")
    return []


def other_ivs(house):
    """No two tickets have the same IV."""
    peer, memory = house.peer(), Memory()
    ivs = [issued(house, peer, memory)[KEY_NAME:LENGTH] for _ in range(3)]
    return house.shown("R5077-4-09") if len(set(ivs)) < len(ivs) else []


def other_renewals(house):
    """A session that is renewed gets other octets each time, so that who looks on cannot tell that it is the same."""
    peer, memory = house.peer(), Memory()
    first = issued(house, peer, memory)
    renewal = tickets(house.shake(peer, memory, LIVE))[0].ticket
    return house.shown("R5077-5.8-01") if renewal == first else []


def opened_by(key_of, clause: str) -> Measure:
    """No ticket opens with a key that is weak."""

    def measure(house):
        ticket = issued(house, house.peer(), Memory())
        key = key_of(ticket[:KEY_NAME])
        return house.shown(clause) if open_ticket(key, ticket) is not None else []

    return measure


def secret_in_sight(house):
    """The master secret does not stand in the ticket."""
    peer, memory = house.peer(), Memory()
    ticket = issued(house, peer, memory)
    return house.shown("R5077-3.1-05") if memory.tickets[ticket].secret in ticket else []


def sealed_by_us(house, memory: Memory, change) -> None:
    """Offers a ticket for a session of the newest secret, as the server would seal it but for a change."""
    known = memory.tickets[memory.live]
    sealed = Sealed(TLS_1_2, known.suite, known.secret, known.extended, "localhost", (), int(NOW))
    offer(memory, seal_state(KEY, change(sealed), bytes(IV)), known)


def other_state(change, clause: str) -> Measure:
    """A ticket of another layout, or another version, leads to a full handshake."""

    def measure(house):
        peer, memory = house.peer(clock=Hands()), Memory()
        issued(house, peer, memory)
        sealed_by_us(house, memory, change)
        return house.shown(clause) if resumed(house, peer, memory) == "resumed" else []

    return measure


def other_layout(session: Sealed) -> bytes:
    """A state that names a layout of the future."""
    state = encode_state(session)
    return state[:LAYOUT] + b"\x09" + state[LAYOUT + 1 :]


def forged_ticket(house):
    """A forged ticket changes nothing for the session it is made from."""
    peer, memory = house.peer(), Memory()
    good = issued(house, peer, memory)
    session = memory.tickets[good]
    forged = good[:KEY_NAME] + bytes((good[KEY_NAME] ^ 1,)) + good[KEY_NAME + 1 :]
    offer(memory, forged, session)
    say(house.client(peer, memory), hello(LIVE))
    offer(memory, good, session)
    return [] if resumed(house, peer, memory) == "resumed" else house.shown("R5077-3.1-10")


def another_server(house):
    """A second server with the same keys resumes by the ticket of the first."""
    memory = Memory()
    issued(house, house.peer(), memory)
    return [] if resumed(house, house.another(), memory) == "resumed" else house.shown("R5077-3.1-04")


# Keys -----------------------------------------------------------------------------------------------------------------

TWO_KEYS = KeyRing((ANOTHER_KEY, KEY))


def retired_key(house):
    """Once a key has been retired, its tickets lead to full handshakes."""
    peer, memory = house.peer(), Memory()
    issued(house, peer, memory)
    peer.rotate_keys()
    return house.shown("R9325-3.4-03") if resumed(house, peer, memory) == "resumed" else []


def newest_of_two_keys(house):
    """A server opens the tickets that it seals, with two keys as with one."""
    peer, memory = house.peer(config=replace(server_config(), key_ring=TWO_KEYS)), Memory()
    issued(house, peer, memory)
    return [] if resumed(house, peer, memory) == "resumed" else house.shown("R5077-3-01")


def key_of_a_renewal(house):
    """A renewal is sealed with the newest key."""
    peer, memory = house.peer(config=replace(house.edit.config(), key_ring=TWO_KEYS)), Memory()
    issued(house, peer, memory)
    renewal = tickets(house.shake(peer, memory, LIVE))[0].ticket
    return [] if renewal.startswith(ANOTHER_KEY.name) else house.shown("R9325-3.4-03")


def no_key(house):
    """Without a key an announced ticket has zero length; internal_error in its place is unwise (K-48)."""
    events = house.shake(house.peer(config=replace(server_config(), key_ring=KeyRing())), Memory(), EMPTY)
    given = tickets(events)
    if not given:
        aborted = any(event.message == "Alert" for event in events)
        return house.shown("R5077-3.3-07", "advice" if aborted else "")
    return house.shown("R5077-3.3-07") if given[0].ticket else []


# Time -----------------------------------------------------------------------------------------------------------------


def aged(seconds: int, forbidden: str, clause: str) -> Measure:
    """How a ticket is answered after so many seconds, and how it must not be."""

    def measure(house):
        clock, memory = Hands(), Memory()
        peer = house.peer(clock=clock)
        issued(house, peer, memory)
        clock.now += seconds
        return house.shown(clause) if resumed(house, peer, memory) == forbidden else []

    return measure


def renewed_for_ever(house):
    """However often it is renewed, a session ends when its time is over."""
    clock, memory = Hands(), Memory()
    peer = house.peer(clock=clock)
    issued(house, peer, memory)
    answers = []
    for _ in range(3):
        clock.now += 5000
        answers.append(resumed(house, peer, memory))
    return house.shown("R9325-3.4-05") if answers[:2] == ["resumed", "resumed"] else []


def hint(house):
    """The hint is the number of seconds that the server was told to give."""
    told = house.edit.config().lifetime_hint
    given = tickets(house.shake(house.peer(), Memory(), EMPTY))[0].lifetime_hint
    return [] if given == told else house.shown("R5077-3.3-14")


MEASURES: dict[str, Measure] = {
    "S-68": large_ticket,
    "S-75": other_ivs,
    "S-76": other_renewals,
    "S-77": opened_by(lambda name: TicketKey(name, bytes(16), bytes(32)), "R5077-3.1-05"),
    "S-78": opened_by(lambda name: TicketKey(name, KEY.encryption, 2 * KEY.encryption), "R5077-4-04"),
    "S-79": secret_in_sight,
    "S-80": strange_state,
    "S-81": other_state(other_layout, "R5077-5.5-05"),
    "S-82": another_server,
    "S-83": retired_key,
    "S-84": newest_of_two_keys,
    "S-85": key_of_a_renewal,
    "S-86": no_key,
    "S-87": no_key,
    "S-93": other_state(lambda session: encode_state(replace(session, version=TLS_1_1)), "R5077-4-11"),
    "S-111": aged(8000, "resumed", "R5077-4-12"),
    "S-112": aged(10, "full", "R5077-4-12"),
    "S-113": aged(-3600, "alert", "R5077-3.2-09"),
    "S-114": renewed_for_ever,
    "S-115": hint,
    "S-120": forged_ticket,
}
"""By fault."""
