"""How fast the suite is with a target in a process of its own, and how soon it has something to say."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from statistics import median
from typing import NamedTuple

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
    median of five runs by the clock on the wall, so other processes count; how much of a run the processor worked for
    us, and for the server, is said beside it. And the seconds from when the server listens
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
    runs = [_Run(*run) for run in json.loads(said.stdout)]
    verdicts = {run.verdict for run in runs}
    wrong = "" if verdicts == {"conformant"} else f"verdicts were {', '.join(sorted(verdicts))}"
    version = version_of("openssl", "openssl", "version").partition(" (")[0]
    wall, ours, theirs = (median(values) for values in zip(*((r.wall, r.ours, r.theirs) for r in runs), strict=True))
    shares = f"{wall:.2f} s a run, of them the processor's {ours:.2f} s for us, {theirs:.2f} s for it"
    against = f"s_server of {version}, loopback; {shares}"
    return _figures(median(run.rate for run in runs), runs[0].first, against, wrong, failed=bool(wrong))


def _figures(
    rate: float | None, first: float | None, against: str, reason: str, failed: bool = False
) -> tuple[Figure, ...]:
    against = against or "openssl s_server"
    return (
        Figure("check-live", rate, "tests/s", least(TESTS_PER_SECOND), against, reason, failed),
        Figure("check-live-first", first, "s", most(FIRST_VERDICT), against, reason, failed),
    )


class _Run(NamedTuple):
    """One check, probing included unless said otherwise. All times are in seconds."""

    rate: float
    """Tests a second, from the first to the last."""
    first: float
    """To the first verdict."""
    verdict: str
    wall: float
    ours: float
    """Of the processor, for us."""
    theirs: float
    """Of the processor, for the server, its start included."""


def tell() -> None:
    """Prints what was measured in all runs, as JSON."""
    print(json.dumps([_run() for _ in range(RUNS)]))


def _run() -> _Run:
    moments: list[float] = []
    before = os.times()
    with Command(S_SERVER, "server") as command:
        peer = started_server(command)
        begun = time.perf_counter()
        report = check("server", peer, progress=lambda done, of: moments.append(time.perf_counter()))
    after = os.times()
    verdict = report.verdict if not report.stopped else report.stopped
    rate = (len(moments) - 1) / (moments[-1] - moments[0])
    ours = after.user + after.system - before.user - before.system
    theirs = after.children_user + after.children_system - before.children_user - before.children_system
    return _Run(rate, moments[0] - begun, verdict, after.elapsed - before.elapsed, ours, theirs)
