"""The client's choices in a handshake, as pure functions: what to offer, and what the server's answer means."""

from dataclasses import dataclass
from enum import Enum

from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake import extensions
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.keys.exchange import Entropy
from rfc5077.reference.keys.suites import CBC_SUITES, CERTIFICATE_TYPES
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.store import StoredTicket
from rfc5077.reference.wire.extensions import FRAGMENT_CODES
from rfc5077.reference.wire.hello import (
    DOWNGRADE_TO_1_1,
    ClientHello,
    Extensions,
    ExtensionType,
    ServerHello,
    list_body,
    renegotiation_info_body,
    server_name_body,
)
from rfc5077.reference.wire.messages import CertificateRequest
from rfc5077.reference.wire.record import TLS_1_2


class Decision(Enum):
    """What a ServerHello says about resumption."""

    RESUMED = "resumed"
    FULL = "full"
    OPEN = "open"
    """The next message decides (R5077-3.4-10)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The session that a ClientHello offers, if any; by its ticket or by its session id."""

    stored: StoredTicket | None = None

    @property
    def session(self) -> Session | None:
        """The session on offer."""
        return None if self.stored is None else self.stored.session

    @property
    def ticket(self) -> bytes:
        """The ticket on offer, empty if there is none."""
        return b"" if self.stored is None else self.stored.ticket


def choose_offer(config: ClientConfig, now: float) -> Offer:
    """The session to offer: the newest that the store has for this server, if it fits the configuration."""
    if config.store is None:
        return Offer()
    stored = config.store.find(config.store_key, now)
    if stored is None or (stored.ticket and not config.tickets) or (not stored.ticket and not config.session_ids):
        return Offer()
    session = stored.session
    if session.suite not in config.suites or session.version != TLS_1_2:  # R5246-7.4.1.2-02
        return Offer()
    if session.ems is not config.ems:  # R7627-5.3-01, R7627-5.3-02
        return Offer()
    if session.fragment_code not in (0, FRAGMENT_CODES.get(config.max_fragment_length or 0)):
        return Offer()
    return Offer(stored)


def choose_session_id(config: ClientConfig, offer: Offer, entropy: Entropy) -> bytes:
    """ClientHello's session id: the session's own for a session without ticket, else as configured."""
    if offer.stored is not None and not offer.ticket:
        return offer.stored.session_id
    choice = config.session_id_with_ticket if offer.ticket else config.session_id_without_ticket
    return entropy(32) if choice == "fresh" else b""


def client_extensions(config: ClientConfig, offer: Offer) -> Extensions:
    """ClientHello's extensions, the same whether a session is offered or not (R5246-7.4.1.4-04)."""
    asked: list[tuple[int, bytes]] = []
    if config.sni is not None:
        asked.append((ExtensionType.SERVER_NAME, server_name_body(config.sni)))
    if config.ems:  # R7627-5.2-01
        asked.append((ExtensionType.EXTENDED_MASTER_SECRET, b""))
    if config.encrypt_then_mac and not CBC_SUITES.isdisjoint(config.suites):
        asked.append((ExtensionType.ENCRYPT_THEN_MAC, b""))
    asked.append((ExtensionType.RENEGOTIATION_INFO, renegotiation_info_body()))  # R5746-3.4-01
    asked.append((ExtensionType.SUPPORTED_GROUPS, list_body(2, 2, config.groups)))
    asked.append((ExtensionType.EC_POINT_FORMATS, list_body(1, 1, (0,))))
    if config.tickets:  # R5077-3.2-03, R5077-3.2-04; left out by R5077-3.2-05
        asked.append((ExtensionType.SESSION_TICKET, offer.ticket))
    asked += extensions.ask(config)
    asked.append((ExtensionType.SIGNATURE_ALGORITHMS, list_body(2, 2, config.signature_schemes)))
    return tuple(asked)


def make_client_hello(config: ClientConfig, offer: Offer, entropy: Entropy) -> ClientHello:
    """The whole ClientHello; draws the random (32 octets), then the session id if it is fresh."""
    random = entropy(32)
    session_id = choose_session_id(config, offer, entropy)
    return ClientHello(
        TLS_1_2, random, session_id, config.suites, extensions=client_extensions(config, offer)
    )


