"""Theorems about profiles: what a profile's machine says is in order, and what is in order some profile says."""

from __future__ import annotations

from functools import cache

import z3

from rfc5077.model.event import (
    CLIENT,
    OPENABLE,
    SERVER,
    Certificates,
    Event,
    EventTerm,
    Exchange,
    Extension,
    Message,
    Offer,
    Party,
    SessionId,
    Ticket,
)
from rfc5077.model.flows import COMPLETE, SHORT, Position
from rfc5077.model.logic import AnyTerm, Term, choose, sort_of
from rfc5077.model.profile import (
    due_ticket,
    is_permitted,
    looks_up,
    offers_next,
    own_id,
    sends_key_exchange,
    shows_certificate,
)
from rfc5077.model.proof.profiles import (
    ALONE,
    CLIENT_ALONE,
    CLIENT_PROFILE,
    CLIENT_STATE,
    OVERLOOKED,
    SERVER_ALONE,
    SERVER_PROFILE,
    SERVER_STATE,
    Alone,
    alone,
    concrete,
    has_the_turn,
    is_profile,
    permitted,
    picks,
    sayings,
    says,
    settled,
)
from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable, Without
from rfc5077.model.run.says import alert
from rfc5077.model.state import TOLERABLE, Conclusion, Ending, Fault, Peer, offers_ticket

And, If, Implies, Not, Or = z3.And, z3.If, z3.Implies, z3.Not, z3.Or
P, M = Position, Message
S, Q, SEEN = SERVER_STATE, SERVER_PROFILE, SERVER_ALONE.memory
C, R, DONE = CLIENT_STATE, CLIENT_PROFILE, CLIENT_ALONE.memory
ORDER = tuple(Position)
FULL = ORDER[ORDER.index(P.SERVER_CERTIFICATE) : ORDER.index(P.ESTABLISHED) + 1]
"""The positions after the hellos of a full handshake, in order."""

REFUSED_BY_BOTH = tuple(
    fault for fault in Fault
    if fault not in (*TOLERABLE, Fault.BEFORE_SERVER_HELLO, Fault.UNANNOUNCED_TICKET, Fault.UNSOLICITED_EXTENSION,
                     Fault.MALFORMED_TICKET)
)  # fmt: skip
"""Faults that client and server alike may find, and must refuse."""

Fields = dict[str, AnyTerm | z3.BoolRef]


def _from(position: Position) -> z3.BoolRef:
    """True for a server at this position of a full handshake or after it."""
    later = And(S.position.is_(P.RENEGOTIATION), Not(S.resumes))
    return Or(S.position.among(*FULL[FULL.index(position) :]), later)


# --- a server's profile -----------------------------------------------------------------------------------------------


