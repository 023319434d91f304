"""Theorems about what each side holds of a handshake and how it ends, in runs too in which messages were altered."""

from __future__ import annotations

import z3

from rfc5077.model.event import CLIENT, SERVER, Certificates, Message, Party, Ticket
from rfc5077.model.flows import SHORT, Position
from rfc5077.model.proof.joint import STATE, Flight, queue, transcripts_agree
from rfc5077.model.proof.rules import rules
from rfc5077.model.proof.theorem import Always, Basis, Theorem, Without, fixed
from rfc5077.model.state import TOLERABLE, Conclusion, Ending, Fault, Peer

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
P = Position
C, S, W = STATE.client, STATE.server, STATE.world
UNDECIDED = (P.START, P.CLIENT_HELLO, P.SERVER_HELLO)
BEFORE_TICKET = (*UNDECIDED, P.SERVER_CERTIFICATE, P.SERVER_KEY_EXCHANGE, P.CERTIFICATE_REQUEST, P.SERVER_HELLO_DONE,
                 P.CLIENT_CERTIFICATE, P.CLIENT_KEY_EXCHANGE, P.CERTIFICATE_VERIFY, P.CLIENT_CHANGE_CIPHER_SPEC,
                 P.CLIENT_FINISHED)  # fmt: skip
CLIENT_HEARD_FINISHED = (P.ESTABLISHED, P.SHORT_SERVER_FINISHED, P.SHORT_CLIENT_CHANGE_CIPHER_SPEC, P.RESUMED)
SERVER_HEARD_FINISHED = (P.CLIENT_FINISHED, P.TICKET, P.SERVER_CHANGE_CIPHER_SPEC, P.ESTABLISHED, P.RESUMED)


def _open(party: Party) -> z3.BoolRef:
    return STATE.party(party).ending.is_(Ending.OPEN)


def _told(party: Party) -> z3.BoolRef:
    """An alert is on its way to the party."""
    return Or([place.is_(Flight.Alert) for place in queue(W, party)])


def _one_has_ended() -> z3.BoolRef:
    return Not(_open(CLIENT) == _open(SERVER))


def _other_is_told() -> z3.BoolRef:
    return And(Implies(_open(CLIENT), _told(CLIENT)), Implies(_open(SERVER), _told(SERVER)))


def _nothing_in_flight() -> z3.BoolRef:
    return And([queue(W, party)[0].is_(Flight.NOTHING) for party in (CLIENT, SERVER)])


def _all_has_arrived() -> z3.BoolRef:
    return And(_nothing_in_flight(), Not(W.damaged), _open(CLIENT), _open(SERVER))


def _both_know_the_same() -> z3.BoolRef:
    faultless = And(C.fault.is_(Fault.NONE), S.fault.is_(Fault.NONE))
    return And(C.position.same(S.position), transcripts_agree(STATE, False), C.ticket.same(S.ticket), faultless)


def _client_is_past_the_hellos() -> z3.BoolRef:
    return Not(C.position.among(*UNDECIDED))


def _conclusion_fits() -> z3.BoolRef:
    short = C.position.among(*SHORT)
    return And(C.conclusion.is_(Conclusion.RESUMED) == short, C.conclusion.is_(Conclusion.FULL) == Not(short))


def _altered_and_open() -> z3.BoolRef:
    return And(W.damaged, Or(_open(CLIENT), _open(SERVER)))


def _something_can_happen(without: Without) -> z3.BoolRef:
    return Or([rule.guard for rule in rules(without) if rule.event.message is not Message.ApplicationData])


def _finished_has_come() -> z3.BoolRef:
    return Or([Not(me.peer_finished.is_(Peer.ABSENT)) for me in (C, S)])


def _finished_is_behind() -> z3.BoolRef:
    return And(
        Not(C.peer_finished.is_(Peer.ABSENT)) == C.position.among(*CLIENT_HEARD_FINISHED),
        Not(S.peer_finished.is_(Peer.ABSENT)) == S.position.among(*SERVER_HEARD_FINISHED),
    )


def _client_proves_its_key() -> z3.BoolRef:
    return Or([me.position.is_(P.CERTIFICATE_VERIFY) for me in (C, S)])


def _it_has_shown_a_certificate() -> z3.BoolRef:
    return And(
        [Implies(me.position.is_(P.CERTIFICATE_VERIFY), me.certificates.is_(Certificates.SOME)) for me in (C, S)]
    )


def _wrong_finished() -> z3.BoolRef:
    return Or(C.peer_finished.is_(Peer.WRONG), S.peer_finished.is_(Peer.WRONG))


def _it_is_a_fault() -> z3.BoolRef:
    return And([Implies(me.peer_finished.is_(Peer.WRONG), And(Not(me.fault.among(*TOLERABLE)), Not(me.verified)))
                for me in (C, S)])  # fmt: skip


