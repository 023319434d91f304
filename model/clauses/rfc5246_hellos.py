"""RFC 5246 (TLS 1.2), section 7.4.1: what the hellos ask for, and what they answer."""

import z3

from rfc5077.model.clause import Binds, Decided, Level, Observer, Verdict, clause, hello_clause, stated
from rfc5077.model.event import (
    EventTerm,
    Extension,
    Message,
    SessionId,
)
from rfc5077.model.flows import Position
from rfc5077.model.parameters.event import HelloEventTerm, VersionAnswer
from rfc5077.model.parameters.state import ClientHelloTerm, Juncture, ServerHelloTerm, answers, asks, goes_on, resumes
from rfc5077.model.reaction import refused
from rfc5077.model.state import (
    ClientTerm,
    Fault,
    PartyTerm,
    ServerTerm,
    has_echo,
    in_order,
    offers_ticket,
    starts_full,
    starts_short,
)

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
J = Juncture
M, P = Message, Position

hello_request_not_hashed = stated(
    "R5246-7.4.1.1-01",
    Level.MUST_NOT,
    Binds.BOTH,
    Observer.KEYS,
    "HelloRequest is in no hash; in the midst of a handshake the client passes over it.",
    # That the client passes over it is a SHOULD of section 7.4.
    "Restated by R5246-7.4.9-03, and by R5246-7.4-01, for which it has no place to miss.",
    decided=Decided.RESTATED,
)


session_becomes_valid = stated(
    "R5246-7.4.1.2-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.DRIVING_SERVER,
    "A session can be resumed from the end of its Finished exchange until it is too old or fails.",
    "Restated by R5077-3.3-06 for the beginning and by R5246-7.2.2-01 for the end.",
    decided=Decided.RESTATED,
)


