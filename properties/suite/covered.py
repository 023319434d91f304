"""What runs show of the model: which pairs of state and event, and where each party stood when it spoke.

The states are those of the automaton of all lawful conversations (`rfc5077.model.run.conversation`).  What a run shows
is counted over many of them, so that the next one can be told how much of it was new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

from rfc5077.model.event import FATAL, Event, Message, Party
from rfc5077.model.run.conversation import Pair, conversation
from rfc5077.model.run.monitor import Monitor, Track
from rfc5077.model.run.party import PARTIES
from rfc5077.model.run.says import alert
from rfc5077.properties.trace.abstraction import Alternatives

_BESIDE = (Message.Silence, Message.NextClientHello)


@dataclass
class _Walk:
    """One connection on its way through the automaton; ``states`` is None once it is followed no more."""

    monitor: Monitor = field(default_factory=Monitor)
    states: frozenset[int] | None = frozenset({0})


class Covered:
    """What was shown so far, over as many runs as its owner likes."""

    def __init__(self) -> None:
        self.runs = 0
        self.events = 0
        """How many events were seen before the end of their connection."""
        self.seen: Counter[Pair] = Counter()
        """How many runs showed a pair."""
        self.places: set[tuple[Party, Track]] = set()
        """Where a party stood that spoke, as the monitor knows it."""
        self.unexplained: Counter[str] = Counter()
        """What the automaton does not have, by name; the connection is not followed behind it."""
        self._walks: dict[Hashable, _Walk] = {}
        self._shown: set[Pair] = set()

    def begin(self) -> None:
        """A new run."""
        self._walks.clear()
        self._shown.clear()

    def saw(self, connection: Hashable, alternatives: Alternatives) -> None:
        """The next event of a connection."""
        walk = self._walks.get(connection)
        if walk is None:
            walk = self._walks[connection] = _Walk()
        sender = alternatives[0].sender
        self.places.add((sender, walk.monitor.node.tracks[PARTIES.index(sender)]))
        walk.monitor.feed(alternatives)
        if walk.states is not None and alternatives[0].message not in _BESIDE:
            self.events += 1
            walk.states = self._moved(walk.states, dict.fromkeys(map(_symbol, alternatives)))

    def _moved(self, states: frozenset[int], symbols: dict[Event, None]) -> frozenset[int] | None:
        table = conversation().table
        pairs = [(state, symbol) for state in states for symbol in symbols if symbol in table[state]]
        if not pairs:
            self.unexplained[", ".join(str(symbol.message.name) for symbol in symbols)] += 1
            return None
        if len(pairs) == 1:
            self._shown.add(pairs[0])
        after = [table[state][symbol] for state, symbol in pairs]
        return frozenset(state for state in after if state is not None) or None

    def end(self) -> int:
        """The run is over; returns how much of what it showed is rare: pairs weigh the less the more runs had them."""
        self.runs += 1
        worth = sum(WORTH // (1 + self.seen[pair]) for pair in self._shown)
        self.seen.update(self._shown)
        return worth


WORTH = 1000
"""What a pair that no run has shown is worth to the next."""


def _symbol(event: Event) -> Event:
    """Fatal alerts are one symbol."""
    return alert(event.sender) if event.alarm in FATAL else event
