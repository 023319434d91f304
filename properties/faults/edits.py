"""Edits of hellos, and rules about records, that several faults are made of."""

from __future__ import annotations

from collections.abc import Callable

from rfc5077.properties.faults.fault import ClientEdit, ServerEdit
from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake import offer, server_flight
from rfc5077.reference.handshake.client_flight import ClientHandlers
from rfc5077.reference.handshake.config import ClientConfig
from rfc5077.reference.handshake.offer import Offer
from rfc5077.reference.handshake.server_flight import ServerHandlers, ServerHandshake
from rfc5077.reference.keys.exchange import Entropy
from rfc5077.reference.record_layer import check_change_cipher_spec
from rfc5077.reference.wire.hello import ClientHello, ServerHello


def answering(change: Callable[[ServerHandshake, ServerHello], ServerHello]) -> ServerEdit:
    """Changes the ServerHello that is due."""

    def make(handshake: ServerHandshake) -> ServerHello:
        return change(handshake, server_flight.make_server_hello(handshake))

    return ServerEdit(handlers=ServerHandlers(make_server_hello=make))


def asking_by(change: Callable[[Offer, ClientHello], ClientHello]) -> ClientEdit:
    """Changes the ClientHello that is due."""

    def make(config: ClientConfig, offered: Offer, entropy: Entropy) -> ClientHello:
        return change(offered, offer.make_client_hello(config, offered, entropy))

    return ClientEdit(handlers=ClientHandlers(make_client_hello=make))


# Records --------------------------------------------------------------------------------------------------------------

HEADER = 4
"""Octets in front of the body of a handshake message."""


def keeps_octets_across_keys(body: bytes, pending: int) -> None:
    """The check of ChangeCipherSpec, whatever has come before it."""
    del pending
    check_change_cipher_spec(body, 0)


def whole_only(payload: bytes, pending: int) -> None:
    """Refuses a record that ends inside a handshake message."""
    if pending or len(payload) < HEADER or HEADER + int.from_bytes(payload[1:HEADER], "big") > len(payload):
        raise ProtocolError(Cause.MALFORMED, "a handshake message that goes on in another record")
