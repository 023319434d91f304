"""The client's table and handlers (RFC 5246, section 7.3; RFC 5077, section 3.1).

One row per message that may come in a state; what has no row is refused by `machine.advance`. A client that offered a
ticket is ready for each of the flows F1 to F4 (R5077-3.1-19).
"""

from rfc5077.reference.alerts import AlertDescription, Cause, ProtocolError
from rfc5077.reference.handshake import extensions
from rfc5077.reference.handshake.client_flight import (
    ClientHandshake,
    ClientState,
    ClientTable,
    derive_connection_keys,
    heed_limits,
)
from rfc5077.reference.handshake.machine import internal
from rfc5077.reference.handshake.offer import Decision
from rfc5077.reference.handshake.renegotiation import unbound
from rfc5077.reference.keys.credentials import check_encipherment, check_signing, parse_chain, public_key
from rfc5077.reference.keys.exchange import kind_of, signed_parameters
from rfc5077.reference.keys.schedule import SERVER_FINISHED, finished_data
from rfc5077.reference.keys.suites import AES_128_GCM, SUITES, Group, KeyExchange
from rfc5077.reference.ticket.store import FinishedVerified
from rfc5077.reference.wire.hello import ExtensionType
from rfc5077.reference.wire.messages import (
    Certificate,
    CertificateRequest,
    CertificateStatus,
    HandshakeType,
    Message,
    ServerKeyExchange,
    Signal,
    parse_empty,
)


def start(handshake: ClientHandshake) -> None:
    """Sends the opening."""
    for step in handshake.handlers.opening:
        step(handshake)
    handshake.state = ClientState.AWAIT_SERVER_HELLO


def take_server_hello(handshake: ClientHandshake, message: Message) -> ClientState:
    """The server's choice: resumed, full, or open until the next message."""
    handlers = handshake.handlers
    # CHECK
    answer = handlers.parse_server_hello(message.body)
    if handshake.client_hello.session_id not in (b"", answer.session_id):
        handshake.resumed = False  # the ticket was not taken up, whatever else may be wrong with this ServerHello
    if handshake.binding is not None:
        handlers.check_binding(answer, handshake.binding)
    handlers.check_server_hello(handshake.client_hello, answer if handshake.binding is None else unbound(answer))
    decision = handlers.decide(handshake.offer, handshake.client_hello, answer)
    # DERIVE
    handshake.server_hello = answer
    heed_limits(handshake, extensions.fragment_code(answer))
    handshake.transcript.use(SUITES.get(answer.cipher_suite, AES_128_GCM).hash_name)
    handshake.transcript.add(message.octets)
    announced = answer.session_ticket is not None
    if decision is Decision.OPEN:
        return ClientState.AWAIT_DECISION_WITH_TICKET if announced else ClientState.AWAIT_DECISION
    if decision is Decision.FULL:
        handshake.resumed = False
        return ClientState.AWAIT_CERTIFICATE
    take_up(handshake)
    return ClientState.AWAIT_RESUMED_TICKET if announced else ClientState.AWAIT_RESUMED_CHANGE_CIPHER_SPEC


def take_up(handshake: ClientHandshake) -> None:
    """The server resumes: everything comes from the session (R5077-3.1-08)."""
    session = handshake.offer.session
    if session is None:
        raise internal("the session on offer")
    # CHECK
    handshake.resumed = True
    handshake.handlers.check_resumption(session, handshake.server_hello)
    # DERIVE
    heed_limits(handshake, session.fragment_code)
    handshake.session = session
    handshake.master_secret = session.master_secret
    derive_connection_keys(handshake)


