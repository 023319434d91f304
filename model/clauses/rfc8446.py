"""RFC 8446 (TLS 1.3): what a party that knows it does where TLS 1.2 is negotiated."""

import z3

from rfc5077.model.clause import Binds, Decided, Level, Observer, Verdict, hello_clause, stated
from rfc5077.model.parameters.event import HelloEventTerm
from rfc5077.model.parameters.state import ClientHelloTerm, ServerHelloTerm, answers, asks

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


old_session_id = stated(
    "R8446-4.1.2-01",
    Level.SHOULD,
    Binds.CLIENT,
    Observer.WIRE,
    "A client of TLS 1.3 offers an older server the session_id that it holds; in compatibility mode it makes up one.",
    # The second half is a MUST (not empty, 32 octets), that the octets be unpredictable a SHOULD.
    "What a client holds is told by its configuration; no clause takes a session_id of its own making for a request.",
    decided=Decided.WITH_CONTEXT,
)


@hello_clause(
    "R8446-4.1.3-01",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "A server of TLS 1.3 that negotiates TLS 1.2 marks its random, on resumption too.",
    # A client of TLS 1.3 checks it (MUST); a client of TLS 1.2 has something to check only below TLS 1.2 (SHOULD).
)
def downgrade_marker(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(And(answers(s, e), s.server_knows_1_3), e.marked)


name_was_tied = stated(
    "R8446-4.2.11-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.INSPECTION,
    "Before TLS 1.3 a session was tied to a server name, which servers enforced unevenly and clients in effect.",
    "An account of what was meant and done; it asks for nothing.",
    verdict=Verdict.NOTE,
)


@hello_clause(
    "R8446-D.1-01",
    Level.SHOULD,
    Binds.CLIENT,
    Observer.PAIR,
    "A client with a ticket starts with the version in which it got the ticket.",
    family="starts with the version of the session",
)
def version_of_ticket(s: ClientHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(And(asks(s, e), e.session), e.keeps_version)

