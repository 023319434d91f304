"""Where a test of a family takes place: connections with one peer in a row, before one judge, with one memory.

What the judge sees of a single connection it tells by itself.  What takes a look at octets, or a comparison of
connections, a test blames on a clause by `Stage.blame`; what it cannot do with this peer it says by `Stage.miss`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from rfc5077.model.clauses import BY_ID
from rfc5077.model.event import CLIENT, SERVER, Certificates, Event, Extension, Message
from rfc5077.model.run.monitor import Track
from rfc5077.properties.adapters.identity import seeded
from rfc5077.properties.adapters.peer import AnyPeer, Role
from rfc5077.properties.suite.agreement import Memory
from rfc5077.properties.suite.driver import PuppetClient, PuppetServer
from rfc5077.properties.suite.families.events import (
    CLIENT_END,
    CLIENT_KEY_EXCHANGE,
    FLIGHT,
    FULL,
    ISSUE,
    SERVER_END,
    answer,
    client,
    hello,
)
from rfc5077.properties.suite.play import Puppets, Watch, at_once, lead_home
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.verdict.finding import ADVICE, NOTE, VIOLATION, Finding

P = TypeVar("P", PuppetClient, PuppetServer)
Saying = Callable[[P], RecordedEvent | list[RecordedEvent]]
"""Says something that no event of the model stands for, or not like this."""


class Outcome(Enum):
    """How a server has answered a ClientHello."""

    RESUMED = "resumed"
    FULL = "full handshake"
    ALERT = "alert"
    CLOSED = "closed"
    SILENT = "no answer"


@dataclass(frozen=True)
class Shaken:
    """A handshake with a server that was as honest as its ClientHello."""

    puppet: PuppetClient
    events: tuple[RecordedEvent, ...]

    @property
    def outcome(self) -> Outcome:
        """What the server made of it; what it said last decides nothing."""
        said = {event.message for event in self.events if event.sender == "server"}
        words = {"ServerHelloDone": Outcome.FULL, "Finished": Outcome.RESUMED, "Alert": Outcome.ALERT,
                 "Close": Outcome.CLOSED}  # fmt: skip
        return next((word for message, word in words.items() if message in said), Outcome.SILENT)

    @property
    def ticket(self) -> bytes:
        """The ticket that came of it; empty if none did."""
        return next((event.ticket or b"" for event in self.events if event.message == "NewSessionTicket"), b"")

    @property
    def ended(self) -> bool:
        """Whether the server gave up."""
        return any(event.sender == "server" and event.message in ("Alert", "Close") for event in self.events)


@dataclass
class Stage:
    """One test with one peer."""

    peer: AnyPeer
    places: set[Track]
    seed: int = 0
    memory: Memory = field(default_factory=Memory)
    connections: int = 0
    missed: str = ""
    """Why the test could not be carried through."""
    _watch: Watch = field(init=False)
    _shown: list[Finding] = field(default_factory=list)
    _excused: set[tuple[int, str]] = field(default_factory=set)
    _latest: int = 0

    def __post_init__(self) -> None:
        self._watch = Watch(SERVER if self.peer.role == "server" else CLIENT, self.places)

    @property
    def role(self) -> Role:
        """Whose behaviour is looked at."""
        return self.peer.role

    def reset(self) -> bool:
        """Makes a client forget its sessions; answers whether it did."""
        if self.peer.role == "server":
            return True
        if self.peer.forget is None:
            return lead_home(self.peer)
        self.peer.forget()
        return True

    def restore(self) -> None:
        """Turns back what was turned at the peer; where its keys were rotated without such a control, they stay so."""
        if self.peer.controls.restore is not None:
            self.peer.controls.restore()

    # --- what is found ------------------------------------------------------------------------------------------------

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the peer did, in the order in which it was seen."""
        judged = [
            one for one in self._watch.findings()
            if not {(one.connection, one.clause.id), (one.connection, "")} & self._excused
        ]  # fmt: skip
        return tuple(sorted((*judged, *self._shown), key=_order))

    @property
    def broken(self) -> bool:
        """Whether a clause was violated already, so that further connections of the same kind show nothing new."""
        return bool(self._shown) or self._watch.violated

    def blame(
        self, clause: str, told: str, ruling: str = "", at: Puppets | None = None, due: str = "a fatal alert"
    ) -> None:
        """The peer does not follow a clause, as a connection shows beside others, which `told` says.

        :param ruling: the verdict, where a corner case is ruled less gravely than the clause.
        :param at: our end of the connection; the latest if there is none.
        :param due: what was due instead, in words.
        """
        number = self._latest if at is None else at.number
        trace = self._watch.judge.trace(number)
        own = [place for place, step in enumerate(trace) if step.event.sender == self.role]
        end = own[-1] if own else len(trace) - 1
        step = trace[end]
        self._shown.append(Finding(
            BY_ID[clause], self._watch.party, number, step.index, trace[: end + 1], (), step.event,
            compared=told, ruling=ruling, due=due,
        ))  # fmt: skip

    def excuse(self, clause: str = "", at: Puppets | None = None) -> None:
        """What was done on a connection, the latest unless it is named, is a reason not to follow a clause, or is told
        better by the test than by the judge: without a clause, whatever the judge has found there does not count."""
        self._excused.add((self._latest if at is None else at.number, clause))

    def miss(self, reason: str) -> None:
        """The test cannot be carried through with this peer."""
        self.missed = self.missed or reason

    # --- connections --------------------------------------------------------------------------------------------------

    def _next(self) -> int:
        self.connections += 1
        return self.connections - 1

    def client(self, peer: AnyPeer | None = None, own_id: bytes | None = None) -> PuppetClient:
        """A new connection with the server, or with another."""
        number = self._next()
        entropy = seeded(f"family {self.seed} {number}")
        return PuppetClient(peer or self.peer, self.memory, number, entropy, own_id=own_id)

    def server(self, peer: AnyPeer | None = None, hint: int = 7200) -> tuple[PuppetServer, RecordedEvent | None]:
        """A new connection of the client, or of another, and its ClientHello if one came."""
        number = self._next()
        puppet = PuppetServer(
            peer or self.peer, self.memory, number, seeded(f"family {self.seed} {number}"), lifetime_hint=hint
        )
        events = self._take(puppet, puppet.hear())
        return puppet, next((event for event in events if event.message == "ClientHello"), None)

    def say(self, puppet: P, *sayings: Event | Saying[P]) -> list[RecordedEvent]:
        """Says one thing after the other, as long as the peer is there; returns what it answered."""
        heard: list[RecordedEvent] = []
        last: list[RecordedEvent] = []
        for saying in sayings:
            if puppet.ended:
                break
            made = puppet.say(saying) if isinstance(saying, Event) else saying(puppet)
            said = made if isinstance(made, list) else [made]
            if isinstance(saying, Event) and saying.extension is Extension.FOREIGN:
                self.know(said[0].session_ticket or b"", Extension.FOREIGN)
            self._take(puppet, said)
            last = self.hear(puppet)
            heard += last
        if not last and self.role == "client" and not puppet.ended:
            heard += self._take(puppet, puppet.linger())  # a live client has time to refuse what it need not answer
        return heard

    def hear(self, puppet: Puppets) -> list[RecordedEvent]:
        """What the peer says in its turn."""
        return self._take(puppet, puppet.hear(silence=True) if puppet.line.live else at_once(puppet, 0))

    def _take(self, puppet: Puppets, events: Iterable[RecordedEvent]) -> list[RecordedEvent]:
        taken = list(events)
        if taken:
            self._latest = puppet.number
        self._watch.take(taken)
        return taken

    def know(self, ticket: bytes, kind: Extension) -> None:
        """Says to the judge what a ticket is."""
        for abstraction in (self._watch.abstraction, self._watch.judge.abstraction):
            abstraction.know(ticket, kind)

    # --- handshakes with a client -------------------------------------------------------------------------------------

    def issue(self, peer: AnyPeer | None = None, hint: int = 7200) -> PuppetServer:
        """A full handshake with a client, whatever it offers, with a ticket."""
        puppet, _ = self.server(peer, hint)
        self.say(puppet, *ISSUE)
        return puppet

    def lead(self, puppet: PuppetServer, said: RecordedEvent | None) -> bool:
        """A full handshake up to ChangeCipherSpec, with a ticket if the client takes any; whether it goes along."""
        takes = said is not None and said.session_ticket is not None
        word = ISSUE if takes else (answer(Extension.ABSENT), *FLIGHT, *SERVER_END)
        if goes_on(self.say(puppet, *word[: -len(SERVER_END)])):
            return True
        self.miss("the client completes no handshake")
        return False

    def offering(self, *, peer: AnyPeer | None = None, hint: int = 7200) -> tuple[PuppetServer, RecordedEvent] | None:
        """A connection on which the client offers a ticket of ours; None, and the test is missed, if it offers none."""
        for _ in range(2):
            puppet, said = self.server(peer, hint)
            if said is not None and said.session_ticket:
                return puppet, said
            if said is not None:
                self.say(puppet, *ISSUE)
        self.miss("the client offers no ticket")
        return None

    # --- handshakes with a server -------------------------------------------------------------------------------------

    def shake(
        self, said: Event | Saying[PuppetClient] = FULL[0], *, peer: AnyPeer | None = None,
        own_id: bytes | None = None, certificate: bool = False,
    ) -> Shaken:  # fmt: skip
        """A handshake that is honest but for its ClientHello, full or abbreviated as the server decides.

        :param own_id: what stands for a fresh session_id.
        :param certificate: whether a certificate is shown to a server that asks for one.
        """
        puppet = self.client(peer, own_id)
        events = self.say(puppet, said)
        heard = [event.message for event in events]
        rest: tuple[Event, ...] = ()
        if "ServerHelloDone" in heard:
            rest = _full("CertificateRequest" in heard, certificate)
        elif "Finished" in heard:
            rest = CLIENT_END
        events += self.say(puppet, *rest)
        return Shaken(puppet, tuple(events))

    def begin(self, puppet: PuppetClient, said: Event | Saying[PuppetClient] = FULL[0]) -> list[RecordedEvent]:
        """A full handshake up to ChangeCipherSpec; what was answered."""
        heard = self.say(puppet, said)
        asked = any(event.message == "CertificateRequest" for event in heard)
        return heard + self.say(puppet, *_full(asked, False)[: -len(CLIENT_END)])

    def ask(self, said: Event | Saying[PuppetClient], peer: AnyPeer | None = None) -> Shaken:
        """A ClientHello and its answer; the connection goes no further."""
        puppet = self.client(peer)
        return Shaken(puppet, tuple(self.say(puppet, said)))

    def mint(
        self, said: Event | Saying[PuppetClient] = FULL[0], peer: AnyPeer | None = None
    ) -> bytes:
        """A ticket of a full handshake, the newest from now on; empty, and the test is missed, if none comes."""
        ticket = self.shake(said, peer=peer).ticket
        if ticket not in self.memory.tickets:
            self.miss("the server issues no ticket")
            return b""
        return ticket

    def honoured(self) -> bool:
        """Whether the server resumes by a new ticket; the test is missed if not."""
        if not self.mint():
            return False
        shaken = self.shake(hello(Extension.LIVE))
        if shaken.outcome is not Outcome.RESUMED or shaken.ended:
            self.miss("the server resumes by no ticket")
            return False
        return True


def goes_on(heard: Iterable[RecordedEvent]) -> bool:
    """Whether a client builds on what it was told."""
    said = {event.message for event in heard if event.sender == "client"}
    return bool(said & {"ClientKeyExchange", "Finished"}) and not refuses(heard)


def refuses(heard: Iterable[RecordedEvent]) -> bool:
    """Whether a client gives up."""
    return any(event.sender == "client" and event.message in ("Alert", "Close") for event in heard)


def _order(finding: Finding) -> tuple[bool, int, int]:
    """As it was seen; of what one event shows, the gravest first; what was left in doubt last."""
    return not finding.index, finding.index, (VIOLATION, ADVICE, NOTE).index(finding.verdict)


def _full(asked: bool, certificate: bool) -> tuple[Event, ...]:
    """What an honest client says behind ServerHelloDone."""
    shown = Certificates.SOME if certificate else Certificates.EMPTY
    first = (client(Message.Certificate, certificates=shown),) if asked else ()
    proof = (client(Message.CertificateVerify),) if asked and certificate else ()
    return (*first, CLIENT_KEY_EXCHANGE, *proof, *CLIENT_END)
