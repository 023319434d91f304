"""How long whole commands take, each in a fresh process, as a user has them."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median

from rfc5077.properties.bench.figure import Figure, most

PROVE_SECONDS = 60
PROVE_MEGABYTES = 2000
MATRIX_SECONDS = 600
MATRIX_AGAIN_SECONDS = 60
SUITE_SECONDS = 2
SUITE_RUNS = 3

# Runs the command as `python -m rfc5077` does; its last line on stderr tells the memory. The name that the next child
# would have says how many there were before it.
_WRAPPER = """
import atexit, json, multiprocessing, resource, runpy, sys

def peak(who):
    return resource.getrusage(who).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

def tell():
    children = int(multiprocessing.Process().name.rpartition("-")[2]) - 1
    octets = peak(resource.RUSAGE_SELF) + children * peak(resource.RUSAGE_CHILDREN)
    print(octets, file=sys.stderr)

atexit.register(tell)
runpy.run_module("rfc5077", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a command."""

    seconds: float
    """From its start to its end, as a clock on the wall has it."""
    processor: float
    """Seconds of processor time, its children's included: it tells a slow command from a busy machine."""
    megabytes: float
    """Its memory at most, and as much as the largest of its child processes took for each of these (10^6 octets)."""
    code: int
    out: str


def fresh(*arguments: str) -> Ran:
    """Runs ``rfc5077`` with these arguments in a process of its own.

    :raises RuntimeError: if it printed nothing, with its last word on stderr.
    """
    begun, spent = time.perf_counter(), _processor()
    done = subprocess.run([sys.executable, "-c", _WRAPPER, *arguments], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begun
    *said, octets = done.stderr.splitlines() or [""]
    if not done.stdout or not octets.isdecimal():
        raise RuntimeError(f"rfc5077 {' '.join(arguments)} said nothing: {(said or [octets])[-1]}")
    return Ran(seconds, _processor() - spent, int(octets) / 1e6, done.returncode, done.stdout)


def _processor() -> float:
    """Seconds that the processes that were started here and have ended have spent on a processor."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def prove() -> tuple[Figure, ...]:
    """Seconds on the wall, and megabytes at most, of one whole `rfc5077 prove --json` in a fresh process, both solvers
    included; the memory is that of the process and, for each of its children, that of the largest."""
    return proved(fresh("prove", "--json"))


def proved(ran: Ran) -> tuple[Figure, ...]:
    """The figures of a run of `prove --json`."""
    summary = json.loads(ran.out)["summary"]
    against = f"{summary['proved']} theorems, z3 and cvc5; {ran.processor:.1f} s of processor time"
    reason = f"{summary['failed']} theorems were not proved" if ran.code else ""
    failed = ran.code != 0
    return (
        Figure("prove", ran.seconds, "s", most(PROVE_SECONDS), against, reason, failed),
        Figure("prove-memory", ran.megabytes, "MB", most(PROVE_MEGABYTES), against, reason, failed),
    )


def matrix() -> tuple[Figure, ...]:
    """Seconds on the wall of `rfc5077 prove --necessity --fresh --json` in a fresh process, the proof of all theorems
    included; then of the same without `--fresh`, which finds every cell in the cache."""
    first = fresh("prove", "--necessity", "--fresh", "--json")
    again = fresh("prove", "--necessity", "--json")
    classes = len(json.loads(first.out)["necessity"])
    against = f"{classes} clauses; {first.processor:.0f} s of processor time"
    failed = first.code != 0 or again.code != 0
    reason = "the matrix has an undecided row, or a theorem was not proved" if failed else ""
    return (
        Figure("matrix", first.seconds, "s", most(MATRIX_SECONDS), against, reason, failed),
        Figure("matrix-again", again.seconds, "s", most(MATRIX_AGAIN_SECONDS), "all from the cache", reason, failed),
    )


def suite() -> tuple[Figure, ...]:
    """Seconds on the wall of one whole `rfc5077 check server python-ssl --json` (k = 0, in memory) in a fresh process,
    Python's start and the making of the model included; median of three."""
    return suited([fresh("check", "server", "python-ssl", "--json") for _ in range(SUITE_RUNS)])


def suited(runs: list[Ran]) -> tuple[Figure, ...]:
    """The figure of some runs of `check --json`."""
    report = json.loads(runs[0].out)
    spent = median(ran.processor for ran in runs)
    against = f"{report['suite']['tests']} tests, {report['verdict']}; {spent:.2f} s of processor time"
    reason = "" if runs[0].code == 0 else f"the verdict on python-ssl was {report['verdict']}"
    seconds = median(ran.seconds for ran in runs)
    return (Figure("suite", seconds, "s", most(SUITE_SECONDS), against, reason, failed=bool(reason)),)
