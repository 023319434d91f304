"""A Hypothesis state machine over clients and servers, many connections and everything that may befall them.

    TestOurs = machine().TestCase                            # the reference against itself
    TestTheirs = machine(peer=python_ssl.server).TestCase    # another stack against the reference

Hypothesis owns the data: what comes next, what every party chooses, where octets are cut, lost or flipped, how much
time passes. The judge owns the verdict. A failure shows the shrunk run as a ladder, with its clause.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import HealthCheck, settings
from hypothesis import seed as use_seed
from hypothesis import strategies as st
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
from rfc5077.properties.suite.network import SIDES
from rfc5077.properties.suite.parties import (
    GROUPS,
    Client,
    ClientChoice,
    MakeClient,
    MakeServer,
    Server,
    ServerChoice,
    Stranger,
    Trick,
)
from rfc5077.properties.suite.world import Link, World
from rfc5077.reference.connection import ClientConnection, ServerConnection
from rfc5077.reference.handshake.config import Issue, SessionId
from rfc5077.reference.wire.record import MAX_PLAINTEXT

# --- what is drawn ----------------------------------------------------------------------------------------------------

# What stands first is what Hypothesis shrinks to; what stands twice is drawn more often.
_OFTEN: tuple[Issue, ...] = ("ticket", "ticket", "ticket", "empty", "never")
_NEVER: tuple[Issue, ...] = ("never", "ticket", "ticket", "empty")
_IDS: tuple[SessionId, ...] = ("empty", "empty", "fresh")
_MOSTLY = st.sampled_from((True, True, True, True, False))
_SELDOM = st.sampled_from((False, False, False, True))
_FRAGMENTS = st.sampled_from((MAX_PLAINTEXT, MAX_PLAINTEXT, MAX_PLAINTEXT, 1000, 64, 16))
_SECONDS = st.sampled_from((7200, 7200, 7200, 100, 10, 0))
_SPANS = st.sampled_from((0, 1, 2, 5, 9, 10, 11, 50, 99, 100, 101, 3600, 7199, 7200, 7201, 86400))
_NUMBER = st.integers(0, 1)
_SIZES = st.lists(st.integers(1, 400), max_size=6)
_ORDER = st.lists(st.integers(0, 7), max_size=8)
_TRICKS = st.one_of(
    st.builds(Trick.flip, st.integers(0, 400), st.integers(1, 255)),
    st.builds(Trick.truncate, st.integers(1, 400)),
    st.builds(Trick.extend, st.binary(min_size=1, max_size=20)),
    st.builds(Trick.invent, st.binary(min_size=1, max_size=300)),
    st.sampled_from((Trick.forge(), Trick.wrap())),
)

_SERVER = st.builds(
    ServerChoice, issue=st.sampled_from(_OFTEN), reissue=st.sampled_from(_OFTEN), renew=st.sampled_from(_NEVER),
    honours=_MOSTLY, lifetime=_SECONDS, hint=_SECONDS, id_when_issuing=st.sampled_from(_IDS),
    id_otherwise=st.sampled_from(_IDS), remembers=_SELDOM,
    client_auth=st.sampled_from(("never", "never", "request", "require")), ems=_MOSTLY,
    without_ems=st.sampled_from(("full", "abort", "resume")), max_fragment=_FRAGMENTS,
)  # fmt: skip
_CLIENT = st.builds(
    ClientChoice, tickets=_MOSTLY, session_ids=_MOSTLY, id_with_ticket=st.sampled_from(_IDS),
    id_without_ticket=st.sampled_from(_IDS), certificate=_SELDOM, ems=_MOSTLY,
    longest_life=st.sampled_from((604800, 604800, 50)), group=st.sampled_from(GROUPS), max_fragment=_FRAGMENTS,
)  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """Who plays, and where it is counted."""

    peer: Callable[[], AnyPeer] | None
    server: MakeServer
    client: MakeClient
    tally: Counter[str]

    def world(self, entropy: int, clients: list[ClientChoice], servers: list[ServerChoice]) -> World:
        """The parties at the beginning of a run. Beside a stranger there is one party of ours."""
        if self.peer is None:
            return World(self._clients(entropy, clients), self._servers(entropy, servers), SIDES, self.tally)
        peer = self.peer()
        if peer.forget is not None:
            peer.forget()
        if peer.role == "server":
            return World(self._clients(entropy, clients[:1]), [Stranger(peer)], ("server",), self.tally)
        return World([Stranger(peer)], self._servers(entropy, servers[:1]), ("client",), self.tally)

    def _clients(self, entropy: int, choices: list[ClientChoice]) -> list[Client]:
        made = [
            Client(number, random.Random(f"{entropy} client {number}"), self.client, self.peer is None)
            for number in range(len(choices))
        ]
        for client, choice in zip(made, choices, strict=True):
            client.choose(choice)
        return made

    def _servers(self, entropy: int, choices: list[ServerChoice]) -> list[Server]:
        made = [
            Server(number, random.Random(f"{entropy} server {number}"), self.server, self.peer is None)
            for number in range(len(choices))
        ]
        for server, choice in zip(made, choices, strict=True):
            server.choose(choice)
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
        self._failed = False

    @initialize(
        entropy=st.integers(0, 2**32 - 1), clients=st.lists(_CLIENT, min_size=1, max_size=2),
        servers=st.lists(_SERVER, min_size=1, max_size=2), cluster=_SELDOM,
    )  # fmt: skip
    def begin(
        self, entropy: int, clients: list[ClientChoice], servers: list[ServerChoice], cluster: bool
    ) -> None:
        """Clients and servers; in a cluster the servers share their ticket keys."""
        self.world = self.stage.world(entropy, clients, servers)
        first = self.world.servers[0]
        for other in self.world.servers[1:] if cluster else ():
            if isinstance(first, Server) and isinstance(other, Server):
                other.share_keys(first)

    # Connections.

    @rule(
        target=connections, client=_NUMBER, server=_NUMBER, recut=_SIZES,
        seen_when_sent=st.tuples(st.booleans(), st.booleans()),
    )  # fmt: skip
    def connect(self, client: int, server: int, recut: list[int], seen_when_sent: tuple[bool, bool]) -> Link:
        """ClientHello leaves."""
        return self.world.connect(self.world.pair(client, server), recut, seen_when_sent)

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

    @rule(connection=connections, side=st.sampled_from(SIDES), octets=st.integers(1, 300))
    def carry(self, connection: Link, side: str, octets: int) -> None:
        """Some octets arrive."""
        self.world.carry(connection, side, octets)

    @rule(connection=connections, sizes=_SIZES)
    def settle(self, connection: Link, sizes: list[int]) -> None:
        """Everything arrives, on one connection."""
        self.world.settle([connection], sizes)

    @precondition(lambda self: any(not link.passage.quiet for link in self.world.links))
    @rule(sizes=_SIZES, order=_ORDER)
    def settle_all(self, sizes: list[int], order: list[int]) -> None:
        """Everything arrives, on all connections, in turns."""
        self.world.settle(self.world.links, sizes, order)

    @rule(connection=connections, data=st.binary(min_size=1, max_size=200))
    def say(self, connection: Link, data: bytes) -> None:
        """Application data leaves."""
        self.world.say(connection, data)

    @rule(connection=consumes(connections), side=st.sampled_from(SIDES), cleanly=_MOSTLY)
    def hang_up(self, connection: Link, side: str, cleanly: bool) -> None:
        """One end closes."""
        self.world.hang_up(connection, side, cleanly)

    @rule(connection=consumes(connections), to_server=st.integers(0, 400), to_client=st.integers(0, 800))
    def lose(self, connection: Link, to_server: int, to_client: int) -> None:
        """Some octets arrive in either direction, then the network gives up."""
        if to_server:
            self.world.carry(connection, "client", to_server)
        if to_client:
            self.world.carry(connection, "server", to_client)
        self.world.lose(connection)

    # Parties.

    @rule(server=_NUMBER, retain=st.integers(0, 2))
    def rotate(self, server: int, retain: int) -> None:
        """A new ticket key."""
        self.world.rotate(self.world.servers[server % len(self.world.servers)], retain)

    @rule(clients=st.booleans(), servers=st.booleans(), seconds=_SPANS)
    def pass_time(self, clients: bool, servers: bool, seconds: int) -> None:
        """Clocks advance, on one side or on both."""
        parties = [*(self.world.clients if clients else ()), *(self.world.servers if servers else ())]
        for party in parties:
            party.clock.now += seconds
        if parties:
            whose = " and ".join([*(["clients"] if clients else []), *(["servers"] if servers else [])])
            self.world.remark(f"{seconds} s pass at {whose}")

    @rule(server=_NUMBER, choice=_SERVER)
    def retune_server(self, server: int, choice: ServerChoice) -> None:
        """A server is configured anew."""
        party = self.world.servers[server % len(self.world.servers)]
        if isinstance(party, Server):
            party.choose(choice)

    @rule(client=_NUMBER, choice=_CLIENT)
    def retune_client(self, client: int, choice: ClientChoice) -> None:
        """A client is configured anew."""
        party = self.world.clients[client % len(self.world.clients)]
        if isinstance(party, Client):
            party.choose(choice)

    @precondition(lambda self: any(isinstance(client, Client) for client in self.world.clients))
    @rule(client=_NUMBER, server=_NUMBER, trick=_TRICKS)
    def tamper(self, client: int, server: int, trick: Trick) -> None:
        """The client finds another ticket in its store than the one it had."""
        pair = self.world.pair(client, server)
        party, stranger = pair.client, isinstance(pair.server, Stranger)
        if isinstance(party, Client):
            stored = party.held(pair.server.number, pair.server.name)
            ticket = trick.apply(b"" if stored is None else stored.ticket, party.chance)
            # Corner case 33: what is appended, a stranger may honestly overlook; then the judge is told nothing.
            kind = None if stranger and trick.name == "extended" else trick.kind
            self.world.plant(pair, ticket, kind, trick.name)

    def teardown(self) -> None:
        """The last words."""
        self.world.end()


# --- for users --------------------------------------------------------------------------------------------------------


def machine(
    peer: AnyPeer | Callable[[], AnyPeer] | None = None, *, server: MakeServer = ServerConnection,
    client: MakeClient = ClientConnection, examples: int = 100, steps: int = 30, seed: int = 0,
    tally: Counter[str] | None = None,
) -> type[TicketMachine]:  # fmt: skip
    """A state machine; its `TestCase` is a test, `run_state_machine_as_test` runs it too.

    :param peer: another stack in its role, or what makes one for each run; the reference takes the other role, and only
        the peer's violations fail. Without it the reference plays both roles and both are judged.
    :param server: makes the server's connections where the reference is the server: with an edited table, say.
    :param client: the same for clients.
    :param examples: how many runs; ``steps``: how long each is at most.
    :param seed: the same seed gives the same runs, as far as the peer does not differ by itself.
    :param tally: counts what happened.
    :raises UsageError: if ``examples`` or ``steps`` is less than one.
    """
    for name, value in (("examples", examples), ("steps", steps)):
        if value < 1:
            raise UsageError(f"{name} is {value}", "at least one is needed")
    make: Callable[[], AnyPeer] | None = peer if peer is None or callable(peer) else lambda: peer
    chosen = Stage(make, server, client, Counter() if tally is None else tally)

    class Machine(TicketMachine):
        stage = chosen

    Machine.TestCase.settings = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    return use_seed(seed)(Machine)
