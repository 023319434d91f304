"""Faulty endpoints whose hellos ask or answer wrongly, beside the ticket: servers S-125 to S-139, clients C-56 to C-94.

Suite and version, extensions of other documents, the random's mark, the id beside a promise; and two that break what
the hellos lead to, without a word (S-132) or with one too many (C-90).
"""

from __future__ import annotations

import itertools
from dataclasses import replace

from rfc5077.properties.adapters.over_reference import server_config
from rfc5077.properties.faults.edits import answering, asking_by
from rfc5077.properties.faults.fault import ClientEdit, ServerEdit, fault
from rfc5077.properties.suite.hellos import with_extension, without_extension
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake import client_flight, machine, negotiate, offer
from rfc5077.reference.handshake.client_flight import ClientHandlers, ClientHandshake
from rfc5077.reference.handshake.config import ClientConfig, Issue, ServerConfig
from rfc5077.reference.handshake.negotiate import OpenTicket, Resumption
from rfc5077.reference.handshake.offer import Offer
from rfc5077.reference.handshake.server_flight import ServerHandlers, ServerHandshake
from rfc5077.reference.keys.exchange import Entropy
from rfc5077.reference.keys.suites import SignatureScheme
from rfc5077.reference.record_layer import RecordRules, Refusal
from rfc5077.reference.wire.hello import ClientHello, ExtensionType, ServerHello, server_name_body
from rfc5077.reference.wire.messages import CertificateVerify, HandshakeType
from rfc5077.reference.wire.record import ContentType

TLS_1_1 = 0x0302
RSA_WITH_3DES = 0x000A
PROTOCOLS = 16
TIMESTAMPS = 18
MARK_OF_1_2 = b"DOWNGRD\x01"

# Servers --------------------------------------------------------------------------------------------------------------


@fault("S-139", "R5246-7.4.1.3-03")
def picks_a_suite_of_its_own() -> ServerEdit:
    """Picks a suite that the client does not offer."""
    return answering(lambda _, answer: replace(answer, cipher_suite=RSA_WITH_3DES))


@fault("S-125", "R5246-7.4.1.3-06")
def steps_down_after_a_time() -> ServerEdit:
    """Picks TLS 1.1 for every hello but the first, though it speaks TLS 1.2."""
    count = itertools.count()
    return answering(lambda _, answer: replace(answer, version=TLS_1_1) if next(count) else answer)


@fault("S-126", "R5246-7.4.1.4-05")
def sends_timestamps_on_resumption() -> ServerEdit:
    """Sends certificate timestamps, in signed_certificate_timestamp, though no certificate follows."""
    return answering(
        lambda handshake, answer: answer if handshake.resumption.session is None else with_extension(answer, TIMESTAMPS)
    )


@fault("S-127", "R5246-7.4.1.4.1-01")
def answers_signature_algorithms() -> ServerEdit:
    """Repeats the client's signature_algorithms in ServerHello."""

    def repeat(handshake: ServerHandshake, answer: ServerHello) -> ServerHello:
        kind = ExtensionType.SIGNATURE_ALGORITHMS
        asked = handshake.client_hello.extension(kind)
        return answer if asked is None else with_extension(answer, kind, asked)

    return answering(repeat)


@fault("S-128", "R6066-3-04")
def repeats_the_name() -> ServerEdit:
    """Answers a server name by that name, where an empty extension is due."""
    return answering(
        lambda handshake, answer: with_extension(answer, ExtensionType.SERVER_NAME, server_name_body("localhost"))
        if handshake.resumption.session is None else answer
    )  # fmt: skip


@fault("S-129", "R7301-3.1-02")
def names_two_protocols() -> ServerEdit:
    """Names two application protocols."""
    return answering(lambda _, answer: with_extension(answer, PROTOCOLS, b"\x00\x0c\x02h2\x08http/1.1"))


@fault("S-130", "R8446-4.1.3-01")
def marks_full_handshakes_alone() -> ServerEdit:
    """Marks the random as a server of TLS 1.3 does, but not when it resumes."""

    def mark(handshake: ServerHandshake, answer: ServerHello) -> ServerHello:
        if handshake.resumption.session is not None:
            return answer
        return replace(answer, random=answer.random[: -len(MARK_OF_1_2)] + MARK_OF_1_2)

    return answering(mark)


