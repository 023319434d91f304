"""Faulty servers: what of a session they lose, keep too long, or resume under other terms.

Secrets and randoms (S-88 to S-90, S-100, S-101), suite and version (S-91 to S-93), extended master secret (S-94 to
S-99), names and protocols (S-102 to S-108), and the client's identity (S-109, S-110).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rfc5077.properties.adapters.over_reference import server_config
from rfc5077.properties.faults.edits import answering
from rfc5077.properties.faults.fault import ServerEdit, asking, fault
from rfc5077.properties.suite.hellos import with_extension, without_extension
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake import machine, negotiate, server_flight
from rfc5077.reference.handshake.config import Issue, ServerConfig
from rfc5077.reference.handshake.extensions import agreed_protocol
from rfc5077.reference.handshake.negotiate import OpenTicket, Resumption
from rfc5077.reference.handshake.server_flight import (
    ServerHandlers,
    ServerHandshake,
    ServerState,
    send_change_cipher_spec,
    send_finished,
    send_ticket,
)
from rfc5077.reference.keys.schedule import ConnectionKeys, master_secret
from rfc5077.reference.keys.suites import DEFAULT_SUITES, Suite
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.wire.hello import ClientHello, ExtensionType, ServerHello
from rfc5077.reference.wire.messages import HandshakeType
from rfc5077.reference.wire.record import TLS_1_2

PROTOCOLS = 16
H, S = HandshakeType, ServerState


def speaking() -> ServerConfig:
    """A server that knows two application protocols."""
    return replace(server_config(), protocols=("http/1.1", "h2"))


def lenient() -> ServerConfig:
    """A server that resumes without the extended master secret where neither side knows it."""
    return replace(server_config(), without_ems="resume")


def demanding() -> ServerConfig:
    """A server that goes on with nobody who shows no certificate."""
    return replace(asking(), client_auth="require")


# Secrets and randoms --------------------------------------------------------------------------------------------------


@fault("S-88", "R5077-3.1-10", "R5246-7.4.9-03")
def resumes_with_a_fresh_secret() -> ServerEdit:
    """Makes up a master secret on resumption."""

    def draw(handshake: ServerHandshake) -> None:
        handshake.master_secret = handshake.entropy(48)

    return ServerEdit(handlers=ServerHandlers(resumption_flight=(draw, *ServerHandlers().resumption_flight)))


@fault("S-89", "R5246-6.3-01", "R5246-7.4.9-03")
def resumes_with_old_keys() -> ServerEdit:
    """Makes the keys of a resumed connection from the randoms of the first."""
    first: dict[bytes, tuple[bytes, bytes]] = {}

    def derive(secret: bytes, client: bytes, server: bytes, suite: Suite, encrypt_then_mac: bool) -> ConnectionKeys:
        return machine.derive_keys(secret, *first.setdefault(secret, (client, server)), suite, encrypt_then_mac)

    return ServerEdit(handlers=ServerHandlers(derive_keys=derive))


@fault("S-90", "R5246-6.3-01")
def repeats_its_random() -> ServerEdit:
    """Sends the same random in every ServerHello."""
    randoms: list[bytes] = []

    def change(_: ServerHandshake, answer: ServerHello) -> ServerHello:
        randoms.append(answer.random)
        return replace(answer, random=randoms[0])

    return answering(change)


@fault("S-100", "R7627-5.1-01", "R5246-7.4.9-01", "R5246-7.4.9-03")
def computes_the_standard_secret() -> ServerEdit:
    """Agrees on the extended master secret and computes the standard one."""

    def derive(ems: bool, pre_master: bytes, client: bytes, server: bytes, session_hash: bytes, name: str) -> bytes:
        del ems, session_hash
        return master_secret(pre_master, client, server, name)

    return ServerEdit(handlers=ServerHandlers(derive_master_secret=derive))


@fault("S-101", "R7627-3-01", "R5246-7.4.9-03")
def hashes_the_ticket_into_the_session_hash() -> ServerEdit:
    """Computes the extended master secret once more behind NewSessionTicket, which it covers then."""
    secrets: dict[bytes, bytes] = {}

    def derive(ems: bool, pre_master: bytes, client: bytes, server: bytes, session_hash: bytes, name: str) -> bytes:
        secrets[server] = pre_master
        return machine.derive_master_secret(ems, pre_master, client, server, session_hash, name)

    def compute_again(handshake: ServerHandshake) -> None:
        answer, transcript = handshake.server_hello, handshake.transcript
        randoms = handshake.client_hello.random, answer.random
        handshake.master_secret = machine.derive_master_secret(
            answer.extended_master_secret, secrets[answer.random], *randoms, transcript.digest(), transcript.hash_name
        )

    flight = (send_ticket, compute_again, send_change_cipher_spec, send_finished)
    return ServerEdit(handlers=ServerHandlers(derive_master_secret=derive, last_flight=flight))


# Under which hello a session goes on ----------------------------------------------------------------------------------


def _resuming(change: Callable[[ClientHello, Session], tuple[ClientHello, Session] | None]) -> ServerEdit:
    """Decides whether to resume by another hello and another session; rejects the ticket where `change` has none."""

    def choose(config: ServerConfig, hello: ClientHello, now: float, opens: OpenTicket) -> Resumption:
        session = opens(config.key_ring, hello.session_ticket or b"") if hello.session_ticket else None
        if session is None:
            return negotiate.choose_resumption(config, hello, now, opens)
        changed = change(hello, session)
        if changed is None:
            return Resumption(ticket_presented=True)
        told = negotiate.choose_resumption(config, changed[0], now, lambda *_: changed[1])
        return replace(told, session=session) if told.session is not None else told

    return ServerEdit(handlers=ServerHandlers(choose_resumption=choose))


@fault("S-91", "R5246-7.4.1.3-02")
def resumes_with_the_preferred_suite() -> ServerEdit:
    """Resumes with the suite that the new hello prefers, rather than with the session's."""

    def change(handshake: ServerHandshake, answer: ServerHello) -> ServerHello:
        preferred = next(suite for suite in handshake.client_hello.cipher_suites if suite in handshake.config.suites)
        return answer if handshake.resumption.session is None else replace(answer, cipher_suite=preferred)

    return answering(change)


