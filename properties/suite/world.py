"""The world of a stateful run: every connection between clients and servers, and who watches them.

Nothing here is drawn: whatever may differ from run to run comes in as a value. The judge sees every event of every
connection; what needs both clocks, both secrets or both ends at once is checked here beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from rfc5077.model.event import Extension
from rfc5077.properties.suite.chronicle import Chronicle
from rfc5077.properties.suite.network import SIDES, OwnEnd, Passage
from rfc5077.properties.suite.parties import Client, Server, Stranger
from rfc5077.properties.trace.observe import Observer
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.verdict.judge import VIOLATION, Finding
from rfc5077.reference.alerts import AlertLevel, Cause
from rfc5077.reference.connection import ClientConnection, ServerConnection
from rfc5077.reference.handshake.config import ServerConfig

_UNSAID = ("Close", "Silence")  # events that are no messages


@dataclass(frozen=True)
class Post:
    """Where an observer stands, and whose violations count there."""

    name: str
    on_arrival: tuple[bool, bool]
    """Whether it sees what client and server send when it arrives, rather than when it leaves."""
    blames: frozenset[str]


# At its own end a party is judged exactly: by what it got before it spoke. An observer between the ends may see a
# message before its receiver does, and still nobody who conforms may be blamed.
AT_CLIENT = Post("at the client", (False, True), frozenset({"client"}))
AT_SERVER = Post("at the server", (True, False), frozenset({"server"}))
BETWEEN = Post("between them", (False, False), frozenset(SIDES))
BESIDE_A_STRANGER = Post("at the server", (True, True), frozenset({"client"}))
"""What a client of somebody else's sends is seen on arrival: before that, nobody has its keys."""


def posts(client: Client | Stranger, server: Server | Stranger) -> tuple[Post, ...]:
    """The observers of a pair; beside a stranger only its violations count."""
    if isinstance(client, Stranger):
        return (BESIDE_A_STRANGER,)
    return (AT_SERVER,) if isinstance(server, Stranger) else (BETWEEN, AT_CLIENT, AT_SERVER)


class Refuted(AssertionError):
    """Something that holds of conforming parties did not hold; the message shows the run as a ladder."""


@dataclass(frozen=True)
class Lineage:
    """The session behind a ticket, as seen at the server when it was made."""

    born: int
    """Seconds of the server's clock at the end of the full handshake."""
    ems: bool
    identified: bool
    """Whether the client showed a certificate."""


@dataclass
class Pair:
    """What one client and one server share."""

    client: Client | Stranger
    server: Server | Stranger
    chronicles: dict[Post, Chronicle]
    """By observer; the first is the one that counts messages."""
    sessions: dict[bytes, Lineage] = field(default_factory=dict)
    """By master secret."""
    issued: dict[bytes, Lineage] = field(default_factory=dict)
    """Every ticket that a server of ours gave this client."""
    ends: dict[bytes, float] = field(default_factory=dict)
    """Ticket to the moment on the clock of a client of ours at which its time is surely over."""

    planted: set[bytes] = field(default_factory=set)
    """Every ticket that came into the client's store by a trick."""

    def remark(self, text: str) -> None:
        """Notes what no message shows."""
        for chronicle in self.chronicles.values():
            chronicle.remark(text)

    def know(self, ticket: bytes, kind: Extension) -> None:
        """Says what a ticket is."""
        for chronicle in self.chronicles.values():
            chronicle.know(ticket, kind)


class Link:
    """One connection of a pair."""

    def __init__(self, pair: Pair, number: int) -> None:
        self.pair = pair
        self.number = number
        self.observers = {post: Observer(number, self._master_secret) for post in pair.chronicles}
        self.said = bytearray()
        """Application data that one end has sent, for the other to send back."""
        self.answered = False
        """Whether the server has sent anything."""
        self.alerted = False
        """Whether a fatal alert was seen."""
        self.decision_seen = self.client_done = self.server_done = False
        self.passage: Passage  # set by `World.connect`

    def own(self, side: str) -> OwnEnd | None:
        """The end of this side if it is one of ours."""
        end = self.passage.end(side)
        return end if isinstance(end, OwnEnd) else None

    @property
    def client(self) -> ClientConnection | None:
        """The client's connection if it is one of ours."""
        end = self.own("client")
        return end.tls if end is not None and isinstance(end.tls, ClientConnection) else None

    @property
    def server(self) -> ServerConnection | None:
        """The server's connection if it is one of ours."""
        end = self.own("server")
        return end.tls if end is not None and isinstance(end.tls, ServerConnection) else None

    @property
    def talker(self) -> OwnEnd | None:
        """The end that speaks first once the handshake is over; the other echoes."""
        return self.own("client") if isinstance(self.pair.client, Client) else self.own("server")

    def _master_secret(self, client_random: bytes) -> bytes | None:
        for side in SIDES:
            end = self.own(side)
            secrets = end.secrets if end is not None else None
            if secrets is not None and secrets.client_random == client_random:
                return secrets.master_secret
        # A server that resumes uses the keys before a client of ours has heard of it.
        offered = self.client.handshake.offer.session if self.client is not None else None
        return None if offered is None else offered.master_secret