@hello_clause(
    "R5246-7.4.1.2-02",
    Level.MUST,
    Binds.CLIENT,
    Observer.PAIR,
    "A client with a session_id of a session offers the suite and the compression of that session.",
    # Read literally, a ticket beside an empty session_id is not covered (K-22).
)
def suite_of_session_offered(s: ClientHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(And(asks(s, e), e.session, e.by_id), e.keeps_suite)


made_up_ids_harm_nobody = stated(
    "R5246-7.4.1.2-03",
    Level.MUST_NOT,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A session_id that somebody made up does no harm.",
    "Shows when a ticket comes with ids of every length and content; R5077-3.4-05 judges the echo.",
)


@clause(
    "R5246-7.4.1.2-04",
    Level.MUST,
    Binds.BOTH,
    Observer.DRIVING_CLIENT,
    "A message whose octets do not fit its format is refused.",
)
def malformed_is_refused(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    return refused(s, e, Fault.MALFORMED)


@clause(
    "R5246-7.4.1.2-05",
    Level.PROSE,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "After ClientHello the client takes ServerHello and, HelloRequest aside, nothing else.",
)
def server_hello_comes_first(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    return refused(s, e, Fault.BEFORE_SERVER_HELLO)


@clause(
    "R5246-7.4.1.3-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.WIRE,
    "A ServerHello that repeats a non-empty session_id leads to the short handshake, any other to the full one.",
    family="the echo tells resumption",
)
def echo_tells_resumption(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    if isinstance(s, ClientTerm):
        minds = And(s.position.is_(P.SERVER_HELLO), e.is_(M.Conclusion), Not(s.client_id.is_(SessionId.EMPTY)))
        return And(
            Implies(minds, e.resumes == has_echo(s)),
            Implies(e.is_(M.Conclusion), s.position.is_(P.SERVER_HELLO)),
        )
    by_id = And(s.client_id.is_(SessionId.CACHED), Not(offers_ticket(s)))
    return And(
        Implies(starts_full(s, e), Not(has_echo(s))),
        Implies(And(starts_short(s, e), by_id), has_echo(s)),
        Implies(And(e.is_(M.ServerHello), by_id), e.resumes == e.session_id.is_(SessionId.ECHOED)),
        Implies(And(e.is_(M.ServerHello), s.client_id.is_(SessionId.EMPTY)), Not(e.session_id.is_(SessionId.ECHOED))),
        Implies(And(e.is_(M.ServerHello), e.resumes), Or(offers_ticket(s), by_id)),
    )


@hello_clause(
    "R5246-7.4.1.3-02",
    Level.LC_MUST,
    Binds.SERVER,
    Observer.PAIR,
    "A session is resumed with the suite and the compression that it began with.",
    # The word is lower case, but it fixes what is on the wire: a violation (K-23, K-24).
    verdict=Verdict.VIOLATION,
)
def suite_stays(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(And(resumes(s, e), s.session), s.suite_kept)


@hello_clause(
    "R5246-7.4.1.3-03",
    Level.PROSE,
    Binds.SERVER,
    Observer.WIRE,
    "The suite in ServerHello is one of those in ClientHello.",
    # The text binds the server; what a client does otherwise is K-22.
)
def suite_was_offered(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(answers(s, e), e.suite_offered)


@hello_clause(
    "R5246-7.4.1.3-04",
    Level.DERIVED,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client that resumes takes no other suite than that of the session.",
    # The text says what the field is; that the client checks it follows.
)
def suite_is_checked(s: ClientHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(And(goes_on(s, e, J.SHORT), s.session), s.suite_kept)


full_handshake_always_possible = stated(
    "R5246-7.4.1.3-05",
    Level.MUST,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client goes through a full handshake whenever the server wants one.",
    "Restated by R5077-3.1-19 for a client that offered a ticket.",
    decided=Decided.RESTATED,
)


@hello_clause(
    "R5246-7.4.1.3-06",
    Level.PROSE,
    Binds.SERVER,
    Observer.PAIR,
    "ServerHello names the highest version that both know.",
    # That a resumed session keeps its version is not said here; R5077-4-11 has it in the ticket (K-25).
)
def version(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(answers(s, e), e.version.is_(VersionAnswer.RIGHT))


@clause(
    "R5246-7.4.1.4-01",
    Level.MUST_NOT,
    Binds.SERVER,
    Observer.WIRE,
    "An extension stands in ServerHello only if it stood in ClientHello.",
    family="no unsolicited extension",
)
def extension_was_asked_for(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    answers = And(e.is_(M.ServerHello), Not(e.extension.is_(Extension.ABSENT)), in_order(s, e))
    return Implies(answers, Not(s.offered.is_(Extension.ABSENT)))


@clause(
    "R5246-7.4.1.4-02",
    Level.MUST,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client refuses an extension that it did not ask for.",
)
def unsolicited_extension_is_refused(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    return refused(s, e, Fault.UNSOLICITED_EXTENSION)


@clause("R5246-7.4.1.4-03", Level.MUST_NOT, Binds.BOTH, Observer.WIRE, "No extension stands twice in one hello.")
def no_extension_twice(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    return Implies(e.sends(s.me, M.ClientHello, M.ServerHello), Not(e.extension.is_(Extension.REPEATED)))


usual_extensions = stated(
    "R5246-7.4.1.4-04",
    Level.SHOULD,
    Binds.CLIENT,
    Observer.PAIR,
    "A client that offers to resume sends the extensions that it would send without.",
    "Shows when its hellos with and without an offer are laid side by side.",
    family="usual extensions",
    decided=Decided.BY_PAIRED_RUNS,
)


@hello_clause(
    "R5246-7.4.1.4-05",
    Level.PROSE,
    Binds.SERVER,
    Observer.PAIR,
    "On resumption most extensions are neither heeded nor answered, unless their own text says otherwise.",
    general=True,
)
def extensions_of_resumption(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(resumes(s, e), Not(Or(s.named, s.limits, s.sealed)))


@hello_clause(
    "R5246-7.4.1.4.1-01",
    Level.PROSE,
    Binds.SERVER,
    Observer.WIRE,
    "signature_algorithms is passed over on resumption and never in ServerHello.",
    # The second half is a MUST NOT.
)
def signature_algorithms(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(answers(s, e), Not(e.signature_algorithms))

