"""How many connections `rfc5077 serve` has open at once, and what they cost: one process, looked at from outside."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from rfc5077.properties.bench.figure import Figure, most
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.io import connect, listen
from rfc5077.reference.ticket.store import TicketStore
from rfc5077.reference.tls_socket import TLSSocket

OPEN = 2000
MEGABYTES = 300
"""What the server may take at most with so many (10^6 octets)."""

PATIENCE = 30.0
"""Seconds within which a server is there, and any one connection is served."""

GRACE = 5.0
"""Seconds that a server has to end after it was told to, before it is killed."""

GREETING = b"still here?\n"


@dataclass(frozen=True, slots=True)
class Crowd:
    """What was seen of `count` connections that were open at once, and all served; memory in 10^6 octets."""

    count: int
    empty: float
    full: float
    seconds: float
    resumed: int


@contextmanager
def serving(*options: str) -> Iterator[tuple[str, int, int]]:
    """`rfc5077 serve` as a process: host, port, process id. Raises TimeoutError if it does not come to listen."""
    with running(lambda port: [sys.executable, "-m", "rfc5077", "serve", "--port", str(port), *options]) as place:
        yield place


@contextmanager
def running(command: Callable[[int], Sequence[str]]) -> Iterator[tuple[str, int, int]]:
    """A TLS server as a process of its own, at a port that is free: host, port, process id.

    Raises TimeoutError if it does not come to listen, OSError if it cannot be started.
    """
    with listen() as probe:
        host, port = probe.getsockname()[:2]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command(port), stdin=quiet, stdout=quiet, stderr=quiet) as process:
        try:
            _wait_for(host, port)
            yield host, port, process.pid
        finally:
            process.terminate()
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(host: str, port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connect(host, port, ClientConfig("localhost", insecure=True), PATIENCE).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing listens at {host}:{port} after {PATIENCE} s") from None
            time.sleep(0.05)


def memory_of(process: int) -> float:
    """What a process has of the machine's memory (10^6 octets)."""
    said = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True, check=True).stdout
    return int(said) * 1024 / 1e6


def open_at_once(count: int = OPEN) -> Crowd:
    """Opens so many connections to one server, keeps all of them open, and then has each echo something.

    Raises OSError or ProtocolError if one is not served, RuntimeError if an echo is wrong.
    """
    _allow(count + 100)
    config = ClientConfig("localhost", insecure=True, store=TicketStore())
    with serving("--timeout", "600") as (host, port, process), ExitStack() as stack:
        empty, begun = memory_of(process), time.perf_counter()
        connections = [stack.enter_context(connect(host, port, config, PATIENCE)) for _ in range(count)]
        seconds = time.perf_counter() - begun
        for tls in connections:
            _echoed(tls)
        resumed = sum(tls.completed is not None and tls.completed.resumed for tls in connections)
        return Crowd(count, empty, memory_of(process), seconds, resumed)


def _allow(wanted: int) -> None:
    """So many descriptors for this process, as far as the system lets it have them."""
    now, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    possible = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if now != resource.RLIM_INFINITY and now < possible:
        resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))


def _echoed(tls: TLSSocket) -> None:
    tls.send(GREETING)
    if tls.recv() != GREETING:
        raise RuntimeError("serve did not send back what it was sent")


def crowd() -> tuple[Figure, ...]:
    """Memory of one `rfc5077 serve` with 2,000 connections open at once, each of which was served, all but the first
    resumed by ticket; and how many connections a second it took from one client."""
    seen = open_at_once()
    against = f"{seen.count} connections open at once, {seen.resumed} resumed; {seen.empty:.0f} MB without"
    rate = seen.count / seen.seconds
    return (
        Figure("serve-memory", seen.full, "MB", most(MEGABYTES), against),
        Figure("serve-connections", rate, "/s", None, f"one client, one after the other; {against}"),
    )
