"""The check of a target: what is asked for, and what comes of it."""

from __future__ import annotations

from rfc5077.model.clauses import BY_ID
from rfc5077.model.event import CLIENT, SERVER
from rfc5077.properties.adapters.in_memory import in_memory
from rfc5077.properties.adapters.peer import AnyPeer, HarnessError, Role, TargetLost
from rfc5077.properties.errors import UsageError
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.run import Crew, Progress, Run
from rfc5077.properties.suite.summary import CheckReport


def check(
    role: Role,
    target: str | AnyPeer,
    *,
    k: int = 0,
    alphabet: Alphabet = Alphabet.CORE,
    clause: str | None = None,
    section: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    families: bool = False,
    crew: Crew | None = None,
) -> CheckReport:
    """Probes a target, runs the complete suite of its profile, and judges every event.

    :param target: a peer, or the name of one in memory.
    :param k: how many states more than the machine the target may have.
    :param alphabet: what is said to it.
    :param clause: report only what the class of this clause says; the whole suite is run.
    :param section: report only what this section of RFC 5077 says, or a part of it.
    :param seed: for the puppets' octets, and for the order of the tests that are run twice.
    :param families: whether the tests beyond the alphabet are run as well.
    :param crew: who plays the tests of the suite, in other processes; none if they are played here.
    :raises UsageError: for an unknown name, a selection that matches nothing, or a target with which no handshake of
        TLS 1.2 can be completed.
    """
    wanted = _selected(role, clause, section)
    peer = in_memory(target, role) if isinstance(target, str) else target
    if peer.role != role:
        raise UsageError(f"{peer.name} is a {peer.role}", f"check {peer.role} {peer.name}")
    if k < 0:
        raise UsageError(f"k is {k}", "it is 0 or more")
    run = Run(SERVER if role == "server" else CLIENT, peer, seed, alphabet)
    try:
        return run.report(k, wanted, progress, families, crew)
    except TargetLost as error:
        raise UsageError(str(error)) from error
    except HarnessError as error:
        raise UsageError(f"{peer.name} could not be driven: {error}") from error


def _selected(role: Role, clause: str | None, section: str | None) -> frozenset[str] | None:
    """The ids of the clauses to report; None for all.  Raises `UsageError` if there are none."""
    if clause is None and section is None:
        return None
    if clause is not None and clause not in BY_ID:
        raise UsageError(f"no clause {clause}", "list them: rfc5077 clause")
    family = BY_ID[clause].family if clause is not None else ""
    chosen = frozenset(
        entry.id for entry in BY_ID.values()
        if entry.mechanised and entry.binds.value in (role, "both")
        and (clause is None or entry.id == clause or (family and entry.family == family))
        and (section is None or (entry.document == "5077" and f"{entry.section}.".startswith(f"{section}.")))
    )  # fmt: skip
    if not chosen:
        what = " and ".join(
            f"{word} {value}" for word, value in (("clause", clause), ("section", section)) if value is not None
        )
        raise UsageError(f"nothing that a {role} owes is checked for {what}", "list the clauses: rfc5077 clause")
    return chosen
