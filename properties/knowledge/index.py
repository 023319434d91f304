"""Writes `tests.json` and `stacks.json` anew, in a checkout: ``python -m rfc5077.properties.knowledge.index``.

A test is worked out again only if its source has changed, or what judges it; the digests tell.  A house test demands
that what is kept is what comes out.
"""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from rfc5077.model.clauses import BY_ID, family
from rfc5077.model.event import CLIENT, SERVER
from rfc5077.model.run.monitor import Track
from rfc5077.properties.adapters.in_memory import in_memory
from rfc5077.properties.adapters.peer import Role
from rfc5077.properties.errors import UsageError
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.files import write_whole
from rfc5077.properties.knowledge import stacks, tests
from rfc5077.properties.knowledge.citations import citations
from rfc5077.properties.knowledge.shelf import digest, digest_of, kept
from rfc5077.properties.knowledge.stacks import BY_HAND, Row
from rfc5077.properties.suite.alphabet import machine_of
from rfc5077.properties.suite.complete import complete_suite
from rfc5077.properties.suite.exercised import exercised
from rfc5077.properties.suite.pairs import pair
from rfc5077.properties.suite.play import Manner, Watch, play
from rfc5077.properties.suite.probe import probe
from rfc5077.properties.trace.recorded import parse_header
from rfc5077.properties.trace.recordings import read_recording
from rfc5077.properties.verdict.finding import CONFORMANT, INCONCLUSIVE

ROOT = Path(__file__).resolve().parents[2]
TRACES = "tests/traces"
BESIDE = (
    "tests/house/*.py", "tests/model/test_catalogue.py", "tests/model/test_clauses.py",
    "tests/properties/test_knowledge.py", "tests/properties/test_clause_page.py",
)  # fmt: skip
"""Tests about the catalogue itself: that they name a clause does not mean that they exercise it."""
JUDGING = (
    "model/*.py", "model/clauses/*.py", "model/run/*.py", "properties/trace/*.py", "properties/verdict/judge.py",
    "properties/suite/exercised.py", "properties/suite/play.py",
)  # fmt: skip
TESTING = (*JUDGING, "properties/suite/*.py", "properties/adapters/*.py", "reference/**/*.py")
FAULTY = ("properties/faults/*.py",)
OBSERVED = "tests/peers/observed.toml"
PARTIES = {"client": CLIENT, "server": SERVER}
ROLES: tuple[Role, ...] = ("client", "server")

Facts = dict[str, set[str]]
"""Kind to the ids of clauses."""
Json = dict[str, object]


@dataclass(frozen=True)
class Source:
    """What names of the document come from: a digest, and how they are worked out if that has changed."""

    digest: str
    names: Callable[[str], bool]
    """Whether a name in the document comes from this source."""
    work: Callable[[], Mapping[str, Facts]]
    """Name to what it exercises."""


# --- what exercises a clause ------------------------------------------------------------------------------------------


def _cited(root: Path, path: Path) -> Source:
    place = path.relative_to(root).as_posix()

    def work() -> dict[str, Facts]:
        return {f"{place}::{name}": {tests.CITED: set(ids)} for name, ids in citations(path).items()}

    return Source(digest(path.read_bytes()), lambda name: name.partition("::")[0] == place, work)


def _recorded(root: Path, path: Path, judging: str) -> Source:
    name = path.relative_to(root / TRACES).with_suffix("").as_posix()
    return Source(f"{digest(path.read_bytes())} {judging}", lambda other: other == name, lambda: {name: _judged(path)})


def _judged(path: Path) -> Facts:
    """What was at stake in a recording, for each party: broken or kept."""
    events = read_recording(path).events
    facts: Facts = {}
    for role, party in PARTIES.items():
        places: set[Track] = set()
        watch = Watch(party, places)
        watch.take(events)
        if watch.judge.verdict() == INCONCLUSIVE:
            return {}
        broken = {finding.clause.id for finding in watch.findings()}
        facts[tests.BROKEN[role]] = broken
        facts[tests.KEPT[role]] = set(exercised(party, places)) - _same(broken)
    return facts


def _same(ids: Iterable[str]) -> set[str]:
    return {other.id for id in ids for other in family(BY_ID[id])}


def _suite(role: Role) -> Facts:
    """What the complete suite of the reference, and its paired runs, put at stake."""
    places: set[Track] = set()
    peer = in_memory("reference", role)
    target = probe(peer, places).target
    for word in complete_suite(machine_of(target), 0).tests:
        play(peer, word, places, Manner())
    return {tests.SUITE: set(exercised(PARTIES[role], places) | pair(peer, places).exercised)}


def sources(root: Path) -> dict[str, Source]:
    """Everything that exercises clauses."""
    found: dict[str, Source] = {}
    beside = {path for pattern in BESIDE for path in root.glob(pattern)}
    for path in sorted(set(root.glob("tests/**/test_*.py")) - beside):
        found[path.relative_to(root).as_posix()] = _cited(root, path)
    judging = digest_of(root, JUDGING)
    for path in sorted((root / TRACES).rglob("*.jsonl")):
        found[path.relative_to(root).as_posix()] = _recorded(root, path, judging)
    found["faults"] = Source(digest_of(root, FAULTY), lambda name: name in FAULTS,
                             lambda: {one.id: {tests.FAULTS: set(one.clauses)} for one in FAULTS.values()})  # fmt: skip
    testing = digest_of(root, TESTING)
    found["suite"] = Source(testing, lambda name: name in PARTIES, lambda: {role: _suite(role) for role in ROLES})
    return found


