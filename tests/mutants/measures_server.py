"""Measures of servers: what the judge cannot see of tickets, keys, time, records, and what handshakes leave behind."""

import time
from itertools import pairwise

from mutants.measured import (
    Measure,
    answer,
    changed,
    hello,
    issued,
    resumed,
    say,
    tickets,
)
from mutants.stories import CCS, CKE, FIN, FULL

from rfc5077.model.event import Content, Extension, Message, SessionId
from rfc5077.properties.adapters.identity import identity, seeded
from rfc5077.properties.adapters.over_reference import client_config, server_config
from rfc5077.properties.faults.fault import asking
from rfc5077.properties.faults.server_sessions import demanding
from rfc5077.properties.suite.agreement import Memory
from rfc5077.properties.suite.driver import PuppetClient
from rfc5077.properties.suite.hellos import with_extension, without_extension
from rfc5077.reference.connection import ClientConnection, ServerConnection
from rfc5077.reference.wire.hello import ClientHello, ExtensionType
from rfc5077.reference.wire.messages import HandshakeType, handshake
from rfc5077.reference.wire.record import ContentType

LIVE, EMPTY = Extension.LIVE, Extension.EMPTY
PROTOCOLS = 16


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
    "S-90": fresh_randoms,
    "S-95": extended_session_without,
    "S-97": plain_session_with,
    "S-100": honest("R7627-5.1-01"),
    "S-105": protocol_anew,
    "S-106": no_common_protocol,
    "S-108": without_signature_algorithms,
    "S-109": identity_kept,
    "S-110": anonymous_where_demanded,
    "S-118": failed_session,
    "S-122": renegotiated,
}
"""What shows a fault for which neither the suite nor the judge has eyes."""
