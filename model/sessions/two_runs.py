"""Two servers that share keys, policy and clock, and get the same ClientHello: what else they remember differs.

Self-composition: ``first`` and ``second`` are runs with caches and histories of their own.  Left out are servers that
take a ticket only once, and those that invalidate sessions on an alert: they keep state by intent.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import z3

from rfc5077.model.lasting import Lasting, all_but, in_order, lasting
from rfc5077.model.logic import Flag, Symbolic
from rfc5077.model.proof.unbounded import Move, Number, System, fresh

And, If, Implies, Not, Or = z3.And, z3.If, z3.Implies, z3.Not, z3.Or


class Shared(Symbolic):
    """What both have: the ticket and whether it opens, the policy's answer to it, which coins and clock decide."""

    secret = Number()
    opens = Flag()
    wanted = Flag()


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
    secret = Number()


SHARED = fresh(Shared, "shared")
RUNS = (fresh(Run, "first"), fresh(Run, "second"))
ANY = fresh(Answer, "any")
Entry = Lasting[Run, Answer]


@lasting("R5077-3.3-11")
def renewed_ticket_is_still_good(run: Run, s: Answer) -> z3.BoolRef:
    return Implies(run.renewed, _policy(s))


@lasting("R5077-3.4-07")
def ticket_decides_without_the_cache(run: Run, s: Answer) -> z3.BoolRef:
    return Implies(Not(run.cached), s.resumes == s.honours)


@lasting("R5077-3.4-08")
def ticket_decides_beside_the_cache(run: Run, s: Answer) -> z3.BoolRef:
    return Implies(run.cached, s.resumes == s.honours)


@lasting("R5077-3.1-10")
def secret_is_the_sealed_one(run: Run, s: Answer) -> z3.BoolRef:
    return Implies(s.resumes, SHARED.secret == s.secret)


CLAUSES: tuple[Entry, ...] = (
    renewed_ticket_is_still_good,
    ticket_decides_without_the_cache,
    ticket_decides_beside_the_cache,
    secret_is_the_sealed_one,
)


def _policy(s: Answer) -> z3.BoolRef:
    return And(SHARED.wanted, SHARED.opens) == s.honours


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
    answer = And(Implies(Not(run.renewed), _policy(ANY)), in_order(CLAUSES, run, ANY, all_but(without)))
    yield Move(
        f"{run.prefix}: answers", answer,
        to(answered=yes, recalled=run.cached, again=run.renewed, honours=ANY.honours, resumes=ANY.resumes,
           secret=If(ANY.resumes, ANY.secret, z3.IntVal(0))),
    )  # fmt: skip
