"""What the Hypothesis machine makes of a fault: runs of clients and servers, one kind of which has it."""

import re
import time
from dataclasses import dataclass

from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from rfc5077.model.clauses import BY_ID
from rfc5077.properties.faults.fault import Fault
from rfc5077.properties.suite.stateful import machine

_CLAUSE = re.compile(r"\b(?:R\d{4}|K)-[\w.-]*\w")


@dataclass(frozen=True)
class Refutation:
    """Whether runs found a fault, which clauses the first line of the refutation names, and how long that took."""

    found: bool
    clauses: tuple[str, ...]
    told: str
    seconds: float


def refute(fault: Fault, examples: int, seed: int = 1) -> Refutation:
    """Runs the machine until it refutes the fault, `examples` times at most; nothing is shrunk."""
    edits = {}

    def make(config, clock, entropy):
        # A party has one clock; what a fault remembers over its connections belongs to one party alone.
        _, edit = edits.setdefault(id(clock), (clock, fault.edit()))
        return edit.make(config, clock, entropy)

    chosen = machine(examples=examples, seed=seed, **{fault.role: make})
    begun, told = time.perf_counter(), ""
    try:
        run_state_machine_as_test(chosen, settings=settings(chosen.TestCase.settings, phases=(Phase.generate,)))
    except AssertionError as refuted:
        told = next(line for line in str(refuted).splitlines() if line.startswith(("VIOLATION", "REFUTED")))
    named = tuple(name for name in _CLAUSE.findall(told) if name in BY_ID)
    return Refutation(bool(told), named, told, time.perf_counter() - begun)
