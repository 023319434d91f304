"""How long the suites take with both roles of the reference, in memory: by alphabet, further states and processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rfc5077 import properties
from rfc5077.properties.adapters.in_memory import in_memory
from rfc5077.properties.adapters.peer import Role
from rfc5077.properties.bench.commands import fresh
from rfc5077.properties.bench.endpoints import reference
from rfc5077.properties.bench.figure import Figure, Target, least, most
from rfc5077.properties.bench.handshakes import seconds, shaking
from rfc5077.properties.suite.alphabet import machine_of
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.complete import complete_suite
from rfc5077.properties.suite.probe import probe
from rfc5077.properties.suite.runner import check

ROLES: tuple[Role, ...] = ("server", "client")
CORE, FULL = Alphabet.CORE, Alphabet.FULL
GOALS: tuple[tuple[Alphabet, int, Target], ...] = (
    (CORE, 0, most(2)), (CORE, 1, most(15)), (CORE, 2, most(180)), (FULL, 0, most(15)),
)  # fmt: skip
"""Alphabet, k, and seconds for both roles together."""
CAMPAIGN = 1
"""k of the suite over the full alphabet of which only the size is told."""
GAIN = 1.7
CONNECTIONS = 0.7
FAULTS_SECONDS = 360
LIMIT = 3600.0
"""Seconds after which the hunt for the faults is given up."""


@dataclass(frozen=True)
class Pass:
    """Both roles, tested once."""

    seconds: float
    tests: int
    connections: int
    verdicts: frozenset[str]

    @property
    def reason(self) -> str:
        """Why the time counts for nothing; empty if both were found conformant."""
        return "" if self.verdicts == {"conformant"} else f"verdicts were {', '.join(sorted(self.verdicts))}"


def passed(alphabet: Alphabet, k: int) -> Pass:
    """Checks both roles as they come; processor time, since it is one process."""
    begun = time.process_time()
    reports = [check(role, in_memory("reference", role), k=k, alphabet=alphabet) for role in ROLES]
    spent = time.process_time() - begun
    tests, connections = (sum(getattr(report.facts, name) for report in reports) for name in ("tests", "connections"))
    return Pass(spent, tests, connections, frozenset(report.verdict for report in reports))


def suites() -> tuple[Figure, ...]:
    """Processor seconds of one core for the whole check of both roles of the reference as they come, in memory:
    probing, the making of the suite, its tests, judgement and paired runs, with the compiled model there. Beside them
    the connections a second of the core suite with k = 1, as a share of the honest full handshakes a second that the
    reference does with itself in the same run; and how many tests there are over the full alphabet for k = 1, which is
    a campaign."""
    passed(CORE, 0)
    found = {(alphabet, k): passed(alphabet, k) for alphabet, k, _ in GOALS}
    return (
        *(timed(f"suite-{alphabet.value}-{k}", found[alphabet, k], target) for alphabet, k, target in GOALS),
        campaign(),
        share(found[CORE, 1], seconds([shaking(reference(), False)])[0]),
    )


def timed(name: str, one: Pass, target: Target) -> Figure:
    """The figure of a pass."""
    against = f"both roles of the reference, {one.tests} tests, {one.connections} connections"
    return Figure(name, one.seconds, "s", target, against, one.reason, failed=bool(one.reason))


def share(one: Pass, honest: float) -> Figure:
    """Connections of a suite a second against honest handshakes a second; ``honest``: seconds of one."""
    rate = one.connections / one.seconds
    against = f"honest full handshakes of the reference: {1 / honest:.0f}/s, suite: {rate:.0f}/s"
    failed = bool(one.reason)
    return Figure("suite-connections", rate * honest, "x", least(CONNECTIONS), against, one.reason, failed)


def campaign() -> Figure:
    """The size of the suite that is no single command's affair."""
    machines = [machine_of(probe(in_memory("reference", role), set(), FULL).target, FULL) for role in ROLES]
    tests = [len(complete_suite(machine, CAMPAIGN).tests) for machine in machines]
    told = f"{tests[0]} of a server, {tests[1]} of a client: check ROLE reference --alphabet full --k {CAMPAIGN}"
    return Figure(f"suite-full-{CAMPAIGN}-size", sum(tests), "tests", None, told)


def jobs() -> tuple[Figure, ...]:
    """How many times as fast `rfc5077 check server reference --k 2` is with `--jobs 2`: seconds on the wall of whole
    commands in fresh processes, one after the other. Other processes count."""
    ran = [fresh("check", "server", "reference", "--k", "2", "--jobs", str(number), "--json") for number in (1, 2)]
    one, two = ran
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    tests = json.loads(one.out)["suite"]["tests"]
    against = f"{tests} tests: {one.seconds:.1f} s and {two.seconds:.1f} s, {cores} cores"
    failed = bool(one.code or two.code)
    reason = "the reference was not found conformant" if failed else "" if cores > 1 else "there is but one core"
    return (Figure("suite-jobs", one.seconds / two.seconds, "x", least(GAIN), against, reason, failed),)


def faults() -> tuple[Figure, ...]:
    """Seconds on the wall until every declared fault has been hunted by what shows it, one after the other in one
    process: `python -m mutants.table` among the tests of the source."""
    tests = Path(properties.__path__[0]).resolve().parent / "tests"
    if not (tests / "mutants" / "table.py").is_file():
        return (hunted(None, "", "the tests are with the source only"),)
    command, where = (sys.executable, "-m", "mutants.table"), os.environ | {"PYTHONPATH": str(tests)}
    begun = time.perf_counter()
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, env=where)
    except subprocess.TimeoutExpired:
        return (hunted(None, "", f"it did not end within {LIMIT:.0f} s"),)
    spent = time.perf_counter() - begun
    if ran.returncode:
        return (hunted(None, "", (ran.stderr.splitlines() or ["no reason given"])[-1], failed=True),)
    rows = [line for line in ran.stdout.splitlines() if line.startswith(("S-", "C-")) and " tests " in line]
    missed = [line.split()[0] for line in rows if "NOTHING" in line]
    return (hunted(spent, f"{len(rows)} faults, one process", ", ".join(missed), failed=bool(missed)),)


def hunted(spent: float | None, against: str, reason: str, failed: bool = False) -> Figure:
    """The figure of the hunt for the faults."""
    return Figure("faults", spent, "s", most(FAULTS_SECONDS), against or "declared faults", reason, failed)