def take_certificate(handshake: ClientHandshake, message: Message) -> ClientState:
    """The server's chain; after an open ServerHello also the news that the handshake is a full one (R5077-3.4-10)."""
    chain = Certificate.parse(message.body).chain
    # CHECK
    if not chain:
        raise ProtocolError(Cause.MALFORMED, "the server sent no certificate")
    parsed = parse_chain(chain)
    key = public_key(parsed[0])
    suite = SUITES[handshake.server_hello.cipher_suite]
    if not suite.accepts(kind_of(key)):
        raise ProtocolError(Cause.UNSUPPORTED_CERTIFICATE)
    if suite.exchange is KeyExchange.RSA:
        check_encipherment(parsed[0])
    else:
        check_signing(parsed[0])
    handshake.handlers.verify_server_chain(handshake.config, parsed, handshake.clock())
    # DERIVE
    handshake.resumed = False
    handshake.server_chain = chain
    handshake.server_key = key
    handshake.transcript.add(message.octets)
    announced = handshake.server_hello.extension(ExtensionType.STATUS_REQUEST) is not None
    if suite.exchange is KeyExchange.RSA:  # no ServerKeyExchange: RFC 5246, section 7.4.3
        return ClientState.AWAIT_STATUS_OR_REQUEST_OR_DONE if announced else ClientState.AWAIT_REQUEST_OR_DONE
    return ClientState.AWAIT_CERTIFICATE_STATUS if announced else ClientState.AWAIT_SERVER_KEY_EXCHANGE


def take_certificate_status(handshake: ClientHandshake, message: Message) -> ClientState:
    """The OCSP response, for the user to judge; a server that announced it may still leave it out (RFC 6066, 8)."""
    handshake.certificate_status = CertificateStatus.parse(message.body).response
    handshake.transcript.add(message.octets)
    if handshake.state is ClientState.AWAIT_STATUS_OR_REQUEST_OR_DONE:
        return ClientState.AWAIT_REQUEST_OR_DONE
    return ClientState.AWAIT_SERVER_KEY_EXCHANGE


def take_server_key_exchange(handshake: ClientHandshake, message: Message) -> ClientState:
    """The server's share with its signature."""
    received = ServerKeyExchange.parse(message.body)
    if handshake.server_key is None:
        raise internal("the server's key")
    # CHECK
    if received.group not in handshake.config.groups:
        raise ProtocolError(Cause.GROUP_NOT_OFFERED, f"the server chose curve {received.group}")
    if received.scheme not in handshake.config.signature_schemes:
        raise ProtocolError(Cause.SIGNATURE_NOT_OFFERED, f"the server signed by scheme {received.scheme:#06x}")
    hellos = handshake.client_hello.random, handshake.server_hello.random
    data = signed_parameters(*hellos, received.parameters)
    handshake.handlers.verify_signature(handshake.server_key, received.scheme, received.signature, data)
    # DERIVE
    handshake.group = Group(received.group)
    handshake.server_public = received.public
    handshake.transcript.add(message.octets)
    return ClientState.AWAIT_REQUEST_OR_DONE


def take_certificate_request(handshake: ClientHandshake, message: Message) -> ClientState:
    """The wish for a client certificate."""
    handshake.request = CertificateRequest.parse(message.body)
    handshake.transcript.add(message.octets)
    return ClientState.AWAIT_DONE


def take_server_hello_done(handshake: ClientHandshake, message: Message) -> ClientState:
    """The end of the server's first flight: answers with the client's own."""
    # CHECK
    parse_empty(message.body)
    # DERIVE
    handshake.transcript.add(message.octets)
    # ANSWER
    for step in handshake.handlers.full_flight:
        step(handshake)
    if handshake.server_hello.session_ticket is None:
        return ClientState.AWAIT_CHANGE_CIPHER_SPEC
    return ClientState.AWAIT_TICKET


def read_ticket(handshake: ClientHandshake, message: Message) -> None:
    """Takes a ticket down; it counts only after Finished (R5077-3.3-06), and is never looked into (R5077-4-03)."""
    handshake.ticket = handshake.handlers.parse_ticket(message.body)
    handshake.ticket_received_at = handshake.clock()  # R5077-3.3-14
    handshake.transcript.add(message.octets)  # R5077-3.3-04


def take_ticket(handshake: ClientHandshake, message: Message) -> ClientState:
    """The announced ticket, full handshake."""
    read_ticket(handshake, message)
    return ClientState.AWAIT_CHANGE_CIPHER_SPEC


