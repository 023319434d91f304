"""Measures of servers: what the judge cannot see of tickets, keys, time, records, and what handshakes leave behind."""

import time
from dataclasses import replace
from itertools import pairwise

from mutants.measured import KEY, House, Measure, answer, hello, offer, say, tickets
from mutants.stories import CCS, CKE, FIN, FULL

from rfc5077.model.event import Content, Extension, Message, SessionId
from rfc5077.properties.adapters.identity import identity, seeded
from rfc5077.properties.adapters.over_reference import client_config, server_config
from rfc5077.properties.faults.edits import with_extension, without_extension
from rfc5077.properties.faults.fault import asking
from rfc5077.properties.faults.server_sessions import demanding
from rfc5077.properties.faults.server_tickets import IV, KEY_NAME, LAYOUT, LENGTH
from rfc5077.properties.suite.agreement import Memory
from rfc5077.properties.suite.driver import PuppetClient
from rfc5077.reference.connection import ClientConnection, ServerConnection
from rfc5077.reference.ticket.format import TicketKey, encode_state, open_ticket, seal_state
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.session import Session as Sealed
from rfc5077.reference.wire.hello import ClientHello, ExtensionType
from rfc5077.reference.wire.messages import HandshakeType, handshake
from rfc5077.reference.wire.record import TLS_1_2, ContentType

LIVE, EMPTY = Extension.LIVE, Extension.EMPTY
PROTOCOLS, TLS_1_1 = 16, 0x0302
ANOTHER_KEY = TicketKey.split(seeded("another ticket key")(64))
NOW = 1_800_000_000.0


class Hands:
    """A clock whose hands are turned."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def changed(change):
    """A change of ClientHello's octets."""
    return lambda octets: change(ClientHello.parse(octets)).encode()


def resumed(house: House, peer, memory: Memory, change=None) -> str:
    """How the server answers the newest ticket."""
    return answer(house.shake(peer, memory, LIVE, change))


# The hash behind Finished: an honest handshake fails already ----------------------------------------------------------


def honest(clause: str) -> Measure:
    """A server that refuses the Finished of honest clients has another hash, or other keys."""

    def measure(house):
        peer, memory = house.peer(), Memory()
        for extension in (EMPTY, LIVE):
            events = house.shake(peer, memory, extension)
            if any(event.sender == "server" and event.message == "Alert" for event in events):
                return house.shown(clause)
        return []

    return measure


def silent_on_resumption(house):
    """A server that resumes sends its Finished at once."""
    peer, memory = house.peer(), Memory()
    house.shake(peer, memory, EMPTY)
    heard = say(house.client(peer, memory), hello(LIVE))
    return [] if "Finished" in [event.message for event in heard] else house.shown("R5077-3.1-12")


# Records --------------------------------------------------------------------------------------------------------------


def finished_in_parts(before: int, behind: bytes, clause: str) -> Measure:
    """Finished with its first octets before ChangeCipherSpec, or with octets behind it: has to be refused."""

    def measure(house):
        puppet = house.client(house.peer(), Memory())
        say(puppet, *FULL[:2])
        octets = handshake(HandshakeType.FINISHED, puppet.handshake.finished("client"))
        if before:
            puppet.send_record(ContentType.HANDSHAKE, octets[:before])
        puppet.send_change()
        puppet.handshake.note("client", True, HandshakeType.FINISHED, octets[4:], octets)
        puppet.send_record(ContentType.HANDSHAKE, octets[before:] + behind)
        return house.shown(clause) if tickets(puppet.hear()) else []

    return measure


def hello_in_parts(house):
    """A ClientHello is answered in the same way wherever it is cut."""
    for cut in (1, 4, 5, 40):
        puppet = house.client(house.peer(), Memory())
        kind, make = puppet._words[Message.ClientHello]
        octets = handshake(kind, make(hello(EMPTY)))
        for part in (octets[:cut], octets[cut:]):
            puppet.send_record(ContentType.HANDSHAKE, part)
        if answer(puppet.hear()) != "full":
            return house.shown("R5246-6.2.1-01")
    return []


