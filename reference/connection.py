"""TLS 1.2 connections without any input or output: octets in; octets and events out.

    client = ClientConnection(config, clock, entropy)
    client.start()
    transport.write(client.data_to_send())
    for event in client.receive(transport.read()): …

Clock (seconds since 1970) and entropy (a number of octets in, that many octets out) are passed in, so a run replays
octet for octet as long as no RSA-PSS signature is made and no pre-master secret encrypted by RSA.
"""

from rfc5077.reference.alerts import AlertDescription, AlertLevel, Cause, ProtocolError
from rfc5077.reference.events import AlertReceived, DataReceived, Event, HandshakeCompleted, PeerClosed, Secrets
from rfc5077.reference.handshake import client as client_side
from rfc5077.reference.handshake.client import CLIENT_TABLE
from rfc5077.reference.handshake.client_flight import ClientHandlers, ClientHandshake, ClientState, ClientTable
from rfc5077.reference.handshake.config import ClientConfig, Clock, ServerConfig
from rfc5077.reference.handshake.extensions import agreed_protocol
from rfc5077.reference.handshake.server import SERVER_TABLE
from rfc5077.reference.handshake.server_flight import ServerHandlers, ServerHandshake, ServerState, ServerTable
from rfc5077.reference.keys.exchange import Entropy
from rfc5077.reference.keys.suites import SUITES
from rfc5077.reference.record_layer import DEFAULT_RULES, RecordLayer, RecordRules
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.wire.messages import Alert, HandshakeType, Message
from rfc5077.reference.wire.messages import handshake as handshake_message
from rfc5077.reference.wire.record import ContentType

__all__ = ["AlertReceived", "ClientConnection", "DataReceived", "Event", "HandshakeCompleted"]
__all__ += ["PeerClosed", "Secrets", "ServerConnection"]

# Bound once: CPython 3.11 takes ten times as long for a member of an enumeration, and these are asked for per message.
_CLIENT_HELLO = HandshakeType.CLIENT_HELLO
_SERVER_ESTABLISHED, _CLIENT_ESTABLISHED = ServerState.ESTABLISHED, ClientState.ESTABLISHED
_VERSION_OPEN = (ClientState.IDLE, ClientState.AWAIT_SERVER_HELLO)


