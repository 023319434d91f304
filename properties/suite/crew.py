"""Tests of a suite by several processes, each with a target in memory of its own, like all others."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context

from rfc5077.model.event import CLIENT, SERVER
from rfc5077.properties.adapters.peer import AnyPeer, HarnessError
from rfc5077.properties.suite.alphabet import Machine
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.play import Manner, Word
from rfc5077.properties.suite.run import Batch, Crew, Run

AT_A_TIME = 50
"""How many tests a process takes from the list at once."""


@contextmanager
def crew(make: Callable[[], AnyPeer], jobs: int, alphabet: Alphabet, seed: int) -> Iterator[Crew]:
    """So many processes; `make` makes a target like that of the check, and can be sent to them."""
    outfit = _Outfit(make, alphabet, seed)
    with ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (outfit,)) as pool:
        try:
            yield partial(_played, pool)
        finally:
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class _Outfit:
    """What a process prepares itself by."""

    make: Callable[[], AnyPeer]
    alphabet: Alphabet
    seed: int


@dataclass(frozen=True)
class _Work:
    """Some tests: the place of the first, and their symbols by number in the machine of this digest."""

    machine: str
    first: int
    words: Sequence[tuple[int, ...]]
    manner: Manner


def _played(
    pool: ProcessPoolExecutor, machine: Machine, words: Sequence[Word], manner: Manner
) -> Iterator[Batch]:
    numbers = [tuple(machine.numbers[symbol] for symbol in word) for word in words]
    told = _digest(machine)
    work = (
        _Work(told, first, numbers[first : first + AT_A_TIME], manner) for first in range(0, len(words), AT_A_TIME)
    )
    yield from pool.map(_play, work)


_outfits: list[_Outfit] = []
"""In a process of the crew, its own."""


def _begin(outfit: _Outfit) -> None:
    """A process of the crew; Ctrl-C is for the one that has started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _outfits.append(outfit)


@cache
def _prepared() -> tuple[Run, Machine, str]:
    """Once in each process: the check, the machine and its digest."""
    (outfit,) = _outfits
    peer = outfit.make()
    run = Run(SERVER if peer.role == "server" else CLIENT, peer, outfit.seed, outfit.alphabet)
    _, machine, _ = run.prepare()
    return run, machine, _digest(machine)


def _play(work: _Work) -> Batch:
    """Raises HarnessError if the target here has another machine than that of the check."""
    run, machine, digest = _prepared()
    if digest != work.machine:
        raise HarnessError("a target of the same kind shows another profile in another process")
    run.connections, run.shown, run.places = 0, set(), set()
    odd = set()
    for place, numbers in enumerate(work.words, work.first):
        word = tuple(machine.inputs[number] for number in numbers)
        if not run.test(machine, word, work.manner):
            odd.add(place)
    done = range(work.first, work.first + len(work.words))
    return Batch(done, frozenset(odd), run.connections, frozenset(run.shown), frozenset(run.places))


def _digest(machine: Machine) -> str:
    return hashlib.sha256(repr((machine.inputs, machine.table)).encode()).hexdigest()
