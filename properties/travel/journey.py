"""A counterexample on its way to the wire: it is played to the reference, which refuses it, and to the reference with
one defence removed, which the judge then finds guilty of the clause that was dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Protocol

from rfc5077.model.clauses import BY_ID
from rfc5077.model.event import CLIENT, FATAL, SERVER, Alarm, Event, Exchange, Message, Party
from rfc5077.model.proof.classes import ClauseClass, class_of
from rfc5077.model.proof.replay import Step
from rfc5077.model.proof.tables import Triple
from rfc5077.model.proof.theorem import Theorem
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.faults.fault import Fault
from rfc5077.properties.knowledge.necessity import needing
from rfc5077.properties.suite.alphabet import Target, machine_of
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.driver import NothingToOffer
from rfc5077.properties.suite.play import Manner, Played, Word, play
from rfc5077.properties.suite.probe import probe
from rfc5077.properties.travel.deviations import ByWord, deviations
from rfc5077.properties.travel.freed import freed, opening
from rfc5077.properties.travel.kinds import ELSEWHERE, Stay, off_the_wire
from rfc5077.properties.travel.offence import Ids, Offence
from rfc5077.properties.travel.refutations import OF_ONE_CONNECTION, Refutations
from rfc5077.properties.verdict.finding import VIOLATION, Finding

M = Message

TRIED = 150
"""Words at most of one source that are played to one faulty endpoint."""


@dataclass(frozen=True)
class Journey:
    """A counterexample that has arrived.

    Attributes:
        offence: what the dropped class lets a party do, and what is said to bring it about.
        fault: the reference with the defence removed.
        by_reference: what the reference did when the word was said to it; ``by_fault``: what the faulty one did.
        finding: what the judge names first of that.
        steps: the run by which the theorem fails, as z3 has replayed it; empty where none about one handshake does.
        exactly: whether the faulty endpoint commits the offence itself, and not another one of the same clause.
        freed: whether no other clause forbids the offence, as z3 finds.
    """

    offence: Offence
    fault: Fault
    by_reference: Played
    by_fault: Played
    finding: Finding
    steps: tuple[Step, ...]
    exactly: bool
    freed: bool

    @property
    def ids(self) -> Ids:
        """The class that was dropped."""
        return self.offence.ids

    @property
    def refused(self) -> bool:
        """Whether the reference has heard it all, and done nothing that the class, or any other clause, forbids."""
        found, whole = self.by_reference.findings, len(self.offence.word)
        if not self.by_reference.ready or len(self.by_reference.outputs) != whole:
            return False
        return not any(finding.verdict == VIOLATION or finding.clause.id in self.ids for finding in found)


Passage = Journey | Stay


def variants(ids: Ids) -> tuple[Fault, ...]:
    """The faulty endpoints whose missing defence is this class."""
    return tuple(one for one in FAULTS.values() if any(ids == class_of(named).ids for named in one.clauses))


def travel(dropped: ClauseClass) -> Passage:
    """Sends the counterexamples of a dropped class on their way until one arrives, message for message if one does.

    Those that refute a theorem go first, then those that are a step away from what the reference does, last of these
    what other clauses forbid as well.  One that the reference does not refuse ends the search.
    """
    reason = off_the_wire(dropped.ids)
    if reason is not None:
        return reason
    faulty = variants(dropped.ids)
    said, first = 0, None
    for source in (_Refuting(dropped), _Deviating(dropped.ids, True), _Deviating(dropped.ids, False)):
        for fault in faulty:
            for word, offences in islice(source.by_word(fault), TRIED):
                said += 1
                journey = _played(fault, word, offences, source)
                if journey is not None and (journey.exactly or not journey.refused):
                    return journey
                first = first or journey
    return first or _stayed(dropped.ids, faulty, said)


def _stayed(ids: Ids, faulty: tuple[Fault, ...], said: int) -> Stay:
    if not faulty:
        return Stay(ids, "no variant", "No declared fault is the lack of this defence.")
    names = ", ".join(fault.id for fault in faulty)
    elsewhere = next((entry for id in ids if (entry := BY_ID[id]).decided in ELSEWHERE), None)
    if elsewhere is not None and not elsewhere.permission:
        return Stay(ids, elsewhere.decided.value, elsewhere.reason)
    if not said:
        why = "Whatever breaks it breaks something else first, or takes what the suite has no symbols for."
        return Stay(ids, "no word", why)
    return Stay(ids, "not shown", f"{said} words that its counterexamples take were said to {names}; none shows it.")


# --- where counterexamples come from ----------------------------------------------------------------------------------


class _Refuting:
    """Runs that refute a theorem about one handshake."""

    def __init__(self, dropped: ClauseClass) -> None:
        fallen = needing(dropped.name)
        self._refutations = Refutations(dropped) if any(one.id in fallen for one in OF_ONE_CONNECTION) else None
        self._states: dict[Offence, tuple[Theorem, Triple]] = {}
        self._by_word: dict[tuple[Party, Word], list[Offence]] = {}
        for offence, theorem, state in self._refutations.offences() if self._refutations else ():
            self._states[offence] = theorem, state
            self._by_word.setdefault((offence.party, offence.word), []).append(offence)

    def by_word(self, fault: Fault) -> Iterator[tuple[Word, tuple[Offence, ...]]]:
        """The counterexamples about the fault's party, by word."""
        party = _party(fault)
        return ((word, tuple(some)) for (whose, word), some in self._by_word.items() if whose is party)

    def steps(self, offence: Offence) -> tuple[Step, ...]:
        """The run to the state where the theorem fails.

        :raises ReplayError: if z3 does not confirm it.
        """
        assert self._refutations is not None  # there is an offence
        return self._refutations.replayed(*self._states[offence])


