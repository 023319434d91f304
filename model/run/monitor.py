"""The monitor of one connection: events in, broken clauses out.

It keeps every state of each party that would explain what was seen.  An event that the observer saw only in part is
given as its alternatives.  The steps are memoised over all monitors: a monitor is a walk in a growing graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from rfc5077.model.clause import Clause, Verdict
from rfc5077.model.event import Event, Message, Party
from rfc5077.model.logic import Codes
from rfc5077.model.run.party import PARTIES, Conduct, Said, conduct, start_of
from rfc5077.model.run.says import SAYS

Alternatives = tuple[Said, ...]
"""What an event may have been; usually one."""

M = Message


@dataclass(frozen=True)
class Breach:
    """A party has broken a clause.  ``certain`` is false where another explanation would name another clause."""

    clause: Clause
    party: Party
    certain: bool = True


@dataclass(frozen=True)
class Track:
    """What may be the state of one party; ``strayed`` once it has broken a clause of the class ``violation``.

    ``doubt`` holds the clauses of which one is broken for certain, while the party's next message may tell which.
    """

    states: frozenset[Codes]
    strayed: bool = False
    doubt: tuple[Clause, ...] = ()


class Node:
    """What a monitor knows, with the steps known so far, and what each party may say next where somebody asked."""

    __slots__ = ("allowed", "steps", "tracks")

    def __init__(self, tracks: tuple[Track, Track]) -> None:
        self.tracks = tracks
        self.steps: dict[Alternatives, tuple[Node, tuple[Breach, ...]]] = {}
        self.allowed: dict[Party, tuple[Event, ...]] = {}


class Graph:
    """The nodes under one set of clauses; each party's conduct comes with the states in which it may begin."""

    def __init__(self, *parties: tuple[Conduct, Iterable[Codes]]) -> None:
        self.conducts = tuple(c for c, _ in parties)
        self.nodes: dict[tuple[Track, Track], Node] = {}
        client, server = (Track(c.settle(states)) for c, states in parties)
        self.start = self.node((client, server))

    def node(self, tracks: tuple[Track, Track]) -> Node:
        """The node of these tracks."""
        return self.nodes.setdefault(tracks, Node(tracks))

    def step(self, node: Node, alternatives: Alternatives) -> tuple[Node, tuple[Breach, ...]]:
        """The next node, and what was broken; worked out once."""
        known = node.steps.get(alternatives)
        if known is None:
            results = [_advance(c, t, alternatives) for c, t in zip(self.conducts, node.tracks, strict=True)]
            (client, broken), (server, more) = results
            known = node.steps[alternatives] = (self.node((client, server)), broken + more)
        return known

    def allowed(self, track: Track, party: Party) -> tuple[Event, ...]:
        """What a party may say next that is in one of these states, without hidden decisions."""
        if track.strayed:
            return ()
        c = self.conducts[PARTIES.index(party)]
        said = (event for event in SAYS[party] if any(c.permits(state, event) for state in track.states))
        return tuple(dict.fromkeys(event.but(resumes=False) for event in said))


@cache
def graph(without: frozenset[str] = frozenset()) -> Graph:
    """The graph that all monitors under these clauses share."""
    return Graph(*((conduct(party, without), start_of(party)) for party in PARTIES))


def expand(event: Event) -> tuple[Event, ...]:
    """The events that look like this one to whoever is not its speaker."""
    if event.message in (M.ServerHello, M.OldTicketAnswer):
        return (event.but(resumes=False), event.but(resumes=True))
    return (event,)


def _expanded(event: Said) -> tuple[Said, ...]:
    return expand(event) if isinstance(event, Event) else (event,)