@fault("S-131", "R5077-3.4-01", verdict="advice")
def makes_an_id_beside_a_promise() -> ServerEdit:
    """Makes up a session_id although it announces a ticket."""

    def session_id(
        config: ServerConfig, hello: ClientHello, resumption: Resumption, plan: Issue, entropy: Entropy
    ) -> bytes:
        if plan != "never" and resumption.session is None and not hello.session_ticket:
            return entropy(32)
        return negotiate.choose_session_id(config, hello, resumption, plan, entropy)

    return ServerEdit(handlers=ServerHandlers(choose_session_id=session_id))


@fault("S-132", "R5246-7.2.2-02", verdict="advice")
def hangs_up_on_everything() -> ServerEdit:
    """Closes without an alert on whatever it refuses."""
    return ServerEdit(rules=RecordRules(refuse=lambda _: Refusal(None, close=True)))


@fault("S-136", "R5746-3.6-03")
def takes_a_foreign_binding() -> ServerEdit:
    """Takes a first ClientHello whose renegotiation_info has contents."""

    def check(hello: ClientHello) -> None:
        negotiate.check_client_hello(without_extension(hello, ExtensionType.RENEGOTIATION_INFO))

    return ServerEdit(handlers=ServerHandlers(check_client_hello=check))


@fault("S-137", "R7627-5.2-03")
def grants_the_extended_secret_unasked() -> ServerEdit:
    """Puts extended_master_secret into ServerHello although ClientHello lacks it."""
    return answering(lambda _, answer: with_extension(answer, ExtensionType.EXTENDED_MASTER_SECRET))


@fault("S-135", "R7627-5.3-05", verdict="advice")
def resumes_without_the_extended_secret() -> ServerEdit:
    """Resumes a session without the extended master secret for a hello without it, though it knows better."""

    def choose(config: ServerConfig, hello: ClientHello, now: float, opens: OpenTicket) -> Resumption:
        return negotiate.choose_resumption(replace(config, without_ems="resume"), hello, now, opens)

    return ServerEdit(
        handlers=ServerHandlers(choose_resumption=choose),
        config=lambda: replace(server_config(), without_ems="abort"),
    )


@fault("S-133", "R5746-3.6-01")
def ignores_the_signal() -> ServerEdit:
    """Leaves renegotiation_info unanswered."""
    return answering(lambda _, answer: without_extension(answer, ExtensionType.RENEGOTIATION_INFO))


@fault("S-134", "R7301-3.2-01")
def picks_a_protocol_of_its_own() -> ServerEdit:
    """Picks an application protocol that the client does not list."""
    return answering(
        lambda handshake, answer: answer if handshake.client_hello.extension(PROTOCOLS) is None
        else with_extension(answer, PROTOCOLS, b"\x00\x03\x02h2")
    )  # fmt: skip


@fault("S-138", "R5246-7.4.1.4-03")
def announces_twice() -> ServerEdit:
    """Puts the announcement of a ticket twice into one ServerHello."""

    def repeat(_: ServerHandshake, answer: ServerHello) -> ServerHello:
        announced = tuple(pair for pair in answer.extensions if pair[0] == ExtensionType.SESSION_TICKET)
        return replace(answer, extensions=answer.extensions + announced)

    return answering(repeat)


# Clients --------------------------------------------------------------------------------------------------------------


@fault("C-92", "R5246-7.4.1.2-02")
def leaves_the_suite_of_its_session_out() -> ClientEdit:
    """Offers a session by its session_id, without the suite that it began with."""

    def without_suite(offered: Offer, hello: ClientHello) -> ClientHello:
        session = offered.session
        if session is None or not hello.session_id:
            return hello
        return replace(hello, cipher_suites=tuple(suite for suite in hello.cipher_suites if suite != session.suite))

    return asking_by(without_suite)


