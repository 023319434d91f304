"""What the complete suite is worth: which faults it kills, beside what cheaper testing kills for the same messages."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from statistics import mean

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as use_seed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from rfc5077.model.event import Event
from rfc5077.model.run.machine import CONNECT
from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.bench.figure import Figure
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.faults.fault import Fault
from rfc5077.properties.suite.alphabet import Renegotiation, Target, machine_of
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.complete import complete_suite
from rfc5077.properties.suite.play import Manner, Word, play
from rfc5077.properties.suite.probe import probe
from rfc5077.properties.suite.stateful import leaving_nothing

SEEDS = (1, 2, 3)
"""The other methods are a matter of luck."""

STEPS = 20
"""Steps of a run of the machine with two rules, at most."""


@dataclass(frozen=True)
class Budget:
    """What may be said to a peer: the complete suite of its profile, and as many messages for the other methods."""

    words: tuple[Word, ...]
    symbols: tuple[Event, ...]
    manner: Manner

    @property
    def messages(self) -> int:
        """How many inputs all tests have together."""
        return sum(map(len, self.words))


Method = Callable[[Budget, int], Iterable[Word]]
"""The words that are said to a peer, from a seed."""


def complete(budget: Budget, seed: int) -> Iterable[Word]:
    """The complete suite."""
    del seed
    return budget.words


def at_random(budget: Budget, seed: int) -> Iterator[Word]:
    """As many words of the same lengths, each symbol as likely as any other. A client connects first."""
    chance = random.Random(seed)
    for word in budget.words:
        first = (CONNECT,) if CONNECT in budget.symbols else ()
        yield (*first, *chance.choices(budget.symbols, k=len(word) - len(first)))


@dataclass(frozen=True)
class Kill:
    """Whether a fault was found by some words, and after how many messages."""

    found: bool
    messages: int


@cache
def budget_of(target: Target) -> Budget:
    """The core alphabet, k = 0; many peers share a profile."""
    machine = machine_of(target, Alphabet.CORE)
    renegotiates = target.renegotiation is not Renegotiation.ACCEPTS
    return Budget(complete_suite(machine).tests, machine.inputs, Manner(renegotiates=renegotiates))


def hunted(peer: AnyPeer, budget: Budget, words: Iterable[Word], known: frozenset[str]) -> Kill:
    """Says words until a clause is broken that is not among the known ones, or the messages are spent."""
    spent = 0
    for word in words:
        spent += len(word)
        found = play(peer, word, set(), budget.manner).findings
        if any(finding.clause.id not in known for finding in found):
            return Kill(True, spent)
        if spent >= budget.messages:
            break
    return Kill(False, spent)


class _Spent(Exception):
    """The messages are spent, or the fault is found: there is nothing more to run for."""


@dataclass
class _Hunt:
    """What the runs of a machine with two rules share."""

    peer: AnyPeer
    budget: Budget
    known: frozenset[str]
    kill: Kill = field(default_factory=lambda: Kill(False, 0))

    @property
    def over(self) -> bool:
        """Whether there is nothing more to run for."""
        return self.kill.found or self.kill.messages >= self.budget.messages

    def says(self, word: Word) -> None:
        """One test.  Raises `_Spent` behind the last, and whenever Hypothesis comes back to see it again."""
        if not self.over:
            new = hunted(self.peer, self.budget, [word], self.known)
            self.kill = Kill(new.found, self.kill.messages + new.messages)
        if self.over:
            raise _Spent


def two_rules(peer: AnyPeer, budget: Budget, known: frozenset[str], seed: int) -> Kill:
    """Runs of a Hypothesis machine that can do two things: say a symbol, and begin anew."""
    hunt = _Hunt(peer, budget, known)
    symbols = st.sampled_from(budget.symbols)

    class TwoRules(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.words: list[list[Event]] = [[]]

        @rule(symbol=symbols)
        def say(self, symbol: Event) -> None:
            self.words[-1].append(symbol)

        @rule()
        def begin_anew(self) -> None:
            self.words.append([])

        def teardown(self) -> None:
            first = (CONNECT,) if CONNECT in budget.symbols else ()
            for word in self.words:
                if word:
                    hunt.says((*first, *word))

    chosen = settings(
        max_examples=budget.messages, stateful_step_count=STEPS, deadline=None, database=None, derandomize=True,
        phases=(Phase.generate,), suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    with leaving_nothing():
        try:
            run_state_machine_as_test(use_seed(seed)(TwoRules), settings=chosen)
        except _Spent:
            return hunt.kill
    return hunt.kill


# --- all faults -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tally:
    """How many faults each method kills; the chance methods once for each seed."""

    faults: int
    messages: int
    """What the suite may say to each fault, on average."""
    complete: int
    at_random: tuple[int, ...]
    two_rules: tuple[int, ...]


def counted(faults: Sequence[Fault], seeds: Sequence[int] = SEEDS) -> Tally:
    """Hunts each fault by each method, for the messages of the complete suite of its profile.

    What probing finds counts for nobody, nor does a clause that words find broken by the reference without the fault.
    """
    kills: dict[tuple[str, int], int] = dict.fromkeys(
        [("complete", 0), *((name, seed) for name in ("at random", "two rules") for seed in seeds)], 0
    )
    messages = []
    for fault in faults:
        budget, known = _budget(fault.make()), _known(fault)
        messages.append(budget.messages)
        kills["complete", 0] += hunted(fault.make(), budget, complete(budget, 0), known).found
        for seed in seeds:
            kills["at random", seed] += hunted(fault.make(), budget, at_random(budget, seed), known).found
            kills["two rules", seed] += two_rules(fault.make(), budget, known, seed).found
    return Tally(
        len(faults), round(mean(messages)), kills["complete", 0],
        tuple(kills["at random", seed] for seed in seeds), tuple(kills["two rules", seed] for seed in seeds),
    )  # fmt: skip


def _budget(peer: AnyPeer) -> Budget:
    return budget_of(probe(peer, set()).target)


_seen: dict[object, frozenset[str]] = {}


def _known(fault: Fault) -> frozenset[str]:
    """The clauses that the suite names for the reference under the configuration of a fault."""
    edit = fault.edit()
    if edit.config not in _seen:
        budget = _budget(edit.unedited())
        words = (*budget.words, *(word for seed in SEEDS for word in at_random(budget, seed)))
        peer = edit.unedited()
        found = [play(peer, word, set(), budget.manner).findings for word in words]
        _seen[edit.config] = frozenset(finding.clause.id for findings in found for finding in findings)
    return _seen[edit.config]


def kills() -> tuple[Figure, ...]:
    """Declared faults of the reference that are killed, that is, for which a clause is found broken that the reference
    keeps: by the complete suite over the core alphabet (k = 0) of the profile that is probed; by words of the same
    number and lengths, each symbol as likely as any other; and by a Hypothesis machine with two rules, to say a symbol
    and to begin anew. All three say as many messages to a peer at most, and the same judge listens; probing and paired
    runs are left out. Three seeds; their mean, and in brackets each. For information."""
    return figures(counted(tuple(FAULTS.values())))


def figures(tally: Tally) -> tuple[Figure, ...]:
    """The figures of a count."""
    of = f"of {tally.faults} faults, by {tally.messages} messages each at most"

    def luck(name: str, counts: tuple[int, ...]) -> Figure:
        each = ", ".join(map(str, counts))
        return Figure(name, mean(counts) if counts else None, "faults", None, f"{of}; by seed: {each}")

    return (
        Figure("kills-suite", tally.complete, "faults", None, of),
        luck("kills-random", tally.at_random),
        luck("kills-two-rules", tally.two_rules),
    )
