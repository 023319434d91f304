"""Measures of clients: what the judge cannot see of stores and clocks, of records, and of two connections at once."""

import time
from dataclasses import replace

from mutants.measured import Hands, House, Measure, offer, say
from mutants.stories import END, FLIGHT, ISSUE, TICKET, answer, server

from rfc5077.model.event import Alarm, Extension, Message, SessionId, Ticket
from rfc5077.properties.adapters.over_reference import client_config
from rfc5077.properties.faults.fault import naming
from rfc5077.properties.suite.agreement import Memory
from rfc5077.properties.suite.hellos import with_extension
from rfc5077.reference.wire.hello import ServerHello
from rfc5077.reference.wire.messages import HandshakeType, NewSessionTicket, handshake
from rfc5077.reference.wire.record import ContentType

ABSENT, EMPTY = Extension.ABSENT, Extension.EMPTY
WEEKS = 40 * 24 * 3600
SCT = 18
"""An extension that no client here asks for."""
AES_256 = 0xC02C
TLS_1_1 = 0x0302
ON = (Message.ClientKeyExchange.name, Message.Finished.name)
"""What a client says that goes on."""


def goes_on(heard) -> bool:
    """Whether the client builds on what it was told."""
    return any(event.message in ON for event in heard) and not refuses(heard)


def refuses(heard) -> bool:
    """Whether the client gives up."""
    return any(event.message in ("Alert", "Close") for event in heard)


def hello_of(events):
    """ClientHello, if one came."""
    return next((event for event in events if event.message == "ClientHello"), None)


def connected(house: House, peer, memory: Memory, **how):
    """A new connection of the client, and its ClientHello."""
    puppet = house.server(peer, memory, **how)
    return puppet, hello_of(puppet.hear())


def issue(house: House, peer, memory: Memory, **how):
    """A full handshake that brings a ticket."""
    puppet, _ = connected(house, peer, memory, **how)
    say(puppet, *ISSUE)
    return puppet


def offered(house: House, peer, memory: Memory) -> bytes:
    """The ticket in the client's next hello; that connection goes no further."""
    _, hello = connected(house, peer, memory)
    return b"" if hello is None else hello.session_ticket or b""


def answering(puppet, change, event) -> None:
    """Says ServerHello after a change."""
    kind, make = puppet._words[Message.ServerHello]
    puppet.send_handshake(kind, change(ServerHello.parse(make(event))).encode())


def ticket_of(octets: bytes, hint: int = 7200):
    """Says NewSessionTicket with this ticket."""

    def tell(puppet):
        puppet._fresh = octets
        puppet.send_handshake(HandshakeType.NEW_SESSION_TICKET, NewSessionTicket(hint, octets).encode())

    return tell


def body_of(octets: bytes):
    """Says a NewSessionTicket with this body."""
    return lambda puppet: puppet.send_handshake(HandshakeType.NEW_SESSION_TICKET, octets)


# Honest servers -------------------------------------------------------------------------------------------------------


def refuses_finished(house):
    """A client that refuses the Finished of honest servers has another hash."""
    puppet, _ = connected(house, house.peer(), Memory())
    return house.shown("R5077-3.3-04") if refuses(say(puppet, *ISSUE)) else []


def resumes(clause: str, *first) -> Measure:
    """After these handshakes the client offers a ticket, and goes through with its resumption."""

    def measure(house):
        peer, memory = house.peer(), Memory()
        for word in first:
            puppet, _ = connected(house, peer, memory)
            say(puppet, *word)
        puppet, hello = connected(house, peer, memory)
        heard = say(puppet, answer(ABSENT, SessionId.ECHOED if hello.session_id else SessionId.EMPTY), *END)
        right = [event.verified for event in heard if event.message == "Finished"] == [True]
        return [] if right and not refuses(heard) else house.shown(clause)

    return measure


REPLACED = (answer(EMPTY), *FLIGHT, TICKET, *END)
"""A full handshake whoever offers what, with a ticket."""


def two_at_once(house):
    """Each of two interleaved handshakes leaves a ticket that can be resumed."""
    peer, memory = house.peer(), Memory()
    one, _ = connected(house, peer, memory)
    say(one, *ISSUE[:-2])
    issue(house, peer, memory)
    say(one, *END)
    memory.tickets[one._fresh] = one.handshake.session
    puppet, hello = connected(house, peer, memory)
    offer(memory, hello.session_ticket, memory.tickets[hello.session_ticket])
    heard = say(puppet, answer(ABSENT), *END)
    return [] if goes_on(heard) else house.shown("R5077-3.1-08")


