"""A second server beside the one under test, at an address of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rfc5077.properties.adapters.peer import AnyPeer, Peer
from rfc5077.properties.adapters.sockets import listening_server
from rfc5077.properties.errors import UsageError


def beside(peer: AnyPeer, twin: str | None, stranger: str | None) -> AnyPeer:
    """The peer, with servers that share its ticket keys, or have others, at HOST:PORT; as it is where None is said.

    Raises UsageError if the peer is no server, or if nothing listens there.
    """
    if twin is None and stranger is None:
        return peer
    if peer.role != "server" or not isinstance(peer, Peer):
        raise UsageError(f"{peer.name} is a {peer.role}: a second server stands beside a server", "Leave it out")
    return replace(peer, controls=replace(peer.controls, twin=_at(twin), stranger=_at(stranger)))


def _at(address: str | None) -> Callable[[], AnyPeer] | None:
    """What makes the server at this address, which is reached at once to see whether it is there."""
    if address is None:
        return None
    found = listening_server(address)
    return lambda: found
