"""The server's handshake in progress: its states and data, its choices, and the messages it sends.

Flights are tuples of steps, decisions are functions, both in `ServerHandlers`: a faulty server is made by replacing
some of them, or rows of the table in `handshake.server`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, auto

from rfc5077.reference.handshake import extensions, machine, negotiate
from rfc5077.reference.handshake.config import Clock, Issue, ServerConfig
from rfc5077.reference.handshake.machine import Channel, internal
from rfc5077.reference.handshake.negotiate import Parameters, Resumption
from rfc5077.reference.handshake.renegotiation import Binding, bound, check_client_binding, check_kept
from rfc5077.reference.keys import exchange
from rfc5077.reference.keys.exchange import Entropy, PublicKey, Share, make_share, signed_parameters
from rfc5077.reference.keys.schedule import SERVER_FINISHED, ConnectionKeys, Transcript, finished_data
from rfc5077.reference.keys.suites import AES_128_GCM, CBC_SUITES, CERTIFICATE_TYPES, SUITES, Suite
from rfc5077.reference.ticket import key_ring
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.wire.hello import (
    DOWNGRADE_TO_1_1,
    DOWNGRADE_TO_1_2,
    ClientHello,
    Extensions,
    ExtensionType,
    ServerHello,
)
from rfc5077.reference.wire.messages import (
    Certificate,
    CertificateRequest,
    CertificateStatus,
    HandshakeType,
    Message,
    NewSessionTicket,
    ServerKeyExchange,
    Signal,
)
from rfc5077.reference.wire.record import TLS_1_2

IV_LENGTH = 16
"""Octets of entropy drawn for each ticket."""


class ServerState(IntEnum):
    """What the server waits for."""

    AWAIT_CLIENT_HELLO = auto()
    AWAIT_CERTIFICATE = auto()
    AWAIT_CLIENT_KEY_EXCHANGE = auto()
    AWAIT_CERTIFICATE_VERIFY = auto()
    AWAIT_CHANGE_CIPHER_SPEC = auto()
    AWAIT_FINISHED = auto()
    AWAIT_RESUMED_CHANGE_CIPHER_SPEC = auto()
    AWAIT_RESUMED_FINISHED = auto()
    ESTABLISHED = auto()


NO_CLIENT_HELLO = ClientHello(0, b"", b"", ())
NO_SERVER_HELLO = ServerHello(0, b"", b"", 0)


@dataclass
class ServerHandshake:
    """A server's handshake in progress. Fields start neutral and are filled in by the handlers."""

    config: ServerConfig
    clock: Clock
    entropy: Entropy
    channel: Channel
    handlers: "ServerHandlers"
    state: ServerState = ServerState.AWAIT_CLIENT_HELLO
    transcript: Transcript = field(default_factory=Transcript)
    client_hello: ClientHello = NO_CLIENT_HELLO
    server_hello: ServerHello = NO_SERVER_HELLO
    resumption: Resumption = Resumption()  # noqa: RUF009
    plan: Issue = "never"
    parameters: Parameters | None = None
    share: Share | None = field(default=None, repr=False)
    client_chain: tuple[bytes, ...] = ()
    client_key: PublicKey | None = None
    master_secret: bytes = field(default=b"", repr=False)
    keys: ConnectionKeys | None = field(default=None, repr=False)
    session: Session | None = None
    ticket_sent: bytes | None = None
    binding: Binding | None = None
    client_finished: bytes = b""
    server_finished: bytes = b""
    asked: bool = False
    successor: "ServerHandshake | None" = None

    @property
    def can_renegotiate(self) -> bool:
        """Whether both sides can bind a further handshake to this one (RFC 5746; R7627-5.4-02)."""
        safe = self.resumption.session is None or self.resumption.session.ems
        return safe and self.state is ServerState.ESTABLISHED and self.client_hello.secure_renegotiation

    def follow(self, config: ServerConfig | None = None) -> "ServerHandshake":
        """A further handshake in the same connection, under another configuration if one is given."""
        kept = self.server_hello.encrypt_then_mac or (self.binding is not None and self.binding.encrypt_then_mac)
        binding = Binding(self.client_finished, self.server_finished, kept)
        return ServerHandshake(
            config or self.config, self.clock, self.entropy, self.channel, self.handlers, binding=binding
        )

    @property
    def resumed(self) -> bool | None:
        """Whether this handshake resumes a session; None before that is decided."""
        return None if self.server_hello is NO_SERVER_HELLO else self.resumption.session is not None

    def receive(self, message: Message, table: "ServerTable") -> None:
        """One message further. Raises ProtocolError."""
        self.state = machine.advance(self, self.state, table, message)