class World:
    """Clients and servers, and all that happens between them.

    Every method raises `Refuted` when something does not hold.
    """

    def __init__(
        self, clients: Sequence[Client | Stranger], servers: Sequence[Server | Stranger],
        tally: Counter[str] | None = None,
    ) -> None:  # fmt: skip
        """`tally` counts what happened, over as many runs as its owner likes."""
        self.clients = clients
        self.servers = servers
        self.links: list[Link] = []
        self.tally: Counter[str] = Counter() if tally is None else tally
        self._pairs = {(c.number, s.number): Pair(c, s, _chronicles(c, s)) for c in clients for s in servers}

    def pair(self, client: int, server: int) -> Pair:
        """What a client and a server share; any numbers will do."""
        return self._pairs[client % len(self.clients), server % len(self.servers)]

    def remark(self, text: str) -> None:
        """Notes in every chronicle what no message shows."""
        for pair in self._pairs.values():
            pair.remark(text)

    # --- what happens to a connection ---------------------------------------------------------------------------------

    def connect(self, pair: Pair, recut: Sequence[int] = ()) -> Link:
        """A new connection, its ClientHello on the way; `recut` holds sizes for a `Recutter`."""
        link = Link(pair, len(self.links) + 1)
        self.links.append(link)
        self.tally["connections"] += 1
        client = pair.client.open(pair.server.number, pair.server.name)
        link.passage = Passage(client, pair.server.open, partial(self._saw, link), recut)
        self._check_offer(link)
        link.passage.collect("client")
        return link

    def carry(self, link: Link, side: str, octets: int | None = None) -> None:
        """Brings at most so many octets, or all, of what one side has sent to the other."""
        link.passage.deliver(side, octets)
        self._check_answer(link)
        self._check_completion(link)
        self._check_refusals(link)
        self._check_echo(link)

    def waiting(self, link: Link) -> str:
        """A side of which something is on the way, if there is one."""
        return next((side for side in SIDES if link.passage.waiting(side)), SIDES[0])

    def settle(self, links: Sequence[Link], sizes: Sequence[int] = (), order: Sequence[int] = ()) -> None:
        """Carries everything to its end on these connections.

        :param sizes: octets of the first portions; what is left then comes whole.
        :param order: which of the directions that are waiting comes next, for the first portions.
        """
        step = 0
        while waiting := [(link, side) for link in links for side in SIDES if link.passage.waiting(side)]:
            link, side = waiting[order[step] % len(waiting) if step < len(order) else 0]
            self.carry(link, side, sizes[step] if step < len(sizes) else None)
            step += 1
        for link in links:
            self._check_rest(link)

    def say(self, link: Link, data: bytes) -> None:
        """Sends application data that the other end is to send back."""
        talker = link.talker
        if talker is not None and talker.established and not talker.closed:
            talker.tls.send(data)
            link.said += data
            self._collect(link)

    def hang_up(self, link: Link, side: str, cleanly: bool) -> None:
        """One end of ours closes; cleanly means with close_notify."""
        end = link.own(side)
        if end is None or end.closed:
            return
        if cleanly:
            end.tls.close()
        else:
            end.end()
        self._collect(link)

    def lose(self, link: Link) -> None:
        """The network gives a connection up."""
        if not link.passage.over:
            self.tally["lost"] += 1
            link.pair.remark(f"connection {link.number} is lost")
            link.passage.lose()

    def _collect(self, link: Link) -> None:
        for side in SIDES:
            link.passage.collect(side)

    # --- what happens to parties --------------------------------------------------------------------------------------

    def rotate(self, server: Server | Stranger, retain: int) -> None:
        """A new ticket key. A server has no key in mind twice, so hellos that have half arrived are lost."""
        pairs = [pair for pair in self._pairs.values() if pair.server is server]
        for link in self.links:
            if link.pair.server is server and not link.answered and link.passage.end("server") is not None:
                self.lose(link)
        if isinstance(server, Server):
            server.rotate(retain)
            self.remark(f"server {server.number} has a new ticket key and keeps {retain} of the old")
            for pair in pairs:
                for ticket in pair.issued:
                    if not server.opens(ticket):
                        pair.know(ticket, Extension.FOREIGN)
        elif server.peer.rotate_keys is not None:
            server.peer.rotate_keys()
            self.remark("the server has new ticket keys")
            for chronicle in [chronicle for pair in pairs for chronicle in pair.chronicles.values()]:
                chronicle.keys_changed()

    def plant(self, pair: Pair, ticket: bytes, kind: Extension | None, how: str) -> None:
        """Puts a ticket into the client's store; `kind` None leaves it to the judge what it is."""
        if not isinstance(pair.client, Client) or not ticket or ticket in pair.issued or ticket in pair.planted:
            return  # what was offered before must not look as if the client had kept it
        pair.planted.add(ticket)
        pair.client.plant(pair.server.number, pair.server.name, ticket)
        pair.remark(f"the client's ticket is {how}")
        if kind is not None:
            pair.know(ticket, kind)

    # --- what is seen -------------------------------------------------------------------------------------------------

    def _saw(self, link: Link, side: str, octets: bytes | None, arrived: bool) -> None:
        place = SIDES.index(side)
        link.answered = link.answered or side == "server"
        for post, observer in link.observers.items():
            if post.on_arrival[place] is arrived:
                for event in observer.closed(side) if octets is None else observer.octets(side, octets):
                    self._judge(link, post, event)

    def _judge(self, link: Link, post: Post, event: RecordedEvent) -> None:
        chronicle = link.pair.chronicles[post]
        if post is next(iter(link.observers)) and event.message not in _UNSAID:
            self.tally["messages"] += 1
        if event.message == "NewSessionTicket" and event.ticket:
            self._share(link, post, event.ticket)
        link.alerted = link.alerted or event.alert_level == AlertLevel.FATAL
        for finding in chronicle.feed(event):
            self._weigh(chronicle, post, finding)

    def _weigh(self, chronicle: Chronicle, post: Post, finding: Finding) -> None:
        if finding.party.name.lower() in post.blames:
            self.tally[f"{finding.verdict} {finding.clause.id}"] += 1
            if finding.verdict == VIOLATION:
                raise Refuted(chronicle.told(finding))

    def _share(self, link: Link, post: Post, ticket: bytes) -> None:
        """A ticket is for its issuer alone; at the client's other servers it is known as that."""
        for pair in self._pairs.values():
            if pair.client is link.pair.client and pair.server is not link.pair.server:
                pair.chronicles[post].know(ticket, Extension.ANOTHERS)

    def end(self) -> None:
        """Nothing more comes: what was left in doubt counts now."""
        for pair in self._pairs.values():
            for post, chronicle in pair.chronicles.items():
                for finding in chronicle.in_doubt():
                    self._weigh(chronicle, post, finding)

    # --- what is checked beside the judge -----------------------------------------------------------------------------

    def _refute(self, link: Link, reason: str) -> None:
        link.passage.reveal()  # what is on its way may show a judge which clause it is
        chronicles = link.pair.chronicles
        notes = dict.fromkeys(note for chronicle in chronicles.values() for note in chronicle.notes(link.number))
        drawn = next(iter(chronicles.values())).ladder()
        raise Refuted("\n\n".join([f"REFUTED on connection {link.number}: {reason}", *notes, drawn]))

    def _check_offer(self, link: Link) -> None:
        """A client of ours offers no ticket whose time is over."""
        client, owner = link.client, link.pair.client
        if client is None or not client.ticket_offered:
            return
        self.tally["offered"] += 1
        end = link.pair.ends.get(client.ticket_offered)
        if end is not None and owner.clock() >= end:  # R5077-3.3-16, R5077-5.6-04
            self._refute(link, "the client offers a ticket after the end of its life (R5077-3.3-16)")

    def _check_answer(self, link: Link) -> None:
        """A server of ours resumes by every ticket that it can open and wants to honour, and by no other."""
        server = link.server
        if link.decision_seen or server is None or server.resumed is None:
            return
        link.decision_seen = True
        ticket = server.handshake.client_hello.session_ticket
        if not ticket:
            self.tally["resumed by id"] += bool(server.resumed)
            return
        self.tally["resumed by ticket" if server.resumed else "declined"] += 1
        lineage, config, now = link.pair.issued.get(ticket), server.handshake.config, link.pair.server.clock()
        if server.resumed and lineage is not None and now - lineage.born > config.ticket_lifetime_seconds:
            self._refute(link, "the server resumes by a ticket older than its limit (R5077-5.6-01)")
        due = lineage is not None and _honoured(lineage, config, ticket, now, server)
        if server.resumed is not due:
            what = "declines a ticket that is good" if due else "resumes by a ticket that it should not honour"
            self._refute(link, f"the server {what} (R5077-3.1-13, R5077-3.2-09)")

    def _check_completion(self, link: Link) -> None:
        """Both ends make the same of a handshake."""
        client, server = link.client, link.server
        if server is not None and server.ticket_sent and server.ticket_sent not in link.pair.issued:
            self._register(link, server)
        if server is not None and server.established and not link.server_done:
            link.server_done = True
            self._register(link, server)
        if client is not None and client.established and not link.client_done:
            link.client_done = True
            self._note_ticket(link, client)
            self._agree(link, client, server)

    def _register(self, link: Link, server: ServerConnection) -> None:
        secret = server.secrets.master_secret
        hello = server.handshake.server_hello
        lineage = link.pair.sessions.get(secret)
        if lineage is None:
            born = int(link.pair.server.clock())
            lineage = Lineage(born, hello.extended_master_secret, bool(server.peer_certificates))
            link.pair.sessions[secret] = lineage
        if server.ticket_sent:
            link.pair.issued[server.ticket_sent] = lineage

    def _note_ticket(self, link: Link, client: ClientConnection) -> None:
        message, config = client.handshake.ticket, client.handshake.config
        if message is not None and message.ticket:
            life = min(message.lifetime_hint or config.longest_ticket_life, config.longest_ticket_life)
            link.pair.ends[message.ticket] = link.pair.client.clock() + life

    def _agree(self, link: Link, client: ClientConnection, server: ServerConnection | None) -> None:
        self.tally["handshakes"] += 1
        self.tally["resumed" if client.resumed else "full"] += 1
        if client.resumed and client.ticket_received:
            self.tally["renewed"] += 1
        self.tally["empty tickets"] += client.ticket_received == b""
        if server is None:
            return
        facts = {
            "resumed or full": (client.resumed, server.resumed),
            "the secrets": (client.secrets, server.secrets),
            "the session id": (client.session_id, server.session_id),
            "the ticket": (client.ticket_received, server.ticket_sent),
        }
        for what, (one, other) in facts.items():
            if one != other:
                self._refute(link, f"client and server differ about {what}: {one!r} and {other!r}")

    def _check_refusals(self, link: Link) -> None:
        """Nobody refuses a conforming party, but for reasons that configurations give."""
        for side in SIDES:
            end = link.own(side)
            if end is not None and end.error is not None and end.error.cause not in _CONFIGURED:
                self._refute(link, f"the {side} refused what it received: {end.error}")

    def _check_echo(self, link: Link) -> None:
        for side in SIDES:
            end = link.own(side)
            if end is not None and not link.said.startswith(end.received):
                self._refute(link, f"the {side} received data that nobody sent")

    def _check_rest(self, link: Link) -> None:
        """Once everything was delivered, a connection is established at both ends or at its end."""
        passage = link.passage
        ends = [passage.end(side) for side in SIDES]
        if not passage.quiet or passage.lost or any(end is None for end in ends):
            return
        closed = [end is not None and end.closed for end in ends]
        if link.alerted and not all(shut for shut, side in zip(closed, SIDES, strict=True) if link.own(side)):
            self._refute(link, "an end stays open after a fatal alert (R5246-7.2-01)")
        if any(closed):
            return
        if any(end is not None and end.established is False for end in ends):
            for side in (*SIDES, *SIDES):
                for post in link.observers:
                    self._judge(link, post, RecordedEvent(connection=link.number, sender=side, message="Silence"))
            self._refute(link, "everything was delivered, yet the handshake is not complete at both ends")
        words = [end.resumed for end in ends if end is not None and end.resumed is not None]
        if len(set(words)) > 1:
            self._refute(link, "one end says that it resumed a session, the other that it did not")
        talker = link.talker
        if talker is not None and talker.received != link.said:
            self._refute(link, "data that was sent did not come back")


def _chronicles(client: Client | Stranger, server: Server | Stranger) -> dict[Post, Chronicle]:
    who = f"Client {client.number} and server {server.number} ({server.name})"
    return {post: Chronicle(f"{who}, as seen {post.name}:") for post in posts(client, server)}


_CONFIGURED = (Cause.NO_CLIENT_CERTIFICATE, Cause.EMS_NOT_USED)
"""Why a server may refuse a client that conforms: it was told to."""


def _honoured(lineage: Lineage, config: ServerConfig, ticket: bytes, now: float, server: ServerConnection) -> bool:
    """Whether a server under this configuration resumes by a ticket that it once issued, octet for octet."""
    in_ring = any(ticket.startswith(key.name) for key in config.key_ring.keys)
    alive = 0 <= now - lineage.born <= config.ticket_lifetime_seconds
    known = config.client_auth != "require" or lineage.identified
    ems = config.ems and server.handshake.client_hello.extended_master_secret
    same_secret = lineage.ems == ems and (ems or not config.ems or config.without_ems == "resume")
    return config.honour_tickets and in_ring and alive and known and same_secret
