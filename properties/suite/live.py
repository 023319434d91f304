"""Tests of a live target: when to wait for it, and for how long.

A target in a process of its own needs time, and whether it is silent or slow nobody can see.  Waiting wherever it might
say something would make a suite a hundred times slower.  So the machine says what to expect:

- Where it answers, the answer is waited for, and nothing longer.
- Where it is silent, nobody waits.  Instead each silent transition is the end of a test once: there our side of the
  connection ends, and whatever the target said up to then comes before its own end.  So an answer that is too early is
  seen where it was given.
- An alert may be the answer to that end alone. The first time that one comes there the test is played once more, and
  at its end, instead of ours, silence is waited for, `QUIET` seconds.
- A test in which anything else is not as expected is played again with patience, and only that counts: each answer
  that is due is waited for `PATIENCE` seconds, each silence `QUIET` seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rfc5077.model.run.machine import Output
from rfc5077.model.run.monitor import Track
from rfc5077.properties.adapters.peer import AnyPeer, TargetLost
from rfc5077.properties.suite.agreement import Memory
from rfc5077.properties.suite.alphabet import Machine, symbol_name
from rfc5077.properties.suite.driver import PuppetClient
from rfc5077.properties.suite.honest import shake_hands
from rfc5077.properties.suite.play import Manner, Played, Puppets, Turn, Word, play
from rfc5077.properties.suite.puppet import PATIENCE, QUIET
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.verdict.finding import VIOLATION
from rfc5077.reference.alerts import AlertDescription, AlertLevel

HURRY = 0.5
"""Seconds that an answer which is due is waited for the first time."""

KNOWN = 0.2
"""Seconds that an answer is waited for which, as patience showed before, does not come."""

END = 0.5
"""Seconds that a target has to end a connection that we have ended."""

WAITING = (
    f"live: an answer that is due is waited for, {PATIENCE:g} s at most, and every silent transition is once the end "
    f"of a test, read until the target closes or, where it does not, for T = {END:g} s; what was not as expected was "
    f"played again, with T = {QUIET:g} s of silence before the next input"
)
"""How (H4) is met, for the report."""


Step = tuple[int, int]
"""A transition of the machine, by state and input."""


@dataclass(frozen=True)
class Expecting:
    """Hears what the machine expects at each place of a word."""

    word: Word
    outputs: tuple[Output, ...]
    echoes: bool
    steps: tuple[Step, ...]
    """The transition of the machine at each place, by state and input."""
    farewells: frozenset[int | None]
    """Alerts, by description, with which the target answers our end of the connection."""
    mute: set[Step]
    """The transitions at which an answer was due and did not come."""
    last: list[int | None] = field(default_factory=list)
    """The alerts that came behind our end of the connection."""
    missed: list[int] = field(default_factory=list)
    """Places at which an answer was due and did not come. Behind the first the machine knows nothing of the target."""

    def enough(self, events: list[RecordedEvent], place: int) -> bool:
        """Whether the answer due here is there."""
        heard = [event for event in events if self.echoes or event.message != "ApplicationData"]
        return len(heard) >= len(self.outputs[place])

    def hurried(self, puppet: Puppets, place: int) -> list[RecordedEvent]:
        """The answer if one is due; at the end of the word all that there is before the connection ends."""
        events = self._due(puppet, place, HURRY, 0.0)
        if self.missed:
            return events
        if place == len(self.word) - 1:
            return events if puppet.ended else events + self._rest(puppet)
        if any(event.alert_level == AlertLevel.FATAL for event in events):
            events += _until_quiet(puppet, QUIET)  # its end belongs to it
        return events

    def hesitant(self, puppet: Puppets, place: int) -> list[RecordedEvent]:
        """As in a hurry, but at the end of the word nothing ends until it is quiet."""
        if place < len(self.word) - 1:
            return self.hurried(puppet, place)
        return self._due(puppet, place, HURRY, 0.0) + _until_quiet(puppet, QUIET)

    def is_parting(self, said: tuple[Output, ...]) -> bool:
        """Whether an alert that came behind our end of the connection is the only answer that was not expected."""
        return bool(self.last) and not self.missed and said[:-1] == self.outputs[:-1] and said != self.outputs

    def patient(self, puppet: Puppets, place: int) -> list[RecordedEvent]:
        """The answer if one is due, and whatever comes then until it is quiet."""
        events = self._due(puppet, place, PATIENCE, KNOWN)
        if place in self.missed[:1]:
            self.mute.add(self.steps[place])
        events += _until_quiet(puppet, QUIET)
        if not events and not puppet.ended and self.outputs[place] and place in self.missed[:1]:
            return [puppet.silence(), puppet.silence()]  # the first may be from before it has read the last message
        return events

    def _due(self, puppet: Puppets, place: int, usual: float, astray: float) -> list[RecordedEvent]:
        """The answer that is due, waited for as usual, or not so long where it is known not to come."""
        limit = astray if self.missed else KNOWN if self.steps[place] in self.mute else usual
        events = puppet.take_in()
        while not puppet.ended and not self.enough(events, place):
            if not puppet.line.wait(limit):
                self.missed.append(place)
                break
            events += puppet.take_in()
        return events

    def _rest(self, puppet: Puppets) -> list[RecordedEvent]:
        """What the target says until it ends as well; that it ends, and says so, is no word of its own."""
        puppet.line.end()
        events = _until_quiet(puppet, END)
        self.last[:] = [event.alert_description for event in events if event.message == "Alert"]
        return [event for event in events if event.message != "Close" and not self._is_farewell(event)]

    def _is_farewell(self, event: RecordedEvent) -> bool:
        return event.message == "Alert" and event.alert_description in self.farewells


def _until_quiet(puppet: Puppets, limit: float) -> list[RecordedEvent]:
    events: list[RecordedEvent] = []
    while not puppet.ended and puppet.line.wait(limit):
        events += puppet.take_in()
    return events


@dataclass
class LivePlayer:
    """Plays the tests of a suite with a live target."""

    peer: AnyPeer
    machine: Machine
    places: set[Track]
    manner: Manner
    shown: set[Step] = field(default_factory=set)
    """The silent transitions that were the end of a test."""
    farewells: frozenset[int | None] = frozenset({AlertDescription.CLOSE_NOTIFY})
    """Alerts with which the target answers the end of the connection: the first time, waiting for them showed that."""
    mute: set[Step] = field(default_factory=set)
    """The transitions at which an answer was due and did not come, however patiently it was waited for."""

    def play(self, word: Word) -> Played:
        """Runs one test, as often as it takes.

        Raises `HarnessError` if the peer fails, `TargetLost` if it answers nobody any more.
        """
        outputs, steps = self.machine.run(word), self._steps(word)
        connections = 0
        for length in (*self._silences(outputs, steps), len(word)):
            begin = word[:length], outputs[:length], self.manner.echoes, steps[:length]
            expecting = Expecting(*begin, self.farewells, self.mute)
            whole = length == len(word)  # a beginning is judged as part of the whole
            played = self._in_a_hurry(expecting, judges=whole)
            connections += played.connections
            if played.ready and (played.outputs != expecting.outputs or _grave(played)):
                patient = replace(expecting, word=word, outputs=outputs, steps=steps, missed=[])
                played = self._play(patient, patient.patient)
                connections += played.connections + self._health(played, outputs)
                if played.outputs == outputs:
                    self.farewells |= set(expecting.last)
                break
        return replace(played, connections=connections)

    def _in_a_hurry(self, expecting: Expecting, judges: bool) -> Played:
        """One test; where only our end of the connection brought an alert, once more without it, which tells why."""
        played = self._play(expecting, expecting.hurried, judges)
        if not played.ready or not expecting.is_parting(played.outputs):
            return played
        again = self._play(expecting, expecting.hesitant, judges)
        if again.outputs == expecting.outputs:
            self.farewells |= set(expecting.last)
        return replace(again, connections=played.connections + again.connections)

    def _play(self, expecting: Expecting, turn: Turn, judges: bool = True) -> Played:
        return play(self.peer, expecting.word, self.places, replace(self.manner, judges=judges), turn)

    def _steps(self, word: Word) -> tuple[Step, ...]:
        """The transitions through which a word leads."""
        state = 0
        steps = []
        for symbol in word:
            steps.append((state, self.machine.numbers[symbol]))
            state, _ = self.machine.step(state, symbol)
        return tuple(steps)

    def _silences(self, outputs: tuple[Output, ...], steps: tuple[Step, ...]) -> list[int]:
        """Lengths of the beginnings of a word that end in a silence which ended no test yet."""
        sinks = self.machine.sinks()
        lengths = []
        for length, (step, said) in enumerate(zip(steps, outputs, strict=True), 1):
            if step[0] not in sinks and not said and step not in self.shown:
                self.shown.add(step)
                if length < len(steps):
                    lengths.append(length)
        return lengths

    def _health(self, played: Played, outputs: tuple[Output, ...]) -> int:
        """Looks whether a server that left an answer out answers anybody; how many connections that took."""
        missing = any(due and not said for due, said in zip(outputs, played.outputs, strict=False))
        if self.peer.role == "client" or not missing:
            return 0
        events = shake_hands(PuppetClient(self.peer, Memory()))
        if all(event.sender == "client" for event in events):
            raise TargetLost(
                f"{self.peer.name} has answered no ClientHello for {PATIENCE:g} s since the test "
                + " ".join(map(symbol_name, played.word))
            )
        return 1


def _grave(played: Played) -> bool:
    return any(finding.verdict == VIOLATION for finding in played.findings)
