"""Theorems about the models of many connections themselves: why two tickets, or one connection, stand for all."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import z3

from rfc5077.model.attacker import beside
from rfc5077.model.lasting import all_but
from rfc5077.model.proof.certificate import Obligation
from rfc5077.model.proof.theorem import Basis, Certified, Theorem, Without
from rfc5077.model.proof.unbounded import System
from rfc5077.model.sessions import environment, projection, slot, symmetry
from rfc5077.model.sessions.state import EXTENDED, MIRRORED, STATE, Stage
from rfc5077.model.sessions.steps import made, sessions

And, Not = z3.And, z3.Not
MADE = "how the model is made"
_SECOND, _THIRD = EXTENDED.beside[1], EXTENDED.beside[2].offers


@cache
def _larger(without: Without) -> System:
    return made("sessions with more followed", EXTENDED, all_but(without))


@cache
def _mirrored(without: Without) -> System:
    return made("sessions, mirrored", MIRRORED, all_but(without))


def _environment(known: z3.BoolRef, without: Without) -> Iterator[Obligation]:
    return environment.obligations()


def _exchange(known: z3.BoolRef, without: Without) -> Iterator[Obligation]:
    return symmetry.obligations()


def _servers(known: z3.BoolRef, without: Without) -> Iterator[Obligation]:
    return symmetry.obligations_of_servers()


def _renewals(known: z3.BoolRef, without: Without) -> Iterator[Obligation]:
    return slot.obligations(without)


def _beside(known: z3.BoolRef, without: Without) -> Iterator[Obligation]:
    return beside.obligations()


THEOREMS = (
    Theorem(
        "what_is_not_followed_is_the_environment",
        "Each step of a third ticket of a session, and of a second connection by any ticket of it, is a step that is "
        "there where two tickets and one connection are followed, or none, whatever clauses bind; and what is assumed "
        "of tickets that are not followed holds of each, if of all that were sealed before.",
        Basis.MUST,
        Certified(
            _environment,
            _larger,
            And(_SECOND.link.stage.is_(Stage.HONOURED), EXTENDED.stores(_THIRD)),
        ),
        MADE,
    ),
    Theorem(
        "followed_tickets_are_alike",
        "Exchanging the two followed tickets turns each step into a step, and the connection that offers the one into "
        "a connection that offers the other.",
        Basis.MUST,
        Certified(_exchange, _mirrored, MIRRORED.link.stage.is_(Stage.RESUMED)),
        MADE,
    ),
    Theorem(
        "servers_with_the_same_keys_are_alike",
        "Where two servers share their ticket keys, exchanging them, with their clocks, turns each step of the one "
        "into a step of the other, whatever clauses bind: which of them answers makes no difference to a ticket.",
        Basis.MUST,
        Certified(_servers, sessions, And(STATE.link.stage.is_(Stage.RESUMED), STATE.link.by_second)),
        MADE,
    ),
    Theorem(
        "renewals_of_one_place_are_alike",
        "Exchanging two connections that renew the ticket of one place turns each step of the one into a step of the "
        "other, and leaves what a third one does as it is.",
        Basis.MUST,
        Certified(_renewals, slot.slot, And(slot.both_renewed(), slot.W.reply.is_(slot.Reply.TURNED_DOWN))),
        MADE,
    ),
    Theorem(
        "one_connection_is_a_part_of_many",
        "Each step of a client and a server in one connection is one, two or none of the steps that many connections "
        "have, as far as the ticket goes that it brings and the answer to the one that it offers.",
        Basis.MUST,
        Certified(
            projection.obligations,
            sessions,
            And(STATE.link.stage.is_(Stage.RESUMED), STATE.b.fate.renews, STATE.b.fate.confirmed),
            projection.TOLD,
        ),
        MADE,
    ),
    Theorem(
        "connections_beside_add_nothing",
        "Each step of a second connection of the client and of a second one of the server, whichever talks to which, "
        "is a step that is there where the attacker is watched with one of each, or none, whatever clauses bind.",
        Basis.MUST,
        Certified(_beside, beside.larger, beside.crossed()),
        MADE,
    ),
)
