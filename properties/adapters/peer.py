"""A peer: somebody else's stack, or ours, as three callables (start a connection, write octets, read octets).

A peer is a value, checked when it is made; nothing is subclassed. Whatever its callables raise is a failure of the
harness (`HarnessError`) and says nothing about the stack: a stack that gives up on a connection sends an alert or
closes, and an adapter shows that by octets and by `closed`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from types import TracebackType
from typing import Generic, Literal, Protocol, TypeVar, get_args

from rfc5077.properties.errors import UsageError

Role = Literal["client", "server"]
"""What the peer is; the puppet that talks to it is the other."""

C = TypeVar("C")
"""The peer's own idea of a connection; only its callables look into it."""


class HarnessError(Exception):
    """The harness or an adapter failed, so nothing can be said about the peer. The cause is chained."""


class TargetLost(HarnessError):
    """A target can no longer be reached, or answers nobody any more; so nothing further can be learnt about it."""


class _Asking:
    """Turns whatever a callable of a peer raises into `HarnessError`, naming peer and callable."""

    __slots__ = ("_what",)

    def __init__(self, peer: str, what: str) -> None:
        self._what = f"{peer}: {what}"

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None and issubclass(kind, Exception) and not issubclass(kind, HarnessError):
            raise HarnessError(f"{self._what} raised {kind.__name__}: {error}") from error


class Line:
    """One connection with a peer, whatever the peer's own handle is. Every method may raise `HarnessError`."""

    __slots__ = ("_certificate", "_closed", "_end", "_established", "_peer", "_read", "_resumed", "_wait", "_write")

    def __init__(self, peer: "Peer[C]") -> None:
        with _Asking(peer.name, "connect"):
            handle = peer.connect()
        self._peer = peer.name
        self._write: Callable[[bytes], None] = lambda octets: peer.write(handle, octets)
        self._read: Callable[[], bytes] = lambda: peer.read(handle)
        self._closed = _bound(peer.closed, handle)
        self._end = _bound(peer.end, handle)
        self._established = _bound(peer.established, handle)
        self._resumed = _bound(peer.resumed, handle)
        self._certificate = _bound(peer.certificate, handle)
        wait = peer.wait
        self._wait: Callable[[float], bool] | None = None if wait is None else lambda limit: wait(handle, limit)

    def write(self, octets: bytes) -> None:
        """Delivers octets to the peer."""
        with _Asking(self._peer, "write"):
            self._write(octets)

    def read(self) -> bytes:
        """Everything the peer has said since the last call; empty if that is nothing. Does not wait in memory."""
        with _Asking(self._peer, "read"):
            octets = self._read()
            if not isinstance(octets, bytes):
                raise TypeError(f"read returned {type(octets).__name__}, not bytes")
        return octets

    @property
    def live(self) -> bool:
        """Whether the peer takes its time, so that nothing to read yet does not mean that it is silent."""
        return self._wait is not None

    def wait(self, limit: float) -> bool:
        """Waits until there is something to read or the peer has closed; false if neither came within `limit` seconds.

        True at once for a peer in memory, which has said whatever it says by the time it can be asked.
        """
        with _Asking(self._peer, "wait"):
            return self._wait is None or self._wait(limit)

    @property
    def closed(self) -> bool:
        """Whether the peer has closed the transport; false where the peer cannot tell."""
        with _Asking(self._peer, "closed"):
            return self._closed is not None and self._closed()

    def end(self) -> None:
        """Ends the transport from this side; nothing happens at a peer that has no callable for it."""
        with _Asking(self._peer, "end"):
            if self._end is not None:
                self._end()

    def established(self) -> bool | None:
        """Whether the peer takes its handshake for complete; None if it does not say."""
        with _Asking(self._peer, "established"):
            return None if self._established is None else self._established()

    def resumed(self) -> bool | None:
        """Whether the peer says that it resumed a session; None if it does not say."""
        with _Asking(self._peer, "resumed"):
            return None if self._resumed is None else self._resumed()

    def certificate(self) -> bytes | None:
        """The other side's certificate as the peer's application is told it (DER); empty for none; None if it does not
        say."""
        with _Asking(self._peer, "certificate"):
            return None if self._certificate is None else self._certificate()


T = TypeVar("T")


