"""The server's table and handlers (RFC 5246, section 7.3; RFC 5077, section 3.1).

One row per message that may come in a state; what has no row is refused by `machine.advance`.
"""

from rfc5077.reference.alerts import AlertDescription, Cause, ProtocolError
from rfc5077.reference.handshake.machine import internal
from rfc5077.reference.handshake.renegotiation import unbound
from rfc5077.reference.handshake.server_flight import (
    ServerHandshake,
    ServerState,
    ServerTable,
    derive_connection_keys,
)
from rfc5077.reference.keys.credentials import check_signing, parse_chain, public_key
from rfc5077.reference.keys.exchange import decrypt_pre_master
from rfc5077.reference.keys.schedule import CLIENT_FINISHED, finished_data
from rfc5077.reference.keys.suites import KeyExchange
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.wire.messages import (
    Certificate,
    CertificateVerify,
    ClientKeyExchange,
    EncryptedPreMasterSecret,
    HandshakeType,
    Message,
    Signal,
)


def take_client_hello(handshake: ServerHandshake, message: Message) -> ServerState:
    """The opening: decides between full and abbreviated handshake, and sends the flight that belongs to it."""
    handlers = handshake.handlers
    # CHECK
    hello = handlers.parse_client_hello(message.body)
    if handshake.binding is not None:
        handlers.check_binding(hello, handshake.binding)
    handlers.check_client_hello(hello if handshake.binding is None else unbound(hello))
    # DERIVE
    handshake.client_hello = hello
    handshake.transcript.add(message.octets)
    now = handshake.clock()
    handshake.resumption = handlers.choose_resumption(handshake.config, hello, now, handlers.open_ticket)
    handshake.plan = handlers.plan_ticket(handshake.config, hello, handshake.resumption)
    # ANSWER
    if handshake.resumption.session is not None:
        return resume(handshake, handshake.resumption.session)
    handshake.parameters = handlers.choose_parameters(handshake.config, hello)
    for step in handlers.first_flight:
        step(handshake)
    if handshake.config.client_auth == "never":
        return ServerState.AWAIT_CLIENT_KEY_EXCHANGE
    return ServerState.AWAIT_CERTIFICATE


def resume(handshake: ServerHandshake, session: Session) -> ServerState:
    """The abbreviated handshake: everything comes from the session (R5077-3.1-10), nothing is asked (R5246-7.3-02)."""
    handshake.session = session
    handshake.client_chain = session.client_identity
    handshake.master_secret = session.master_secret
    for step in handshake.handlers.resumption_flight:
        step(handshake)
    return ServerState.AWAIT_RESUMED_CHANGE_CIPHER_SPEC


def take_certificate(handshake: ServerHandshake, message: Message) -> ServerState:
    """The client's chain, or an empty one."""
    chain = Certificate.parse(message.body).chain
    config = handshake.config
    # CHECK
    if not chain and config.client_auth == "require":
        raise ProtocolError(Cause.NO_CLIENT_CERTIFICATE)
    if chain and config.client_roots is not None:
        parsed = parse_chain(chain)
        check_signing(parsed[0])
        config.client_roots.verify_client(parsed, handshake.clock())
        handshake.client_key = public_key(parsed[0])
    # DERIVE
    handshake.client_chain = chain
    handshake.transcript.add(message.octets)
    return ServerState.AWAIT_CLIENT_KEY_EXCHANGE


def take_client_key_exchange(handshake: ServerHandshake, message: Message) -> ServerState:
    """The client's share, or its encrypted secret: makes the master secret and the keys."""
    # CHECK
    pre_master = take_pre_master(handshake, message.body)
    # DERIVE
    handshake.transcript.add(message.octets)
    handshake.master_secret = handshake.handlers.derive_master_secret(
        handshake.server_hello.extended_master_secret,
        pre_master,
        handshake.client_hello.random,
        handshake.server_hello.random,
        handshake.transcript.digest(),
        handshake.transcript.hash_name,
    )
    derive_connection_keys(handshake)
    if handshake.client_chain:
        return ServerState.AWAIT_CERTIFICATE_VERIFY
    return ServerState.AWAIT_CHANGE_CIPHER_SPEC


def take_pre_master(handshake: ServerHandshake, body: bytes) -> bytes:
    """The pre-master secret of a ClientKeyExchange, by the key exchange of the suite."""
    parameters, share = handshake.parameters, handshake.share
    if parameters is not None and parameters.suite.exchange is KeyExchange.RSA:
        encrypted, version = EncryptedPreMasterSecret.parse(body).encrypted, handshake.client_hello.version
        return decrypt_pre_master(parameters.credentials.key, version, encrypted, handshake.entropy)
    if share is None:
        raise internal("the server's share")
    return share.agree(ClientKeyExchange.parse(body).public)


