"""Steps away from what a profile does: after every way to a state of its machine and every symbol said there, all that
its party might say instead, each with the class of clauses that is named for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from rfc5077.model.event import CLIENT, SERVER, Alarm, Content, Event, Extension, Message, Offer, Party, SessionId
from rfc5077.model.proof.classes import class_of
from rfc5077.model.run.machine import CONNECT, Output
from rfc5077.model.run.monitor import Monitor, Node
from rfc5077.model.run.party import PARTIES
from rfc5077.model.run.says import SAYS, alert
from rfc5077.properties.suite.alphabet import Machine
from rfc5077.properties.suite.play import Word
from rfc5077.properties.travel.offence import Ids, Offence

M, X = Message, Extension

ALIKE = 8
"""Words at most that are kept of one class, machine and offending event, the shortest first."""

WAYS = 250
"""Ways at most, the shortest first, to what a machine takes for one state and a judge tells apart by what led there."""

ByWord = dict[Word, tuple[Offence, ...]]
"""Offences of one class by what the other side says."""


def _said(party: Party, message: Message, *extensions: Extension) -> tuple[Event, ...]:
    return tuple(
        Event(sender=party, message=message, extension=extension, session_id=session_id)
        for extension in extensions
        for session_id in (SessionId.EMPTY, SessionId.FRESH)
    )


_STRANGE = {
    SERVER: _said(SERVER, M.ServerHello, X.FILLED, X.REPEATED),
    CLIENT: _said(CLIENT, M.ClientHello, X.WRAPPED, X.REPEATED, X.ANOTHERS),
}
"""Hellos that nobody who conforms says."""


_OFFERS = tuple((Event(sender=CLIENT, message=M.NextClientHello, offer=offer),) for offer in Offer)
"""What a client may take from one connection to the next."""


@cache
def _instead(party: Party) -> tuple[Output, ...]:
    """What a party might say at any moment; silence counts once it lasts."""
    ends = [alert(party, alarm) for alarm in (Alarm.UNEXPECTED, Alarm.MALFORMED, Alarm.REFUSAL, Alarm.CLOSE_NOTIFY)]
    wrong = Event(sender=party, message=M.Finished, content=Content.WRONG)
    singly = (*SAYS[party], *_STRANGE[party], wrong, wrong.but(omits_ticket=True), *ends)
    silent = Event(sender=party, message=M.Silence)
    return (*((event,) for event in singly), (Event(sender=party, message=M.Close),), (silent, silent))


@dataclass(frozen=True)
class _Step:
    """One symbol said in a state of the machine, and the answer that is due to it.

    ``before`` and ``run`` are what was heard and said on the connection up to the symbol, and with it.  ``first`` says
    whether the way to the state is the shortest one.
    """

    word: Word
    before: tuple[Event, ...]
    run: tuple[Event, ...]
    said: Output
    first: bool


def deviations(party: Party, machine: Machine) -> dict[Ids, ByWord]:
    """The offences of each class, those of the shortest words first."""
    found: dict[Ids, dict[Word, list[Offence]]] = {}
    alike: Counter[tuple[Ids, Event]] = Counter()
    for step in _steps(party, machine):
        for ids, run in (*_between_connections(step), *(_in_place(party, step) if step.first else ())):
            if alike[ids, run[-1]] < ALIKE:
                alike[ids, run[-1]] += 1
                found.setdefault(ids, {}).setdefault(step.word, []).append(Offence(ids, party, run, step.word))
    return {ids: {word: tuple(some) for word, some in kept.items()} for ids, kept in found.items()}


def _steps(party: Party, machine: Machine) -> Iterator[_Step]:
    """Every step of the machine, by the shortest way to each state and by others that a judge tells apart."""
    whose = PARTIES.index(party)
    silence = (Event(sender=party, message=M.Silence),) * 2
    waiting: list[tuple[int, Word, tuple[Event, ...], bool]] = [(0, (), (), True)]
    reached, places = {0}, {(0, _node(()).tracks[whose])}
    for state, word, before, first in waiting:
        for symbol, (to, said) in zip(machine.inputs, machine.table[state], strict=True):
            if party is CLIENT and symbol is not CONNECT and not before:
                continue  # nobody has connected
            run = () if symbol is CONNECT else (*before, symbol)
            yield _Step((*word, symbol), before, run, said, first)
            after = (*run, *(said or silence))
            place = (to, _node(after).tracks[whose])
            if to not in reached or (place not in places and len(places) < WAYS):
                waiting.append((to, (*word, symbol), after, to not in reached))
                reached.add(to)
                places.add(place)


def _node(run: tuple[Event, ...]) -> Node:
    """What a judge knows behind a run."""
    monitor = Monitor()
    for event in run:
        monitor.feed((event,))
    return monitor.node


def _between_connections(step: _Step) -> Iterator[tuple[Ids, tuple[Event, ...]]]:
    """What a client must not take with it to the connection that it begins."""
    if step.word[-1] is CONNECT and step.before:
        for ids, other in _forbidden(CLIENT, _node(step.before), _OFFERS):
            yield ids, (*step.before, *other)


def _in_place(party: Party, step: _Step) -> Iterator[tuple[Ids, tuple[Event, ...]]]:
    """What must not be said in place of a part of the answer, nor behind all of it."""
    for place in range(len(step.said) + 1):
        run = (*step.run, *step.said[:place])
        for ids, other in _forbidden(party, _node(run), _instead(party)):
            if other[:1] != step.said[place : place + 1]:
                yield ids, (*run, *other)


@cache
def _forbidden(party: Party, node: Node, others: tuple[Output, ...]) -> tuple[tuple[Ids, Output], ...]:
    """Those that the party must not say, up to the event that shows it, with the class that is named first."""
    found = []
    monitor = Monitor()
    for other in others:
        monitor.node = node
        for place, event in enumerate(other, 1):
            mine = [breach for breach in monitor.feed((event,)) if breach.party is party]
            if mine and mine[0].certain:
                found.append((class_of(mine[0].clause.id).ids, other[:place]))
            if mine:
                break
    return tuple(found)
