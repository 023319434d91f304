"""Corner cases of sessions, encodings and configurations: what each party may do where the texts leave a gap."""

import z3

from rfc5077.model.clause import Binds, Decided, Level, Observer, allowed, clause, corner, forbidden, left_open, unwise
from rfc5077.model.clauses.corner_cases import tolerates
from rfc5077.model.event import EventTerm, Message
from rfc5077.model.state import Fault, PartyTerm

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
M = Message

suite_not_offered = corner(
    "K-22",
    Observer.DRIVING_CLIENT,
    "A ticket comes whose session has a suite that ClientHello does not offer.",
    Decided.RESTATED,
    allowed(Binds.SERVER, "goes through the full handshake"),
    allowed(Binds.SERVER, "aborts, where the session_id was not empty", "R5246-7.4.1.2-02"),
    left_open(Binds.SERVER, "aborts, where the session_id was empty"),
    forbidden(Binds.SERVER, "resumes with that suite", "R5246-7.4.1.3-03"),
)

suite_not_preferred = corner(
    "K-23",
    Observer.DRIVING_CLIENT,
    "A ticket comes whose session has a suite that ClientHello offers but does not prefer.",
    Decided.RESTATED,
    allowed(Binds.SERVER, "resumes with the suite of the session, or negotiates a better one"),
    forbidden(Binds.SERVER, "resumes with another suite", "R5246-7.4.1.3-02"),
)

other_suite_resumed = corner(
    "K-24",
    Observer.DRIVING_SERVER,
    "A ServerHello that resumes names another suite than the session's.",
    Decided.RESTATED,
    forbidden(Binds.SERVER, "names it", "R5246-7.4.1.3-02"),
    forbidden(Binds.CLIENT, "goes on", "R5246-7.4.1.3-04"),
)

other_version = corner(
    "K-25",
    Observer.DRIVING_CLIENT,
    "A ticket comes whose session has another version than the hello leads to.",
    Decided.RESTATED,
    allowed(Binds.SERVER, "goes through the full handshake, or refuses the version"),
    unwise(Binds.SERVER, "resumes in another version", "R5077-4-11"),
)

other_name = corner(
    "K-26",
    Observer.DRIVING_CLIENT,
    "A ticket comes with another server name than the one its session began with.",
    Decided.RESTATED,
    forbidden(Binds.SERVER, "resumes for a different name, where it heeds names at all", "R6066-3-02"),
    left_open(Binds.SERVER, "resumes where one side has no name"),
    allowed(Binds.SERVER, "resumes, or does not, where the names differ in case alone"),
    forbidden(Binds.SERVER, "aborts, other than by unrecognized_name for a name that it does not serve", "R6066-3-02"),
)

lost_extended_secret = corner(
    "K-27",
    Observer.DRIVING_CLIENT,
    "A session with the extended master secret is offered without the extension.",
    # All of this is about a session that is known: the ticket was opened and is alive.
    Decided.RESTATED,
    forbidden(Binds.SERVER, "resumes", "R7627-5.3-04"),
    left_open(Binds.SERVER, "goes through the full handshake, which 5.3 allows and 5.4 does not", "R7627-5.3-04"),
)

late_extended_secret = corner(
    "K-28",
    Observer.DRIVING_CLIENT,
    "A session without the extended master secret is offered with the extension.",
    Decided.RESTATED,
    forbidden(Binds.SERVER, "resumes", "R7627-5.3-03"),
    unwise(Binds.SERVER, "aborts instead of going through the full handshake", "R7627-5.3-03"),
)

extended_secret_unanswered = corner(
    "K-29",
    Observer.DRIVING_SERVER,
    "A session with the extended master secret is resumed by a ServerHello without the extension.",
    Decided.RESTATED,
    forbidden(Binds.SERVER, "leaves the extension out", "R7627-5.3-06"),
    forbidden(Binds.CLIENT, "goes on", "R7627-5.3-08"),
)

no_extended_secret = corner(
    "K-30",
    Observer.DRIVING_CLIENT,
    "Neither the session nor the hello that offers it has the extended master secret.",
    Decided.RESTATED,
    unwise(Binds.SERVER, "resumes", "R7627-5.3-05"),
)

