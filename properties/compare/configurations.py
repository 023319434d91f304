"""Configurations of the reference that show what RFC 5077 leaves open: each has another profile of the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from rfc5077.properties.adapters import over_reference
from rfc5077.properties.adapters.peer import AnyPeer, Role
from rfc5077.reference.handshake.config import ClientConfig, ServerConfig

ServerEdit = Callable[[ServerConfig], ServerConfig]
ClientEdit = Callable[[ClientConfig], ClientConfig]


@dataclass(frozen=True)
class Configuration:
    """One of them; `make` makes a peer that has seen nobody."""

    name: str
    role: Role
    make: Callable[[], AnyPeer]
    advised: frozenset[str] = frozenset()
    """Clauses of advice that it does not follow, on purpose."""


def _server(
    name: str, edit: ServerEdit = lambda it: it, *, tickets: bool = True, asks: bool = False, advised: str = ""
) -> Configuration:
    config = over_reference.server_config(tickets, asks)
    make = lambda: over_reference.server(config=edit(config))  # noqa: E731
    return Configuration(name, "server", make, frozenset(advised.split()))


def _client(name: str, edit: ClientEdit = lambda it: it, *, tickets: bool = True, shows: bool = False) -> Configuration:
    return Configuration(
        name, "client", lambda: over_reference.client(config=edit(over_reference.client_config(tickets, shows)))
    )


SERVERS = (
    _server("as it comes"),
    _server("renews every ticket", lambda it: replace(it, renew="ticket")),
    _server("renews by empty tickets", lambda it: replace(it, renew="empty")),
    _server("issues empty tickets", lambda it: replace(it, issue="empty", reissue="empty")),
    _server("issues none for a rejected ticket", lambda it: replace(it, reissue="never")),
    _server("honours no ticket", lambda it: replace(it, honour_tickets=False)),
    _server("has no tickets", tickets=False),
    _server("has no cache", lambda it: replace(it, session_cache=None)),
    _server("gives an id beside tickets", lambda it: replace(it, session_id_when_issuing="fresh"),
            advised="R5077-3.4-01"),
    _server("gives no id", lambda it: replace(it, session_id_otherwise="empty")),
    _server("asks for a certificate", asks=True),
    _server("asks for a certificate and renews", lambda it: replace(it, renew="ticket"), asks=True),
)  # fmt: skip
CLIENTS = (
    _client("as it comes"),
    _client("has no tickets", tickets=False),
    _client("has a certificate", shows=True),
    _client("sends an id beside tickets", lambda it: replace(it, session_id_with_ticket="fresh")),
    _client("always sends an id", lambda it: replace(
        it, session_id_with_ticket="fresh", session_id_without_ticket="fresh")),
    _client("keeps no session by its id", lambda it: replace(it, session_ids=False)),
    _client("keeps nothing", lambda it: replace(it, store=None)),
)  # fmt: skip
CONFIGURATIONS = (*SERVERS, *CLIENTS)
