"""Deterministic, completely specified Mealy machines over any hashable inputs and outputs.

A machine answers every input in every state with one output and one next state.  States are numbered; 0 is the first.
Nothing here knows of TLS, and no solver is needed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Generic, TypeVar

I = TypeVar("I", bound=Hashable)  # noqa: E741 - the customary letters: inputs and outputs
O = TypeVar("O", bound=Hashable)  # noqa: E741
S = TypeVar("S", bound=Hashable)


@dataclass(frozen=True)
class Mealy(Generic[I, O]):
    """One machine: ``table[state][number of the input]`` is the next state and the output.

    Raises ValueError where an input stands twice, a row is not complete or a next state does not exist.
    """

    inputs: tuple[I, ...]
    table: tuple[tuple[tuple[int, O], ...], ...]

    def __post_init__(self) -> None:
        if not self.table:
            raise ValueError("table: a machine has at least one state")
        if len(set(self.inputs)) != len(self.inputs):
            raise ValueError("inputs: each stands once")
        for state, row in enumerate(self.table):
            if len(row) != len(self.inputs):
                raise ValueError(f"table: state {state} answers {len(row)} of {len(self.inputs)} inputs")
            if any(not 0 <= target < len(self.table) for target, _ in row):
                raise ValueError(f"table: state {state} leads out of the machine")

    @cached_property
    def numbers(self) -> dict[I, int]:
        """The number of each input."""
        return {symbol: number for number, symbol in enumerate(self.inputs)}

    @property
    def states(self) -> int:
        """How many states there are."""
        return len(self.table)

    def step(self, state: int, symbol: I) -> tuple[int, O]:
        """The next state and the output; KeyError where ``symbol`` is no input."""
        return self.table[state][self.numbers[symbol]]

    def run(self, word: Iterable[I], start: int = 0) -> tuple[O, ...]:
        """The outputs along ``word``, one for each input."""
        outputs = []
        state = start
        for symbol in word:
            state, output = self.step(state, symbol)
            outputs.append(output)
        return tuple(outputs)

    def after(self, word: Iterable[I], start: int = 0) -> int:
        """The state at the end of ``word``."""
        for symbol in word:
            start, _ = self.step(start, symbol)
        return start

    def access(self) -> dict[int, tuple[I, ...]]:
        """The first of the shortest words to each state that can be reached: a state cover closed under prefixes."""
        words: dict[int, tuple[I, ...]] = {0: ()}
        waiting = deque([0])
        while waiting:
            state = waiting.popleft()
            for symbol, (target, _) in zip(self.inputs, self.table[state], strict=True):
                if target not in words:
                    words[target] = (*words[state], symbol)
                    waiting.append(target)
        return words

    def reachable(self) -> Mealy[I, O]:
        """The part that can be reached, numbered in the order of :meth:`access`."""
        number = {state: position for position, state in enumerate(self.access())}
        table = tuple(tuple((number[target], output) for target, output in self.table[state]) for state in number)
        return Mealy(self.inputs, table)

    def classes(self) -> tuple[int, ...]:
        """The class of each state: two states are in one class exactly if no word tells them apart."""
        blocks = _numbered([tuple(output for _, output in row) for row in self.table])
        while True:
            finer = _numbered(
                [(block, *(blocks[target] for target, _ in row)) for block, row in zip(blocks, self.table, strict=True)]
            )
            if max(finer) == max(blocks):
                return finer
            blocks = finer

    def minimal(self) -> Mealy[I, O]:
        """The smallest machine with the same answers to every word; equal for equivalent machines."""
        machine = self.reachable()
        blocks = machine.classes()
        first = {block: state for state, block in reversed(list(enumerate(blocks)))}
        table = tuple(
            tuple((blocks[target], output) for target, output in machine.table[first[block]]) for block in sorted(first)
        )
        return Mealy(self.inputs, table).reachable()

    def sinks(self) -> tuple[int, ...]:
        """The states that are never left and answer the same to everything."""
        return tuple(state for state, row in enumerate(self.table) if set(row) == {(state, row[0][1])})

    def dot(self) -> str:
        """The machine in the language of Graphviz; parallel transitions share one arrow."""
        lines = ["digraph mealy {", "  rankdir=LR;", '  start [shape=point, label=""];', "  start -> 0;"]
        for state, row in enumerate(self.table):
            arrows: dict[int, list[str]] = {}
            for symbol, (target, output) in zip(self.inputs, row, strict=True):
                arrows.setdefault(target, []).append(f"{symbol} / {output}")
            lines.extend(f"  {state} -> {target} [label={_quoted(labels)}];" for target, labels in arrows.items())
        return "\n".join([*lines, "}", ""])


def _numbered(keys: Sequence[Hashable]) -> tuple[int, ...]:
    """Small numbers for ``keys``, equal for equal keys, in the order of first appearance."""
    numbers: dict[Hashable, int] = {}
    return tuple(numbers.setdefault(key, len(numbers)) for key in keys)


def _quoted(labels: Iterable[str]) -> str:
    text = "\n".join(labels).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\l")
    return f'"{text}\\l"'


def build(initial: S, inputs: Iterable[I], step: Callable[[S, I], tuple[S, O]]) -> Mealy[I, O]:
    """The machine of a step function, explored from ``initial``; it ends if finitely many states can be reached."""
    symbols = tuple(inputs)
    numbers = {initial: 0}
    waiting = deque([initial])
    rows = []
    while waiting:
        state = waiting.popleft()
        row = []
        for symbol in symbols:
            target, output = step(state, symbol)
            if target not in numbers:
                numbers[target] = len(numbers)
                waiting.append(target)
            row.append((numbers[target], output))
        rows.append(tuple(row))
    return Mealy(symbols, tuple(rows))


def difference(
    left: Mealy[I, O], right: Mealy[I, O], left_start: int = 0, right_start: int = 0
) -> tuple[I, ...] | None:
    """The first of the shortest words that the two answer differently, or None where they are equivalent.

    Raises ValueError where they have not the same inputs in the same order.
    """
    if left.inputs != right.inputs:
        raise ValueError("difference: the machines do not share their inputs")
    start = (left_start, right_start)
    words: dict[tuple[int, int], tuple[I, ...]] = {start: ()}
    waiting = deque([start])
    while waiting:
        pair = waiting.popleft()
        rows = zip(left.inputs, left.table[pair[0]], right.table[pair[1]], strict=True)
        for symbol, (one, said), (other, heard) in rows:
            if said != heard:
                return (*words[pair], symbol)
            if (one, other) not in words:
                words[one, other] = (*words[pair], symbol)
                waiting.append((one, other))
    return None


def distinguishing(machine: Mealy[I, O]) -> dict[tuple[int, int], tuple[I, ...]]:
    """A shortest word that tells each pair of states apart (lower number first); equivalent pairs are left out."""
    words: dict[tuple[int, int], tuple[I, ...]] = {}
    for one, other in combinations(range(machine.states), 2):
        word = difference(machine, machine, one, other)
        if word is not None:
            words[one, other] = word
    return words
