"""How many sessions a second a server resumes for a client that does nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from rfc5077.properties.bench.crowd import running, serving
from rfc5077.properties.bench.figure import Figure
from rfc5077.properties.bench.identity import issued
from rfc5077.properties.matrix.process import version_of

SECONDS = 2
"""How long the client goes on."""

LIMIT = 30.0
"""Seconds after which a client that has not ended is cut off."""

COUNTED = re.compile(r"^starting\n(\S*)\n.*^(\d+) connections in \d+ real seconds", re.MULTILINE | re.DOTALL)
"""A mark for each connection, `r` if it was resumed; and how many were counted."""


class NoRate(Exception):
    """The client made no rate; tells why."""


def resumptions() -> tuple[Figure, ...]:
    """Sessions that one `rfc5077 serve` resumes in a second, beside `openssl s_server` under the same load:
    `openssl s_time -reuse`, which connects over loopback again and again with one ticket of TLS 1.2, one connection
    after the other, for two seconds; both servers with the same certificate."""
    if shutil.which("openssl") is None:
        return (_open("the program openssl is not installed"),)
    try:
        return (_beside(),)
    except (NoRate, TimeoutError) as error:
        return (_open(str(error)),)


def _open(reason: str) -> Figure:
    return Figure("serve-resumed", None, "/s", None, "openssl s_time", reason)


def _beside() -> Figure:
    """The rates of both servers. Raises NoRate, or TimeoutError if one does not come to listen."""
    with TemporaryDirectory() as folder:
        chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
        chain.write_bytes(issued().credentials.chain_pem())
        key.touch(mode=0o600)
        key.write_bytes(issued().credentials.key_pem())
        files = ("-cert", str(chain), "-key", str(key))
        with serving("--cert", str(chain), "--key", str(key)) as (host, port, _):
            ours = rate(host, port)
        with running(lambda port: ("openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}", *files)) as place:
            theirs = rate(*place[:2])
    version = version_of("openssl", "openssl", "version").partition(" (")[0]
    against = f"s_server of {version}: {theirs:.0f}/s; one client, openssl s_time"
    return Figure("serve-resumed", ours, "/s", None, against)


def rate(host: str, port: int) -> float:
    """Connections a second of `openssl s_time -reuse`, all of them resumed.

    Raises NoRate if not even one was made, if one was not resumed, or if the client does not end in time.
    """
    command = ("openssl", "s_time", "-connect", f"{host}:{port}", "-reuse", "-tls1_2", "-time", str(SECONDS))
    begun = time.perf_counter()
    try:
        said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT).stdout
    except subprocess.TimeoutExpired:
        raise NoRate(f"openssl s_time did not end within {LIMIT:.0f} s") from None
    seconds = time.perf_counter() - begun
    counted = COUNTED.search(said)
    if counted is None or counted[2] == "0":
        raise NoRate(f"openssl s_time made no connection to {host}:{port}")
    if whole := len(counted[1]) - counted[1].count("r"):
        raise NoRate(f"{whole} of {len(counted[1])} connections of openssl s_time were not resumed")
    return int(counted[2]) / seconds