def take_certificate_verify(handshake: ServerHandshake, message: Message) -> ServerState:
    """The client's proof that its certificate's key is its own (R5246-7.4.8-02)."""
    verify = CertificateVerify.parse(message.body)
    if handshake.client_key is None:
        raise internal("the client's key")
    # CHECK
    if verify.scheme not in handshake.config.signature_schemes:
        raise ProtocolError(Cause.SIGNATURE_NOT_OFFERED, f"the client signed by scheme {verify.scheme:#06x}")
    handshake.handlers.verify_signature(
        handshake.client_key, verify.scheme, verify.signature, handshake.transcript.octets
    )
    # DERIVE
    handshake.transcript.add(message.octets)
    return ServerState.AWAIT_CHANGE_CIPHER_SPEC


def _read_protected(handshake: ServerHandshake) -> None:
    if handshake.keys is None:
        derive_connection_keys(handshake)
    if handshake.keys is not None:
        handshake.channel.read_with(handshake.keys.client)


def take_change_cipher_spec(handshake: ServerHandshake, message: Message) -> ServerState:
    """The client switches to the new keys, full handshake."""
    del message  # its one octet was checked by the record rules
    _read_protected(handshake)
    return ServerState.AWAIT_FINISHED


def take_resumed_change_cipher_spec(handshake: ServerHandshake, message: Message) -> ServerState:
    """The client switches to the new keys, abbreviated handshake."""
    del message
    _read_protected(handshake)
    return ServerState.AWAIT_RESUMED_FINISHED


def check_client_finished(handshake: ServerHandshake, message: Message) -> None:
    """Verifies the client's Finished and adds it to the transcript."""
    expected = finished_data(handshake.master_secret, CLIENT_FINISHED, handshake.transcript)
    handshake.handlers.verify_finished(expected, message.body)
    handshake.client_finished = expected
    handshake.transcript.add(message.octets)


def take_finished(handshake: ServerHandshake, message: Message) -> ServerState:
    """The client's Finished in a full handshake: only now may a ticket go out (R5077-3.3-05)."""
    # CHECK
    check_client_finished(handshake, message)
    # DERIVE
    handshake.session = handshake.handlers.make_session(handshake)
    # ANSWER
    for step in handshake.handlers.last_flight:
        step(handshake)
    handshake.handlers.keep_session(handshake)
    return ServerState.ESTABLISHED


def take_resumed_finished(handshake: ServerHandshake, message: Message) -> ServerState:
    """The client's Finished in an abbreviated handshake: the proof that it knows the master secret (R5077-5.2-02)."""
    check_client_finished(handshake, message)
    return ServerState.ESTABLISHED


def refuse_renegotiation(handshake: ServerHandshake, message: Message) -> ServerState:
    """A ClientHello on an established connection: declined by a warning (RFC 5246, section 7.2.2)."""
    del message
    handshake.channel.send_warning(AlertDescription.NO_RENEGOTIATION)
    return handshake.state


def take_further_client_hello(handshake: ServerHandshake, message: Message) -> ServerState:
    """A ClientHello on an established connection: a further handshake begins, if the configuration allows it."""
    choice = handshake.config.renegotiation
    if not handshake.can_renegotiate or not (choice == "any" or (choice == "own" and handshake.asked)):
        return refuse_renegotiation(handshake, message)
    if handshake.successor is None:
        handshake.successor = handshake.follow()
    return handshake.state


def take_application_data(handshake: ServerHandshake, message: Message) -> ServerState:
    """Data for the user; only once the handshake is complete (R5246-7.3-01)."""
    handshake.channel.deliver(message.body)
    return handshake.state


# fmt: off
SERVER_TABLE: ServerTable = {
    (ServerState.AWAIT_CLIENT_HELLO,               HandshakeType.CLIENT_HELLO):        take_client_hello,
    (ServerState.AWAIT_CERTIFICATE,                HandshakeType.CERTIFICATE):         take_certificate,
    (ServerState.AWAIT_CLIENT_KEY_EXCHANGE,        HandshakeType.CLIENT_KEY_EXCHANGE): take_client_key_exchange,
    (ServerState.AWAIT_CERTIFICATE_VERIFY,         HandshakeType.CERTIFICATE_VERIFY):  take_certificate_verify,
    (ServerState.AWAIT_CHANGE_CIPHER_SPEC,         Signal.CHANGE_CIPHER_SPEC):         take_change_cipher_spec,
    (ServerState.AWAIT_FINISHED,                   HandshakeType.FINISHED):            take_finished,
    (ServerState.AWAIT_RESUMED_CHANGE_CIPHER_SPEC, Signal.CHANGE_CIPHER_SPEC):         take_resumed_change_cipher_spec,
    (ServerState.AWAIT_RESUMED_FINISHED,           HandshakeType.FINISHED):            take_resumed_finished,
    (ServerState.ESTABLISHED,                      Signal.APPLICATION_DATA):           take_application_data,
    (ServerState.ESTABLISHED,                      HandshakeType.CLIENT_HELLO):        take_further_client_hello,
}
# fmt: on
