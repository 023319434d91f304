"""A check in progress: profile, machine, complete suite, findings, guarantee."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, zip_longest

from rfc5077.model.event import Alarm, Event, Message, Party
from rfc5077.model.run.machine import Output
from rfc5077.model.run.monitor import Track
from rfc5077.properties.adapters.peer import AnyPeer, TargetLost
from rfc5077.properties.errors import UsageError
from rfc5077.properties.suite.alphabet import Machine, Renegotiation, Target, machine_of, symbol_name, warned
from rfc5077.properties.suite.alphabets import Alphabet
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
from rfc5077.properties.suite.remarks import brief, importance, lacking, not_exercised, shows_better
from rfc5077.properties.suite.summary import MEMORY, CheckReport, Coverage, Deviation, Found, SuiteFacts
from rfc5077.properties.verdict.finding import VIOLATION, Finding

REPEATED = 20
"""How many tests are run a second time, in another order, to look for what (H2) rules out."""

MOST_JUDGED = 1
"""Up to which k each test is judged; beyond, answers are compared with the machine's, and judged where they differ."""

Progress = Callable[[int, int], None]
"""Told how many tests are done, and how many there are."""


@dataclass(frozen=True)
class Batch:
    """What others have played.

    Attributes:
        done: places of the tests among those that they were given.
        odd: those of which there is something to say.
        connections: how many it took.
        shown: states of the machine and numbers of inputs at which targets answered as the machine does.
        places: where targets stood before they spoke, as the monitor knows it.
    """

    done: Sequence[int]
    odd: frozenset[int]
    connections: int
    shown: frozenset[tuple[int, int]]
    places: frozenset[Track]


Crew = Callable[[Machine, Sequence[Word], Manner], Iterator[Batch]]
"""Plays tests with targets of the same kind. Raises HarnessError if theirs have another machine."""