def check_server_hello(sent: ClientHello, answer: ServerHello) -> None:
    """Judges a ServerHello by the hello it answers, resumption aside.

    Raises ProtocolError: protocol_version, illegal_parameter, unsupported_extension, handshake_failure, decode_error.
    """
    if answer.version < TLS_1_2 and answer.random.endswith(DOWNGRADE_TO_1_1):
        raise ProtocolError(Cause.DOWNGRADE)
    if answer.version != TLS_1_2:
        raise ProtocolError(Cause.VERSION, f"the server chose version {answer.version:#06x}")
    if answer.cipher_suite not in sent.cipher_suites:  # R5246-7.4.1.3-03
        raise ProtocolError(Cause.SUITE_NOT_OFFERED, f"the server chose suite {answer.cipher_suite:#06x}")
    if answer.compression_method not in sent.compression_methods:
        raise ProtocolError(Cause.COMPRESSION_NOT_OFFERED, f"compression method {answer.compression_method}")
    check_server_extensions(sent, answer)


def check_server_extensions(sent: ClientHello, answer: ServerHello) -> None:
    """Refuses extensions nobody asked for, and bodies that do not fit. Raises ProtocolError."""
    asked = {kind for kind, _ in sent.extensions} - {ExtensionType.SIGNATURE_ALGORITHMS}
    for kind, _ in answer.extensions:
        if kind not in asked:  # R5246-7.4.1.4-02
            raise ProtocolError(Cause.UNSOLICITED_EXTENSION, f"extension {kind} was not asked for")
    if answer.renegotiation_info:  # R5746-3.4-02
        raise ProtocolError(Cause.RENEGOTIATION_INFO)
    if answer.encrypt_then_mac and answer.cipher_suite not in CBC_SUITES:
        raise ProtocolError(Cause.ENCRYPT_THEN_MAC, f"with suite {answer.cipher_suite:#06x}")
    extensions.check_answers(sent, answer)
    # Reading is checking: none of these may carry anything.
    _ = (answer.announces_ticket, answer.acknowledges_server_name, answer.extended_master_secret)


def decide(offer: Offer, sent: ClientHello, answer: ServerHello) -> Decision:
    """Whether a ServerHello resumes the session on offer.

    Raises ProtocolError (illegal_parameter) if it claims to resume although nothing was offered (RFC 5246, 7.4.1.3).
    """
    if sent.session_id:
        if answer.session_id != sent.session_id:
            return Decision.FULL
        if offer.stored is None:
            raise ProtocolError(Cause.ECHO_WITHOUT_OFFER)
        return Decision.RESUMED
    if offer.ticket:  # R5077-3.4-10: the server's id says nothing
        return Decision.OPEN
    return Decision.FULL


def check_resumption(session: Session, answer: ServerHello) -> None:
    """Judges a ServerHello that resumes `session`. Raises ProtocolError: illegal_parameter or handshake_failure."""
    if answer.cipher_suite != session.suite:  # R5246-7.4.1.3-04
        raise ProtocolError(Cause.OTHER_SUITE_RESUMED)
    if session.ems and not answer.extended_master_secret:  # R7627-5.3-08
        raise ProtocolError(Cause.EMS_LOST)
    if answer.extended_master_secret and not session.ems:  # R7627-5.3-07
        raise ProtocolError(Cause.EMS_GAINED)
    extensions.check_kept(session.fragment_code, answer)


def choose_client_scheme(config: ClientConfig, request: CertificateRequest) -> int | None:
    """The scheme to sign CertificateVerify with; None if there is no certificate that the server would take."""
    if config.credentials is None:
        return None
    if CERTIFICATE_TYPES[config.credentials.kind] not in request.certificate_types:
        return None
    fitting = (scheme for scheme in config.signature_schemes if scheme in config.credentials.schemes)
    return next((scheme for scheme in fitting if scheme in request.signature_algorithms), None)
