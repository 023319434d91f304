"""Who takes part in a stateful run: clients and servers of ours, each with a clock, and a stack of somebody else's.

What a party chooses is a value; what it draws comes from the entropy that it is given. So a run replays.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

from rfc5077.model.event import Extension
from rfc5077.properties.adapters.identity import identity, seeded
from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.suite.network import OwnEnd, PeerEnd
from rfc5077.reference.connection import ClientConnection, ServerConnection
from rfc5077.reference.handshake.config import (
    ClientAuth,
    ClientConfig,
    Clock,
    Issue,
    ServerConfig,
    SessionId,
    WithoutEms,
)
from rfc5077.reference.keys.credentials import Credentials, TrustAnchors, self_signed
from rfc5077.reference.keys.exchange import Entropy
from rfc5077.reference.keys.suites import DEFAULT_SUITES, Group
from rfc5077.reference.ticket.format import TicketKey, seal
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.store import LONGEST_LIFE, FinishedVerified, SessionCache, StoredTicket, TicketStore
from rfc5077.reference.wire.record import MAX_PLAINTEXT, TLS_1_2

NAMES = ("localhost", "other.example")
"""The servers' host names."""

ORIGIN = 1_800_000_000.0
"""Where clocks begin among ourselves, in seconds since 1970; with strangers they begin now, as theirs do."""

MakeServer = Callable[[ServerConfig, Clock, Entropy], ServerConnection]
MakeClient = Callable[[ClientConfig, Clock, Entropy], ClientConnection]
"""`ServerConnection` and `ClientConnection` themselves, or with an edited table, handlers or rules."""

GROUPS = (Group.X25519, Group.SECP256R1)


@dataclass(frozen=True)
class ServerChoice:
    """What a server may choose, as in `ServerConfig`; seconds and octets."""

    issue: Issue = "ticket"
    reissue: Issue = "ticket"
    renew: Issue = "never"
    honours: bool = True
    lifetime: int = 7200
    hint: int = 7200
    id_when_issuing: SessionId = "empty"
    id_otherwise: SessionId = "empty"
    remembers: bool = False
    client_auth: ClientAuth = "never"
    ems: bool = True
    without_ems: WithoutEms = "full"
    max_fragment: int = MAX_PLAINTEXT


@dataclass(frozen=True)
class ClientChoice:
    """What a client may choose, as in `ClientConfig`; seconds and octets."""

    tickets: bool = True
    session_ids: bool = True
    id_with_ticket: SessionId = "empty"
    id_without_ticket: SessionId = "empty"
    certificate: bool = False
    ems: bool = True
    longest_life: int = LONGEST_LIFE
    group: Group = Group.X25519
    max_fragment: int = MAX_PLAINTEXT


