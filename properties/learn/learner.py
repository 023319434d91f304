"""Learning a peer's machine: AALpy asks, and the model's complete suite says whether its guess is right."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from aalpy import SUL, MealyMachine, Oracle, run_KV

from rfc5077.model.event import CLIENT, TICKETS, Event
from rfc5077.model.run.machine import Output
from rfc5077.model.run.mealy import Mealy
from rfc5077.properties.adapters.in_memory import in_memory
from rfc5077.properties.adapters.peer import AnyPeer, HarnessError, Role
from rfc5077.properties.errors import UsageError
from rfc5077.properties.learn.differences import Difference, beyond, differing, explained
from rfc5077.properties.learn.queries import Queries, Tally
from rfc5077.properties.suite.alphabet import Machine, Renegotiation, ServerTarget, Target, machine_of
from rfc5077.properties.suite.complete import complete_suite
from rfc5077.properties.suite.pairs import Paired, pair
from rfc5077.properties.suite.play import Manner, Word
from rfc5077.properties.suite.probe import probe
from rfc5077.properties.verdict.finding import Finding

LARGEST = 10
"""How many times as many states as the model's a machine may have before learning is given up."""

WORDS = 200
"""How many random words test a guess that has passed the suites."""

TAIL = 12
"""How many random symbols a random word has at most, behind a way to some state."""

REPEATED = 20
"""How many words are said a second time, in another order, to see whether the answers stay."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done and how much there is."""


@dataclass
class Rounds:
    """How learning went."""

    hypotheses: list[int] = field(default_factory=list)
    """The number of states of each machine that was put to the test, the last one passed."""
    membership: int = 0
    """Words that the learner wanted to know the answer to."""
    equivalence: int = 0
    """Words by which its guesses were tested."""
    repeated: int = 0
    """How many of the words were said again at the end, with the same answers."""


@dataclass(frozen=True)
class Learned:
    """What learning came to."""

    target: str
    role: Role
    profile: dict[str, str | bool]
    model: Machine
    """The minimal machine of the profile."""
    machine: Machine | None
    """What was learned, minimal; the latest guess if interrupted, None if there was none."""
    differences: tuple[Difference, ...]
    """The gravest first, then the shortest; none if interrupted."""
    beyond: tuple[Difference, ...]
    """Violations that were seen on the way and that no difference shows."""
    unsaid: tuple[Event, ...]
    """Symbols of the core alphabet that cannot be said to this peer: they offer a ticket, and it issues none."""
    tally: Tally
    rounds: Rounds
    k: int
    seed: int
    words: int
    """How many random words were said besides the suites."""
    seconds: float
    interrupted: bool

    @property
    def equal(self) -> bool:
        """Whether the two machines answer every word alike."""
        return self.machine is not None and not self.differences and not self.interrupted


def learn(
    role: Role, target: str | AnyPeer, *, k: int = 0, seed: int = 0, words: int = WORDS,
    progress: Progress = lambda *_: None,
) -> Learned:  # fmt: skip
    """Learns the machine of a peer over the core alphabet, and compares it with the model's of the peer's profile.

    :param target: a peer, or the name of one in memory.
    :param k: how many states the peer may have beyond those that were learned.
    :param seed: for the puppets' octets, the random words, and which words are said a second time.
    :param words: how many random words test what has passed the suites.
    :raises UsageError: for an unknown name, for a target with which no handshake of TLS 1.2 can be completed, and where
        nothing can be concluded: the peer is not deterministic, or has far more states than the model.
    """
    peer = in_memory(target, role) if isinstance(target, str) else target
    if peer.role != role:
        raise UsageError(f"{peer.name} is a {peer.role}", f"learn {peer.role} {peer.name}")
    begun = time.perf_counter()
    try:
        probed = probe(peer, set())
        if not probed.complete:
            raise UsageError(
                f"{peer.name} completes no TLS 1.2 handshake", f"See why: rfc5077 check {role} {peer.name}"
            )
        queries = Queries(peer, Manner(seed, _renegotiates(probed.target)))
        queries.note((), probed.findings)
        model, unsaid = _sayable(machine_of(probed.target), queries)
        learning = _Learning(model, queries, k, random.Random(seed), words, progress)
        machine, differences, interrupted = learning.result()
        further = () if interrupted else beyond(model, differences, queries)
    except HarnessError as error:
        raise UsageError(f"{peer.name} could not be driven: {error}") from error
    queries.tally.connections += probed.connections
    return Learned(
        peer.name, role, probed.target.said(), model, machine, differences, further, unsaid, queries.tally,
        learning.rounds, k, seed, words, time.perf_counter() - begun, interrupted,
    )  # fmt: skip


def _renegotiates(target: Target) -> bool:
    return not isinstance(target, ServerTarget) or target.renegotiation is not Renegotiation.ACCEPTS


def _sayable(machine: Machine, queries: Queries) -> tuple[Machine, tuple[Event, ...]]:
    """The machine over what can be said to the peer, and what cannot: an offer of a ticket that it does not issue.

    A server whose profile has tickets issues none where it breaks off the handshake that would bring one.
    """
    offers = tuple(symbol for symbol in machine.inputs if symbol.sender is CLIENT and symbol.extension in TICKETS)
    if not offers or queries.begins(offers[:1]):
        return machine, ()
    kept = tuple(symbol for symbol in machine.inputs if symbol not in offers)
    table = tuple(tuple(row[machine.numbers[symbol]] for symbol in kept) for row in machine.table)
    return Mealy(kept, table).minimal(), offers