def server_facts() -> z3.BoolRef:
    """What is true of a server that keeps to the clauses, whatever it hears."""
    begun = Not(S.position.among(P.START, P.CLIENT_HELLO))
    unsaid = (SEEN[name] for name in ("certificate", "status", "keys"))
    blank = Not(Or(S.announced, S.requested, S.resumes, S.verified, *unsaid))
    nothing = And(S.ticket.is_(Ticket.NONE), S.peer_finished.is_(Peer.ABSENT), S.certificates.is_(Certificates.NONE))
    issued, short = Not(S.ticket.is_(Ticket.NONE)), S.position.among(*SHORT)
    ccs = (P.SERVER_CHANGE_CIPHER_SPEC, P.ESTABLISHED)
    done = S.position.among(*COMPLETE, P.RENEGOTIATION)
    proved = S.position.among(P.CLIENT_FINISHED, P.TICKET, *ccs, P.RESUMED)
    return And(
        Implies(Not(begun), And(blank, nothing)),
        Implies(S.position.is_(P.START), S.offered.is_(Extension.ABSENT)),
        S.client_id.among(SessionId.EMPTY, SessionId.FRESH, SessionId.CACHED),
        S.server_id.among(SessionId.EMPTY, SessionId.FRESH, SessionId.ECHOED),
        Implies(begun, S.server_id.is_(SessionId.ECHOED) == And(S.resumes, Not(S.client_id.is_(SessionId.EMPTY)))),
        Implies(S.resumes, Or(offers_ticket(S), looks_up(S))),
        Implies(And(begun, offers_ticket(S)), S.resumes == And(S.honours, S.offered.among(*OPENABLE))),
        Implies(S.fault.is_(Fault.REPEATED_EXTENSION), Or(S.offered.is_(Extension.REPEATED), done)),
        Implies(S.announced, Not(S.offered.is_(Extension.ABSENT))),
        Implies(short, S.resumes),
        Implies(S.position.among(*FULL), Not(S.resumes)),
        Implies(issued, And(S.announced, Or(short, S.position.among(P.TICKET, *ccs, P.RENEGOTIATION)))),
        Implies(S.position.among(P.RENEWAL, P.TICKET), issued),
        Implies(And(S.announced, S.position.among(*ccs, *SHORT[1:])), issued),
        Implies(S.resumes, Not(Or(S.requested, SEEN["certificate"], SEEN["status"], SEEN["keys"]))),
        Implies(And(proved, Not(S.fault.is_(Fault.WRONG_FINISHED))), S.peer_finished.is_(Peer.RIGHT)),
        Implies(S.peer_finished.is_(Peer.WRONG), S.fault.is_(Fault.WRONG_FINISHED)),
        S.fault.among(Fault.NONE, *REFUSED_BY_BOTH, Fault.REPEATED_EXTENSION),
        Not(Or(SEEN["filled"], SEEN["missing"])),
        Implies(SEEN["refused"], And(Not(S.ending.is_(Ending.OPEN)), Not(S.fault.is_(Fault.NONE)))),
        Not(And(SEEN["refused"], SEEN["repeated"], S.fault.is_(Fault.REPEATED_EXTENSION))),
        _flight_facts(),
    )


def _flight_facts() -> z3.BoolRef:
    certificate, status, keys = SEEN["certificate"], SEEN["status"], SEEN["keys"]
    other, ephemeral = S.exchange.is_(Exchange.OTHER), S.exchange.is_(Exchange.EPHEMERAL)
    return And(
        Implies(S.position.among(P.SERVER_CERTIFICATE, P.CERTIFICATE_STATUS), certificate),
        Implies(S.position.is_(P.SERVER_CERTIFICATE), Not(status)),
        Implies(S.position.is_(P.CERTIFICATE_STATUS), status),
        Implies(S.position.is_(P.SERVER_KEY_EXCHANGE), keys),
        Implies(S.position.among(P.SERVER_HELLO), Not(Or(certificate, status, keys, S.requested))),
        Implies(S.position.among(P.SERVER_CERTIFICATE, P.CERTIFICATE_STATUS), Not(keys)),
        Implies(S.position.is_(P.CERTIFICATE_REQUEST), S.requested),
        Implies(S.requested, Or(certificate, keys)),
        Implies(S.requested, _from(P.CERTIFICATE_REQUEST)),
        Implies(status, certificate),
        Implies(And(_from(P.SERVER_CERTIFICATE), Not(other)), certificate),
        Implies(And(_from(P.SERVER_KEY_EXCHANGE), ephemeral), keys),
        Implies(S.exchange.is_(Exchange.RSA), Not(keys)),
    )


def server_explains() -> z3.BoolRef:
    """True where the profile is one that has led to the server's state."""
    begun = Not(S.position.among(P.START, P.CLIENT_HELLO))
    due = due_ticket(Q, S, S.resumes)
    certificate, status, keys = SEEN["certificate"], SEEN["status"], SEEN["keys"]
    hello = And(
        S.exchange.same(Q.exchange),
        S.server_id.same(own_id(Q, S, S.resumes)),
        S.announced == Not(due.is_(Ticket.NONE)),
        Implies(looks_up(S), S.resumes == Q.looks_up),
    )
    return And(
        S.honours == Q.honours,
        Implies(begun, hello),
        Implies(Not(S.ticket.is_(Ticket.NONE)), S.ticket.same(due)),
        Implies(certificate, shows_certificate(Q)),
        Implies(And(_from(P.SERVER_CERTIFICATE), Not(certificate)), Not(shows_certificate(Q))),
        Implies(status, Q.staples),
        Implies(And(_from(P.SERVER_KEY_EXCHANGE), certificate, Not(status)), Not(Q.staples)),
        Implies(keys, sends_key_exchange(Q)),
        Implies(And(_from(P.CERTIFICATE_REQUEST), Not(keys)), Not(sends_key_exchange(Q))),
        Implies(S.requested, Q.requests_certificate),
        Implies(And(_from(P.SERVER_HELLO_DONE), Not(S.requested), Or(certificate, keys)), Not(Q.requests_certificate)),
        Implies(SEEN["refused"], SERVER_ALONE.refuses()),
        Implies(SEEN["repeated"], Not(Q.refuses_repeated_extension)),
    )