# Tickets --------------------------------------------------------------------------------------------------------------


def whole_tickets(house):
    """A ticket comes back octet for octet, whatever its length."""
    for length in (1, 255, 256, 5000):
        peer, memory = house.peer(), Memory()
        puppet, _ = connected(house, peer, memory)
        say(puppet, *ISSUE[:-3], ticket_of(b"\xa5" * length), *END)
        if offered(house, peer, memory) != b"\xa5" * length:
            return house.shown("R5077-3.1-09")
    return []


def taken(clause: str, *said) -> Measure:
    """A client goes through with a full handshake that brings each of these tickets."""

    def measure(house):
        for ticket in said:
            puppet, _ = connected(house, house.peer(), Memory())
            if refuses(say(puppet, *ISSUE[:-3], ticket, *END)):
                return house.shown(clause)
        return []

    return measure


def refused(clause: str, body: bytes) -> Measure:
    """A NewSessionTicket that does not fit its format is refused."""

    def measure(house):
        puppet, _ = connected(house, house.peer(), Memory())
        return [] if refuses(say(puppet, *ISSUE[:-3], body_of(body))) else house.shown(clause)

    return measure


def alive_after_short_ticket(house):
    """A client refuses a NewSessionTicket that is too short, and lives."""
    peer, memory = house.peer(), Memory()
    puppet, _ = connected(house, peer, memory)
    say(puppet, *ISSUE[:-3], body_of(bytes(3)))
    return [] if connected(house, peer, memory)[1] is not None else house.shown("R5077-3.3-13")


def empty_ticket(house):
    """A ticket of zero length is none: what follows is no resumption."""
    peer, memory = house.peer(), Memory()
    puppet, _ = connected(house, peer, memory)
    say(puppet, *ISSUE[:-3], TICKET.but(ticket=Ticket.EMPTY), *END)
    puppet, _ = connected(house, peer, memory)
    return [] if refuses(say(puppet, answer(ABSENT), END[0])) else house.shown("R5077-3.3-07c")


# Records --------------------------------------------------------------------------------------------------------------


def ticket_in_parts(house):
    """NewSessionTicket may be cut anywhere."""
    for cut in (1, 4, 9, 10, 11):
        puppet, _ = connected(house, house.peer(), Memory())

        def tell(puppet, cut=cut):
            body = NewSessionTicket(7200, bytes(range(176))).encode()
            octets = handshake(HandshakeType.NEW_SESSION_TICKET, body)
            puppet.handshake.note("server", True, HandshakeType.NEW_SESSION_TICKET, body, octets)
            for part in (octets[:cut], octets[cut:]):
                puppet.send_record(ContentType.HANDSHAKE, part)

        if refuses(say(puppet, *ISSUE[:-3], tell, *END)):
            return house.shown("R5246-6.2.1-01")
    return []


def finished_in_parts(before: int, behind: bytes, clause: str) -> Measure:
    """Finished with its first octets before ChangeCipherSpec, or with octets behind it: has to be refused."""

    def measure(house):
        puppet, _ = connected(house, house.peer(), Memory())
        say(puppet, *ISSUE[:-2])
        octets = handshake(HandshakeType.FINISHED, puppet.handshake.finished("server"))
        if before:
            puppet.send_record(ContentType.HANDSHAKE, octets[:before])
        puppet.send_change()
        puppet.send_record(ContentType.HANDSHAKE, octets[before:] + behind)
        return [] if refuses(puppet.hear()) else house.shown(clause)

    return measure


def segments(house):
    """ChangeCipherSpec and Finished may arrive in one segment or in two."""
    answers = []
    for together in (True, False):
        puppet, _ = connected(house, house.peer(), Memory())
        say(puppet, *ISSUE[:-2])
        written: list[bytes] = []
        write = puppet.line.write
        puppet.line = _Line(puppet.line, written.append if together else write)
        for event in END:
            puppet.say(event)
        if together:
            write(b"".join(written))
        answers.append(refuses(puppet.hear()))
    return house.shown("R5246-6.2.1-01") if answers[0] != answers[1] else []


class _Line:
    """A line whose octets are written elsewhere."""

    def __init__(self, line, write) -> None:
        self._line, self.write = line, write

    def __getattr__(self, name):
        return getattr(self._line, name)


