"""The Wp-method: a finite suite that decides whether an implementation has the traces of a machine.

Source: S. Fujiwara and others, "Test selection based on finite state models", IEEE Transactions on Software
Engineering 17 (1991).  For a minimal machine with n states and an implementation that is deterministic, answers every
input in every state and has at most n + k states: if all tests pass, the two answer every word alike.

Phase 1 confirms that each state of the machine exists in the implementation: state cover, then up to k inputs, then the
characterisation set, which tells all states apart.  Phase 2 confirms each transition: transition cover, then k inputs,
then only the words that tell the state expected there from every other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Generic

from rfc5077.model.run.mealy import I, Mealy, O, distinguishing

Word = tuple[int, ...]  # numbers of inputs
Pair = tuple[int, int]
PHASES = (1, 2)


@dataclass(frozen=True)
class Suite(Generic[I]):
    """A complete suite and what it was made of."""

    tests: tuple[tuple[I, ...], ...]
    """No test is the beginning of another; shorter ones stand first."""
    states: int
    """n: states of the minimal machine."""
    extra: int
    """k: how many states more an implementation may have."""
    cover: tuple[tuple[I, ...], ...]
    """For each state a shortest word that leads there."""
    characterisation: tuple[tuple[I, ...], ...]
    """Words that together tell all states apart."""
    identification: tuple[tuple[tuple[I, ...], ...], ...]
    """For each state words that tell it from every other."""
    uncut: int
    """How many tests there would be without cutting at the sink."""

    @property
    def inputs(self) -> int:
        """How many inputs all tests have together."""
        return sum(map(len, self.tests))


def complete_suite(
    machine: Mealy[I, O], k: int = 0, *, cut: bool = True, phases: Collection[int] = PHASES
) -> Suite[I]:
    """The Wp suite of ``machine`` for implementations with at most k states more.

    ``cut``: a test ends one input after it has entered a state that is never left and always answers the same.  What
    would follow is known to an implementation of which the same is assumed ("closed stays closed").
    ``phases`` exists to show that neither phase can be spared.  Raises ValueError where k is negative or the machine is
    not minimal.
    """
    if k < 0:
        raise ValueError(f"k: {k} is negative")
    if machine.minimal().states != machine.states:
        raise ValueError("machine: not minimal")
    separating = _separating(machine)
    everything, identification = _sets(machine.states, separating)
    words = _words(machine, k, everything, identification, phases)
    whole = _maximal(words)
    shortened = _maximal(_cut(machine, word) for word in whole) if cut else whole
    spell = _Speller(machine.inputs)
    return Suite(
        tests=spell.all(sorted(shortened, key=lambda word: (len(word), word))),
        states=machine.states,
        extra=k,
        cover=tuple(machine.access().values()),
        characterisation=spell.all(everything),
        identification=tuple(spell.all(words) for words in identification),
        uncut=len(whole),
    )


@dataclass(frozen=True)
class _Speller(Generic[I]):
    """Turns numbers of inputs back into inputs."""

    inputs: tuple[I, ...]

    def all(self, words: Iterable[Word]) -> tuple[tuple[I, ...], ...]:
        return tuple(tuple(self.inputs[number] for number in word) for word in words)


def _separating(machine: Mealy[I, O]) -> dict[Word, frozenset[Pair]]:
    """Candidate words, each with the pairs of states (both orders) that it tells apart."""
    words = {tuple(machine.numbers[symbol] for symbol in word) for word in distinguishing(machine).values()}
    found = {}
    for word in sorted(words, key=lambda word: (len(word), word)):
        spelled = tuple(machine.inputs[number] for number in word)
        answers = [machine.run(spelled, state) for state in range(machine.states)]
        pairs = product(range(machine.states), range(machine.states))
        found[word] = frozenset((one, other) for one, other in pairs if answers[one] != answers[other])
    return found


def _sets(
    states: int, separating: dict[Word, frozenset[Pair]]
) -> tuple[tuple[Word, ...], tuple[tuple[Word, ...], ...]]:
    """The characterisation set, and for each state a part of it that identifies the state."""
    pairs = {(one, other) for one, other in product(range(states), range(states)) if one != other}
    everything = _greedy(pairs, separating)
    chosen = {word: separating[word] for word in everything}
    identification = tuple(_greedy({pair for pair in pairs if pair[0] == state}, chosen) for state in range(states))
    return everything, identification


def _greedy(pairs: set[Pair], separating: dict[Word, frozenset[Pair]]) -> tuple[Word, ...]:
    """Few words, short ones preferred, that together tell all ``pairs`` apart."""
    chosen = []
    open_pairs = set(pairs)
    while open_pairs:
        word = max(separating, key=lambda word: (len(separating[word] & open_pairs), -len(word)))
        chosen.append(word)
        open_pairs -= separating[word]
    return tuple(chosen)


def _words(
    machine: Mealy[I, O],
    k: int,
    everything: tuple[Word, ...],
    identification: tuple[tuple[Word, ...], ...],
    phases: Collection[int],
) -> Iterator[Word]:
    """All tests of the two phases, with repetitions."""
    letters = range(len(machine.inputs))
    cover = [tuple(machine.numbers[symbol] for symbol in word) for word in machine.access().values()]
    transitions = [(*word, letter) for word in cover for letter in letters]
    yield from transitions
    if 1 in phases:
        for length in range(k + 1):
            for word, middle, end in product(cover, product(letters, repeat=length), everything or ((),)):
                yield word + middle + end
    if 2 in phases:
        inside = set(cover)
        for word, middle in product(transitions, product(letters, repeat=k)):
            if word not in inside:
                for end in identification[_after(machine, word + middle)] or ((),):
                    yield word + middle + end


def _after(machine: Mealy[I, O], word: Word) -> int:
    state = 0
    for number in word:
        state = machine.table[state][number][0]
    return state


def _cut(machine: Mealy[I, O], word: Word) -> Word:
    """``word`` up to one input after the first sink."""
    sinks = set(machine.sinks())
    state = 0
    for position, number in enumerate(word):
        if state in sinks:
            return word[: position + 1]
        state = machine.table[state][number][0]
    return word


def _maximal(words: Iterable[Word]) -> list[Word]:
    """The words that are not the beginning of another, each once; the empty word stays if it is alone."""
    distinct = set(words)
    beginnings = {word[:length] for word in distinct for length in range(len(word))}
    return sorted(distinct - beginnings)