class _Deviating:
    """Steps away from what the reference does, configured as a fault is: those that nothing else forbids, or others."""

    def __init__(self, ids: Ids, free: bool) -> None:
        self._ids = ids
        self._free = free

    def by_word(self, fault: Fault) -> Iterator[tuple[Word, tuple[Offence, ...]]]:
        """The counterexamples about the fault's party, by word."""
        for word, found in _deviations(fault).get(self._ids, {}).items():
            chosen = tuple(one for one in found if (opening(one) is not None) is self._free)
            if chosen:
                yield word, chosen

    def steps(self, offence: Offence) -> tuple[Step, ...]:
        """Nothing: no theorem is refuted."""
        del offence
        return ()


def _party(fault: Fault) -> Party:
    return CLIENT if fault.role == "client" else SERVER


def _deviations(fault: Fault) -> dict[Ids, ByWord]:
    return _of_target(_party(fault), _target(fault.id))


@cache
def _target(name: str) -> Target:
    """What the reference is found to be, configured as for this fault."""
    return probe(FAULTS[name].edit().unedited(), set()).target


@cache
def _of_target(party: Party, target: Target) -> dict[Ids, ByWord]:
    return deviations(party, machine_of(target, Alphabet.FULL))


# --- on the wire ------------------------------------------------------------------------------------------------------


class _Source(Protocol):
    def steps(self, offence: Offence) -> tuple[Step, ...]:
        """The run that z3 has replayed."""


def _played(fault: Fault, word: Word, offences: tuple[Offence, ...], source: _Source) -> Journey | None:
    """One word on its way; None if the faulty endpoint does not show the class with it."""
    try:
        by_fault = play(fault.make(), word, set(), Manner())
    except NothingToOffer:  # so configured it makes no ids, or renews nothing
        return None
    if not by_fault.findings or by_fault.findings[0].clause.id not in offences[0].ids:
        return None
    finding = by_fault.findings[0]
    met = next((offence for offence in offences if _is_it(finding, offence)), None)
    offence = met or offences[0]
    by_reference = play(fault.edit().unedited(), word, set(), Manner())
    steps = source.steps(offence)
    alone = bool(steps) or freed(offence)
    return Journey(offence, fault, by_reference, by_fault, finding, steps, met is not None, alone)


def _is_it(finding: Finding, offence: Offence) -> bool:
    """Whether the faulty endpoint has said, on the last connection, what the counterexample's party says."""
    told = offence.run
    steps = finding.trace
    if told[-1].message is M.NextClientHello:
        if finding.earlier is None or finding.got.message != M.ClientHello.name:
            return False
        told, steps = told[:-1], steps[:-1]
    elif finding.earlier is not None or not finding.index or finding.connection != steps[-1].event.connection:
        return False
    due = [_seen(event) for event in told if event.sender is offence.party and event.message is not M.Silence]
    said = [step.alternatives for step in steps if step.event.sender == finding.party.name.lower()]
    said = [alternatives for alternatives in said if alternatives[0].message is not M.Silence]
    same = len(due) == len(said) and all(
        event in map(_seen, alternatives) for event, alternatives in zip(due, said, strict=True)
    )
    return same and (told[-1].message is M.Silence) == (finding.got.message == M.Silence.name)


def _seen(event: Event) -> Event:
    """An event less what nobody sees but its speaker, or what does not matter here."""
    alarm = Alarm.UNEXPECTED if event.alarm in FATAL else event.alarm
    return event.but(resumes=False, exchange=Exchange.EPHEMERAL, alarm=alarm)
