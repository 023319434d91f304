"""What a fault is: one defence taken out of the reference by a small declared edit.

A fault is written as a function that returns the edit; its docstring says what the faulty endpoint does. Each call
gives a new edit, so that what a fault remembers over its connections belongs to one peer alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from inspect import getdoc
from typing import Literal

from rfc5077.properties.adapters import over_reference
from rfc5077.properties.adapters.over_reference import client_config, server_config
from rfc5077.properties.adapters.peer import AnyPeer, Role
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.connection import ClientConnection, ServerConnection
from rfc5077.reference.handshake.client import CLIENT_TABLE
from rfc5077.reference.handshake.client_flight import (
    ClientHandler,
    ClientHandlers,
    ClientHandshake,
    ClientState,
    ClientTable,
)
from rfc5077.reference.handshake.config import ClientConfig, Clock, ServerConfig
from rfc5077.reference.handshake.server import SERVER_TABLE
from rfc5077.reference.handshake.server_flight import ServerHandlers, ServerState, ServerTable
from rfc5077.reference.record_layer import DEFAULT_RULES, RecordRules
from rfc5077.reference.wire.messages import Message, Signal

Verdict = Literal["violation", "advice", "note"]


def renewing() -> ServerConfig:
    """A server that renews every ticket it accepts."""
    return replace(server_config(), renew="ticket")


def asking() -> ServerConfig:
    """A server that asks for a client certificate, and goes on without."""
    return server_config(client_certificate=True)


def short_lived() -> ServerConfig:
    """A server whose tickets are too old as soon as a second has passed."""
    return replace(server_config(), ticket_lifetime_seconds=0)


def forgetful() -> ClientConfig:
    """A client that keeps no session."""
    return replace(client_config(), store=None)


def naming() -> ClientConfig:
    """A client with a session_id of its own making beside a ticket."""
    return replace(client_config(), session_id_with_ticket="fresh")


def without_tickets() -> ClientConfig:
    """A client that sends no SessionTicket extension."""
    return client_config(tickets=False)


@dataclass(frozen=True)
class ServerEdit:
    """What is different in a faulty server; the rest is the reference."""

    rows: ServerTable = field(default_factory=dict)
    """Rows that are added to the table, or replace one."""
    without: tuple[tuple[ServerState, int | Signal], ...] = ()
    """Rows that are taken out."""
    handlers: ServerHandlers = field(default_factory=ServerHandlers)
    rules: RecordRules = DEFAULT_RULES
    config: Callable[[], ServerConfig] = server_config
    """The configuration under which the fault shows; nothing in it is faulty."""
    clock: Clock = time.time

    @property
    def make(self) -> over_reference.MakeServer:
        """Makes one connection of the faulty server."""
        table = {row: take for row, take in {**SERVER_TABLE, **self.rows}.items() if row not in self.without}
        return partial(ServerConnection, table=table, handlers=self.handlers, rules=self.rules)

    def peer(
        self, config: ServerConfig | None = None, clock: Clock | None = None, twin: Callable[[], AnyPeer] | None = None
    ) -> AnyPeer:
        """The faulty server, under another configuration and clock if they are given; `twin` makes its twins."""
        return over_reference.server(
            config=config or self.config(), clock=clock or self.clock, make=self.make, twin=twin
        )

    def unedited(self, config: ServerConfig | None = None, clock: Clock | None = None) -> AnyPeer:
        """The reference under the same configuration and clock."""
        return over_reference.server(config=config or self.config(), clock=clock or self.clock)


@dataclass(frozen=True)
class ClientEdit:
    """What is different in a faulty client; the rest is the reference."""

    rows: ClientTable = field(default_factory=dict)
    """Rows that are added to the table, or replace one."""
    without: tuple[tuple[ClientState, int | Signal], ...] = ()
    """Rows that are taken out."""
    handlers: ClientHandlers = field(default_factory=ClientHandlers)
    rules: RecordRules = DEFAULT_RULES
    config: Callable[[], ClientConfig] = client_config
    """The configuration under which the fault shows; nothing in it is faulty."""
    octets: Callable[[bytes], bytes] = bytes
    """What becomes of the octets that the client sends."""
    base: ClientHandlers = field(default_factory=ClientHandlers)
    """The handlers of the client that the fault is an edit of, where the reference is laxer than that."""

    @property
    def make(self) -> over_reference.MakeClient:
        """Makes one connection of the faulty client; what becomes of its octets is not in it."""
        table = {row: take for row, take in {**CLIENT_TABLE, **self.rows}.items() if row not in self.without}
        return partial(ClientConnection, table=table, handlers=self.handlers, rules=self.rules)

    def peer(self, config: ClientConfig | None = None, clock: Clock = time.time) -> AnyPeer:
        """The faulty client, under another configuration and clock if they are given."""
        peer = over_reference.client(config=config or self.config(), clock=clock, make=self.make)
        return replace(peer, read=lambda line: self.octets(peer.read(line)))

    def unedited(self, config: ClientConfig | None = None, clock: Clock = time.time) -> AnyPeer:
        """The client without the fault, under the same configuration and clock."""
        make = partial(ClientConnection, handlers=self.base)
        return over_reference.client(config=config or self.config(), clock=clock, make=make)


Edit = Callable[[], ServerEdit] | Callable[[], ClientEdit]


@dataclass(frozen=True)
class Fault:
    """One defence taken out of the reference.

    Attributes:
        id: S-nn for a server, C-nn for a client.
        text: what the faulty endpoint does.
        clauses: what that violates; whoever tests it names one of these first, or one that says the same.
        verdict: what a tester owes to say.
        edit: what is different, anew with each call.
        source: the attack or the stack from which the fault is known; empty if none is.
    """

    id: str
    text: str
    clauses: tuple[str, ...]
    verdict: Verdict
    edit: Edit
    source: str = ""

    @property
    def role(self) -> Role:
        """Whose fault it is."""
        return "server" if self.id.startswith("S") else "client"

    def make(self) -> AnyPeer:
        """A faulty peer that has seen nobody; a server's twin is a process of its own, and as faulty."""
        edit = self.edit()
        if isinstance(edit, ServerEdit):
            return edit.peer(twin=lambda: self.edit().peer())
        return edit.peer()


def fault(
    id: str, *clauses: str, verdict: Verdict = "violation", source: str = ""
) -> Callable[[Edit], Fault]:
    """Decorator that makes a `Fault` of a function returning the edit; it registers nothing."""

    def made(edit: Edit) -> Fault:
        return Fault(id, " ".join((getdoc(edit) or "").split()), clauses, verdict, edit, source)

    return made


def only(where: Callable[[ClientHandshake], bool], take: ClientHandler) -> ClientHandler:
    """A row of a client's table that takes the message where the condition holds, and refuses it elsewhere."""

    def guarded(handshake: ClientHandshake, message: Message) -> ClientState:
        if not where(handshake):
            raise ProtocolError(Cause.UNEXPECTED_MESSAGE, f"{message.name} is refused by this client")
        return take(handshake, message)

    return guarded
