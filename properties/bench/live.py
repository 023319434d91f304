"""How fast the suite is with a target in a process of its own, and how soon it has something to say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from statistics import median

from rfc5077.properties.adapters.command import Command, started_server
from rfc5077.properties.bench.figure import Figure, least, most
from rfc5077.properties.matrix.process import version_of
from rfc5077.properties.suite.runner import check

S_SERVER = ("openssl", "s_server", "-accept", "{host}:{port}", "-cert", "{cert}", "-key", "{key}", "-tls1_2", "-quiet")
TESTS_PER_SECOND = 400
FIRST_VERDICT = 1.0
RUNS = 5
LIMIT = 120.0
"""Seconds that all runs may take."""

TOLD = "from rfc5077.properties.bench.live import tell; tell()"


def suite() -> tuple[Figure, ...]:
    """Tests of the core suite per second with a new `openssl s_server` over loopback, each with the connections, the
    waiting and the judgement that it takes: from the first test to the last, probing and paired runs left out; the
    median of five runs by the clock on the wall, so other processes count. And the seconds from when the server listens
    to the verdict of the first test, probing included, in a process that has run nothing before."""
    if shutil.which("openssl") is None:
        return _figures(None, None, "", "the program openssl is not installed")
    command = (sys.executable, "-c", TOLD)
    try:
        said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return _figures(None, None, "", f"the runs did not end within {LIMIT:.0f} s")
    if said.returncode:
        last = (said.stderr.splitlines() or ["no reason given"])[-1]
        return _figures(None, None, "", last, failed=True)
    rates, first, verdicts = json.loads(said.stdout)
    version = version_of("openssl", "openssl", "version").partition(" (")[0]
    wrong = "" if set(verdicts) == {"conformant"} else f"verdicts were {', '.join(verdicts)}"
    return _figures(median(rates), first, f"s_server of {version}, loopback", wrong, failed=bool(wrong))


def _figures(
    rate: float | None, first: float | None, against: str, reason: str, failed: bool = False
) -> tuple[Figure, ...]:
    against = against or "openssl s_server"
    return (
        Figure("check-live", rate, "tests/s", least(TESTS_PER_SECOND), against, reason, failed),
        Figure("check-live-first", first, "s", most(FIRST_VERDICT), against, reason, failed),
    )


def tell() -> None:
    """Prints the rates of all runs, the seconds to the first verdict of the first, and the verdicts, as JSON."""
    measured = [_run() for _ in range(RUNS)]
    rates, firsts, verdicts = zip(*measured, strict=True)
    print(json.dumps((rates, firsts[0], verdicts)))


def _run() -> tuple[float, float, str]:
    """Tests per second, seconds to the first verdict, and the verdict of the whole."""
    moments: list[float] = []
    with Command(S_SERVER, "server") as command:
        peer = started_server(command)
        begun = time.perf_counter()
        report = check("server", peer, progress=lambda done, of: moments.append(time.perf_counter()))
    verdict = report.verdict if not report.stopped else report.stopped
    return (len(moments) - 1) / (moments[-1] - moments[0]), moments[0] - begun, verdict