def take_resumed_ticket(handshake: ClientHandshake, message: Message) -> ClientState:
    """The announced ticket, abbreviated handshake: a renewal."""
    read_ticket(handshake, message)
    return ClientState.AWAIT_RESUMED_CHANGE_CIPHER_SPEC


def take_deciding_ticket(handshake: ClientHandshake, message: Message) -> ClientState:
    """NewSessionTicket right after an open ServerHello: resumed, with renewal (R5077-3.4-10)."""
    take_up(handshake)
    return take_resumed_ticket(handshake, message)


def read_protected(handshake: ClientHandshake) -> None:
    """Takes everything from now on as protected by the server's write keys."""
    if handshake.keys is None:
        derive_connection_keys(handshake)
    if handshake.keys is not None:
        handshake.channel.read_with(handshake.keys.server)


def take_change_cipher_spec(handshake: ClientHandshake, message: Message) -> ClientState:
    """The server switches to the new keys, full handshake."""
    del message  # its one octet was checked by the record rules
    read_protected(handshake)
    return ClientState.AWAIT_FINISHED


def take_resumed_change_cipher_spec(handshake: ClientHandshake, message: Message) -> ClientState:
    """The server switches to the new keys, abbreviated handshake."""
    del message
    read_protected(handshake)
    return ClientState.AWAIT_RESUMED_FINISHED


def take_deciding_change_cipher_spec(handshake: ClientHandshake, message: Message) -> ClientState:
    """ChangeCipherSpec right after an open ServerHello: resumed, without renewal (R5077-3.4-10)."""
    take_up(handshake)
    return take_resumed_change_cipher_spec(handshake, message)


def check_server_finished(handshake: ClientHandshake, message: Message) -> FinishedVerified:
    """Verifies the server's Finished and adds it to the transcript; the proof lets tickets be kept."""
    expected = finished_data(handshake.master_secret, SERVER_FINISHED, handshake.transcript)
    handshake.handlers.verify_finished(expected, message.body)
    handshake.server_finished = expected
    handshake.transcript.add(message.octets)
    return FinishedVerified(expected)


def take_finished(handshake: ClientHandshake, message: Message) -> ClientState:
    """The server's Finished in a full handshake: the session is valid now."""
    proof = check_server_finished(handshake, message)
    handshake.session = handshake.handlers.make_session(handshake)
    handshake.handlers.keep_ticket(handshake, proof)
    return ClientState.ESTABLISHED


def take_resumed_finished(handshake: ClientHandshake, message: Message) -> ClientState:
    """The server's Finished in an abbreviated handshake: answers with the client's own."""
    proof = check_server_finished(handshake, message)
    handshake.handlers.keep_ticket(handshake, proof)
    for step in handshake.handlers.resumption_flight:
        step(handshake)
    return ClientState.ESTABLISHED


def ignore_hello_request(handshake: ClientHandshake, message: Message) -> ClientState:
    """HelloRequest while a handshake is under way: ignored and not hashed (R5246-7.4.1.1-01)."""
    parse_empty(message.body)
    return handshake.state


def refuse_renegotiation(handshake: ClientHandshake, message: Message) -> ClientState:
    """HelloRequest on an established connection: declined by a warning (RFC 5246, section 7.4.1.1)."""
    parse_empty(message.body)
    handshake.channel.send_warning(AlertDescription.NO_RENEGOTIATION)
    return handshake.state


def take_hello_request(handshake: ClientHandshake, message: Message) -> ClientState:
    """HelloRequest on an established connection: a further handshake begins, if the configuration allows it."""
    if handshake.config.renegotiation != "any" or not handshake.can_renegotiate:
        return refuse_renegotiation(handshake, message)
    parse_empty(message.body)
    handshake.successor = handshake.follow()
    return handshake.state


def take_late_data(handshake: ClientHandshake, message: Message) -> ClientState:
    """Data that the server sent before it knew of a further handshake; in a first one there is none."""
    if handshake.binding is None:
        raise ProtocolError(Cause.UNEXPECTED_MESSAGE, "application data came before ServerHello")
    return take_application_data(handshake, message)


