"""`check`: the property suite against an implementation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rfc5077.properties.cli.names import find_clause
from rfc5077.properties.cli.output import FAILED, INTERRUPTED, UNUSABLE, Progress, document, notice, on_terminal, show
from rfc5077.properties.errors import UsageError
from rfc5077.properties.suite.alphabets import Alphabet

if TYPE_CHECKING:
    from rfc5077.properties.adapters.peer import AnyPeer
    from rfc5077.properties.suite.run import Crew
    from rfc5077.properties.suite.summary import CheckReport


class RoleName(StrEnum):
    """What the implementation under test is."""

    SERVER = "server"
    CLIENT = "client"


class Gravity(StrEnum):
    """From which verdict on a check fails."""

    VIOLATION = "violation"
    ADVICE = "advice"


RoleOf = Annotated[RoleName, typer.Argument(metavar="ROLE", help="What TARGET is.")]
Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TARGET",
        help="In memory: reference, python-ssl, tlslite, or the reference with a fault, such as S-02. A server that"
        " listens: HOST:PORT or [::1]:PORT. Or a command to start: -- COMMAND ... {port} ...; {host}, {ca}, {cert},"
        " {key} and {state} stand for what we make for it.",
    ),
]
Symbols = Annotated[Alphabet, typer.Option("--alphabet", help="What is said to TARGET: what moves it, or everything.")]
Beyond = Annotated[
    bool | None,
    typer.Option(
        "--families/--no-families",
        help="Also test what no alphabet has: other octets, contexts, times, keys and records. With the full alphabet"
        " unless told otherwise.",
        show_default=False,
    ),
]
Twin = Annotated[
    str | None,
    typer.Option("--twin", metavar="HOST:PORT", help="A second server with the same ticket keys, for the families."),
]
Stranger = Annotated[
    str | None, typer.Option("--stranger", metavar="HOST:PORT", help="A second server with other ticket keys.")
]
K = Annotated[int, typer.Option("--k", min=0, max=2, help="States that TARGET may have beyond the model's.")]
Jobs = Annotated[int, typer.Option("--jobs", min=1, metavar="N", help="Processes that test, each a TARGET in memory.")]
ClauseId = Annotated[str | None, typer.Option("--clause", metavar="ID", help="Report only what this clause says.")]
Section = Annotated[str | None, typer.Option(metavar="S", help="Report only a section of RFC 5077, such as 3.3.")]
Listing = Annotated[bool, typer.Option("--list", help="List the clauses that are checked; run nothing.")]
Seed = Annotated[int, typer.Option(metavar="N", help="For the octets of our side and the order of repeated tests.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document instead.")]
Keep = Annotated[Path | None, typer.Option("--failures", metavar="DIR", help="Keep each violation there, to replay.")]
FailOn = Annotated[Gravity, typer.Option(help="From which verdict on the exit code is 1.")]


def check(
    role: RoleOf, target: Targets = None, k: K = 0, alphabet: Symbols = Alphabet.CORE, families: Beyond = None,
    twin: Twin = None, stranger: Stranger = None, jobs: Jobs = 1, clause: ClauseId = None, section: Section = None,
    listing: Listing = False, seed: Seed = 0, json: AsJson = False, failures: Keep = None,
    fail_on: FailOn = Gravity.VIOLATION,
) -> int:  # fmt: skip
    """Test a server or a client; every failure names its clause."""
    from rfc5077.model.clauses import CATALOGUE

    wanted = None if clause is None else find_clause(CATALOGUE, clause).id
    if listing:
        return _list(role, wanted, section, json)
    if not target:
        raise UsageError(f"check {role} needs a target", f"For example: rfc5077 check {role} python-ssl")
    if failures is not None:
        _expect_failures(failures, bool(twin or stranger))

    from rfc5077.properties.adapters.second import beside
    from rfc5077.properties.suite.runner import check as run_suite
    from rfc5077.properties.suite.summary import check_json, check_text

    with _crew_of(jobs, role, target, alphabet, seed) as crew, target_of(role, target) as peer, Progress() as bar:
        report = run_suite(
            role.value, beside(peer, twin, stranger), k=k, alphabet=alphabet, clause=wanted, section=section,
            seed=seed, progress=bar.tests, crew=crew,
            families=bool(twin or stranger) or alphabet is Alphabet.FULL if families is None else families,
        )  # fmt: skip
        if failures is not None:
            from rfc5077.properties.suite import failures as kept
            from rfc5077.properties.suite.evidence import record

            found = kept.failures(report, target, alphabet, peer)
            record(kept.write(failures, found), found, report, peer)
    if json:
        typer.echo(document("check", check_json(report)), nl=False)
    else:
        show(check_text(report, markup=on_terminal()))
    return _exit_code(report, fail_on)


@contextmanager
def target_of(role: RoleName, words: list[str]) -> Iterator[AnyPeer]:
    """The peer that the user named, for as long as it is needed; what was started for it is ended then.

    Raises UsageError if there is none of this name, if nothing listens, or if the command does not do so in time.
    """
    from rfc5077.properties.adapters.in_memory import NAMES, in_memory

    if len(words) > 1 or "{port}" in words[0]:
        with _started(role, words) as peer:
            yield peer
    elif words[0] in NAMES or not (":" in words[0] or _FAULT.fullmatch(words[0])):
        yield in_memory(words[0], role.value)
    elif _FAULT.fullmatch(words[0]):
        yield _faulty(role, words[0])
    elif role is RoleName.CLIENT:
        advice = "Let us start it: rfc5077 check client -- COMMAND {port}"
        raise UsageError(f"{words[0]!r}: a client cannot be reached", advice)
    else:
        from rfc5077.properties.adapters.sockets import listening_server

        yield listening_server(words[0])


_FAULT = re.compile(r"[SC]-\d+")


def _faulty(role: RoleName, id: str) -> AnyPeer:
    """The reference with this defence removed.

    Raises UsageError if there is no such fault, or if it is one of the other role.
    """
    from rfc5077.properties.faults import FAULTS

    fault = FAULTS.get(id)
    if fault is None or fault.role != role.value:
        known = [known for known, one in FAULTS.items() if one.role == role.value]
        raise UsageError(f"no fault of a {role.value} is called {id}", f"They are {known[0]} to {known[-1]}")
    return fault.make()


@contextmanager
def _crew_of(jobs: int, role: RoleName, words: list[str], alphabet: Alphabet, seed: int) -> Iterator[Crew | None]:
    """The processes that test beside this one; None for one job, which is this process's own.

    Raises UsageError if the target cannot be made once more in each of them.
    """
    from rfc5077.properties.adapters.in_memory import NAMES, in_memory

    if jobs == 1:
        yield None
        return
    if len(words) > 1 or not (words[0] in NAMES or _FAULT.fullmatch(words[0])):
        raise UsageError(f"--jobs {jobs}: {words[0]} is not in memory", "test it by one process: --jobs 1")
    from rfc5077.properties.faults import faulty
    from rfc5077.properties.suite.crew import crew

    make = partial(in_memory, words[0], role.value) if words[0] in NAMES else partial(faulty, words[0])
    with crew(make, jobs, alphabet, seed) as others:
        yield others


@contextmanager
def _started(role: RoleName, words: list[str]) -> Iterator[AnyPeer]:
    from rfc5077.properties.adapters.command import Command, listener, started_client, started_server

    with Command(words, role.value) as command:
        if role is RoleName.SERVER:
            yield started_server(command)
        else:
            with listener() as door:
                yield started_client(command, door)


def _expect_failures(folder: Path, beside: bool) -> None:
    """Makes the folder before there is anything to lose. Raises UsageError if it cannot be used."""
    if beside:
        raise UsageError("what takes a second server to show is not replayed", "Leave out --failures, or that server")
    from rfc5077.properties.suite.failures import make_room

    make_room(folder)


def _exit_code(report: CheckReport, fail_on: Gravity) -> int:
    if report.interrupted:
        return INTERRUPTED
    grave = {Gravity.VIOLATION: ("violation",), Gravity.ADVICE: ("violation", "advice")}[fail_on]
    if any(found.finding.verdict in grave for found in report.findings):
        return FAILED
    if report.stopped:
        notice(report.stopped)
        return UNUSABLE
    if report.unready == report.facts.done:
        raise UsageError(f"nothing could be concluded about {report.target}: no test could be begun")
    return 0


def _list(role: RoleName, clause: str | None, section: str | None, json: bool) -> int:
    """Prints the clauses that a check of this role and selection would report on."""
    from rfc5077.model.clauses import BY_ID, CATALOGUE, binding, binding_by_hellos, family
    from rfc5077.model.event import CLIENT, SERVER

    party = SERVER if role is RoleName.SERVER else CLIENT
    judged = {entry.id for entry in (*binding(party), *binding_by_hellos(party))}
    same = None if clause is None else {entry.id for entry in family(BY_ID[clause])}
    chosen = [
        entry
        for entry in CATALOGUE
        if entry.id in judged
        and (same is None or entry.id in same)
        and (section is None or (entry.document == "5077" and f"{entry.section}.".startswith(f"{section}.")))
    ]
    if not chosen:
        raise UsageError(f"no clause that is checked for a {role} matches", "List them all: rfc5077 clause")
    if json:
        listed = [{"id": entry.id, "verdict": entry.verdict.value, "text": entry.text} for entry in chosen]
        typer.echo(document("check", {"role": role.value, "clauses": listed}), nl=False)
    else:
        for entry in chosen:
            typer.echo(f"{entry.id:<20} {entry.verdict.value:<10} {entry.text}")
    return 0
