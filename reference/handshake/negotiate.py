"""The server's choices in a handshake, as pure functions of configuration, hello, time and entropy."""

from collections.abc import Callable
from dataclasses import dataclass

from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake import extensions
from rfc5077.reference.handshake.config import Issue, ServerConfig
from rfc5077.reference.keys.credentials import Credentials, parse_chain
from rfc5077.reference.keys.exchange import Entropy
from rfc5077.reference.keys.suites import SUITES, Group, KeyExchange, Suite
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.wire.hello import (
    ClientHello,
    Extensions,
    ExtensionType,
    list_body,
    renegotiation_info_body,
)
from rfc5077.reference.wire.record import TLS_1_2

OpenTicket = Callable[[KeyRing, bytes], Session | None]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a full handshake is carried out with; curve and signature scheme are None with RSA key exchange."""

    suite: Suite
    credentials: Credentials
    group: Group | None
    scheme: int | None


@dataclass(frozen=True, slots=True)
class Resumption:
    """Whether a session is resumed, and how the client asked for it.

    Attributes:
        session: the session that is resumed; None for a full handshake.
        ticket_presented: whether the hello carried a non-empty ticket, accepted or not.
        cached_id: the session id if the session came from the cache, else empty.
    """

    session: Session | None = None
    ticket_presented: bool = False
    cached_id: bytes = b""


def check_client_hello(hello: ClientHello) -> None:
    """Judges what a hello says for itself, resumption or not. Reads every extension this project knows.

    Raises ProtocolError: protocol_version, illegal_parameter, handshake_failure or decode_error.
    """
    versions = hello.supported_versions
    if hello.version < TLS_1_2:
        raise ProtocolError(Cause.VERSION, f"the client speaks {hello.version:#06x} at most")
    if versions is not None and TLS_1_2 not in versions:
        raise ProtocolError(Cause.VERSION, "the client leaves TLS 1.2 out of the versions it speaks")
    if 0 not in hello.compression_methods:
        raise ProtocolError(Cause.NO_NULL_COMPRESSION)
    if hello.renegotiation_info:  # R5746-3.6-03
        raise ProtocolError(Cause.RENEGOTIATION_INFO)
    formats = hello.point_formats
    if formats is not None and 0 not in formats:
        raise ProtocolError(Cause.NO_POINT_FORMAT)
    # Reading is checking: a malformed body is a decode_error even where the value is not needed.
    _ = (hello.server_name, hello.supported_groups, hello.signature_algorithms)
    _ = (hello.extended_master_secret, hello.encrypt_then_mac)
    extensions.check_asked(hello)


def uses_ems(config: ServerConfig, hello: ClientHello) -> bool:
    """Whether this handshake has an extended master secret (R7627-5.2-02, R7627-5.2-03)."""
    return config.ems and hello.extended_master_secret


def choose_resumption(config: ServerConfig, hello: ClientHello, now: float, open_ticket: OpenTicket) -> Resumption:
    """Whether, and which, session is resumed.

    Raises ProtocolError (handshake_failure) where RFC 7627, section 5.3, wants the handshake to be aborted.
    """
    ticket = hello.session_ticket
    if ticket:
        # R5077-3.4-08: a presented ticket rules the cache out; R5077-3.4-07: the session id is not looked at.
        session = open_ticket(config.key_ring, ticket) if config.honour_tickets else None
        if session is None or not is_alive(config, session, now) or not is_acceptable(config, hello, session, now):
            return Resumption(ticket_presented=True)
        return Resumption(session, ticket_presented=True)
    if hello.session_id and config.session_cache is not None:
        session = config.session_cache.get(hello.session_id, now)
        if session is not None and is_acceptable(config, hello, session, now):
            return Resumption(session, cached_id=hello.session_id)
    return Resumption()


def is_alive(config: ServerConfig, session: Session, now: float) -> bool:
    """Whether a ticket's age is within the server's limit; a ticket from the future is not (R5077-4-12)."""
    return 0 <= now - session.created <= config.ticket_lifetime_seconds


def is_acceptable(config: ServerConfig, hello: ClientHello, session: Session, now: float) -> bool:
    """Whether a known session may go on under this hello; if not, a full handshake follows.

    Raises ProtocolError (handshake_failure) where RFC 7627, section 5.3, wants the handshake to be aborted.
    """
    if session.version != TLS_1_2 or session.suite not in hello.cipher_suites or session.suite not in config.suites:
        return False  # R5077-4-11, R5246-7.4.1.3-03
    if session.server_name != hello.server_name:  # R6066-3-02
        return False
    if session.fragment_code != extensions.granted_fragment_code(config, hello):  # RFC 6066, section 4
        return False
    if not identity_still_counts(config, session, now):
        return False
    return matching_ems(config, hello, session)


def identity_still_counts(config: ServerConfig, session: Session, now: float) -> bool:
    """Whether the client identity of a session satisfies this configuration at this time (RFC 5246, F.1.4)."""
    if config.client_auth == "never" or config.client_roots is None:
        return True
    if not session.client_identity:
        return config.client_auth == "request"
    try:
        config.client_roots.verify_client(parse_chain(session.client_identity), now)
    except ProtocolError:
        return False
    return True


def matching_ems(config: ServerConfig, hello: ClientHello, session: Session) -> bool:
    """The four rows of RFC 7627, section 5.3. Raises ProtocolError (handshake_failure) to abort."""
    if not config.ems:
        return not session.ems
    match session.ems, hello.extended_master_secret:
        case True, True:
            return True
        case True, False:  # R7627-5.3-04
            raise ProtocolError(Cause.EMS_LEFT_OUT_BY_CLIENT)
        case False, True:  # R7627-5.3-03
            return False
        case _:  # R7627-5.3-05
            if config.without_ems == "abort":
                raise ProtocolError(Cause.EMS_NOT_USED)
            return config.without_ems == "resume"


def choose_parameters(config: ServerConfig, hello: ClientHello) -> Parameters:
    """Suite, certificate, curve and signature of a full handshake, by the client's order of preference.

    Raises ProtocolError (handshake_failure) if there is nothing in common.
    """
    offered = hello.supported_groups
    group = next((Group(g) for g in offered or (Group.SECP256R1,) if g in config.groups), None)
    schemes = hello.signature_algorithms or ()
    suites = [SUITES[code] for code in hello.cipher_suites if code in config.suites]
    usable = [
        (suite, own)
        for suite in suites
        for own in config.credentials
        if suite.accepts(own.kind) and (own.curve is None or offered is None or own.curve in offered)
    ]
    if not usable:
        raise ProtocolError(Cause.NO_COMMON_SUITE)
    for suite, own in usable:
        if suite.exchange is KeyExchange.RSA:
            return Parameters(suite, own, None, None)
        if group is None:
            continue
        for scheme in config.signature_schemes:
            if scheme in schemes and scheme in own.schemes:
                return Parameters(suite, own, group, scheme)
    raise ProtocolError(Cause.NO_COMMON_GROUP if group is None else Cause.NO_COMMON_SIGNATURE)


def plan_ticket(config: ServerConfig, hello: ClientHello, resumption: Resumption) -> Issue:
    """Whether a ticket is announced in this handshake, and which."""
    ticket = hello.session_ticket
    if ticket is None:  # R5077-3.2-08
        return "never"
    if resumption.session is not None:
        # A stateful resumption issues nothing: its id is the session's name, R5077-3.4-01 would want none.
        return _renewal(config, ticket) if resumption.ticket_presented else "never"
    return config.reissue if ticket else config.issue


def _renewal(config: ServerConfig, ticket: bytes) -> Issue:
    """What follows an accepted ticket; where only those of old keys are renewed, its first octets name the key."""
    if config.renew != "rotated":
        return config.renew
    return "never" if any(ticket.startswith(key.name) for key in config.key_ring.keys[:1]) else "ticket"


def choose_session_id(
    config: ServerConfig, hello: ClientHello, resumption: Resumption, plan: Issue, entropy: Entropy
) -> bytes:
    """ServerHello's session id: the client's own if and only if a session is resumed."""
    if resumption.session is not None:  # R5077-3.4-05
        return hello.session_id
    choice = config.session_id_otherwise if plan == "never" else config.session_id_when_issuing
    return entropy(32) if choice == "fresh" else b""  # R5077-3.4-06


def server_extensions(config: ServerConfig, hello: ClientHello, resumption: Resumption, plan: Issue) -> Extensions:
    """ServerHello's extensions, each asked for by the client (R5246-7.4.1.4-01)."""
    full = resumption.session is None
    answers: list[tuple[int, bytes]] = []
    if hello.secure_renegotiation:  # R5746-3.6-01
        answers.append((ExtensionType.RENEGOTIATION_INFO, renegotiation_info_body()))
    if full and hello.server_name is not None:  # R6066-3-04; not when resuming: R6066-3-03
        answers.append((ExtensionType.SERVER_NAME, b""))
    if full and hello.point_formats is not None:  # R5246-7.4.1.4-05
        answers.append((ExtensionType.EC_POINT_FORMATS, list_body(1, 1, (0,))))
    if uses_ems(config, hello):  # R7627-5.3-06
        answers.append((ExtensionType.EXTENDED_MASTER_SECRET, b""))
    answers += extensions.answers(config, hello, full and staples(config, hello))
    if plan != "never":  # R5077-3.2-06, R5077-3.2-07
        answers.append((ExtensionType.SESSION_TICKET, b""))
    return tuple(answers)


def staples(config: ServerConfig, hello: ClientHello) -> bool:
    """Whether a full handshake with this client brings CertificateStatus (RFC 6066, section 8)."""
    if not config.ocsp_responses or not extensions.wants_status(hello):
        return False
    return bool(stapled(config, choose_parameters(config, hello).credentials))


def stapled(config: ServerConfig, credentials: Credentials) -> bytes:
    """The OCSP response for a certificate, empty if there is none."""
    paired = zip(config.credentials, config.ocsp_responses, strict=False)
    return next((response for own, response in paired if own is credentials), b"")


def lifetime_hint(config: ServerConfig, session: Session, now: float) -> int:
    """Seconds told with a ticket: as configured, but no more than the server's limit leaves to a renewed ticket."""
    if not config.lifetime_hint or session.created >= int(now):
        return config.lifetime_hint
    left = config.ticket_lifetime_seconds - (int(now) - session.created)
    return max(1, min(config.lifetime_hint, left))
