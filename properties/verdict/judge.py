"""The judge: recorded events of one client and one server in, findings and a verdict out.

It joins the abstraction (what an event means) with one monitor per connection (which clauses it breaks).  It is
incremental, so that the same judge serves recordings, test suites and live traffic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from rfc5077.model.clauses import BY_ID
from rfc5077.model.event import CLIENT, SERVER, Event, Message, Party
from rfc5077.model.logic import Codes
from rfc5077.model.parameters.watch import hello_monitor
from rfc5077.model.run.monitor import Breach, Monitor, Node
from rfc5077.model.run.party import PARTIES
from rfc5077.model.state import TOLERABLE, Client, Server
from rfc5077.properties.trace.abstraction import Abstraction
from rfc5077.properties.trace.parameters import Parameters, Utterances
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.verdict.appended import LOOKED_INTO, Appended
from rfc5077.properties.verdict.finding import (
    CONFORMANT,
    INCONCLUSIVE,
    VIOLATION,
    Finding,
    Judged,
    Step,
    gravest,
    summary,
)
from rfc5077.properties.verdict.hints import EXPIRY, Hints
from rfc5077.properties.verdict.sentences import OF_SESSIONS

_TLS_1_2, _TLS_1_3 = 0x0303, 0x0304
_FATAL_LEVEL = 2
_STEPS_KEPT = 256  # of one connection; what follows its handshake is judged, yet not shown


class _Watch:
    """One handshake under watch: a connection's first, with all that was seen of the connection, or a further one."""

    __slots__ = ("findings", "finished", "hello", "hellos", "monitor", "outside", "steps")

    def __init__(self) -> None:
        self.finished: set[str] = set()  # whose Finished has come
        self.hello: Step | None = None  # a ClientHello behind both, that the server has not answered
        self.monitor = Monitor()
        self.hellos = hello_monitor()
        self.steps: list[Step] = []
        self.findings: list[Finding] = []
        self.outside = ""  # why the connection is not judged


