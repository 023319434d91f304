"""Theorems about what one connection leaves behind for the next, and about pairs of runs."""

from __future__ import annotations

import z3

from rfc5077.model.event import TICKETS, Extension, SessionId
from rfc5077.model.flows import Position
from rfc5077.model.proof.joint import STATE, transcripts_agree
from rfc5077.model.proof.rules import answers_old_ticket, offers_new_ticket
from rfc5077.model.proof.theorem import Always, Basis, Theorem, TwoRuns, Without, fixed
from rfc5077.model.state import Conclusion, Peer

And, Not, Or = z3.And, z3.Not, z3.Or
P = Position
C, S = STATE.client, STATE.server


def _server_has_proved_itself() -> z3.BoolRef:
    finished = S.position.among(P.ESTABLISHED, P.SHORT_SERVER_FINISHED, P.SHORT_CLIENT_CHANGE_CIPHER_SPEC, P.RESUMED)
    return And(C.peer_finished.is_(Peer.RIGHT), finished, C.ticket.same(S.ticket), transcripts_agree(STATE, True))


def _answers(without: Without) -> tuple[z3.ExprRef, ...]:
    return answers_old_ticket(True, without), answers_old_ticket(False, without)


def _asked_before_the_client_proved_itself(without: Without) -> z3.BoolRef:
    return And(
        Or(answers_old_ticket(True, without), answers_old_ticket(False, without)), Not(S.peer_finished.is_(Peer.RIGHT))
    )


def _one_answer(without: Without) -> z3.BoolRef:
    return Not(And(answers_old_ticket(True, without), answers_old_ticket(False, without)))


def _altered_ticket_concluded() -> z3.BoolRef:
    return And(C.offered.is_(Extension.DAMAGED), Not(C.conclusion.is_(Conclusion.NONE)))


def _decided(*ids: SessionId) -> z3.BoolRef:
    return And(C.offered.among(*TICKETS), C.client_id.among(*ids), Not(C.conclusion.is_(Conclusion.NONE)))


THEOREMS = (
    Theorem(
        "unopened_ticket_resumes_nothing",
        "A client whose ticket the server cannot open ends up in a full handshake, whatever its session_id.",
        Basis.MUST,
        Always(fixed(_altered_ticket_concluded), fixed(lambda: C.conclusion.is_(Conclusion.FULL))),
    ),
    Theorem(
        "no_ticket_is_offered_before_server_finished",
        "A client offers a new ticket elsewhere only after a right server Finished, over the transcript that holds it.",
        Basis.MUST,
        Always(offers_new_ticket, fixed(_server_has_proved_itself)),
    ),
    Theorem(
        "renewal_changes_nothing_before_client_finished",
        "Until a right Finished of the client arrived, the server answers the old ticket alike with and without a "
        "renewal (two runs).",
        Basis.MUST,
        TwoRuns(
            _asked_before_the_client_proved_itself,
            lambda: (S.terms["honours"],),
            _answers,
            lambda: S.ticket.z3,
            _one_answer,
        ),
    ),
    Theorem(
        "ticket_rules_out_look_up",
        "Beside a ticket, a session_id that the server holds a session for makes no difference to what the client "
        "concludes (two runs).",
        Basis.MUST,
        TwoRuns(
            fixed(lambda: _decided(SessionId.FRESH, SessionId.CACHED)),
            lambda: (S.terms["honours"], C.offered.z3),
            lambda _: (C.conclusion.z3,),
            lambda: C.client_id.z3,
        ),
    ),
    Theorem(
        "id_beside_a_ticket_makes_no_difference",
        "Beside a ticket, an empty session_id and one of the client's making lead to the same conclusion (two runs).",
        Basis.MUST,
        TwoRuns(
            fixed(lambda: _decided(SessionId.EMPTY, SessionId.FRESH)),
            lambda: (S.terms["honours"], C.offered.z3),
            lambda _: (C.conclusion.z3,),
            lambda: C.client_id.z3,
        ),
    ),
)
