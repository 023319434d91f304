"""How fast the reference shakes hands, beside other stacks that do the same in the same run."""

from __future__ import annotations

import time
from statistics import median

from rfc5077.properties.bench.endpoints import Connect, End, Stack, openssl, reference, tlslite, tlslite_missing
from rfc5077.properties.bench.figure import Clock, Figure, least

ROUNDS = 25
"""How many rounds are timed; in each, every stack has its turn."""

TURNS = 4
"""Handshakes of a stack in a row, so that each finds in the processor's caches what it has just used."""

FULL_TIMES_TLSLITE = 10
RESUMED_TIMES_TLSLITE = 5


def full() -> tuple[Figure, ...]:
    """How many times as fast as another stack the reference completes a full handshake with ticket, client and server
    together, in memory: TLS 1.2, ECDHE on P-256 with fresh keys, ECDSA, AES-128-GCM, extended master secret. The
    signature is checked by every client, the chain by all but tlslite-ng, which has no code for that. Timed is
    processor time, from making both ends to both being established; the stacks take turns, four handshakes in each of
    25 rounds; ratio of the medians. CPython's ssl is there for information."""
    return _compared("full", resume=False, times=FULL_TIMES_TLSLITE)


def resumed() -> tuple[Figure, ...]:
    """The same for the abbreviated handshake by ticket, with no renewal; the ticket comes from a full handshake that is
    not timed."""
    return _compared("resumed", resume=True, times=RESUMED_TIMES_TLSLITE)


def _compared(name: str, resume: bool, times: float) -> tuple[Figure, ...]:
    missing = tlslite_missing()
    installed = not missing or "not installed" not in missing
    others = [openssl(), *([tlslite()] if installed else [])]
    ours, *theirs = seconds([reference(), *others], resume)
    by_ssl = Figure(f"{name}-ssl", theirs[0] / ours, "x", None, _against(others[0].name, theirs[0], ours))
    if not installed:
        return Figure(name, None, "x", least(times), "tlslite-ng", missing), by_ssl
    against = _against(others[1].name, theirs[1], ours)
    return Figure(name, theirs[1] / ours, "x", least(times), against, missing), by_ssl


def _against(name: str, their: float, our: float) -> str:
    return f"{name}: {their * 1e3:.2f} ms, reference {our * 1e3:.2f} ms"


def seconds(stacks: list[Stack], resume: bool, rounds: int = ROUNDS, clock: Clock = time.process_time) -> list[float]:
    """The median time of a handshake of each stack, interleaved."""
    for stack in stacks:
        shake(stack.prepare(False), False)  # a session to resume, and everything imported
    taken: list[list[float]] = [[] for _ in stacks]
    for _ in range(rounds):
        for stack, times in zip(stacks, taken, strict=True):
            times += [_timed(stack, resume, clock) for _ in range(TURNS)]
    return [median(times) for times in taken]


def _timed(stack: Stack, resume: bool, clock: Clock) -> float:
    connect = stack.prepare(resume)
    begun = clock()
    shake(connect, resume)
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
