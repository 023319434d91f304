"""What an endpoint is told before it speaks. Validated once; every value that cannot work is a ValueError that names
the field and the value."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

from rfc5077.reference.keys.credentials import Credentials, TrustAnchors, check_name, ip_address
from rfc5077.reference.keys.suites import (
    DEFAULT_GROUPS,
    DEFAULT_SUITES,
    SCHEME_PREFERENCE,
    SUITES,
    Authentication,
    Group,
    SignatureScheme,
)
from rfc5077.reference.ticket.key_ring import KeyRing
from rfc5077.reference.ticket.store import LONGEST_LIFE, ClientStore, SessionCache, StoreKey
from rfc5077.reference.wire.extensions import FRAGMENT_CODES, SMALLEST_RECORD
from rfc5077.reference.wire.record import MAX_PLAINTEXT

Clock = Callable[[], float]
"""Seconds since 1970, UTC."""

Issue = Literal["ticket", "empty", "never"]
"""Announce and send a ticket; announce and send an empty one; neither announce nor send."""

Renew = Literal["ticket", "empty", "never", "rotated"]
"""As `Issue`; "rotated": a ticket where the old one was sealed under a key that does not seal any more."""

SessionId = Literal["empty", "fresh"]
"""An empty session id, or 32 new octets."""

ClientAuth = Literal["never", "request", "require"]
"""Whether a client certificate is asked for, and whether the handshake fails without one."""

WithoutEms = Literal["abort", "full", "resume"]
"""What becomes of a resumption in which neither session nor hello knows RFC 7627."""

Renegotiation = Literal["never", "own", "any"]
"""Further handshakes in one connection: none, those that this side asks for, the peer's as well. Only with peers that
signal RFC 5746."""

NO_KEYS = KeyRing()
"""The ring of a server that cannot seal and opens nothing."""

LONGEST_LIST = 512
"""Octets of the protocol names that a client offers: beside the longest ticket they surely fit in a ClientHello."""

KeyLog = Callable[[str], None]
"""Gets one line in the format of NSS for each handshake, `key_log.KeyLogFile` for instance."""


@dataclass(frozen=True)
class ServerConfig:
    """A server's choices. What RFC 5077 leaves open (MAY, SHOULD) is a field here.

    Attributes:
        credentials: one or more, of different kinds (ECDSA, RSA, Ed25519), in order of preference.
        key_ring: the ticket keys; with an empty ring announced tickets are sent empty (R5077-3.3-07).
        issue: answer to a hello with an empty SessionTicket extension.
        reissue: the same for a hello whose ticket was rejected (R5077-3.1-17).
        renew: the same for a hello whose ticket was accepted (R5077-3.3-08), always or once its key is an old one.
        honour_tickets: whether tickets are accepted at all; if not, each is rejected.
        ticket_lifetime_seconds: age, since the full handshake, up to which a ticket is accepted (R5077-5.6-01).
        lifetime_hint: seconds told to the client, 0 to say nothing; a renewed ticket is given no more than it has left.
        session_id_when_issuing: ServerHello's id in a full handshake that announces a ticket (R5077-3.4-01).
        session_id_otherwise: the same in other full handshakes.
        session_cache: remembers full handshakes that got a fresh session id; None for no stateful resumption.
        client_auth, client_roots: client certificates: "never" asked for, on "request", or "require"d; the roots are
            needed unless it is "never".
        ems: whether RFC 7627 is spoken.
        without_ems: R7627-5.3-05.
        suites, groups: what is accepted, cipher suites by the client's preference, groups by the client's.
        max_fragment: octets per record at most, in what is sent.
        protocols: application protocols (ALPN) by preference; () to leave the extension unanswered.
        max_fragment_length: whether a client's max_fragment_length is granted.
        record_size_limit: octets per record told to clients that speak RFC 8449; None to leave it unanswered.
        renegotiation: whether a client may negotiate anew in a connection; others are told no_renegotiation.
        key_log: gets the secret of every handshake as soon as there is one; None to tell nobody.
        encrypt_then_mac: whether RFC 7366 is spoken where there are AES-CBC suites.
        signature_schemes: what is accepted of the peer and used for own signatures, in order of preference.
        ocsp_responses: DER to staple, one for each of `credentials` in their order, b"" for none; () for none at all.
    """

    credentials: tuple[Credentials, ...]
    key_ring: KeyRing = NO_KEYS
    issue: Issue = "ticket"
    reissue: Issue = "ticket"
    renew: Renew = "never"
    honour_tickets: bool = True
    ticket_lifetime_seconds: int = 7200
    lifetime_hint: int = 7200
    session_id_when_issuing: SessionId = "empty"
    session_id_otherwise: SessionId = "empty"
    session_cache: SessionCache | None = None
    client_auth: ClientAuth = "never"
    client_roots: TrustAnchors | None = None
    ems: bool = True
    without_ems: WithoutEms = "full"
    suites: tuple[int, ...] = DEFAULT_SUITES
    groups: tuple[Group, ...] = DEFAULT_GROUPS
    max_fragment: int = MAX_PLAINTEXT
    protocols: tuple[str, ...] = ()
    max_fragment_length: bool = True
    record_size_limit: int | None = None
    ocsp_responses: tuple[bytes, ...] = ()
    renegotiation: Renegotiation = "never"
    key_log: KeyLog | None = None
    encrypt_then_mac: bool = True
    signature_schemes: tuple[SignatureScheme, ...] = SCHEME_PREFERENCE

    def __post_init__(self) -> None:
        if not self.credentials:
            raise ValueError("credentials: () leaves a server without a certificate")
        if len({own.kind for own in self.credentials}) != len(self.credentials):
            raise ValueError(f"credentials: {[own.kind.value for own in self.credentials]} has two of one kind")
        for own in self.credentials:
            if own.kind is not Authentication.RSA and not set(own.schemes) & set(self.signature_schemes):
                raise ValueError(f"signature_schemes: none is for a key of kind {own.kind.value}")
        for name in ("issue", "reissue"):
            _one_of(self, name, Issue)
        _one_of(self, "renew", Renew)
        for name in ("session_id_when_issuing", "session_id_otherwise"):
            _one_of(self, name, SessionId)
        _one_of(self, "client_auth", ClientAuth)
        _one_of(self, "without_ems", WithoutEms)
        if self.client_auth != "never" and self.client_roots is None:
            raise ValueError(f"client_roots: None, although client_auth is {self.client_auth!r}")
        if self.client_roots is not None and sum(2 + len(name) for name in self.client_roots.names) > 0xFFFF:
            raise ValueError(f"client_roots: the names of {len(self.client_roots.names)} do not fit in a request")
        _between(self, "ticket_lifetime_seconds", 0, 2**32 - 1)
        _between(self, "lifetime_hint", 0, 2**32 - 1)  # R5077-3.3-14
        if self.ocsp_responses and len(self.ocsp_responses) != len(self.credentials):
            raise ValueError(f"ocsp_responses: {len(self.ocsp_responses)} for {len(self.credentials)} credentials")
        _common(self)


@dataclass(frozen=True)
class ClientConfig:
    """A client's choices.

    Attributes:
        server_name: host name, sent as server_name, or IP address, not sent; the certificate is checked against it.
        roots: whom to trust; needed unless `insecure`.
        insecure: accept any chain (the signature in ServerKeyExchange is checked all the same).
        tickets: whether the SessionTicket extension is sent.
        store: where sessions are kept and found; None to offer none.
        session_ids: whether a session that came with a session id and no ticket is kept and offered.
        peer: address of the server, to tell servers of one name apart in the store.
        session_id_with_ticket: ClientHello's id beside a ticket (R5077-3.4-04, R5077-3.4-09).
        session_id_without_ticket: the same where no session is offered ("fresh" is what TLS 1.3 clients do).
        longest_ticket_life: seconds a ticket is kept at most (R5077-5.6-04).
        credentials: what a request for a certificate is answered with; None for an empty Certificate.
        ems: whether RFC 7627 is spoken.
        suites, groups: what is offered, in order of preference.
        max_fragment: octets per record at most, in what is sent.
        protocols: application protocols (ALPN) to offer, by preference; () for none.
        max_fragment_length: 512, 1024, 2048 or 4096 octets to ask for in both directions; None to ask for nothing.
        record_size_limit: octets that a record to this client may hold (RFC 8449), None to say nothing.
        renegotiation: whether a HelloRequest is followed; others are told no_renegotiation.
        key_log: gets the secret of every handshake as soon as there is one; None to tell nobody.
        encrypt_then_mac: whether RFC 7366 is spoken where there are AES-CBC suites.
        signature_schemes: what is accepted of the peer and used for own signatures, in order of preference.
        status_request: whether an OCSP response is asked for. It is handed on as it comes, not judged.
    """

    server_name: str
    roots: TrustAnchors | None = None
    insecure: bool = False
    tickets: bool = True
    store: ClientStore | None = None
    session_ids: bool = True
    peer: str = ""
    session_id_with_ticket: SessionId = "empty"
    session_id_without_ticket: SessionId = "empty"
    longest_ticket_life: int = LONGEST_LIFE
    credentials: Credentials | None = None
    ems: bool = True
    suites: tuple[int, ...] = DEFAULT_SUITES
    groups: tuple[Group, ...] = DEFAULT_GROUPS
    max_fragment: int = MAX_PLAINTEXT
    protocols: tuple[str, ...] = ()
    max_fragment_length: int | None = None
    record_size_limit: int | None = None
    status_request: bool = False
    renegotiation: Renegotiation = "never"
    key_log: KeyLog | None = None
    encrypt_then_mac: bool = True
    signature_schemes: tuple[SignatureScheme, ...] = SCHEME_PREFERENCE
    sni: str | None = field(init=False)
    """What server_name carries: the name in lower case, nothing for an IP address (RFC 6066, section 3)."""
    store_key: StoreKey = field(init=False)
    """Under which sessions of this configuration are kept and found."""

    def __post_init__(self) -> None:
        check_name("server_name", self.server_name)
        if self.roots is None and not self.insecure:
            raise ValueError("roots: None, although insecure is False")
        for name in ("session_id_with_ticket", "session_id_without_ticket"):
            _one_of(self, name, SessionId)
        _between(self, "longest_ticket_life", 1, 2**32 - 1)
        if self.max_fragment_length is not None and self.max_fragment_length not in FRAGMENT_CODES:
            raise ValueError(f"max_fragment_length: {self.max_fragment_length} is none of {tuple(FRAGMENT_CODES)}")
        if sum(1 + len(name) for name in self.protocols) > LONGEST_LIST:
            raise ValueError(f"protocols: {len(self.protocols)} names of more than {LONGEST_LIST} octets in all")
        _common(self)
        object.__setattr__(self, "sni", None if ip_address(self.server_name) else self.server_name.lower())
        object.__setattr__(self, "store_key", StoreKey(self.server_name.lower(), self.peer, self._trust()))

    def _trust(self) -> bytes:
        """A digest of whom this client trusts and as whom it shows itself."""
        roots = () if self.roots is None or self.insecure else self.roots.certificates
        own = () if self.credentials is None else self.credentials.chain[:1]
        digest = hashlib.sha256()
        for part in (*sorted(roots), b"as", *own):
            digest.update(len(part).to_bytes(4, "big") + part)
        return digest.digest()


def _common(config: ServerConfig | ClientConfig) -> None:
    if not config.suites or not set(config.suites) <= SUITES.keys():
        raise ValueError(f"suites: {config.suites} is not a choice from {tuple(SUITES)}")
    if not config.groups or not set(config.groups) <= set(Group):
        raise ValueError(f"groups: {config.groups} is not a choice from {tuple(Group)}")
    if not config.signature_schemes or not set(config.signature_schemes) <= set(SignatureScheme):
        raise ValueError(f"signature_schemes: {config.signature_schemes} is not a choice from {tuple(SignatureScheme)}")
    _between(config, "max_fragment", 1, MAX_PLAINTEXT)
    _one_of(config, "renegotiation", Renegotiation)
    if _is_text(config.protocols):
        raise ValueError(f"protocols: {config.protocols!r} is one name, not a tuple of names")
    for name in config.protocols:
        if not name.isascii() or not 1 <= len(name) <= 255:  # RFC 7301, section 3.1
            raise ValueError(f"protocols: {name!r} is not of 1 to 255 ASCII characters")
    if config.record_size_limit is not None:
        _between(config, "record_size_limit", SMALLEST_RECORD, MAX_PLAINTEXT)


def _is_text(value: object) -> bool:
    """Whether a user who does not check types has given one name where several are meant."""
    return isinstance(value, str)


def _one_of(config: object, name: str, choice: object) -> None:
    value = getattr(config, name)
    if value not in get_args(choice):
        raise ValueError(f"{name}: {value!r} is none of {', '.join(get_args(choice))}")


def _between(config: object, name: str, low: int, high: int) -> None:
    value: int = getattr(config, name)
    if not low <= value <= high:
        raise ValueError(f"{name}: {value} is not between {low} and {high}")