class _Asked(SUL):
    """The peer as AALpy asks it: inputs and outputs are numbers."""

    def __init__(self, inputs: tuple[Event, ...], queries: Queries, rounds: Rounds) -> None:
        super().__init__()
        self.outputs: dict[Output, int] = {}
        """The number of each output, in the order in which they were met."""
        self._inputs = inputs
        self._queries = queries
        self._rounds = rounds
        self._word: tuple[int, ...] = ()

    def query(self, word: tuple[int, ...]) -> list[int]:
        """The answers to a word."""
        self._rounds.membership += 1
        answer = self._queries.ask(tuple(self._inputs[number] for number in word))
        return [self.outputs.setdefault(said, len(self.outputs)) for said in answer]

    def pre(self) -> None:
        """A word begins."""
        self._word = ()

    def post(self) -> None:
        """A word ends."""
        self._word = ()

    def step(self, letter: int) -> int:
        """The answer to the next symbol of the word."""
        self._word += (letter,)
        return self.query(self._word)[-1]

    def mealy(self, hypothesis: MealyMachine) -> Machine:
        """AALpy's machine as ours."""
        states = [hypothesis.initial_state]
        states += [state for state in hypothesis.states if state is not hypothesis.initial_state]
        numbers = {id(state): number for number, state in enumerate(states)}
        outputs = list(self.outputs)
        letters = range(len(self._inputs))
        table = tuple(
            tuple((numbers[id(state.transitions[letter])], outputs[state.output_fun[letter]]) for letter in letters)
            for state in states
        )
        return Mealy(self._inputs, table)


class _Tested(Oracle):
    """The test of a guess, as AALpy wants it."""

    def __init__(self, learning: _Learning, asked: _Asked) -> None:
        super().__init__(list(range(len(learning.model.inputs))), asked)
        self._learning = learning
        self._asked = asked

    def find_cex(self, hypothesis: MealyMachine) -> tuple[int, ...] | None:
        """A word that the peer answers otherwise than the guess, up to the first answer in which they differ."""
        word = self._learning.refuted(self._asked.mealy(hypothesis).minimal())
        return None if word is None else tuple(self._learning.model.numbers[symbol] for symbol in word)


class _Learning:
    """One machine being learned."""

    def __init__(
        self, model: Machine, queries: Queries, k: int, chance: random.Random, words: int, progress: Progress
    ) -> None:
        self.model = model
        self.rounds = Rounds()
        self._suite = complete_suite(model, k).tests
        self._guess: Machine | None = None
        self._pairs: Paired | None = None
        self._queries = queries
        self._k = k
        self._chance = chance
        self._words = words
        self._tell = progress

    def result(self) -> tuple[Machine | None, tuple[Difference, ...], bool]:
        """The machine, how it differs from the model's, and whether it was interrupted."""
        try:
            self._say_the_suite()
            asked = _Asked(self.model.inputs, self._queries, self.rounds)
            test = _Tested(self, asked)
            run_KV(test.alphabet, asked, test, "mealy", cache_and_non_det_check=False, print_level=0)
            self._repeat()
            assert self._guess is not None  # at least one guess has passed
            return self._guess, explained(self._guess, self.model, self._queries, self._paired), False
        except KeyboardInterrupt:
            return self._guess, (), True

    def _say_the_suite(self) -> None:
        """The model's suite, before the learner asks: its words begin with most of what the learner wants to know."""
        for number, word in enumerate(self._suite):
            self._tell("the model's suite", number, len(self._suite))
            self._queries.ask(word)

    def _paired(self) -> tuple[Finding, ...]:
        """What two runs tell of a server that issues tickets."""
        if self._pairs is None:
            self._pairs = pair(self._queries.peer, set(), self._queries.manner.seed)
            self._queries.tally.connections += self._pairs.connections
        return self._pairs.findings

    def refuted(self, guess: Machine) -> Word | None:
        """A word that tells the peer from a guess, if any of the tests does; it ends where they part.

        Raises `UsageError` where the guess has grown too large.
        """
        self._guess = guess
        self.rounds.hypotheses.append(guess.states)
        most = LARGEST * self.model.states
        if guess.states > most:
            raise UsageError(
                f"nothing can be concluded about {self._queries.peer.name}: it has more than {most} states, "
                f"{LARGEST} times as many as the model, so learning was given up"
            )
        for name, tests in self._tests(guess):
            stage = f"{guess.states} states, {name}"
            for number, word in enumerate(tests):
                self._tell(stage, number, len(tests))
                if (found := self._refutes(guess, word)) is not None:
                    return found
        return None

    def _tests(self, guess: Machine) -> Iterator[tuple[str, tuple[Word, ...]]]:
        """Words that a guess has to stand: the model knows best where it may be wrong, and what it claims is tried."""
        yield "the model's suite", self._suite
        yield "its own suite", complete_suite(guess, self._k).tests
        yield "where it leaves the model", tuple(differing(guess, self.model))
        yield "random words", tuple(self._random(guess))

    def _random(self, guess: Machine) -> Iterator[Word]:
        ways = list(guess.access().values())
        for _ in range(self._words):
            tail = self._chance.choices(self.model.inputs, k=self._chance.randint(1, TAIL))
            yield (*self._chance.choice(ways), *tail)

    def _refutes(self, guess: Machine, word: Word) -> Word | None:
        self.rounds.equivalence += 1
        answers = zip(guess.run(word), self._queries.ask(word), strict=True)
        places = (place for place, (one, other) in enumerate(answers, 1) if one != other)
        place = next(places, None)
        return None if place is None else word[:place]

    def _repeat(self) -> None:
        """Says some words again, in another order: the answers are to be the same."""
        words = self._queries.played
        for word in self._chance.sample(words, min(REPEATED, len(words))):
            self._queries.again(word)
            self.rounds.repeated += 1
