"""RFC 5246 (TLS 1.2): the rules of order, resumption and refusal that tickets rest on."""

import z3

from rfc5077.model.clause import Binds, Level, Observer, Verdict, clause
from rfc5077.model.event import (
    CLIENT,
    SERVER,
    Certificates,
    Content,
    EventTerm,
    Extension,
    Message,
    SessionId,
)
from rfc5077.model.flows import COMPLETE, SHORT, Position
from rfc5077.model.reaction import misplaced, refused
from rfc5077.model.state import (
    ClientTerm,
    Ending,
    Fault,
    PartyTerm,
    Peer,
    ServerTerm,
    has_echo,
    in_order,
    offers_ticket,
    signature_due,
    starts_full,
    starts_short,
    unnumbered,
)

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
M, P = Message, Position


@clause("R5246-7.1-01", Level.PROSE, Binds.BOTH, Observer.WIRE, "ChangeCipherSpec is one octet of value 1.")
def change_cipher_spec_is_one(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    says = Implies(e.sends(s.me, M.ChangeCipherSpec), e.content.is_(Content.RIGHT))
    return And(says, refused(s, e, Fault.MALFORMED_CHANGE_CIPHER_SPEC))


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
    Level.MUST,
    Binds.BOTH,
    Observer.WIRE,
    "After a fatal alert, whoever sent it, nothing more is said on the connection.",
)
def fatal_alert_ends_the_connection(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    beside = e.is_(M.Close, M.Alert, M.Silence, M.NextClientHello, M.OldTicketAnswer)
    # An alert of the other party may cross what this one was saying.
    return Implies(And(e.sender.is_(s.me), s.ending.is_(Ending.ABORTED), Not(s.crossing)), beside)


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
    "R5246-7.3-01", Level.MUST_NOT, Binds.BOTH, Observer.KEYS, "No application data before the handshake is complete."
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
    "After ClientHello the client takes ServerHello and nothing else.",
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


@clause(
    "R5246-7.4.8-01",
    Level.MUST,
    Binds.CLIENT,
    Observer.WIRE,
    "CertificateVerify follows ClientKeyExchange exactly if the client sent a certificate that can sign.",
)
def certificate_is_proved(s: ClientTerm, e: EventTerm) -> z3.BoolRef:
    return And(
        Not(misplaced(s, e, M.CertificateVerify)),
        Implies(
            And(s.position.is_(P.CLIENT_KEY_EXCHANGE), e.sends(CLIENT, M.ChangeCipherSpec)),
            Not(s.certificates.is_(Certificates.SOME)),
        ),
    )


@clause(
    "R5246-7.4.8-02",
    Level.PROSE,
    Binds.SERVER,
    Observer.DRIVING_CLIENT,
    "The signature of CertificateVerify is verified.",
)
def certificate_verify_is_verified(s: ServerTerm, e: EventTerm) -> z3.BoolRef:
    return refused(s, e, Fault.WRONG_SIGNATURE)


@clause(
    "R5246-7.4.9-01",
    Level.MUST,
    Binds.BOTH,
    Observer.DRIVING_CLIENT,
    "The other party's Finished is verified before anything rests on it; a wrong one is refused.",
)
def finished_is_verified(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    rests = And(
        Or(s.position.is_(P.CLIENT_FINISHED), s.position.is_(P.TICKET))
        if isinstance(s, ServerTerm)
        else s.position.is_(P.SHORT_SERVER_FINISHED),
        e.sends(s.me, M.ChangeCipherSpec),
    )
    checks = And(e.sends(s.me, M.Verification))
    return And(
        Implies(checks, s.peer_finished.is_(Peer.RIGHT)),
        Implies(rests, s.verified),
        refused(s, e, Fault.WRONG_FINISHED),
    )


@clause("R5246-7.4.9-02", Level.PROSE, Binds.BOTH, Observer.WIRE, "Finished follows ChangeCipherSpec at once.")
def finished_follows_change_cipher_spec(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    mine = (
        (P.SHORT_CLIENT_CHANGE_CIPHER_SPEC, P.CLIENT_CHANGE_CIPHER_SPEC)
        if s.me is CLIENT
        else (P.SHORT_SERVER_CHANGE_CIPHER_SPEC, P.SERVER_CHANGE_CIPHER_SPEC)
    )
    between = And(s.position.among(*mine), e.sender.is_(s.me))
    return And(
        Not(misplaced(s, e, M.Finished)),
        Implies(between, Or(e.is_(M.Finished), unnumbered(e))),
        refused(s, e, Fault.FINISHED_WITHOUT_CHANGE_CIPHER_SPEC, Fault.BETWEEN_CHANGE_CIPHER_SPEC_AND_FINISHED),
    )


@clause(
    "R5246-7.4.9-03",
    Level.PROSE,
    Binds.BOTH,
    Observer.KEYS,
    "Finished covers every handshake message before it but HelloRequest.",
)
def finished_is_right(s: PartyTerm, e: EventTerm) -> z3.BoolRef:
    return Implies(e.sends(s.me, M.Finished), e.content.is_(Content.RIGHT))