def hello_request(house):
    """A HelloRequest in the midst of a handshake is passed over."""
    puppet, _ = connected(house, house.peer(), Memory())
    heard = say(puppet, answer(EMPTY), server(Message.HelloRequest), *ISSUE[1:])
    return house.shown("R5246-7.4.1.1-01") if refuses(heard) else []


# For whom -------------------------------------------------------------------------------------------------------------


def elsewhere(clause: str, **there) -> Measure:
    """What a client offers to another server, another name, or under another configuration."""

    def measure(house):
        here = replace(client_config(), insecure=True, peer="one", session_id_with_ticket="fresh")
        memory = Memory()
        issue(house, house.peer(config=here), memory)
        carried = offered(house, house.peer(config=replace(here, **there)), memory)
        return house.shown(clause) if carried else []

    return measure


# ServerHello ----------------------------------------------------------------------------------------------------------


def resumed_by(clause: str, change, verdict: str = "", config=client_config, rest=END) -> Measure:
    """A ServerHello that resumes under other terms has to be refused."""

    def measure(house):
        peer, memory = house.peer(config=config()), Memory()
        issue(house, peer, memory)
        puppet, _ = connected(house, peer, memory)
        answering(puppet, change, answer(ABSENT))
        return house.shown(clause, verdict) if goes_on(say(puppet, *rest)) else []

    return measure


def strange_suite(house):
    """A ServerHello with a suite that was not offered has to be refused."""
    puppet, _ = connected(house, house.peer(), Memory())
    answering(puppet, lambda said: replace(said, cipher_suite=AES_256), answer(EMPTY))
    return house.shown("R5246-7.4.1.3-03") if goes_on(say(puppet, *FLIGHT)) else []


def certificate_behind_echo(house):
    """An echo, then a full handshake: K-04 leaves it open whether the client goes on, so a note."""
    peer, memory = house.peer(config=naming()), Memory()
    issue(house, peer, memory)
    puppet, _ = connected(house, peer, memory)
    heard = say(puppet, answer(ABSENT, SessionId.ECHOED), *FLIGHT)
    return house.shown("K-04", "note") if goes_on(heard) else []


def unextended(said: ServerHello) -> ServerHello:
    """ServerHello without extended_master_secret."""
    return replace(said, extensions=tuple(pair for pair in said.extensions if pair[0] != 23))


def secret_gained(house):
    """A session without the extended master secret is resumed by a ServerHello with the extension."""
    peer, memory = house.peer(), Memory()
    puppet, _ = connected(house, peer, memory)
    answering(puppet, unextended, answer(EMPTY))
    say(puppet, *ISSUE[1:])
    puppet, _ = connected(house, peer, memory)
    heard = say(puppet, answer(ABSENT), *END)
    return house.shown("R7627-5.3-07") if goes_on(heard) else []


# ClientHello ----------------------------------------------------------------------------------------------------------


def same_hello(house):
    """A hello that offers a ticket asks for what a hello without asks for."""
    peer, memory = house.peer(), Memory()
    puppet, first = connected(house, peer, memory)
    say(puppet, *ISSUE)
    _, second = connected(house, peer, memory)
    return [] if set(first.extensions) <= set(second.extensions) else house.shown("R6066-1.1-01")


def id_of_a_ticket(house):
    """The session_id is no part of the ticket."""
    peer, memory = house.peer(), Memory()
    issue(house, peer, memory)
    _, hello = connected(house, peer, memory)
    inside = hello.session_id and any(hello.session_id in ticket for ticket in memory.tickets)
    return house.shown("R5077-3.1-09") if inside else []


def long_id(house):
    """The session_id has 32 octets at most."""
    peer, memory = house.peer(), Memory()
    issue(house, peer, memory)
    puppet = house.server(peer, memory)
    octets = puppet.line.read()
    return house.shown("R5246-7.4.1.2-04") if octets[43] > 32 else []  # record 5, header 4, version 2, random 32


# Time -----------------------------------------------------------------------------------------------------------------


def clocked(house, hint: int, *waits: tuple[int, str]) -> list[bool]:
    """After a ticket with this hint, for each wait in seconds whether the client offers it; "use" resumes, too."""
    clock, memory = Hands(time.time()), Memory()  # certificates are of today
    peer = house.peer(clock=clock)
    issue(house, peer, memory, lifetime_hint=hint)
    answers = []
    for seconds, how in waits:
        clock.now += seconds
        puppet, hello = connected(house, peer, memory, lifetime_hint=hint)
        answers.append(bool(hello.session_ticket))
        if how == "use":
            say(puppet, answer(ABSENT), *END)
        if how == "renew":
            say(puppet, answer(EMPTY), TICKET, *END)
    return answers


