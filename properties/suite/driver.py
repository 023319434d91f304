"""Puppets: model events to octets. They say any message at any time, whatever the peer has said before.

What a message needs and nobody has is replaced by what an attacker would send: zeros for a master secret that was never
agreed, plain records before ChangeCipherSpec. A ticket or session id that does not exist cannot be replaced
(`HarnessError`).
"""

from __future__ import annotations

from collections.abc import Callable

from rfc5077.model.event import Certificates, Content, Event, Extension, Message, SessionId, Ticket
from rfc5077.properties.adapters.identity import identity, seeded
from rfc5077.properties.adapters.peer import AnyPeer, HarnessError
from rfc5077.properties.suite.agreement import Memory, Session, share
from rfc5077.properties.suite.puppet import Puppet, Words, flipped
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.keys.credentials import parse_chain, public_key
from rfc5077.reference.keys.exchange import Entropy, sign, signed_parameters, verify
from rfc5077.reference.keys.suites import DEFAULT_SUITES, Group, SignatureScheme
from rfc5077.reference.ticket.store import MAX_TICKET
from rfc5077.reference.wire.hello import (
    ClientHello,
    Extensions,
    ExtensionType,
    ServerHello,
    list_body,
    renegotiation_info_body,
    server_name_body,
)
from rfc5077.reference.wire.messages import (
    Certificate,
    CertificateRequest,
    CertificateVerify,
    ClientKeyExchange,
    HandshakeType,
    NewSessionTicket,
    ServerKeyExchange,
)
from rfc5077.reference.wire.record import TLS_1_2

H, M = HandshakeType, Message

SCHEMES = (SignatureScheme.ECDSA_SHA256, SignatureScheme.RSA_PSS_RSAE_SHA256, SignatureScheme.RSA_PKCS1_SHA256)
TICKET_LENGTH = 176
"""Octets of a ticket that a puppet makes up, unless a ticket of the peer's shows how long its are."""
UNGUESSABLE = 16
"""Octets of a made-up ticket at least, so that it is by no chance one of the server's."""
OCSP = bytes.fromhex("01000005" "30030a0106")
"""The body of CertificateStatus: an OCSP response saying that the responder will not tell (RFC 6066, section 8)."""


class NothingToOffer(HarnessError):
    """A symbol stands for something that no earlier connection has brought."""


def _have(value: bytes | None, what: str) -> bytes:
    if value is None:
        raise NothingToOffer(f"there is no {what} to offer; one has to be issued first")
    return value


