"""One test: a word of inputs said to a peer, what it answered, and what the judge thinks of it.

Each test starts with a memory of its own.  Where a word needs a ticket of the server's, a preamble connection of the
same test brings it; a client under test is told to forget its session, or is led home where it cannot be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from rfc5077.model.event import CLIENT, FATAL, SERVER, TICKETS, Alarm, Event, Extension, Message, Party, Ticket
from rfc5077.model.run.machine import CONNECT, Output
from rfc5077.model.run.monitor import Monitor, Track
from rfc5077.model.run.party import PARTIES
from rfc5077.model.run.says import alert
from rfc5077.properties.adapters.identity import seeded
from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.suite.agreement import Memory
from rfc5077.properties.suite.driver import PuppetClient, PuppetServer
from rfc5077.properties.suite.honest import serve, shake_hands
from rfc5077.properties.trace.abstraction import Abstraction, Alternatives
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.verdict.finding import VIOLATION, Finding
from rfc5077.properties.verdict.judge import Judge
from rfc5077.reference.keys.exchange import Entropy

Word = tuple[Event, ...]


@dataclass(frozen=True)
class Played:
    """What came of one test."""

    word: Word
    outputs: tuple[Output, ...]
    """The peer's answer to each input, in the machine's spelling; empty for silence."""
    findings: tuple[Finding, ...]
    """What the peer did that a clause speaks against, in the order in which it was seen."""
    connections: int
    """How many connections it took."""
    ready: bool = True
    """Whether the preamble led to where the test begins; if not, nothing was said."""
    seen: tuple[RecordedEvent, ...] = ()
    """All that was said on both sides, where there are findings."""


@dataclass
class Watch:
    """What watches a test: the judge, the meaning of each event, and where the peer stood before it spoke."""

    party: Party
    places: set[Track]
    """Shared by all tests: the states in which the peer was, as the monitor knows them."""
    judge: Judge = field(default_factory=lambda: Judge(complete=True))
    abstraction: Abstraction = field(default_factory=lambda: Abstraction(complete=True))
    monitors: dict[int, Monitor] = field(default_factory=dict)
    judges: bool = True
    """Whether what is seen is judged; if not, it is only spelled."""
    violated: bool = False
    """Whether the peer has done what a clause forbids."""
    seen: list[RecordedEvent] = field(default_factory=list)
    """Everything that was judged."""

    def take(self, events: Iterable[RecordedEvent]) -> Output:
        """Judges the events; returns what the peer said, in the machine's spelling."""
        said: list[Event] = []
        for event in events:
            fed = self.abstraction.observe(event)
            if self.judges:
                self.seen.append(event)
                found = self.judge.feed(event)
                self.violated |= any(one.verdict == VIOLATION and one.party is self.party for one in found)
                for connection, alternatives in fed:
                    self._place(connection, alternatives)
            if event.sender == self.party.name.lower():
                said += spelled(fed[-1][1], said)
        return tuple(said)

    def _place(self, connection: int, alternatives: Alternatives) -> None:
        monitor = self.monitors.setdefault(connection, Monitor())
        if alternatives[0].sender is self.party:
            self.places.add(monitor.node.tracks[PARTIES.index(self.party)])
        monitor.feed(alternatives)

    def played(self, word: Word, outputs: tuple[Output, ...], connections: int) -> Played:
        """What has come of a test."""
        found = self.findings()
        return Played(word, outputs, found, connections, seen=tuple(self.seen) if found else ())

    def findings(self) -> tuple[Finding, ...]:
        """What the peer did, in the order in which it was seen; what was left in doubt stands last."""
        found = [finding for judged in self.judge.connections() for finding in judged.findings]
        mine = (finding for finding in found if finding.party is self.party)
        return tuple(sorted(mine, key=lambda finding: (finding.index == 0, finding.index)))


def spelled(alternatives: Alternatives, before: Sequence[Event] = ()) -> Output:
    """An event of the peer's as the machine spells it.

    Alerts are of one kind if fatal; the end of the transport is no word of its own behind an alert, nor is close_notify
    behind a fatal one; one's own ticket is one's own, renewed or not (the judge tells them apart); silence is nothing
    said.
    """
    event = alternatives[-1]
    if event.message is Message.Silence:
        return ()
    if event.message is Message.Close and any(said.message is Message.Alert for said in before):
        return ()
    if event.alarm is Alarm.CLOSE_NOTIFY and any(said.alarm in FATAL for said in before):
        return ()
    if event.message is Message.Alert and event.alarm in FATAL:
        return (alert(event.sender),)
    if event.message is Message.ClientHello and event.extension is Extension.OLD:
        return (event.but(extension=Extension.LIVE),)
    return (event,)


def needs_ticket(word: Word) -> bool:
    """Whether a server must have issued a ticket before the word can be said."""
    return any(symbol.extension in TICKETS for symbol in word if symbol.sender is CLIENT)


