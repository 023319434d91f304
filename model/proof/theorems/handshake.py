"""Theorems about one handshake of a conforming client and a conforming server, whatever they choose."""

from __future__ import annotations

import z3

from rfc5077.model.event import CLIENT, SERVER, TICKETS, Extension, Message, Party, SessionId, Ticket
from rfc5077.model.flows import COMPLETE, SHORT, Position
from rfc5077.model.logic import Term
from rfc5077.model.proof.joint import (
    STATE,
    Flight,
    keys_agree,
    queue,
    transcripts_agree,
)
from rfc5077.model.proof.rules import rules
from rfc5077.model.proof.theorem import Always, Basis, Decreasing, Theorem, Without, fixed
from rfc5077.model.state import Conclusion, Ending, Fault, Peer

And, If, Implies, Not, Or = z3.And, z3.If, z3.Implies, z3.Not, z3.Or
P, M = Position, Message
C, S, W = STATE.client, STATE.server, STATE.world


def _complete(party: Party) -> z3.BoolRef:
    me = STATE.party(party)
    return And(me.position.among(*COMPLETE), me.verified, me.ending.is_(Ending.OPEN))


def _both_complete() -> z3.BoolRef:
    return And(_complete(CLIENT), _complete(SERVER))


def _intact() -> z3.BoolRef:
    return And(Not(W.damaged), C.ending.is_(Ending.OPEN), S.ending.is_(Ending.OPEN))


def _hears(receiver: Party) -> z3.BoolRef:
    first = queue(W, receiver)[0]
    return And(
        Not(W.damaged),
        STATE.party(receiver).ending.is_(Ending.OPEN),
        Not(first.is_(Flight.NOTHING)),
        Not(first.is_(Flight.Alert)),
    )


def _takes(receiver: Party) -> z3.BoolRef:
    """Whatever intact message comes next, the receiver finds no fault in it."""
    deliveries = [
        rule
        for rule in rules()
        if rule.name.startswith(f"{receiver.name.lower()} hears ")
        and not rule.name.startswith(f"{receiver.name.lower()} hears a damaged")
    ]
    faults = [rule.result.party(receiver).fault.is_(Fault.NONE) for rule in deliveries]
    return And([Implies(rule.guard, fine) for rule, fine in zip(deliveries, faults, strict=True)])


def _ticket_in_full() -> z3.BoolRef:
    return And(Not(S.ticket.is_(Ticket.NONE)), Not(S.resumes))


def _client_has_proved_itself() -> z3.BoolRef:
    arrived = And(S.peer_finished.is_(Peer.RIGHT), S.verified)
    sent = C.position.among(P.CLIENT_FINISHED, P.TICKET, P.SERVER_CHANGE_CIPHER_SPEC, P.ESTABLISHED)
    return And(arrived, sent, transcripts_agree(STATE, False), keys_agree(STATE))


AFTER_SERVER_CCS = (
    P.SERVER_CHANGE_CIPHER_SPEC,
    P.ESTABLISHED,
    P.SHORT_SERVER_CHANGE_CIPHER_SPEC,
    P.SHORT_SERVER_FINISHED,
    P.SHORT_CLIENT_CHANGE_CIPHER_SPEC,
    P.RESUMED,
)


def _finished_due(receiver: Party) -> z3.BoolRef:
    first = queue(W, receiver)[0].is_(Flight.Finished)
    return And(first, STATE.party(receiver).ending.is_(Ending.OPEN), Not(W.damaged))


def _data_arrives() -> z3.BoolRef:
    return Or([queue(W, party)[0].is_(Flight.ApplicationData) for party in (CLIENT, SERVER)])


def _speaker_was_sure() -> z3.BoolRef:
    """Whoever has sent application data has had a right Finished of the other, who had completed its own part."""
    waiting = [queue(W, party)[0].is_(Flight.ApplicationData) for party in (SERVER, CLIENT)]
    sure = [And(me.verified, me.peer_finished.is_(Peer.RIGHT), keys_agree(STATE)) for me in (C, S)]
    return And([Implies(data, fine) for data, fine in zip(waiting, sure, strict=True)])


def _same_transcript(receiver: Party) -> z3.BoolRef:
    with_ticket = z3.BoolVal(True) if receiver is CLIENT else S.resumes
    hashed = Implies(And(with_ticket, Not(S.ticket.is_(Ticket.NONE))), Not(Or(C.skips, S.skips)))
    return And(
        transcripts_agree(STATE, False), Implies(with_ticket, transcripts_agree(STATE, True)), hashed, keys_agree(STATE)
    )