def two_in_a_record(house):
    """A client's Certificate and ClientKeyExchange may share a record."""
    puppet = house.client(house.peer(config=asking()), Memory())
    say(puppet, hello(EMPTY))
    octets = b""
    for kind, body in ((HandshakeType.CERTIFICATE, bytes(3)), (HandshakeType.CLIENT_KEY_EXCHANGE, None)):
        if body is None:
            body = puppet._client_key_exchange(CKE)
        octets += handshake(kind, body)
        puppet.handshake.note("client", True, kind, body, handshake(kind, body))
    puppet.send_record(ContentType.HANDSHAKE, octets)
    heard = puppet.hear() + say(puppet, CCS, FIN)
    return [] if "Finished" in [event.message for event in heard] else house.shown("R5246-6.2.1-01")


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


def issued(house, peer, memory: Memory) -> bytes:
    """The ticket of a full handshake."""
    return tickets(house.shake(peer, memory, EMPTY))[0].ticket


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


# Sessions -------------------------------------------------------------------------------------------------------------


def fresh_randoms(house):
    """No two ServerHellos have the same random."""
    peer, randoms = house.peer(), []
    for _ in range(3):
        puppet = house.client(peer, Memory())
        say(puppet, hello(EMPTY))
        randoms.append(puppet.handshake.server_hello.random)
    return house.shown("R5246-6.3-01") if any(one == other for one, other in pairwise(randoms)) else []


def unextended(octets: ClientHello) -> ClientHello:
    """The hello without extended_master_secret."""
    return without_extension(octets, ExtensionType.EXTENDED_MASTER_SECRET)


def extended_session_without(house):
    """A hello without the extension offers a session with the extended secret: K-27 has a full handshake a note."""
    peer, memory = house.peer(), Memory()
    issued(house, peer, memory)
    word = resumed(house, peer, memory, changed(unextended))
    return house.shown("R7627-5.3-04", "note") if word == "full" else []


def plain_session_with(house):
    """A hello with the extension offers a session without it: K-28 has an alert unwise."""
    peer, memory = house.peer(), Memory()
    house.shake(peer, memory, EMPTY, changed(unextended))
    return house.shown("R7627-5.3-03", "advice") if resumed(house, peer, memory) == "alert" else []


def listing(*names: bytes):
    """A change of ClientHello that lists application protocols."""
    octets = b"".join(bytes((len(name),)) + name for name in names)
    return changed(lambda said: with_extension(said, PROTOCOLS, len(octets).to_bytes(2, "big") + octets))


def protocol_of(house, peer, memory, extension, *names: bytes) -> bytes | None:
    """The body of ALPN in ServerHello."""
    puppet = house.client(peer, memory)
    kind, make = puppet._words[Message.ClientHello]
    puppet._words[Message.ClientHello] = (kind, lambda event: listing(*names)(make(event)))
    puppet.say(hello(extension))
    puppet.hear()
    answered = puppet.handshake.server_hello
    return None if answered is None else answered.extension(PROTOCOLS)


def protocol_anew(house):
    """On resumption the protocol is chosen as in a full handshake with the same list."""
    peer, memory = house.peer(), Memory()
    house.shake(peer, memory, EMPTY, listing(b"h2"))
    both = (b"h2", b"http/1.1")
    resuming = protocol_of(house, peer, memory, LIVE, *both)
    return house.shown("R7301-3.1-01") if resuming != protocol_of(house, peer, Memory(), EMPTY, *both) else []


def no_common_protocol(house):
    """A resumption without a common protocol is refused, as a full handshake is."""
    peer, memory = house.peer(), Memory()
    house.shake(peer, memory, EMPTY, listing(b"h2"))
    return house.shown("R7301-3.2-01") if resumed(house, peer, memory, listing(b"gopher")) == "resumed" else []


