"""The client's handshake in progress: its states and data, its choices, and the messages it sends.

Flights are tuples of steps, decisions are functions, both in `ClientHandlers`: a faulty client is made by replacing
some of them, or rows of the table in `handshake.client`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, auto

from cryptography import x509

from rfc5077.reference.handshake import extensions, machine, offer
from rfc5077.reference.handshake.config import ClientConfig, Clock
from rfc5077.reference.handshake.machine import Channel, internal
from rfc5077.reference.handshake.offer import Decision, Offer, choose_client_scheme
from rfc5077.reference.handshake.renegotiation import Binding, bound, check_server_binding
from rfc5077.reference.keys import exchange
from rfc5077.reference.keys.exchange import Entropy, PublicKey, Share, make_share
from rfc5077.reference.keys.schedule import CLIENT_FINISHED, ConnectionKeys, Transcript, finished_data
from rfc5077.reference.keys.suites import AES_128_GCM, CBC_SUITES, SUITES, Group, KeyExchange, Suite
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.store import MAX_TICKET, FinishedVerified, StoredTicket, end_of_life
from rfc5077.reference.wire.hello import ClientHello, ServerHello
from rfc5077.reference.wire.messages import (
    Certificate,
    CertificateRequest,
    CertificateVerify,
    ClientKeyExchange,
    EncryptedPreMasterSecret,
    HandshakeType,
    Message,
    NewSessionTicket,
    Signal,
)


class ClientState(IntEnum):
    """What the client waits for. AWAIT_DECISION and its twin: the next message tells resumed from full."""

    IDLE = auto()
    AWAIT_SERVER_HELLO = auto()
    AWAIT_DECISION = auto()
    AWAIT_DECISION_WITH_TICKET = auto()
    AWAIT_CERTIFICATE = auto()
    AWAIT_CERTIFICATE_STATUS = auto()
    AWAIT_STATUS_OR_REQUEST_OR_DONE = auto()
    AWAIT_SERVER_KEY_EXCHANGE = auto()
    AWAIT_REQUEST_OR_DONE = auto()
    AWAIT_DONE = auto()
    AWAIT_TICKET = auto()
    AWAIT_CHANGE_CIPHER_SPEC = auto()
    AWAIT_FINISHED = auto()
    AWAIT_RESUMED_TICKET = auto()
    AWAIT_RESUMED_CHANGE_CIPHER_SPEC = auto()
    AWAIT_RESUMED_FINISHED = auto()
    ESTABLISHED = auto()


NO_CLIENT_HELLO = ClientHello(0, b"", b"", ())
NO_SERVER_HELLO = ServerHello(0, b"", b"", 0)
NO_OFFER = Offer()


@dataclass
class ClientHandshake:
    """A client's handshake in progress. Fields start neutral and are filled in by the handlers."""

    config: ClientConfig
    clock: Clock
    entropy: Entropy
    channel: Channel
    handlers: "ClientHandlers"
    state: ClientState = ClientState.IDLE
    transcript: Transcript = field(default_factory=Transcript)
    offer: Offer = NO_OFFER
    client_hello: ClientHello = NO_CLIENT_HELLO
    server_hello: ServerHello = NO_SERVER_HELLO
    resumed: bool | None = None
    server_chain: tuple[bytes, ...] = ()
    server_key: PublicKey | None = None
    certificate_status: bytes = b""
    group: Group | None = None
    server_public: bytes = b""
    request: CertificateRequest | None = None
    scheme: int | None = None
    share: Share | None = field(default=None, repr=False)
    master_secret: bytes = field(default=b"", repr=False)
    keys: ConnectionKeys | None = field(default=None, repr=False)
    session: Session | None = None
    ticket: NewSessionTicket | None = None
    ticket_received_at: float = 0.0
    binding: Binding | None = None
    client_finished: bytes = b""
    server_finished: bytes = b""
    successor: "ClientHandshake | None" = None

    @property
    def can_renegotiate(self) -> bool:
        """Whether both sides can bind a further handshake to this one (RFC 5746; R7627-5.4-02)."""
        safe = not self.resumed or (self.session is not None and self.session.ems)
        return safe and self.state is ClientState.ESTABLISHED and self.server_hello.renegotiation_info is not None

    def follow(self, config: ClientConfig | None = None) -> "ClientHandshake":
        """A further handshake in the same connection, under another configuration if one is given."""
        kept = self.server_hello.encrypt_then_mac or (self.binding is not None and self.binding.encrypt_then_mac)
        binding = Binding(self.client_finished, self.server_finished, kept)
        return ClientHandshake(
            config or self.config, self.clock, self.entropy, self.channel, self.handlers, binding=binding
        )

    def receive(self, message: Message, table: "ClientTable") -> None:
        """One message further. Raises ProtocolError."""
        self.state = machine.advance(self, self.state, table, message)


