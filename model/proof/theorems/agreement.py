"""Theorems about what client and server agree on when a handshake through the network ends, by kinds of handshake.

Each names a handshake that comes about, permitted or attacked, so that none of them holds for want of runs.
"""

from __future__ import annotations

import z3

from rfc5077.model.attacker.negotiation import (
    ClientPlace,
    Material,
    ServerPlace,
    Tampering,
    Testimony,
    W,
    both_complete,
    one_handshake,
    system,
)
from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable

And, Not, Or = z3.And, z3.Not, z3.Or
C, V, M, F, T = ClientPlace, ServerPlace, Material, Testimony, Tampering
CLIENT_ENDS, SERVER_ENDS = And(W.client.is_(C.DONE), Not(W.revealed)), And(W.server.is_(V.FINISHED), Not(W.revealed))
ALTERED_QUESTIONS = {
    T.TICKET_STRIPPED: ("ticket_that_is_stripped", "A ticket that is stripped from ClientHello"),
    T.TICKET_CHANGED: ("ticket_that_is_changed", "A ticket that is put into ClientHello, or exchanged there,"),
    T.EXTENSION_STRIPPED: (
        "extension_that_is_stripped",
        "An extension 23 that is stripped from ClientHello, or added,",
    ),
    T.SUITES_CHANGED: ("suites_that_are_changed", "A list of suites that is changed in ClientHello"),
}
ALTERED_ANSWERS = {
    T.TICKET_CHANGED: ("announcement_that_is_changed", "An extension 35 that is stripped from ServerHello, or added,"),
    T.EXTENSION_STRIPPED: ("answer_that_is_stripped", "An extension 23 that is stripped from ServerHello, or added,"),
    T.SUITES_CHANGED: ("suite_that_is_changed", "A suite that is changed in ServerHello"),
    T.ALL_HIS_OWN: ("answer_that_is_made_up", "A ServerHello that is all made up"),
}
_NO_OTHER_TICKET = Not(W.hello.is_(T.TICKET_CHANGED))
_NOT_RESUMED = Not(W.server_secret.is_(M.RESUMED))
_EXCHANGED = And(
    W.client.among(C.PROVED, C.DONE), W.client_secret.is_(M.SHARED), W.server_secret.is_(M.SHARED), Not(W.revealed)
)


def _noticed(name: str, what: str, altered: z3.BoolRef) -> Theorem:
    """An alteration that gets as far as the Finished."""
    return Theorem(
        f"{name}_is_noticed",
        f"{what} is noticed by both sides: where they have one secret, neither completes.",
        Basis.MUST,
        Unreachable(system, And(_EXCHANGED, altered), Or(W.client.is_(C.DONE), W.server.is_(V.FINISHED))),
    )


def _agreed(name: str, kind: str, secret: Material, which: z3.BoolRef) -> Theorem:
    """A handshake of this kind that completes on both sides."""
    keys = And(W.client_keys.is_(secret), W.server_keys.is_(secret))
    return Theorem(
        f"{name}_is_agreed",
        f"Client and server that complete {kind} have the same hellos, exchange, secret and keys.",
        Basis.MUST,
        Unreachable(system, And(both_complete(), Not(W.revealed), which), Not(And(one_handshake(secret), keys))),
    )


def _full(rsa: bool, offered: bool) -> z3.BoolRef:
    exchange = W.client_rsa if rsa else Not(W.client_rsa)
    return And(Not(W.client_secret.is_(M.RESUMED)), exchange, W.with_ticket if offered else Not(W.with_ticket))


