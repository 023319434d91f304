"""What a puppet and its peer have agreed on, and what the puppet remembers of it: right as far as it exists.

A puppet says whatever it is told to, in any order. So its state follows from the messages that passed, whoever sent
them and whether they were due, and never decides what may be said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from rfc5077.properties.adapters.identity import seeded
from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.keys import schedule
from rfc5077.reference.keys.exchange import Share, make_share
from rfc5077.reference.keys.protection import RecordProtection, protect
from rfc5077.reference.keys.suites import Group
from rfc5077.reference.wire.hello import ClientHello, ExtensionType, ServerHello
from rfc5077.reference.wire.messages import ClientKeyExchange, HandshakeType, ServerKeyExchange

NO_SECRET = bytes(schedule.MASTER_SECRET_LENGTH)
"""What an attacker uses who has no master secret: zeros. As an HMAC key they equal an empty secret, so this is also
what an endpoint uses that takes an early ChangeCipherSpec (CVE-2014-0224)."""

FULL_ONLY = (
    HandshakeType.CERTIFICATE,
    HandshakeType.SERVER_KEY_EXCHANGE,
    HandshakeType.CERTIFICATE_REQUEST,
    HandshakeType.SERVER_HELLO_DONE,
)
"""Messages by which a server shows that it resumes nothing (RFC 5246, section 7.3)."""

LABELS = {"client": schedule.CLIENT_FINISHED, "server": schedule.SERVER_FINISHED}


@cache
def share(group: Group) -> Share:
    """The puppets' key for this curve: always the same, for a tester need not be safe."""
    return make_share(group, seeded(f"a puppet's {group.name} key"))


@dataclass(frozen=True, slots=True)
class Session:
    """What resumes a session: master secret (48 octets), suite, and whether the secret is extended (RFC 7627)."""

    secret: bytes
    suite: int
    extended: bool


@dataclass
class Memory:
    """What a puppet remembers over all connections with one peer."""

    tickets: dict[bytes, Session] = field(default_factory=dict)
    """Every ticket the peer gave or got, in order."""
    renewed: set[bytes] = field(default_factory=set)
    """Those among them for which another was issued in exchange."""
    ids: dict[bytes, Session] = field(default_factory=dict)
    """Every session id the server made, in order."""
    farewell: Callable[[], None] | None = None
    """What ends the latest connection in good order, if that matters to the peer."""

    def take_leave(self) -> None:
        """Ends the latest connection, before another one begins."""
        if self.farewell is not None:
            self.farewell()

    @property
    def live(self) -> bytes | None:
        """The newest ticket that was not renewed."""
        return next((ticket for ticket in reversed(self.tickets) if ticket not in self.renewed), None)

    @property
    def old(self) -> bytes | None:
        """The newest ticket that was renewed."""
        return next((ticket for ticket in reversed(self.tickets) if ticket in self.renewed), None)

    @property
    def cached_id(self) -> bytes | None:
        """The newest session id of the server's making."""
        return next(reversed(self.ids), None)


