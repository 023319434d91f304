"""Every lawful conversation of one connection, as the smallest automaton that accepts them all.

Both parties keep every clause of the class ``violation``, and neither hears what it would have to refuse.  The events
are seen in one order, as by an observer between the ends; each may be cut short by an alert, close_notify or the end of
the transport, behind which nothing is followed, nor is a second handshake.  Two places where the same may follow for
ever are one state: so the states are those of the model that a run can tell apart, and few enough to be all visited.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from rfc5077.model.event import CLIENT, SERVER, Alarm, Event, Extension, Message, Party
from rfc5077.model.flows import FLOWS, Position
from rfc5077.model.logic import Codes, ordinal
from rfc5077.model.run.monitor import Track, expand
from rfc5077.model.run.party import PARTIES, conduct, start_of
from rfc5077.model.run.says import SAYS, alert
from rfc5077.model.state import Client, Fault, Server

M = Message
OTHER = {CLIENT: SERVER, SERVER: CLIENT}
_AT = {CLIENT: Client.places()["position"], SERVER: Server.places()["position"]}
_FAULT = {CLIENT: Client.places()["fault"], SERVER: Server.places()["fault"]}

Place = tuple[Track, Track]
"""Where client and server stand, as a monitor knows it."""

Pair = tuple[int, Event]
"""A state of the automaton, and what is said there."""

Permits = Callable[[Party, Codes, Event], bool]
"""Whether a party in this state, by its codes, may say this."""


def endings(party: Party) -> tuple[Event, ...]:
    """How a party ends a connection: by a fatal alert of any kind, by close_notify, by its transport."""
    return alert(party), alert(party, Alarm.CLOSE_NOTIFY), Event(sender=party, message=M.Close)


@dataclass(frozen=True)
class Conversation:
    """The automaton, and the places of the monitor behind its states.

    Attributes:
        rows: by place, what may be said there, and the place behind it; None where nothing is followed any more.
        numbers: the state of each place; 0 is the beginning.
        table: by state, the same as ``rows``.
        ways: for each state the first of the shortest ways to it.
    """

    rows: Mapping[Place, Mapping[Event, Place | None]]
    numbers: Mapping[Place, int]
    table: tuple[Mapping[Event, int | None], ...]
    ways: tuple[tuple[Event, ...], ...]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Every state with everything that may be said there, nearest to the beginning first."""
        order = sorted(range(len(self.table)), key=lambda state: len(self.ways[state]))
        return tuple((state, event) for state in order for event in self.table[state])

    def within(self, permits: Permits) -> Mapping[int, Mapping[Place, frozenset[Event]]]:
        """What is reached where parties say only what is permitted besides: by state the places, and what is said."""
        rows = _Search(permits).rows()
        found: dict[int, dict[Place, frozenset[Event]]] = {}
        waiting = deque([(0, next(iter(rows)))])
        while waiting:
            state, place = waiting.popleft()
            if place in found.setdefault(state, {}):
                continue
            found[state][place] = frozenset(rows[place])
            for event, after in rows[place].items():
                reached = self.table[state][event]
                if reached is not None and after is not None:
                    waiting.append((reached, after))
        return found


@cache
def conversation() -> Conversation:
    """The automaton of all clauses."""
    rows = _Search().rows()
    numbers = _merged(rows)
    table: dict[int, Mapping[Event, int | None]] = {}
    for place, row in rows.items():
        known = {event: None if after is None else numbers[after] for event, after in row.items()}
        table.setdefault(numbers[place], known)
    states = tuple(table[number] for number in range(len(table)))
    return Conversation(rows, numbers, states, _ways(states))


# --- the places -------------------------------------------------------------------------------------------------------


