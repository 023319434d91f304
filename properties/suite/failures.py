"""Failures that are kept: what was said to a target, and what it broke; said again, they show what is mended."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import cast, get_args

from rfc5077.model.clauses import BY_ID
from rfc5077.model.event import CLIENT, Event, Extension, Message, SessionId, Ticket
from rfc5077.model.profile import ServerProfile
from rfc5077.model.run.machine import CLIENT_ALPHABET, CONNECT
from rfc5077.properties.adapters.peer import AnyPeer, Role
from rfc5077.properties.errors import UsageError
from rfc5077.properties.files import read_text, write_whole
from rfc5077.properties.suite.alphabet import MORE_TO_CLIENTS, server_alphabet, symbol_name
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.play import Manner, Word, play
from rfc5077.properties.suite.runner import check
from rfc5077.properties.suite.summary import CheckReport
from rfc5077.properties.verdict.finding import VIOLATION, Finding

SCHEMA = "rfc5077/failure/1"


@dataclass(frozen=True)
class Failure:
    """One violation, and how it is brought about.

    Attributes:
        role, target: what was tested, as the user named it.
        alphabet, seed: of the check that found it.
        clause: what was broken; ``same``: the clauses that say the same, itself among them.
        test: the inputs of the shortest test that shows it; none where probing or a pair of runs did.
    """

    role: Role
    target: tuple[str, ...]
    alphabet: Alphabet
    seed: int
    clause: str
    same: tuple[str, ...]
    test: tuple[str, ...]


def failures(report: CheckReport, target: Iterable[str], alphabet: Alphabet, peer: AnyPeer) -> list[Failure]:
    """The violations of a report; their tests made as short as they can be by leaving inputs out, in memory."""
    found = []
    for one in report.findings:
        if one.finding.verdict == VIOLATION:
            same = tuple(dict.fromkeys((one.finding.clause.id, *one.finding.class_ids)))
            test = one.test if peer.live else shortened(peer, one.test, frozenset(same), report.seed)
            found.append(
                Failure(peer.role, tuple(target), alphabet, report.seed, one.finding.clause.id, same, test)
            )
    return found


def shortened(peer: AnyPeer, test: tuple[str, ...], same: frozenset[str], seed: int) -> tuple[str, ...]:
    """The test without every input that the violation does not need, found by leaving out one after the other."""
    place = 0
    while place < len(test):
        less = (*test[:place], *test[place + 1 :])
        if less and _breaks(peer, less, same, seed):
            test = less
        else:
            place += 1
    return test


def still_fails(failure: Failure, peer: AnyPeer) -> bool:
    """Whether the peer still breaks the clause, or one that says the same.

    Raises UsageError if the peer cannot be driven.
    """
    same = frozenset(failure.same)
    if failure.test and not peer.live:
        return _breaks(peer, failure.test, same, failure.seed)
    # What has no test was shown by probing, by pairs of runs, or by a family of tests beyond the alphabet.
    report = check(failure.role, peer, alphabet=failure.alphabet, seed=failure.seed, families=not failure.test)
    return any(_is_of(one.finding, same) for one in report.findings)


def _breaks(peer: AnyPeer, test: tuple[str, ...], same: frozenset[str], seed: int) -> bool:
    played = play(peer, word_of(peer.role, test), set(), Manner(seed))
    return any(_is_of(finding, same) for finding in played.findings)


def _is_of(finding: Finding, same: frozenset[str]) -> bool:
    return finding.verdict == VIOLATION and finding.clause.id in same


FURTHER_HELLOS = tuple(
    Event(sender=CLIENT, message=Message.ClientHello, extension=extension, session_id=session_id)
    for extension, session_id in (
        (Extension.OLD, SessionId.EMPTY),
        *((extension, SessionId.CACHED) for extension in Extension
          if extension not in (Extension.OLD, Extension.ANOTHERS, Extension.FILLED)),
    )
)  # fmt: skip
"""What can be said to a server on a further connection alone: a ticket that was renewed, an id that it has made."""


@cache
def symbols(role: Role) -> dict[str, Event]:
    """Every input of the full alphabet by its name, and what is said to a server on further connections."""
    profile = ServerProfile(issues=Ticket.SOME, requests_certificate=True)
    everything = (*server_alphabet(profile, Alphabet.FULL), CONNECT, *FURTHER_HELLOS)
    known = everything if role == "server" else CLIENT_ALPHABET + MORE_TO_CLIENTS
    return {symbol_name(symbol): symbol for symbol in known}


def word_of(role: Role, names: Iterable[str]) -> Word:
    """The inputs of these names. Raises KeyError for a name that there is not."""
    known = symbols(role)
    return tuple(known[name] for name in names)


# --- files ------------------------------------------------------------------------------------------------------------


def make_room(folder: Path) -> None:
    """Makes the folder. Raises UsageError if it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write failures to {folder}: {error.strerror}") from error


def write(folder: Path, found: Iterable[Failure]) -> tuple[Path, ...]:
    """One file for each failure, by its clause; what was there under the same name is replaced.

    Raises UsageError if the folder cannot be made or written.
    """
    make_room(folder)
    written = []
    for one in found:
        path = folder / f"{one.role}-{one.clause}.json"
        write_one(path, one)
        written.append(path)
    return tuple(written)


def write_one(path: Path, failure: Failure) -> None:
    """A file of its own for one failure. Raises UsageError if it cannot be written."""
    write_whole(path, json.dumps({"schema": SCHEMA, **asdict(failure)}, indent=2, ensure_ascii=False) + "\n")


def read(path: Path) -> Failure:
    """A failure from its file.

    Raises UsageError if it cannot be read, is of another schema, or does not fit its schema.
    """
    try:
        said = json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is no failure that was kept: it is no JSON document") from error
    schema = said.get("schema") if isinstance(said, dict) else None
    if schema != SCHEMA:
        raise UsageError(f"{path} has the schema {schema!r}", f"This version reads {SCHEMA}")
    try:
        return _parsed(said)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path} does not fit its schema: {type(error).__name__} {error}") from error


def _parsed(said: dict[str, object]) -> Failure:
    role, seed = said["role"], said["seed"]
    if role not in get_args(Role) or not isinstance(seed, int):
        raise ValueError(f"role {role!r}, seed {seed!r}")
    failure = Failure(
        cast(Role, role), _texts(said["target"]), Alphabet(str(said["alphabet"])), seed, str(said["clause"]),
        _texts(said["same"]), _texts(said["test"]),
    )  # fmt: skip
    for id in (failure.clause, *failure.same):
        if id not in BY_ID:
            raise ValueError(f"no clause {id}")
    word_of(failure.role, failure.test)
    if not failure.target:
        raise ValueError("no target")
    return failure


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError(f"{value!r} is no list of texts")
    return tuple(value)
