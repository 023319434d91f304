"""How fast the reference shakes hands, beside other stacks that do the same in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

from rfc5077.properties.bench import floor, pyopenssl
from rfc5077.properties.bench.endpoints import Connect, End, Stack, openssl, reference, tlslite, tlslite_missing
from rfc5077.properties.bench.figure import Clock, Figure, Target, least

ROUNDS = 25
"""How many rounds are timed; in each, everything has its turn."""

TURNS = 4
"""Handshakes of a stack in a row, so that each finds in the processor's caches what it has just used."""

FULL_TIMES_TLSLITE = 10
RESUMED_TIMES_TLSLITE = 5
TIMES_SSL = 1


@dataclass(frozen=True, slots=True)
class Work:
    """What is timed: `prepare` makes one piece of it ready, which is not timed."""

    name: str
    prepare: Callable[[], Callable[[], object]]


@dataclass(frozen=True, slots=True)
class Rival:
    """With whom the reference is compared, and under which figure."""

    figure: str
    target: Target | None
    name: str
    make: Callable[[], Stack] | None
    """None where it is not installed."""
    reason: str = ""
    """Why it cannot be measured, or not fairly."""


def full() -> tuple[Figure, ...]:
    """How many times as fast as another stack the reference completes a full handshake with ticket, client and server
    together, in memory: TLS 1.2, ECDHE on P-256 with fresh keys, ECDSA, AES-128-GCM, extended master secret. The
    signature is checked by every client, the chain by all but tlslite-ng, which has no code for that, the name by the
    reference and CPython's ssl. Timed is processor time, from making both ends to both being established; each stack
    takes turns with the reference alone, four handshakes in each of 25 rounds; ratio of the medians. The floor is the
    bare primitives of both ends, measured likewise, and what is above it is not cryptography; pyOpenSSL and the floor
    are there for information.
    """
    return _compared("full", resume=False, times=FULL_TIMES_TLSLITE)


def resumed() -> tuple[Figure, ...]:
    """The same for the abbreviated handshake by ticket, with no renewal; the ticket comes from a full handshake that is
    not timed."""
    return _compared("resumed", resume=True, times=RESUMED_TIMES_TLSLITE)


def _compared(name: str, resume: bool, times: float) -> tuple[Figure, ...]:
    no_tlslite, no_pyopenssl = tlslite_missing(), pyopenssl.missing()
    rivals = (
        Rival(name, least(times), "tlslite-ng", None if "not installed" in no_tlslite else tlslite, no_tlslite),
        Rival(f"{name}-ssl", least(TIMES_SSL), "CPython ssl", openssl),
        Rival(f"{name}-pyopenssl", None, "pyOpenSSL", None if no_pyopenssl else pyopenssl.pyopenssl, no_pyopenssl),
    )
    ours = shaking(reference(), resume)
    bare = Work("the bare primitives", floor.resumed if resume else floor.full)
    own, least_possible = seconds([ours, bare])
    told = f"reference {own * 1e3:.2f} ms, {bare.name} {least_possible * 1e3:.2f} ms"
    share = Figure(f"{name}-not-crypto", 100 * (1 - least_possible / own), "%", None, told)
    return *(_against(rival, ours, resume) for rival in rivals), share


def _against(rival: Rival, ours: Work, resume: bool) -> Figure:
    """The two alone take turns: what a third one leaves in the processor's caches would hit one of them harder."""
    if rival.make is None:
        return Figure(rival.figure, None, "x", rival.target, rival.name, rival.reason)
    theirs = shaking(rival.make(), resume)
    own, their = seconds([ours, theirs])
    told = f"{theirs.name}: {their * 1e3:.2f} ms, reference {own * 1e3:.2f} ms"
    return Figure(rival.figure, their / own, "x", rival.target, told, rival.reason)


def shaking(stack: Stack, resume: bool) -> Work:
    """A handshake of a stack, every time a new one."""
    shake(stack.prepare(False), False)  # a session to resume, and everything imported
    return Work(stack.name, lambda: partial(shake, stack.prepare(resume), resume))


def seconds(works: Sequence[Work], rounds: int = ROUNDS, clock: Clock = time.process_time) -> list[float]:
    """The median time of each piece of work, interleaved."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, taken, strict=True):
            times += [_timed(work, clock) for _ in range(TURNS)]
    return [median(times) for times in taken]


def _timed(work: Work, clock: Clock) -> float:
    do = work.prepare()
    begun = clock()
    do()
    return clock() - begun


def shake(connect: Connect, resume: bool) -> tuple[End, End]:
    """One handshake.

    :raises RuntimeError: if it does not complete as wanted at both ends: then there is nothing to time.
    """
    client, server = connect()
    while octets := client.read():
        server.write(octets)
        client.write(server.read())
    if client.resumed() is not resume or server.resumed() is not resume:
        raise RuntimeError(f"a handshake ended as {client.resumed()}, {server.resumed()} instead of {resume}")
    return client, server
