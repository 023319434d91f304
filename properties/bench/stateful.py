"""How fast the Hypothesis machine is, with everything that it does to every message."""

from __future__ import annotations

import time
from collections import Counter
from statistics import median

from hypothesis.stateful import run_state_machine_as_test

from rfc5077.properties.bench.figure import Figure, least
from rfc5077.properties.suite.stateful import leaving_nothing, machine
from rfc5077.properties.suite.world import Refuted

RUNS = 100
"""Runs of the machine in each portion."""

PORTIONS = 6
"""One of them warms up."""

MESSAGES_PER_SECOND = 2_000
HANDSHAKES_PER_SECOND = 150


def judged() -> tuple[Figure, ...]:
    """Judged messages, and handshakes completed at both ends, per second of one processor core while the Hypothesis
    machine runs reference clients against reference servers: drawing of the data, both ends, cutting and losing of
    octets, observation with keys, judge and all other checks included. 100 runs of at most 30 steps make a portion,
    each with a seed of its own; median of five portions behind one that warms up."""
    portions = []
    with leaving_nothing():
        try:
            for seed in range(PORTIONS):
                tally, begun = Counter[str](), time.process_time()
                run_state_machine_as_test(machine(examples=RUNS, seed=seed, tally=tally))
                portions.append((tally, time.process_time() - begun))
        except Refuted as error:
            reason = f"a run found fault with the reference: {str(error).splitlines()[0]}"
            return figures(None, None, reason)
    messages, handshakes = (
        median(tally[what] / spent for tally, spent in portions[1:]) for what in ("messages", "handshakes")
    )
    return figures(messages, handshakes)


def figures(messages: float | None, handshakes: float | None, reason: str = "") -> tuple[Figure, ...]:
    """Both figures; ``reason`` says why there are none."""
    against, failed = "reference against itself, one core", bool(reason)
    return (
        Figure("machine", messages, "messages/s", least(MESSAGES_PER_SECOND), against, reason, failed),
        Figure("machine-handshakes", handshakes, "/s", least(HANDSHAKES_PER_SECOND), against, reason, failed),
    )
