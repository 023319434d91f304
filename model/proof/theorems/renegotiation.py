"""Theorems about renegotiation: what the handshake before is to the next, and whose it is."""

from __future__ import annotations

import z3

from rfc5077.model.attacker import gluing, splice
from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable, Without
from rfc5077.model.proof.unbounded import System
from rfc5077.model.sessions.renegotiation import SERVERS, Phase, S, Stock, renegotiation

And, Not, Or = z3.And, z3.Not, z3.Or
TRUE = z3.BoolVal(True)
G = gluing.W


def _whatever_the_server_sends(without: Without) -> System:
    return renegotiation(without | SERVERS)


def _gluing(without: Without) -> System:
    return gluing.system(without | gluing.ADVICE)


THEOREMS = (
    Theorem(
        "client_goes_by_the_handshake_at_hand",
        "Whatever a server sends, a client takes a ticket only where the ServerHello of that handshake announced one "
        "and its own ClientHello asked, and goes on only once it has come; whatever earlier handshakes announced.",
        Basis.MUST,
        Unreachable(_whatever_the_server_sends, TRUE, Or(S.misled, S.cheated), shown=And(S.later, S.before)),
    ),
    Theorem(
        "earlier_announcements_disturb_no_renegotiation",
        "A client refuses nothing that a conforming server sends in a renegotiation, whatever earlier handshakes "
        "announced.",
        Basis.MUST,
        Unreachable(renegotiation, S.later, S.balked, shown=And(S.before, Not(S.phase.is_(Phase.QUIET)))),
    ),
    Theorem(
        "ticket_outlives_renegotiations",
        "Once the store holds a ticket that a right Finished has followed, it does so still after renegotiations that "
        "were refused, cut off, or brought a ticket of zero length.",
        Basis.MUST,
        Unreachable(renegotiation, And(S.stocked, S.later, S.declined), Not(S.stock.is_(Stock.SOUND))),
    ),
    Theorem(
        "ticket_outlives_its_connection",
        "Once the store holds a ticket that a right Finished has followed, it does so still when the connection is "
        "lost, in whatever handshake.",
        Basis.MUST,
        Unreachable(
            renegotiation,
            And(S.stocked, S.phase.is_(Phase.OVER), Not(S.balked)),
            Not(S.stock.is_(Stock.SOUND)),
        ),
    ),
    Theorem(
        "declined_renegotiation_leaves_nothing_announced",
        "After a renegotiation that was declined neither side goes by an announcement or a ticket of any handshake.",
        Basis.MUST,
        Unreachable(
            renegotiation,
            And(S.later, S.declined, S.phase.is_(Phase.QUIET), Not(S.believed)),
            Or(S.announced, S.issued, S.promised, S.gave, S.told, S.got),
        ),
        follows_from="K-46",
    ),
    Theorem(
        "void_ticket_displaces_none",
        "A handshake that completes with a ticket of zero length leaves a sound ticket in the client's store.",
        Basis.MUST,
        Unreachable(
            renegotiation,
            And(S.stocked, S.issued, S.void, S.believed, S.phase.is_(Phase.QUIET)),
            Not(S.stock.is_(Stock.SOUND)),
        ),
    ),
    Theorem(
        "finished_counts_for_its_own_handshake",
        "In a renegotiation, whatever the server sends, a client holds no Finished for right before that of the "
        "handshake at hand.",
        Basis.MUST,
        Unreachable(
            _whatever_the_server_sends,
            And(S.later, S.phase.among(Phase.ASKED, Phase.ANNOUNCING, Phase.ISSUING)),
            Or(S.believed, S.right),
        ),
        follows_from="the figures",
    ),
    Theorem(
        "refusal_ends_the_connection",
        "Whatever a server sends, once a client has refused a message no handshake of that connection goes on.",
        Basis.MUST,
        Unreachable(_whatever_the_server_sends, S.balked, Not(S.phase.is_(Phase.OVER))),
        follows_from="the figures",
    ),
    Theorem(
        "renegotiation_continues_its_own_connection",
        "Where client and server complete a handshake that is a renegotiation for either, it is one for both, of the "
        "handshake that they had with each other on this connection.",
        Basis.MUST,
        Unreachable(splice.system, splice.continued(), Not(splice.is_one_connection())),
    ),
    Theorem(
        "undisturbed_renegotiation_is_not_refused",
        "A ClientHello that nobody altered says of the handshake before what the server has to see, be it the first of "
        "its connection or a renegotiation.",
        Basis.MUST,
        Unreachable(splice.system, splice.undisturbed(), splice.hello_is_refused()),
    ),
    Theorem(
        "signalled_handshake_is_first_for_both",
        "A handshake that client and server complete after the signalling suite is the first of the connection for "
        "either, and both have said so, whoever relayed it.",
        Basis.MUST,
        Unreachable(splice.system, splice.through(splice.Mark.SIGNAL_SUITE), Not(splice.is_first())),
    ),
    Theorem(
        "blank_handshake_is_first_for_both",
        "A handshake that client and server complete after an empty renegotiation_info is the first of the connection "
        "for either, and both have said so, whoever relayed it.",
        Basis.MUST,
        Unreachable(splice.system, splice.through(splice.Mark.BLANK_INFO), Not(splice.is_first())),
    ),
    Theorem(
        "renegotiation_is_bound_both_ways",
        "A handshake that client and server complete is the first for both, or each has said the verify_data of the "
        "handshake that they had with each other.",
        Basis.MUST,
        Unreachable(
            splice.system,
            splice.W.through,
            Not(Or(splice.is_first(), splice.is_bound())),
        ),
    ),
    Theorem(
        "first_handshakes_are_bound_to_nothing",
        "In what it holds for the first handshake of a connection, before any Finished, a server neither takes nor "
        "says verify_data, and a client that goes on has given its signal and took none, whatever the network made up.",
        Basis.MUST,
        Unreachable(splice.system, splice.one_side_goes_on_first(), splice.verify_data_is_in_play()),
    ),
    Theorem(
        "altered_hellos_renegotiate_nowhere",
        "A handshake that client and server complete, the first of a connection or a renegotiation, has either hello "
        "taken as it was sent.",
        Basis.MUST,
        Unreachable(splice.system, splice.W.through, Not(splice.as_sent())),
    ),
    Theorem(
        "stripped_signal_completes_nowhere",
        "Where the network takes the signal out of a client's hello, and puts one into the answer, the handshake does "
        "not complete.",
        Basis.MUST,
        Unreachable(splice.system, splice.stripped(), splice.W.through),
    ),
    Theorem(
        "man_between_two_connections_joins_none",
        "A man in the middle who had a handshake with each party, and says to each the verify_data that it has of him, "
        "gets no handshake of the two completed.",
        Basis.MUST,
        Unreachable(splice.system, splice.says_to_each_what_it_knows(), splice.W.through),
    ),
    Theorem(
        "ticket_brings_no_verify_data",
        "No hello, in a first handshake or a renegotiation, says verify_data that came with a ticket, even of a "
        "session that the same two had elsewhere.",
        Basis.MUST,
        Unreachable(
            splice.system,
            And(splice.W.client_before.is_(splice.Before.ANOTHER_TIME), splice.W.said.is_(splice.Mark.SAVED)),
            splice.comes_with_a_ticket(),
        ),
        follows_from="R5746-3.1-01",
    ),
    Theorem(
        "server_renegotiates_with_its_peer_alone",
        "A server that answers in a renegotiation has the hello from the peer of the handshake before on that "
        "connection, be it the client or the man in the middle, before any Finished.",
        Basis.MUST,
        Unreachable(splice.system, splice.server_answers_again(), Not(splice.server_hears_its_peer())),
    ),
    Theorem(
        "client_renegotiates_with_its_peer_alone",
        "A client that goes on in a renegotiation has the answer from the peer of the handshake before on that "
        "connection, be it the server or the man in the middle, before any Finished.",
        Basis.MUST,
        Unreachable(splice.system, splice.client_proves_again(), Not(splice.client_hears_its_peer())),
        follows_from="R5746-3.7-01",
    ),
    Theorem(
        "nobody_answers_for_the_man_in_the_middle",
        "A client that renegotiates with a man in the middle is not taken by the server for the one who spoke before.",
        Basis.MUST,
        Unreachable(_gluing, And(G.spoken, Not(G.third.is_(gluing.Repeat.NO_THIRD))), gluing.answers_for_him()),
    ),
)