@dataclass
class Run:
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
    """Of the tests that are run again at the end."""
    done: int = 0
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
        self, k: int, wanted: frozenset[str] | None, progress: Progress | None, families: bool, crew: Crew | None
    ) -> CheckReport:
        """Probes, compares pairs of runs, tests, repeats, plays the families, reports."""
        begun = time.perf_counter()
        target, machine, manner = self.prepare(families)
        suite = complete_suite(machine, k)
        first = complete_suite(machine, MOST_JUDGED).tests if k > MOST_JUDGED else ()
        beyond = sum(len(one.tests) for one in families_of(self.peer.role)) if families else 0
        every = len(first) + len(suite.tests) + beyond
        chance = random.Random(self.seed)
        self.answers = dict.fromkeys(chance.sample(suite.tests, min(REPEATED, len(suite.tests))), ())
        try:
            if not self.peer.live:
                self._pair()
            compared = replace(manner, judges=False)
            for words, how in ((first, manner), (suite.tests, compared if first else manner)):
                for _ in self._all(machine, words, how, crew):
                    if progress is not None:
                        progress(self.done, every)
            if self.peer.live:  # whoever waits sees the first test sooner
                self._pair()
            self._repeat(manner)
            if families:
                self._families(self.done, beyond, progress)
        except KeyboardInterrupt:
            self.interrupted = True
        except TargetLost as lost:
            self.stopped = str(lost)
        self.coverage = Coverage(machine, frozenset(self.shown))
        facts = self._facts(suite, len(first), machine, time.perf_counter() - begun)
        return self._reported(target, facts, wanted)

    def prepare(self, families: bool = False) -> tuple[Target, Machine, Manner]:
        """Probes the peer: its profile, the machine of that, and how tests are played with it.

        Raises UsageError if it completes no handshake, and nothing can be reported of that.
        """
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
        return probed.target, machine, manner

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

    def _all(self, machine: Machine, words: Sequence[Word], manner: Manner, crew: Crew | None) -> Iterator[None]:
        """Runs these tests, here or by the crew; what that finds odd, or is to be run again, is played here as well."""
        if crew is None:
            for word in words:
                self.test(machine, word, manner)
                self.done += 1
                yield
            return
        for batch in crew(machine, words, manner):
            self.connections += batch.connections
            self.shown |= batch.shown
            self.places |= batch.places
            for place in batch.done:
                if place in batch.odd or words[place] in self.answers:
                    self.test(machine, words[place], manner)
                self.done += 1
                yield

    def test(self, machine: Machine, word: Word, manner: Manner) -> bool:
        """Runs one test; whether there is nothing to say about it."""
        played = self._play(word, manner)
        if not manner.judges and played.outputs != machine.run(word):
            manner = replace(manner, judges=True)
            played = self._play(word, manner)  # what is not as it should be is judged
        self.connections += played.connections
        if word in self.answers:
            self.answers[word] = played.outputs
        if not played.ready:
            self.unready += 1
        self._collect(played.findings, word)
        if not played.ready or any(finding.verdict == VIOLATION for finding in played.findings):
            return False
        return self._compare(machine, played) and not played.findings

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
        for finding in map(brief, findings):
            name = finding.clause.family or finding.clause.id
            known = self.found.get(name)
            new = Found(finding, tuple(map(symbol_name, word)), 1 if known is None else known.times + 1, beyond)
            if known is not None and shows_better(known.finding, finding):
                new = replace(known, times=new.times)
            self.found[name] = new

    def _compare(self, machine: Machine, played: Played) -> bool:
        """Notes what was seen of the machine, and the first answer that is permitted, yet not the machine's."""
        state = 0
        for place, (one, other) in enumerate(zip_longest(machine.run(played.word), played.outputs)):
            if one != other:
                said = tuple(map(symbol_name, played.word[: place + 1]))
                self.deviations.append(Deviation(said, _names(one), _names(other)))
                return False
            symbol = played.word[place]
            self.shown.add((state, machine.numbers[symbol]))
            state, _ = machine.step(state, symbol)
        return True

    def _repeat(self, manner: Manner) -> None:
        """Runs some tests again in another order: (H1) and (H2) want the same answers."""
        for word in self.answers:
            again = self._play(word, manner)
            self.connections += again.connections
            self.repeated += 1
            if again.outputs != self.answers[word]:
                self.unstable.append(tuple(map(symbol_name, word)))

    # --- the report ---------------------------------------------------------------------------------------------------

    def _facts(self, suite: Suite[Event], judged: int, machine: Machine, seconds: float) -> SuiteFacts:
        return SuiteFacts(
            id=_suite_id(self.party, machine, suite),
            alphabet=tuple(map(symbol_name, machine.inputs)),
            k=suite.extra,
            tests=judged + len(suite.tests),
            judged=judged or len(suite.tests),
            states=suite.states,
            uncut=suite.uncut,
            done=self.done,
            repeated=self.repeated,
            connections=self.connections,
            seconds=seconds,
        )

    def _profile(self, target: Target) -> dict[str, str | bool]:
        data = {} if self.application is None else {"application_data": self.application.said}
        return {**target.said(), **data}

    def _reported(self, target: Target, facts: SuiteFacts, wanted: frozenset[str] | None) -> CheckReport:
        ranked = sorted(self.found.values(), key=importance)
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
            not_exercised=(*not_exercised(target, self.unready, self.alphabet), *lacking(self.families)),
            untouched=tuple(entry.id for entry in silent if wanted is None or entry.id in wanted),
            interrupted=self.interrupted,
            stopped=self.stopped,
            waiting=MEMORY if self.player is None else WAITING,
            seed=self.seed,
            unready=self.unready,
            hidden=len(ranked) - len(shown),
            coverage=self.coverage,
        )


def _names(said: Output | None) -> tuple[str, ...]:
    return tuple(map(symbol_name, said or ()))


def _renegotiates(target: Target) -> bool:
    return target.renegotiation is not Renegotiation.ACCEPTS


def _suite_id(party: Party, machine: Machine, suite: Suite[Event]) -> str:
    """A name that is the same for the same tests and the same expected answers."""
    told = repr((machine.inputs, machine.table, suite.tests)).encode()
    return f"{party.name.lower()}-k{suite.extra}-{hashlib.sha256(told).hexdigest()[:12]}"