def server_witness() -> Fields:
    """A profile that has led to the server's state, field by field."""
    given = choose(
        Not(S.ticket.is_(Ticket.NONE)), S.ticket, choose(S.announced, Ticket.SOME, Ticket.NONE)
    )  # before it is sent, any ticket would do
    id = choose(S.server_id.is_(SessionId.FRESH), SessionId.FRESH, SessionId.EMPTY)
    return {
        "honours": S.honours,
        "issues": given,
        "reissues": given,
        "renews": given,
        "looks_up": S.resumes,
        "renews_after_look_up": given,
        "id_when_issuing": id,
        "id_when_reissuing": id,
        "id_otherwise": id,
        "id_when_resuming": id,
        "requests_certificate": S.requested,
        "exchange": S.exchange,
        "shows_certificate": SEEN["certificate"],
        "sends_key_exchange": SEEN["keys"],
        "staples": SEEN["status"],
        "refuses_repeated_extension": And(SEEN["refused"], S.fault.is_(Fault.REPEATED_EXTENSION)),
    }


# --- a client's profile -----------------------------------------------------------------------------------------------

NEGOTIATING = FULL[: FULL.index(P.SERVER_HELLO_DONE)]


def client_facts() -> z3.BoolRef:
    """What is true of a client that keeps to the clauses, whatever it hears."""
    begun = Not(C.position.is_(P.START))
    blank = Not(Or(C.announced, C.requested, C.verified, DONE["concluded"], DONE["waited"]))
    nothing = And(C.certificates.is_(Certificates.NONE), C.ticket.is_(Ticket.NONE), C.peer_finished.is_(Peer.ABSENT))
    undecided = C.conclusion.is_(Conclusion.NONE)
    hidden = And(C.offered.is_(Extension.ABSENT), C.client_id.is_(SessionId.EMPTY))
    heard_finished = C.position.among(*SHORT[2:], P.ESTABLISHED)
    shown = Not(C.certificates.is_(Certificates.NONE))
    return And(
        Implies(Not(begun), And(blank, hidden)),
        Implies(C.position.among(P.START, P.CLIENT_HELLO, P.SERVER_HELLO), nothing),
        Implies(C.position.among(P.START, P.CLIENT_HELLO), And(undecided, Not(Or(DONE["concluded"], DONE["waited"])))),
        C.client_id.among(SessionId.EMPTY, SessionId.FRESH),
        Implies(C.server_id.is_(SessionId.ECHOED), And(Not(C.client_id.is_(SessionId.EMPTY)), offers_ticket(C))),
        Implies(And(heard_finished, Not(C.fault.is_(Fault.WRONG_FINISHED))), C.peer_finished.is_(Peer.RIGHT)),
        Implies(C.peer_finished.is_(Peer.WRONG), C.fault.is_(Fault.WRONG_FINISHED)),
        Implies(C.announced, Not(C.offered.is_(Extension.ABSENT))),
        Implies(Not(C.ticket.is_(Ticket.NONE)), C.announced),
        Implies(shown, C.requested),
        Implies(C.position.is_(P.CLIENT_CERTIFICATE), shown),
        Implies(And(C.position.among(*FULL[FULL.index(P.CLIENT_KEY_EXCHANGE) :]), C.requested), shown),
        Implies(C.position.among(*NEGOTIATING, P.SERVER_HELLO_DONE), Not(shown)),
        Not(C.fault.among(Fault.WARNING, Fault.WRONG_SIGNATURE)),
        Implies(C.fault.is_(Fault.MISSING_TICKET), C.position.among(*FULL[-2:], *SHORT[1:], P.RENEGOTIATION)),
        Implies(C.position.among(P.START, P.CLIENT_HELLO), Not(C.fault.among(*OVERLOOKED))),
        Implies(DONE["concluded"], Not(Or(undecided, DONE["waited"]))),
        Implies(And(DONE["waited"], C.position.is_(P.SERVER_HELLO), C.ending.is_(Ending.OPEN)),
                Not(C.fault.among(*TOLERABLE))),
        Implies(DONE["refused"], And(Not(C.ending.is_(Ending.OPEN)), Not(C.fault.is_(Fault.NONE)))),
        *(Not(And(DONE["refused"], DONE[name], C.fault.is_(fault))) for fault, name in OVERLOOKED.items()),
    )  # fmt: skip


