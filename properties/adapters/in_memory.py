"""The peers in memory by the names that users type."""

from collections.abc import Callable
from dataclasses import dataclass

from rfc5077.properties.adapters import over_reference, python_ssl, tlslite_ng
from rfc5077.properties.adapters.peer import AnyPeer, Role
from rfc5077.properties.errors import UsageError


@dataclass(frozen=True)
class Options:
    """What every peer in memory can be told; all have further choices of their own in their rooms."""

    tickets: bool = True
    """Whether the peer uses tickets."""
    client_certificate: bool = False
    """A server: whether it asks for a certificate (it goes on without). A client: whether it has one."""


NO_OPTIONS = Options()

PEERS: dict[tuple[str, Role], Callable[[bool, bool], AnyPeer]] = {
    ("reference", "server"): over_reference.server,
    ("reference", "client"): over_reference.client,
    ("python-ssl", "server"): python_ssl.server,
    ("python-ssl", "client"): python_ssl.client,
    ("tlslite", "server"): tlslite_ng.server,
    ("tlslite", "client"): tlslite_ng.client,
}
"""What makes each peer: told whether to use tickets, and whether client certificates are wanted."""

NAMES = tuple(dict.fromkeys(name for name, _ in PEERS))
"""The names, each of which stands for a server and a client."""


def in_memory(name: str, role: Role, options: Options = NO_OPTIONS) -> AnyPeer:
    """The peer of this name in this role, new: it has seen nobody and shares nothing with another.

    Raises `UsageError` if there is none of this name, if what it needs is not installed, or if it has no such option.
    """
    make = PEERS.get((name, role))
    if make is None:
        raise UsageError(f"no peer is called {name!r}", f"known are {', '.join(NAMES)}")
    return make(options.tickets, options.client_certificate)