ClientHandler = Callable[[ClientHandshake, Message], ClientState]
ClientTable = Mapping[tuple[ClientState, int | Signal], ClientHandler]
Step = Callable[[ClientHandshake], None]
"""One message of a flight: sends it, or nothing where it does not belong."""


# Sessions -------------------------------------------------------------------------------------------------------------


def make_session(handshake: ClientHandshake) -> Session:
    """What of a full handshake can be resumed later (R5077-3.1-08)."""
    answer = handshake.server_hello
    return Session(
        version=answer.version,
        suite=answer.cipher_suite,
        master_secret=handshake.master_secret,
        ems=answer.extended_master_secret,
        server_name=handshake.config.sni,
        client_identity=() if handshake.scheme is None else own_chain(handshake),
        created=int(handshake.clock()),
        fragment_code=extensions.fragment_code(answer),
    )


def heed_limits(handshake: ClientHandshake, code: int) -> None:
    """From now on records have the size that was agreed; `code` is the session's max_fragment_length."""
    agreed = extensions.limits(handshake.client_hello, handshake.server_hello, code)
    handshake.channel.limit(agreed.sending, agreed.receiving, agreed.at_once)


def own_chain(handshake: ClientHandshake) -> tuple[bytes, ...]:
    """The client's own certificates."""
    credentials = handshake.config.credentials
    return () if credentials is None else credentials.chain


def keep_ticket(handshake: ClientHandshake, proof: FinishedVerified) -> None:
    """Remembers what this handshake brought, now that the server's Finished was verified (R5077-3.3-06).

    A ticket is kept with its session; it replaces what was there (R5077-3.3-09), and ServerHello's session id is
    forgotten (R5077-3.4-03). A zero-length ticket changes nothing (R5077-3.3-07c). Without a ticket a full handshake
    is kept by its session id, and a ticket that the server did not want is deleted.
    """
    store, session, config = handshake.config.store, handshake.session, handshake.config
    if store is None or session is None:
        return
    received = handshake.ticket
    if received is not None and 0 < len(received.ticket) <= MAX_TICKET:
        at = handshake.ticket_received_at
        end = end_of_life(at, received.lifetime_hint, config.longest_ticket_life)
        store.keep(StoredTicket(config.store_key, received.ticket, session, at, end), proof)
        return
    if handshake.resumed:
        return
    if handshake.offer.stored is not None:
        store.forget(handshake.offer.stored)
    session_id = handshake.server_hello.session_id
    if session_id and config.session_ids:
        now = handshake.clock()
        end = now + config.longest_ticket_life
        store.keep(StoredTicket(config.store_key, b"", session, now, end, session_id), proof)


def forget_session(handshake: ClientHandshake) -> None:
    """Deletes what a failed connection must not leave behind.

    A session that the server took up, or may have taken up, is not offered again after a failure (R5077-3.2-10,
    R5246-7.2-01), nor is the one that this connection brought.
    """
    store = handshake.config.store
    if store is None:
        return
    if handshake.offer.stored is not None and handshake.resumed is not False:
        store.forget(handshake.offer.stored)
    kept = store.find(handshake.config.store_key, handshake.clock())
    if kept is not None and handshake.session is not None and kept.session == handshake.session:
        store.forget(kept)


# Flights --------------------------------------------------------------------------------------------------------------


def _send(handshake: ClientHandshake, kind: HandshakeType, body: bytes) -> None:
    machine.send(handshake.channel, handshake.transcript, kind, body)


def send_client_hello(handshake: ClientHandshake) -> None:
    """The opening, with the session on offer if there is one."""
    handlers, config = handshake.handlers, handshake.config
    handshake.offer = handlers.choose_offer(config, handshake.clock())
    hello = handlers.make_client_hello(config, handshake.offer, handshake.entropy)
    if handshake.binding is not None:  # RFC 5746, section 3.5
        hello = replace(hello, extensions=bound(hello.extensions, handshake.binding.client))
    handshake.client_hello = hello
    _send(handshake, HandshakeType.CLIENT_HELLO, handshake.client_hello.encode())


def send_certificate(handshake: ClientHandshake) -> None:
    """The client's chain if one was asked for, empty if there is none that fits (RFC 5246, section 7.4.6)."""
    if handshake.request is None:
        return
    handshake.scheme = choose_client_scheme(handshake.config, handshake.request)
    chain = () if handshake.scheme is None else own_chain(handshake)
    _send(handshake, HandshakeType.CERTIFICATE, Certificate(chain).encode())


