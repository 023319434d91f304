"""How fast the joint states of one connection are enumerated."""

from __future__ import annotations

import time
from statistics import median

from rfc5077.model.proof.explore import explore
from rfc5077.properties.bench.figure import Figure, least

STATES_PER_SECOND = 150_000
RUNS = 5


def states() -> tuple[Figure, ...]:
    """Joint states of one connection per second of one processor core, breadth first over tables that are derived from
    the relation; median of five enumerations with the tables there. The derivation is what the first enumeration takes
    beyond that: z3 terms are built and compiled, and each row of a table is computed when it is first asked for."""
    begun = time.process_time()
    found = len(explore().parents)
    first = time.process_time() - begun
    spent = []
    for _ in range(RUNS):
        begun = time.process_time()
        explore()
        spent.append(time.process_time() - begun)
    again = median(spent)
    against = f"{found:,} states, one core"
    return (
        Figure("states", found / again, "states/s", least(STATES_PER_SECOND), against),
        Figure("derivation", first - again, "s", None, "the tables of the relation, once a process"),
    )