def _progress(without: Without) -> z3.BoolRef:
    return Or([rule.guard for rule in rules(without) if rule.progress])


def _unfinished() -> z3.BoolRef:
    return And(_intact(), Not(_both_complete()))


_STEPS = {
    position: number
    for number, position in enumerate(
        (
            P.START,
            P.CLIENT_HELLO,
            P.SERVER_HELLO,
            P.SERVER_CERTIFICATE,
            P.CERTIFICATE_STATUS,
            P.SERVER_KEY_EXCHANGE,
            P.CERTIFICATE_REQUEST,
            P.SERVER_HELLO_DONE,
            P.CLIENT_CERTIFICATE,
            P.CLIENT_KEY_EXCHANGE,
            P.CERTIFICATE_VERIFY,
            P.CLIENT_CHANGE_CIPHER_SPEC,
            P.CLIENT_FINISHED,
            P.TICKET,
            P.SERVER_CHANGE_CIPHER_SPEC,
            P.ESTABLISHED,
        )
    )
}
_STEPS |= {position: number + 3 for number, position in enumerate(SHORT)} | {P.RENEGOTIATION: 0}


def _left(position: Term[Position]) -> z3.ArithRef:
    """How many steps of the order may still come: an upper bound."""
    last = max(_STEPS.values())
    bound: z3.ArithRef = z3.IntVal(0)
    for place, number in _STEPS.items():
        bound = If(position.is_(place), z3.IntVal(last - number), bound)
    return bound


def _open_questions() -> z3.ArithRef:
    one, none = z3.IntVal(1), z3.IntVal(0)
    conclusion = If(C.conclusion.is_(Conclusion.NONE), one, none)
    return If(C.verified, none, one) + If(S.verified, none, one) + conclusion


def rank() -> z3.ArithRef:
    """A bound on the steps that client and server have before them."""
    return 2 * (_left(C.position) + _left(S.position)) + _open_questions()


def _ticket_overdue() -> z3.BoolRef:
    return And(C.position.among(*AFTER_SERVER_CCS), S.announced)


def _ticket_in_place() -> z3.BoolRef:
    delivered = Not(W.tickets_delivered.is_(Ticket.NONE))
    return And(Implies(_ticket_in_full(), _client_has_proved_itself()), Implies(_ticket_overdue(), delivered))


def _ticket_or_its_end() -> z3.BoolRef:
    ended = C.position.among(*AFTER_SERVER_CCS)
    return And(Or(Not(W.tickets_delivered.is_(Ticket.NONE)), ended), Not(W.damaged))


def _announced_and_delivered() -> z3.BoolRef:
    return And(W.tickets_delivered.is_(Ticket.NONE) == Not(S.announced), Not(W.delivered_twice))


def _ticket_is_another() -> z3.BoolRef:
    none = Or(C.ticket.is_(Ticket.NONE), S.ticket.is_(Ticket.NONE))
    return And(Not(none), Not(C.ticket.same(S.ticket)), C.fault.is_(Fault.NONE))