def client_explains() -> z3.BoolRef:
    """True where the profile is one that has led to the client's state."""
    begun = Not(C.position.is_(P.START))
    hello = And(
        C.offered.is_(Extension.ABSENT) == Not(R.tickets),
        C.client_id.same(choose(offers_ticket(C), R.id_with_ticket, R.id_without_ticket)),
    )
    return And(
        Implies(begun, hello),
        Implies(Not(C.certificates.is_(Certificates.NONE)), C.certificates.same(R.certificate)),
        Implies(DONE["concluded"], R.concludes_by_echo),
        Implies(DONE["waited"], Not(R.concludes_by_echo)),
        Implies(DONE["refused"], CLIENT_ALONE.refuses()),
        Implies(DONE["repeated"], R.tolerates_repeated_extension),
        Implies(DONE["filled"], R.tolerates_filled_extension),
        Implies(DONE["missing"], R.tolerates_missing_ticket),
    )


def client_witness() -> Fields:
    """A profile that has led to the client's state, field by field; what it offers next is ``OFFER``'s matter."""
    shown = choose(C.certificates.is_(Certificates.SOME), Certificates.SOME, Certificates.EMPTY)
    id = choose(C.client_id.is_(SessionId.FRESH), SessionId.FRESH, SessionId.EMPTY)
    always = z3.BoolVal(True)
    return {
        "tickets": Not(C.offered.is_(Extension.ABSENT)),
        "forgets": OFFER.is_(Offer.NOTHING),
        "id_with_ticket": id,
        "id_without_ticket": id,
        "concludes_by_echo": DONE["concluded"],
        "keeps_old_on_empty": always,
        "keeps_rejected": always,
        "keeps_unfinished": always,
        "keeps_broken": always,
        "keeps_undecided": always,
        "keeps_failed": always,
        "keeps_after_alert": always,
        "keeps_superseded": OFFER.is_(Offer.PRESENTED),
        "tolerates_missing_ticket": DONE["missing"],
        "tolerates_filled_extension": DONE["filled"],
        "tolerates_repeated_extension": DONE["repeated"],
        "certificate": shown,
    }


OFFER = Term(Offer, z3.Const("next.offer", sort_of(Offer)))
"""What the client is going to take from this connection for its next hello: any of what the clauses permit."""


def may_offer(without: Without) -> z3.BoolRef:
    """True where the client may offer so: what it has, as far as no clause is broken."""
    has = And(
        Implies(OFFER.is_(Offer.PRESENTED), offers_ticket(C)),
        Implies(OFFER.is_(Offer.ISSUED), C.ticket.is_(Ticket.SOME)),
        Not(OFFER.is_(Offer.DISCARDED_ID)),
    )
    return And(has, permitted(CLIENT, _next_hello(OFFER), without))


def _next_hello(offer: Term[Offer]) -> EventTerm:
    return concrete(Event(sender=CLIENT, message=M.NextClientHello)).but(offer=offer)


# --- what follows -----------------------------------------------------------------------------------------------------


def _lemma(party: Party) -> z3.BoolRef:
    a = ALONE[party]
    facts, explains = (server_facts(), server_explains()) if party is SERVER else (client_facts(), client_explains())
    return And(facts, is_permitted(a.profile), a.memory["chosen"] == explains)


