"""What shows a fault that the core alphabet cannot show: words of other symbols, some of them said in octets.

One of them is in the core alphabet, for a fault with two consequences of which probing meets the lesser first.

A story is one word per connection; all connections belong to one memory and one judge.
"""

from collections.abc import Callable
from dataclasses import replace

from rfc5077.model.event import CLIENT, SERVER, Content, Event, Extension, SessionId, Ticket
from rfc5077.model.event import Message as M
from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.suite.agreement import Memory
from rfc5077.properties.suite.driver import PuppetClient, PuppetServer
from rfc5077.properties.suite.hellos import with_extension
from rfc5077.properties.suite.play import Manner, Watch
from rfc5077.properties.verdict.judge import ADVICE, NOTE, VIOLATION, Finding
from rfc5077.reference.keys.suites import DEFAULT_SUITES, Group, SignatureScheme
from rfc5077.reference.wire.hello import ClientHello, ExtensionType, ServerHello, list_body, server_name_body
from rfc5077.reference.wire.messages import HandshakeType, NewSessionTicket
from rfc5077.reference.wire.record import TLS_1_2

Puppet = PuppetClient | PuppetServer
Saying = Callable[[Puppet], list]
Story = tuple[tuple[Event | Saying, ...], ...]


def tell(peer: AnyPeer, story: Story) -> tuple[Finding, ...]:
    """What the peer does wrong in a story."""
    client = peer.role == "client"
    watch, memory = Watch(CLIENT if client else SERVER, set()), Memory()
    if client:
        peer.forget()
    for number, word in enumerate(story):
        puppet = (PuppetServer if client else PuppetClient)(peer, memory, number, Manner().entropy(number))
        if client:
            watch.take(puppet.hear())
        for symbol in word:
            said = puppet.say(symbol) if isinstance(symbol, Event) else symbol(puppet)
            if isinstance(symbol, Event) and symbol.extension is Extension.FOREIGN:
                for abstraction in (watch.abstraction, watch.judge.abstraction):
                    abstraction.know(said[0].session_ticket, Extension.FOREIGN)
            watch.take(said)
            for _ in range(2):  # the second silence says that everything was read
                watch.take(puppet.hear(silence=True))
        if any(finding.index for finding in watch.findings()):
            break  # the first connection that shows something is enough
    return tuple(sorted(watch.findings(), key=_order))


def _order(finding: Finding) -> tuple[bool, int, int]:
    """As it was seen; of what one event shows, the gravest first."""
    return finding.index == 0, finding.index, (VIOLATION, ADVICE, NOTE).index(finding.verdict)


# --- what is said -----------------------------------------------------------------------------------------------------


def hello(extension: Extension, session_id: SessionId = SessionId.EMPTY, content: Content = Content.RIGHT) -> Event:
    """ClientHello."""
    return Event(sender=CLIENT, message=M.ClientHello, extension=extension, session_id=session_id, content=content)


def answer(extension: Extension, session_id: SessionId = SessionId.EMPTY) -> Event:
    """ServerHello."""
    return Event(sender=SERVER, message=M.ServerHello, extension=extension, session_id=session_id)


def client(message: M, **fields) -> Event:
    """Another message of the client's."""
    return Event(sender=CLIENT, message=message, **fields)


def server(message: M, **fields) -> Event:
    """Another message of the server's."""
    return Event(sender=SERVER, message=message, **fields)


def by_id(octets: bytes, extension: Extension) -> Saying:
    """ClientHello with this session_id."""

    def say(puppet):
        puppet.own_id = octets
        return puppet.say(hello(extension, SessionId.FRESH))

    return say


def short_finished(length: int) -> Saying:
    """The first octets of the Finished that is due."""
    return lambda puppet: [
        puppet.send_handshake(HandshakeType.FINISHED, puppet.handshake.finished(puppet.own)[:length], False)
    ]


