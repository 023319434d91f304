"""Theorems about the network as attacker: what he cannot bring about, whatever he drops, replays, alters or makes up.

What he is given, a secret or a key, is named in the condition.  The basis is shown by leaving out what only advises:
theorems that rest on MUST alone are proved in systems without such clauses.
"""

from __future__ import annotations

from collections.abc import Callable

import z3

from rfc5077.model.attacker import cost, credentials, gluing, lineage, names, negotiation, replay, resumption, trust
from rfc5077.model.proof.theorem import Basis, Theorem, Unreachable, Without
from rfc5077.model.proof.theorems import agreement, parties
from rfc5077.model.proof.unbounded import System

And, Not, Or = z3.And, z3.Not, z3.Or
R, N, L, X, Y, K = resumption.W, negotiation.W, lineage.W, names.W, replay.W, credentials.W
Shown, ServerRun, ClientRun, Proof = resumption.Shown, resumption.ServerRun, resumption.ClientRun, resumption.Proof


def _musts(system: Callable[[Without], System], advice: frozenset[str]) -> Callable[[Without], System]:
    """The system under the clauses that demand, without those that advise."""

    def demanded(without: Without) -> System:
        return system(without | advice)

    return demanded


_RESUMPTION = _musts(resumption.system, resumption.ADVICE)
_GLUING = _musts(gluing.system, gluing.ADVICE)
_KEYLESS = _musts(lineage.system, frozenset({"R9325-3.4-03"}))
_FOREIGN = R.shown.among(Shown.ALTERED, Shown.EXTENDED, Shown.FORGED, Shown.SEALED_ANEW)
_ANSWERED = R.server.among(ServerRun.RESUMING, ServerRun.FULL, ServerRun.CERTAIN)
_BOTH_TAKEN = And(gluing.W.client.is_(gluing.Half.TAKEN), gluing.W.server.is_(gluing.Half.TAKEN))
_BELIEVED = Or(X.visit.is_(names.Visit.RESUMED), Not(X.serving.is_(names.Host.NO_HOST)))
_FIRST_IN_SESSION = Y.first.is_(replay.Service.IN_SESSION)
_TAMPERED = And(negotiation.altered(), N.server.is_(negotiation.ServerPlace.FINISHED), Not(N.revealed))
_RESUMING = N.client_secret.is_(negotiation.Material.RESUMED)
_LATE = L.newest > L.key + L.window

