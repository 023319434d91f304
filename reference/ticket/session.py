"""What a session is, and so what a ticket preserves (RFC 5077, section 4; RFC 5246, section 7.4.1.2)."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Session:
    """One session, as either side remembers it.

    Attributes:
        version: protocol version, 0x0303 for TLS 1.2 (R5077-4-11).
        suite: code point of the cipher suite.
        master_secret: 48 octets.
        ems: whether the master secret is an extended one (R7627-5.4-01: has to be remembered).
        server_name: the host name the client asked for, in lower case, None if it named none (R6066-3-02).
        client_identity: DER chain the client proved to own, empty if it stayed anonymous (R5077-4-13).
        created: when the full handshake took place, in whole seconds of the owner's clock. A renewed ticket keeps it
            (R5077-4-12, R9325-3.4-05).
        fragment_code: the agreed max_fragment_length as its code, 0 for none (RFC 6066, section 4).
    """

    version: int
    suite: int
    master_secret: bytes = field(repr=False)
    ems: bool
    server_name: str | None
    client_identity: tuple[bytes, ...]
    created: int
    fragment_code: int = 0
