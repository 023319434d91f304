"""What to tell a user whose handshake came to nothing: one line, and advice where some helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rfc5077.reference.alerts import ProtocolError
    from rfc5077.reference.connection import ClientConnection


ABOUT_CERTIFICATES = frozenset(
    {
        "bad_certificate", "unsupported_certificate", "certificate_revoked", "certificate_expired",
        "certificate_unknown", "unknown_ca", "access_denied",
    }
)  # fmt: skip
"""Alerts that a server answers a certificate by."""

ADVICE = {
    "no_application_protocol": "It speaks none of those of --alpn",
    "unrecognized_name": "Ask for another name with --server-name",
}
"""What helps against other alerts."""


def shown(client: ClientConnection) -> bool | None:
    """Whether the client showed a certificate; None if it was not asked for one (yet)."""
    return None if client.handshake.request is None else client.handshake.scheme is not None


def diagnosis(place: str, error: Exception, client: ClientConnection) -> tuple[str, str | None]:
    """Message and advice for a handshake that came to nothing.

    Args:
        place: the server, as it was typed.
        error: what ended the handshake.
        client: our end of the connection, as far as it came.
    """
    from rfc5077.reference.alerts import Cause, ProtocolError
    from rfc5077.reference.handshake.client_flight import ClientState
    from rfc5077.reference.tls_socket import PeerAlert

    mistrust = {
        Cause.UNKNOWN_CA: "Name its root with --ca, or use --insecure",
        Cause.WRONG_NAME: "Ask for a name that it has, or use --insecure",
        Cause.CERTIFICATE_EXPIRED: "Look at both clocks, renew it, or use --insecure",
        Cause.WRONG_USE: "It needs one that servers may show",
        Cause.FORGED_CERTIFICATE: "Do not go on: it was altered on its way, or never signed",
    }
    if isinstance(error, OSError) and error.filename:  # a file of this side, as the key log
        return f"cannot write {error.filename}: {error.strerror}", None
    if isinstance(error, PeerAlert):
        return _refusal(place, error.alert.name, shown(client))
    if not isinstance(error, ProtocolError):
        return f"{place} broke off the handshake: {error}", None
    no_records = error.cause in (Cause.UNEXPECTED_RECORD, Cause.RECORD_VERSION, Cause.RECORD_OVERFLOW)
    if no_records and client.handshake.state is ClientState.AWAIT_SERVER_HELLO:
        return f"{place} does not speak TLS (what it sent is no TLS record)", None
    if error.cause is Cause.VERSION:
        return f"{place} does not speak TLS 1.2: {error.detail}", None
    if error.cause in mistrust:
        return f"the certificate of {place} is not trusted: {reason(error)}", mistrust[error.cause]
    return f"the handshake with {place} failed: {error}", None


def _refusal(place: str, alert: str, certificate: bool | None) -> tuple[str, str | None]:
    """Message and advice where the server ended the handshake by an alert; `certificate` as `shown` says."""
    if alert == "protocol_version":
        return f"{place} does not speak TLS 1.2 (it sent the fatal alert protocol_version)", None
    if certificate and alert in ABOUT_CERTIFICATES:
        return f"{place} refused our certificate by the fatal alert {alert}", None
    said = f"{place} refused the handshake by the fatal alert {alert}"
    if certificate is False:
        return said, "It asked for a certificate and got none: name one that it takes with --cert and --key"
    return said, ADVICE.get(alert)


def reason(error: ProtocolError) -> str:
    """What went wrong: of a certificate in our words, where the verifier's say nothing to a user."""
    from rfc5077.reference.alerts import Cause

    if "basicConstraints.cA must not be asserted" in error.detail:
        return "it is an authority's (CA:TRUE), which is not taken for an endpoint's own"
    if error.cause in (Cause.UNKNOWN_CA, Cause.CERTIFICATE_EXPIRED):
        return str(error.cause.meaning)
    return error.detail.partition(" (encountered processing")[0].removeprefix("validation failed: ")