@dataclass(frozen=True)
class Manner:
    """How tests are played."""

    seed: int = 0
    """What the puppets' random octets follow from, the same for every test."""
    renegotiates: bool = True
    """Whether ClientHello, or HelloRequest, is said behind a complete handshake; if not, it counts as unanswered."""
    echoes: bool = True
    """Whether application data of the peer's counts as an answer; if not, it is left out."""
    judges: bool = True
    """Whether the judge is asked; if not, there are no findings."""

    def entropy(self, number: int) -> Entropy:
        """The random octets of one connection."""
        return seeded(f"test {self.seed} {number}")

    def told(self, said: Output) -> Output:
        """What counts of an answer."""
        return said if self.echoes else tuple(event for event in said if event.message is not Message.ApplicationData)


Puppets = PuppetClient | PuppetServer
Turn = Callable[[Puppets, int], list[RecordedEvent]]
"""What the peer says in its turn, behind the symbol at this place of the word."""


def at_once(puppet: Puppets, place: int) -> list[RecordedEvent]:
    """What a peer in memory says in its turn, wherever that is.

    Nothing crosses here, for the puppet speaks only after everything was read.  A second silence says so to the judge,
    who would otherwise hold it possible that the peer was silent before it had read the last message.
    """
    events = puppet.hear(silence=True)
    return events + puppet.hear(silence=True) if events and events[-1].message == "Silence" else events


def play(peer: AnyPeer, word: Word, places: set[Track], manner: Manner, turn: Turn = at_once) -> Played:
    """Runs one test; adds to ``places`` where the peer stood.  Raises `HarnessError` if the peer fails."""
    if peer.role == "server":
        return _play_server(peer, word, places, manner, turn)
    return _play_client(peer, word, places, manner, turn)


def _play_server(peer: AnyPeer, word: Word, places: set[Track], manner: Manner, turn: Turn) -> Played:
    watch, memory = Watch(SERVER, places, judges=manner.judges), Memory()
    connections = 1
    before: list[RecordedEvent] = []
    if needs_ticket(word):
        connections = 2
        before = shake_hands(PuppetClient(peer, memory, 0, manner.entropy(0)))
        if memory.live is None:
            watch.take(before)
            return Played(word, (), watch.findings(), 1, ready=False)
    puppet = PuppetClient(peer, memory, 1, manner.entropy(1))
    outputs: list[Output] = []
    for place, symbol in enumerate(word):
        if symbol is CONNECT:  # the puppet's next connection
            connections += 1
            puppet = PuppetClient(peer, memory, place + 2, manner.entropy(place + 2))
        again = symbol.message is Message.ClientHello and puppet.handshake.complete
        if symbol is CONNECT or puppet.ended or (again and not manner.renegotiates):
            outputs.append(())
        else:
            outputs.append(manner.told(_answer(watch, puppet, symbol, turn, place, before)))
            before = []
    return watch.played(word, tuple(outputs), connections)


def _answer(
    watch: Watch, puppet: Puppets, symbol: Event, turn: Turn, place: int, before: Sequence[RecordedEvent] = ()
) -> Output:
    """Says a symbol; returns the answer. That who was told the end ends as well is no word of its own.

    What came `before` is judged only now: a target in a process of its own works in the meantime.
    """
    watch.take([*before, *puppet.say(symbol)])
    said = watch.take(turn(puppet, place))
    if symbol.message is Message.Close:  # nor is an alert that nobody is there to read
        return tuple(event for event in said if event.message not in (Message.Close, Message.Alert))
    over = symbol.message is Message.Alert and symbol.alarm in FATAL
    return tuple(event for event in said if event.message is not Message.Close) if over else said


def _play_client(peer: AnyPeer, word: Word, places: set[Track], manner: Manner, turn: Turn) -> Played:
    watch, memory = Watch(CLIENT, places, judges=manner.judges), Memory()
    if peer.forget is not None:
        peer.forget()
    elif not lead_home(peer):
        return Played(word, (), (), HOMING, ready=False)
    puppet: PuppetServer | None = None
    outputs: list[Output] = []
    for place, symbol in enumerate(word):
        if symbol is CONNECT:
            puppet = PuppetServer(peer, memory, place + 1, manner.entropy(place + 1))
            outputs.append(watch.take(puppet.hear()))
        elif puppet is None or puppet.ended or (_asks_again(puppet, symbol) and not manner.renegotiates):
            outputs.append(())
        else:
            outputs.append(manner.told(_answer(watch, puppet, symbol, turn, place)))
    return watch.played(word, tuple(outputs), word.count(CONNECT))


def _asks_again(puppet: PuppetServer, symbol: Event) -> bool:
    return symbol.message is Message.HelloRequest and puppet.handshake.complete


HOMING = 3
"""How many handshakes may be spent on leading a client home."""


def lead_home(peer: AnyPeer) -> bool:
    """Makes a client that cannot be told to forget offer no ticket: by handshakes that bring it none.

    A client cannot be reset from outside; its next ClientHello shows whether it worked, and is part of the next test.
    """
    for attempt in range(HOMING):
        puppet = PuppetServer(peer, Memory(), attempt)
        if not any(event.session_ticket for event in serve(puppet, ticket=Ticket.NONE)):
            return True
    return False

