"""Paired runs: what no single run can tell, for two runs that differ in one thing have to come to the same answer.

A ticket is presented beside one session_id and beside another (R5077-3.4-07, R5077-3.4-08); a ticket is presented
before and after a renewal that the client never confirmed (R5077-3.3-11).  A server that answers the same question in
two ways is unstable, and nothing is concluded about it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from rfc5077.model.clauses import BY_ID
from rfc5077.model.event import CLIENT, SERVER, Event, Extension, Message, SessionId
from rfc5077.model.run.monitor import Track
from rfc5077.properties.adapters.identity import seeded
from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.suite.agreement import Memory, Session
from rfc5077.properties.suite.driver import PuppetClient
from rfc5077.properties.suite.honest import shake_hands
from rfc5077.properties.suite.play import Watch
from rfc5077.properties.verdict.finding import Finding, Step

LENGTHS = (0, 1, 16, 31, 32)
"""Octets of the ids of our own making beside a ticket: the least, the most, and what is easily left out."""
CONFIRMATIONS = 6
"""How many times more each of two questions is put, in an order drawn by lot, before a difference counts."""


class Made(Enum):
    """A session_id of the server's making."""

    OWN = "the id of the ticket's own session"
    OTHER = "the id of another session"


Beside = int | Made
"""Which session_id stands beside the ticket: a fresh one of so many octets, or one that the server made."""
_ISSUE = ("client:ClientHello(session_ticket=empty,session_id=empty)",)
_OLD = "client:ClientHello(session_ticket=old,session_id=empty)"
_ORDER: tuple[Beside, ...] = (*LENGTHS, Made.OTHER, Made.OWN)


class Answer(Enum):
    """How a server answers a ticket."""

    RESUMED = "resumed"
    BY_ID = "resumed the session of the id"
    FULL = "full handshake"
    REFUSED = "alert"
    HUNG_UP = "closed"
    SILENT = "no answer"
    UNCLEAR = "no handshake at all"


@dataclass(frozen=True)
class Paired:
    """What the paired runs came to."""

    runs: int = 0
    """How many runs were compared with others; none where no ticket is issued."""
    compared: tuple[str, ...] = ()
    """What was varied, in words."""
    exercised: frozenset[str] = frozenset()
    """The ids of the clauses of two runs that were put at stake."""
    findings: tuple[Finding, ...] = ()
    unstable: tuple[tuple[str, ...], ...] = ()
    """What was answered in two ways."""
    notes: tuple[str, ...] = ()
    """What was seen and is permitted, yet worth a look."""
    connections: int = 0


@dataclass(frozen=True)
class _Run:
    """One presentation of a ticket, and the steps of its connection."""

    answer: Answer
    steps: tuple[Step, ...]

    @property
    def said(self) -> tuple[Step, ...]:
        """What the server said."""
        return tuple(step for step in self.steps if step.event.sender == "server")

    @property
    def renewed(self) -> bool:
        """Whether the server resumed and gave another ticket."""
        return self.answer is Answer.RESUMED and any(step.event.ticket for step in self.said)


def pair(peer: AnyPeer, places: set[Track], seed: int = 0) -> Paired:
    """Runs all pairs with a server that issues tickets; there is none for a client.

    Adds to ``places`` where the peer stood.  Raises `HarnessError` if the peer fails.
    """
    if peer.role != "server":
        return Paired()
    pairing = _Pairing(peer, seed, Watch(SERVER, places))
    pairing.shake(Extension.ABSENT)  # where the server makes ids, this session has one
    if pairing.mint():
        pairing.ids()
        pairing.renewals()
        pairing.look_up()
    return pairing.paired()


