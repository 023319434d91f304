"""How fast events are judged: the monitor alone, and the judge with its memory over connections."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from rfc5077.model.run.monitor import Monitor
from rfc5077.properties.adapters import over_reference
from rfc5077.properties.adapters.identity import seeded
from rfc5077.properties.bench.figure import Figure, least, rate
from rfc5077.properties.trace.abstraction import Abstraction, Alternatives
from rfc5077.properties.trace.observe import Observer
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.verdict.finding import CONFORMANT
from rfc5077.properties.verdict.judge import Judge

Events = tuple[RecordedEvent, ...]
"""One recording: all events of one client and one server."""

PORTIONS = 6
"""How often each rate is taken, the warming up included."""

RUNS = 10
"""How many client-server pairs are run for the recordings."""

CONNECTIONS = 20
"""Of each pair."""

COPIES = 10
"""How many recordings each run is made into, with other octets."""

MONITOR_EVENTS_PER_SECOND = 1_000_000
JUDGED_EVENTS_PER_SECOND = 60_000


def monitor() -> tuple[Figure, ...]:
    """Events of the model per second of one processor core. The connections of real recordings are translated
    beforehand; timed is a new monitor for each and its way through all their events, each portion once; median of five
    portions."""
    portions = [[line for events in portion for line in _lines(events)] for portion in _portions()]

    def watch(lines: Sequence[list[Alternatives]]) -> int:
        for line in lines:
            Monitor().run(line)
        return sum(map(len, lines))

    value = rate(watch, portions)
    return (Figure("monitor", value, "events/s", least(MONITOR_EVENTS_PER_SECOND), "events of the model, one core"),)


def judge() -> tuple[Figure, ...]:
    """Recorded events per second of one processor core, from the event to the verdict on its recording. Reference
    client and server are run and observed beforehand (full handshakes, resumption, renewal, rejection, ids beside
    tickets, another key); every recording then gets random tickets and session ids of its own, so none repeats; each
    is judged once; median of five portions."""

    def verdicts(recordings: Sequence[Events]) -> int:
        for events in recordings:
            judge = Judge(complete=True)
            for event in events:
                judge.feed(event)
            if judge.verdict() != CONFORMANT:
                raise AssertionError("the reference was found not to conform")
        return sum(map(len, recordings))

    value = rate(verdicts, _portions())
    return (Figure("judge", value, "events/s", least(JUDGED_EVENTS_PER_SECOND), "unrepeated recordings, one core"),)


# --- what is judged ---------------------------------------------------------------------------------------------------


def _portions() -> list[list[Events]]:
    chance = random.Random()
    runs = [recording(random.Random(number)) for number in range(RUNS)]
    return [[refreshed(events, chance) for events in runs for _ in range(COPIES)] for _ in range(PORTIONS)]


def recording(chance: random.Random) -> Events:
    """What a reference client and a reference server say to each other over some connections."""
    asks = replace(over_reference.client_config(), session_id_with_ticket=chance.choice(("empty", "fresh")))
    gives = replace(over_reference.server_config(), renew=chance.choice(("ticket", "never")))
    client = over_reference.client(config=asks, entropy=seeded(f"client {chance.random()}"))
    server = over_reference.server(config=gives, entropy=seeded(f"server {chance.random()}"))
    events: list[RecordedEvent] = []
    for number in range(CONNECTIONS):
        if server.rotate_keys is not None and chance.random() < 0.2:
            server.rotate_keys()
        if client.forget is not None and chance.random() < 0.2:
            client.forget()
        events += _observed(number, client.connect(), server.connect())
    return tuple(events)


def _observed(number: int, client: over_reference.Connection, server: over_reference.Connection) -> list[RecordedEvent]:
    """The events of one connection, read with its keys, to the client's close_notify."""

    def master_secret(_: bytes) -> bytes | None:
        return client.tls.secrets.master_secret or server.tls.secrets.master_secret or None

    observer, events = Observer(number, master_secret), []
    while octets := client.read():
        events += observer.octets("client", octets)
        server.write(octets)
        octets = server.read()
        events += observer.octets("server", octets)
        client.write(octets)
    client.tls.close()
    return events + observer.octets("client", client.read())


def refreshed(events: Events, chance: random.Random) -> Events:
    """The same recording with other octets for each ticket and each session id."""
    others: dict[bytes, bytes] = {}

    def other(octets: bytes | None) -> bytes | None:
        return others.setdefault(octets, chance.randbytes(len(octets))) if octets else octets

    return tuple(
        replace(
            event, session_id=other(event.session_id), session_ticket=other(event.session_ticket),
            ticket=other(event.ticket),
        )
        for event in events
    )  # fmt: skip


def _lines(events: Events) -> list[list[Alternatives]]:
    """What happens on each connection of a recording, as the model has it."""
    abstraction = Abstraction(complete=True)
    fed = sorted((pair for event in events for pair in abstraction.observe(event)), key=lambda pair: pair[0])
    return [[alternatives for _, alternatives in pairs] for _, pairs in groupby(fed, key=lambda pair: pair[0])]
