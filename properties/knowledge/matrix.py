"""Computes the necessity matrix by several processes, and takes from a store what is there already.

Each result is put into the store as soon as it is known.  The single results are: what became of a theorem without a
class; where a class stands that breaks nothing; a minimal sufficient set for a theorem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import active_children, get_context
from typing import cast

from rfc5077.model.proof import implied, minimal, necessity
from rfc5077.model.proof.classes import SUBJECTS, ClauseClass, classes
from rfc5077.model.proof.theorem import Theorem
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.knowledge.necessity import Kind, Row, fall_of
from rfc5077.properties.knowledge.store import Json, Store

Progress = Callable[[str, int, int], None]
"""Told the name of the stage, how much is done and how much there is."""

Cells = dict[tuple[str, str], str]
"""The digest by class and theorem."""


@dataclass(frozen=True)
class Job:
    """What one process does at a time: results of one kind, and the digest of each."""

    kind: str
    name: str
    digests: tuple[str, ...]
    details: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Matrix:
    """The finished matrix.

    Attributes:
        rows: what each class is for; of all of them if all theorems were asked about, else of those that are needed.
        minimal: by theorem, classes that suffice, and which of them may have been kept for want of a run.
        unknown: class and theorem where neither a proof nor a run was found.
        results: the single results by digest.
        references: by class and theorem that falls, the digest of the result.
        taken: how many of them were in the store.
    """

    rows: tuple[Row, ...]
    minimal: dict[str, minimal.Minimal]
    unknown: tuple[tuple[str, str], ...]
    results: dict[str, Json]
    references: dict[str, dict[str, str]]
    taken: int


@dataclass
class _Work:
    """The results so far."""

    store: Store
    tell: Progress
    results: dict[str, Json] = field(default_factory=dict)

    def known(self, job: Job) -> Job | None:
        """What of the job is still to be done; nothing if all is there."""
        missing = []
        for place, digest in enumerate(job.digests):
            found = self.results.get(digest) or self.store.get(digest)
            if found is None or found == necessity.UNKNOWN:  # another time it may be found
                missing.append(place)
            else:
                self.results[digest] = found
        if not missing or job.kind != "cells":
            return job if missing else None
        parts = tuple(job.details[0][place] for place in missing)
        return Job(job.kind, job.name, tuple(job.digests[place] for place in missing), (parts,))

    def do(self, stage: str, jobs: Iterable[Job], pool: ProcessPoolExecutor) -> None:
        """Does what is missing of these jobs."""
        left = [found for job in jobs if (found := self.known(job))]
        waiting: dict[Future[list[Json]], Job] = {pool.submit(work, job): job for job in left}
        self.tell(stage, 0, len(left))
        more = True
        try:
            for number, future in enumerate(as_completed(waiting), 1):
                for digest, value in zip(waiting[future].digests, future.result(), strict=True):
                    self.results[digest] = value
                    self.store.put(digest, value)
                self.tell(stage, number, len(left))
        except KeyboardInterrupt:  # nobody waits for what the processes are at
            more = False
            for child in active_children():
                child.kill()
            raise
        finally:  # whatever failed, nothing more is begun
            for future in waiting if more else ():
                future.cancel()


def matrix(
    store: Store, theorems: Sequence[Theorem] = SUBJECTS, tell: Progress = lambda *_: None, processes: int = 2
) -> Matrix:
    """The matrix of these theorems; processes that are interrupted leave in the store what they have found."""
    tell("what there is to do", 0, 1)
    # What takes longest goes first.
    tasks = sorted(necessity.tasks(theorems), key=necessity.in_joint)
    doing = _Work(store, tell)
    whole = len(theorems) == len(SUBJECTS)
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        doing.do("dropping classes", [Job("cells", one.name, one.keys, (one.theorems,)) for one in tasks], pool)
        cells = {(one.name, id): digest for one in tasks for id, digest in zip(one.theorems, one.keys, strict=True)}
        falls = _falls(theorems, cells, doing.results)
        idle = [one for one in classes() if not falls[one.name]] if whole else []
        standings = {one.name: implied.key(one) for one in idle}
        order = _order(cells, doing.results)
        needed = {theorem.id: _needed(theorem.id, falls) for theorem in theorems}
        keys = {theorem.id: minimal.key(theorem, needed[theorem.id], order) for theorem in theorems}
        jobs = [Job("minimal", id, (digest,), (needed[id], order)) for id, digest in keys.items()]
        jobs += [Job("standing", name, (digest,)) for name, digest in standings.items()]
        doing.do("what suffices", jobs, pool)
    return _assembled(doing, falls, cells, standings, keys)


def work(job: Job) -> list[Json]:
    """The results of a job, as they are kept; runs in a process of its own."""
    if job.kind == "cells":
        task = necessity.Task(job.name, job.details[0], job.digests)
        return [_cell_json(cell) for cell in necessity.done(task)]
    if job.kind == "standing":
        return [_standing_json(implied.standing(job.name))]
    least = minimal.minimal(job.name, *job.details)
    return [{"names": list(least.names), "doubtful": list(least.doubtful)}]


def _standing_json(found: implied.Standing) -> Json:
    said: dict[str, Json] = {"implied": found.implied, "by": list(found.by), "history": found.history}
    said |= {"bites": found.bites, "beside": list(found.beside)}
    return said | {"theorem": found.fall.theorem, "fall": _fall_json(found.fall)} if found.fall else said


def _cell_json(cell: necessity.Cell) -> Json:
    return cell.status if cell.fall is None else _fall_json(cell.fall)


def _fall_json(fall: necessity.Fall) -> Json:
    found: dict[str, Json] = {"depth": fall.depth, "moves": list(fall.moves)}
    return {**found, "other": list(fall.other)} if fall.other else found


# --- from single results to the matrix --------------------------------------------------------------------------------


def _falls(theorems: Iterable[Theorem], cells: Cells, results: dict[str, Json]) -> dict[str, dict[str, str]]:
    """By class, the theorems that fall without it, each with the digest of its cell."""
    found: dict[str, dict[str, str]] = {one.name: {} for one in classes()}
    for theorem in theorems:
        for one in classes():
            digest = cells.get((one.name, theorem.id), "")
            if isinstance(results.get(digest), dict):
                found[one.name][theorem.id] = digest
    return found


def _needed(theorem: str, falls: dict[str, dict[str, str]]) -> tuple[str, ...]:
    return tuple(name for name, fallen in falls.items() if theorem in fallen)


def _order(cells: Cells, results: dict[str, Json]) -> tuple[str, ...]:
    """The names of the classes, those first whose loss adds the fewest joint states."""
    sizes = {name: int(str(results[digest])) for (name, id), digest in cells.items() if id == necessity.SIZE}
    return tuple(sorted((one.name for one in classes()), key=lambda name: sizes.get(name, 0)))


def _assembled(
    doing: _Work, falls: dict[str, dict[str, str]], cells: Cells, standings: dict[str, str], keys: dict[str, str]
) -> Matrix:
    rows: list[Row] = []
    references = dict(falls)
    for one in classes():
        if found := falls[one.name]:
            fallen = tuple(fall_of(id, doing.results[digest]) for id, digest in found.items())
            rows.append(Row(one.ids, "needed", fallen, "", ""))
        elif one.name in standings:
            digest = standings[one.name]
            rows.append(_idle(one, cast(dict[str, Json], doing.results[digest])))
            references[one.name] = {fall.theorem: digest for fall in rows[-1].falls}
    least = {}
    for id, digest in keys.items():
        said = cast(dict[str, Json], doing.results[digest])
        least[id] = minimal.Minimal(*(tuple(cast(list[str], said[part])) for part in ("names", "doubtful")))
    unknown = [pair for pair, digest in cells.items() if doing.results[digest] == necessity.UNKNOWN]
    return Matrix(tuple(rows), least, tuple(unknown), doing.results, references, len(doing.store.taken))


def _idle(one: ClauseClass, said: dict[str, Json]) -> Row:
    """The row of a class without which nothing falls."""
    by, beside = (", ".join(cast(list[str], said[part])) for part in ("by", "beside"))
    if "theorem" in said:
        fall = fall_of(str(said["theorem"]), said["fall"])
        why = f"Held twice: without it alone nothing falls, but without {beside} either it is what is left."
        return Row(one.ids, "needed", (fall,), why, "")
    killed = [fault for fault in FAULTS.values() if fault.clauses[0] in one.ids and fault.verdict != "note"]
    # One that breaks nothing else is found by this class and no other.
    fault = min(killed, key=lambda fault: len(set(fault.clauses) - set(one.ids)), default=None)
    dies = f" Fault {fault.id} dies by it: {fault.text}" if fault else ""
    if said["implied"]:
        at_once = f", at some of them because of {by}" if by else ""
        why = f"Implied: in no state that comes about do the other clauses permit a step that breaks it{at_once}."
        return Row(one.ids, "implied", (), why + dies, "")
    place = f"It alone forbids a step ({said['bites']}), which no theorem speaks of." if said["bites"] else (
        "No step of a model could break it.")  # fmt: skip
    return Row(one.ids, "outside", (), place + (dies or " Nothing shows what it is for."), fault.id if fault else "")


def unexplained(found: Matrix) -> Iterator[str]:
    """The names of classes whose rows say neither what falls, nor what implies them, nor which fault dies by them."""
    for row in found.rows:
        if row.kind == "outside" and not row.fault:
            yield row.ids[0]


def kind_count(found: Matrix, kind: Kind) -> int:
    """How many rows are of a kind."""
    return sum(row.kind == kind for row in found.rows)
