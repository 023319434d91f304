"""Where a learned machine leaves the model's, and what the clauses say about it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rfc5077.model.event import TICKETS, Event
from rfc5077.model.run.machine import Output
from rfc5077.properties.learn.queries import Queries
from rfc5077.properties.suite.alphabet import Machine
from rfc5077.properties.suite.play import Word
from rfc5077.properties.suite.summary import GRAVITY
from rfc5077.properties.verdict.finding import VIOLATION, Finding

PERMITTED = "permitted"
"""The level of a difference that no clause speaks against: another choice than the profile's."""


Pairs = Callable[[], Sequence[Finding]]
"""What paired runs find."""


@dataclass(frozen=True)
class Difference:
    """Answers that the peer gives and the model does not, all against one clause, or all permitted."""

    word: Word
    """The shortest that shows it; the last symbol is the one that is answered otherwise."""
    expected: Output
    """The model's answer to the last symbol."""
    got: Output
    """The peer's."""
    finding: Finding | None
    """What the judge says about the answer; None if it is permitted."""
    extended: Word
    """The word with what had to be said behind it before the judge was sure; mostly the word itself."""
    times: int = 1
    """How many pairs of state and symbol are answered otherwise for this reason."""

    @property
    def level(self) -> str:
        """``violation``, ``advice``, ``note`` or ``permitted``."""
        return PERMITTED if self.finding is None else self.finding.verdict


def differing(one: Machine, other: Machine) -> Iterator[Word]:
    """For each pair of states that words with equal answers lead to, and each symbol that these two answer otherwise, a
    shortest word that ends in it; the shortest first.

    Raises ValueError where the machines have not the same inputs in the same order.
    """
    if one.inputs != other.inputs:
        raise ValueError("differing: the machines do not share their inputs")
    words: dict[tuple[int, int], Word] = {(0, 0): ()}
    waiting = deque([(0, 0)])
    while waiting:
        pair = waiting.popleft()
        rows = zip(one.inputs, one.table[pair[0]], other.table[pair[1]], strict=True)
        for symbol, (here, said), (there, due) in rows:
            word = (*words[pair], symbol)
            if said != due:
                yield word
            elif (here, there) not in words:
                words[here, there] = word
                waiting.append((here, there))


def explained(learned: Machine, model: Machine, queries: Queries, paired: Pairs) -> tuple[Difference, ...]:
    """Every difference with the clause that speaks about it, one for each class of clauses; the gravest first.

    ``paired`` finds what two runs are needed for; it is asked only where one run does not tell.
    """
    found: dict[object, Difference] = {}
    for word in differing(learned, model):
        one = _explained(word, learned.run(word)[-1], model.run(word)[-1], model.inputs, queries)
        if one.finding is None and word[-1].extension in TICKETS:
            one = replace(one, finding=next(iter(paired()), None))
        key = _kind(one)
        known = found.get(key)
        found[key] = one if known is None else replace(known, times=known.times + 1)
    order = (*GRAVITY, PERMITTED)
    return tuple(sorted(found.values(), key=lambda one: (order.index(one.level), len(one.word))))


def beyond(model: Machine, differences: Sequence[Difference], queries: Queries) -> tuple[Difference, ...]:
    """Violations that were seen on the way and that no difference shows, each with a shortest word.

    Such is what stands behind a permitted difference, or in the data of messages, which a machine does not have.
    """
    shown = {_kind(one) for one in differences}
    found = []
    for name, (word, finding) in sorted(queries.violations.items()):
        if name not in shown:
            word, finding = _shortest(name, word, finding, queries)
            answers = zip(queries.ask(word), model.run(word), strict=True)
            got, expected = next(iter(reversed(list(answers))), ((), ()))
            found.append(Difference(word, expected, got, finding, word))
    return tuple(sorted(found, key=lambda one: len(one.word)))


def _shortest(name: str, word: Word, finding: Finding, queries: Queries) -> tuple[Word, Finding]:
    """The shortest beginning of the word in answer to which a clause of the class is broken, and how."""
    for length in range(1, len(word)):
        for one in queries.findings(word[:length]):
            if name == (one.clause.family or one.clause.id) and one.verdict == VIOLATION:
                return word[:length], one
    return word, finding


def _kind(one: Difference) -> object:
    """What makes two differences one: the class of clauses, or what is said in place of what."""
    if one.finding is None:
        return one.expected, one.got
    return one.finding.clause.family or one.finding.clause.id


def _explained(word: Word, got: Output, expected: Output, inputs: Sequence[Event], queries: Queries) -> Difference:
    """The judge's word on the last answer; where it has none yet, whether one symbol more shows a violation.

    A clause that is broken by what does not come is broken only once something else comes.
    """
    before = _keys(queries.findings(word[:-1]))
    new = [one for one in queries.findings(word) if _key(one) not in before]
    if new:
        return Difference(word, expected, got, _gravest(new), word)
    for symbol in inputs:
        longer = (*word, symbol)
        later = [one for one in queries.findings(longer) if _key(one) not in before and one.verdict == VIOLATION]
        if later:
            return Difference(word, expected, got, later[0], longer)
    return Difference(word, expected, got, None, word)


def _gravest(findings: Sequence[Finding]) -> Finding:
    """The first of the gravest: the cause comes before what follows from it."""
    return min(findings, key=lambda one: GRAVITY.index(one.verdict))


def _key(finding: Finding) -> tuple[str, int]:
    return finding.clause.id, finding.index


def _keys(findings: Sequence[Finding]) -> frozenset[tuple[str, int]]:
    return frozenset(map(_key, findings))