@fault("S-92", "R5246-7.4.1.3-03", source="A-63: GnuTLS 3.7.9")
def resumes_with_a_suite_that_is_not_offered() -> ServerEdit:
    """Resumes a session whose suite the client does not offer any more."""
    return _resuming(lambda hello, session: (replace(hello, cipher_suites=DEFAULT_SUITES), session))


@fault("S-93", "R5077-4-11", "R5246-7.4.1.3-06", verdict="advice", source="A-65: OpenSSL before 1.0.1k")
def resumes_a_session_of_another_version() -> ServerEdit:
    """Resumes a session without looking at the version it began with."""
    return _resuming(lambda hello, session: (hello, replace(session, version=TLS_1_2)))


def _as_if(ems: bool) -> Callable[[ClientHello], ClientHello]:
    kind = ExtensionType.EXTENDED_MASTER_SECRET
    return lambda hello: with_extension(hello, kind) if ems else without_extension(hello, kind)


@fault("S-94", "R7627-5.3-04", source="A-54: s2n-tls, issue 3112")
def resumes_although_the_hello_lacks_the_extended_secret() -> ServerEdit:
    """Resumes a session with the extended master secret for a hello without it."""
    return _resuming(lambda hello, session: (_as_if(session.ems)(hello), session))


@fault("S-95", "R7627-5.3-04", "K-27", verdict="note")
def goes_through_the_full_handshake_instead_of_aborting() -> ServerEdit:
    """Goes on with a full handshake where a hello without the extended master secret offers a session with it."""
    return _resuming(
        lambda hello, session: None if session.ems and not hello.extended_master_secret else (hello, session)
    )


@fault("S-96", "R7627-5.3-03")
def resumes_although_the_session_lacks_the_extended_secret() -> ServerEdit:
    """Resumes a session without the extended master secret for a hello with it."""
    return _resuming(lambda hello, session: (hello, replace(session, ems=hello.extended_master_secret)))


@fault("S-97", "R7627-5.3-03", "K-28", verdict="advice")
def aborts_instead_of_going_through_the_full_handshake() -> ServerEdit:
    """Aborts where a hello with the extended master secret offers a session without it."""

    def change(hello: ClientHello, session: Session) -> tuple[ClientHello, Session]:
        if hello.extended_master_secret and not session.ems:
            raise ProtocolError(Cause.EMS_NOT_USED)
        return hello, session

    return _resuming(change)


@fault("S-98", "R7627-5.3-06", "R7627-5.2-02")
def does_not_answer_the_extended_secret_on_resumption() -> ServerEdit:
    """Leaves extended_master_secret out of a ServerHello that resumes."""
    return answering(
        lambda handshake, answer: answer if handshake.resumption.session is None
        else without_extension(answer, ExtensionType.EXTENDED_MASTER_SECRET)
    )  # fmt: skip


def _forgetting(change: Callable[[Session], Session]) -> ServerEdit:
    """Puts something else into the ticket of a full handshake."""
    return ServerEdit(
        handlers=ServerHandlers(make_session=lambda handshake: change(server_flight.make_session(handshake)))
    )


