"""What the judge says: one sentence for each clause that can be broken, and what would have been in order instead."""

from __future__ import annotations

from collections.abc import Mapping

SEEN: dict[str, str] = {
    "R5077-3.1-01": "Offered a ticket from a handshake in which it had not sent the SessionTicket extension.",
    "R5077-3.1-02": "Offered a ticket that another server had issued.",
    "R5077-3.1-07": "Sent a message where figure 1 has none.",
    "R5077-3.1-12": "Sent a message where figure 2 has none.",
    "R5077-3.1-15": "Sent a message where figure 3 has none.",
    "R5077-3.1-18": "Sent a message where figure 4 has none.",
    "R5077-3.1-06": "Sent NewSessionTicket after its ChangeCipherSpec.",
    "R5077-3.1-13": "Answered a ticket that it could have opened with an alert.",
    "R5077-3.1-19": "Refused a flow that the server is free to pick after a ticket.",
    "R5077-3.2-04": "Took a ticket without having sent the SessionTicket extension.",
    "R5077-3.2-05": "Sent the SessionTicket extension, then refused the ticket.",
    "R5077-3.2-06": "Put a body into ServerHello's SessionTicket extension.",
    "R5077-3.2-07": "Sent NewSessionTicket without having announced it in ServerHello.",
    "R5077-3.2-08": "Answered with a SessionTicket extension that ClientHello did not have.",
    "R5077-3.2-09": "Resumed although the ticket could not be verified.",
    "R5077-3.2-10": "Offered a ticket again whose resumption had failed.",
    "R5077-3.2-12": "Repeated the length inside the SessionTicket extension, as RFC 4507 had it.",
    "R5077-3.3-01": "Sent NewSessionTicket after the handshake was over.",
    "R5077-3.3-02": "Announced a ticket, then sent ChangeCipherSpec without NewSessionTicket.",
    "R5077-3.3-03": "Sent NewSessionTicket without having announced it in ServerHello.",
    "R5077-3.3-04": "Left NewSessionTicket out of the hash.",
    "R5077-3.3-05": "Sent NewSessionTicket before the client's Finished was verified.",
    "R5077-3.3-06": "Offered a ticket although the server's Finished of that handshake was not verified.",
    "R5077-3.3-07c": "Refused a ticket of zero length.",
    "R5077-3.3-09": "Offered the old ticket although it had been renewed.",
    "R5077-3.3-10": "Answered a ticket that had been renewed with an alert.",
    "R5077-3.3-11": "Let the renewal change the answer to the old ticket before the client's Finished was verified.",
    "R5077-3.3-13": "Sent a NewSessionTicket that is not a hint, a length and a ticket.",
    "R5077-3.4-01": "Sent a session_id of its own while announcing a ticket to a client that had none.",
    "R5077-3.4-03": "Offered a session_id that the ticket had replaced, and no ticket.",
    "R5077-3.4-05": "Resumed by the ticket without repeating the client's session_id.",
    "R5077-3.4-06": "Repeated the client's session_id, then went on with a full handshake.",
    "R5077-3.4-07": "Let the session_id beside the ticket decide whether the ticket is accepted.",
    "R5077-3.4-08": "Looked the session_id up although a ticket had been presented.",
    "R5077-3.4-10": "Concluded from ServerHello's session_id although its own was empty.",
    "R5246-7.1-01": "Sent a ChangeCipherSpec that is not one octet of value 1.",
    "R5246-7.1-03": "Sent ChangeCipherSpec where it has no place.",
    "R5246-7.2-01": "Went on after a fatal alert.",
    "R5246-7.2.2-02": "Closed without an alert where one was due.",
    "R5246-7.3-01": "Sent application data before the handshake was complete.",
    "R5246-7.3-02": "Negotiated anew inside an abbreviated handshake.",
    "R5246-7.4-01": "Sent a message out of order.",
    "R5246-7.4.1.2-04": "Went on after a message that does not fit its format.",
    "R5246-7.4.1.2-05": "Went on after something other than ServerHello had answered its hello.",
    "R5246-7.4.1.3-01": "The session_id of ServerHello and the flow that followed disagree.",
    "R5246-7.4.1.4-01": "Answered with an extension that ClientHello did not have.",
    "R5246-7.4.1.4-02": "Went on after an extension that it had not asked for.",
    "R5246-7.4.1.4-03": "Put the SessionTicket extension twice into one hello.",
    "R5246-7.4.8-01": "The client's certificate and its CertificateVerify do not go together.",
    "R5246-7.4.8-02": "Went on although the signature of CertificateVerify was wrong.",
    "R5246-7.4.9-01": "Went on although the other party's Finished was wrong.",
    "R5246-7.4.9-02": "Sent a message between its ChangeCipherSpec and its Finished.",
    "R5246-7.4.9-03": "Sent a Finished that does not cover what was said.",
    "R5246-7.4.1.2-02": "Offered a session without offering its suite or its compression.",
    "R5246-7.4.1.3-02": "Resumed a session with another suite or compression.",
    "R5246-7.4.1.3-03": "Picked a suite or a compression that ClientHello did not offer.",
    "R5246-7.4.1.3-04": "Went on with a resumption that has another suite or compression than its session.",
    "R5246-7.4.1.3-06": "Picked a version above ClientHello's, or below what it had answered to the same hello before.",
    "R5246-7.4.1.4-05": "Answered, while resuming, an extension that is settled when a session begins.",
    "R5246-7.4.1.4.1-01": "Put signature_algorithms into ServerHello.",
    "R5246-E.1-01": "Offered a session without offering its version.",
    "R5246-E.2-01": "Asked for a resumption by a hello of SSL 2.0.",
    "R7627-4-01": "Went on without the extended master secret, though it knows it.",
    "R7627-5.2-01": "Left extended_master_secret out of ClientHello, having sent it before.",
    "R7627-5.2-02": "Left extended_master_secret out of ServerHello, though it was asked for and is known.",
    "R7627-5.2-03": "Answered with extended_master_secret, which ClientHello lacked.",
    "R7627-5.3-01": "Offered a session that lacks the extended master secret.",
    "R7627-5.3-02": "Offered a session without extended_master_secret in ClientHello.",
    "R7627-5.3-03": "Resumed a session that lacks the extended master secret for a hello that asks for it.",
    "R7627-5.3-04": "Resumed a session that has the extended master secret for a hello that lacks the extension.",
    "R7627-5.3-05": "Resumed a session without the extended master secret for a hello without the extension.",
    "R7627-5.3-06": "Left extended_master_secret out of ServerHello, though it was asked for and is known.",
    "R7627-5.3-07": "Went on with a resumption that has extended_master_secret, which its session lacks.",
    "R7627-5.3-08": "Went on with a resumption that lacks extended_master_secret, which its session has.",
    "R6066-1.1-02": "Answered, while resuming, an extension of RFC 6066.",
    "R6066-3-01": "Offered a session with another server name than it began with.",
    "R6066-3-02": "Did not go through a full handshake for a session that began with another server name.",
    "R6066-3-03": "Answered server_name while resuming.",
    "R6066-3-04": "Answered with a server_name that is not empty.",
    "R7301-3.1-02": "Answered with a list of application protocols that has not exactly one name.",
    "R7301-3.2-01": "Picked an application protocol that ClientHello does not list.",
    "R5746-3.4-01": "Did not signal secure renegotiation, or not as a first hello does.",
    "R5746-3.4-02": "Went on after a first ServerHello whose renegotiation_info is not empty.",
    "R5746-3.6-01": "Did not answer the signal of secure renegotiation by an empty renegotiation_info.",
    "R5746-3.6-03": "Answered a first ClientHello whose renegotiation_info is not empty.",
    "R8446-4.1.3-01": "Left its mark out of the random, though it speaks TLS 1.3.",
    "R8446-D.1-01": "Offered a session without offering its version.",
    "K-12": "Took the ticket after a SessionTicket extension with a body in ServerHello.",
    "K-13": "Went on although the announced NewSessionTicket never came.",
    "K-21": "Offered a ticket again that had been rejected.",
    "K-37": "Went on after a SessionTicket extension that stood twice.",
}
"""What somebody did who broke a clause."""

