"""Theorems about who is at the other end: of a handshake with a certificate, under a server name, in a replayed run.

Each names a case that comes about, permitted or attacked.
"""

from __future__ import annotations

import z3

from rfc5077.model.attacker import credentials, names, replay
from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable

And, Not, Or = z3.And, z3.Not, z3.Or
K, X, Y = credentials.W, names.W, replay.W
Whose, Host, Visit, Service = credentials.Whose, names.Host, names.Visit, replay.Service
_OTHER_REVEALED = And(K.admitted, K.named, K.secret_revealed)


def _connection(which: str) -> tuple[Theorem, ...]:
    """What holds of either of two connections of the server."""
    first = which == "first"
    service, word, read = (
        (Y.first, Y.first_word, Y.first_read) if first else (Y.second, Y.second_word, Y.second_read)
    )  # fmt: skip
    in_session = service.is_(Service.IN_SESSION)
    other = Y.second if first else Y.first
    return (
        Theorem(
            f"{which}_connection_hears_data_in_session",
            f"The {which} connection takes a client's data after a right Finished alone.",
            Basis.MUST,
            Unreachable(replay.system, read, Not(And(in_session, word.is_(replay.Word.FITTING)))),
        ),
        Theorem(
            f"{which}_connection_needs_finished_or_secret",
            f"The {which} connection goes into the session before the client has proved itself only with one to whom "
            "the secret was given.",
            Basis.MUST,
            Unreachable(
                replay.system, And(in_session, Not(Y.client.is_(replay.Attempt.PROVED_ITSELF))), Not(Y.secret_revealed)
            ),
            follows_from="R5246-7.4.9-01",
        ),
        Theorem(
            f"{which}_connection_keeps_the_run_to_itself",
            f"Where the {which} connection hears the client's data, the other is in no session with its run, unless "
            "the secret was given away.",
            Basis.MUST,
            Unreachable(
                replay.system, And(read, Not(other.is_(Service.VACANT)), Not(Y.secret_revealed)),
                other.is_(Service.IN_SESSION),
            ),
        ),
    )  # fmt: skip


CREDENTIALS = (
    Theorem(
        "altered_hello_names_nobody",
        "A server that got the client's hello altered does not take its peer for the client.",
        Basis.MUST,
        Unreachable(credentials.system, And(K.hello.is_(Whose.CLIENTS_ALTERED), K.admitted), K.named),
    ),
    Theorem(
        "intruders_exchange_names_nobody",
        "A server that has its secret with an intruder does not take its peer for the client, whose certificate and "
        "signatures the intruder has.",
        Basis.MUST,
        Unreachable(credentials.system, And(K.exchange.is_(Whose.ATTACKERS_OWN), K.admitted), K.named),
    ),
    Theorem(
        "intruder_alone_is_nobody",
        "A server that nobody but an intruder has spoken to does not take him for the client.",
        Basis.MUST,
        Unreachable(
            credentials.system, And(K.hello.is_(Whose.ATTACKERS_OWN), K.admitted, Not(K.signed_here)), K.named
        ),
    ),
    Theorem(
        "clients_exchange_lets_in_the_client",
        "A server that has its secret with the client lets in nobody but the client, with the client's own hello, "
        "unless the secret was given away.",
        Basis.MUST,
        Unreachable(
            credentials.system,
            And(K.admitted, K.exchange.is_(Whose.CLIENTS), Not(K.secret_revealed)),
            Not(credentials.client_is_there()),
        ),
        follows_from="R5246-7.4.9-01",
    ),
    Theorem(
        "secret_given_away_signs_nothing",
        "Even where the secret was given away, a server that takes its peer for the client has the client's own hello "
        "and exchange.",
        Basis.MUST,
        Unreachable(credentials.system, _OTHER_REVEALED, Not(credentials.client_is_there())),
    ),
    Theorem(
        "nobody_comes_in_without_hello",
        "A server lets nobody in without ClientHello and ClientKeyExchange.",
        Basis.MUST,
        Unreachable(credentials.system, K.admitted, Or(K.hello.is_(Whose.NOBODYS), K.exchange.is_(Whose.NOBODYS))),
        follows_from="the order of messages",
    ),
)
NAMES = (
    Theorem(
        "client_resumes_with_the_bank_itself",
        "A client that resumes under the name of an honest server has the answer of that server, which serves it under "
        "this name, on a session that they began.",
        Basis.MUST,
        Unreachable(
            names.system,
            And(X.visit.is_(Visit.RESUMED), X.wants.is_(Host.BANK)),
            Not(And(X.serving.is_(Host.BANK), X.shown.is_(Host.BANK), X.secret_with.is_(Host.BANK))),
        ),
    ),
    Theorem(
        "client_resumes_with_mallory_what_is_mallorys",
        "A client that resumes with a dishonest server has begun the session with it.",
        Basis.MUST,
        Unreachable(
            names.system, And(X.visit.is_(Visit.RESUMED), X.wants.is_(Host.MALLORY)), names.client_misled()
        ),
        follows_from="what Finished covers",
    ),
    Theorem(
        "what_is_served_to_others_reaches_no_client",
        "What the server serves the attacker under a name of his own, a client of the bank does not take for its own.",
        Basis.MUST,
        Unreachable(
            names.system, X.serving.is_(Host.SHOP), And(X.visit.is_(Visit.RESUMED), X.wants.is_(Host.BANK))
        ),
        follows_from="what Finished covers",
    ),
    Theorem(
        "verified_connection_brings_its_own_ticket",
        "A ticket that came before a right Finished is that of the server that the client wants, whatever is stored.",
        Basis.MUST,
        Unreachable(
            names.system,
            And(
                X.wants.is_(Host.MALLORY), X.stored.is_(Host.BANK), X.finished_verified,
                Not(X.brought.is_(Host.NO_HOST)),
            ),
            Not(X.brought.same(X.wants)),
        ),
        follows_from="what Finished covers",
    ),
)  # fmt: skip
REPLAY = (*_connection("first"), *_connection("second"))

THEOREMS = (*CREDENTIALS, *NAMES, *REPLAY)
"""Theorems about the other end."""