def take_application_data(handshake: ClientHandshake, message: Message) -> ClientState:
    """Data for the user; only once the handshake is complete (R5246-7.3-01)."""
    handshake.channel.deliver(message.body)
    return handshake.state


# fmt: off
CLIENT_TABLE: ClientTable = {
    (ClientState.AWAIT_SERVER_HELLO,               HandshakeType.SERVER_HELLO):        take_server_hello,
    (ClientState.AWAIT_SERVER_HELLO,               Signal.APPLICATION_DATA):           take_late_data,
    (ClientState.AWAIT_DECISION,                   Signal.CHANGE_CIPHER_SPEC):         take_deciding_change_cipher_spec,
    (ClientState.AWAIT_DECISION,                   HandshakeType.CERTIFICATE):         take_certificate,
    (ClientState.AWAIT_DECISION_WITH_TICKET,       HandshakeType.NEW_SESSION_TICKET):  take_deciding_ticket,
    (ClientState.AWAIT_DECISION_WITH_TICKET,       HandshakeType.CERTIFICATE):         take_certificate,
    (ClientState.AWAIT_CERTIFICATE,                HandshakeType.CERTIFICATE):         take_certificate,
    (ClientState.AWAIT_CERTIFICATE_STATUS,         HandshakeType.CERTIFICATE_STATUS):  take_certificate_status,
    (ClientState.AWAIT_CERTIFICATE_STATUS,         HandshakeType.SERVER_KEY_EXCHANGE): take_server_key_exchange,
    (ClientState.AWAIT_STATUS_OR_REQUEST_OR_DONE,  HandshakeType.CERTIFICATE_STATUS):  take_certificate_status,
    (ClientState.AWAIT_STATUS_OR_REQUEST_OR_DONE,  HandshakeType.CERTIFICATE_REQUEST): take_certificate_request,
    (ClientState.AWAIT_STATUS_OR_REQUEST_OR_DONE,  HandshakeType.SERVER_HELLO_DONE):   take_server_hello_done,
    (ClientState.AWAIT_SERVER_KEY_EXCHANGE,        HandshakeType.SERVER_KEY_EXCHANGE): take_server_key_exchange,
    (ClientState.AWAIT_REQUEST_OR_DONE,            HandshakeType.CERTIFICATE_REQUEST): take_certificate_request,
    (ClientState.AWAIT_REQUEST_OR_DONE,            HandshakeType.SERVER_HELLO_DONE):   take_server_hello_done,
    (ClientState.AWAIT_DONE,                       HandshakeType.SERVER_HELLO_DONE):   take_server_hello_done,
    (ClientState.AWAIT_TICKET,                     HandshakeType.NEW_SESSION_TICKET):  take_ticket,
    (ClientState.AWAIT_CHANGE_CIPHER_SPEC,         Signal.CHANGE_CIPHER_SPEC):         take_change_cipher_spec,
    (ClientState.AWAIT_FINISHED,                   HandshakeType.FINISHED):            take_finished,
    (ClientState.AWAIT_RESUMED_TICKET,             HandshakeType.NEW_SESSION_TICKET):  take_resumed_ticket,
    (ClientState.AWAIT_RESUMED_CHANGE_CIPHER_SPEC, Signal.CHANGE_CIPHER_SPEC):         take_resumed_change_cipher_spec,
    (ClientState.AWAIT_RESUMED_FINISHED,           HandshakeType.FINISHED):            take_resumed_finished,
    (ClientState.ESTABLISHED,                      Signal.APPLICATION_DATA):           take_application_data,
    (ClientState.ESTABLISHED,                      HandshakeType.HELLO_REQUEST):       take_hello_request,
    **{
        (state, HandshakeType.HELLO_REQUEST): ignore_hello_request
        for state in ClientState if state not in (ClientState.IDLE, ClientState.ESTABLISHED)
    },
}
# fmt: on