def without_signature_algorithms(house):
    """Nothing is signed on resumption; the text forbids to heed the extension, not to miss it: advice."""
    peer, memory = house.peer(), Memory()
    issued(house, peer, memory)
    change = changed(lambda said: without_extension(said, ExtensionType.SIGNATURE_ALGORITHMS))
    return [] if resumed(house, peer, memory, change) == "resumed" else house.shown("R5246-7.4.1.4.1-01", "advice")


def identity_kept(house):
    """The server's application knows the client's certificate after a resumption as it did before."""
    config, theirs = house.edit.config(), client_config(client_certificate=True)
    make = house.edit.make if house.faulty else ServerConnection
    seen = []
    for number in range(2):
        server = make(config, time.time, seeded(f"server {number}"))
        client = ClientConnection(theirs, time.time, seeded(f"client {number}"))
        client.start()
        while not (client.established and server.established):
            server.receive(client.data_to_send())
            client.receive(server.data_to_send())
        seen.append((server.resumed, server.peer_certificates))
    right = [(False, identity("client").chain), (True, identity("client").chain)]
    return [] if seen == right else house.shown("R5077-4-13")


def anonymous_where_demanded(house):
    """A server that demands a certificate is offered a session without one: K-40 leaves it open, so a note."""
    memory = Memory()
    issued(house, house.peer(config=server_config()), memory)
    return house.shown("K-40") if resumed(house, house.peer(config=demanding()), memory) == "resumed" else []


# What a handshake leaves behind ---------------------------------------------------------------------------------------


def failed_session(house):
    """A handshake whose Finished was wrong leaves no session behind."""
    peer, memory = house.peer(), Memory()
    puppet = house.client(peer, memory)
    say(puppet, hello(Extension.ABSENT), CKE, CCS, FIN.but(content=Content.WRONG))
    memory.ids[puppet.handshake.server_hello.session_id] = puppet.handshake.session
    again = house.client(peer, memory)
    word = answer(say(again, hello(Extension.ABSENT, SessionId.CACHED)))
    return house.shown("R5246-7.4.1.2-01") if word == "resumed" else []


def renegotiated(house):
    """In a renegotiation the extension stands in ServerHello only if it stood in that ClientHello."""
    puppet: PuppetClient = house.client(house.peer(), Memory())
    heard = say(puppet, *FULL, hello(Extension.ABSENT))
    last = [event for event in heard if event.message == "ServerHello"][-1]
    return house.shown("R5077-3.2-08") if last.session_ticket is not None else []


MEASURES: dict[str, Measure] = {
    "S-25": honest("R5246-7.4.9-03"),
    "S-26": honest("R5246-7.4.9-03"),
    "S-27": silent_on_resumption,
    "S-39": finished_in_parts(2, b"", "R5246-7.1-02"),
    "S-40": finished_in_parts(0, b"\x00", "R5246-7.4.9-02"),
    "S-41": hello_in_parts,
    "S-42": two_in_a_record,
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
    "S-90": fresh_randoms,
    "S-93": other_state(lambda session: encode_state(replace(session, version=TLS_1_1)), "R5077-4-11"),
    "S-95": extended_session_without,
    "S-97": plain_session_with,
    "S-100": honest("R7627-5.1-01"),
    "S-105": protocol_anew,
    "S-106": no_common_protocol,
    "S-108": without_signature_algorithms,
    "S-109": identity_kept,
    "S-110": anonymous_where_demanded,
    "S-111": aged(8000, "resumed", "R5077-4-12"),
    "S-112": aged(10, "full", "R5077-4-12"),
    "S-113": aged(-3600, "alert", "R5077-3.2-09"),
    "S-114": renewed_for_ever,
    "S-115": hint,
    "S-118": failed_session,
    "S-120": forged_ticket,
    "S-122": renegotiated,
}
"""What shows a fault for which neither the suite nor the judge has eyes."""
