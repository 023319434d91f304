"""RFC 7627: the extended master secret, which a session that is resumed has or has not.

Section 3: the session hash.  4 and 5.1: the secret.  5.2: full handshakes.  5.3: abbreviated ones.  5.4: mixed peers.
The rows of section 5.3 speak of a session that is known: its ticket was opened and is alive.
"""

import z3

from rfc5077.model.clause import Binds, Decided, Level, Observer, hello_clause, stated
from rfc5077.model.parameters.event import HelloEventTerm
from rfc5077.model.parameters.state import (
    ClientHelloTerm,
    HelloTerm,
    Juncture,
    ServerHelloTerm,
    answers,
    asks,
    goes_on,
    negotiates,
    resumes,
)

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
J = Juncture


def _answered(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    """The extension that was asked for is answered by a server that knows it; who has such sessions does."""
    unanswered = And(answers(s, e), s.asked_ems, Not(e.ems))
    lost = And(resumes(s, e), s.asked_ems, Not(s.ems), s.session, s.session_ems)
    return Not(Or(And(unanswered, s.server_knows_ems), lost))


hash_before_ticket = stated(
    "R7627-3-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.KEYS,
    "The session hash ends with ClientKeyExchange: it covers no NewSessionTicket, and a resumed handshake has none.",
    "Shows in the master secret; the model takes the secret of a session as one thing.",
)


@hello_clause(
    "R7627-4-01",
    Level.SHOULD_NOT,
    Binds.BOTH,
    Observer.WIRE,
    "A handshake without the extended master secret is not accepted.",
)
def standard_secret_not_accepted(s: HelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    lacks = Not(And(s.asked_ems, s.ems))
    if isinstance(s, ServerHelloTerm):
        return Implies(negotiates(s, e), Not(And(lacks, s.server_knows_ems)))
    return Implies(goes_on(s, e, J.FULL), Not(And(lacks, Or(s.asked_ems, s.client_knows_ems))))


agreed_secret_is_used = stated(
    "R7627-5.1-01",
    Level.MUST,
    Binds.BOTH,
    Observer.KEYS,
    "Once both hellos had the extension, a full handshake computes the extended master secret.",
    "Shows in the keys: every later message is unreadable otherwise.",
)


@hello_clause(
    "R7627-5.2-01",
    Level.MUST,
    Binds.CLIENT,
    Observer.WIRE,
    "A client that knows the extension sends it in every ClientHello.",
    family="extended master secret offered",
    general=True,
)
def client_offers(s: ClientHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(And(asks(s, e), e.client_knows_ems), e.ems)


@hello_clause(
    "R7627-5.2-02",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "A server that knows the extension answers it in every ServerHello.",
    family="extended master secret answered",
)
def server_answers(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return _answered(s, e)


@hello_clause(
    "R7627-5.2-03",
    Level.MUST_NOT,
    Binds.SERVER,
    Observer.WIRE,
    "A server does not put the extension into ServerHello where ClientHello lacked it.",
)
def no_answer_unasked(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(And(answers(s, e), e.ems), s.asked_ems)


legacy_peer_refused = stated(
    "R7627-5.2-04",
    Level.SHOULD,
    Binds.BOTH,
    Observer.WIRE,
    "A party that does not care for peers without the extension aborts when the other hello lacks it.",
    "What a party cares for is told by its configuration.",
    decided=Decided.WITH_CONTEXT,
)

standard_secret_without = stated(
    "R7627-5.2-05",
    Level.MUST,
    Binds.BOTH,
    Observer.KEYS,
    "A full handshake that goes on without the extension computes the standard master secret.",
    "Shows in the keys: every later message is unreadable otherwise.",
)


@hello_clause(
    "R7627-5.3-01",
    Level.SHOULD_NOT,
    Binds.CLIENT,
    Observer.PAIR,
    "A client does not offer to resume a session without the extended master secret; it offers a full handshake.",
)
def old_session_not_offered(s: ClientHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(And(asks(s, e), e.session, Not(e.session_ems)), Not(Or(e.ems, e.client_knows_ems)))


@hello_clause(
    "R7627-5.3-02",
    Level.MUST,
    Binds.CLIENT,
    Observer.PAIR,
    "A hello that offers resumption carries the extension.",
    family="extended master secret offered",
)
def offer_carries_extension(s: ClientHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(And(asks(s, e), e.session, Or(e.session_ems, e.client_knows_ems)), e.ems)


@hello_clause(
    "R7627-5.3-03",
    Level.MUST_NOT,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A hello with the extension does not resume a session without the secret; a full handshake follows.",
)
def old_session_not_resumed(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    resumed = And(resumes(s, e), s.session, Not(s.session_ems), s.asked_ems)
    return Implies(resumed, Not(Or(s.ems, s.server_knows_ems)))


@hello_clause(
    "R7627-5.3-04",
    Level.MUST,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "A hello without the extension cannot resume a session with the secret: the server aborts.",
    # Section 5.3 has the abbreviated handshake aborted, 5.4 both parties abort such handshakes, after granting that
    # going on may be safe: a full handshake instead is a note (K-27).
)
def missing_extension_aborts(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(And(resumes(s, e), s.session, s.session_ems), s.asked_ems)


@hello_clause(
    "R7627-5.3-05",
    Level.SHOULD,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "Where neither the session nor the hello has it, the server aborts.",
)
def neither_has_it(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    neither = And(s.session, Not(s.session_ems), Not(s.asked_ems))
    return Implies(And(resumes(s, e), neither), Not(s.server_knows_ems))


@hello_clause(
    "R7627-5.3-06",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "A handshake that goes on after a hello with the extension has it in ServerHello, an abbreviated one too.",
    family="extended master secret answered",
)
def resumption_answers(s: ServerHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return _answered(s, e)


@hello_clause(
    "R7627-5.3-07",
    Level.MUST,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client that resumes a session without the extended master secret aborts when ServerHello has the extension.",
)
def unexpected_extension_aborts(s: ClientHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    gains = And(s.session, Not(s.session_ems), s.asked_ems, s.ems)
    return Implies(goes_on(s, e, J.SHORT), Not(gains))


@hello_clause(
    "R7627-5.3-08",
    Level.MUST,
    Binds.CLIENT,
    Observer.DRIVING_SERVER,
    "A client that resumes a session with the extended master secret aborts when ServerHello lacks the extension.",
)
def lost_extension_aborts(s: ClientHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(goes_on(s, e, J.SHORT), Not(And(s.session, s.session_ems, Not(s.ems))))


flag_is_kept = stated(
    "R7627-5.4-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.KEYS,
    "A party that takes both kinds of session keeps with each which kind it is; a server, in the ticket.",
    "Shows to who holds the ticket key; without it, R7627-5.3-03 and R7627-5.3-04 fail.",
)

no_binding_to_old_session = stated(
    "R7627-5.4-02",
    Level.MUST_NOT,
    Binds.BOTH,
    Observer.DRIVING_SERVER,
    "After a resumption without the secret, verify_data serves nothing above TLS and the client does not renegotiate.",
    "A request to renegotiate is encrypted.",
    decided=Decided.WITH_KEYS,
)

no_export_from_old_session = stated(
    "R7627-5.4-03",
    Level.MUST_NOT,
    Binds.BOTH,
    Observer.INSPECTION,
    "Nothing is exported from a session without the extended master secret to authenticate above TLS.",
    "What an application does with a secret shows in no trace.",
)