class Handshake:
    """Transcript, randoms and secrets of one handshake."""

    def __init__(self, previous: dict[str, bytes] | None = None) -> None:
        self.previous = previous or {"client": b"", "server": b""}
        """Finished of the handshake that this one renegotiates, by sender (RFC 5746, section 3.1)."""
        self.offered: tuple[Session, ...] = ()
        """Sessions that ClientHello offered, as far as the puppet knows them; a ticket's before an id's."""
        self.transcript = schedule.Transcript()
        self.without_ticket: schedule.Transcript | None = None
        """The transcript of an endpoint that leaves NewSessionTicket out; None until there is one."""
        self.randoms = {"client": bytes(32), "server": bytes(32)}
        self.client_hello: ClientHello | None = None
        self.server_hello: ServerHello | None = None
        self.full = False
        """Whether the server has sent what it sends in full handshakes alone."""
        self.share: Share | None = None
        self.public: bytes | None = None
        """The peer's ephemeral share."""
        self.agreed: bytes | None = None
        """The secret that opened the peer's protected records."""
        self.verify_data: dict[str, bytes] = {}
        """Finished as it came, by sender."""
        self._session_hash: bytes | None = None
        self._master: bytes | None = None

    @property
    def complete(self) -> bool:
        """Whether both have sent Finished."""
        return len(self.verify_data) == 2

    @property
    def extended(self) -> bool:
        """Whether both hellos say extended master secret; its body does not matter here."""
        hellos = (self.client_hello, self.server_hello)
        return all(h is not None and h.extension(ExtensionType.EXTENDED_MASTER_SECRET) is not None for h in hellos)

    def secrets(self) -> tuple[bytes, ...]:
        """The master secrets that may be in force now, the likeliest first; none if nothing was agreed."""
        if self.agreed is not None:
            return (self.agreed,)
        if self._master is not None:
            return (self._master,)
        if self.full or self.server_hello is None:
            return ()
        return tuple(session.secret for session in self.offered)

    @property
    def session(self) -> Session | None:
        """What could be resumed from this handshake, once a secret is agreed."""
        secrets = self.secrets()
        if not secrets or self.server_hello is None:
            return None
        return Session(secrets[0], self.server_hello.cipher_suite, self.extended)

    def protection(self, secret: bytes, writer: str) -> RecordProtection:
        """Fresh keys of one direction."""
        keys = schedule.key_block(secret, self.randoms["client"], self.randoms["server"])
        return protect(keys.client if writer == "client" else keys.server)

    def finished(self, sender: str, omits_ticket: bool = False) -> bytes:
        """verify_data as `sender` owes it now, under zeros if there is no secret."""
        transcript = self.without_ticket if omits_ticket and self.without_ticket is not None else self.transcript
        secret = next(iter(self.secrets()), NO_SECRET)
        return schedule.verify_data(secret, LABELS[sender], transcript.digest())

    def note(self, sender: str, own: bool, kind: int, body: bytes, octets: bytes) -> None:
        """Takes a message into account that passed; `own` if the puppet sent it."""
        if kind == HandshakeType.HELLO_REQUEST:  # R5246-7.4.1.1-01
            return
        if kind == HandshakeType.NEW_SESSION_TICKET:
            self.without_ticket = self.without_ticket or self.transcript.copy()
        elif self.without_ticket is not None:
            self.without_ticket.add(octets)
        self.transcript.add(octets)
        self.full = self.full or (sender == "server" and kind in FULL_ONLY)
        if kind in (HandshakeType.CLIENT_HELLO, HandshakeType.SERVER_HELLO) and len(body) >= 34:
            self.randoms[sender] = body[2:34]
        if kind == HandshakeType.FINISHED:
            self.verify_data[sender] = body
        try:
            self._look_inside(own, kind, body)
        except ProtocolError:
            return  # the event says that it is malformed; no secret comes of it

    def _look_inside(self, own: bool, kind: int, body: bytes) -> None:
        """Draws secrets out of a message. Raises `ProtocolError` if it cannot be read or holds no valid point."""
        if kind == HandshakeType.CLIENT_HELLO:
            self.client_hello = ClientHello.parse(body, strict=False)
        elif kind == HandshakeType.SERVER_HELLO:
            self.server_hello = ServerHello.parse(body, strict=False)
        elif kind == HandshakeType.SERVER_KEY_EXCHANGE:
            offer = ServerKeyExchange.parse(body)
            self.share = share(Group(offer.group)) if offer.group in set(Group) else None
            self.public = self.public if own else offer.public
        elif kind == HandshakeType.CLIENT_KEY_EXCHANGE:
            self._session_hash = self.transcript.digest()
            self.public = self.public if own else ClientKeyExchange.parse(body).public
        else:
            return
        if self._session_hash is not None and self.share is not None and self.public is not None:
            pre_master = self.share.agree(self.public)
            if self.extended:
                self._master = schedule.extended_master_secret(pre_master, self._session_hash)
            else:
                randoms = self.randoms
                self._master = schedule.master_secret(pre_master, randoms["client"], randoms["server"])
