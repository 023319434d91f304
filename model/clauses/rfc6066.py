"""RFC 6066: extensions of the hellos, and what becomes of them when a session is resumed.

Section 1.1: all of them.  3: the server's name.  4 and 7: limits that stay with the session.
"""

import z3

from rfc5077.model.clause import Binds, Decided, Level, Observer, hello_clause, stated
from rfc5077.model.parameters.event import HelloEventTerm, NameAnswer, NameRelation, Utterance
from rfc5077.model.parameters.state import ClientHelloTerm, Juncture, ServerHelloTerm, answers, asks, resumes

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
J = Juncture
U = Utterance

usual_extensions = stated(
    "R6066-1.1-01",
    Level.SHOULD,
    Binds.CLIENT,
    Observer.PAIR,
    "A client that offers to resume sends the extensions that it would send without.",
    "Shows when its hellos with and without an offer are laid side by side.",
    family="usual extensions",
    decided=Decided.BY_PAIRED_RUNS,
)


@hello_clause(
    "R6066-1.1-02",
    Level.MUST,
    Binds.SERVER,
    Observer.PAIR,
    "On resumption the server heeds and answers none of these extensions; what the session agreed on stays.",
    # server_name is the exception in the first half: it may decide whether to resume (R6066-3-02).
)
def not_answered_on_resumption(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(resumes(s, e), Not(s.limits))


negotiated_after_refusal = stated(
    "R6066-1.1-03",
    Level.PROSE,
    Binds.SERVER,
    Observer.WIRE,
    "Where resumption is refused, these extensions are negotiated as in any full handshake.",
    "Shows when full handshakes with and without an offer are laid side by side.",
    decided=Decided.BY_PAIRED_RUNS,
)


@hello_clause(
    "R6066-3-01",
    Level.SHOULD,
    Binds.CLIENT,
    Observer.PAIR,
    "A client offers a session with the server name that it had when the session began.",
)
def same_name_offered(s: ClientHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(And(asks(s, e), e.session), Not(e.names.among(NameRelation.OTHER, NameRelation.LOST)))


@hello_clause(
    "R6066-3-02",
    Level.MUST_NOT,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A server that knows the extension does not resume a session for another name; a full handshake follows.",
    # Of a name on one side alone, and of upper and lower case, the text says nothing (K-26).
)
def other_name_not_resumed(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    knows = And(s.session, s.names.is_(NameRelation.OTHER), s.server_knows_names)
    # An alert has another reason unless the server went on after such a hello before (K-26).
    refuses = And(s.at(J.ASKED), e.sends(s.me, U.REFUSAL), s.answered_before)
    return Implies(knows, Not(Or(resumes(s, e), refuses)))


@hello_clause(
    "R6066-3-03",
    Level.MUST_NOT,
    Binds.SERVER,
    Observer.WIRE,
    "A ServerHello that resumes has no server_name.",
)
def no_name_in_short_handshake(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(resumes(s, e), Not(s.named))


@hello_clause(
    "R6066-3-04",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "A server that let the name guide it in a full handshake says so by an empty server_name.",
)
def name_acknowledged(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(answers(s, e), Not(e.name.is_(NameAnswer.FILLED)))


fragment_length_stays = stated(
    "R6066-4-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.KEYS,
    "A maximum fragment length that was agreed on holds in resumptions too.",
    "The limit on fragments shows on the wire; what is inside of them takes keys.",
)

short_mac_stays = stated(
    "R6066-7-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.KEYS,
    "A truncated MAC that was agreed on holds in resumptions too.",
    "The length of a MAC shows when the record is opened.",
)