@dataclass
class _Pairing:
    """The runs with one server."""

    peer: AnyPeer
    seed: int
    watch: Watch
    memory: Memory = field(default_factory=Memory)
    connections: int = 0
    runs: int = 0
    renews: bool = False
    compared: list[str] = field(default_factory=list)
    exercised: set[str] = field(default_factory=set)
    found: list[Finding] = field(default_factory=list)
    unstable: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def paired(self) -> Paired:
        """What it came to; what the judge saw in a single run stands behind what two runs showed."""
        return Paired(
            self.runs, tuple(self.compared), frozenset(self.exercised), (*self.found, *self.watch.findings()),
            tuple(self.unstable), tuple(self.notes), self.connections,
        )  # fmt: skip

    # --- single runs --------------------------------------------------------------------------------------------------

    def puppet(self, own_id: bytes | None = None) -> PuppetClient:
        """A new connection."""
        number = self.connections
        self.connections += 1
        return PuppetClient(self.peer, self.memory, number, seeded(f"pair {self.seed} {number}"), own_id=own_id)

    def shake(self, extension: Extension, session_id: bytes = b"") -> _Run:
        """An honest handshake, full or abbreviated as the server decides."""
        puppet = self.puppet(session_id)
        kind = SessionId.FRESH if session_id else SessionId.EMPTY
        ticket = self.memory.tickets.get((self.memory.old if extension is Extension.OLD else self.memory.live) or b"")
        events = shake_hands(puppet, extension, kind)
        if events[-1].sender == "client":
            events += puppet.hear(silence=True)
        self.watch.take(events)
        steps = self.watch.judge.trace(puppet.number)
        first = next(step.event.message for step in steps if step.event.sender == "server")
        return _Run(_answer(puppet, first, ticket, self.memory.ids.get(session_id)), steps)

    def mint(self) -> bool:
        """Lets the server issue a ticket, which is then the live one; answers whether it did."""
        before = self.memory.live
        self.shake(Extension.EMPTY)
        return self.memory.live not in (None, before)

    def ask(self, beside: Beside) -> _Run | None:
        """Presents a ticket that nobody has seen; None if there is no ticket or no such id."""
        other = self.memory.cached_id
        if not self.mint():
            self.without_ticket()
            return None
        own = self.memory.cached_id
        if beside is Made.OTHER:
            session_id = other
        elif beside is Made.OWN:
            session_id = own if own != other else None
        else:
            session_id = seeded(f"id {self.seed} {self.connections}")(beside)
        if session_id is None:
            return None
        self.runs += 1
        run = self.shake(Extension.LIVE, session_id)
        self.renews = self.renews or run.renewed
        return run

    def without_ticket(self) -> None:
        """Notes that the server issues no ticket now, though it did before."""
        if _ISSUE not in self.unstable:
            self.unstable.append(_ISSUE)

    # --- R5077-3.4-07, R5077-3.4-08 -----------------------------------------------------------------------------------

    def ids(self) -> None:
        """A ticket beside every kind of session_id, each twice, the second time the other way round."""
        runs: dict[Beside, list[_Run]] = {beside: [] for beside in _ORDER}
        absent: set[Beside] = set()
        for beside in (*_ORDER, *reversed(_ORDER)):
            if beside not in absent:
                run = self.ask(beside)
                absent |= {beside} if run is None else set()
                runs[beside] += [] if run is None else [run]
        if not self.steady(runs):
            return
        first = {beside: known[0] for beside, known in runs.items() if len(known) > 1}
        self.compared += [f"a ticket beside {_called(beside)}" for beside in first]
        by_id = first.get(Made.OTHER)
        if by_id is not None and by_id.answer is Answer.BY_ID:
            first.pop(Made.OWN, None)  # that it resumes tells nothing, for it may have been looked up as well
        free = [beside for beside in first if beside is not Made.OTHER]
        accepted = [beside for beside in free if first[beside].answer is Answer.RESUMED]
        refused = [beside for beside in free if beside not in accepted]
        if accepted and len(free) > 1:
            self.exercised.add("R5077-3.4-07")
            if refused:
                self.differ("R5077-3.4-07", refused[0], accepted[-1])
        if by_id is not None and free:
            self.cached(by_id, first, accepted, refused)

    def cached(
        self, by_id: _Run, first: dict[Beside, _Run], accepted: Sequence[Beside], refused: Sequence[Beside]
    ) -> None:
        """Compares the run with another session's id with those whose ids are in no cache."""
        usual = (accepted or refused)[0]
        if by_id.answer is Answer.BY_ID or not (accepted and refused):
            self.exercised.add("R5077-3.4-08")
            resumed = {by_id.answer, first[usual].answer} & {Answer.RESUMED, Answer.BY_ID}
            if resumed and by_id.answer is not first[usual].answer:
                self.differ("R5077-3.4-08", Made.OTHER, usual)

    def steady(self, runs: dict[Beside, list[_Run]]) -> bool:
        """Whether every question was always answered in one way; notes those that were not."""
        shaky = [beside for beside, known in runs.items() if len({run.answer for run in known}) > 1]
        self.unstable += [(_symbol(beside),) for beside in shaky]
        return not shaky and all(run.answer is not Answer.UNCLEAR for known in runs.values() for run in known)

    def differ(self, clause: str, wrong: Beside, right: Beside) -> None:
        """Puts both questions again, in an order drawn by lot; reports if both answers stay and are two."""
        order = [wrong, right] * CONFIRMATIONS
        random.Random(self.seed).shuffle(order)
        again: dict[Beside, list[_Run]] = {wrong: [], right: []}
        for beside in order:
            run = self.ask(beside)
            again[beside] += [] if run is None else [run]
        if not self.steady(again) or not all(again.values()):
            return
        bad, good = again[wrong][0], again[right][0]
        if bad.answer is not good.answer:
            told = "; ".join(f"beside {_called(b)}: {again[b][0].answer.value}" for b in (wrong, right))
            self.found.append(_finding(clause, bad, good, f"Two runs were compared; {told}."))

    # --- R5077-3.3-11 -------------------------------------------------------------------------------------------------

    def renewals(self) -> None:
        """The ticket that a renewal is to replace, after the client has gone without its Finished, and once more after
        it has confirmed."""
        if not self.renews:
            return
        known = [run.answer for run in (self.unconfirmed(), self.unconfirmed()) if run is not None]
        if len(known) < 2:
            return
        self.compared.append("a ticket after a renewal that the client did not confirm")
        if known[0] is not known[1]:
            self.unstable.append((_OLD,))
        elif known[0] is Answer.RESUMED:
            self.exercised.add("R5077-3.3-11")
            self.shake(Extension.OLD)  # now that the renewal counts; R5077-3.3-10 is a matter of one run
        elif known[0] is Answer.FULL:
            self.notes.append(
                "The old ticket leads to a full handshake once it was renewed, although the client's Finished never "
                "came; permitted, for a server may shorten a ticket's life (K-45)."
            )

    def unconfirmed(self) -> _Run | None:
        """Presents a ticket, goes away when it is renewed, presents it again; None if it was not renewed."""
        if not self.mint():
            self.without_ticket()
            return None
        puppet, ticket = self.puppet(), self.memory.live
        hello = Event(sender=CLIENT, message=Message.ClientHello, extension=Extension.LIVE)
        for event in (hello, Event(sender=CLIENT, message=Message.Close)):
            self.watch.take(puppet.say(event))
            self.watch.take(puppet.hear())
        if ticket != self.memory.old:
            return None
        self.runs += 1
        return self.shake(Extension.OLD)

    # --- one run that needs another's session -------------------------------------------------------------------------

    def look_up(self) -> None:
        """A ticket that cannot be opened beside an id that may be cached; the judge tells (K-19)."""
        if self.memory.cached_id is not None and self.mint():
            self.shake(Extension.DAMAGED, self.memory.cached_id)