class Watch:
    """A clock that moves when told to."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def watch(among_ourselves: bool) -> Watch:
    """A clock at its beginning."""
    return Watch(ORIGIN if among_ourselves else float(int(time.time())))


@cache
def credentials(name: str, among_ourselves: bool) -> Credentials:
    """Key and certificate of this name: the same in every run among ourselves, else those that adapters trust."""
    return self_signed(name, ORIGIN, seeded(f"credentials of {name}")) if among_ourselves else identity(name)


@cache
def anchors(name: str, among_ourselves: bool) -> TrustAnchors:
    """Trust in exactly this party."""
    return TrustAnchors(credentials(name, among_ourselves).chain)


class Server:
    """A server of ours."""

    def __init__(self, number: int, chance: random.Random, make: MakeServer, among_ourselves: bool) -> None:
        """`chance` is where its entropy comes from; `among_ourselves` whether its clients are ours."""
        self.number = number
        self.name = NAMES[number]
        self.clock = watch(among_ourselves)
        self.chance = chance
        self.choice = ServerChoice()
        self.config = ServerConfig(
            credentials=(credentials(self.name, among_ourselves),),
            client_roots=anchors("client", among_ourselves),
        )
        self._make = make
        self._cache = SessionCache()
        self._echoes = among_ourselves

    def choose(self, **changes: object) -> None:
        """Fields of `ServerChoice` that hold for connections from now on."""
        choice = self.choice = replace(self.choice, **changes)  # type: ignore[arg-type]  # checked by the config
        self.config = replace(
            self.config, issue=choice.issue, reissue=choice.reissue, renew=choice.renew,
            honour_tickets=choice.honours, ticket_lifetime_seconds=choice.lifetime, lifetime_hint=choice.hint,
            session_id_when_issuing=choice.id_when_issuing, session_id_otherwise=choice.id_otherwise,
            session_cache=self._cache if choice.remembers else None, client_auth=choice.client_auth,
            ems=choice.ems, without_ems=choice.without_ems, max_fragment=choice.max_fragment,
        )  # fmt: skip

    def rotate(self, retain: int) -> None:
        """A new ticket key; so many of the old still open tickets."""
        self.config = replace(self.config, key_ring=self.config.key_ring.rotate(new_key(self.chance), retain))

    def share_keys(self, other: Server) -> None:
        """Takes the ticket keys of another server, as in a cluster."""
        self.config = replace(self.config, key_ring=other.config.key_ring)

    def opens(self, ticket: bytes) -> bool:
        """Whether the key that a ticket names is in the ring."""
        return any(ticket.startswith(key.name) for key in self.config.key_ring.keys)

    def open(self) -> OwnEnd:
        """A new connection."""
        return OwnEnd(self._make(self.config, self.clock, self.chance.randbytes), echoes=self._echoes)


def new_key(chance: random.Random) -> TicketKey:
    """A ticket key."""
    return TicketKey.split(chance.randbytes(64))


class Client:
    """A client of ours, with one store for all servers."""

    def __init__(self, number: int, chance: random.Random, make: MakeClient, among_ourselves: bool) -> None:
        """The parameters are those of `Server`."""
        self.number = number
        self.clock = watch(among_ourselves)
        self.chance = chance
        self.store = TicketStore()
        self.choice = ClientChoice()
        self._make = make
        self._among_ourselves = among_ourselves
        self._configs: dict[int, ClientConfig] = {}

    def choose(self, **changes: object) -> None:
        """Fields of `ClientChoice` that hold for connections from now on."""
        self.choice = replace(self.choice, **changes)  # type: ignore[arg-type]  # checked by the config
        self._configs.clear()

    def config(self, server: int, name: str) -> ClientConfig:
        """How this client speaks to the server of this number and name."""
        known = self._configs.get(server)
        if known is None:
            choice = self.choice
            known = self._configs[server] = ClientConfig(
                server_name=name, roots=anchors(name, self._among_ourselves), store=self.store, peer=str(server),
                tickets=choice.tickets, session_ids=choice.session_ids, session_id_with_ticket=choice.id_with_ticket,
                session_id_without_ticket=choice.id_without_ticket, longest_ticket_life=choice.longest_life,
                credentials=credentials("client", self._among_ourselves) if choice.certificate else None,
                ems=choice.ems, max_fragment=choice.max_fragment,
                groups=(choice.group, *(group for group in GROUPS if group is not choice.group)),
            )  # fmt: skip
        return known

    def open(self, server: int, name: str) -> OwnEnd:
        """A new connection, ClientHello queued."""
        return OwnEnd(self._make(self.config(server, name), self.clock, self.chance.randbytes), echoes=False)

    def held(self, server: int, name: str) -> StoredTicket | None:
        """What the store holds for this server, if it is a ticket."""
        stored = self.store.find(self.config(server, name).store_key, self.clock())
        return stored if stored is not None and stored.ticket else None

    def plant(self, server: int, name: str, ticket: bytes) -> None:
        """Puts other octets in the place of the ticket for this server; without one, a session is made up as well."""
        stored = self.held(server, name)
        if stored is None:
            session = Session(
                TLS_1_2, DEFAULT_SUITES[0], self.chance.randbytes(48), self.choice.ems, name, (), int(self.clock())
            )
            key, now = self.config(server, name).store_key, self.clock()
            stored = StoredTicket(key, ticket, session, now, now + self.choice.longest_life)
        self.store.keep(replace(stored, ticket=ticket), FinishedVerified(b"planted"))


class Stranger:
    """Somebody else's stack, in either role; the first server by name."""

    def __init__(self, peer: AnyPeer) -> None:
        self.number = 0
        self.name = NAMES[0]
        self.peer = peer
        self.clock = watch(among_ourselves=False)

    def open(self, *_: object) -> PeerEnd:
        """A new connection."""
        return PeerEnd(self.peer.open())


# --- tickets that are not what they were ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trick:
    """What becomes of a ticket in a client's store: `apply` makes it of the one that is there, `b""` for none."""

    name: str
    kind: Extension
    """What the server that gets it makes of it, if nothing is wrong with that server."""
    apply: Callable[[bytes, random.Random], bytes] = field(repr=False)

    @classmethod
    def flip(cls, place: int, mask: int) -> Trick:
        """One octet altered; `mask` is not zero."""
        return cls("altered in one octet", Extension.DAMAGED, lambda ticket, _: _flipped(ticket, place, mask))

    @classmethod
    def truncate(cls, length: int) -> Trick:
        """The end cut off."""
        return cls("truncated", Extension.DAMAGED, lambda ticket, _: ticket[: length % len(ticket)] if ticket else b"")

    @classmethod
    def extend(cls, tail: bytes) -> Trick:
        """Octets appended."""
        return cls("extended", Extension.DAMAGED, lambda ticket, _: ticket + tail if ticket else b"")

    @classmethod
    def invent(cls, octets: bytes) -> Trick:
        """What nobody has ever issued."""
        return cls("made up", Extension.FOREIGN, lambda _, __: octets)

    @classmethod
    def forge(cls) -> Trick:
        """Our own format, under a key of nobody's."""
        return cls("sealed under a foreign key", Extension.FOREIGN, lambda _, chance: _forged(chance))

    @classmethod
    def wrap(cls) -> Trick:
        """The length repeated in front, as RFC 4507 had it; the client cannot know, so it breaks nothing."""
        return cls("wrapped as in RFC 4507", Extension.FOREIGN, lambda ticket, _: _wrapped(ticket))


def _flipped(ticket: bytes, place: int, mask: int) -> bytes:
    if not ticket:
        return b""
    place %= len(ticket)
    return ticket[:place] + bytes((ticket[place] ^ mask,)) + ticket[place + 1 :]


def _forged(chance: random.Random) -> bytes:
    session = Session(TLS_1_2, DEFAULT_SUITES[0], chance.randbytes(48), True, NAMES[0], (), int(ORIGIN))
    return seal(new_key(chance), session, chance.randbytes(16))


def _wrapped(ticket: bytes) -> bytes:
    return len(ticket).to_bytes(2, "big") + ticket
