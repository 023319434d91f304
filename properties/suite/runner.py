"""The check of a target: profile, machine, complete suite, findings, guarantee."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import count, zip_longest

from rfc5077.model.clauses import BY_ID
from rfc5077.model.event import CLIENT, SERVER, Alarm, Event, Message, Party, Ticket
from rfc5077.model.run.machine import Output
from rfc5077.model.run.monitor import Track
from rfc5077.properties.adapters.in_memory import in_memory
from rfc5077.properties.adapters.peer import AnyPeer, HarnessError, Role, TargetLost
from rfc5077.properties.errors import UsageError
from rfc5077.properties.suite.alphabet import (
    Alphabet,
    ClientTarget,
    Machine,
    Renegotiation,
    Target,
    machine_of,
    symbol_name,
    warned,
)
from rfc5077.properties.suite.application import Application, application_of, fitted
from rfc5077.properties.suite.complete import Suite, complete_suite
from rfc5077.properties.suite.exercised import untouched
from rfc5077.properties.suite.families.catalogue import FamilyRun, Ran, families_of, run_families, run_test
from rfc5077.properties.suite.families.client_honest import CLIENT_HONEST
from rfc5077.properties.suite.families.honest import HONEST
from rfc5077.properties.suite.live import WAITING, LivePlayer
from rfc5077.properties.suite.pairs import Paired, pair
from rfc5077.properties.suite.play import Manner, Played, Word, play
from rfc5077.properties.suite.probe import Probed, probe
from rfc5077.properties.suite.summary import GRAVITY, MEMORY, CheckReport, Coverage, Deviation, Found, SuiteFacts
from rfc5077.properties.verdict.judge import VIOLATION, Finding

REPEATED = 20
"""How many tests are run a second time, in another order, to look for what (H2) rules out."""

Progress = Callable[[int, int], None]
"""Told how many tests are done, and how many there are."""


def check(
    role: Role,
    target: str | AnyPeer,
    *,
    k: int = 0,
    alphabet: Alphabet = Alphabet.CORE,
    clause: str | None = None,
    section: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    families: bool = False,
) -> CheckReport:
    """Probes a target, runs the complete suite of its profile, and judges every event.

    :param target: a peer, or the name of one in memory.
    :param k: how many states more than the machine the target may have.
    :param alphabet: what is said to it.
    :param clause: report only what the class of this clause says; the whole suite is run.
    :param section: report only what this section of RFC 5077 says, or a part of it.
    :param seed: for the puppets' octets, and for the order of the tests that are run twice.
    :param families: whether the tests beyond the alphabet are run as well.
    :raises UsageError: for an unknown name, a selection that matches nothing, or a target with which no handshake of
        TLS 1.2 can be completed.
    """
    wanted = _selected(role, clause, section)
    peer = in_memory(target, role) if isinstance(target, str) else target
    if peer.role != role:
        raise UsageError(f"{peer.name} is a {peer.role}", f"check {peer.role} {peer.name}")
    if k < 0:
        raise UsageError(f"k is {k}", "it is 0 or more")
    run = _Run(SERVER if role == "server" else CLIENT, peer, seed, alphabet)
    try:
        return run.report(k, wanted, progress, families)
    except TargetLost as error:
        raise UsageError(str(error)) from error
    except HarnessError as error:
        raise UsageError(f"{peer.name} could not be driven: {error}") from error


def _selected(role: Role, clause: str | None, section: str | None) -> frozenset[str] | None:
    """The ids of the clauses to report; None for all.  Raises `UsageError` if there are none."""
    if clause is None and section is None:
        return None
    if clause is not None and clause not in BY_ID:
        raise UsageError(f"no clause {clause}", "list them: rfc5077 clause")
    family = BY_ID[clause].family if clause is not None else ""
    chosen = frozenset(
        entry.id for entry in BY_ID.values()
        if entry.mechanised and entry.binds.value in (role, "both")
        and (clause is None or entry.id == clause or (family and entry.family == family))
        and (section is None or (entry.document == "5077" and f"{entry.section}.".startswith(f"{section}.")))
    )  # fmt: skip
    if not chosen:
        what = " and ".join(
            f"{word} {value}" for word, value in (("clause", clause), ("section", section)) if value is not None
        )
        raise UsageError(f"nothing that a {role} owes is checked for {what}", "list the clauses: rfc5077 clause")
    return chosen


@dataclass
class _Run:
    """One check in progress."""

    party: Party
    peer: AnyPeer
    seed: int
    alphabet: Alphabet = Alphabet.CORE
    places: set[Track] = field(default_factory=set)
    found: dict[str, Found] = field(default_factory=dict)
    deviations: list[Deviation] = field(default_factory=list)
    unstable: list[tuple[str, ...]] = field(default_factory=list)
    answers: dict[Word, tuple[Output, ...]] = field(default_factory=dict)
    paired: Paired = field(default_factory=Paired)
    families: tuple[FamilyRun, ...] = ()
    shown: set[tuple[int, int]] = field(default_factory=set)
    """Transitions of the machine, by state and input, that the peer was seen to take."""
    coverage: Coverage | None = None
    connections: int = 0
    unready: int = 0
    repeated: int = 0
    interrupted: bool = False
    stopped: str = ""
    """Why a live target was given up."""
    application: Application | None = None
    player: LivePlayer | None = None

    def report(
        self, k: int, wanted: frozenset[str] | None, progress: Progress | None, families: bool
    ) -> CheckReport:
        """Probes, compares pairs of runs, tests, repeats, plays the families, reports."""
        begun = time.perf_counter()
        probed = probe(self.peer, self.places, self.alphabet)
        self.connections += probed.connections
        self._collect(probed.findings, ())
        if families and not probed.complete:
            self._diagnose()
        self._usable(probed)
        manner = Manner(self.seed, _renegotiates(probed.target))
        machine = machine_of(probed.target, self.alphabet, self.peer.live)
        if self.alphabet is Alphabet.FULL:
            machine = self._as_it_takes_warnings(machine, manner)
        if self.peer.live:
            machine, manner = self._fitted(machine, manner)
        suite = complete_suite(machine, k)
        try:
            if not self.peer.live:
                self._pair()
            beyond = sum(len(one.tests) for one in families_of(self.peer.role)) if families else 0
            for number, word in enumerate(suite.tests, 1):
                self._test(machine, word, manner)
                if progress is not None:
                    progress(number, len(suite.tests) + beyond)
            if self.peer.live:  # whoever waits sees the first test sooner
                self._pair()
            self._repeat(suite, manner)
            if families:
                self._families(len(suite.tests), beyond, progress)
        except KeyboardInterrupt:
            self.interrupted = True
        except TargetLost as lost:
            self.stopped = str(lost)
        self.coverage = Coverage(machine, frozenset(self.shown))
        facts = self._facts(suite, machine, time.perf_counter() - begun)
        return self._reported(probed.target, facts, wanted)

    def _fitted(self, machine: Machine, manner: Manner) -> tuple[Machine, Manner]:
        """The machine with the target's own application, and what plays tests with a target that takes its time."""
        self.application, connections = application_of(self.peer)
        self.connections += connections
        machine, manner = fitted(machine, self.application), replace(manner, echoes=self.application.echoes)
        self.player = LivePlayer(self.peer, machine, self.places, manner)
        return machine, manner

    def _play(self, word: Word, manner: Manner) -> Played:
        return play(self.peer, word, self.places, manner) if self.player is None else self.player.play(word)

    def _usable(self, probed: Probed) -> None:
        """Refuses a target that completes no handshake, unless it speaks TLS and the reason can be reported."""
        messages = {event.message for event in probed.answer}
        foreign = not messages or Message.Unrecognised in messages
        grave = any(found.finding.verdict == VIOLATION for found in self.found.values())
        if probed.complete or (grave and not foreign):
            return
        said = ", ".join(map(symbol_name, probed.answer)) or "nothing"
        advice = "it has to speak TLS 1.2 with ECDHE and AES-128-GCM"
        if Message.CertificateRequest in messages:
            advice = "let it go on without a client certificate"
        raise UsageError(f"{self.peer.name} completes no TLS 1.2 handshake; its first answer was: {said}", advice)

    def _as_it_takes_warnings(self, machine: Machine, manner: Manner) -> Machine:
        """The machine that goes on after a warning where the peer does, in each state by itself."""
        warning = next(symbol for symbol in machine.inputs if symbol.alarm is Alarm.WARNING)
        closing = {}
        for state, word in machine.access().items():
            played = play(self.peer, (*word, warning), self.places, manner)
            self.connections += played.connections
            self._collect(played.findings, (*word, warning))
            said = played.outputs[-1] if played.outputs else ()
            if any(event.message in (Message.Alert, Message.Close) for event in said):
                closing[state] = said
        return warned(machine, closing)

    # --- one test -----------------------------------------------------------------------------------------------------

    def _test(self, machine: Machine, word: Word, manner: Manner) -> None:
        played = self._play(word, manner)
        self.connections += played.connections
        self.answers[word] = played.outputs
        if not played.ready:
            self.unready += 1
        self._collect(played.findings, word)
        if played.ready and not any(finding.verdict == VIOLATION for finding in played.findings):
            self._compare(machine, played)

    def _pair(self) -> None:
        """What takes two runs to tell."""
        self.paired = pair(self.peer, self.places, self.seed)
        self.connections += self.paired.connections
        self._collect(self.paired.findings, ())
        self.unstable += self.paired.unstable

    def _diagnose(self) -> None:
        """Looks why no handshake is completed."""
        family = HONEST if self.peer.role == "server" else CLIENT_HONEST
        for test in family.tests:
            self._beyond(run_test(test, self.peer, self.places, self.seed), family.name)

    def _families(self, done: int, beyond: int, progress: Progress | None) -> None:
        """The tests beyond the alphabet."""
        numbers = count(done + 1)

        def tell(_: Ran) -> None:
            if progress is not None:
                progress(next(numbers), done + beyond)

        self.families = run_families(self.peer, self.places, self.seed, tell)
        for run in self.families:
            for ran in run.tests:
                self._beyond(ran, run.family.name)

    def _beyond(self, ran: Ran, family: str) -> None:
        self.connections += ran.connections
        self._collect(ran.findings, (), f"{family}: {ran.test.text}")

    def _collect(self, findings: Iterable[Finding], word: Word, beyond: str = "") -> None:
        """Keeps the shortest trace of each class."""
        for finding in map(_brief, findings):
            name = finding.clause.family or finding.clause.id
            known = self.found.get(name)
            new = Found(finding, tuple(map(symbol_name, word)), 1 if known is None else known.times + 1, beyond)
            if known is not None and _shows_better(known.finding, finding):
                new = replace(known, times=new.times)
            self.found[name] = new

    def _compare(self, machine: Machine, played: Played) -> None:
        """Notes what was seen of the machine, and the first answer that is permitted, yet not the machine's."""
        state = 0
        for place, (one, other) in enumerate(zip_longest(machine.run(played.word), played.outputs)):
            if one != other:
                said = tuple(map(symbol_name, played.word[: place + 1]))
                self.deviations.append(Deviation(said, _names(one), _names(other)))
                return
            symbol = played.word[place]
            self.shown.add((state, machine.numbers[symbol]))
            state, _ = machine.step(state, symbol)

    def _repeat(self, suite: Suite[Event], manner: Manner) -> None:
        """Runs some tests again in another order: (H1) and (H2) want the same answers."""
        chance = random.Random(self.seed)
        words = list(self.answers)
        for word in chance.sample(words, min(REPEATED, len(words))):
            again = self._play(word, manner)
            self.connections += again.connections
            self.repeated += 1
            if again.outputs != self.answers[word]:
                self.unstable.append(tuple(map(symbol_name, word)))

    # --- the report ---------------------------------------------------------------------------------------------------

    def _facts(self, suite: Suite[Event], machine: Machine, seconds: float) -> SuiteFacts:
        return SuiteFacts(
            id=_suite_id(self.party, machine, suite),
            alphabet=tuple(map(symbol_name, machine.inputs)),
            k=suite.extra,
            tests=len(suite.tests),
            states=suite.states,
            uncut=suite.uncut,
            done=len(self.answers),
            repeated=self.repeated,
            connections=self.connections,
            seconds=seconds,
        )

    def _profile(self, target: Target) -> dict[str, str | bool]:
        data = {} if self.application is None else {"application_data": self.application.said}
        return {**target.said(), **data}

    def _reported(self, target: Target, facts: SuiteFacts, wanted: frozenset[str] | None) -> CheckReport:
        ranked = sorted(self.found.values(), key=_importance)
        shown = [one for one in ranked if wanted is None or wanted & {one.finding.clause.id, *one.finding.class_ids}]
        silent = [entry for entry in untouched(self.party, self.places) if entry.id not in self.paired.exercised]
        if wanted is not None and not shown and wanted <= {entry.id for entry in silent}:
            raise UsageError(
                f"nothing can be concluded: no test put {', '.join(sorted(wanted))} at stake", "run the whole check"
            )
        return CheckReport(
            target=self.peer.name,
            role=self.peer.role,
            profile=self._profile(target),
            facts=facts,
            findings=tuple(shown),
            deviations=tuple(self.deviations),
            unstable=tuple(self.unstable),
            paired=self.paired,
            families=self.families,
            not_exercised=(*_not_exercised(target, self.unready, self.alphabet), *_lacking(self.families)),
            untouched=tuple(entry.id for entry in silent if wanted is None or entry.id in wanted),
            interrupted=self.interrupted,
            stopped=self.stopped,
            waiting=MEMORY if self.player is None else WAITING,
            seed=self.seed,
            unready=self.unready,
            hidden=len(ranked) - len(shown),
            coverage=self.coverage,
        )