class _Connection:
    """What both roles share: the way of the octets, alerts, closing."""

    def __init__(self, rules: RecordRules, max_fragment: int, entropy: Entropy) -> None:
        self.layer = RecordLayer(entropy, rules, max_fragment)
        self._closed = False
        self._events: list[Event] = []
        self._completed = False
        self._negotiating = True
        self._held: list[bytes] = []

    handshake: ServerHandshake | ClientHandshake

    # What a role adds.

    def _advance(self, message: Message) -> None:
        raise NotImplementedError

    def _completion(self) -> HandshakeCompleted | None:
        raise NotImplementedError

    def _failed(self, fatal: bool) -> None:
        raise NotImplementedError

    def _declined(self) -> None:
        """The peer does not negotiate anew."""

    # What a user calls.

    @property
    def closed(self) -> bool:
        """Whether the connection has ended: by close_notify, by a fatal alert, or with its transport."""
        return self._closed

    @property
    def established(self) -> bool:
        """Whether the handshake is complete; stays true after the end."""
        return self._completed

    @property
    def resumed(self) -> bool | None:
        """Whether the handshake resumes a session; None before that is decided."""
        return self.handshake.resumed

    @property
    def session(self) -> Session | None:
        """The session; None before the peer's Finished in a full handshake."""
        return self.handshake.session

    @property
    def protocol(self) -> str | None:
        """The application protocol agreed by ALPN, None without."""
        return agreed_protocol(self.handshake.server_hello)

    @property
    def cipher(self) -> tuple[str, str, int] | None:
        """Name of the cipher suite, version and bits of the key, as `ssl` tells them; None before ServerHello."""
        suite = SUITES.get(self.handshake.server_hello.cipher_suite)
        return None if suite is None else (suite.name, "TLSv1.2", 8 * suite.key_length)

    @property
    def session_id(self) -> bytes:
        """ServerHello's session id."""
        return self.handshake.server_hello.session_id

    @property
    def secrets(self) -> Secrets:
        """Randoms and master secret."""
        handshake = self.handshake
        return Secrets(handshake.client_hello.random, handshake.server_hello.random, handshake.master_secret)

    @property
    def last_events(self) -> tuple[Event, ...]:
        """The events of the last call that took octets, including those before an error."""
        return tuple(self._events)

    def receive(self, octets: bytes) -> list[Event]:
        """Takes what the transport brought, in any portions, and says what came of it.

        Raises ProtocolError if the peer broke the protocol; the alert is then queued and the connection closed.
        Returns nothing once the connection is closed.
        """
        self._events = []
        if self._closed:
            return []
        try:
            for item in self.layer.receive(octets):
                self._take(item)
                if self.closed:
                    break
        except ProtocolError as error:
            if self._refuse(error):
                raise
        return list(self._events)

    def data_to_send(self) -> bytes:
        """What has to go to the peer; handed out once."""
        return self.layer.take_output()

    def send(self, data: bytes) -> None:
        """Queues application data; while the connection is negotiated anew it waits for the end of that.

        Raises RuntimeError before the first handshake is complete and after the end.
        """
        if not self._completed or self._closed:
            raise RuntimeError("send: the connection is " + ("closed" if self._closed else "not established yet"))
        if data and self._negotiating:
            self._held.append(data)
        elif data:
            self.layer.send(ContentType.APPLICATION_DATA, data)

    def close(self) -> None:
        """Ends the connection: queues close_notify (R5246-7.2.1-02). Nothing is received or sent afterwards."""
        if not self._closed:
            self.layer.send_warning(AlertDescription.CLOSE_NOTIFY)
            self._end()

    def end_of_input(self) -> list[Event]:
        """The transport has ended. Without close_notify before, what was received may be truncated."""
        self._events = []
        if not self._closed:
            self._end()
            if not self._completed:
                self._failed(fatal=False)
            self._events.append(PeerClosed(clean=False))
        return list(self._events)

    # Inside

    def _end(self) -> None:
        """Nothing is received or sent any more: the keys go at once, the session stays for who asks for it."""
        self._closed = True
        self.layer.forget()
        self._held.clear()

    def _take(self, item: Message | Alert) -> None:
        if isinstance(item, Alert):
            self._take_alert(item)
            return
        self._advance(item)
        if self._negotiating:
            completion = self._completion()
            if completion is not None:
                self._events.append(completion)
                self._completed = True
                self._settle()
        if self.layer.delivered:
            self._events += [DataReceived(data) for data in self.layer.delivered]
            self.layer.delivered.clear()

    def _settle(self) -> None:
        """No handshake is under way any more: what waited for its end is sent."""
        self._negotiating = False
        for data in self._held:
            self.layer.send(ContentType.APPLICATION_DATA, data)
        self._held.clear()

    def _take_alert(self, alert: Alert) -> None:
        try:
            level = AlertLevel(alert.level)
        except ValueError:
            raise ProtocolError(Cause.ALERT_LEVEL, f"an alert of level {alert.level}") from None
        if alert.description == AlertDescription.CLOSE_NOTIFY:
            self.close()
            if not self._completed:
                self._failed(fatal=False)
            self._events.append(PeerClosed(clean=True))
            return
        known = alert.description in AlertDescription.__members__.values()
        description = AlertDescription(alert.description) if known else alert.description
        self._events.append(AlertReceived(level, description))
        if self.layer.rules.ends_connection(alert):  # R5246-7.2-01
            self._end()
            self._failed(fatal=True)
        elif description is AlertDescription.NO_RENEGOTIATION:
            self._declined()

    def _refuse(self, error: ProtocolError) -> bool:
        """Answers an error; whether the connection ends."""
        refusal = self.layer.rules.refuse(error)
        if refusal.alert is not None:
            self.layer.send_alert(refusal.alert)
        if refusal.close:
            self._end()
            self._failed(fatal=True)
        return refusal.close


class ServerConnection(_Connection):
    """The server's end of one connection."""

    handshake: ServerHandshake

    def __init__(
        self,
        config: ServerConfig,
        clock: Clock,
        entropy: Entropy,
        *,
        table: ServerTable = SERVER_TABLE,
        handlers: ServerHandlers | None = None,
        rules: RecordRules = DEFAULT_RULES,
    ) -> None:
        super().__init__(rules, config.max_fragment, entropy)
        self._table = table
        self.handshake = ServerHandshake(config, clock, entropy, self.layer, handlers or DEFAULT_SERVER_HANDLERS)
        self._before: ServerHandshake | None = None

    def renegotiate(self, config: ServerConfig | None = None) -> None:
        """Asks the client for a further handshake (HelloRequest), under another configuration if one is given.

        The client may decline by the warning no_renegotiation, or not answer at all. Raises RuntimeError if the
        configuration or the client does not allow it, or a handshake is under way.
        """
        if self._closed or not self.handshake.can_renegotiate or self.handshake.config.renegotiation == "never":
            raise RuntimeError("renegotiate: not established, not allowed, or the client does not signal RFC 5746")
        self.handshake.asked = True
        self.handshake.successor = None if config is None else self.handshake.follow(config)
        self.layer.send_handshake(handshake_message(HandshakeType.HELLO_REQUEST, b""))

    def _advance(self, message: Message) -> None:
        self.handshake.receive(message, self._table)
        if message.kind == _CLIENT_HELLO and self.handshake.successor is not None:
            self._before, self.handshake, self._negotiating = self.handshake, self.handshake.successor, True
            self.handshake.receive(message, self._table)
        if self._negotiating:
            self.layer.version_agreed |= self.handshake.resumed is not None

    def _completion(self) -> HandshakeCompleted | None:
        handshake = self.handshake
        if handshake.state is not _SERVER_ESTABLISHED:
            return None
        resumed, ticket = bool(handshake.resumed), bool(handshake.ticket_sent)
        return HandshakeCompleted(resumed, ticket, self.server_name, self.protocol, self._completed)

    def _settle(self) -> None:
        super()._settle()
        self._before, self.handshake.keys, self.handshake.share = None, None, None  # nobody needs them any more

    def _declined(self) -> None:
        self.handshake.asked, self.handshake.successor = False, None

    def _failed(self, fatal: bool) -> None:
        for handshake in (self._before, self.handshake):
            if fatal and handshake is not None:
                handshake.handlers.forget_session(handshake)

    @property
    def server_name(self) -> str | None:
        """The host name the client asked for."""
        return self.handshake.client_hello.server_name

    @property
    def ticket_sent(self) -> bytes | None:
        """The ticket issued in this handshake: None without NewSessionTicket, empty for one of zero length."""
        return self.handshake.ticket_sent

    @property
    def peer_certificates(self) -> tuple[bytes, ...]:
        """The client's DER chain, from its Certificate or from the resumed session; empty for an anonymous client."""
        return self.handshake.client_chain