class AnyPeer(Protocol):
    """A peer, where nobody asks what its own handle of a connection is."""

    @property
    def name(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def rotate_keys(self) -> Callable[[], None] | None: ...
    @property
    def forget(self) -> Callable[[], None] | None: ...
    @property
    def live(self) -> bool: ...
    @property
    def controls(self) -> "Controls": ...
    def open(self) -> Line:
        """A new connection."""


@dataclass(frozen=True, kw_only=True)
class Controls:
    """What a tester may turn at a peer beside its connections; what cannot be turned is None.

    A peer that comes out of a control shares nothing but what is said with the one that it is asked of.
    """

    restore: Callable[[], None] | None = None
    """The peer's clock and ticket keys are what they were at first."""
    advance: Callable[[float], None] | None = None
    """The peer's clock goes forward by so many seconds, or back if they are negative."""
    hint: int | None = None
    """The lifetime hint, in seconds, that a server was told to give with each ticket of a new session."""
    add_key: Callable[[], None] | None = None
    """A server gets a new key for sealing tickets, and still opens those of its other keys."""
    lose_keys: Callable[[], None] | None = None
    """A server has no key for tickets any more, though it was told to issue some."""
    sealing_key: Callable[[], bytes] | None = None
    """The newest key of a server that seals as RFC 5077, section 4, recommends: name, encryption key, MAC key."""
    twin: Callable[[], "AnyPeer"] | None = None
    """Another server with the same ticket keys."""
    stranger: Callable[[], "AnyPeer"] | None = None
    """Another server with other ticket keys."""
    demanding_twin: Callable[[], "AnyPeer"] | None = None
    """Another server with the same ticket keys, which demands a client certificate."""
    elsewhere: Callable[[], "AnyPeer"] | None = None
    """The same client with its sessions, connecting to another server of the same name."""
    renamed: Callable[[], "AnyPeer"] | None = None
    """The same client with its sessions, connecting to the same server by another name."""
    other_suites: Callable[[], "AnyPeer"] | None = None
    """The same client with its sessions, offering none of the suites that it did."""


NO_CONTROLS = Controls()


def _bound(ask: Callable[[C], T] | None, handle: C) -> Callable[[], T] | None:
    return None if ask is None else lambda: ask(handle)


@dataclass(frozen=True)
class Peer(Generic[C]):
    """A stack under test in one role.

    For a client, `connect` starts a connection and the first `read` brings its ClientHello. The keyword callables are
    optional: a peer without them is judged by its octets alone.

    Raises `UsageError` when a field is not what it should be.
    """

    name: str
    role: Role
    connect: Callable[[], C]
    """Starts a connection."""
    write: Callable[[C, bytes], None]
    """Delivers octets. After the peer closed, they are lost, as on a network."""
    read: Callable[[C], bytes]
    """What the peer has sent and nobody has read; `b""` for nothing now."""
    closed: Callable[[C], bool] | None = field(default=None, kw_only=True)
    """Whether the peer has closed the transport."""
    end: Callable[[C], None] | None = field(default=None, kw_only=True)
    """Tells the peer that the transport ended on the other side."""
    established: Callable[[C], bool | None] | None = field(default=None, kw_only=True)
    """Whether the peer takes its handshake for complete."""
    resumed: Callable[[C], bool | None] | None = field(default=None, kw_only=True)
    """Whether the peer says that it resumed."""
    certificate: Callable[[C], bytes | None] | None = field(default=None, kw_only=True)
    """The other side's certificate as the peer's application is told it (DER); empty for none."""
    wait: Callable[[C, float], bool] | None = field(default=None, kw_only=True)
    """A live peer's: waits until there is something to read or the peer has closed, for so many seconds at most."""
    rotate_keys: Callable[[], None] | None = field(default=None, kw_only=True)
    """A server's: new keys for sealing tickets; what was sealed before can no longer be opened."""
    forget: Callable[[], None] | None = field(default=None, kw_only=True)
    """A client's: the next connection begins without a session."""
    controls: Controls = field(default=NO_CONTROLS, kw_only=True)

    def __post_init__(self) -> None:
        if self.role not in get_args(Role):
            raise UsageError(f"a peer's role is {self.role!r}", "it is 'client' or 'server'")
        if not isinstance(self.name, str) or not self.name:
            raise UsageError(f"a peer's name is {self.name!r}", "give it a name for the reports")
        required = ("connect", "write", "read")
        for item in fields(self)[2:]:
            value = getattr(self, item.name)
            if isinstance(value, Controls):
                continue
            if not callable(value) and (value is not None or item.name in required):
                raise UsageError(
                    f"peer {self.name}: {item.name} is {value!r}",
                    "a peer is made of the callables connect(), write(connection, octets) and read(connection)",
                )

    @property
    def live(self) -> bool:
        """Whether the peer takes its time, so that nothing to read yet does not mean that it is silent."""
        return self.wait is not None

    def open(self) -> Line:
        """A new connection. Raises `HarnessError` if the peer fails to start one."""
        return Line(self)