def with_octet_changed(place: int) -> Saying:
    """ClientHello with the newest ticket, one octet of it changed; nothing where the ticket ends before that."""

    def say(puppet):
        memory = puppet.memory
        ticket = memory.live
        if place >= len(ticket):
            return []
        at = place % len(ticket)
        changed = ticket[:at] + bytes((ticket[at] ^ 1,)) + ticket[at + 1 :]
        memory.tickets[changed] = memory.tickets[ticket]
        said = puppet.say(hello(Extension.LIVE))
        del memory.tickets[changed]
        return said

    return say


def with_ticket(make: Callable[[bytes], bytes]) -> Saying:
    """ClientHello with what `make` makes of the newest ticket, or of none."""

    def say(puppet):
        memory = puppet.memory
        ticket = memory.live or b""
        made = make(ticket)
        memory.tickets[made] = memory.tickets.get(ticket)
        said = puppet.say(hello(Extension.LIVE))
        if made != ticket:
            del memory.tickets[made]
        return said

    return say


def ticket_from_the_client(puppet):
    """A message that servers send."""
    return [puppet.send_handshake(HandshakeType.NEW_SESSION_TICKET, NewSessionTicket(0, bytes(64)).encode())]


def changed(event: Event, change: Callable[[ClientHello | ServerHello], ClientHello | ServerHello]) -> Saying:
    """A hello, whoever's, after a change."""

    def say(puppet):
        kind, make = puppet._words[event.message]
        said = (ClientHello if event.message is M.ClientHello else ServerHello).parse(make(event))
        return [puppet.send_handshake(kind, change(said).encode())]

    return say


def plain(event: Event) -> Saying:
    """A hello without extended_master_secret."""

    def less(said):
        others = tuple(pair for pair in said.extensions if pair[0] != ExtensionType.EXTENDED_MASTER_SECRET)
        return replace(said, extensions=others)

    return changed(event, less)


def bound(event: Event) -> Saying:
    """A hello whose renegotiation_info has the contents of a renegotiation."""

    def more(said):
        others = tuple(pair for pair in said.extensions if pair[0] != ExtensionType.RENEGOTIATION_INFO)
        return replace(said, extensions=(*others, (ExtensionType.RENEGOTIATION_INFO, b"\x0c" + bytes(12))))

    return changed(event, more)


def with_another_suite(event: Event) -> Saying:
    """ServerHello with another suite than is due."""
    first, second = DEFAULT_SUITES
    return changed(event, lambda said: replace(said, cipher_suite=first if said.cipher_suite != first else second))


def with_suites(event: Event, *suites: int) -> Saying:
    """ClientHello that offers these suites."""
    return changed(event, lambda said: replace(said, cipher_suites=suites))


def named(event: Event, name: str) -> Saying:
    """ClientHello for another server name."""
    return changed(event, lambda said: with_extension(said, ExtensionType.SERVER_NAME, server_name_body(name)))


def with_protocols(puppet):
    """ClientHello that lists one application protocol."""
    groups = (ExtensionType.SUPPORTED_GROUPS, list_body(2, 2, tuple(Group)))
    schemes = (ExtensionType.SIGNATURE_ALGORITHMS, list_body(2, 2, tuple(SignatureScheme)))
    extensions = (groups, schemes, (16, b"\x00\x09\x08http/1.1"))
    listed = ClientHello(TLS_1_2, bytes(32), b"", DEFAULT_SUITES, extensions=extensions)
    return [puppet.send_handshake(HandshakeType.CLIENT_HELLO, listed.encode())]


CKE, CCS, FIN = (client(message) for message in (M.ClientKeyExchange, M.ChangeCipherSpec, M.Finished))
FULL = (hello(Extension.EMPTY), CKE, CCS, FIN)
WITH_ID = (hello(Extension.ABSENT), CKE, CCS, FIN)
LIVE = hello(Extension.LIVE)
ELSEWHERE = "elsewhere.example"
LOOK_UP = (WITH_ID, (hello(Extension.FOREIGN, SessionId.CACHED),))

