"""How fast the Hypothesis machine is, with everything that it does to every message."""

from __future__ import annotations

from collections import Counter
from tempfile import TemporaryDirectory

from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.stateful import run_state_machine_as_test

from rfc5077.properties.bench.figure import Figure, least, rate
from rfc5077.properties.suite.stateful import machine
from rfc5077.properties.suite.world import Refuted

RUNS = 100
"""Runs of the machine in each portion."""

PORTIONS = 6
"""One of them warms up."""

MESSAGES_PER_SECOND = 2_000


def judged() -> tuple[Figure, ...]:
    """Judged messages per second of one processor core while the Hypothesis machine runs reference clients against
    reference servers: drawing of the data, both ends, cutting and losing of octets, observation with keys, judge and
    all other checks included. 100 runs of at most 30 steps make a portion, each with a seed of its own; median of five
    portions behind one that warms up."""

    def play(seed: int) -> int:
        tally: Counter[str] = Counter()
        run_state_machine_as_test(machine(examples=RUNS, seed=seed, tally=tally))
        return tally["messages"]

    against = "reference against itself, one core"
    with TemporaryDirectory() as folder:  # otherwise Hypothesis leaves its files where the user stands
        set_hypothesis_home_dir(folder)
        try:
            value = rate(play, range(PORTIONS))
        except Refuted as error:
            reason = f"a run found fault with the reference: {str(error).splitlines()[0]}"
            return (Figure("machine", None, "messages/s", least(MESSAGES_PER_SECOND), against, reason, failed=True),)
        finally:
            set_hypothesis_home_dir(None)
    return (Figure("machine", value, "messages/s", least(MESSAGES_PER_SECOND), against),)