WENT_ON: dict[str, str] = {
    "R5077-3.1-07": "Went on after a message that figure 1 does not have there.",
    "R5077-3.1-12": "Went on after a message that figure 2 does not have there.",
    "R5077-3.1-15": "Went on after a message that figure 3 does not have there.",
    "R5077-3.1-18": "Went on after a message that figure 4 does not have there.",
    "R5077-3.3-13": "Went on after a NewSessionTicket that is not a hint, a length and a ticket.",
    "R5246-7.1-01": "Went on after a ChangeCipherSpec that is not one octet of value 1.",
    "R5246-7.1-03": "Went on after a ChangeCipherSpec that had no place there.",
    "R5246-7.3-01": "Went on after application data that came before the handshake was complete.",
    "R5246-7.4-01": "Went on after a message that came out of order.",
    "R5246-7.4.9-02": "Went on although the other party's ChangeCipherSpec and Finished did not follow each other.",
}
"""The same, where the other party had sent what was to be refused."""

_NEGOTIATED = "Repeated the client's session_id, then negotiated anew."
_PRESENTED = "Resumed the session of the session_id without repeating it."
BY_MESSAGE: dict[tuple[str, str], str] = {
    ("R5077-3.2-09", "Alert"): "Answered a ticket that could not be verified with an alert, not with a full handshake.",
    ("R5077-3.2-09", "Close"): "Hung up on a ticket that could not be verified, instead of a full handshake.",
    ("R5077-3.3-10", "Close"): "Hung up on a ticket that had been renewed.",
    ("R5246-7.4.1.3-01", "Certificate"): _NEGOTIATED,
    ("R5246-7.4.1.3-01", "ServerKeyExchange"): _NEGOTIATED,
    ("R5246-7.4.1.3-01", "CertificateRequest"): _NEGOTIATED,
    ("R5246-7.4.1.3-01", "ServerHelloDone"): _NEGOTIATED,
    ("R5246-7.4.1.3-01", "ChangeCipherSpec"): _PRESENTED,
    ("R5246-7.4.1.3-01", "NewSessionTicket"): _PRESENTED,
    ("R5246-7.4.8-01", "CertificateVerify"): "Sent CertificateVerify where none belongs.",
    ("R5246-7.4.8-01", "ChangeCipherSpec"): "Sent a certificate that can sign and no CertificateVerify.",
    ("R5246-7.4.9-02", "Finished"): "Sent Finished without ChangeCipherSpec right before it.",
}
"""The same, where the message that was sent tells which of two opposite things it was."""