@fault("S-99", "R7627-5.4-01", "R7627-5.3-03")
def stores_the_extended_secret_wrongly() -> ServerEdit:
    """Notes with each session the opposite of whether its master secret is extended."""
    return _forgetting(lambda session: replace(session, ems=not session.ems))


@fault("S-102", "R6066-3-02", source="A-56: CVE-2014-3616")
def resumes_for_another_name() -> ServerEdit:
    """Resumes a session under another server name."""
    return _resuming(lambda hello, session: (hello, replace(session, server_name=hello.server_name)))


@fault("S-103", "R6066-3-02")
def aborts_for_another_name() -> ServerEdit:
    """Answers a ticket under another server name with a fatal alert."""

    def change(hello: ClientHello, session: Session) -> tuple[ClientHello, Session]:
        if hello.server_name != session.server_name:
            raise ProtocolError(Cause.MALFORMED, "a session of another name")
        return hello, session

    return _resuming(change)


@fault("S-104", "R6066-3-03")
def answers_the_name_on_resumption() -> ServerEdit:
    """Answers server_name in a ServerHello that resumes."""
    return answering(
        lambda handshake, answer: answer if handshake.resumption.session is None
        else with_extension(answer, ExtensionType.SERVER_NAME)
    )  # fmt: skip


@fault("S-105", "R7301-3.1-01", source="A-68: Mbed TLS, issue 10841")
def stays_with_the_protocol_of_the_session() -> ServerEdit:
    """Answers on resumption with the application protocol that the session began with."""
    known: dict[bytes, str | None] = {}

    def make_session(handshake: ServerHandshake) -> Session:
        known[handshake.master_secret] = agreed_protocol(handshake.server_hello)
        return server_flight.make_session(handshake)

    def change(handshake: ServerHandshake, answer: ServerHello) -> ServerHello:
        name = known.get(handshake.master_secret) if handshake.resumption.session is not None else None
        if name is None:
            return answer
        octets = bytes((len(name),)) + name.encode("ascii")
        return with_extension(answer, PROTOCOLS, len(octets).to_bytes(2, "big") + octets)

    handlers = replace(answering(change).handlers, make_session=make_session)
    return ServerEdit(handlers=handlers, config=speaking)


@fault("S-106", "R7301-3.2-01")
def resumes_without_a_common_protocol() -> ServerEdit:
    """Resumes without a protocol where it has none in common with the client."""

    def extensions(
        config: ServerConfig, hello: ClientHello, resumption: Resumption, plan: Issue
    ) -> tuple[tuple[int, bytes], ...]:
        heard = hello if resumption.session is None else without_extension(hello, PROTOCOLS)
        return negotiate.server_extensions(config, heard, resumption, plan)

    return ServerEdit(handlers=ServerHandlers(server_extensions=extensions), config=speaking)


@fault("S-107", "R5746-3.6-01", source="A-71: CVE-2009-3555")
def ignores_the_signal_on_resumption() -> ServerEdit:
    """Leaves renegotiation_info out of a ServerHello that resumes."""
    return answering(
        lambda handshake, answer: answer if handshake.resumption.session is None
        else without_extension(answer, ExtensionType.RENEGOTIATION_INFO)
    )  # fmt: skip


@fault("S-108", "R5246-7.4.1.4.1-01", verdict="advice")
def demands_signature_algorithms_on_resumption() -> ServerEdit:
    """Refuses a hello without signature_algorithms although it resumes and nothing is signed."""

    def change(hello: ClientHello, session: Session) -> tuple[ClientHello, Session]:
        if hello.signature_algorithms is None:
            raise ProtocolError(Cause.NO_COMMON_SIGNATURE)
        return hello, session

    return _resuming(change)


@fault("S-109", "R5077-4-13", verdict="advice")
def forgets_who_the_client_is() -> ServerEdit:
    """Leaves the client's certificates out of the ticket, and resumes with an anonymous client."""
    edit = _forgetting(lambda session: replace(session, client_identity=()))
    return replace(edit, config=asking)


@fault("S-110", "R5077-4-13", "K-40", verdict="note", source="A-59: Botan, issue 5818")
def resumes_with_an_anonymous_client_where_it_demands_a_certificate() -> ServerEdit:
    """Resumes the session of a client without certificate although it demands one by now."""

    def choose(config: ServerConfig, hello: ClientHello, now: float, opens: OpenTicket) -> Resumption:
        return negotiate.choose_resumption(replace(config, client_auth="never"), hello, now, opens)

    return ServerEdit(handlers=ServerHandlers(choose_resumption=choose))