_WITHOUT_HELLO = {"Alert": Answer.REFUSED, "Close": Answer.HUNG_UP, "Silence": Answer.SILENT}


def _answer(puppet: PuppetClient, first: str, ticket: Session | None, cached: Session | None) -> Answer:
    """How the server, whose first message is given, has answered this puppet's ClientHello."""
    handshake = puppet.handshake
    if handshake.full:
        return Answer.FULL
    if handshake.server_hello is not None and "server" in handshake.verify_data:
        looked_up = cached is not None and cached != ticket and handshake.agreed == cached.secret
        return Answer.BY_ID if looked_up else Answer.RESUMED
    return _WITHOUT_HELLO.get(first, Answer.UNCLEAR)


def _finding(clause: str, bad: _Run, good: _Run, compared: str) -> Finding:
    """What the one run got, up to where it parts from the other, and what that one got there."""
    pairs = list(zip(bad.said, good.said, strict=False))
    here, there = next((two for two in pairs if two[0].event.message != two[1].event.message), pairs[-1])
    trace = bad.steps[: bad.steps.index(here) + 1]
    return Finding(
        BY_ID[clause], SERVER, here.event.connection, here.index, trace, there.alternatives, here.event,
        compared=compared,
    )  # fmt: skip


def _called(beside: Beside) -> str:
    """A session_id in words."""
    if isinstance(beside, Made):
        return beside.value
    return f"an id of {beside} octets" if beside > 1 else "an id of 1 octet" if beside else "no id"


def _symbol(beside: Beside) -> str:
    """The ClientHello, as users write events."""
    session_id = beside.name.lower() if isinstance(beside, Made) else str(beside or "empty")
    return f"client:ClientHello(session_ticket=live,session_id={session_id})"
