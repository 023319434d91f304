"""Two servers that share keys, policy and clock, and get the same ClientHello: what else they remember differs.

Self-composition: ``first`` and ``second`` are runs with caches and histories of their own.  A server may give any
answer; that it goes by ticket, policy and clock is what clauses say and, where none does, a deployer's choice.  That
choice leaves out servers that take a ticket only once, and those that invalidate sessions on an alert: they keep state
by intent.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import z3

from rfc5077.model.lasting import Lasting, all_but, in_order, lasting
from rfc5077.model.logic import Flag, Symbolic
from rfc5077.model.proof.unbounded import Move, Number, System, fresh
from rfc5077.model.sessions.rules import ONE_POLICY

And, If, Implies, Not, Or = z3.And, z3.If, z3.Implies, z3.Not, z3.Or


class Shared(Symbolic):
    """What both have: the ticket and whether it opens, and the policy's answer to it, which coins and clock decide."""

    secret = Number()
    opens = Flag()
    wanted = Flag()  # the policy takes it


class Run(Symbolic):
    """One server: what it remembers of other connections, and its answer, which it may give again."""

    cached = Flag()  # its cache of sessions has the id of the hello
    cached_secret = Number()  # whatever it is
    renewed = Flag()  # it has renewed the ticket, and waits for the client's Finished
    answered = Flag()
    recalled = Flag()  # and when it did, its cache had the id
    again = Flag()  # and it had renewed the ticket
    honours = Flag()  # its decision on the ticket
    resumes = Flag()
    secret = Number()  # of the session that it resumes; 0 if none


class Answer(Symbolic):
    """A server's answer: its decision on the ticket, and what it resumes."""

    honours = Flag()
    resumes = Flag()
    secret = Number()  # which it takes for the ticket's


SHARED = fresh(Shared, "shared")
RUNS = (fresh(Run, "first"), fresh(Run, "second"))
ANY = fresh(Answer, "any")
Entry = Lasting[Run, Answer]


@lasting("R5077-3.2-09")
def unopened_ticket_is_not_honoured(run: Run, s: Answer) -> z3.BoolRef:
    return Implies(s.honours, SHARED.opens)


@lasting("R5077-3.3-11")
def renewed_ticket_is_still_good(run: Run, s: Answer) -> z3.BoolRef:
    return Implies(And(run.renewed, SHARED.wanted, SHARED.opens), s.honours)


@lasting("R5077-3.4-07")
def ticket_decides_without_the_cache(run: Run, s: Answer) -> z3.BoolRef:
    return Implies(Not(run.cached), s.resumes == s.honours)


@lasting("R5077-3.4-08")
def ticket_decides_beside_the_cache(run: Run, s: Answer) -> z3.BoolRef:
    return Implies(run.cached, s.resumes == s.honours)


@lasting("R5077-3.1-10")
def secret_is_the_sealed_one(run: Run, s: Answer) -> z3.BoolRef:
    return Implies(And(s.honours, s.resumes), SHARED.secret == s.secret)


@lasting(ONE_POLICY)
def policy_decides(run: Run, s: Answer) -> z3.BoolRef:
    # What becomes of a ticket that was renewed is the matter of R5077-3.3-11.
    taken = Implies(And(SHARED.wanted, SHARED.opens, Not(run.renewed)), s.honours)
    return And(Implies(s.honours, SHARED.wanted), taken)


CLAUSES: tuple[Entry, ...] = (
    unopened_ticket_is_not_honoured,
    renewed_ticket_is_still_good,
    ticket_decides_without_the_cache,
    ticket_decides_beside_the_cache,
    secret_is_the_sealed_one,
    policy_decides,
)


@cache
def two_runs(without: frozenset[str] = frozenset()) -> System:
    """Both runs, where the clauses of the given ids do not bind."""
    moves = tuple(move for run in RUNS for move in _moves(run, without))
    whole = {f"{part.prefix}.{n}": term for part in (SHARED, *RUNS) for n, term in part.terms.items()}
    blank = [Not(term) for run in RUNS for term in run.terms.values() if z3.is_bool(term)]
    return System("two runs", Symbolic("", whole), And(*blank), moves, tuple(ANY.terms.values()), without)


def _moves(run: Run, without: frozenset[str]) -> Iterator[Move]:
    def to(**terms: z3.ExprRef) -> dict[str, z3.ExprRef]:
        return {f"{run.prefix}.{name}": term for name, term in terms.items()}

    yes = z3.BoolVal(True)
    yield Move(f"{run.prefix}: a session is cached", yes, to(cached=yes))
    yield Move(f"{run.prefix}: the ticket is renewed", yes, to(renewed=yes))
    answer = in_order(CLAUSES, run, ANY, all_but(without))
    resumed = If(ANY.honours, ANY.secret, run.cached_secret)  # what no ticket brought comes from the cache
    yield Move(
        f"{run.prefix}: answers", answer,
        to(answered=yes, recalled=run.cached, again=run.renewed, honours=ANY.honours, resumes=ANY.resumes,
           secret=If(ANY.resumes, resumed, z3.IntVal(0))),
    )  # fmt: skip