def _advance(c: Conduct, track: Track, alternatives: Alternatives) -> tuple[Track, tuple[Breach, ...]]:
    mine = alternatives[0].sender is c.party
    events = [full for event in alternatives for full in (_expanded(event) if mine else (event,))]
    outcomes = [(c.move(state, event.codes), c.breaks(state, event)) for state in track.states for event in events]
    if track.strayed:
        return Track(frozenset(state for state, _ in outcomes), True), ()
    if track.doubt and not mine:
        return Track(frozenset(state for state, _ in outcomes), doubt=track.doubt), ()
    clean = [(state, broken) for state, broken in outcomes if not _violates(broken)]
    if clean and not track.doubt:
        shared = _shared([broken for _, broken in clean])
        return Track(c.settle(state for state, _ in clean)), tuple(Breach(entry, c.party) for entry in shared)
    states = frozenset(state for state, _ in outcomes)
    shared = _shared([tuple(filter(_violation, broken)) for _, broken in outcomes])
    if shared:
        return Track(states, True), tuple(Breach(entry, c.party) for entry in _telling(shared))
    if track.doubt and mine:
        return Track(states, True), track_doubts(c.party, track)
    refuted = tuple(dict.fromkeys(entry for _, broken in outcomes for entry in broken if _violation(entry)))
    return Track(states, doubt=track.doubt or _telling(refuted)), ()


def track_doubts(party: Party, track: Track) -> tuple[Breach, ...]:
    """The clauses of which one was broken, where nothing told which."""
    return tuple(Breach(entry, party, False) for entry in track.doubt)


def _telling(broken: tuple[Clause, ...]) -> tuple[Clause, ...]:
    """Without the rules of order where a more specific clause is broken, and one of each family."""
    specific = tuple(entry for entry in broken if not entry.general) or broken
    kept: dict[str, Clause] = {}
    for entry in specific:
        kept.setdefault(entry.family or entry.id, entry)
    return tuple(kept.values())


def _violation(entry: Clause) -> bool:
    return entry.verdict is Verdict.VIOLATION


def _violates(broken: tuple[Clause, ...]) -> bool:
    return any(map(_violation, broken))


def _shared(sets: list[tuple[Clause, ...]]) -> tuple[Clause, ...]:
    return tuple(entry for entry in sets[0] if all(entry in other for other in sets[1:]))


class Monitor:
    """Watches one connection."""

    __slots__ = ("_graph", "node")

    def __init__(self, without: frozenset[str] = frozenset(), watched: Graph | None = None) -> None:
        """Watches under the clauses of ``watched`` if it is given, else under all but those of the ids ``without``."""
        self._graph = watched or graph(without)
        self.node = self._graph.start

    def feed(self, alternatives: Alternatives) -> tuple[Breach, ...]:
        """Takes the next event; returns the clauses that it breaks, the most telling first.

        All alternatives have the same sender.
        """
        known = self.node.steps.get(alternatives)
        if known is None:
            known = self._graph.step(self.node, alternatives)
        self.node, breaches = known
        return breaches

    def run(self, events: Sequence[Alternatives]) -> list[tuple[int, Breach]]:
        """Takes many events at once; returns the breaches with the index of their event."""
        node, step, found = self.node, self._graph.step, []
        for index, alternatives in enumerate(events):
            known = node.steps.get(alternatives)
            node, breaches = known if known is not None else step(node, alternatives)
            if breaches:
                found += [(index, breach) for breach in breaches]
        self.node = node
        return found

    def allowed(self, party: Party) -> tuple[Event, ...]:
        """What the party may say next, by the names of the model, without hidden decisions; alerts are always allowed.

        Empty once the party has strayed: what follows from a violation is undefined.
        """
        known = self.node.allowed.get(party)
        if known is None:
            known = self.node.allowed[party] = self._graph.allowed(self.node.tracks[PARTIES.index(party)], party)
        return known

    def doubts(self) -> tuple[Breach, ...]:
        """What is broken for certain although no message has told which clause it is: due at the end of a trace."""
        return tuple(
            breach for party, track in zip(PARTIES, self.node.tracks, strict=True) if not track.strayed
            for breach in track_doubts(party, track)
        )  # fmt: skip

    def strayed(self, party: Party) -> bool:
        """Whether the party has broken a clause of the class ``violation`` on this connection."""
        return self.node.tracks[PARTIES.index(party)].strayed