class PuppetClient(Puppet):
    """A client that says what it is told to, for one connection with a server."""

    def __init__(
        self, peer: AnyPeer, memory: Memory, number: int = 0, entropy: Entropy | None = None,
        clock: Callable[[], float] | None = None, server_name: str = "localhost", own_id: bytes | None = None,
    ) -> None:  # fmt: skip
        """Starts a connection, which events call `number`; `memory` is shared by all connections with this peer.

        `own_id` is what stands for a fresh session_id; if there is none, that is 32 octets of `entropy`.

        Raises `HarnessError` if the peer fails, as all methods do.
        """
        memory.take_leave()
        super().__init__(peer.open(), "client", "server", number, clock)
        self.memory = memory
        memory.farewell = self.leave
        self._entropy = entropy or seeded(f"puppet client {number}")
        self._server_name = server_name
        self.own_id = own_id
        """The session_id that stands for a fresh one; None for 32 random octets."""
        self._presented: bytes | None = None
        self._fresh: bytes | None = None
        self._words: Words = {
            M.ClientHello: (H.CLIENT_HELLO, self._client_hello),
            M.Certificate: (H.CERTIFICATE, self._certificate),
            M.ClientKeyExchange: (H.CLIENT_KEY_EXCHANGE, self._client_key_exchange),
            M.CertificateVerify: (H.CERTIFICATE_VERIFY, self._certificate_verify),
        }

    def say(self, event: Event) -> list[RecordedEvent]:
        """Sends what the event stands for, and returns it as it stands on the wire.

        Raises `HarnessError` if the event offers a ticket or id that does not exist, ValueError if it is no client's.
        """
        return [self.speak(self._words, event)]

    def word(self, event: Event) -> tuple[HandshakeType, bytes]:
        """Type and body of the handshake message that the event stands for, which is not sent."""
        return self.worded(self._words, event)

    def noted(self, kind: int, body: bytes) -> None:
        """Remembers what the server issued, once the secret behind it is known."""
        if kind == H.NEW_SESSION_TICKET:
            self._fresh = _ticket_of(body)
        if kind != H.FINISHED or (session := self.handshake.session) is None:
            return
        if self._fresh and len(self._fresh) <= MAX_TICKET:  # K-31: no ClientHello holds a longer one
            self.memory.tickets[self._fresh] = session
            if self._presented not in (None, self._fresh) and not self.handshake.full:
                self.memory.renewed.add(self._presented)
        made = _made_id(self)
        if made and self.handshake.full:
            self.memory.ids[made] = session

    # --- words --------------------------------------------------------------------------------------------------------

    def _client_hello(self, event: Event) -> bytes:
        self.begin()
        bodies, origin = self._tickets(event.extension)
        session_id = self._session_id(event.session_id)
        known = (origin, self.memory.ids.get(session_id))
        self.handshake.offered = tuple(session for session in known if session is not None)
        self._presented = bodies[0] if bodies and bodies[0] in self.memory.tickets else None
        self._fresh = None
        extensions: Extensions = (
            (ExtensionType.SERVER_NAME, server_name_body(self._server_name)),
            (ExtensionType.SUPPORTED_GROUPS, list_body(2, 2, (Group.SECP256R1,))),
            (ExtensionType.EC_POINT_FORMATS, list_body(1, 1, (0,))),
            (ExtensionType.SIGNATURE_ALGORITHMS, list_body(2, 2, SCHEMES)),
            (ExtensionType.EXTENDED_MASTER_SECRET, b""),
            (ExtensionType.RENEGOTIATION_INFO, renegotiation_info_body(self.handshake.previous["client"])),
            *((ExtensionType.SESSION_TICKET, ticket) for ticket in bodies),
        )
        return ClientHello(TLS_1_2, self._entropy(32), session_id, DEFAULT_SUITES, extensions=extensions).encode()

    def _tickets(self, extension: Extension) -> tuple[tuple[bytes, ...], Session | None]:
        """The bodies of the SessionTicket extensions, and the session that a server may take from them."""
        live = self.memory.live
        match extension:
            case Extension.ABSENT:
                return (), None
            case Extension.EMPTY:
                return (b"",), None
            case Extension.REPEATED:
                return (b"", b""), None
            case Extension.FOREIGN | Extension.ANOTHERS:
                length = TICKET_LENGTH if live is None else max(len(live), UNGUESSABLE)
                return (self._entropy(length),), None
            case Extension.WRAPPED if live is None:
                return (b"\x00\x00",), None
            case Extension.FILLED:
                raise ValueError(f"extension: {extension} does not stand in ClientHello")
        origin = _have(self.memory.old if extension is Extension.OLD else live, f"ticket for {extension.name}")
        session = self.memory.tickets[origin]
        match extension:
            case Extension.LIVE | Extension.OLD:
                return (origin,), session
            case Extension.DAMAGED:
                return (flipped(origin),), session
        return (len(origin).to_bytes(2, "big") + origin,), session

    def _session_id(self, session_id: SessionId) -> bytes:
        match session_id:
            case SessionId.EMPTY:
                return b""
            case SessionId.CACHED:
                return _have(self.memory.cached_id, "session id")
            case SessionId.FRESH:
                return self._entropy(32) if self.own_id is None else self.own_id
        raise ValueError(f"session_id: {session_id} is no client's")

    def _certificate(self, event: Event) -> bytes:
        chain = identity("client").chain if event.certificates is Certificates.SOME else ()
        return Certificate(chain).encode()

    def _client_key_exchange(self, event: Event) -> bytes:
        own = self.handshake.share or share(Group.SECP256R1)
        public = own.public if event.content is Content.RIGHT else flipped(own.public)
        return ClientKeyExchange(public).encode()

    def _certificate_verify(self, event: Event) -> bytes:
        signature = sign(identity("client").key, SignatureScheme.ECDSA_SHA256, _signed(self, event))
        return CertificateVerify(SignatureScheme.ECDSA_SHA256, signature).encode()


