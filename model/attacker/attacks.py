"""The attacks that are known, as goals: what to drop, or to give away, so that the attacker finds them by himself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import z3

from rfc5077.model.attacker import (
    cost,
    credentials,
    gluing,
    lineage,
    names,
    negotiation,
    prolongation,
    replay,
    resumption,
    splice,
    trust,
)
from rfc5077.model.attacker.network import ladder
from rfc5077.model.clauses import BY_ID, family
from rfc5077.model.proof.certificate import Obligation
from rfc5077.model.proof.finite import is_finite, reach
from rfc5077.model.proof.unbounded import Moment, System, obligations, propose, witness

And, Not = z3.And, z3.Not
DEPTH = 14
"""How many moves a run of a system with counters may have to be found."""


@dataclass(frozen=True)
class Attack:
    """One attack: the clauses that are dropped with whatever restates them, the system, and what the attacker wants.

    ``given`` is what he was given, where no clause has to be dropped: without it he must fail.  Where neither is
    needed, the documents leave him able to do it.  ``source`` is where the attack, or a fault that invites it, has been
    described.
    """

    id: str
    title: str
    dropped: frozenset[str]
    system: Callable[[frozenset[str]], System]
    goal: z3.BoolRef
    source: str
    given: z3.BoolRef | None = None

    @property
    def permitted(self) -> bool:
        """Whether no clause stands in the way."""
        return not self.dropped and self.given is None

    def find(self) -> tuple[Moment, ...]:
        """A shortest run to the goal; empty where there is none."""
        system = self.system(self.dropped)
        return reach(system).nearest(self.goal) if is_finite(system) else witness(system, self.goal, DEPTH)

    def exclusion(self) -> list[Obligation]:
        """Obligations: with the clauses restored, or without what he was given, the goal is not reached.

        :raises Unproved: where it is.
        """
        system = self.system(frozenset())
        goal = self.goal if self.given is None else And(self.goal, Not(self.given))
        if is_finite(system):
            return reach(system).obligations(f"attack {self.id}", goal)
        return obligations(system, f"attack {self.id}", propose(system, goal), goal)


def classes(*ids: str) -> frozenset[str]:
    """The clauses of these ids with those that restate them."""
    return frozenset(entry.id for id in ids for entry in family(BY_ID[id]))


def _gluing(without: frozenset[str]) -> System:
    return gluing.system(without | gluing.ADVICE)


_EXTENDED = ("R7627-5.1-01", "R7627-5.2-01", "R7627-5.2-02", "R7627-5.3-03", "R7627-5.3-04", "R7627-5.3-07",
             "R7627-5.3-08")  # fmt: skip
_W, _N, _L, _X = resumption.W, negotiation.W, lineage.W, names.W
_IMPERSONATED = And(trust.relies_on_client(), Not(trust.holder_proved_himself()), Not(_W.key_revealed))
_READ = And(lineage.read_unaided(), Not(_L.seized))
_KEYS_KNOWN = And(_N.client.is_(negotiation.ClientPlace.DONE), negotiation.known(_N.client_keys), Not(_N.revealed))

ATTACKS: tuple[Attack, ...] = (
    Attack(
        "triple_handshake",
        "A man in the middle makes one connection of the sessions that client and server have with him.",
        classes(*_EXTENDED),
        _gluing,
        gluing.glued(),
        "RFC 7627, section 1",
    ),
    Attack(
        "triple_handshake_plain_secret",
        "The same, against parties that agree on the extended master secret and then compute the plain one.",
        classes("R7627-5.1-01"),
        _gluing,
        gluing.glued(),
        "RFC 7627, section 5.1",
    ),
    Attack(
        "triple_handshake_renegotiation",
        "The same, and then a renegotiation: what he said passes for the client's, whose certificate follows.",
        classes(*_EXTENDED, "R7627-5.4-02"),
        _gluing,
        gluing.answers_for_him(),
        "CVE-2014-1295",
    ),
    Attack(
        "prefix_injection",
        "He speaks to the server and lets the client's first handshake follow as a renegotiation of his connection.",
        classes("R5746-3.7-01", "R5746-3.7-02"),
        splice.system,
        splice.injected(),
        "CVE-2009-3555",
    ),
    Attack(
        "replayed_run",
        "Where the server repeats its random, a client's run says the same on a second connection, and is believed.",
        classes("R5246-6.3-01"),
        replay.system,
        And(replay.in_session_twice(), replay.heard_twice(), Not(replay.W.secret_revealed)),
        "RFC 5246, section F.1.4",
    ),
    Attack(
        "virtual_host_confusion",
        "A session that began under one server name gives access to what is served under another.",
        classes("R6066-3-02"),
        names.system,
        names.server_confused(),
        "CVE-2014-3616",
    ),
    Attack(
        "planted_session",
        "A client offers the attacker's session to another server; he answers, and passes for that server.",
        classes("R5077-3.1-02"),
        names.system,
        names.client_misled(),
        "RFC 5077, section 3.1; RFC 7627, section 6.3",
    ),
    Attack(
        "planted_ticket",
        "A ticket put into an unfinished handshake displaces that of the server.",
        classes("R5077-3.3-06"),
        names.system,
        _X.strayed,
        "CVE-2014-1490",
    ),
    Attack(
        "change_cipher_spec_injection",
        "ChangeCipherSpec comes before there is a secret; both sides complete under keys that anybody can compute.",
        classes("R5246-7.1-03"),
        negotiation.system,
        And(_KEYS_KNOWN, negotiation.both_complete(), negotiation.known(_N.server_keys)),
        "CVE-2014-0224",
    ),
    Attack(
        "skipped_handshake",
        "A Finished in clear right after the server's flight; the client completes without any keys.",
        classes("R5246-7.4-01", "R5246-7.4.9-02"),
        negotiation.system,
        _KEYS_KNOWN,
        "CVE-2014-6593",
    ),
    Attack(
        "two_empty_ids",
        "A client that offered nothing takes an empty session_id for an echo, and resumes a session that never was.",
        classes("R5246-7.4.1.3-01"),
        negotiation.system,
        _KEYS_KNOWN,
        "rustls issue 797",
    ),
    Attack(
        "uncovered_hellos",
        "Where Finished leaves out the hellos, an altered one goes unnoticed by both sides.",
        classes("R5246-7.4.9-03"),
        negotiation.system,
        And(negotiation.both_complete(), negotiation.altered(), Not(_N.revealed)),
        "RFC 5246, section 7.4.9",
    ),
    Attack(
        "export_key",
        "A client that asked for RSA takes a weak key of the server, which the suite has no place for.",
        classes("R5246-7.4-01"),
        negotiation.system,
        And(_KEYS_KNOWN, _N.weak),
        "CVE-2015-0204",
    ),
    Attack(
        "certificate_without_signature",
        "A client's certificate, which is no secret, is taken for the client; nobody has signed.",
        classes("R5246-7.4-01"),
        credentials.system,
        And(credentials.W.named, credentials.W.admitted, Not(credentials.client_is_there())),
        "CVE-2015-0205",
    ),
    Attack(
        "echo_of_memory",
        "The echo of a short session_id is filled up from memory, where the session's secret lies.",
        classes("R5077-3.4-05"),
        resumption.system,
        _IMPERSONATED,
        "CVE-2016-9244",
    ),
    Attack(
        "zero_key_impersonation",
        "Under a ticket key that is all zero, the attacker makes a ticket that names the client.",
        classes("R5077-3.1-05"),
        resumption.system,
        And(_IMPERSONATED, _W.shown.is_(resumption.Shown.SEALED_ANEW)),
        "CVE-2014-7189",
    ),
    Attack(
        "zero_key_decryption",
        "Under a ticket key that is all zero, recorded traffic is read by way of the ticket.",
        classes("R5077-3.1-05"),
        lineage.system,
        _READ,
        "CVE-2020-13777",
    ),
    Attack(
        "stolen_key_decryption",
        "A stolen ticket key opens a recorded ticket, used or not: the ephemeral exchange has not helped.",
        frozenset(),
        lineage.system,
        And(lineage.read_unaided(), Not(_L.offered)),
        "RFC 9325, section 3.4",
        given=_L.seized,
    ),
    Attack(
        "stolen_key_impersonation",
        "A stolen ticket key makes a ticket that names the client.",
        frozenset(),
        resumption.system,
        And(trust.relies_on_client(), Not(trust.holder_proved_himself())),
        "RFC 5077, section 5.5",
        given=_W.key_revealed,
    ),
    Attack(
        "retired_key_answers",
        "A retired ticket key opens no door of the server, yet its thief answers a client that still has the ticket.",
        frozenset(),
        resumption.system,
        And(
            _W.client.is_(resumption.ClientRun.CERTAIN),
            _W.server_proof.is_(resumption.Proof.OF_ATTACKER),
            _W.retired,
            Not(_W.key_revealed),
            Not(_W.secret_revealed),
        ),
        "RFC 5077, section 5.5",
        given=_W.key_given,
    ),
    Attack(
        "hoarded_keys",
        "A key that should have been destroyed is seized long after, and opens the tickets of that time.",
        classes("R9325-3.4-03"),
        lineage.system,
        And(lineage.read_unaided(), Not(lineage.key_was_due())),
        "RFC 9325, section 3.4",
    ),
    Attack(
        "unverified_ticket",
        "A ticket that was altered to name the client is honoured.",
        classes("R5077-3.2-09"),
        resumption.system,
        _IMPERSONATED,
        "RFC 5077, section 5.3",
    ),
    Attack(
        "unverified_finished",
        "Who replays a ticket without its secret is let in.",
        classes("R5246-7.4.9-01"),
        resumption.system,
        _IMPERSONATED,
        "RFC 5077, section 5.2",
    ),
    Attack(
        "deletion_by_alert",
        "An alert in clear makes the client give up a resumption and its ticket; the server's session stays.",
        frozenset(),
        resumption.system,
        And(_W.client.is_(resumption.ClientRun.GIVEN_UP), _W.deleted, Not(_W.invalidated)),
        "RFC 5077, section 5.1",
    ),
    Attack(
        "slander",
        "A forged ticket that names a session makes the server end it.",
        classes("R5077-5.1-02"),
        resumption.system,
        And(_W.slandered, _W.shown.is_(resumption.Shown.ALTERED), Not(_W.key_revealed)),
        "RFC 5077, section 5.1",
    ),
    Attack(
        "unbounded_prolongation",
        "A stolen session is renewed for ever, by tickets none of which is too old.",
        classes("R9325-3.4-05"),
        prolongation.system,
        prolongation.stays_too_long(),
        "s2n-tls issue 5147",
    ),
    Attack(
        "trial_of_all_keys",
        "A forged ticket costs a check with each of the server's keys.",
        classes("R5077-4-06"),
        cost.system,
        cost.too_dear(),
        "RFC 5077, section 5.4",
    ),
)
"""Every attack, with what it takes."""

BY_NAME = {attack.id: attack for attack in ATTACKS}


@dataclass(frozen=True)
class Ladder:
    """An attack as it is shown: what it is, what it takes, and the messages of the shortest run, as lines of text.

    ``dropped`` are the ids of the clauses that are left out; none where the attacker was given something instead, or
    where nothing stands in the way.
    """

    id: str
    title: str
    source: str
    dropped: tuple[str, ...]
    text: str


def ladders() -> tuple[Ladder, ...]:
    """Every attack with its shortest run, found anew; the place of the attacker is the middle."""
    return tuple(
        Ladder(attack.id, attack.title, attack.source, tuple(sorted(attack.dropped)), ladder(attack.find(), ""))
        for attack in ATTACKS
    )
