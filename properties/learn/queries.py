"""Words said to a peer, and what it answered: each word is said once, and what was answered is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rfc5077.model.event import Event
from rfc5077.model.run.machine import Output
from rfc5077.model.run.monitor import Track
from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.errors import UsageError
from rfc5077.properties.suite.alphabet import symbol_name
from rfc5077.properties.suite.play import Manner, Played, Word, play
from rfc5077.properties.verdict.finding import VIOLATION, Finding

Answer = tuple[Output, ...]


@dataclass
class _Node:
    """What was answered to the last input of a word, and what is known of longer words."""

    said: Output = ()
    next: dict[Event, _Node] = field(default_factory=dict)


@dataclass
class Tally:
    """What asking has cost."""

    asked: int = 0
    """Words that somebody wanted to know the answer to."""
    played: int = 0
    """Words that were said to the peer; the answers to the others were known."""
    inputs: int = 0
    """Symbols of the words that were said."""
    connections: int = 0


class Queries:
    """A peer that answers words, one new connection each, or new connections of a client that has forgotten all."""

    def __init__(self, peer: AnyPeer, manner: Manner) -> None:
        self.peer = peer
        self.manner = manner
        self.tally = Tally()
        self.violations: dict[str, tuple[Word, Finding]] = {}
        """By class of clauses the shortest word in answer to which the peer broke one of them; empty if none did."""
        self._root = _Node()
        self._places: set[Track] = set()
        self._played: list[Word] = []

    @property
    def played(self) -> Sequence[Word]:
        """Every word that was said, in the order in which that was done."""
        return self._played

    def ask(self, word: Word) -> Answer:
        """What the peer answers to each symbol of a word.

        Raises `UsageError` if the test cannot be begun or the peer answers otherwise than before, `HarnessError` if the
        peer fails.
        """
        self.tally.asked += 1
        known = self._known(word)
        if known is not None:
            return known
        self._played.append(word)
        return self.again(word)

    def again(self, word: Word) -> Answer:
        """Says a word whether its answer is known or not; raises as `ask` does."""
        answer = self._play(word).outputs
        self._keep(word, answer)
        return answer

    def findings(self, word: Word) -> tuple[Finding, ...]:
        """What the judge has against the peer's answers to a word; raises as `ask` does."""
        return self._play(word).findings

    def begins(self, word: Word) -> bool:
        """Whether the peer can be led to where the word begins: a ticket that it offers has to be issued first."""
        return self._said(word).ready

    def _play(self, word: Word) -> Played:
        played = self._said(word)
        if not played.ready:
            raise UsageError(
                f"nothing can be concluded about {self.peer.name}: it was not led to where a test begins",
                f"See what it does: rfc5077 check {self.peer.role} {self.peer.name}",
            )
        return played

    def _said(self, word: Word) -> Played:
        played = play(self.peer, word, self._places, self.manner)
        self.tally.played += 1
        self.tally.inputs += len(word)
        self.tally.connections += played.connections
        self.note(word, played.findings)
        return played

    def note(self, word: Word, findings: Sequence[Finding]) -> None:
        """Keeps what was violated in answer to a word; the empty one stands for the questions before all words."""
        for finding in findings:
            name = finding.clause.family or finding.clause.id
            known = self.violations.get(name)
            if finding.verdict == VIOLATION and (known is None or _rank(word) < _rank(known[0])):
                self.violations[name] = word, finding

    def _known(self, word: Word) -> Answer | None:
        node, answer = self._root, []
        for symbol in word:
            found = node.next.get(symbol)
            if found is None:
                return None
            node = found
            answer.append(node.said)
        return tuple(answer)

    def _keep(self, word: Word, answer: Answer) -> None:
        node = self._root
        for place, (symbol, said) in enumerate(zip(word, answer, strict=True), 1):
            node = node.next.setdefault(symbol, _Node(said))
            if node.said != said:
                raise UsageError(
                    f"nothing can be concluded about {self.peer.name}: to {_names(word[:place])} it answered "
                    f"{_names(node.said)}, then {_names(said)}"
                )


def _names(said: Sequence[Event]) -> str:
    return ", ".join(map(symbol_name, said)) or "nothing"


def _rank(word: Word) -> tuple[bool, int]:
    """Shorter words come first, the empty one last."""
    return not word, len(word)