@fault("C-89", "R5246-E.1-01", verdict="advice")
def starts_with_an_older_version() -> ClientEdit:
    """Offers a session of TLS 1.2 in a hello of TLS 1.1."""
    return asking_by(lambda offered, hello: replace(hello, version=TLS_1_1) if offered.session else hello)


@fault("C-90", "R5246-7.4.8-01")
def signs_without_a_certificate() -> ClientEdit:
    """Sends a CertificateVerify although it has no certificate to show."""

    def sign(handshake: ClientHandshake) -> None:
        body = CertificateVerify(SignatureScheme.ECDSA_SHA256, bytes(70)).encode()
        machine.send(handshake.channel, handshake.transcript, HandshakeType.CERTIFICATE_VERIFY, body)

    flight = tuple(
        sign if step is client_flight.send_certificate_verify else step for step in ClientHandlers().full_flight
    )
    return ClientEdit(handlers=ClientHandlers(full_flight=flight))


@fault("C-91", "R5746-3.4-01")
def gives_no_signal() -> ClientEdit:
    """Sends neither renegotiation_info nor the signalling suite."""
    return asking_by(lambda _, hello: without_extension(hello, ExtensionType.RENEGOTIATION_INFO))


@fault("C-62", "R7627-5.3-01", verdict="advice")
def offers_a_session_without_the_extended_secret() -> ClientEdit:
    """Asks for the extended master secret beside a session that lacks it."""

    def choose(config: ClientConfig, now: float) -> Offer:
        return Offer() if config.store is None else Offer(config.store.find(config.store_key, now))

    def make(config: ClientConfig, offered: Offer, entropy: Entropy) -> ClientHello:
        hello = offer.make_client_hello(config, offered, entropy)
        return hello if offered.session else without_extension(hello, ExtensionType.EXTENDED_MASTER_SECRET)

    return ClientEdit(handlers=ClientHandlers(choose_offer=choose, make_client_hello=make))


def _demanding() -> ClientHandlers:
    """A client that aborts where the extended master secret that it asked for is not granted."""

    def check(sent: ClientHello, answer: ServerHello) -> None:
        offer.check_server_hello(sent, answer)
        if not answer.extended_master_secret:
            raise ProtocolError(Cause.EMS_NOT_USED)

    return ClientHandlers(check_server_hello=check)


@fault("C-93", "R7627-4-01", verdict="advice")
def goes_on_without_the_extended_secret() -> ClientEdit:
    """Goes on in a full handshake with a server that leaves its extended_master_secret unanswered."""
    return ClientEdit(base=_demanding())


@fault("C-94", "R5246-E.2-01")
def asks_in_the_format_of_ssl_2() -> ClientEdit:
    """Offers a session by its session_id in a ClientHello of SSL 2.0."""

    def older(octets: bytes) -> bytes:
        is_hello = octets[:1] == bytes((ContentType.HANDSHAKE,)) and octets[5:6] == bytes((HandshakeType.CLIENT_HELLO,))
        hello = ClientHello.parse(octets[9:]) if is_hello else None
        if hello is None or not hello.session_id:
            return octets
        suites = b"".join(suite.to_bytes(3, "big") for suite in hello.cipher_suites)
        parts = (suites, hello.session_id, hello.random)
        head = b"\x01" + hello.version.to_bytes(2, "big") + b"".join(len(part).to_bytes(2, "big") for part in parts)
        body = head + b"".join(parts)
        return (0x8000 | len(body)).to_bytes(2, "big") + body

    return ClientEdit(octets=older)


@fault("C-68", "R5746-3.4-02")
def takes_a_foreign_binding_in_the_answer() -> ClientEdit:
    """Takes a first ServerHello whose renegotiation_info has contents."""

    def check(sent: ClientHello, answer: ServerHello) -> None:
        offer.check_server_hello(sent, without_extension(answer, ExtensionType.RENEGOTIATION_INFO))

    return ClientEdit(handlers=ClientHandlers(check_server_hello=check))


@fault("C-56", "R5246-7.4.1.3-04")
def resumes_with_another_suite() -> ClientEdit:
    """Resumes a session with another suite than that which it began with."""
    return ClientEdit(handlers=ClientHandlers(check_resumption=lambda session, answer: None))
