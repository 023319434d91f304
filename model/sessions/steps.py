"""The moves of the many-connection model: the mechanics of each, and what the clauses say of it.

An untracked ticket of the session may be assumed to hold what the theorems prove of the tracked ones, since it was
sealed strictly earlier than what it is renewed into.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import z3

from rfc5077.model.proof.unbounded import Move, System
from rfc5077.model.sessions.rules import WINDOW_SUFFICES, Act, Step, allows, opens
from rfc5077.model.sessions.state import (
    PICKED,
    STATE,
    Held,
    Parameters,
    Stage,
    Ticket,
    copied,
    same,
    to,
)

And, If, Implies, Not, Or = z3.And, z3.If, z3.Implies, z3.Not, z3.Or
Without = frozenset[str]
S, ANY = STATE, PICKED.plain
CAP = "R9325-3.4-05"
TRUE, FALSE = z3.BoolVal(True), z3.BoolVal(False)


@cache
def sessions(without: Without = frozenset(), window: int = 0) -> System:
    """The model where the rows of the given ids do not bind; ``window`` 0 leaves the window of keys open."""
    moves = (*_issuing(without), *_delivering(without), *_keeping(without), *_resuming(without), *_time(without))
    return System("sessions", S.whole(), _start(without, window), moves, PICKED.terms())


def _start(without: Without, window: int) -> z3.BoolRef:
    d, c, k = S.deployment, S.clocks, S.keys
    choices = [d.life >= 1, d.cap >= 1, d.interval >= 1, d.window >= 0, d.skew >= 0]
    clocks = [c.server == S.session.since, c.server - c.second <= d.skew, c.second - c.server <= d.skew]
    keys = [k.since <= c.server, k.oldest <= k.newest, k.second_has >= k.newest, k.oldest == k.newest - d.window]
    if window:
        choices += [d.window == window]
        if WINDOW_SUFFICES not in without:
            choices += [window * d.interval > d.life + d.skew]
    flags = [Not(term) for t in (S.a, S.b) for term in t.fate.terms.values() if z3.is_bool(term)]
    flags += [Not(term) for term in S.link.terms.values() if z3.is_bool(term)]
    # Whatever the store holds when the session is born belongs to another.
    store = [S.slot.held.among(Held.NOTHING, Held.ANOTHER), S.kept.secret != S.session.secret, Not(S.slot.filled)]
    return And(*choices, *clocks, *keys, *flags, *store, S.link.stage.is_(Stage.IDLE), S.session.identity >= 0)


def _step(act: Act, ticket: Ticket, source: Parameters = S.session, second: bool = False) -> Step:
    now, newest = (S.clocks.second, S.keys.second_has) if second else (S.clocks.server, S.keys.newest)
    return Step(act, ticket, PICKED, source, now, newest, ANY.name, ANY.extended)


def _move(name: str, without: Without, step: Step, guard: z3.BoolRef, *changes: Mapping[str, z3.ExprRef]) -> Move:
    every = {field: term for part in changes for field, term in part.items()}
    return Move(name, And(guard, allows(S, step, without)), every)


# --- issuing ----------------------------------------------------------------------------------------------------------


def _issuing(without: Without) -> Iterator[Move]:
    for ticket in (S.a, S.b):
        other = S.other(ticket)
        renewed = allows(S, _step(Act.HONOUR, other), without)
        young = TRUE if CAP in without else S.clocks.server - S.session.since <= S.deployment.cap
        untracked = And(_as_proved(PICKED.resumed), young)
        for how, source, guard, renews in (
            ("issues", S.session, TRUE, FALSE),
            (f"renews {other.held.name} by", PICKED.resumed, And(other.fate.arrived, renewed), TRUE),
            ("renews another by", PICKED.resumed, untracked, FALSE),
        ):
            fate = to(ticket.fate, sealed=True, key=ANY.key, time=ANY.time, sealed_at=S.clocks.server, hint=ANY.hint,
                      renews=renews)  # fmt: skip
            ready = And(Not(ticket.fate.sealed), ANY.hint >= 0, guard)
            yield _move(f"server {how} {ticket.held.name}", without, _step(Act.SEAL, ticket, source), ready, fate,
                        copied(ticket.state, PICKED.sealed))  # fmt: skip


def _as_proved(state: Parameters) -> z3.BoolRef:
    """What the theorems say of a resumption by a ticket of the session."""
    exact = same(state, S.session, "secret", "version", "suite", "extended", "name", "since")
    return And(exact, Or(state.identity == S.session.identity, state.identity == 0))


# --- delivering -------------------------------------------------------------------------------------------------------


def _delivering(without: Without) -> Iterator[Move]:
    for ticket in (S.a, S.b):
        fate, name = ticket.fate, ticket.held.name
        yield _move(
            f"{name} arrives", without, _step(Act.ARRIVE, ticket), And(fate.sealed, Not(fate.arrived)),
            to(fate, arrived=True, arrived_at=S.clocks.client, counted_from=ANY.counted_from, altered=ANY.altered),
        )  # fmt: skip
        yield _move(
            f"client takes the server's Finished after {name}", without, _step(Act.PROVE, ticket),
            And(fate.arrived, Not(fate.proved)), to(fate, proved=True, finished=ANY.right),
        )  # fmt: skip
        yield _move(
            f"client sends Finished after {name}", without, _step(Act.ANSWER, ticket), fate.arrived,
            to(fate, answered=True),
        )  # fmt: skip
        yield _move(
            f"server takes the client's Finished after {name}", without, _step(Act.CONFIRM, ticket), fate.sealed,
            to(fate, confirmed=True),
        )  # fmt: skip
        yield _move(
            f"another connection resumes by {name} without renewal", without, _step(Act.CONTINUE, ticket),
            And(S.slot.held.is_(ticket.held), allows(S, _step(Act.HONOUR, ticket), without)),
            to(fate, counted_from=ANY.counted_from),
        )  # fmt: skip


# --- the client's store -----------------------------------------------------------------------------------------------


def _keeping(without: Without) -> Iterator[Move]:
    emptied = to(S.slot, held=Held.NOTHING, filled=False)
    for ticket in (S.a, S.b):
        fate, name, here = ticket.fate, ticket.held.name, S.slot.held.is_(ticket.held)
        yield _move(
            f"client stores {name}", without, _step(Act.STORE, ticket), And(fate.arrived, Not(fate.deleted)),
            to(S.slot, held=ticket.held, server=ANY.server, filled=True), copied(S.kept, PICKED.kept),
        )  # fmt: skip
        yield Move(f"client deletes {name}", here, {**emptied, **to(fate, deleted=True)})
        yield from _failing(ticket, here, without)
    yield _move("another session's ticket is stored", without, _step(Act.STORE_ANOTHER, S.a), TRUE,
                to(S.slot, held=Held.ANOTHER, server=ANY.server, filled=True), copied(S.kept, PICKED.kept))  # fmt: skip
    yield _move("client stores a ticket of zero length", without, _step(Act.STORE_EMPTY, S.a), TRUE,
                to(S.slot, held=Held.EMPTY_ONE))  # fmt: skip


def _failing(ticket: Ticket, here: z3.BoolRef, without: Without) -> Iterator[Move]:
    """A connection fails; the client deletes the ticket, wherever it is, or keeps it."""
    fate, name = ticket.fate, ticket.held.name
    gone = {
        **to(S.slot, filled=And(S.slot.filled, Not(here))),
        f"{S.slot.prefix}.held": If(here, _held(Held.NOTHING), S.slot.held.z3),
    }
    for act, how, mark in (
        (Act.KEEP_AFTER_FAILURE, f"a resumption by {name} is accepted and fails", to(fate, failed=True)),
        (Act.KEEP_AFTER_ALERT, f"a fatal alert ends a connection of {name}", to(fate, alarmed=True)),
    ):
        yield Move(f"{how}; client deletes it", fate.arrived, {**gone, **mark, **to(fate, deleted=True)})
        yield _move(f"{how}; client keeps it", without, _step(act, ticket), fate.arrived, mark)


def _held(value: Held) -> z3.ExprRef:
    return to(S.slot, held=value)[f"{S.slot.prefix}.held"]


# --- the followed connection ------------------------------------------------------------------------------------------


def _resuming(without: Without) -> Iterator[Move]:
    fate, link = S.a.fate, S.link
    yield _move(
        "client offers A", without, _step(Act.OFFER, S.a), And(link.stage.is_(Stage.IDLE), S.slot.held.is_(Held.A)),
        to(link, stage=Stage.OFFERED, offered_at=S.clocks.client, server=ANY.server, name=ANY.name,
           extended=ANY.extended, condemned=Or(fate.failed, fate.alarmed), unproved=Not(fate.finished)),
        copied(S.client, S.kept),
    )  # fmt: skip
    for second in (False, True):
        yield from _answering(second, without)
    yield _move("client resumes", without, _step(Act.ACCEPT, S.a), link.stage.is_(Stage.HONOURED),
                to(link, stage=Stage.RESUMED))  # fmt: skip
    yield _move("client resumes and stores the ticket of zero length", without, _step(Act.STORE_EMPTY, S.a),
                And(link.stage.is_(Stage.HONOURED), link.empty, allows(S, _step(Act.ACCEPT, S.a), without)),
                to(link, stage=Stage.RESUMED), to(S.slot, held=Held.EMPTY_ONE))  # fmt: skip
    yield Move("the connection is lost", Not(link.stage.among(Stage.IDLE, Stage.RESUMED)),
               to(link, stage=Stage.BROKEN_OFF))  # fmt: skip


def _answer(act: Act, second: bool) -> Step:
    step = _step(act, S.a, second=second)
    return Step(step.act, step.ticket, step.picked, step.source, step.now, step.newest, S.link.name, S.link.extended)


def _answering(second: bool, without: Without) -> Iterator[Move]:
    link, fate, state, who = S.link, S.a.fate, S.a.state, "second server" if second else "server"
    asked = link.stage.is_(Stage.OFFERED)
    step = _answer(Act.HONOUR, second)
    retired = fate.key < S.keys.newest - S.deployment.window
    ages = to(link, by_second=second, age=step.now - fate.sealed_at, session_age=step.now - S.session.since,
              retired=retired)  # fmt: skip
    yield _move(
        f"{who} resumes by A", without, step, asked, ages, copied(S.server, PICKED.resumed),
        to(link, stage=Stage.HONOURED, answer_extended=ANY.answer_extended, empty=ANY.empty),
    )  # fmt: skip
    declined = {**ages, **to(link, stage=Stage.DECLINED)}
    unlike = Or(state.name != link.name, state.extended != link.extended, fate.altered)
    over = Or(step.now - fate.time > S.deployment.life, step.now - state.since > S.deployment.cap)
    lacks = Not(And(S.b.fate.arrived, Not(S.b.fate.altered), S.b.fate.finished))
    for reason, act, guard, more in (
        ("cannot open", None, And(Not(opens(S, step)), Not(fate.altered)), {}),
        ("finds something else expected than in", None, unlike, to(link, excused=True)),
        ("finds the time over for", None, over, {}),
        ("declines, as renewed,", Act.DECLINE_RENEWED, And(S.b.fate.sealed, S.b.fate.renews), to(link, stranded=lacks)),
        ("declines", Act.DECLINE_WHIM, TRUE, {}),
    ):
        allowed = allows(S, _answer(act, second), without) if act else TRUE
        yield Move(f"{who} {reason} A", And(asked, guard, allowed), {**declined, **more})


# --- time and keys ----------------------------------------------------------------------------------------------------


def _time(without: Without) -> Iterator[Move]:
    later = ANY.seconds >= 1
    c, k = S.clocks, S.keys
    yield Move("time passes at the client", later, to(c, client=c.client + ANY.seconds))
    for name, server, second in (
        ("time passes at the server", c.server + ANY.seconds, c.second),
        ("time passes at the second server", c.server, c.second + ANY.seconds),
        ("time passes at both servers", c.server + ANY.seconds, c.second + ANY.seconds),
    ):
        step = Step(Act.TICK, S.a, PICKED, S.session, server, second, ANY.name, ANY.extended)
        yield _move(name, without, step, later, to(c, server=server, second=second))
    yield Move("the next key is handed on", TRUE, to(k, second_has=k.newest + 1))
    yield _move(
        "the next key comes into use", without, _step(Act.ROTATE, S.a), ANY.oldest >= k.oldest,
        to(k, newest=k.newest + 1, since=c.server, oldest=ANY.oldest),
    )  # fmt: skip
