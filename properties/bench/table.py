"""Every figure of `rfc5077 bench`, in the order in which they are measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rfc5077.properties.bench import (
    capturing,
    commands,
    crowd,
    enumeration,
    handshakes,
    judging,
    kills,
    live,
    load,
    records,
    stateful,
    suites,
)
from rfc5077.properties.bench.figure import Bench, Figure

BENCHES = (
    Bench("prove", commands.prove),
    Bench("matrix", commands.matrix, long=True),
    Bench("states", enumeration.states),
    Bench("suite", commands.suite),
    Bench("suites", suites.suites, long=True),
    Bench("jobs", suites.jobs, long=True),
    Bench("faults", suites.faults, long=True),
    Bench("kills", kills.kills, long=True),
    Bench("check-live", live.suite),
    Bench("monitor", judging.monitor),
    Bench("judge", judging.judge),
    Bench("judge-pcap", capturing.judging),
    Bench("machine", stateful.judged),
    Bench("full", handshakes.full),
    Bench("resumed", handshakes.resumed),
    Bench("bulk", records.bulk),
    Bench("hello", records.hello),
    Bench("crowd", crowd.crowd),
    Bench("load", load.resumptions),
)

Progress = Callable[[str, int, int], None]
"""Told what is being measured, how many are done and how many there are."""


def measured(benches: Iterable[Bench], tell: Progress = lambda *_: None) -> tuple[tuple[Figure, str], ...]:
    """Measures one after the other; each figure comes with its method."""
    chosen = tuple(benches)
    found: list[tuple[Figure, str]] = []
    for number, bench in enumerate(chosen):
        tell(bench.name, number, len(chosen))
        found += [(figure, bench.method) for figure in bench.measure()]
    return tuple(found)