def tests_document(root: Path, old: Mapping[str, object]) -> Json:
    """The document of what exercises each clause; what an older one holds is taken over where no source has changed."""
    known = cast(dict[str, str], old.get("sources", {}))
    before = cast(dict[str, dict[str, list[str]]], old.get("clauses", {}))
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    every = sources(root)
    same = [source for place, source in every.items() if known.get(place) == source.digest]
    for id, facts in before.items():
        for kind, names in facts.items():
            found[id][kind] |= {name for name in names if any(source.names(name) for source in same)}
    for place, source in every.items():
        if known.get(place) != source.digest:
            for name, exercised_by in source.work().items():
                for kind, ids in exercised_by.items():
                    for id in ids:
                        found[id][kind].add(name)
    clauses = {
        id: {kind: sorted(found[id][kind]) for kind in tests.KINDS if found[id].get(kind)}
        for id in BY_ID if any(found.get(id, {}).values())
    }  # fmt: skip
    digests = {place: source.digest for place, source in every.items()}
    return {"schema": tests.SCHEMA, "sources": digests, "clauses": clauses}


# --- what stacks did --------------------------------------------------------------------------------------------------


def _first(text: str) -> tuple[str, str]:
    """Name and version of a stack, as the header of a recording has them."""
    name, _, version = text.partition(" ")
    return name, version


def _observed(root: Path, document: Json) -> Iterator[tuple[str, Row]]:
    """What the recordings of real stacks show about each clause; those that were edited show nothing."""
    clauses = cast(dict[str, dict[str, list[str]]], document["clauses"])
    headers: dict[str, dict[str, tuple[str, str]]] = {}
    for path in sorted((root / TRACES).glob("*.jsonl")):
        header = parse_header(path.read_text(encoding="utf-8").partition("\n")[0])
        headers[path.stem] = {"client": _first(header.client), "server": _first(header.server)}
    for id, facts in clauses.items():
        for role in ROLES:
            for kinds, verdict, saw in (
                (tests.BROKEN, BY_ID[id].verdict.value, "did not follow it"), (tests.KEPT, CONFORMANT, "followed it"),
            ):  # fmt: skip
                by_stack: dict[tuple[str, str], list[str]] = defaultdict(list)
                for name in facts.get(kinds[role], ()):
                    if name in headers:
                        by_stack[headers[name][role]].append(f"{TRACES}/{name}.jsonl")
                for (stack, version), places in by_stack.items():
                    yield id, Row(stack=stack, version=version, role=role, verdict=verdict, saw=saw, sources=places)


def _by_hand(root: Path) -> Iterator[tuple[str, Row]]:
    """What was seen by hand; TypeError or KeyError if an entry lacks something."""
    for entry in tomllib.loads((root / OBSERVED).read_text(encoding="utf-8"))["seen"]:
        for id in entry["clauses"]:
            yield id, Row(stack=entry["stack"], version=entry["version"], role=entry["role"],
                          verdict=entry["verdict"], saw=entry["saw"], sources=[BY_HAND])  # fmt: skip


_GRAVITY = ("violation", "advice", "note", CONFORMANT)


def _rank(row: Row) -> tuple[int, str, str, str]:
    """What is grave first, then by name."""
    return _GRAVITY.index(row["verdict"]), row["stack"], row["version"], row["role"]


def stacks_document(root: Path, document: Json) -> Json:
    """The document of how stacks behaved, made of that of the tests and of what was seen by hand."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for id, row in (*_observed(root, document), *_by_hand(root)):
        rows[id].append(row)
    ordered = {
        id: sorted(rows[id], key=_rank) for id in BY_ID if id in rows
    }  # fmt: skip
    places = {place for found in ordered.values() for row in found for place in row["sources"]} - {BY_HAND}
    digests = {place: digest((root / place).read_bytes()) for place in sorted(places)}
    return {"schema": stacks.SCHEMA, "sources": digests, "clauses": ordered}


# --- both -------------------------------------------------------------------------------------------------------------


def documents(root: Path = ROOT) -> dict[str, Json]:
    """Both documents as they ought to be, by name.

    Raises:
        UsageError: this is no checkout.
    """
    if not (root / TRACES).is_dir():
        raise UsageError("there are no tests beside the package", "run it in a checkout of the repository")
    found = tests_document(root, kept("tests"))
    return {"tests": found, "stacks": stacks_document(root, found)}


def text_of(document: Json) -> str:
    """A document as it is kept: one clause and kind a line."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Writes both."""
    for name, document in documents().items():
        write_whole(Path(__file__).with_name(f"{name}.json"), text_of(document))


if __name__ == "__main__":
    main()