THEOREMS = (
    Theorem(
        "client_is_receptive",
        "A client refuses nothing that a conforming server sends over an intact channel.",
        Basis.MUST,
        Always(fixed(lambda: _hears(CLIENT)), fixed(lambda: _takes(CLIENT))),
    ),
    Theorem(
        "server_is_receptive",
        "A server refuses nothing that a conforming client sends over an intact channel.",
        Basis.MUST,
        Always(fixed(lambda: _hears(SERVER)), fixed(lambda: _takes(SERVER))),
    ),
    Theorem(
        "both_agree_on_resumption",
        "Where both have completed the handshake, both hold it to be resumed or both hold it to be full.",
        Basis.MUST,
        Always(fixed(_both_complete), fixed(lambda: And(keys_agree(STATE), C.position.same(S.position)))),
        follows_from="R5246-7.4.9-01 or the order of messages",
    ),
    Theorem(
        "client_decides_as_the_server_did",
        "As soon as the client holds the handshake to be resumed or full, the server's decision was the same.",
        Basis.MUST,
        Always(fixed(lambda: Not(C.conclusion.is_(Conclusion.NONE))), fixed(lambda: keys_agree(STATE))),
    ),
    Theorem(
        "client_with_an_empty_id_decides_as_the_server_did",
        "The same for a client that sent a ticket and an empty session_id, whatever id the server answered.",
        Basis.MUST,
        Always(
            fixed(
                lambda: And(
                    C.client_id.is_(SessionId.EMPTY), C.offered.among(*TICKETS), Not(C.conclusion.is_(Conclusion.NONE))
                )
            ),
            fixed(lambda: keys_agree(STATE)),
        ),
    ),
    Theorem(
        "client_holds_what_was_announced_and_sent",
        "A client that has verified the server's Finished holds exactly what the server announced and sent.",
        Basis.MUST,
        Always(
            fixed(lambda: C.verified),
            fixed(lambda: And(C.announced == S.announced, C.ticket.same(S.ticket), Not(C.swapped))),
        ),
    ),
    Theorem(
        "exchanged_ticket_is_found_out_by_finished",
        "A client that has taken another ticket than was sent, and found no fault so far, never verifies Finished.",
        Basis.MUST,
        Always(fixed(lambda: And(C.swapped, C.fault.is_(Fault.NONE))), fixed(lambda: Not(C.verified))),
        follows_from="client_holds_what_was_announced_and_sent",
    ),
    Theorem(
        "altered_ticket_is_found_out_by_finished",
        "A client that holds a ticket where an empty one was sent, or the other way round, and found no fault so far, "
        "never verifies Finished.",
        Basis.MUST,
        Always(fixed(_ticket_is_another), fixed(lambda: Not(C.verified))),
        follows_from="client_holds_what_was_announced_and_sent",
    ),
    Theorem(
        "announced_ticket_is_delivered_once",
        "Up to the server's ChangeCipherSpec one NewSessionTicket reaches the client if announced, none otherwise.",
        Basis.MUST,
        Always(fixed(_ticket_or_its_end), fixed(_announced_and_delivered)),
    ),
    Theorem(
        "ticket_has_its_place",
        "NewSessionTicket comes before the server's ChangeCipherSpec and, in a full handshake, leaves only after a "
        "right Finished of the client arrived, over the server's own transcript and keys.",
        Basis.MUST,
        Always(fixed(lambda: Or(_ticket_in_full(), _ticket_overdue())), fixed(_ticket_in_place)),
    ),
    Theorem(
        "no_ticket_comes_unannounced",
        "A NewSessionTicket reaches only a client that asked, and was told, of one.",
        Basis.MUST,
        Always(
            fixed(lambda: And(Not(W.tickets_delivered.is_(Ticket.NONE)), Not(W.damaged))),
            fixed(lambda: And(S.announced, C.announced, Not(C.offered.is_(Extension.ABSENT)))),
        ),
    ),
    Theorem(
        "server_finds_its_transcript_in_client_finished",
        "When the client's Finished arrives, client and server have the same transcript, NewSessionTicket included.",
        Basis.MUST,
        Always(fixed(lambda: _finished_due(SERVER)), fixed(lambda: _same_transcript(SERVER))),
    ),
    Theorem(
        "client_finds_its_transcript_in_server_finished",
        "When the server's Finished arrives, client and server have the same transcript, NewSessionTicket included.",
        Basis.MUST,
        Always(fixed(lambda: _finished_due(CLIENT)), fixed(lambda: _same_transcript(CLIENT))),
    ),
    Theorem(
        "nothing_altered_completes",
        "If ServerHello's announcement, a ticket or a Finished was altered on its way, not both parties complete.",
        Basis.MUST,
        Always(fixed(lambda: W.damaged), fixed(lambda: Not(_both_complete()))),
    ),
    Theorem(
        "data_waits_for_a_proved_peer",
        "Application data on its way means that its sender has verified a right Finished, under the same keys.",
        Basis.MUST,
        Always(fixed(_data_arrives), fixed(_speaker_was_sure)),
    ),
    Theorem(
        "nobody_waits_for_ever",
        "Over an intact channel there is always a next step until both are complete.",
        Basis.MUST,
        Always(fixed(_unfinished), _progress),
    ),
    Theorem(
        "handshake_ends",
        "Every step of client, server and channel brings the end of the handshake nearer.",
        Basis.MUST,
        Decreasing(fixed(_intact), rank, lambda rule: rule.progress),
    ),
    Theorem(
        "five_places_are_enough",
        "No more than five messages are ever in flight in one direction.",
        Basis.MUST,
        Always(
            fixed(lambda: Or([Not(queue(W, party)[4].is_(Flight.NOTHING)) for party in (CLIENT, SERVER)])),
            fixed(lambda: And([queue(W, party)[5].is_(Flight.NOTHING) for party in (CLIENT, SERVER)])),
        ),
        follows_from="the figures",
    ),
)