ServerHandler = Callable[[ServerHandshake, Message], ServerState]
ServerTable = Mapping[tuple[ServerState, int | Signal], ServerHandler]
Step = Callable[[ServerHandshake], None]
"""One message of a flight: sends it, or nothing where the plan has none."""


# Choosing -------------------------------------------------------------------------------------------------------------


def draw_random(entropy: Entropy) -> bytes:
    """32 octets that say nothing about other versions, not even by chance (RFC 8446, section 4.1.3)."""
    random = entropy(32)
    while random.endswith((DOWNGRADE_TO_1_1, DOWNGRADE_TO_1_2)):
        random = entropy(32)
    return random


def make_server_hello(handshake: ServerHandshake) -> ServerHello:
    """The answer to the hello in hand; draws the random (32 octets), then the session id if it is fresh."""
    config, hello, handlers = handshake.config, handshake.client_hello, handshake.handlers
    random = draw_random(handshake.entropy)
    session = handshake.resumption.session
    parameters = handshake.parameters
    if session is not None:
        suite = session.suite  # R5246-7.4.1.3-02
    elif parameters is not None:
        suite = parameters.suite.code
    else:
        raise internal("the cipher suite")
    arguments = (config, hello, handshake.resumption, handshake.plan)
    session_id = handlers.choose_session_id(*arguments, handshake.entropy)
    said = handlers.server_extensions(*arguments)
    if encrypts_then_macs(config, hello, suite):
        said += ((ExtensionType.ENCRYPT_THEN_MAC, b""),)
    if handshake.binding is not None:  # RFC 5746, section 3.7
        said = bound(said, handshake.binding.client + handshake.binding.server)
    answer = ServerHello(TLS_1_2, random, session_id, suite, extensions=said)
    if handshake.binding is not None:
        check_kept(answer, handshake.binding)
    return answer


def encrypts_then_macs(config: ServerConfig, hello: ClientHello, suite: int) -> bool:
    """Whether encrypt-then-MAC is answered: with AES-CBC only, in a resumption as in a full handshake (RFC 7366, 3)."""
    return suite in CBC_SUITES and config.encrypt_then_mac and hello.encrypt_then_mac


def make_session(handshake: ServerHandshake) -> Session:
    """What of a full handshake can be resumed later (R5077-3.1-04)."""
    hello = handshake.server_hello
    return Session(
        version=hello.version,
        suite=hello.cipher_suite,
        master_secret=handshake.master_secret,
        ems=hello.extended_master_secret,
        server_name=handshake.client_hello.server_name,
        client_identity=handshake.client_chain,
        created=int(handshake.clock()),
        fragment_code=extensions.fragment_code(hello),
    )


def keep_session(handshake: ServerHandshake) -> None:
    """Remembers a finished full handshake under its session id, if it has one (R5246-7.4.1.2-01)."""
    cache, session_id = handshake.config.session_cache, handshake.server_hello.session_id
    if cache is not None and session_id and handshake.session is not None and handshake.resumption.session is None:
        cache.put(session_id, handshake.session)


def forget_session(handshake: ServerHandshake) -> None:
    """Deletes the session of a connection that a fatal alert ended (R5246-7.2-01).

    A resuming client's own id beside a ticket names nothing in the cache, so it deletes nothing.
    """
    cache = handshake.config.session_cache
    if cache is None:
        return
    if handshake.resumption.cached_id:
        cache.forget(handshake.resumption.cached_id)
    elif handshake.resumption.session is None:
        cache.forget(handshake.server_hello.session_id)