AGREED = (
    _agreed("full_handshake", "an ephemeral handshake without a ticket", M.SHARED, _full(False, False)),
    _agreed("rsa_handshake", "a handshake by RSA without a ticket", M.SHARED, _full(True, False)),
    _agreed("refused_offer", "an ephemeral handshake although a ticket was offered", M.SHARED, _full(False, True)),
    _agreed("refused_offer_by_rsa", "a handshake by RSA although a ticket was offered", M.SHARED, _full(True, True)),
    _agreed("resumption", "a resumption", M.RESUMED, W.client_secret.is_(M.RESUMED)),
)
NOTICED = (
    *(_noticed(name, what, W.hello.is_(how)) for how, (name, what) in ALTERED_QUESTIONS.items()),
    *(
        _noticed(f"{name}_for_rsa", f"{what} where nobody signs the hellos", And(W.hello.is_(how), W.client_rsa))
        for how, (name, what) in ALTERED_QUESTIONS.items()
    ),
    *(_noticed(name, what, W.answer.is_(how)) for how, (name, what) in ALTERED_ANSWERS.items()),
)
ALONE = (
    Theorem(
        "client_completes_with_the_server",
        "A client that completes a full handshake has the Finished of a server that has completed the same one, by its "
        "hellos, exchange, secret and keys.",
        Basis.MUST,
        Unreachable(
            system,
            And(CLIENT_ENDS, W.client_secret.is_(M.SHARED)),
            Not(And(one_handshake(M.SHARED), W.client_keys.is_(M.SHARED), W.server.is_(V.FINISHED))),
        ),
    ),
    Theorem(
        "server_completes_with_the_client",
        "A server that completes a full handshake with the secret of a client, or on its Finished, has both, and the "
        "same hellos, exchange and keys.",
        Basis.MUST,
        Unreachable(
            system,
            And(SERVER_ENDS, Or(W.server_secret.is_(M.SHARED), And(W.server_got.is_(F.PARTNERS), _NOT_RESUMED))),
            Not(And(one_handshake(M.SHARED), W.server_keys.is_(M.SHARED), W.client.among(C.PROVED, C.DONE))),
        ),
    ),
    Theorem(
        "client_resumes_as_the_server_does",
        "A client that completes a resumption has the Finished of a server that resumes the session of its ticket, on "
        "the same hellos.",
        Basis.MUST,
        Unreachable(
            system,
            And(CLIENT_ENDS, W.client_secret.is_(M.RESUMED)),
            Not(And(one_handshake(M.RESUMED), W.client_keys.is_(M.RESUMED), W.server.among(V.RESUMING, V.FINISHED))),
        ),
    ),
    Theorem(
        "server_resumes_as_the_client_did",
        "A server that completes a resumption of a client's session has the Finished of that client, who has "
        "completed it, on the same hellos.",
        Basis.MUST,
        Unreachable(
            system,
            And(SERVER_ENDS, W.server_secret.is_(M.RESUMED)),
            Not(And(one_handshake(M.RESUMED), W.server_keys.is_(M.RESUMED), W.client.is_(C.DONE))),
        ),
    ),
    Theorem(
        "hellos_come_from_the_parties",
        "What a party takes for the other's hello, altered or not, is one that the other has said in this handshake.",
        Basis.MUST,
        Unreachable(
            system,
            Or(Not(W.server.is_(V.WAITING)), Not(W.client.among(C.BEGINNING, C.ASKING))),
            Or(
                And(Not(W.server.is_(V.WAITING)), W.client.is_(C.BEGINNING)),
                And(
                    Not(W.client.among(C.BEGINNING, C.ASKING)),
                    Not(W.answer.is_(T.ALL_HIS_OWN)),
                    W.server.among(V.WAITING, V.ASKED),
                ),
            ),
        ),
        follows_from="what passes through the network",
    ),
    Theorem(
        "signed_exchange_is_the_servers",
        "A client in an ephemeral handshake has an exchange that the server has signed for the client's hello.",
        Basis.MUST,
        Unreachable(
            system,
            And(W.client.among(C.ANSWERED, C.AGREED, C.PROVED), Not(W.client_rsa)),
            Or(W.server.among(V.WAITING, V.ASKED, V.RESUMING), W.server_rsa, W.answer.is_(T.ALL_HIS_OWN)),
        ),
        follows_from="what a signature covers",
    ),
    Theorem(
        "full_handshake_has_nothing_of_the_session",
        "A client that goes on in full has no secret but that of the exchange, whatever ticket it offered.",
        Basis.MUST,
        Unreachable(system, W.client.is_(C.ANSWERED), Not(W.client_secret.is_(M.NOT_YET))),
        follows_from="the order of messages",
    ),
    Theorem(
        "intruder_needs_the_secret",
        "A client takes the Finished of an intruder only where the secret was given away.",
        Basis.MUST,
        Unreachable(system, And(W.client.is_(C.DONE), W.client_got.is_(F.INTRUDERS)), Not(W.revealed)),
    ),
    Theorem(
        "intruder_needs_an_exchange",
        "A server that completes a full handshake while the client has no answer yet has keys from an exchange with "
        "the intruder.",
        Basis.MUST,
        Unreachable(
            system,
            And(W.server.is_(V.FINISHED), W.client.is_(C.ASKING), Not(W.with_ticket), _NO_OTHER_TICKET),
            Not(And(W.server_got.is_(F.INTRUDERS), W.server_keys.is_(M.ATTACKERS))),
        ),
    ),
    Theorem(
        "keys_are_made_of_something",
        "Even where the secret is given away, nobody completes with keys that were made before there was a secret.",
        Basis.MUST,
        Unreachable(
            system,
            And(both_complete(), W.revealed),
            Or(W.client_keys.among(M.NOT_YET, M.BLANK), W.server_keys.among(M.NOT_YET, M.BLANK)),
        ),
    ),
)

THEOREMS = (*AGREED, *NOTICED, *ALONE)
"""Theorems about agreement."""
