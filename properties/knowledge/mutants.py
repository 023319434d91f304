"""What becomes of the mutants of the models, by several processes, with what is known already taken from a store.

`rfc5077 prove --mutants --keep FILE` writes the package's data anew.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from multiprocessing import get_context
from typing import TYPE_CHECKING, cast

from rfc5077.properties.knowledge.store import Json, Store

if TYPE_CHECKING:
    from rfc5077.model.proof.mutants import Mutant
    from rfc5077.model.proof.mutation import Fate

Progress = Callable[[str, int, int], None]
"""Told the name of the stage, how much is done and how much there is."""

PORTION = 12
"""Mutants that a process judges before it tells what became of them."""


@dataclass(frozen=True)
class Judged:
    """What became of all mutants.

    Attributes:
        fates: by mutant.
        results: as they are kept, by digest.
        taken: how many of them were in the store.
    """

    fates: dict[Mutant, Fate]
    results: dict[str, Json]
    taken: int

    def counts(self) -> dict[str, Counter[str]]:
        """By model, how many mutants became what."""
        found: dict[str, Counter[str]] = {}
        for mutant, fate in self.fates.items():
            found.setdefault(mutant.model, Counter())[fate.kind] += 1
        return found


@cache
def kept() -> dict[str, Json]:
    """The package's data: what became of each mutant, by digest."""
    found = json.loads(files("rfc5077.properties.knowledge").joinpath("mutants.json").read_text("utf-8"))
    return cast(dict[str, Json], found["results"])


def judged(store: Store, tell: Progress = lambda *_: None, processes: int = 2) -> Judged:
    """What becomes of every mutant; processes that are interrupted leave in the store what they have found."""
    from rfc5077.model.proof.mutants import keys, mutants

    tell("what there is to do", 0, 1)
    everyone = mutants()
    digests = keys(everyone)
    results: dict[str, Json] = {
        digest: found for digest in digests.values() if (found := store.get(digest)) is not None
    }
    taken = len(results)
    left = [mutant for mutant in everyone if digests[mutant] not in results]
    tell("mutants", taken, len(everyone))
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        waiting = [pool.submit(work, portion) for portion in _portions(left)] if left else []
        for future in as_completed(waiting):
            for mutant, value in future.result():
                results[digests[mutant]] = value
                store.put(digests[mutant], value)
            tell("mutants", len(results), len(everyone))
    return Judged({mutant: _fate(results[digest]) for mutant, digest in digests.items()}, results, taken)


def _portions(left: list[Mutant]) -> Iterable[list[Mutant]]:
    """Mutants of one model together, so that a process meets few models."""
    models: dict[str, list[Mutant]] = {}
    for mutant in left:
        models.setdefault(mutant.model, []).append(mutant)
    for found in models.values():
        yield from (found[at : at + PORTION] for at in range(0, len(found), PORTION))


def work(portion: list[Mutant]) -> list[tuple[Mutant, Json]]:
    """What becomes of some mutants, as it is kept; runs in a process of its own."""
    from rfc5077.model.proof.mutants import fate

    found: list[tuple[Mutant, Json]] = []
    for mutant in portion:
        one = fate(mutant)
        found.append((mutant, [one.kind, one.theorem, one.depth, one.why]))
    return found


def _fate(value: Json) -> Fate:
    from rfc5077.model.proof.mutation import Fate

    kind, theorem, depth, why = cast(list[Json], value)
    return Fate(str(kind), str(theorem), int(str(depth)), str(why))
