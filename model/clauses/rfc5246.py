"""RFC 5246 (TLS 1.2), sections 6 to 7.4: records, ChangeCipherSpec, alerts and the order of messages.

Section 7.4.1 is in :mod:`rfc5077.model.clauses.rfc5246_hellos`, what follows it in
:mod:`rfc5077.model.clauses.rfc5246_proofs`.
"""

import z3

from rfc5077.model.clause import Binds, Decided, Level, Observer, Verdict, clause, stated
from rfc5077.model.event import (
    SERVER,
    Content,
    EventTerm,
    Message,
    SessionId,
)
from rfc5077.model.flows import COMPLETE, SHORT, Position
from rfc5077.model.reaction import misplaced, refused
from rfc5077.model.state import (
    Ending,
    Fault,
    PartyTerm,
    ServerTerm,
    in_order,
    offers_ticket,
    signature_due,
    starts_full,
    starts_short,
)

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
M, P = Message, Position


fragments = stated(
    "R5246-6.2.1-01",
    Level.DERIVED,
    Binds.BOTH,
    Observer.WIRE,
    "A handshake message may run over several records, and a record may hold several messages; both are read.",
    # The text lets the sender; that the reader copes follows.
    "Shows when one message is sent whole and in pieces.",
    decided=Decided.BY_PAIRED_RUNS,
)


fresh_keys = stated(
    "R5246-6.3-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.KEYS,
    "The keys of a connection come from the master secret and both fresh randoms: a resumed one has keys of its own.",
    "Shows in the keys; the model takes the keys of each connection as new.",
)


@clause("R5246-7.1-01", Level.PROSE, Binds.BOTH, Observer.WIRE, "ChangeCipherSpec is one octet of value 1.")
def change_cipher_spec_is_one(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    says = Implies(e.sends(s.me, M.ChangeCipherSpec), e.content.is_(Content.RIGHT))
    return And(says, refused(s, e, Fault.MALFORMED_CHANGE_CIPHER_SPEC))


states_switch = stated(
    "R5246-7.1-02",
    Level.MUST,
    Binds.BOTH,
    Observer.KEYS,
    "What follows ChangeCipherSpec is under the new keys, what precedes it is not; at the sender and at the receiver.",
    "Shows when the records are opened.",
)


@clause(
    "R5246-7.1-03",
    Level.PROSE,
    Binds.BOTH,
    Observer.WIRE,
    "ChangeCipherSpec comes once, right before Finished, after keys are agreed; elsewhere it is refused.",
)
def change_cipher_spec_has_its_place(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    nothing_to_resume = And(Not(offers_ticket(s)), s.client_id.is_(SessionId.EMPTY))
    early = And(starts_short(s, e), e.sends(s.me, M.ChangeCipherSpec), nothing_to_resume)
    return And(
        Not(And(misplaced(s, e, M.ChangeCipherSpec), Not(signature_due(s)))),
        Not(early),
        refused(s, e, Fault.EARLY_CHANGE_CIPHER_SPEC),
    )


@clause(
    "R5246-7.2-01",
    Level.PROSE,  # the MUST of the sentence is about the session, for which see R5246-7.2.2-01
    Binds.BOTH,
    Observer.WIRE,
    "After a fatal alert, whoever sent it, nothing more is said on the connection.",
)
def fatal_alert_ends_the_connection(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    beside = e.is_(M.Close, M.Alert, M.Silence, M.NextClientHello, M.OldTicketAnswer)
    # An alert of the other party may cross what this one was saying.
    return Implies(And(e.sender.is_(s.me), s.ending.is_(Ending.ABORTED), Not(s.crossing)), beside)


careless_close = stated(
    "R5246-7.2.1-01",
    Level.PROSE,
    Binds.BOTH,
    Observer.DRIVING_SERVER,
    "A session may be resumed although its connection ended without close_notify.",
    "A permission: no clause forbids the offer, and none demands that it is honoured.",
    decided=Decided.PERMISSION,
)


close_is_announced = stated(
    "R5246-7.2.1-02",
    Level.MUST,
    Binds.BOTH,
    Observer.KEYS,
    "Before a party closes it says close_notify, and the other one answers with its own.",
    "Which alert closes a connection is encrypted; R5246-7.2.1-01 makes it harmless to tickets.",
)


failed_session_forgotten = stated(
    "R5246-7.2.2-01",
    Level.MUST_NOT,
    Binds.BOTH,
    Observer.DRIVING_SERVER,
    "A session is not resumed once one of its connections ended in a fatal alert.",
    "Shows when the session of such a connection is offered again; advice, as R5077-5.1-01 calls it harmless (K-20).",
    verdict=Verdict.ADVICE,
    decided=Decided.BY_PAIRED_RUNS,
)


@clause(
    "R5246-7.2.2-02",
    Level.MUST,
    Binds.BOTH,
    Observer.WIRE,
    "What must be refused is refused by a fatal alert before the transport closes.",
    verdict=Verdict.ADVICE,
)
def refusal_is_announced(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    # Advice, not violation: an alert that was sent may be lost when the transport is reset.
    read = And(Not(s.fault.is_(Fault.NONE)), Not(s.crossing), s.ending.is_(Ending.OPEN))
    return Implies(read, Not(e.sends(s.me, M.Close)))


@clause(
    "R5246-7.3-01",
    Level.MUST_NOT,
    Binds.BOTH,
    Observer.KEYS,
    "No application data before the first handshake is complete.",
)
def data_waits_for_completion(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    says = e.sends(s.me, M.ApplicationData)
    unproven = And(s.position.among(*COMPLETE), Not(s.verified))
    early = And(says, Or(misplaced(s, e, M.ApplicationData), unproven))
    return And(Not(early), refused(s, e, Fault.EARLY_APPLICATION_DATA))


@clause(
    "R5246-7.3-02",
    Level.MUST,
    Binds.SERVER,
    Observer.WIRE,
    "A resumed handshake goes straight to ChangeCipherSpec and Finished.",
)
def resumption_is_short(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    negotiates = e.sends(
        SERVER, M.Certificate, M.CertificateStatus, M.ServerKeyExchange, M.CertificateRequest, M.ServerHelloDone
    )
    return Not(And(s.position.among(*SHORT), negotiates))


@clause(
    "R5246-7.4-01",
    Level.MUST,
    Binds.BOTH,
    Observer.WIRE,
    "Handshake messages come in the order of the figures; any other order is refused.",
    family="order of messages",
    general=True,
)
def messages_come_in_order(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    # Which order is due the server has decided at ServerHello.
    decided = (
        And(Implies(starts_short(s, e), s.resumes), Implies(starts_full(s, e), Not(s.resumes)))
        if isinstance(s, ServerTerm)
        else z3.BoolVal(True)
    )
    return And(
        Implies(e.sender.is_(s.me), in_order(s, e)),
        decided,
        refused(s, e, Fault.OUT_OF_ORDER, Fault.UNANNOUNCED_TICKET),
    )
