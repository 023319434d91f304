"""Theorems about the client's store, and about tickets that several connections bring and use."""

from __future__ import annotations

import z3

from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable
from rfc5077.model.sessions.grounds import resting_on
from rfc5077.model.sessions.lemmas import (
    TICKETS,
    is_confirmed_by_the_client,
    is_deleted_after_failure,
    is_fit,
    is_one_sessions,
    kept_as_the_session,
    offers_what_was_proved,
    sealed_as_the_session,
    sealed_for_the_client,
    stored_as_sealed,
)
from rfc5077.model.sessions.slot import K as Piece
from rfc5077.model.sessions.slot import Reply, both_renewed, offers_spoiled, slot, spoiled, stranded
from rfc5077.model.sessions.slot import W as PLACE
from rfc5077.model.sessions.state import STATE, Held, Stage, Ticket, same
from rfc5077.model.sessions.steps import sessions

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
S, TRUE = STATE, z3.BoolVal(True)
FIXED = ("secret", "suite", "extended")
"""What a MUST keeps in a ticket; the rest is the matter of the recommended format."""
OFFERED = Not(S.link.stage.is_(Stage.IDLE))
OURS = S.slot.held.among(Held.A, Held.B, Held.FURTHER)
"""A ticket of the session is in the store."""


def _about(
    basis: Basis, when: z3.BoolRef, bad: z3.BoolRef, lemma: z3.BoolRef | None = None, depth: int = 10,
    shown: z3.BoolRef = TRUE,
) -> Unreachable:  # fmt: skip
    return Unreachable(resting_on(basis), when, bad, lemma, sessions, depth, shown)


def _unfit() -> z3.BoolRef:
    """The store holds nothing to offer, or a ticket that no right Finished has followed."""
    unproved = [And(S.slot.held.is_(t.held), Not(t.fate.finished)) for t in TICKETS]
    return Or(S.slot.held.among(Held.NOTHING, Held.EMPTY_ONE), *unproved)


def _opens_otherwise(*fields: str) -> z3.BoolRef:
    """The stored ticket, as it arrived, does not open to what is kept beside it."""
    return Or([And(S.slot.held.is_(t.held), Or(t.fate.altered, Not(same(t.state, S.kept, *fields)))) for t in TICKETS])


def _opens_to_another() -> z3.BoolRef:
    """The stored ticket, as it arrived, names neither the client that is kept beside it nor nobody."""
    kept, held = S.kept.identity, S.slot.held

    def other(t: Ticket) -> z3.BoolRef:
        return And(held.is_(t.held), Or(t.fate.altered, Not(Or(t.state.identity == kept, t.state.identity == 0))))

    return Or([other(t) for t in TICKETS])