large_ticket = corner(
    "K-31",
    Observer.DRIVING_SERVER,
    "A ticket is so large that no ClientHello has room for it.",
    Decided.RESTATED,
    left_open(Binds.SERVER, "issues a ticket of more than 65,531 octets, which cannot come back", "R5077-3.3-13"),
    forbidden(Binds.CLIENT, "fails on it", "R5077-3.3-13", "R5246-6.2.1-01"),
    allowed(Binds.CLIENT, "does not store or offer it", "R5077-3.3-17"),
)

ticket_in_pieces = corner(
    "K-32",
    Observer.WIRE,
    "NewSessionTicket or ClientHello runs over several records.",
    Decided.RESTATED,
    forbidden(Binds.BOTH, "fails on it", "R5246-6.2.1-01"),
)

appended_octet = corner(
    "K-33",
    Observer.DRIVING_CLIENT,
    "A ticket comes with octets appended.",
    Decided.RESTATED,
    allowed(Binds.SERVER, "goes through the full handshake", "R5077-3.2-09"),
    unwise(Binds.SERVER, "resumes: what was appended is outside the MAC, what it sealed is not forged", "R5077-5-01"),
)

old_encoding = corner(
    "K-34",
    Observer.DRIVING_CLIENT,
    "A ticket comes behind a length of its own, as RFC 4507 has it.",
    Decided.RESTATED,
    allowed(Binds.SERVER, "goes through the full handshake", "R5077-A-04"),
    forbidden(Binds.SERVER, "aborts", "R5077-3.2-09"),
    left_open(Binds.SERVER, "resumes, in a mode for clients of RFC 4507", "R5077-A-06"),
)

old_empty_encoding = corner(
    "K-35",
    Observer.DRIVING_CLIENT,
    "An empty extension comes with a length of zero inside, as RFC 4507 may have it.",
    Decided.PERMISSION,
    allowed(Binds.SERVER, "takes it for a ticket of two octets, or answers in kind", "R5077-A-05"),
)

old_answer = corner(
    "K-36",
    Observer.WIRE,
    "ServerHello has the extension with a length of zero inside.",
    Decided.RESTATED,
    forbidden(Binds.SERVER, "sends it to a client of RFC 5077", "R5077-3.2-06"),
)