# Flights --------------------------------------------------------------------------------------------------------------


def _send(handshake: ServerHandshake, kind: HandshakeType, body: bytes) -> None:
    machine.send(handshake.channel, handshake.transcript, kind, body)


def send_server_hello(handshake: ServerHandshake) -> None:
    """ServerHello, as chosen; the size of records that it grants counts for itself already."""
    hello = handshake.handlers.make_server_hello(handshake)
    handshake.server_hello = hello
    handshake.transcript.use(SUITES.get(hello.cipher_suite, AES_128_GCM).hash_name)
    agreed = extensions.limits(hello, handshake.client_hello, extensions.fragment_code(hello))
    handshake.channel.limit(agreed.sending, agreed.receiving, agreed.at_once)
    _send(handshake, HandshakeType.SERVER_HELLO, handshake.server_hello.encode())


def send_certificate(handshake: ServerHandshake) -> None:
    """The server's chain."""
    if handshake.parameters is None:
        raise internal("the certificate")
    _send(handshake, HandshakeType.CERTIFICATE, Certificate(handshake.parameters.credentials.chain).encode())


def send_certificate_status(handshake: ServerHandshake) -> None:
    """The OCSP response that ServerHello announced (RFC 6066, section 8)."""
    parameters = handshake.parameters
    if parameters is None or handshake.server_hello.extension(ExtensionType.STATUS_REQUEST) is None:
        return
    response = negotiate.stapled(handshake.config, parameters.credentials)
    if response:
        _send(handshake, HandshakeType.CERTIFICATE_STATUS, CertificateStatus(response).encode())


def send_server_key_exchange(handshake: ServerHandshake) -> None:
    """A fresh share, signed together with both randoms; nothing with RSA key exchange (RFC 5246, section 7.4.3)."""
    parameters = handshake.parameters
    if parameters is None:
        raise internal("the curve")
    if parameters.group is None or parameters.scheme is None:
        return
    share = make_share(parameters.group, handshake.entropy)
    unsigned = ServerKeyExchange(share.group, share.public, parameters.scheme, b"")
    data = signed_parameters(handshake.client_hello.random, handshake.server_hello.random, unsigned.parameters)
    signature = exchange.sign(parameters.credentials.key, parameters.scheme, data)
    handshake.share = share
    message = ServerKeyExchange(share.group, share.public, parameters.scheme, signature)
    _send(handshake, HandshakeType.SERVER_KEY_EXCHANGE, message.encode())


def send_certificate_request(handshake: ServerHandshake) -> None:
    """A request for a client certificate, if the configuration wants one."""
    if handshake.config.client_auth == "never" or handshake.config.client_roots is None:
        return
    types, schemes = tuple(dict.fromkeys(CERTIFICATE_TYPES.values())), handshake.config.signature_schemes
    request = CertificateRequest(types, schemes, handshake.config.client_roots.names)
    _send(handshake, HandshakeType.CERTIFICATE_REQUEST, request.encode())


def send_server_hello_done(handshake: ServerHandshake) -> None:
    """The end of the server's first flight."""
    _send(handshake, HandshakeType.SERVER_HELLO_DONE, b"")


def send_ticket(handshake: ServerHandshake) -> None:
    """NewSessionTicket if it was announced (R5077-3.3-02, R5077-3.3-03); empty if there is no ticket to give after all
    (R5077-3.3-07)."""
    session, handlers = handshake.session, handshake.handlers
    if handshake.plan == "never" or session is None:
        return
    ticket: bytes | None = None
    if handshake.plan == "ticket":
        ticket = handlers.seal_ticket(handshake.config.key_ring, session, handshake.entropy(IV_LENGTH))
    hint = handlers.lifetime_hint(handshake.config, session, handshake.clock()) if ticket else 0
    handshake.ticket_sent = ticket or b""
    _send(handshake, HandshakeType.NEW_SESSION_TICKET, NewSessionTicket(hint, handshake.ticket_sent).encode())