class ClientConnection(_Connection):
    """The client's end of one connection. Call `start` first."""

    handshake: ClientHandshake

    def __init__(
        self,
        config: ClientConfig,
        clock: Clock,
        entropy: Entropy,
        *,
        table: ClientTable = CLIENT_TABLE,
        handlers: ClientHandlers | None = None,
        rules: RecordRules = DEFAULT_RULES,
    ) -> None:
        super().__init__(rules, config.max_fragment, entropy)
        self._table = table
        self.handshake = ClientHandshake(config, clock, entropy, self.layer, handlers or DEFAULT_CLIENT_HANDLERS)
        self._before: ClientHandshake | None = None

    def start(self) -> None:
        """Queues ClientHello. Raises RuntimeError if called twice."""
        if self.handshake.state is not ClientState.IDLE:
            raise RuntimeError("start: the handshake has begun already")
        client_side.start(self.handshake)

    def renegotiate(self, config: ClientConfig | None = None) -> None:
        """Begins a further handshake, under another configuration if one is given (without a store: a full one).

        The server may decline by the warning no_renegotiation. Raises RuntimeError if the configuration or the server
        does not allow it, or a handshake is under way.
        """
        if self._closed or not self.handshake.can_renegotiate or self.handshake.config.renegotiation == "never":
            raise RuntimeError("renegotiate: not established, not allowed, or the server does not signal RFC 5746")
        self._follow(self.handshake.follow(config))

    def _follow(self, successor: ClientHandshake) -> None:
        self._before, self.handshake, self._negotiating = self.handshake, successor, True
        client_side.start(successor)

    def _declined(self) -> None:
        if self._before is not None and self.handshake.state is ClientState.AWAIT_SERVER_HELLO:
            self.handshake = self._before
            self._settle()

    def _advance(self, message: Message) -> None:
        self.handshake.receive(message, self._table)
        if self.handshake.successor is not None:
            successor, self.handshake.successor = self.handshake.successor, None
            self._follow(successor)
        if self._negotiating:
            self.layer.version_agreed |= self.handshake.state not in _VERSION_OPEN

    def _completion(self) -> HandshakeCompleted | None:
        handshake = self.handshake
        if handshake.state is not _CLIENT_ESTABLISHED:
            return None
        name = handshake.config.sni
        resumed, ticket = bool(handshake.resumed), bool(self.ticket_received)
        return HandshakeCompleted(resumed, ticket, name, self.protocol, self._completed)

    def _settle(self) -> None:
        super()._settle()
        self._before, self.handshake.keys, self.handshake.share = None, None, None  # nobody needs them any more

    def _failed(self, fatal: bool) -> None:
        # Without a fatal alert only a resumption that the server took up and that then failed counts (R5077-3.2-10).
        if fatal or self.handshake.resumed:
            self.handshake.handlers.forget_session(self.handshake)
        if fatal and self._before is not None:
            self._before.handlers.forget_session(self._before)

    @property
    def certificate_status(self) -> bytes:
        """The server's OCSP response as it came (DER, not judged); empty if none came."""
        return self.handshake.certificate_status

    @property
    def ticket_offered(self) -> bytes:
        """The ticket in ClientHello, empty if none was offered."""
        return self.handshake.offer.ticket

    @property
    def ticket_received(self) -> bytes | None:
        """The ticket of this handshake: None without NewSessionTicket, empty for one of zero length."""
        return None if self.handshake.ticket is None else self.handshake.ticket.ticket

    @property
    def peer_certificates(self) -> tuple[bytes, ...]:
        """The server's DER chain; empty when a session was resumed."""
        return self.handshake.server_chain


DEFAULT_SERVER_HANDLERS = ServerHandlers()
DEFAULT_CLIENT_HANDLERS = ClientHandlers()
