"""Faulty clients: under which hellos they resume, and which hello they resume by.

ServerHello (C-29, C-55, C-57 to C-60), ClientHello (C-61, C-66, C-67, C-71, C-73), secrets (C-14), alerts (C-83), and
the second handshake of a connection (C-85).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rfc5077.properties.adapters.over_reference import client_config
from rfc5077.properties.faults.edits import asking_by
from rfc5077.properties.faults.fault import ClientEdit, fault, naming, only
from rfc5077.properties.suite.hellos import with_extension, without_extension
from rfc5077.reference.handshake import client, offer
from rfc5077.reference.handshake.client_flight import (
    ClientHandlers,
    ClientHandshake,
    ClientState,
    derive_connection_keys,
    send_client_key_exchange,
)
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.handshake.offer import Offer
from rfc5077.reference.record_layer import RecordRules
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.wire.hello import ClientHello, ExtensionType, ServerHello
from rfc5077.reference.wire.messages import HandshakeType, Message
from rfc5077.reference.wire.record import TLS_1_2

H, S = HandshakeType, ClientState


def negotiating_anew() -> ClientConfig:
    """A client that follows a HelloRequest."""
    return replace(client_config(), renegotiation="any")


# ServerHello ----------------------------------------------------------------------------------------------------------


@fault("C-14", "R5077-3.1-19", "R5246-7.4.9-03")
def keeps_the_secret_of_the_session_on_offer() -> ClientEdit:
    """Goes through the full handshake behind a rejected ticket with the master secret of the rejected session."""

    def keep(handshake: ClientHandshake) -> None:
        send_client_key_exchange(handshake)
        if handshake.offer.session is not None:
            handshake.master_secret = handshake.offer.session.master_secret
            derive_connection_keys(handshake)

    flight = tuple(keep if step is send_client_key_exchange else step for step in ClientHandlers().full_flight)
    return ClientEdit(handlers=ClientHandlers(full_flight=flight))


@fault("C-29", "R5246-7.4.1.3-01", "K-04", verdict="note")
def takes_a_certificate_behind_an_echo() -> ClientEdit:
    """Goes on with a full handshake although ServerHello repeated its session_id."""

    def take(handshake: ClientHandshake, message: Message) -> ClientState:
        handshake.session, handshake.keys, handshake.master_secret = None, None, b""
        return client.take_certificate(handshake, message)

    waits = (S.AWAIT_RESUMED_TICKET, S.AWAIT_RESUMED_CHANGE_CIPHER_SPEC)
    return ClientEdit(rows={(state, H.CERTIFICATE): take for state in waits}, config=naming)


def _checking(change: Callable[[ClientHello, ServerHello], ServerHello]) -> ClientEdit:
    """Judges another ServerHello than came."""
    return ClientEdit(
        handlers=ClientHandlers(
            check_server_hello=lambda sent, answer: offer.check_server_hello(sent, change(sent, answer))
        )
    )


@fault("C-55", "R5246-7.4.1.4-02")
def overlooks_extensions_on_resumption() -> ClientEdit:
    """Overlooks an extension that it did not ask for in the ServerHello that answers a ticket."""

    def change(sent: ClientHello, answer: ServerHello) -> ServerHello:
        asked = {kind for kind, _ in sent.extensions} if sent.session_ticket else set(range(2**16))
        return replace(answer, extensions=tuple(pair for pair in answer.extensions if pair[0] in asked))

    return _checking(change)


@fault("C-57", "R5246-7.4.1.3-03")
def takes_a_suite_that_it_does_not_offer() -> ClientEdit:
    """Goes on with a suite that it does not offer."""
    return _checking(lambda sent, answer: replace(answer, cipher_suite=sent.cipher_suites[0]))


@fault("C-58", "R5246-7.4.1.3-06", verdict="advice")
def resumes_under_an_older_version() -> ClientEdit:
    """Goes on where ServerHello answers a ticket by TLS 1.1."""
    return _checking(lambda sent, answer: replace(answer, version=TLS_1_2) if sent.session_ticket else answer)


def _resuming(change: Callable[[Session, ServerHello], Session]) -> ClientHandlers:
    """Judges a resumption by another session than is resumed."""
    return ClientHandlers(
        check_resumption=lambda session, answer: offer.check_resumption(change(session, answer), answer)
    )


@fault("C-59", "R7627-5.3-08", source="A-55: GnuTLS 3.7.9, tlslite-ng 0.9.0b2")
def resumes_without_the_extended_secret() -> ClientEdit:
    """Resumes a session with the extended master secret although ServerHello lacks the extension."""
    return ClientEdit(
        handlers=_resuming(lambda session, answer: replace(session, ems=session.ems and answer.extended_master_secret))
    )


def whatever_is_kept(config: ClientConfig, now: float) -> Offer:
    """Offers the session that is kept, with the extended master secret or without."""
    stored = None if config.store is None else config.store.find(config.store_key, now)
    return offer.choose_offer(config if stored is None else replace(config, ems=stored.session.ems), now)


@fault("C-60", "R7627-5.3-07")
def resumes_with_the_extended_secret() -> ClientEdit:
    """Resumes a session without the extended master secret although ServerHello has the extension."""
    handlers = _resuming(lambda session, answer: replace(session, ems=session.ems or answer.extended_master_secret))
    return ClientEdit(
        handlers=replace(handlers, choose_offer=whatever_is_kept), base=ClientHandlers(choose_offer=whatever_is_kept)
    )


# ClientHello ----------------------------------------------------------------------------------------------------------


def _resuming_less(*kinds: int) -> ClientEdit:
    """Leaves extensions out of a hello that offers a session."""

    def change(offered: Offer, hello: ClientHello) -> ClientHello:
        for kind in kinds if offered.session is not None else ():
            hello = without_extension(hello, kind)
        return hello

    return asking_by(change)


@fault("C-61", "R7627-5.3-02")
def leaves_the_extended_secret_out_when_resuming() -> ClientEdit:
    """Leaves extended_master_secret out of a hello that offers a session with it."""
    return _resuming_less(ExtensionType.EXTENDED_MASTER_SECRET)


@fault("C-66", "R5246-7.4.1.4-04", "R6066-1.1-01", verdict="advice")
def asks_for_less_when_resuming() -> ClientEdit:
    """Leaves signature_algorithms and supported_groups out of a hello that offers a session."""
    return _resuming_less(ExtensionType.SIGNATURE_ALGORITHMS, ExtensionType.SUPPORTED_GROUPS)


@fault("C-67", "R5746-3.4-01")
def gives_no_signal_when_resuming() -> ClientEdit:
    """Leaves renegotiation_info out of a hello that offers a session."""
    return _resuming_less(ExtensionType.RENEGOTIATION_INFO)


@fault("C-71", "R5077-3.1-09")
def puts_the_ticket_into_the_id() -> ClientEdit:
    """Puts the first octets of its ticket into the session_id, and leaves the extension empty."""

    def change(offered: Offer, hello: ClientHello) -> ClientHello:
        if not offered.ticket:
            return hello
        return replace(with_extension(hello, ExtensionType.SESSION_TICKET), session_id=offered.ticket[:32])

    return asking_by(change)


@fault("C-73", "R5246-7.4.1.2-04")
def sends_a_long_id() -> ClientEdit:
    """Sends a session_id of 33 octets beside a ticket."""
    return asking_by(lambda offered, hello: replace(hello, session_id=bytes(33)) if offered.ticket else hello)


# What comes later -----------------------------------------------------------------------------------------------------


@fault("C-83", "R5246-7.2-01")
def ignores_a_fatal_alert() -> ClientEdit:
    """Goes on after a fatal alert."""
    return ClientEdit(rules=RecordRules(ends_connection=lambda alert: False))


@fault("C-85", "R5246-7.4-01", source="A-12: OpenSSL before 1.0.1k, GnuTLS before 2022")
def expects_a_ticket_from_the_first_handshake() -> ClientEdit:
    """Takes in a renegotiation a ticket that ServerHello has not announced."""
    anew = only(lambda handshake: handshake.binding is not None, client.take_ticket)
    return ClientEdit(rows={(S.AWAIT_CHANGE_CIPHER_SPEC, H.NEW_SESSION_TICKET): anew}, config=negotiating_anew)