def sentence(id: str, message: str, provoked: bool) -> str:
    """What somebody did who broke a clause by a message; empty for a clause that nobody can be seen to break.

    :param provoked: whether the other party had sent what was to be refused.
    """
    if provoked and id in WENT_ON:
        return WENT_ON[id]
    return BY_MESSAGE.get((id, message)) or SEEN.get(id, "")

_REFUSED = "Alert(description=handshake_failure)"

DUE: dict[str, str] = {
    "R5246-7.4.1.2-02": "ClientHello(cipher_suites=the session's among them)",
    "R5246-7.4.1.3-02": "ServerHello(cipher_suite=the session's)",
    "R5246-7.4.1.3-03": "ServerHello(cipher_suite=one that was offered)",
    "R5246-7.4.1.3-04": "Alert(description=illegal_parameter)",
    "R5246-7.4.1.3-06": "ServerHello(version=the highest that both know)",
    "R5246-7.4.1.4-05": "ServerHello(without this extension)",
    "R5246-7.4.1.4.1-01": "ServerHello(without this extension)",
    "R5246-E.1-01": "ClientHello(version=the session's)",
    "R5246-E.2-01": "ClientHello(in the format of TLS)",
    "R7627-4-01": "Alert(description=handshake_failure)",
    "R7627-5.2-01": "ClientHello(extended_master_secret)",
    "R7627-5.2-02": "ServerHello(extended_master_secret)",
    "R7627-5.2-03": "ServerHello(without extended_master_secret)",
    "R7627-5.3-01": "ClientHello(without this session)",
    "R7627-5.3-02": "ClientHello(extended_master_secret)",
    "R7627-5.3-03": "a full handshake",
    "R7627-5.3-04": "Alert(description=handshake_failure)",
    "R7627-5.3-05": "Alert(description=handshake_failure)",
    "R7627-5.3-06": "ServerHello(extended_master_secret)",
    "R7627-5.3-07": _REFUSED,
    "R7627-5.3-08": _REFUSED,
    "R6066-1.1-02": "ServerHello(without this extension)",
    "R6066-3-01": "ClientHello(server_name=the session's)",
    "R6066-3-02": "a full handshake",
    "R6066-3-03": "ServerHello(without server_name)",
    "R6066-3-04": "ServerHello(server_name=empty)",
    "R7301-3.1-02": "ServerHello(application_protocols=one)",
    "R7301-3.2-01": "Alert(description=no_application_protocol)",
    "R5746-3.4-01": "ClientHello(renegotiation_info=empty)",
    "R5746-3.4-02": _REFUSED,
    "R5746-3.6-01": "ServerHello(renegotiation_info=empty)",
    "R5746-3.6-03": "Alert(description=handshake_failure)",
    "R8446-4.1.3-01": "ServerHello(downgrade_marker)",
    "R8446-D.1-01": "ClientHello(version=the session's)",
}
"""What would have been in order, for the clauses about the hellos' parameters; the others ask the monitor."""

