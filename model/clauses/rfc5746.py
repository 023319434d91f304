"""RFC 5746: renegotiation is tied to the connection in which it happens, not to the session.

Section 3.1: what a connection remembers.  3.4 and 3.6: first handshakes, resumptions included.  3.5 and 3.7: others.
"""

import z3

from rfc5077.model.clause import Binds, Decided, Level, Observer, hello_clause, stated
from rfc5077.model.parameters.event import HelloEventTerm, Signal
from rfc5077.model.parameters.state import ClientHelloTerm, Juncture, ServerHelloTerm, answers, asks, goes_on

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
J = Juncture

HIDDEN = "A renegotiation is encrypted."

state_of_connection = stated(
    "R5746-3.1-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.KEYS,
    "The flag and the verify_data belong to the connection: no ticket carries them.",
    "Shows to who holds the ticket key, and in a renegotiation after a resumption.",
)


@hello_clause(
    "R5746-3.4-01",
    Level.MUST,
    Binds.CLIENT,
    Observer.WIRE,
    "A first ClientHello, with a ticket or without, has an empty renegotiation_info or the signalling suite.",
)
def client_signals(s: ClientHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(asks(s, e), e.signal.is_(Signal.GIVEN))


@hello_clause(
    "R5746-3.4-02",
    Level.MUST,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client aborts a first handshake, by handshake_failure, whose renegotiation_info is not empty.",
)
def client_refuses_binding(s: ClientHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Not(And(goes_on(s, e, J.SHORT, J.FULL), s.bound))


client_binds = stated(
    "R5746-3.5-01",
    Level.MUST_NOT,
    Binds.CLIENT,
    Observer.KEYS,
    "A renegotiating client sends its saved verify_data, and never the signalling suite.",
    HIDDEN,
)


@hello_clause(
    "R5746-3.6-01",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "A server whose client signalled answers by an empty renegotiation_info, on resumption too.",
)
def server_answers(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(And(answers(s, e), s.signalled.is_(Signal.GIVEN)), e.signal.is_(Signal.GIVEN))


answer_to_suite = stated(
    "R5746-3.6-02",
    Level.PROSE,
    Binds.SERVER,
    Observer.WIRE,
    "The signalling suite alone lets the server send renegotiation_info.",
    "A permission: an exception to R5246-7.4.1.4-01, which looks at the extension of tickets alone.",
    decided=Decided.PERMISSION,
)


@hello_clause(
    "R5746-3.6-03",
    Level.MUST,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A server aborts a first handshake, by handshake_failure, whose renegotiation_info is not empty.",
)
def server_refuses_binding(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(answers(s, e), Not(s.signalled.is_(Signal.FILLED)))


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