FLIGHT = tuple(server(message) for message in (M.Certificate, M.ServerKeyExchange, M.ServerHelloDone))
TICKET = server(M.NewSessionTicket, ticket=Ticket.SOME)
END = (server(M.ChangeCipherSpec), server(M.Finished))
ISSUE = (answer(Extension.EMPTY), *FLIGHT, TICKET, *END)
OTHER_ID = answer(Extension.ABSENT, SessionId.FRESH)

STORIES: dict[str, Story] = {
    "S-17": (FULL, (LIVE, CCS, short_finished(0))),
    "S-38": ((hello(Extension.EMPTY), CKE, ticket_from_the_client),),
    "S-43": (FULL, (by_id(b"\x07", Extension.LIVE),)),
    "S-53": ((by_id(bytes(33), Extension.EMPTY),),),
    "S-54": LOOK_UP,
    "S-55": LOOK_UP,
    "S-63": ((hello(Extension.FOREIGN),),),
    "S-66": (FULL, *((with_ticket(lambda ticket, n=n: ticket[:n]),) for n in range(1, 71))),
    "S-67": (FULL, (with_ticket(lambda ticket: ticket[:32] + b"\xff\xff" + ticket[34:]),)),
    "S-69": (FULL, *((with_octet_changed(place),) for place in range(200))),
    "S-70": (FULL, (with_octet_changed(-1),)),
    "S-71": (FULL, (with_octet_changed(15),)),
    "S-72": (FULL, *((with_octet_changed(place),) for place in range(16, 32))),
    "S-73": (FULL, (with_ticket(lambda ticket: ticket + b"\x00"),)),
    "S-74": (FULL, *((with_octet_changed(place),) for place in (-33, -49))),
    "S-91": (FULL, (with_suites(LIVE, *reversed(DEFAULT_SUITES)),)),
    "S-92": (FULL, (with_suites(LIVE, DEFAULT_SUITES[1]),)),
    "S-94": (FULL, (plain(LIVE),)),
    "S-96": ((plain(hello(Extension.EMPTY)), CKE, CCS, FIN), (LIVE,)),
    "S-99": ((plain(hello(Extension.EMPTY)), CKE, CCS, FIN), (LIVE,)),
    "S-102": (FULL, (named(LIVE, ELSEWHERE),)),
    "S-103": (FULL, (named(hello(Extension.EMPTY), ELSEWHERE),), (named(LIVE, ELSEWHERE),)),
    "S-116": (FULL, (LIVE,), (hello(Extension.OLD),)),
    "S-117": (FULL, (LIVE, CCS, FIN), (hello(Extension.OLD),)),
    "S-134": ((with_protocols,),),
    "S-136": ((bound(hello(Extension.EMPTY)),),),
    "S-137": ((plain(hello(Extension.EMPTY)),),),
    "S-135": ((plain(hello(Extension.EMPTY)), CKE, CCS, FIN), WITH_ID, (plain(LIVE),)),
    "C-15": (ISSUE, (answer(Extension.EMPTY), TICKET)),  # probing asks about an empty renewal first: R5077-3.3-07c
    "C-24": ((*ISSUE[:6], short_finished(0)),),
    "C-52": ((answer(Extension.FILLED), *FLIGHT, TICKET, *END), ()),
    "C-53": ((answer(Extension.REPEATED), *FLIGHT),),
    "C-72": ((answer(Extension.EMPTY, SessionId.FRESH), *FLIGHT, TICKET, *END), ()),
    "C-92": ((OTHER_ID, *FLIGHT, *END), ()),
    "C-93": ((plain(answer(Extension.EMPTY)), *FLIGHT),),
    "C-94": ((OTHER_ID, *FLIGHT, *END), ()),
    "C-68": ((bound(answer(Extension.EMPTY)), *FLIGHT),),
    "C-56": (ISSUE, (with_another_suite(answer(Extension.ABSENT)), *END)),
}  # fmt: skip
"""The shortest story that shows each fault."""
