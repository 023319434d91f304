"""The world of a stateful run: every connection between clients and servers, and who watches them.

Nothing here is drawn: whatever may differ from run to run comes in as a value. The judge sees every event of every
connection; what needs both clocks, both secrets or both ends at once is checked here beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial

from rfc5077.model.event import CLIENT, SERVER, Extension
from rfc5077.properties.suite.checks import Problem, at_rest, incomplete, on_arrival, on_offer
from rfc5077.properties.suite.chronicle import Chronicle
from rfc5077.properties.suite.covered import Covered
from rfc5077.properties.suite.link import Link, Pair, Post, posts
from rfc5077.properties.suite.network import SIDES, Passage
from rfc5077.properties.suite.parties import Client, Server, Stranger
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.trace.recordings import Recording
from rfc5077.properties.verdict.finding import VIOLATION, Finding
from rfc5077.reference.alerts import AlertLevel

_UNSAID = ("Close", "Silence")  # events that are no messages


class Refuted(AssertionError):
    """Something that holds of conforming parties did not hold; the message shows the run as a ladder.

    `recording` is the same run for `rfc5077 judge`, as whoever found it saw it.
    """

    def __init__(self, message: str, recording: Recording | None = None) -> None:
        super().__init__(message)
        self.recording = recording


class World:
    """Clients and servers, and all that happens between them.

    Every method raises `Refuted` when something does not hold.
    """

    def __init__(
        self, clients: Sequence[Client | Stranger], servers: Sequence[Server | Stranger],
        tally: Counter[str] | None = None, covered: Covered | None = None,
    ) -> None:  # fmt: skip
        """`tally` counts what happened, and `covered` what was shown of the model, over as many runs as they like."""
        self.clients = clients
        self.servers = servers
        self.links: list[Link] = []
        self.tally: Counter[str] = Counter() if tally is None else tally
        self._covered = covered
        self._pairs = {
            (client.number, server.number): Pair(client, server, self.tally, _chronicles(client, server))
            for client in clients
            for server in servers
        }

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
        self._check(link, on_offer(link))
        link.passage.collect("client")
        return link

    def carry(self, link: Link, side: str, octets: int | None = None) -> None:
        """Brings at most so many octets, or all, of what one side has sent to the other."""
        link.passage.deliver(side, octets)
        self._check(link, on_arrival(link))

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
        """One end of ours closes; cleanly means with close_notify.

        A server that closes instead of answering would look as if it did so because of the ticket (R5077-3.2-09), so
        that counts as a loss.
        """
        end = link.own(side)
        if end is None or end.closed:
            return
        if side == "server" and not link.answered:
            self.lose(link)
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

    def retuned(self, party: Client | Server) -> None:
        """A party has chosen otherwise: what it showed before proves nothing to who looks on."""
        for pair in self._pairs.values():
            for chronicle in pair.chronicles.values() if party in (pair.client, pair.server) else ():
                chronicle.retuned(SERVER if isinstance(party, Server) else CLIENT)

    def plant(self, pair: Pair, ticket: bytes, kind: Extension | None, how: str) -> None:
        """Puts a ticket into the client's store; `kind` None leaves it to the judge what it is."""
        if not isinstance(pair.client, Client):
            return
        stored = pair.client.held(pair.server.number, pair.server.name)
        if stored is not None:
            pair.stored.add(stored.ticket)
        if not ticket or ticket in pair.issued or ticket in pair.stored:
            return  # what was offered before must not look kept, and what two tricks restore is not altered
        pair.stored.add(ticket)
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
        found = chronicle.feed(event)
        if self._covered is not None and post is next(iter(link.observers)):
            steps = chronicle.judge.trace(event.connection)
            if steps and steps[-1].event is event:
                self._covered.saw(link.number, steps[-1].alternatives)
        for finding in found:
            self._weigh(chronicle, post, finding)

    def _weigh(self, chronicle: Chronicle, post: Post, finding: Finding) -> None:
        if finding.party.name.lower() in post.blames:
            self.tally[f"{finding.verdict} {finding.clause.id}"] += 1
            if finding.verdict == VIOLATION:
                raise Refuted(chronicle.told(finding), chronicle.recording())

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

    def _check(self, link: Link, problems: Iterable[Problem]) -> None:
        for problem in problems:
            if any(post.blames.intersection(problem.at) for post in link.observers):
                link.passage.reveal()  # what is on its way may show a judge which clause it is
                first = link.pair.chronicles[next(iter(link.observers))]
                raise Refuted(self._told(link, problem), first.recording(problem.reason))
            self.tally["excused"] += 1

    def _told(self, link: Link, problem: Problem) -> str:
        chronicles = link.pair.chronicles
        notes = dict.fromkeys(note for chronicle in chronicles.values() for note in chronicle.notes(link.number))
        drawn = chronicles[next(iter(link.observers))].ladder()
        return "\n\n".join([f"REFUTED on connection {link.number}: {problem.reason}", *notes, drawn])

    def _check_rest(self, link: Link) -> None:
        if link.passage.quiet and not link.passage.lost:
            for side in (*SIDES, *SIDES) if incomplete(link) else ():
                for post in link.observers:
                    self._judge(link, post, RecordedEvent(connection=link.number, sender=side, message="Silence"))
            self._check(link, at_rest(link))


def _chronicles(client: Client | Stranger, server: Server | Stranger) -> dict[Post, Chronicle]:
    who = f"Client {client.number} and server {server.number} ({server.name})"
    return {post: Chronicle(f"{who}, as seen {post.name}:") for post in posts(client, server)}
