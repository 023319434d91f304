"""RFC 5246 (TLS 1.2), section 7.4.8 to the appendices: CertificateVerify, Finished, older versions, suspicion."""

import z3

from rfc5077.model.clause import Binds, Decided, Level, Observer, clause, hello_clause, stated
from rfc5077.model.event import (
    CLIENT,
    Certificates,
    Content,
    EventTerm,
    Message,
)
from rfc5077.model.flows import Position
from rfc5077.model.parameters.event import HelloEventTerm
from rfc5077.model.parameters.state import ClientHelloTerm, asks
from rfc5077.model.reaction import misplaced, refused
from rfc5077.model.state import (
    ClientTerm,
    Fault,
    PartyTerm,
    Peer,
    ServerTerm,
    unnumbered,
)

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
M, P = Message, Position


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
    Level.DERIVED,  # the text says what the message is for
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
        Implies(between, Or(e.is_(M.Finished), And(unnumbered(e), Not(e.is_(M.HelloRequest))))),
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


@hello_clause(
    "R5246-E.1-01",
    Level.SHOULD,
    Binds.CLIENT,
    Observer.PAIR,
    "A client with a session starts with the version of that session.",
    family="starts with the version of the session",
)
def version_of_session(s: ClientHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(And(asks(s, e), e.session), e.keeps_version)


@hello_clause(
    "R5246-E.2-01",
    Level.MUST,
    Binds.CLIENT,
    Observer.WIRE,
    "Who wants to resume does not ask by a hello of SSL 2.0.",
)
def no_old_hello(s: ClientHelloTerm, e: HelloEventTerm) -> z3.BoolRef:
    return Implies(asks(s, e), Not(And(e.old_format, e.by_id)))


suspicion = stated(
    "R5246-F.1.4-01",
    Level.LC_SHOULD,
    Binds.BOTH,
    Observer.DRIVING_CLIENT,
    "Who suspects that a session is compromised, or a certificate no longer valid, insists on a full handshake.",
    "Suspicion is told by configuration; that a certificate ended shows when the clock is moved.",
    decided=Decided.WITH_CLOCK,
)
