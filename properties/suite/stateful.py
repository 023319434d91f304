"""A Hypothesis state machine over clients and servers, many connections and everything that may befall them.

    TestOurs = machine().TestCase                            # the reference against itself
    TestTheirs = machine(peer=python_ssl.server).TestCase    # another stack against the reference

Hypothesis owns the data: what comes next, what every party chooses, where octets are cut, lost or flipped, how much
time passes. The judge owns the verdict. A failure shows the shrunk run as a ladder, with its clause.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import TestCase

from hypothesis import HealthCheck, Phase, note, settings, target
from hypothesis import seed as use_seed
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    precondition,
    rule,
)

from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.errors import UsageError
from rfc5077.properties.suite.covered import Covered
from rfc5077.properties.suite.link import Link
from rfc5077.properties.suite.network import SIDES
from rfc5077.properties.suite.parties import (
    GROUPS,
    Client,
    MakeClient,
    MakeServer,
    Server,
    Stranger,
    Trick,
)
from rfc5077.properties.suite.world import Refuted, World
from rfc5077.properties.trace.recordings import write_recording
from rfc5077.reference.connection import ClientConnection, ServerConnection
from rfc5077.reference.wire.record import MAX_PLAINTEXT

# --- what is drawn ----------------------------------------------------------------------------------------------------

# Few draws make fast runs: a party chooses by a list of changes, and what is cut where is a string of octets.
# What stands first is what Hypothesis shrinks to; what stands twice is drawn more often.
Change = dict[str, int | str]


def _changes(**fields: tuple[int | str, ...]) -> tuple[Change, ...]:
    return tuple({name: value} for name, values in fields.items() for value in values)


SERVER_CHANGES: tuple[Change, ...] = (
    *_changes(
        issue=("ticket", "empty", "never"), reissue=("ticket", "empty", "never"),
        renew=("never", "ticket", "ticket", "ticket", "empty"), honours=(True, False),
        id_when_issuing=("empty", "fresh"), id_otherwise=("empty", "fresh"), lifetime=(7200, 100, 10, 0),
        hint=(7200, 10, 0), client_auth=("never", "request", "require"), ems=(True, False),
        without_ems=("full", "abort", "resume"), max_fragment=(MAX_PLAINTEXT, 1000, 64, 16),
    ),
    *(Change(remembers=True, id_otherwise="fresh", issue=issue) for issue in ("never", "never", "ticket", "empty")),
)  # fmt: skip
"""What a server may be told to choose, one draw each."""

CLIENT_CHANGES: tuple[Change, ...] = _changes(
    tickets=(True, False), session_ids=(True, False), id_with_ticket=("empty", "fresh", "fresh"),
    id_without_ticket=("empty", "fresh"), certificate=(False, True), ems=(True, False), longest_life=(604800, 50),
    group=GROUPS, max_fragment=(MAX_PLAINTEXT, 64, 16),
)  # fmt: skip
"""The same for clients."""

_SERVER = st.sampled_from(SERVER_CHANGES)
_CLIENT = st.sampled_from(CLIENT_CHANGES)
_SPAN = st.sampled_from((0, 1, 2, 5, 9, 10, 11, 50, 99, 100, 101, 3600, 7199, 7200, 7201, 86400))
_NUMBER = st.integers(0, 1)
_SIDE = st.sampled_from(SIDES)
_SIZES = st.binary(max_size=6).map(lambda octets: [octet + 1 for octet in octets])
_ORDER = st.binary(max_size=8)
_TRICK = st.one_of(
    st.builds(Trick.flip, st.one_of(st.integers(-32, -1), st.integers(0, 400)), st.integers(1, 255)),
    st.builds(Trick.truncate, st.integers(1, 400)),
    st.builds(Trick.extend, st.binary(min_size=1, max_size=20)),
    st.builds(Trick.invent, st.binary(min_size=1, max_size=300)),
    st.sampled_from((Trick.forge(), Trick.wrap())),
)


@dataclass(frozen=True)
class Stage:
    """Who plays, and where it is counted."""

    peer: Callable[[], AnyPeer] | None
    server: MakeServer
    client: MakeClient
    seed: int
    tally: Counter[str]
    covered: Covered | None = None
    """What the runs have shown of the model."""
    aimed: bool = False
    """Whether Hypothesis is told how much of it was rare, so that it looks for more."""

    def world(self, entropy: int, clients: list[list[Change]], servers: list[list[Change]]) -> World:
        """The parties at the beginning of a run. Beside a stranger there is one party of ours."""
        if self.peer is None:
            return World(self._clients(entropy, clients), self._servers(entropy, servers), self.tally, self.covered)
        peer = self.peer()
        if peer.forget is not None:
            peer.forget()
        if peer.role == "server":
            return World(self._clients(entropy, clients[:1]), [Stranger(peer)], self.tally, self.covered)
        return World([Stranger(peer)], self._servers(entropy, servers[:1]), self.tally, self.covered)

    def _clients(self, entropy: int, choices: list[list[Change]]) -> list[Client]:
        made = [
            Client(number, random.Random(f"{entropy} client {number}"), self.client, self.peer is None)
            for number in range(len(choices))
        ]
        for client, changes in zip(made, choices, strict=True):
            client.choose(**{name: value for change in changes for name, value in change.items()})
        return made

    def _servers(self, entropy: int, choices: list[list[Change]]) -> list[Server]:
        made = [
            Server(number, random.Random(f"{entropy} server {number}"), self.server, self.peer is None)
            for number in range(len(choices))
        ]
        for server, changes in zip(made, choices, strict=True):
            server.choose(**{name: value for change in changes for name, value in change.items()})
            server.rotate(0)
        return made


# --- the machine ------------------------------------------------------------------------------------------------------


class TicketMachine(RuleBasedStateMachine):
    """The rules. Not to be subclassed by users: `machine` makes one that knows who plays."""

    stage: Stage
    connections = Bundle("connections")

    def __init__(self) -> None:
        super().__init__()
        self.world = World([], [])

    @initialize(
        entropy=st.integers(0, 2**32 - 1), clients=st.lists(st.lists(_CLIENT, max_size=5), min_size=1, max_size=2),
        servers=st.lists(st.lists(_SERVER, max_size=7), min_size=1, max_size=2), cluster=st.booleans(),
    )  # fmt: skip
    def begin(
        self, entropy: int, clients: list[list[Change]], servers: list[list[Change]], cluster: bool
    ) -> None:
        """Clients and servers with what they choose; in a cluster the servers share their ticket keys."""
        note(f"Found by machine(seed={self.stage.seed}).")
        if self.stage.covered is not None:
            self.stage.covered.begin()
        self.world = self.stage.world(entropy, clients, servers)
        first = self.world.servers[0]
        for other in self.world.servers[1:] if cluster else ():
            if isinstance(first, Server) and isinstance(other, Server):
                other.share_keys(first)

    # Connections.

    @rule(target=connections, client=_NUMBER, server=_NUMBER, recut=_SIZES)
    def connect(self, client: int, server: int, recut: list[int]) -> Link:
        """ClientHello leaves; what is not protected will travel in other records."""
        return self.world.connect(self.world.pair(client, server), recut)

    @rule(
        target=connections, client=_NUMBER, server=_NUMBER, sizes=_SIZES, times=st.integers(1, 3),
        data=st.binary(max_size=20),
    )  # fmt: skip
    def shake_hands(
        self, client: int, server: int, sizes: list[int], times: int, data: bytes
    ) -> MultipleResults[Link]:
        """Whole handshakes of one pair, one after the other, each with some data."""
        links = []
        for _ in range(times):
            link = self.world.connect(self.world.pair(client, server))
            self.world.settle([link], sizes)
            self.world.say(link, data)
            self.world.settle([link])
            links.append(link)
        return multiple(*links)

    @rule(connection=connections, side=_SIDE, octets=st.one_of(st.integers(1, 300), st.none()))
    def carry(self, connection: Link, side: str, octets: int | None) -> None:
        """Some octets arrive, or all that are on the way."""
        self.world.carry(connection, side, octets)

    @rule(connection=connections, sizes=_SIZES)
    def settle(self, connection: Link, sizes: list[int]) -> None:
        """Everything arrives, on one connection."""
        self.world.settle([connection], sizes)

    @precondition(lambda self: any(not link.passage.quiet for link in self.world.links))
    @rule(sizes=_SIZES, order=_ORDER)
    def settle_all(self, sizes: list[int], order: bytes) -> None:
        """Everything arrives, on all connections, in turns."""
        self.world.settle(self.world.links, sizes, order)

    @rule(connection=connections, data=st.binary(min_size=1, max_size=200))
    def say(self, connection: Link, data: bytes) -> None:
        """Application data leaves."""
        self.world.say(connection, data)

    @rule(connection=consumes(connections), side=_SIDE, cleanly=st.booleans())
    def hang_up(self, connection: Link, side: str, cleanly: bool) -> None:
        """One end closes."""
        self.world.hang_up(connection, side, cleanly)

    @rule(connection=consumes(connections), side=_SIDE, octets=st.integers(0, 400))
    def lose(self, connection: Link, side: str, octets: int) -> None:
        """Some octets arrive, then the network gives up."""
        self.world.carry(connection, side, octets)
        self.world.lose(connection)

    @rule(
        target=connections, client=_NUMBER, server=_NUMBER, flights=st.integers(0, 3), records=st.integers(0, 3),
        octets=st.integers(0, 50), again=st.booleans(),
    )  # fmt: skip
    def break_off(
        self, client: int, server: int, flights: int, records: int, octets: int, again: bool
    ) -> MultipleResults[Link]:
        """A handshake that the network gives up: after some flights, some records of the next, some octets more. The
        client may try again at once."""
        link = self.world.connect(self.world.pair(client, server))
        for _ in range(flights):
            self.world.carry(link, self.world.waiting(link))
        side = self.world.waiting(link)
        for _ in range(records):
            self.world.carry(link, side, link.passage.record(side))
        self.world.carry(link, side, octets)
        self.world.lose(link)
        return self.shake_hands(client, server, [], 1, b"") if again else multiple()

    @rule(
        target=connections, client=_NUMBER, server=_NUMBER, flights=st.integers(0, 4), side=_SIDE,
        cleanly=st.booleans(), again=st.booleans(),
    )  # fmt: skip
    def walk_out(
        self, client: int, server: int, flights: int, side: str, cleanly: bool, again: bool
    ) -> MultipleResults[Link]:
        """A handshake in which one end closes: after some flights, while what was said last is on its way. The client
        may try again at once."""
        link = self.world.connect(self.world.pair(client, server))
        for _ in range(flights):
            self.world.carry(link, self.world.waiting(link))
        self.world.hang_up(link, side, cleanly)
        self.world.settle([link])
        return self.shake_hands(client, server, [], 1, b"") if again else multiple()

    # Parties.

    @rule(server=_NUMBER, retain=st.integers(0, 2))
    def rotate(self, server: int, retain: int) -> None:
        """A new ticket key."""
        self.world.rotate(self.world.servers[server % len(self.world.servers)], retain)

    @rule(clients=st.booleans(), servers=st.booleans(), seconds=_SPAN)
    def pass_time(self, clients: bool, servers: bool, seconds: int) -> None:
        """Clocks advance, on one side or on both."""
        parties = [*(self.world.clients if clients else ()), *(self.world.servers if servers else ())]
        for party in parties:
            party.clock.now += seconds
        if parties:
            whose = " and ".join([*(["clients"] if clients else []), *(["servers"] if servers else [])])
            self.world.remark(f"{seconds} s pass at {whose}")

    @rule(server=_NUMBER, change=_SERVER)
    def retune_server(self, server: int, change: Change) -> None:
        """A server chooses otherwise from now on."""
        party = self.world.servers[server % len(self.world.servers)]
        if isinstance(party, Server):
            party.choose(**change)
            self.world.retuned(party)

    @rule(client=_NUMBER, change=_CLIENT)
    def retune_client(self, client: int, change: Change) -> None:
        """A client chooses otherwise from now on."""
        party = self.world.clients[client % len(self.world.clients)]
        if isinstance(party, Client):
            party.choose(**change)
            self.world.retuned(party)

    @precondition(lambda self: any(isinstance(client, Client) for client in self.world.clients))
    @rule(target=connections, client=_NUMBER, server=_NUMBER, trick=_TRICK, connects=st.booleans())
    def tamper(self, client: int, server: int, trick: Trick, connects: bool) -> MultipleResults[Link]:
        """The client finds another ticket in its store than the one it had; it may connect at once."""
        pair = self.world.pair(client, server)
        party, stranger = pair.client, isinstance(pair.server, Stranger)
        if isinstance(party, Client):
            stored = party.held(pair.server.number, pair.server.name)
            ticket = trick.apply(b"" if stored is None else stored.ticket, party.chance)
            # Corner case 33: what is appended, a stranger may honestly overlook; then the judge is told nothing.
            kind = None if stranger and trick.name == "extended" else trick.kind
            self.world.plant(pair, ticket, kind, trick.name)
        return self.shake_hands(client, server, [], 1, b"") if connects else multiple()

    def teardown(self) -> None:
        """The last words."""
        self.world.end()
        covered = self.stage.covered
        if covered is not None:
            worth = covered.end()
            if self.stage.aimed:
                target(worth, label="rare pairs of state and event")


@contextmanager
def leaving_nothing() -> Iterator[None]:
    """Hypothesis leaves no files where the user stands."""
    with TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


# --- for users --------------------------------------------------------------------------------------------------------


def machine(
    peer: AnyPeer | Callable[[], AnyPeer] | None = None, *, server: MakeServer = ServerConnection,
    client: MakeClient = ClientConnection, examples: int = 100, steps: int = 30, seed: int = 0,
    tally: Counter[str] | None = None, covered: Covered | None = None, aimed: bool = False,
    recording: Path | None = None,
) -> type[TicketMachine]:  # fmt: skip
    """A state machine; its `TestCase` is a test, `run_state_machine_as_test` runs it too.

    :param peer: another stack in its role, or what makes one for each run; the reference takes the other role, and only
        the peer's violations fail. Without it the reference plays both roles and both are judged.
    :param server: makes the server's connections where the reference is the server: with an edited table, say.
    :param client: the same for clients.
    :param examples: how many runs; ``steps``: how long each is at most.
    :param seed: the same seed gives the same runs, as far as the peer does not differ by itself.
    :param tally: counts what happened.
    :param covered: counts what was shown of the model.
    :param aimed: whether Hypothesis is told which of that is rare, and looks for more of it; half of the runs are spent
        on that.
    :param recording: where its `TestCase` keeps the run that is refuted, shrunk, for `rfc5077 judge`.
    :raises UsageError: if ``examples`` or ``steps`` is less than one.
    """
    for name, value in (("examples", examples), ("steps", steps)):
        if value < 1:
            raise UsageError(f"{name} is {value}", "at least one is needed")
    make: Callable[[], AnyPeer] | None = peer if peer is None or callable(peer) else lambda: peer
    chosen = Stage(make, server, client, seed, Counter() if tally is None else tally, covered, aimed)

    class Machine(TicketMachine):
        stage = chosen

    Machine.TestCase.settings = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, derandomize=True,
        phases=(Phase.generate, *([Phase.target] if aimed else []), Phase.shrink), report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    if recording is not None:
        Machine.TestCase = _recorded(Machine.TestCase, recording)  # type: ignore[assignment]  # a property of its class
    return use_seed(seed)(Machine)


def _recorded(base: type[TestCase], path: Path) -> type[TestCase]:
    """The test that keeps what refutes it."""

    class Recorded(base):  # type: ignore[misc, valid-type]  # a class that Hypothesis makes
        def runTest(self) -> None:
            try:
                super().runTest()
            except Refuted as refuted:
                if refuted.recording is not None:
                    write_recording(path, refuted.recording)
                raise

    return Recorded
