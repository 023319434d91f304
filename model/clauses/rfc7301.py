"""RFC 7301: the application protocol, which is agreed on for each connection anew."""

import z3

from rfc5077.model.clause import Binds, Decided, Level, Observer, hello_clause, stated
from rfc5077.model.parameters.event import HelloEventTerm, ProtocolAnswer
from rfc5077.model.parameters.state import ServerHelloTerm, answers

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


agreed_anew = stated(
    "R7301-3.1-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.PAIR,
    "What an earlier connection of the session had agreed on does not count: the hellos of this one do.",
    "Shows when a session is resumed with another list of protocols.",
    decided=Decided.BY_PAIRED_RUNS,
)


@hello_clause(
    "R7301-3.1-02",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "The list in ServerHello has exactly one name.",
)
def one_name(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(answers(s, e), Not(e.protocols.is_(ProtocolAnswer.NOT_ONE)))


@hello_clause(
    "R7301-3.2-01",
    Level.MUST,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A server that has no protocol in common with the client says no_application_protocol, fatally.",
    # Section 3.1 lets a server leave the extension unanswered; 3.2 speaks of one that selects.
)
def nothing_in_common(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(answers(s, e), Not(e.protocols.is_(ProtocolAnswer.STRANGE)))


name_is_definitive = stated(
    "R7301-3.2-02",
    Level.MUST,
    Binds.BOTH,
    Observer.DRIVING_CLIENT,
    "The protocol named in ServerHello is the one that is spoken.",
    "The protocol is spoken under encryption.",
    decided=Decided.WITH_KEYS,
)