def _ticket_has_come() -> z3.BoolRef:
    return Not(W.tickets_delivered.is_(Ticket.NONE))


def _ticket_is_held_in_its_place() -> z3.BoolRef:
    """One ticket, at most exchanged for another; held behind its place, or refused."""
    held = Not(C.ticket.is_(Ticket.NONE))
    past = Not(C.position.among(*BEFORE_TICKET))
    exchanged = Implies(C.swapped, C.ticket.same(S.ticket))
    return And(Implies(held, past), exchanged, Or(held, Not(C.fault.is_(Fault.NONE))), Not(W.delivered_twice))


def _on_its_way(party: Party, flight: Flight) -> z3.BoolRef:
    return Or([place.is_(flight) for place in queue(W, party)])


def _has_come(party: Party) -> z3.BoolRef:
    """The other's Finished has come, or the party has heard an alert: it has ended without a reason of its own."""
    me = STATE.party(party)
    return Or(Not(me.peer_finished.is_(Peer.ABSENT)), _has_heard_an_alert(party))


def _has_heard_an_alert(party: Party) -> z3.BoolRef:
    return And(Not(_open(party)), STATE.party(party).fault.is_(Fault.NONE))


def _is_no_longer_on_its_way(party: Party) -> z3.BoolRef:
    finished = Not(STATE.party(party).peer_finished.is_(Peer.ABSENT))
    return And(
        Implies(finished, Not(_on_its_way(party, Flight.Finished))),
        Implies(_has_heard_an_alert(party), Not(_on_its_way(party, Flight.Alert))),
    )


def _client_has_the_answer() -> z3.BoolRef:
    return Not(C.position.among(P.START, P.CLIENT_HELLO))


def _answer_is_the_servers() -> z3.BoolRef:
    return And(C.server_id.same(S.server_id), C.exchange.same(S.exchange))


THEOREMS = (
    Theorem(
        "no_side_ends_alone",
        "Where one side has ended the connection, the other has too, or an alert is on its way to it.",
        Basis.MUST,
        Always(fixed(_one_has_ended), fixed(_other_is_told)),
        follows_from="how alerts work",
    ),
    Theorem(
        "both_know_the_same_when_all_has_arrived",
        "When every message of an intact channel has arrived, both sides are at one place and hold the same of it.",
        Basis.MUST,
        Always(fixed(_all_has_arrived), fixed(_both_know_the_same)),
    ),
    Theorem(
        "client_concludes_what_it_takes_part_in",
        "A client holds a handshake to be resumed exactly where the messages that it goes on with are those of an "
        "abbreviated one, whatever was altered.",
        Basis.MUST,
        Always(fixed(_client_is_past_the_hellos), fixed(_conclusion_fits)),
    ),
    Theorem(
        "altered_handshake_goes_on_or_ends",
        "Whatever was altered, there is a next step until both sides have ended the connection.",
        Basis.MUST,
        Always(fixed(_altered_and_open), _something_can_happen),
    ),
    Theorem(
        "finished_that_came_was_looked_at",
        "A side has found the other's Finished right or wrong exactly where it is past it.",
        Basis.MUST,
        Always(fixed(_finished_has_come), fixed(_finished_is_behind)),
        follows_from="the figures",
    ),
    Theorem(
        "wrong_finished_is_a_fault",
        "A side that got a wrong Finished has a reason to refuse, and has verified nothing.",
        Basis.MUST,
        Always(fixed(_wrong_finished), fixed(_it_is_a_fault)),
        follows_from="R5246-7.4.9-01",
    ),
    Theorem(
        "ticket_that_came_is_held_in_its_place",
        "A ticket that reached the client came once, and is held behind its place in the order or was refused.",
        Basis.MUST,
        Always(fixed(_ticket_has_come), fixed(_ticket_is_held_in_its_place)),
    ),
    Theorem(
        "nothing_comes_twice",
        "A Finished, or the alert that ended a side, that has come is not on its way once more.",
        Basis.MUST,
        Always(
            fixed(lambda: Or([_has_come(party) for party in (CLIENT, SERVER)])),
            fixed(lambda: And([_is_no_longer_on_its_way(party) for party in (CLIENT, SERVER)])),
        ),
        follows_from="the channel",
    ),
    Theorem(
        "channel_alters_the_announcement_alone",
        "Of a ServerHello that came, the session_id and the key exchange are those that the server said.",
        Basis.MUST,
        Always(fixed(_client_has_the_answer), fixed(_answer_is_the_servers)),
        follows_from="the channel",
    ),
    Theorem(
        "client_proves_the_key_that_it_showed",
        "A CertificateVerify comes only after a certificate of the client.",
        Basis.MUST,
        Always(fixed(_client_proves_its_key), fixed(_it_has_shown_a_certificate)),
        follows_from="the figures",
    ),
)