class _Search:
    """All places that lawful events lead to."""

    def __init__(self, permits: Permits = lambda *_: True) -> None:
        self._permits = permits
        self._steps: dict[tuple[Party, Track, Event], Track | None] = {}
        self._listed: dict[tuple[Party, frozenset[int]], tuple[Event, ...]] = {}
        self._said = {party: tuple(_said(party)) for party in PARTIES}

    def rows(self) -> dict[Place, dict[Event, Place | None]]:
        """Breadth first from the beginning."""
        client, server = (Track(conduct(party).settle(start_of(party))) for party in PARTIES)
        found: dict[Place, dict[Event, Place | None]] = {(client, server): {}}
        waiting = deque(found)
        while waiting:
            place = waiting.popleft()
            for party in PARTIES:
                found[place] |= self._moves(place, party, first=place == (client, server))
            for after in found[place].values():
                if after is not None and after not in found:
                    found[after] = {}
                    waiting.append(after)
        return found

    def _moves(self, place: Place, party: Party, first: bool) -> Iterator[tuple[Event, Place | None]]:
        """What a party may say, and the place behind it."""
        mine, theirs = place if party is CLIENT else place[::-1]
        for event in self._candidates(party, mine):
            own = self._step(party, mine, event)
            if own is None:
                continue
            if event.message is M.ClientHello and not first:
                yield event, None
            elif (other := self._step(OTHER[party], theirs, event)) is not None:
                yield event, (own, other) if party is CLIENT else (other, own)
        yield from ((end, None) for end in endings(party) if self._step(party, mine, end) is not None)

    def _candidates(self, party: Party, track: Track) -> tuple[Event, ...]:
        """What has a row in the figures where the speaker may be; application data may come early (RFC 7918)."""
        positions = frozenset(codes[_AT[party]] for codes in track.states)
        known = self._listed.get((party, positions))
        if known is None:
            here = [position for position in Position if ordinal(position) in positions]
            messages = {row.message for row in FLOWS if row.position in here and row.sender is party}
            messages.add(M.ApplicationData)
            known = tuple(event for event in self._said[party] if event.message in messages)
            self._listed[party, positions] = known
        return known

    def _step(self, party: Party, track: Track, event: Event) -> Track | None:
        """Where an event leaves a party; None where it breaks a clause, or is what has to be refused."""
        key = party, track, event
        if key not in self._steps:
            self._steps[key] = _stepped(party, track, event, self._permits)
        return self._steps[key]


def _stepped(party: Party, track: Track, event: Event, permits: Permits) -> Track | None:
    owes, mine = conduct(party), event.sender is party
    kept = [
        owes.move(state, said.codes)
        for state in track.states
        for said in (expand(event) if mine else (event,))
        if owes.permits(state, said) and (not mine or permits(party, state, said))
    ]
    refuses = not mine and any(codes[_FAULT[party]] != ordinal(Fault.NONE) for codes in kept)
    return None if refuses or not kept else Track(owes.settle(kept))


def _said(party: Party) -> Iterable[Event]:
    """The well-formed messages, as they look from outside."""
    plain = dict.fromkeys(event.but(resumes=False) for event in SAYS[party])
    elsewhere = [event.but(extension=Extension.ANOTHERS) for event in plain if event.message is M.ClientHello]
    return dict.fromkeys([*plain, *(elsewhere if party is CLIENT else ())])


# --- the states -------------------------------------------------------------------------------------------------------


def _merged(rows: Mapping[Place, Mapping[Event, Place | None]]) -> dict[Place, int]:
    """The same number for places behind which the same may follow, in the order of first appearance."""
    numbers = dict.fromkeys(rows, 0)
    count = 1
    while True:
        signs: dict[object, int] = {}
        finer = {
            place: signs.setdefault(
                (numbers[place], frozenset((e, None if to is None else numbers[to]) for e, to in row.items())),
                len(signs),
            )
            for place, row in rows.items()
        }  # fmt: skip
        if len(signs) == count:
            return numbers
        numbers, count = finer, len(signs)


def _ways(table: tuple[Mapping[Event, int | None], ...]) -> tuple[tuple[Event, ...], ...]:
    ways: dict[int, tuple[Event, ...]] = {0: ()}
    waiting = deque([0])
    while waiting:
        state = waiting.popleft()
        for event, after in table[state].items():
            if after is not None and after not in ways:
                ways[after] = (*ways[state], event)
                waiting.append(after)
    return tuple(ways[state] for state in range(len(table)))
