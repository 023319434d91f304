"""What a connection tells its user: events, and the secrets for those who log keys."""

from dataclasses import dataclass, field

from rfc5077.reference.alerts import AlertDescription, AlertLevel
from rfc5077.reference.handshake.machine import key_log_line


@dataclass(frozen=True, slots=True)
class HandshakeCompleted:
    """The connection is established.

    Attributes:
        resumed: abbreviated (True) or full (False) handshake.
        ticket: whether this handshake brought a new, non-empty ticket.
        server_name: the host name the client asked for, None if it named none.
        protocol: the application protocol agreed by ALPN, None without.
        renegotiated: whether it was established before already (RFC 5746).
    """

    resumed: bool
    ticket: bool
    server_name: str | None
    protocol: str | None = None
    renegotiated: bool = False


@dataclass(frozen=True, slots=True)
class DataReceived:
    """Application data."""

    data: bytes


@dataclass(frozen=True, slots=True)
class AlertReceived:
    """An alert of the peer's, close_notify excepted. `description` is a plain int if the number is unknown."""

    level: AlertLevel
    description: AlertDescription | int

    @property
    def name(self) -> str:
        """`handshake_failure` and so on; `alert 99` for a number that is unknown."""
        known = self.description
        return known.name.lower() if isinstance(known, AlertDescription) else f"alert {known}"


@dataclass(frozen=True, slots=True)
class PeerClosed:
    """Nothing more comes. `clean`: by close_notify; otherwise the transport just ended (truncation is possible)."""

    clean: bool


Event = HandshakeCompleted | DataReceived | AlertReceived | PeerClosed


@dataclass(frozen=True, slots=True)
class Secrets:
    """For testers and key logs: both randoms and the master secret, empty as long as there is none."""

    client_random: bytes
    server_random: bytes
    master_secret: bytes = field(repr=False)

    @property
    def key_log_line(self) -> str:
        """The line of an SSLKEYLOGFILE."""
        return key_log_line(self.client_random, self.master_secret)
