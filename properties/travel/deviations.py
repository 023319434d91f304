"""Steps away from what a profile does: after every way to a state of its machine and every symbol said there, all that
its party might say instead, each with the class of clauses that is named for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from rfc5077.model.event import (
    CLIENT,
    SERVER,
    TICKETS,
    Alarm,
    Content,
    Event,
    Extension,
    Message,
    Offer,
    Party,
    SessionId,
    Ticket,
)
from rfc5077.model.proof.classes import class_of
from rfc5077.model.run.machine import CONNECT, Output
from rfc5077.model.run.monitor import Monitor, Node, Track
from rfc5077.model.run.party import PARTIES
from rfc5077.model.run.says import SAYS, alert
from rfc5077.properties.suite.alphabet import Machine
from rfc5077.properties.suite.failures import FURTHER_HELLOS
from rfc5077.properties.suite.play import Word
from rfc5077.properties.travel.offence import Ids, Offence, before

M, X = Message, Extension

ALIKE, ALIKE_BETWEEN = 3, 40
"""Words at most that are kept of offences that are alike, the shortest first: those of one class and event, behind one
symbol and one beginning of the answer; and those between two connections.
"""

WAYS, LAST_WAYS = 16, 400
"""Ways at most, the shortest first, to what a machine takes for one state and a judge tells apart by what led there;
and to the state that nothing leads out of but another connection.
"""

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


_ECHO = Event(sender=SERVER, message=M.ServerHello, session_id=SessionId.ECHOED)
_TELLING: dict[Party, tuple[Output, ...]] = {
    SERVER: tuple((_ECHO, Event(sender=SERVER, message=message)) for message in (M.ChangeCipherSpec, M.Certificate)),
    CLIENT: (),
}
"""What takes a second message to be told from something innocent."""

_OFFERS = tuple((Event(sender=CLIENT, message=M.NextClientHello, offer=offer),) for offer in Offer)
"""What a client may take from one connection to the next."""


@cache
def _instead(party: Party) -> tuple[Output, ...]:
    """What a party might say at any moment; silence counts once it lasts."""
    ends = [alert(party, alarm) for alarm in (Alarm.UNEXPECTED, Alarm.MALFORMED, Alarm.REFUSAL, Alarm.CLOSE_NOTIFY)]
    wrong = Event(sender=party, message=M.Finished, content=Content.WRONG)
    unsigned = wrong.but(message=M.CertificateVerify)
    wrongly = (wrong, wrong.but(omits_ticket=True), *((unsigned,) if party is CLIENT else ()))
    singly = (*SAYS[party], *_STRANGE[party], *wrongly, *ends)
    silent = Event(sender=party, message=M.Silence)
    close = Event(sender=party, message=M.Close)
    return (*((event,) for event in (*singly, close)), (silent, silent), *_TELLING[party])


@dataclass(frozen=True)
class _Step:
    """One symbol said in a state of the machine, and the answer that is due to it.

    ``before`` and ``run`` are what was heard and said on the connection up to the symbol, and with it.  ``telling``
    says whether to look for offences in place of the answer: by further ways to a state only where all is over.
    """

    word: Word
    before: tuple[Event, ...]
    run: tuple[Event, ...]
    said: Output
    telling: bool


def deviations(party: Party, machine: Machine) -> dict[Ids, ByWord]:
    """The offences of each class, those of the shortest words first."""
    found: dict[Ids, dict[Word, list[Offence]]] = {}
    alike: Counter[tuple[Ids, Event, Event, Output]] = Counter()
    for step in _steps(party, machine):
        for ids, run in (*_between_connections(step), *(_in_place(party, step) if step.telling else ())):
            between = run[-1].message is M.NextClientHello
            kind = ids, run[-1], step.word[-1], () if between else run[len(step.run) : -1]
            alike[kind] += 1
            if alike[kind] <= (ALIKE_BETWEEN if between else ALIKE):
                found.setdefault(ids, {}).setdefault(step.word, []).append(Offence(ids, party, run, step.word))
    return {ids: {word: tuple(some) for word, some in kept.items()} for ids, kept in found.items()}


def _steps(party: Party, machine: Machine) -> Iterator[_Step]:
    """Every step of the machine, by the shortest way to each state and by others that a judge tells apart."""
    whose = PARTIES.index(party)
    silence = (Event(sender=party, message=M.Silence),) * 2
    for hello in _further(machine) if party is SERVER else ():
        yield _Step((*before(hello), hello), (), (hello,), (), True)
    last = _last(machine)
    waiting: list[tuple[int, Word, tuple[Event, ...], bool]] = [(0, (), (), True)]
    places: dict[int, set[Track]] = {0: {_node(()).tracks[whose]}}
    for state, word, heard, telling in waiting:
        for symbol, (to, said) in zip(machine.inputs, machine.table[state], strict=True):
            if party is CLIENT and symbol is not CONNECT and not heard:
                continue  # nobody has connected
            run = () if symbol is CONNECT else (*heard, symbol)
            yield _Step((*word, symbol), heard, run, said, telling)
            after = (*run, *(said or silence))
            place, known = _node(after).tracks[whose], places.setdefault(to, set())
            if place not in known and len(known) < (LAST_WAYS if to in last else WAYS):
                waiting.append((to, (*word, symbol), after, not known or (to in last and len(known) < WAYS)))
                known.add(place)


def _further(machine: Machine) -> tuple[Event, ...]:
    """The hellos of further connections: of renewed tickets where a server renews them, of ids where it makes some."""
    asks = Event(sender=CLIENT, message=M.ClientHello)
    said = {one: machine.table[0][number][1] for one in (X.LIVE, X.ABSENT)
            if (number := machine.numbers.get(asks.but(extension=one))) is not None}  # fmt: skip
    renews = any(event.ticket is Ticket.SOME for event in said.get(X.LIVE, ()))
    names = any(event.session_id is SessionId.FRESH for event in said.get(X.ABSENT, ()))
    return tuple(
        hello for hello in FURTHER_HELLOS
        if (names if hello.session_id is SessionId.CACHED else renews)
        and (X.LIVE in said or hello.extension not in TICKETS)
    )  # fmt: skip


def _last(machine: Machine) -> frozenset[int]:
    """The states that nothing leads out of but another connection."""
    out = [{to for symbol, (to, _) in zip(machine.inputs, row, strict=True) if symbol is not CONNECT}
           for row in machine.table]  # fmt: skip
    return frozenset(state for state, reached in enumerate(out) if reached == {state})


def _node(run: tuple[Event, ...]) -> Node:
    """What a judge knows behind a run."""
    monitor = Monitor()
    for event in run:
        monitor.feed((event,))
    return monitor.node


def _between_connections(step: _Step) -> Iterator[tuple[Ids, tuple[Event, ...]]]:
    """What a client must not take with it to the connection that it begins."""
    if step.word[-1] is CONNECT and step.before:
        had = tuple(offer for offer in _OFFERS if _has(step.before, offer[0].offer))
        for ids, other in _forbidden(CLIENT, _node(step.before), had):
            yield ids, (*step.before, *other)


def _has(run: tuple[Event, ...], offer: Offer) -> bool:
    """Whether there is what a client would take from the connection."""
    if offer is Offer.PRESENTED:
        return run[0].extension in TICKETS
    if offer is Offer.ISSUED:
        return any(event.ticket is Ticket.SOME for event in run)
    made = any(event.message is M.ServerHello and event.session_id is SessionId.FRESH for event in run)
    return offer is Offer.DISCARDED_ID and made


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