def send_change_cipher_spec(handshake: ServerHandshake) -> None:
    """ChangeCipherSpec, and at once the new write keys (R5246-7.1-02)."""
    if handshake.keys is None:
        raise internal("the key block")
    handshake.channel.send_change_cipher_spec()
    handshake.channel.write_with(handshake.keys.server)


def send_finished(handshake: ServerHandshake) -> None:
    """The server's Finished, over everything so far, NewSessionTicket included (R5077-3.3-04)."""
    data = finished_data(handshake.master_secret, SERVER_FINISHED, handshake.transcript)
    handshake.server_finished = data
    _send(handshake, HandshakeType.FINISHED, data)


def derive_connection_keys(handshake: ServerHandshake) -> None:
    """Connection keys, from the master secret and the randoms of this handshake; the key log gets its line."""
    answer = handshake.server_hello
    handshake.keys = handshake.handlers.derive_keys(
        handshake.master_secret,
        handshake.client_hello.random,
        answer.random,
        SUITES.get(answer.cipher_suite, AES_128_GCM),
        answer.cipher_suite in CBC_SUITES and answer.encrypt_then_mac,
    )
    if handshake.config.key_log is not None:
        handshake.config.key_log(machine.key_log_line(handshake.client_hello.random, handshake.master_secret))


@dataclass(frozen=True)
class ServerHandlers:
    """The decisions and flights behind the table, each replaceable (`dataclasses.replace`)."""

    parse_client_hello: Callable[[bytes], ClientHello] = ClientHello.parse
    check_binding: Callable[[ClientHello, Binding], None] = check_client_binding
    check_client_hello: Callable[[ClientHello], None] = negotiate.check_client_hello
    choose_resumption: Callable[[ServerConfig, ClientHello, float, negotiate.OpenTicket], Resumption] = (
        negotiate.choose_resumption
    )
    open_ticket: negotiate.OpenTicket = key_ring.open_any
    seal_ticket: Callable[[KeyRing, Session, bytes], bytes | None] = key_ring.seal_ticket
    plan_ticket: Callable[[ServerConfig, ClientHello, Resumption], Issue] = negotiate.plan_ticket
    lifetime_hint: Callable[[ServerConfig, Session, float], int] = negotiate.lifetime_hint
    choose_parameters: Callable[[ServerConfig, ClientHello], Parameters] = negotiate.choose_parameters
    choose_session_id: Callable[[ServerConfig, ClientHello, Resumption, Issue, Entropy], bytes] = (
        negotiate.choose_session_id
    )
    server_extensions: Callable[[ServerConfig, ClientHello, Resumption, Issue], Extensions] = (
        negotiate.server_extensions
    )
    make_server_hello: Callable[[ServerHandshake], ServerHello] = make_server_hello
    derive_master_secret: Callable[[bool, bytes, bytes, bytes, bytes, str], bytes] = machine.derive_master_secret
    derive_keys: Callable[[bytes, bytes, bytes, Suite, bool], ConnectionKeys] = machine.derive_keys
    verify_signature: Callable[[PublicKey, int, bytes, bytes], None] = exchange.verify
    verify_finished: Callable[[bytes, bytes], None] = machine.verify_finished
    make_session: Callable[[ServerHandshake], Session] = make_session
    keep_session: Step = keep_session
    forget_session: Step = forget_session
    first_flight: tuple[Step, ...] = (
        send_server_hello,
        send_certificate,
        send_certificate_status,
        send_server_key_exchange,
        send_certificate_request,
        send_server_hello_done,
    )
    last_flight: tuple[Step, ...] = (send_ticket, send_change_cipher_spec, send_finished)
    resumption_flight: tuple[Step, ...] = (
        send_server_hello,
        derive_connection_keys,
        send_ticket,
        send_change_cipher_spec,
        send_finished,
    )
