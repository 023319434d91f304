"""How fast captures are judged, beside tshark, which only lists the fields of their frames."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from rfc5077.properties.adapters import over_reference
from rfc5077.properties.bench.figure import Figure, Target, least
from rfc5077.properties.capture.packet import Segment
from rfc5077.properties.capture.write import Conversation, endpoint, spaced, write_capture
from rfc5077.properties.matrix.process import version_of

CLIENTS = 25
"""Addresses from which connections come."""

CONNECTIONS = 60
"""Of each client, one after the other."""

PAGE = 64 * 1024
"""Octets that the server sends on each connection; the client asks by 400."""

RUNS = 3
"""How often each command is run; the median counts."""

FIELDS = ("frame.number", "ip.src", "ip.dst", "tcp.srcport", "tcp.dstport", "tls.handshake.type")
"""What tshark prints of each frame."""

LIMIT = 300.0
"""Seconds after which a command that has not ended is cut off."""


def judging() -> tuple[Figure, ...]:
    """How many times as fast as `tshark -T fields` (six fields, those of TLS among them) `rfc5077 judge` is on the same
    capture, by the processor time of the whole processes, Python's start included; median of three runs each, in turn.
    The capture: connections of the reference over Ethernet and IPv4, half of them resumed by ticket, on each a request
    of 400 octets and an answer of 64 KiB in segments of 1,448. The second figure is the same with handshakes alone."""
    if shutil.which("tshark") is None:
        reason = "the program tshark is not installed"
        return tuple(
            Figure(name, None, "x", target, "tshark -T fields", reason)
            for name, target in (("judge-pcap", least(1)), ("judge-pcap-bare", None))
        )
    return (_beside("judge-pcap", PAGE, least(1)), _beside("judge-pcap-bare", 0, None))


def _beside(name: str, page: int, target: Target | None) -> Figure:
    with TemporaryDirectory() as folder:
        path = Path(folder, "bench.pcap")
        frames = capture(path, page)
        ours, theirs = [], []
        for _ in range(RUNS):
            ours.append(spent([sys.executable, "-m", "rfc5077", "judge", str(path)], _conforms))
            fields = [word for field in FIELDS for word in ("-e", field)]
            theirs.append(spent(["tshark", "-r", str(path), "-T", "fields", *fields], bool))
        size = path.stat().st_size / 1e6
    version = version_of("tshark", "tshark", "--version").partition(" (")[0]
    own, other = median(ours), median(theirs)
    against = f"{version} -T fields, {frames} frames of {size:.0f} MB: {own:.2f} s against {other:.2f} s"
    return Figure(name, other / own, "x", target, against)


def _conforms(said: str) -> bool:
    return ": conformant" in said.partition("\n")[0]


def spent(command: Sequence[str], sound: Callable[[str], bool]) -> float:
    """Seconds of processor time of a command.

    :param sound: whether what it printed is as it should be.
    :raises RuntimeError: if it is not.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode or not sound(done.stdout):
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-200:]}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


# --- the capture ------------------------------------------------------------------------------------------------------


def capture(path: Path, page: int) -> int:
    """Writes the capture; returns how many frames it has."""
    found = [segment for client in range(CLIENTS) for segment in _segments(client, _talks(CONNECTIONS, page))]
    write_capture(path, spaced(found))
    return len(found)


Steps = list[tuple[str, bytes]]
"""What is said on a connection: by whom, which octets."""


def _talks(count: int, page: int) -> Iterator[Steps]:
    """Connections of one client and one server, every second of them resumed."""
    client, server = over_reference.client(), over_reference.server()
    for number in range(count):
        if number % 2 == 0 and client.forget is not None:
            client.forget()
        yield _talk(client.connect(), server.connect(), page)


def _talk(client: over_reference.Connection, server: over_reference.Connection, page: int) -> Steps:
    said: Steps = []
    while octets := client.read():
        said.append(("client", octets))
        server.write(octets)
        said.append(("server", octets := server.read()))
        client.write(octets)
    if page:
        client.tls.send(bytes(400))
        said.append(("client", client.read()))
        server.tls.send(bytes(page))
        said.append(("server", server.read()))
    client.tls.close()
    said.append(("client", client.read()))
    return said


def _segments(client: int, talks: Iterator[Steps]) -> Iterator[Segment]:
    for number, steps in enumerate(talks):
        line = Conversation(endpoint(f"10.0.0.{client + 1}", 20_000 + number), endpoint("10.1.0.1", 443))
        yield from line.opened()
        for sender, octets in steps:
            if octets:
                yield from line.said(sender, octets)
        yield from line.closed("client")
        yield from line.closed("server")