MISSED: dict[str, str] = dict.fromkeys(("R5077-3.2-09", "R5077-3.4-08"), "a full handshake")
"""What would have been in order, for the clauses that show only when the party's own hello has closed the way to it."""

_SUITES = ("cipher_suites", "cipher_suite")
_SECRET = ("extended_master_secret",)
_LIMITS = ("server_name", "max_fragment_length", "status_request")
_NAME, _PROTOCOLS, _BINDING = ("server_name",), ("application_protocols",), ("renegotiation_info",)

TOPICS: Mapping[str, tuple[str, ...]] = (
    dict.fromkeys(("R5246-7.4.1.2-02", "R5246-7.4.1.3-02", "R5246-7.4.1.3-03", "R5246-7.4.1.3-04"), _SUITES)
    | dict.fromkeys(("R5246-7.4.1.3-06", "R5246-E.1-01", "R8446-D.1-01"), ("version", "versions"))
    | dict.fromkeys(("R5246-7.4.1.4-05", "R6066-1.1-02"), _LIMITS)
    | {"R5246-7.4.1.4.1-01": ("signature_algorithms",), "R5246-E.2-01": ("version",)}
    | {"R8446-4.1.3-01": ("version", "downgrade_marker")}
    | dict.fromkeys((id for id in DUE if id.startswith("R7627-")), _SECRET)
    | dict.fromkeys((id for id in DUE if id.startswith("R6066-3")), _NAME)
    | dict.fromkeys((id for id in DUE if id.startswith("R7301-")), _PROTOCOLS)
    | dict.fromkeys((id for id in DUE if id.startswith("R5746-")), _BINDING)
)
"""Which fields of the hellos a finding about their parameters shows."""

OF_SESSIONS = frozenset((
    "R5246-7.4.1.2-02", "R5246-7.4.1.3-02", "R5246-7.4.1.3-04", "R5246-E.1-01", "R8446-D.1-01", "R7627-5.3-01",
    "R7627-5.3-02", "R7627-5.3-03", "R7627-5.3-04", "R7627-5.3-05", "R7627-5.3-07", "R7627-5.3-08", "R6066-3-01",
    "R6066-3-02",
))  # fmt: skip
"""Clauses that lay a hello beside the session that it offers or resumes."""