class PuppetServer(Puppet):
    """A server that says what it is told to, for one connection of a client."""

    def __init__(
        self, peer: AnyPeer, memory: Memory, number: int = 0, entropy: Entropy | None = None,
        clock: Callable[[], float] | None = None, lifetime_hint: int = 7200,
    ) -> None:  # fmt: skip
        """Lets the peer connect, which events call `number`; `memory` is shared by all connections with this peer.

        `lifetime_hint`, in seconds, goes with each ticket. Raises `HarnessError` if the peer fails, as all methods do.
        """
        memory.take_leave()
        super().__init__(peer.open(), "server", "client", number, clock)
        self.memory = memory
        memory.farewell = self.leave
        self._entropy = entropy or seeded(f"puppet server {number}")
        self._hint = lifetime_hint
        self._fresh: bytes | None = None
        self._chain: tuple[bytes, ...] = ()
        self._words: Words = {
            M.HelloRequest: (H.HELLO_REQUEST, lambda _: b""),
            M.ServerHello: (H.SERVER_HELLO, self._server_hello),
            M.Certificate: (H.CERTIFICATE, self._certificate),
            M.CertificateStatus: (H.CERTIFICATE_STATUS, lambda _: OCSP),
            M.ServerKeyExchange: (H.SERVER_KEY_EXCHANGE, self._server_key_exchange),
            M.CertificateRequest: (H.CERTIFICATE_REQUEST, lambda _: REQUEST.encode()),
            M.ServerHelloDone: (H.SERVER_HELLO_DONE, lambda _: b""),
            M.NewSessionTicket: (H.NEW_SESSION_TICKET, self._new_session_ticket),
        }

    def say(self, event: Event) -> list[RecordedEvent]:
        """Sends what the event stands for, and returns it as it stands on the wire.

        Raises `HarnessError` if the peer fails, ValueError if the event is no server's.
        """
        said = self.speak(self._words, event)
        self._remember()
        return [said]

    def word(self, event: Event) -> tuple[HandshakeType, bytes]:
        """Type and body of the handshake message that the event stands for, which is not sent."""
        return self.worded(self._words, event)

    def give(self, body: bytes, ticket: bytes) -> RecordedEvent:
        """Sends a NewSessionTicket of this body, in which this ticket stands."""
        self._fresh = ticket
        return self.send_handshake(H.NEW_SESSION_TICKET, body)

    def took(self, kind: int, body: bytes) -> bool | None:
        """Finds the sessions that a ClientHello offers; answers whether Finished and CertificateVerify are right."""
        if kind == H.CLIENT_HELLO:
            self.begin()
            self._fresh = None
        elif kind == H.CERTIFICATE_VERIFY:
            return self._is_signed(body)
        return super().took(kind, body)

    def noted(self, kind: int, body: bytes) -> None:
        """Remembers who the client is, what it offers, and the session once its secret is known."""
        hello = self.handshake.client_hello
        if kind == H.CLIENT_HELLO and hello is not None:
            known = (self.memory.tickets.get(hello.session_ticket or b""), self.memory.ids.get(hello.session_id))
            self.handshake.offered = tuple(session for session in known if session is not None)
        elif kind == H.CERTIFICATE:
            self._chain = _chain_of(body)
        self._remember()

    def _remember(self) -> None:
        session = self.handshake.session
        if session is None:
            return
        if self._fresh:
            self.memory.tickets[self._fresh] = session
        made = _made_id(self)
        if made and self.handshake.full:
            self.memory.ids[made] = session

    def _is_signed(self, body: bytes) -> bool:
        try:
            message = CertificateVerify.parse(body)
            key = public_key(parse_chain(self._chain[:1])[0]) if self._chain else None
            if key is not None:
                verify(key, message.scheme, message.signature, self.handshake.transcript.octets)
        except ProtocolError:
            return False
        return key is not None

    # --- words --------------------------------------------------------------------------------------------------------

    def _server_hello(self, event: Event) -> bytes:
        hello = self.handshake.client_hello
        asked = {kind for kind, _ in hello.extensions} if hello is not None else set()
        previous = self.handshake.previous
        known: Extensions = (
            (ExtensionType.RENEGOTIATION_INFO, renegotiation_info_body(previous["client"] + previous["server"])),
            (ExtensionType.EXTENDED_MASTER_SECRET, b""),
        )
        if hello is not None and hello.secure_renegotiation:
            asked.add(ExtensionType.RENEGOTIATION_INFO)  # by suite value, RFC 5746, section 3.6
        answers = tuple(pair for pair in known if pair[0] in asked)
        tickets = tuple((ExtensionType.SESSION_TICKET.value, body) for body in self._ticket_bodies(event.extension))
        suite = self.handshake.offered[0].suite if self.handshake.offered else DEFAULT_SUITES[0]
        session_id = self._session_id(event.session_id, b"" if hello is None else hello.session_id)
        return ServerHello(TLS_1_2, self._entropy(32), session_id, suite, extensions=answers + tickets).encode()

    def _ticket_bodies(self, extension: Extension) -> tuple[bytes, ...]:
        match extension:
            case Extension.ABSENT:
                return ()
            case Extension.EMPTY:
                return (b"",)
            case Extension.FILLED:
                return (self._entropy(16),)
            case Extension.REPEATED:
                return (b"", b"")
        raise ValueError(f"extension: {extension} does not stand in ServerHello")

    def _session_id(self, session_id: SessionId, asked: bytes) -> bytes:
        match session_id:
            case SessionId.EMPTY:
                return b""
            case SessionId.ECHOED:
                return asked
            case SessionId.FRESH:
                return self._entropy(32)
        raise ValueError(f"session_id: {session_id} is no server's")

    def _certificate(self, event: Event) -> bytes:
        return Certificate(() if event.certificates is Certificates.EMPTY else identity("localhost").chain).encode()

    def _server_key_exchange(self, event: Event) -> bytes:
        own = share(Group.SECP256R1)
        unsigned = ServerKeyExchange(own.group, own.public, SignatureScheme.ECDSA_SHA256, b"")
        randoms = self.handshake.randoms
        signed = signed_parameters(randoms["client"], randoms["server"], unsigned.parameters)
        if event.content is Content.WRONG:
            signed = flipped(signed)
        signature = sign(identity("localhost").key, SignatureScheme.ECDSA_SHA256, signed)
        return ServerKeyExchange(own.group, own.public, SignatureScheme.ECDSA_SHA256, signature).encode()

    def _new_session_ticket(self, event: Event) -> bytes:
        ticket = b"" if event.ticket is Ticket.EMPTY else self._entropy(TICKET_LENGTH)
        body = NewSessionTicket(self._hint, ticket).encode()
        if event.content is Content.WRONG:
            return body[:4] + (len(ticket) + 1).to_bytes(2, "big") + ticket  # one octet more announced than sent
        self._fresh = ticket
        return body


REQUEST = CertificateRequest((64, 1), SCHEMES)
"""What a puppet accepts from clients: ECDSA and RSA certificates of any issuer."""


def _ticket_of(body: bytes) -> bytes | None:
    try:
        return NewSessionTicket.parse(body).ticket
    except ProtocolError:
        return None


def _chain_of(body: bytes) -> tuple[bytes, ...]:
    try:
        return Certificate.parse(body).chain
    except ProtocolError:
        return ()


def _made_id(puppet: Puppet) -> bytes | None:
    """The id that the server made in this handshake; None or empty if it made none."""
    client, server = puppet.handshake.client_hello, puppet.handshake.server_hello
    if client is None or server is None or server.session_id == client.session_id:
        return None
    return server.session_id


def _signed(puppet: Puppet, event: Event) -> bytes:
    """What CertificateVerify covers, or something else if it is to be wrong (RFC 5246, section 7.4.8)."""
    octets = puppet.handshake.transcript.octets
    return octets if event.content is Content.RIGHT else octets + b"\x00"
