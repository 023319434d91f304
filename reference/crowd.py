"""Who is connected to a server, and who has to go when there are too many: whoever has been in its handshake longest.

A handshake takes milliseconds, so those who linger in it are not the ones to be served; established peers stay.
"""

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

Peer = TypeVar("Peer", bound=Hashable)


class Crowd(Generic[Peer]):
    """Peers in the order in which they came, `most` at once; safe to share between threads."""

    def __init__(self, most: int) -> None:
        if most < 1:
            raise ValueError(f"most: {most} is less than 1")
        self._most = most
        self._shaking: dict[Peer, None] = {}
        self._established: set[Peer] = set()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._shaking) + len(self._established)

    def enter(self, peer: Peer) -> Peer | None:
        """A newcomer; returns who has to go for it, perhaps the newcomer itself, or None."""
        with self._lock:
            full = len(self) >= self._most
            self._shaking[peer] = None
            return self._oldest() if full else None

    def oldest(self) -> Peer | None:
        """Who has been in its handshake longest, and is no longer counted; None if nobody is in one."""
        with self._lock:
            return self._oldest()

    def _oldest(self) -> Peer | None:
        peer = next(iter(self._shaking), None)
        if peer is not None:
            del self._shaking[peer]
        return peer

    def establish(self, peer: Peer) -> None:
        """Its handshake is complete."""
        with self._lock:
            if peer in self._shaking:
                del self._shaking[peer]
                self._established.add(peer)

    def leave(self, peer: Peer) -> None:
        """It is gone, by itself or because it had to."""
        with self._lock:
            self._shaking.pop(peer, None)
            self._established.discard(peer)

    def everybody(self) -> tuple[Peer, ...]:
        """All who are here."""
        with self._lock:
            return (*self._shaking, *self._established)