def _shows_better(known: Finding, new: Finding) -> bool:
    """Whether what is known of a class is graver than what is new, or as grave and no longer."""
    gravity = GRAVITY.index(known.verdict) - GRAVITY.index(new.verdict)
    return gravity < 0 or (not gravity and len(known.trace) <= len(new.trace))


def _brief(finding: Finding) -> Finding:
    """The finding without the silences on the way, which say nothing to its reader."""
    *way, end = finding.trace
    return replace(finding, trace=(*(step for step in way if step.event.message != "Silence"), end))


def _importance(one: Found) -> tuple[int, int, int]:
    """The cause before what follows from it: what is graver, what shows itself sooner, what shows itself more often."""
    return GRAVITY.index(one.finding.verdict), len(one.finding.trace), -one.times


def _names(said: Output | None) -> tuple[str, ...]:
    return tuple(map(symbol_name, said or ()))


def _renegotiates(target: Target) -> bool:
    return target.renegotiation is not Renegotiation.ACCEPTS


def _suite_id(party: Party, machine: Machine, suite: Suite[Event]) -> str:
    """A name that is the same for the same tests and the same expected answers."""
    told = repr((machine.inputs, machine.table, suite.tests)).encode()
    return f"{party.name.lower()}-k{suite.extra}-{hashlib.sha256(told).hexdigest()[:12]}"


def _lacking(families: Iterable[FamilyRun]) -> tuple[str, ...]:
    """What of the families could not be played with this peer, and why."""
    return tuple(f"{run.family.name} ({', '.join(run.missing)})" for run in families if run.missing)


def _not_exercised(target: Target, unready: int, alphabet: Alphabet) -> tuple[str, ...]:
    """What lies outside the suite, each with its reason."""
    if isinstance(target, ClientTarget):
        missing = ["client authentication (not in the core alphabet)"] if alphabet is Alphabet.CORE else []
        if not target.profile.tickets:
            missing.append("tickets (the client sends no SessionTicket extension)")
    else:
        asks = target.profile.requests_certificate
        missing = [] if asks else ["client authentication (server never asked)"]
        if target.profile.issues is not Ticket.SOME:
            missing.append("tickets (the server issues none)")
        if target.renegotiation is Renegotiation.ACCEPTS:
            missing.append("renegotiation (the server accepts it, and it is not followed)")
        missing.append("resumption by session_id alone (in no alphabet)")
    if unready:
        missing.append(f"{unready} tests (where they begin was not reached)")
    return tuple(missing)