class Judge:
    """Judges one client and one server over all their connections.

    :param complete: whether everything that this pair ever said to each other will be fed, from the first contact on.
    :param from_start: whether every connection is fed from its first octet on; if not, one that begins with anything
        but ClientHello is held to be cut.
    """

    def __init__(self, complete: bool, from_start: bool = True) -> None:
        self.abstraction = Abstraction(complete)
        self._parameters = Parameters()
        self._hints = Hints()
        self._appended = Appended() if complete else None
        self._from_start = from_start
        self._watches: dict[int, _Watch] = {}
        self._further: dict[int, list[int]] = {}
        self._index = 0

    def feed(self, event: RecordedEvent) -> tuple[Finding, ...]:
        """Takes the next event; returns what it breaks, the cause first."""
        self._index += 1
        if event.retuned is not None:
            for party in (party for party in PARTIES if event.retuned in (party.name.lower(), "both")):
                self.retuned(party)
        watch = self._watches.get(event.connection)
        if watch is None:
            watch = self._watches[event.connection] = _Watch()
            if not self._from_start and not _may_begin(event):
                watch.outside = f"its beginning is missing: the first event is {event.sender}'s {event.message}"
        if watch.outside:
            return ()
        found: tuple[Finding, ...] = ()
        current = self._under_way(event.connection)
        if current.hello is not None and (event.sender, event.message) == ("server", "ServerHello"):
            current, found = self._begin_anew(watch, current.hello)
        fed = self.abstraction.observe(event)
        _keep(watch, current, Step(self._index, event, fed[-1][1]))
        hellos = self._parameters.observe(event)
        if event.message == "ServerHello" and event.version not in (None, _TLS_1_2):
            watch.outside = f"{_version(event.version)} was negotiated, not TLS 1.2"
            found = self._of_hellos(watch, event, hellos)
            watch.findings += found
            return found
        for number, alternatives in fed:
            about = self._watches[number]
            if about.outside or (about is not current and not self._from_start and not _is_over(about.steps)):
                continue  # what was not seen of an earlier connection may be what makes the offer right
            if about is current and current is not watch and _may_intervene(current, event):
                continue
            monitor = about.monitor
            before = monitor.node
            breaches = monitor.feed(alternatives)
            if breaches:
                found += self._findings(current, about, event, before, breaches)
        if hellos:
            found += self._of_hellos(watch, event, hellos)
        if event.ticket or event.session_ticket:
            found += self._of_hints(watch, event)
        if self._appended is not None and (octets := self._appended.observe(event)):
            found += self._of_appended(watch, event, octets)
        if found:
            watch.findings += found
        return found

    def _under_way(self, connection: int) -> _Watch:
        """The latest handshake of the connection that a ServerHello has answered, or its first."""
        return self._watches[self._further.get(connection, [connection])[-1]]

    def _begin_anew(self, first: _Watch, hello: Step) -> tuple[_Watch, tuple[Finding, ...]]:
        """A further handshake (RFC 5077, 5.8), judged like a first one; who does not answer its hello has declined."""
        number = self.abstraction.begins_anew(hello.event.connection)
        self._further.setdefault(hello.event.connection, []).append(number)
        watch = self._watches[number] = _Watch()
        watch.findings = first.findings
        ((_, alternatives),) = self.abstraction.observe(hello.event)
        watch.steps.append(Step(hello.index, hello.event, alternatives))
        before = watch.monitor.node
        return watch, self._findings(watch, watch, hello.event, before, watch.monitor.feed(alternatives))

    def _of_hellos(self, watch: _Watch, event: RecordedEvent, hellos: Utterances) -> tuple[Finding, ...]:
        """What the event breaks of the clauses about the hellos' parameters."""
        breaches = watch.hellos.feed(hellos) if hellos else ()
        if not breaches:
            return ()
        origin = self._parameters.origin(event.connection)
        began = "" if origin is None else f"The session began on connection {origin}."
        certain = [breach for breach in breaches if breach.certain] or list(breaches[:1])
        return tuple(
            Finding(
                breach.clause, breach.party, event.connection, self._index, tuple(watch.steps), (), event,
                alternatives=() if breach.certain else tuple(other.clause for other in breaches[1:]),
                compared=began if breach.clause.id in OF_SESSIONS else "",
            )
            for breach in certain
        )

    def _of_hints(self, watch: _Watch, event: RecordedEvent) -> tuple[Finding, ...]:
        """Whether the event offers a ticket long after its hinted time; advice, once a connection."""
        late = self._hints.observe(event)
        if late is None or event.time is None or any(finding.clause.id == EXPIRY for finding in watch.findings):
            return ()
        before = () if late.connection == event.connection else self._watches[late.connection].steps
        told = f"It offered a ticket {event.time - late.time:.0f} s after it came with a hint of {late.hint:.0f} s."
        return (Finding(
            BY_ID[EXPIRY], CLIENT, event.connection, self._index, (*before, *watch.steps), (), event,
            earlier=late.connection if before else None, compared=told,
        ),)  # fmt: skip

    def _of_appended(self, watch: _Watch, event: RecordedEvent, octets: int) -> tuple[Finding, ...]:
        """The server resumes by a ticket that was made longer: advice, since what it sealed itself is not forged."""
        told = f"It resumed by a ticket of its own behind which {octets} octets had been appended."
        return (Finding(
            BY_ID[LOOKED_INTO], SERVER, event.connection, self._index, tuple(watch.steps), (), event, compared=told,
        ),)  # fmt: skip

    def _findings(
        self, watch: _Watch, about: _Watch, event: RecordedEvent, before: Node, breaches: Sequence[Breach]
    ) -> tuple[Finding, ...]:
        asked = Monitor()
        asked.node = before
        same = about is watch
        trace = tuple(watch.steps) if same else (*about.steps, watch.steps[-1])
        certain = [breach for breach in breaches if breach.certain] or list(breaches[:1])
        found = []
        told = {(finding.clause.id, finding.party) for finding in watch.findings if finding.verdict != VIOLATION}
        for breach in certain:
            if (breach.clause.id, breach.party) in told:
                continue  # advice and notes are given once a connection
            allowed = asked.allowed(breach.party) if same else ()
            found.append(Finding(
                breach.clause, breach.party, event.connection, self._index, trace, allowed, event,
                waits=same and not allowed and bool(asked.allowed(_other(breach.party))),
                earlier=None if same else about.steps[0].event.connection,
                alternatives=() if breach.certain else tuple(other.clause for other in breaches[1:]),
                provoked=_provoked(before.tracks[PARTIES.index(breach.party)].states, breach.party),
            ))  # fmt: skip
        return tuple(found)

    def retuned(self, party: Party) -> None:
        """A harness says that a party's configuration changes: what it knew before it may no longer know."""
        self._parameters.retuned(party.name.lower())

    def allowed(self, connection: int, party: Party) -> tuple[Event, ...]:
        """What the party may send now on the connection; on an unknown one, at its beginning."""
        known = connection in self._watches
        return (self._under_way(connection).monitor if known else Monitor()).allowed(party)

    def trace(self, connection: int) -> tuple[Step, ...]:
        """What was seen of a connection."""
        watch = self._watches.get(connection)
        return () if watch is None else tuple(watch.steps)

    def connections(self) -> tuple[Judged, ...]:
        """The verdict on each connection, if nothing more were to come."""
        return tuple(
            _judged(number, [watch, *(self._watches[further] for further in self._further.get(number, ()))])
            for number, watch in self._watches.items() if number >= 0
        )  # fmt: skip

    def verdict(self) -> str:
        """The verdict on the pair, if nothing more were to come: what holds of every connection that was answered."""
        return summary(self.connections())