@clause(
    "K-37",
    Level.CORNER,
    Binds.BOTH,
    Observer.WIRE,
    "A party that goes on after a SessionTicket extension that stands twice is tolerant.",
    rulings=(
        forbidden(Binds.BOTH, "puts the extension twice into a hello", "R5246-7.4.1.4-03"),
        allowed(Binds.BOTH, "aborts, by any fatal alert"),
        left_open(Binds.BOTH, "goes on"),
        unwise(Binds.BOTH, "closes without an alert", "R5246-7.2.2-02"),
    ),
)
def repeated_extension_tolerated(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    return Not(tolerates(s, e, Fault.REPEATED_EXTENSION))


octets_left_over = corner(
    "K-38",
    Observer.DRIVING_SERVER,
    "NewSessionTicket has octets left over, or lengths that do not fit.",
    Decided.RESTATED,
    forbidden(Binds.SERVER, "sends it", "R5077-3.3-13"),
    forbidden(Binds.CLIENT, "goes on", "R5246-7.4.1.2-04"),
)

client_certificate = corner(
    "K-39",
    Observer.DRIVING_CLIENT,
    "A session is resumed whose client had a certificate.",
    Decided.RESTATED,
    forbidden(Binds.SERVER, "asks for the certificate again in the abbreviated handshake", "R5246-7.3-02"),
    left_open(Binds.SERVER, "aborts although the ticket was verified", "R5077-3.1-13"),
)

certificate_demanded_meanwhile = corner(
    "K-40",
    Observer.DRIVING_CLIENT,
    "A session without a client certificate is offered where the server demands one by now.",
    Decided.WITH_CONTEXT,
    left_open(Binds.SERVER, "resumes, which is a matter of security"),
    reason="Shows with one ticket key under two configurations.",
)

other_configuration = corner(
    "K-41",
    Observer.DRIVING_CLIENT,
    "A session is offered under another configuration with the same ticket key.",
    Decided.WITH_CONTEXT,
    left_open(Binds.SERVER, "resumes, which is a matter of security where the name does not tell", "R6066-3-02"),
    reason="Shows with one ticket key under two configurations.",
)

id_beside_issue = corner(
    "K-42",
    Observer.WIRE,
    "A server that issues a ticket to a client without one sends a session_id.",
    Decided.RESTATED,
    unwise(Binds.SERVER, "sends a session_id that is not empty", "R5077-3.4-01"),
)

id_from_ticket = corner(
    "K-43",
    Observer.WIRE,
    "The client's session_id beside a ticket is made from the ticket, or used again.",
    Decided.PERMISSION,
    allowed(Binds.CLIENT, "links its connections by it, as the ticket does anyway", "R5077-3.4-04"),
)

connection_dies_early = corner(
    "K-44",
    Observer.DRIVING_SERVER,
    "A connection ends between NewSessionTicket and a verified Finished.",
    Decided.RESTATED,
    forbidden(Binds.CLIENT, "offers that ticket", "R5077-3.3-06"),
)

renewal_unconfirmed = corner(
    "K-45",
    Observer.DRIVING_CLIENT,
    "The old ticket comes again after a renewal whose client Finished never came.",
    Decided.RESTATED,
    allowed(Binds.SERVER, "goes through the full handshake: a life may be cut short", "R5077-3.3-18"),
    forbidden(Binds.SERVER, "takes it for an attack, or has dropped what it needs", "R5077-3.3-10", "R5077-3.3-11"),
)

renegotiation = corner(
    "K-46",
    Observer.DRIVING_SERVER,
    "A connection is renegotiated.",
    Decided.WITH_KEYS,
    forbidden(Binds.BOTH, "takes an earlier handshake's announcement for its own", "R5077-3.3-02", "R5077-3.3-03"),
    allowed(Binds.CLIENT, "offers no ticket there", "R5077-5.8-03"),
    reason="Each handshake announces for itself; a renegotiation is encrypted.",
)

change_cipher_spec_after_hello = corner(
    "K-47",
    Observer.DRIVING_SERVER,
    "ChangeCipherSpec comes right after a ServerHello that repeats no session_id.",
    Decided.RESTATED,
    allowed(Binds.CLIENT, "takes it for a resumption, where it offered a ticket and no id", "R5077-3.4-10"),
    forbidden(Binds.CLIENT, "takes it where it offered nothing", "R5246-7.1-03"),
)

no_ticket_key = corner(
    "K-48",
    Observer.DRIVING_CLIENT,
    "A server has announced a ticket and has no key to make one.",
    Decided.RESTATED,
    allowed(Binds.SERVER, "sends a ticket of zero length", "R5077-3.3-07"),
    unwise(Binds.SERVER, "aborts by internal_error", "R5077-3.3-07"),
    forbidden(Binds.SERVER, "closes without a word", "R5077-3.3-02", "R5246-7.2.2-02"),
)

extension_beside_psk = corner(
    "K-49",
    Observer.WIRE,
    "A client of TLS 1.3 and 1.2 sends a key of TLS 1.3, with the empty extension or without.",
    Decided.PERMISSION,
    allowed(Binds.CLIENT, "leaves the extension out, and gets no ticket of TLS 1.2 then", "R5077-3.2-08"),
    allowed(Binds.CLIENT, "sends both", "R5077-3.2-04"),
)

other_protocols = corner(
    "K-50",
    Observer.DRIVING_CLIENT,
    "A session is offered with other application protocols than before.",
    Decided.RESTATED,
    allowed(Binds.SERVER, "does not resume"),
    forbidden(Binds.SERVER, "takes the protocol of the earlier connection", "R7301-3.1-01"),
)

fragment_length = corner(
    "K-51",
    Observer.PAIR,
    "A session that had agreed on a fragment length is resumed.",
    Decided.RESTATED,
    forbidden(Binds.SERVER, "answers the extension again", "R6066-1.1-02"),
)

renegotiation_info_missing = corner(
    "K-52",
    Observer.WIRE,
    "A ServerHello that resumes lacks renegotiation_info although the client signalled.",
    # RFC 9325 would have the client abort; RFC 5746 (4.1) leaves it the choice.
    Decided.RESTATED,
    forbidden(Binds.SERVER, "leaves it out", "R5746-3.6-01"),
    allowed(Binds.CLIENT, "aborts by handshake_failure, or goes on"),
)

rejection_survived = corner(
    "K-53",
    Observer.DRIVING_SERVER,
    "A client's ticket is rejected.",
    Decided.RESTATED,
    forbidden(Binds.CLIENT, "aborts instead of going through the full handshake", "R5077-3.1-19"),
)