def never_late(clause: str, hint: int, *waits: tuple[int, str]) -> Measure:
    """After the last wait the ticket must not be offered any more."""
    return lambda house: house.shown(clause) if clocked(house, hint, *waits)[-1] else []


def right_unit(house):
    """Deletion before time is allowed; that a longer hint of the same thousandth helps shows a wrong unit: advice."""
    short, long = (clocked(house, hint, (10, ""))[0] for hint in (3600, 3_600_000))
    return house.shown("R5077-3.3-16") if long and not short else []


def from_receipt(house):
    """A renewed ticket lives as long as a first one with the same hint."""
    first = clocked(house, 1000, (500, ""))[-1]
    renewed = clocked(house, 1000, (900, "renew"), (500, ""))[-1]
    return house.shown("R5077-3.3-16") if first and not renewed else []


def after_fatal_alert(house):
    """A session is not offered again once its connection has ended in a fatal alert."""
    peer, memory = house.peer(), Memory()
    puppet = issue(house, peer, memory)
    say(puppet, server(Message.Alert, alarm=Alarm.UNEXPECTED))
    return house.shown("R5246-7.2.2-01") if offered(house, peer, memory) else []


def unannounced_in_renegotiation(house):
    """A ticket that ServerHello has not announced is refused in a renegotiation, too."""
    puppet, _ = connected(house, house.peer(), Memory())
    heard = say(puppet, *ISSUE, server(Message.HelloRequest), answer(ABSENT), *FLIGHT, TICKET)
    return [] if refuses(heard) else house.shown("R5246-7.4-01")


BODY_OF_1_3 = bytes(4) + bytes(4) + b"\x01\x00" + b"\x00\x20" + bytes(32) + bytes(2)
"""Lifetime, age_add, nonce, ticket, extensions (RFC 8446, section 4.6.1)."""

MEASURES: dict[str, Measure] = {
    "C-25": refuses_finished,
    "C-29": certificate_behind_echo,
    "C-36": after_fatal_alert,
    "C-38": resumes("R5077-3.1-08", ISSUE, REPLACED),
    "C-39": resumes("R5077-3.1-08", ISSUE),
    "C-40": whole_tickets,
    "C-41": taken("R5246-6.2.1-01", *(ticket_of(bytes(size)) for size in (2**14, 20_000, 65_531))),
    "C-42": ticket_in_parts,
    "C-44": finished_in_parts(2, b"", "R5246-7.1-02"),
    "C-45": finished_in_parts(0, b"\x00", "R5246-7.4.9-02"),
    "C-48": alive_after_short_ticket,
    "C-49": refused("R5077-3.3-13", BODY_OF_1_3),
    "C-51": empty_ticket,
    "C-55": resumed_by("R5246-7.4.1.4-02", lambda said: with_extension(said, SCT)),
    "C-57": strange_suite,
    "C-58": resumed_by("R5246-7.4.1.3-06", lambda said: replace(said, version=TLS_1_1), "advice"),
    "C-59": resumed_by("R7627-5.3-08", unextended),
    "C-60": secret_gained,
    "C-63": elsewhere("R5077-3.1-02", peer="two"),
    "C-64": elsewhere("R6066-3-01", server_name="elsewhere.example"),
    "C-65": elsewhere("R5246-7.4.1.2-02", suites=(AES_256,)),
    "C-66": same_hello,
    "C-71": id_of_a_ticket,
    "C-73": long_id,
    "C-75": taken("R5077-4-03", ticket_of(b"\x00"), ticket_of(bytes(65))),
    "C-76": never_late("R5077-3.3-16", 10, (11, "")),
    "C-77": never_late("R5077-5.6-04", 0, (WEEKS, "")),
    "C-78": right_unit,
    "C-79": taken("R5077-3.3-14", *(ticket_of(bytes(32), hint) for hint in (2**31 - 1, 2**31, 2**32 - 1))),
    "C-80": from_receipt,
    "C-81": never_late("R5077-3.3-16", 1000, (900, "use"), (600, "")),
    "C-82": hello_request,
    "C-84": two_at_once,
    "C-85": unannounced_in_renegotiation,
    "C-88": segments,
}
"""What shows a fault for which neither the suite nor the judge has eyes."""
