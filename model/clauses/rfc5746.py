"""RFC 5746: renegotiation is tied to the connection in which it happens, not to the session.

Section 3.1: what a connection remembers.  3.4 and 3.6: first handshakes, resumptions included.  3.5 and 3.7: others.
"""

from rfc5077.model.clause import Binds, Decided, Level, Observer, stated

FIELD = "renegotiation_info is plain on the wire of a first handshake; events have no field for it."
HIDDEN = "A renegotiation is encrypted."

state_of_connection = stated(
    "R5746-3.1-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.KEYS,
    "The flag and the verify_data belong to the connection: no ticket carries them.",
    "Shows to who holds the ticket key, and in a renegotiation after a resumption.",
)

client_signals = stated(
    "R5746-3.4-01",
    Level.MUST,
    Binds.CLIENT,
    Observer.WIRE,
    "A first ClientHello, with a ticket or without, has an empty renegotiation_info or the signalling suite.",
    FIELD,
)

client_refuses_binding = stated(
    "R5746-3.4-02",
    Level.MUST,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client aborts a first handshake, by handshake_failure, whose renegotiation_info is not empty.",
    FIELD,
    decided=Decided.BY_FIELDS,
)

client_binds = stated(
    "R5746-3.5-01",
    Level.MUST_NOT,
    Binds.CLIENT,
    Observer.KEYS,
    "A renegotiating client sends its saved verify_data, and never the signalling suite.",
    HIDDEN,
)

server_answers = stated(
    "R5746-3.6-01",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "A server whose client signalled answers by an empty renegotiation_info, on resumption too.",
    FIELD,
)

answer_to_suite = stated(
    "R5746-3.6-02",
    Level.PROSE,
    Binds.SERVER,
    Observer.WIRE,
    "The signalling suite alone lets the server send renegotiation_info.",
    "A permission: an exception to R5246-7.4.1.4-01, which looks at the extension of tickets alone.",
    decided=Decided.PERMISSION,
)

server_refuses_binding = stated(
    "R5746-3.6-03",
    Level.MUST,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A server aborts a first handshake, by handshake_failure, whose renegotiation_info is not empty.",
    FIELD,
    decided=Decided.BY_FIELDS,
)

binding_is_verified = stated(
    "R5746-3.7-01",
    Level.MUST,
    Binds.BOTH,
    Observer.KEYS,
    "In a renegotiation each party checks the verify_data of the handshake before, on this connection.",
    # The client's half is in section 3.5.
    HIDDEN,
)

unbound_renegotiation_aborts = stated(
    "R5746-3.7-02",
    Level.MUST,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A server aborts a renegotiation whose hello has the signalling suite, or lacks renegotiation_info.",
    HIDDEN,
    decided=Decided.WITH_KEYS,
)