THEOREMS = (
    Theorem(
        "server_lets_in_holders_alone",
        "A server that lets in or speaks to a peer as the client of a session has a right Finished for this transcript "
        "from one who has its secret: the client, or whom it was given to.",
        Basis.MUST,
        Unreachable(
            _RESUMPTION,
            And(trust.relies_on_client(), Not(R.key_revealed)),
            Not(trust.holder_proved_himself()),
        ),
    ),
    Theorem(
        "client_resumes_with_the_server_alone",
        "A client that completes a resumption has a Finished of the server, unless the secret or the ticket key, even "
        "a retired one, was given away.",
        Basis.MUST,
        Unreachable(
            _RESUMPTION,
            And(R.client.is_(ClientRun.CERTAIN), Not(R.secret_revealed), Not(R.key_given)),
            Not(trust.server_proved_itself()),
        ),
    ),
    Theorem(
        "foreign_tickets_buy_nothing",
        "A ticket that was altered, truncated, extended, or made by somebody else leads to a full handshake, unless "
        "the key that the server goes by was given away.",
        Basis.MUST,
        Unreachable(
            _RESUMPTION,
            And(_FOREIGN, _ANSWERED, Not(R.key_revealed)),
            trust.honours_what_it_did_not_issue(),
        ),
    ),
    Theorem(
        "forged_tickets_end_no_session",
        "No ticket but the client's own makes the server end its session.",
        Basis.SHOULD,
        Unreachable(resumption.system, And(R.invalidated, Not(R.key_revealed)), R.slandered),
    ),
    Theorem(
        "forged_tickets_are_cheap",
        "However many keys a server has, each forged ticket costs it one symmetric check at most, none where it names "
        "no key of the server, and leaves nothing.",
        Basis.FORMAT,
        Unreachable(cost.system, And(cost.W.nameless > 0, cost.W.excess > 0), cost.too_dear()),
    ),
    Theorem(
        "recorded_traffic_needs_a_key",
        "Recorded traffic of a session with an ephemeral exchange is read only by its secret, or by the key of one of "
        "its tickets: used or not, renewed or not.",
        Basis.MUST,
        Unreachable(_KEYLESS, lineage.read_unaided(), Not(L.seized), depth=6),
    ),
    Theorem(
        "one_key_is_enough",
        "Whoever has the key of one ticket of a session, used or not, can read what was recorded of it.",
        Basis.MUST,
        Unreachable(lineage.system, And(L.sealed, L.seized), Not(lineage.can_open()), depth=6, shown=Not(L.offered)),
        follows_from="what a ticket holds",
    ),
    Theorem(
        "old_sessions_survive_a_seizure",
        "Once the keys of its tickets are no longer needed, who seizes the server cannot read a session any more.",
        Basis.MUST,
        Unreachable(lineage.system, And(lineage.read_unaided(), _LATE), Not(lineage.key_was_due()), depth=8),
    ),
    Theorem(
        "altered_hellos_complete_nowhere",
        "A full handshake, ephemeral or by RSA, whose extension 35 or 23, suites or ServerHello were stripped or "
        "changed does not complete on both sides.",
        Basis.MUST,
        Unreachable(negotiation.system, And(_TAMPERED, Not(_RESUMING)), negotiation.both_complete()),
    ),
    Theorem(
        "altered_offers_resume_nowhere",
        "A resumption whose extension 35 or 23, suites or ServerHello were stripped or changed does not complete on "
        "both sides: not where the server resumes another session, and not where it goes on in full.",
        Basis.MUST,
        Unreachable(negotiation.system, And(_TAMPERED, _RESUMING), negotiation.both_complete()),
    ),
    Theorem(
        "certified_client_is_at_the_other_end",
        "A server that takes its peer for a client by certificate and signature has its secret with that client, and "
        "the same hellos.",
        Basis.MUST,
        Unreachable(credentials.system, And(K.admitted, K.named), Not(credentials.client_is_there())),
    ),
    Theorem(
        "ticket_names_who_proved_himself",
        "A ticket that names a client was issued on a right Finished, over the transcript that the client has signed.",
        Basis.MUST,
        Unreachable(credentials.system, K.ticket, Or(Not(credentials.client_is_there()), K.ticket_early)),
    ),
    Theorem(
        "altered_resumptions_complete_nowhere",
        "Client and server do not both complete a resumption whose hellos they see differently, unless the secret or "
        "the ticket key was given away.",
        Basis.MUST,
        Unreachable(
            _RESUMPTION,
            And(
                R.client.is_(ClientRun.CERTAIN), trust.relies_on_client(), trust.of_one_connection(),
                Not(R.secret_revealed), Not(R.key_given),
            ),
            Not(R.same),
        ),
    ),
    Theorem(
        "client_keys_are_nobody_elses",
        "A client that completes a full handshake has keys that come from a secret which only the server shares.",
        Basis.MUST,
        Unreachable(
            negotiation.system,
            And(N.client.is_(negotiation.ClientPlace.DONE), Not(N.revealed)),
            negotiation.known(N.client_keys),
        ),
    ),
    Theorem(
        "two_sessions_never_become_one",
        "A man with a session on each side cannot make one connection of their resumptions, of one secret and one "
        "transcript.",
        Basis.MUST,
        Unreachable(_GLUING, _BOTH_TAKEN, gluing.glued()),
    ),
    Theorem(
        "man_between_two_kinds_changes_neither",
        "Where a client resumes a session without the extended master secret with a man in the middle, and the server "
        "one with it, either takes hellos of its own session's kind alone, whatever he alters.",
        Basis.MUST,
        Unreachable(_GLUING, gluing.both_taken(gluing.Bond.LEGACY, gluing.Bond.EXTENDED), gluing.kinds_differ()),
    ),
    Theorem(
        "man_between_two_kinds_exchanges_neither",
        "Where a client resumes a session with the extended master secret with a man in the middle, and the server one "
        "without it, either takes hellos of its own session's kind alone, whatever he alters.",
        Basis.MUST,
        Unreachable(_GLUING, gluing.both_taken(gluing.Bond.EXTENDED, gluing.Bond.LEGACY), gluing.kinds_differ()),
    ),
    Theorem(
        "client_resumes_what_it_has_with_the_man_in_the_middle",
        "A client that resumes with a man in the middle has a session with him, of the kind of his ServerHello, and "
        "has asked for the extended master secret.",
        Basis.MUST,
        Unreachable(_GLUING, gluing.W.client.is_(gluing.Half.TAKEN), Not(gluing.client_keeps_its_kind())),
    ),
    Theorem(
        "extended_secrets_are_bound",
        "Whatever a man in the middle says in the handshakes with either, each secret of a session with the extended "
        "master secret depends on its own handshake.",
        Basis.MUST,
        Unreachable(
            _GLUING, gluing.both_taken(gluing.Bond.EXTENDED, gluing.Bond.EXTENDED), gluing.unbound()
        ),
        follows_from="R7627-5.1-01",
    ),
    Theorem(
        "sessions_stay_under_their_names",
        "Neither client nor server goes by a session under another server name than the one under which it began.",
        Basis.MUST,
        Unreachable(names.system, _BELIEVED, Or(names.client_misled(), names.server_confused())),
    ),
    Theorem(
        "tickets_stray_to_no_other_server",
        "A client offers a ticket to nobody but the server that issued it, whatever was slipped into its handshakes.",
        Basis.MUST,
        Unreachable(names.system, X.visit.is_(names.Visit.TICKET_OFFERED), X.strayed),
    ),
    Theorem(
        "one_run_makes_one_session",
        "However often the network says again what a client says in its run, one connection of the server at most goes "
        "into the session with it.",
        Basis.MUST,
        Unreachable(
            replay.system,
            And(_FIRST_IN_SESSION, Not(Y.second.is_(replay.Service.VACANT)), Not(Y.secret_revealed)),
            replay.in_session_twice(),
        ),
    ),
    Theorem(
        "words_are_heard_once",
        "What a client says in a resumed connection is taken on no second one, though its ClientHello be replayed, "
        "since keys come from fresh randoms.",
        Basis.MUST,
        Unreachable(
            replay.system, And(Y.first_read, Not(Y.second.is_(replay.Service.VACANT))), replay.heard_twice()
        ),
        follows_from="R5246-6.3-01",
    ),
    *agreement.THEOREMS,
    *parties.THEOREMS,
)