THEOREMS = (
    Theorem(
        "ticket_is_kept_under_its_server",
        "Whatever ticket of a session the client keeps, it keeps under the server that issued it.",
        Basis.MUST,
        _about(Basis.MUST, OURS, S.slot.server != S.deployment.server),
        follows_from="R5077-3.1-08",
    ),
    Theorem(
        "ticket_goes_back_to_its_server",
        "A ticket is offered to no other server than the one that issued it.",
        Basis.MUST,
        _about(Basis.MUST, OFFERED, S.link.server != S.deployment.server),
    ),
    Theorem(
        "offered_ticket_was_followed_by_a_right_finished",
        "A ticket is offered only after a right Finished of the server came in the handshake that brought it.",
        Basis.MUST,
        _about(Basis.MUST, OFFERED, S.link.unproved, offers_what_was_proved(), shown=S.b.fate.arrived),
    ),
    Theorem(
        "store_holds_the_old_ticket_or_the_new",
        "Unless the client deletes, its store holds the old ticket, or a new one after which the server's Finished "
        "came and was right, whatever is lost.",
        Basis.MUST,
        _about(Basis.MUST, S.slot.filled, _unfit(), is_fit()),
    ),
    Theorem(
        "ticket_and_secret_stay_together",
        "However connections take turns in filling one place of the store, ticket and secret there are of one session.",
        Basis.MUST,
        _about(
            Basis.MUST,
            Or(OURS, S.slot.held.is_(Held.ANOTHER)),
            (S.kept.secret == S.session.secret) != OURS,
            is_one_sessions(),
            shown=And(S.a.fate.proved, S.b.fate.proved),
        ),
    ),
    Theorem(
        "stored_ticket_opens_to_its_secret",
        "A ticket in the store opens to the secret, the suite and the kind of session that are kept beside it.",
        Basis.MUST,
        _about(
            Basis.MUST,
            OURS,
            _opens_otherwise(*FIXED),
            And(sealed_as_the_session(*FIXED), kept_as_the_session(*FIXED), stored_as_sealed()),
        ),
    ),
    Theorem(
        "stored_ticket_opens_to_its_version_and_name",
        "A ticket of the recommended format opens to the version and the server name that are kept beside it too.",
        Basis.FORMAT,
        _about(
            Basis.FORMAT,
            OURS,
            _opens_otherwise("version", "name"),
            And(sealed_as_the_session("version", "name"), kept_as_the_session("version", "name"), stored_as_sealed()),
            shown=And(S.a.fate.sealed, S.b.fate.sealed),
        ),
    ),
    Theorem(
        "stored_ticket_opens_to_its_client_or_nobody",
        "A ticket of the recommended format in the store opens to the client identity of the session that is kept "
        "beside it, or to nobody's.",
        Basis.FORMAT,
        _about(
            Basis.FORMAT,
            OURS,
            _opens_to_another(),
            And(sealed_for_the_client(), kept_as_the_session("identity"), stored_as_sealed()),
            shown=And(S.session.identity > 0, S.b.fate.sealed),
        ),
    ),
    Theorem(
        "all_tickets_of_a_session_hold_the_same",
        "Any two tickets of a session, however often renewed, hold the same secret, suite and kind of session.",
        Basis.MUST,
        _about(
            Basis.MUST,
            And(S.a.fate.sealed, S.b.fate.sealed),
            Not(same(S.a.state, S.b.state, *FIXED)),
            sealed_as_the_session(*FIXED),
        ),
    ),
    Theorem(
        "ticket_of_a_failure_is_not_offered",
        "A ticket is not offered once a resumption by it was accepted and failed, or a connection of its session ended "
        "by a fatal alert.",
        Basis.SHOULD,
        _about(
            Basis.SHOULD,
            And(OFFERED, Or(S.a.fate.failed, S.slot.alarmed)),
            Or(S.link.condemned, S.link.orphaned),
            is_deleted_after_failure(),
        ),
    ),
    Theorem(
        "ticket_of_a_failed_resumption_is_not_offered",
        "No ticket is offered once a resumption by it was accepted and failed.",
        Basis.SHOULD,
        _about(Basis.SHOULD, And(OFFERED, S.a.fate.failed), S.link.condemned, is_deleted_after_failure()),
        follows_from="R5077-3.2-10",
    ),
    Theorem(
        "ticket_of_an_ended_session_is_not_offered",
        "No ticket of a session is offered once a connection of the session ended by a fatal alert.",
        Basis.SHOULD,
        _about(Basis.SHOULD, And(OFFERED, S.slot.alarmed), S.link.orphaned, is_deleted_after_failure()),
        follows_from="R5246-7.2.2-01",
    ),
    Theorem(
        "ended_session_leaves_no_ticket_in_the_store",
        "Once a fatal alert has ended a connection of a session, the client has none of its tickets in the store, and "
        "none that still comes is put there.",
        Basis.SHOULD,
        _about(
            Basis.SHOULD,
            S.slot.alarmed,
            OURS,
            And(Implies(S.slot.alarmed, S.slot.ended), Implies(S.slot.ended, Not(OURS))),
        ),
        follows_from="R5246-7.2.2-01",
    ),
    Theorem(
        "renewal_strands_no_client",
        "A server declines a ticket for its renewal only where the renewed one reached the client whole, and a right "
        "Finished with it; whatever is lost.",
        Basis.MUST,
        _about(
            Basis.MUST,
            S.link.stage.is_(Stage.DECLINED),
            S.link.stranded,
            is_confirmed_by_the_client(),
            12,
            S.b.fate.renews,
        ),
    ),
    Theorem(
        "empty_ticket_leaves_both_sides_as_they_were",
        "After a resumption that brought a ticket of zero length, the store holds a ticket still, and both sides have "
        "the session's secret.",
        Basis.MUST,
        _about(
            Basis.MUST,
            And(S.link.stage.is_(Stage.RESUMED), S.slot.filled),
            Or(_unfit(), S.client.secret != S.server.secret),
            is_fit(),
            shown=S.link.empty,
        ),
    ),
    Theorem(
        "two_renewals_leave_a_good_ticket",
        "Two connections that renew the ticket of one place, in any interleaving, leave there the old ticket or a new "
        "one that a right Finished of the server has followed.",
        Basis.MUST,
        Unreachable(slot, TRUE, spoiled(), shown=And(both_renewed(), Not(PLACE.place.is_(Piece.OLD_ONE)))),
    ),
    Theorem(
        "connection_after_two_renewals_offers_a_good_ticket",
        "Whenever another connection takes the ticket of a place that two are about to renew, it offers the old one, "
        "or a new one that a right Finished of the server has followed.",
        Basis.MUST,
        Unreachable(
            slot,
            Not(PLACE.reply.is_(Reply.NOT_ASKED)),
            offers_spoiled(),
            shown=Not(PLACE.asked_with.is_(Piece.OLD_ONE)),
        ),
        follows_from="R5077-3.3-06",
    ),
    Theorem(
        "new_ticket_is_declined_for_its_own_renewal_alone",
        "A ticket that a renewal has brought is declined for a renewal only where this very ticket was renewed, and "
        "the client has got what renews it, with a right Finished.",
        Basis.MUST,
        Unreachable(
            slot, And(PLACE.reply.is_(Reply.TURNED_DOWN), Not(PLACE.asked_with.is_(Piece.OLD_ONE))), stranded()
        ),
    ),
    Theorem(
        "two_renewals_make_the_server_refuse_neither",
        "However two renewals take turns, the server declines no ticket for them but one whose own renewal the client "
        "has got, with a right Finished: neither new ticket stands in the way of the other.",
        Basis.MUST,
        Unreachable(
            slot,
            PLACE.reply.is_(Reply.TURNED_DOWN),
            stranded(),
            shown=And(PLACE.one_confirmed, PLACE.two_confirmed),
        ),
    ),
)