def _provoked(states: Iterable[Codes], party: Party) -> bool:
    """Whether the party, in whichever of these states it was, had received what it should have refused."""
    kind = Client if party is CLIENT else Server
    faults = {kind.from_codes(codes).fault for codes in states}
    return bool(faults) and faults.isdisjoint(TOLERABLE)


def _is_over(steps: Sequence[Step]) -> bool:
    """Whether a connection was seen to its end: both Finished, an alert, or the end of the transport."""
    ends = [step.event.message for step in steps if step.event.message in ("Finished", "Alert", "Close")]
    return any(message != "Finished" for message in ends) or len(ends) > 1


def _keep(watch: _Watch, current: _Watch, step: Step) -> None:
    """Takes the step down, for the connection and for the handshake under way, and what it means for a further one."""
    for one in (watch,) if current is watch else (watch, current):
        if len(one.steps) < _STEPS_KEPT:
            one.steps.append(step)
    event = step.event
    if event.message == "Finished" and event.verified is not False:
        current.finished.add(event.sender)
    elif event.message == "Alert":  # no_renegotiation, or the end
        current.hello = None
    elif event.message == "ClientHello" and len(current.finished) == 2:
        current.hello = step if event.version is not None and event.malformed is None else None


def _may_intervene(handshake: _Watch, event: RecordedEvent) -> bool:
    """Whether the event may come in the middle of a further handshake: data, as in all of the connection."""
    return event.message in ("ApplicationData", "HelloRequest") and len(handshake.finished) < 2


def _judged(number: int, handshakes: Sequence[_Watch]) -> Judged:
    watch = handshakes[0]
    if watch.outside:
        return Judged(number, gravest(watch.findings) or INCONCLUSIVE, tuple(watch.findings), watch.outside)
    findings = (*watch.findings, *(doubt for one in handshakes for doubt in _left_in_doubt(number, one)))
    said = {(step.event.sender, step.event.message) for step in watch.steps}
    exercised = ("server", "ServerHello") in said
    word, reason = gravest(findings), ""
    if not word:
        reason = "" if exercised and _ended(watch, said) else "it ends in mid-handshake"
        if not exercised and _ended(watch, said):
            reason = "the server never answered, so nothing was exercised"
        word = INCONCLUSIVE if reason else CONFORMANT
    return Judged(number, word, findings, reason, exercised or not _ended(watch, said))


def _left_in_doubt(number: int, watch: _Watch) -> tuple[Finding, ...]:
    """What is broken for certain, though no later message has told which clause it was."""
    doubts = (*watch.monitor.doubts(), *watch.hellos.doubts())
    if not doubts:
        return ()
    found = []
    for party in (CLIENT, SERVER):
        clauses = [breach.clause for breach in doubts if breach.party is party]
        if clauses:
            trace = tuple(watch.steps)
            found.append(Finding(
                clauses[0], party, number, 0, trace, (), trace[-1].event, alternatives=tuple(clauses[1:])
            ))  # fmt: skip
    return tuple(found)


def _ended(watch: _Watch, said: set[tuple[str, str]]) -> bool:
    """Whether the handshake came to an end, good or bad."""
    if {("client", "Finished"), ("server", "Finished")} <= said or {("client", "Close"), ("server", "Close")} & said:
        return True
    alerts = (step.event for step in watch.steps if step.event.message == "Alert")
    return any(alert.alert_level in (None, _FATAL_LEVEL) or alert.alert_description == 0 for alert in alerts)


def _other(party: Party) -> Party:
    return SERVER if party is CLIENT else CLIENT


def _may_begin(event: RecordedEvent) -> bool:
    """Whether a connection can begin like this, rather than having been cut."""
    return event.message in ("ClientHello", "Alert", "Close", "Silence", "HelloRequest", "Unrecognised")


def _version(number: int | None) -> str:
    names = {0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", _TLS_1_3: "TLS 1.3"}
    return names.get(number or 0, f"version {number}")


def name_of(event: Event) -> str:
    """An event of the model as users write it: ``server:NewSessionTicket(ticket=empty)``."""
    fields: dict[str, Enum] = {}
    if event.message in (Message.ClientHello, Message.ServerHello):
        fields = {"session_ticket": event.extension, "session_id": event.session_id}
    elif event.message is Message.NewSessionTicket:
        fields = {"ticket": event.ticket}
    elif event.message is Message.Alert:
        fields = {"kind": event.alarm}
    elif event.message is Message.Certificate and event.sender is CLIENT:
        fields = {"certificates": event.certificates}
    shown = ",".join(f"{name}={value.name.lower()}" for name, value in fields.items())
    head = f"{event.sender.name.lower()}:{event.message.name}"
    return f"{head}({shown})" if shown else head