def _two(a: Alone, without: Without) -> z3.BoolRef:
    """The machine has a choice: two events that it picks and that no clause speaks against."""
    one, other = EventTerm("one"), EventTerm("other")
    both = [And(says(a, e), picks(a, e), permitted(a.party, e, without)) for e in (one, other)]
    same_offer = Implies(one.is_(M.ClientHello), one.extension.same(other.extension))  # the store tells what is offered
    return And(*both, same_offer, Or([one.terms[name] != other.terms[name] for name in one.terms]))


def _none(a: Alone, without: Without) -> z3.BoolRef:
    """The machine is stuck: clauses speak against whatever it picks; of hellos, with whatever its store offers."""
    can: dict[Event, z3.BoolRef] = {}
    for event in (*sayings(a.party), alert(a.party)):
        e = concrete(event)
        can[event] = z3.simplify(And(picks(a, e), permitted(a.party, e, without)))
    stuck = Not(Or(list(can.values())))
    if a.party is SERVER:
        return stuck
    hellos = [event for event in can if event.message is M.ClientHello]
    offers = {event.extension for event in hellos}
    answered = {offer: Or([can[event] for event in hellos if event.extension is offer]) for offer in offers}
    wanted = [Not(one) for offer, one in answered.items() if offer is not Extension.ABSENT]
    silent = And(R.tickets, Or(wanted))
    return Or(stuck, And(C.position.is_(P.START), C.fault.is_(Fault.NONE), silent))


def _in_turn(a: Alone) -> z3.BoolRef:
    return And(a.memory["chosen"], settled(a), has_the_turn(a))


@cache
def _one_move(party: Party) -> Unreachable:
    a = ALONE[party]
    bad = Or(_none(a, frozenset()), _two(a, frozenset()))
    return Unreachable(lambda without: alone(party, without), _in_turn(a), bad, _lemma(party), depth=4)


def _some_profile(party: Party, begun: z3.BoolRef, bad: z3.BoolRef) -> Unreachable:
    fields = server_witness() if party is SERVER else client_witness()
    when = And(begun, is_profile(ALONE[party], fields))
    return Unreachable(lambda without: alone(party, without), when, bad, _lemma(party), depth=6)


THEOREMS = (
    Theorem(
        "server_of_a_profile_has_one_move",
        "In its turn a server of any profile, whatever it has heard, has one thing to say that breaks no clause, and "
        "no other: what its machine says is in order, and always determined.",
        Basis.PROFILE,
        _one_move(SERVER),
    ),
    Theorem(
        "client_of_a_profile_has_one_move",
        "In its turn a client of any profile, whatever it has heard, has one thing to say that breaks no clause, and "
        "no other, for each ticket that its store may offer.",
        Basis.PROFILE,
        _one_move(CLIENT),
    ),
    Theorem(
        "client_of_a_profile_offers_what_it_may",
        "What a client of any profile offers on its next connection breaks no clause, however this one ended.",
        Basis.PROFILE,
        Unreachable(
            lambda without: alone(CLIENT, without),
            And(DONE["chosen"], Not(offers_next(R, C).is_(Offer.NOTHING))),
            Not(permitted(CLIENT, _next_hello(offers_next(R, C)), frozenset())),
            _lemma(CLIENT),
            depth=14,
        ),
    ),
    Theorem(
        "whatever_a_server_says_some_profile_says",
        "Whatever a server that breaks no clause has said, to whatever it heard, the server of some profile says too: "
        "the profile is given, field by field.",
        Basis.MUST,
        _some_profile(SERVER, Not(S.position.among(P.START, P.CLIENT_HELLO)), Not(SEEN["chosen"])),
    ),
    Theorem(
        "whatever_a_client_says_some_profile_says",
        "Whatever a client that breaks no clause has said, and offers on its next connection, the client of some "
        "profile says and offers too: the profile is given, field by field.",
        Basis.MUST,
        _some_profile(
            CLIENT,
            Not(C.position.among(P.START, P.RENEGOTIATION)),
            Or(Not(DONE["chosen"]), And(may_offer(frozenset()), Not(offers_next(R, C).same(OFFER)))),
        ),
    ),
)
"""Theorems about profiles, in reading order."""
