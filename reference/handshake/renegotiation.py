"""Secure renegotiation (RFC 5746): a further handshake inside a connection, bound to the one before it.

Everything is negotiated anew, tickets as well (RFC 5077, section 5.8); only renegotiation_info says that both sides
mean the same connection.
"""

from dataclasses import dataclass, replace
from typing import TypeVar

from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.keys.schedule import equal
from rfc5077.reference.keys.suites import CBC_SUITES
from rfc5077.reference.wire.hello import (
    RENEGOTIATION_SCSV,
    ClientHello,
    Extensions,
    ExtensionType,
    ServerHello,
    renegotiation_info_body,
)

Hello = TypeVar("Hello", ClientHello, ServerHello)


@dataclass(frozen=True, slots=True)
class Binding:
    """verify_data of both Finished messages of the handshake before, by who sent them."""

    client: bytes
    server: bytes
    encrypt_then_mac: bool = False
    """Whether any handshake of the connection agreed on it (RFC 7366, section 3.1)."""


def bound(extensions: Extensions, contents: bytes) -> Extensions:
    """The same extensions with these contents of renegotiation_info, where it is among them."""
    body = renegotiation_info_body(contents)
    return tuple((kind, body if kind == ExtensionType.RENEGOTIATION_INFO else said) for kind, said in extensions)


def unbound(hello: Hello) -> Hello:
    """The hello as it were in a first handshake, to be judged like one."""
    return replace(hello, extensions=bound(hello.extensions, b""))


def check_client_binding(hello: ClientHello, binding: Binding) -> None:
    """Judges a ClientHello that renegotiates. Raises ProtocolError (handshake_failure); RFC 5746, section 3.7."""
    if RENEGOTIATION_SCSV in hello.cipher_suites:
        raise ProtocolError(Cause.RENEGOTIATION_SIGNAL)
    said = hello.renegotiation_info
    if said is None or not equal(said, binding.client):
        raise ProtocolError(Cause.RENEGOTIATION_BINDING)


def check_kept(answer: ServerHello, binding: Binding) -> None:
    """A connection that had encrypt-then-MAC keeps it, but for AEAD. Raises ProtocolError (handshake_failure)."""
    if binding.encrypt_then_mac and answer.cipher_suite in CBC_SUITES and not answer.encrypt_then_mac:
        raise ProtocolError(Cause.ENCRYPT_THEN_MAC_LOST)


def check_server_binding(answer: ServerHello, binding: Binding) -> None:
    """Judges a ServerHello that renegotiates. Raises ProtocolError (handshake_failure); RFC 5746, section 3.5."""
    check_kept(answer, binding)
    said = answer.renegotiation_info
    if said is None or not equal(said, binding.client + binding.server):
        raise ProtocolError(Cause.RENEGOTIATION_BINDING)
