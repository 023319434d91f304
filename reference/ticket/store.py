"""What a client remembers of tickets, and what a server remembers of session ids.

Both are bounded and safe to share between threads; both get the time passed in, in seconds.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from rfc5077.reference.ticket.session import Session

MAX_TICKET = 2**16 - 1 - 2**10
"""Octets of a ticket that surely fits in a ClientHello beside everything else; longer ones are not kept."""

LONGEST_LIFE = 7 * 24 * 3600
"""Seconds a client keeps a ticket at most, whatever the hint says (R5077-3.3-17, R5077-5.6-04)."""


@dataclass(frozen=True, slots=True)
class StoreKey:
    """What has to be the same for a session to be offered again.

    `server_name` and `peer` (address as the caller knows it) say who; `trust` is a digest of how that was checked and
    as whom the client showed itself, so that no session crosses from one policy to another.
    """

    server_name: str
    peer: str = ""
    trust: bytes = b""


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A session that can be offered: by `ticket`, or, where that is empty, by `session_id` (RFC 5246, 7.4.1.2).

    `received_at` and `expires_at` are seconds of the client's clock.
    """

    key: StoreKey
    ticket: bytes
    session: Session
    received_at: float
    expires_at: float
    session_id: bytes = b""


@dataclass(frozen=True, slots=True)
class FinishedVerified:
    """The proof that the server's Finished was verified; only the check of Finished makes one. R5077-3.3-06."""

    verify_data: bytes = field(repr=False)


def end_of_life(received_at: float, hint: int, longest: int = LONGEST_LIFE) -> float:
    """When a ticket is to be deleted: `hint` seconds after receipt (R5077-3.3-14), at the latest after `longest`;
    a hint of 0 says nothing (R5077-3.3-15)."""
    return received_at + (min(hint, longest) if hint else longest)


class StoreError(Exception):
    """A store that cannot be used now: locked, damaged, full. Its one line names the file; what it held is intact."""


class ClientStore(Protocol):
    """Where a client keeps its sessions: `TicketStore` in memory, `sqlite_store.SqliteStore` in a file."""

    def keep(self, ticket: StoredTicket, proof: FinishedVerified) -> None:
        """Remembers a session in place of the one under its key. Raises StoreError."""

    def find(self, key: StoreKey, now: float) -> StoredTicket | None:
        """What can be offered now. Raises StoreError."""

    def forget(self, ticket: StoredTicket) -> None:
        """Deletes this ticket, unless another has taken its place meanwhile. Raises StoreError."""


class TicketStore:
    """A client's sessions, at most one per key, the newest; the longest unused goes when the store is full."""

    def __init__(self, capacity: int = 1000) -> None:
        if capacity < 1:
            raise ValueError(f"capacity: {capacity} is less than 1")
        self._capacity = capacity
        self._entries: OrderedDict[StoreKey, StoredTicket] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def keep(self, ticket: StoredTicket, proof: FinishedVerified) -> None:
        """Remembers a session; what was there under its key is gone (R5077-3.3-09).

        `proof` is not read: that it exists is the point (R5077-3.3-06).
        """
        del proof
        with self._lock:
            self._entries[ticket.key] = ticket
            self._entries.move_to_end(ticket.key)
            if len(self._entries) > self._capacity:
                self._entries.popitem(last=False)

    def find(self, key: StoreKey, now: float) -> StoredTicket | None:
        """What can be offered now. A ticket at the end of its life is deleted, its session too (R5077-3.3-16)."""
        with self._lock:
            ticket = self._entries.get(key)
            if ticket is None:
                return None
            if now >= ticket.expires_at:
                del self._entries[key]
                return None
            self._entries.move_to_end(key)
            return ticket

    def forget(self, ticket: StoredTicket) -> None:
        """Deletes this ticket, unless another has taken its place meanwhile."""
        with self._lock:
            if self._entries.get(ticket.key) == ticket:
                del self._entries[ticket.key]

    def clear(self) -> None:
        """Deletes all tickets."""
        with self._lock:
            self._entries.clear()


class SessionCache:
    """A server's sessions by session id (RFC 5246, section 7.4.1.2); the oldest goes when the cache is full."""

    def __init__(self, capacity: int = 1000, lifetime_seconds: int = 24 * 3600) -> None:
        for name, value in (("capacity", capacity), ("lifetime_seconds", lifetime_seconds)):
            if value < 1:
                raise ValueError(f"{name}: {value} is less than 1")
        self._capacity = capacity
        self._lifetime = lifetime_seconds
        self._entries: OrderedDict[bytes, Session] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, session_id: bytes, session: Session) -> None:
        """Remembers a session under a non-empty id."""
        if not session_id:
            raise ValueError("session_id: an empty one names no session")
        with self._lock:
            self._entries[session_id] = session
            if len(self._entries) > self._capacity:
                self._entries.popitem(last=False)

    def get(self, session_id: bytes, now: float) -> Session | None:
        """The session of that id, None if there is none or its time is over."""
        with self._lock:
            session = self._entries.get(session_id)
            if session is not None and not 0 <= now - session.created < self._lifetime:
                del self._entries[session_id]
                return None
            return session

    def forget(self, session_id: bytes) -> None:
        """Deletes the session of that id, if there is one (R5246-7.2-01)."""
        with self._lock:
            self._entries.pop(session_id, None)