def make_pre_master(handshake: ClientHandshake) -> tuple[bytes, bytes]:
    """The pre-master secret, and the body of ClientKeyExchange that lets the server have it too."""
    suite = SUITES.get(handshake.server_hello.cipher_suite, AES_128_GCM)
    if suite.exchange is KeyExchange.RSA and handshake.server_key is not None:
        version = handshake.client_hello.version
        secret, encrypted = exchange.encrypt_pre_master(handshake.server_key, version, handshake.entropy)
        return secret, EncryptedPreMasterSecret(encrypted).encode()
    if handshake.group is None:
        raise internal("the curve")
    handshake.share = make_share(handshake.group, handshake.entropy)
    return handshake.share.agree(handshake.server_public), ClientKeyExchange(handshake.share.public).encode()


def send_client_key_exchange(handshake: ClientHandshake) -> None:
    """A fresh share, or a secret encrypted to the server; makes the master secret and the keys."""
    pre_master, body = make_pre_master(handshake)
    _send(handshake, HandshakeType.CLIENT_KEY_EXCHANGE, body)
    handshake.master_secret = handshake.handlers.derive_master_secret(
        handshake.server_hello.extended_master_secret,
        pre_master,
        handshake.client_hello.random,
        handshake.server_hello.random,
        handshake.transcript.digest(),
        handshake.transcript.hash_name,
    )
    derive_connection_keys(handshake)


def send_certificate_verify(handshake: ClientHandshake) -> None:
    """The proof that the client's certificate is its own, if it sent one (R5246-7.4.8-01)."""
    credentials = handshake.config.credentials
    if handshake.scheme is None or credentials is None:
        return
    signature = exchange.sign(credentials.key, handshake.scheme, handshake.transcript.octets)
    _send(handshake, HandshakeType.CERTIFICATE_VERIFY, CertificateVerify(handshake.scheme, signature).encode())


def send_change_cipher_spec(handshake: ClientHandshake) -> None:
    """ChangeCipherSpec, and at once the new write keys (R5246-7.1-02)."""
    if handshake.keys is None:
        raise internal("the key block")
    handshake.channel.send_change_cipher_spec()
    handshake.channel.write_with(handshake.keys.client)


def send_finished(handshake: ClientHandshake) -> None:
    """The client's Finished, over everything so far."""
    data = finished_data(handshake.master_secret, CLIENT_FINISHED, handshake.transcript)
    handshake.client_finished = data
    _send(handshake, HandshakeType.FINISHED, data)


def derive_connection_keys(handshake: ClientHandshake) -> None:
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


# Judging --------------------------------------------------------------------------------------------------------------


def verify_server_chain(config: ClientConfig, chain: tuple[x509.Certificate, ...], now: float) -> None:
    """Checks the server's chain against roots, name and time, unless the configuration says not to.

    Raises ProtocolError: certificate_expired, bad_certificate or unknown_ca.
    """
    if not config.insecure and config.roots is not None:
        config.roots.verify_server(chain, config.server_name, now)


@dataclass(frozen=True)
class ClientHandlers:
    """The decisions and flights behind the table, each replaceable (`dataclasses.replace`)."""

    choose_offer: Callable[[ClientConfig, float], Offer] = offer.choose_offer
    make_client_hello: Callable[[ClientConfig, Offer, Entropy], ClientHello] = offer.make_client_hello
    parse_server_hello: Callable[[bytes], ServerHello] = ServerHello.parse
    check_binding: Callable[[ServerHello, Binding], None] = check_server_binding
    check_server_hello: Callable[[ClientHello, ServerHello], None] = offer.check_server_hello
    decide: Callable[[Offer, ClientHello, ServerHello], Decision] = offer.decide
    check_resumption: Callable[[Session, ServerHello], None] = offer.check_resumption
    verify_server_chain: Callable[[ClientConfig, tuple[x509.Certificate, ...], float], None] = verify_server_chain
    verify_signature: Callable[[PublicKey, int, bytes, bytes], None] = exchange.verify
    parse_ticket: Callable[[bytes], NewSessionTicket] = NewSessionTicket.parse
    derive_master_secret: Callable[[bool, bytes, bytes, bytes, bytes, str], bytes] = machine.derive_master_secret
    derive_keys: Callable[[bytes, bytes, bytes, Suite, bool], ConnectionKeys] = machine.derive_keys
    verify_finished: Callable[[bytes, bytes], None] = machine.verify_finished
    make_session: Callable[[ClientHandshake], Session] = make_session
    keep_ticket: Callable[[ClientHandshake, FinishedVerified], None] = keep_ticket
    forget_session: Step = forget_session
    opening: tuple[Step, ...] = (send_client_hello,)
    full_flight: tuple[Step, ...] = (
        send_certificate,
        send_client_key_exchange,
        send_certificate_verify,
        send_change_cipher_spec,
        send_finished,
    )
    resumption_flight: tuple[Step, ...] = (send_change_cipher_spec, send_finished)
