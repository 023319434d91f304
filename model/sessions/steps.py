"""The many-connection model: its start, and all its moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import z3

from rfc5077.model.lasting import Binds, all_but, where
from rfc5077.model.proof.unbounded import Move, System
from rfc5077.model.sessions.connections import resuming
from rfc5077.model.sessions.rules import WINDOW_SUFFICES, Act
from rfc5077.model.sessions.setting import ANY, TRUE, Setting
from rfc5077.model.sessions.state import PICKED, STATE, Acting, Held, Sessions, Stage, to
from rfc5077.model.sessions.tickets import delivering, issuing, keeping

And, Not, Or = z3.And, z3.Not, z3.Or
Without = frozenset[str]


@cache
def sessions(without: Without = frozenset(), window: int = 0) -> System:
    """The model where the rows of the given ids do not bind; ``window`` 0 leaves the window of keys open."""
    return replace(made("sessions", STATE, all_but(without), window), left_out=without)


def made(name: str, state: Sessions, binds: Binds, window: int = 0) -> System:
    """The model over a state: with more or fewer followed tickets and connections."""
    setting = Setting(state, binds)
    moves = (*issuing(setting), *delivering(setting), *keeping(setting), *resuming(setting), *_time(setting))
    return System(name, state.whole(), start(setting, window), moves, PICKED.terms())


def start(setting: Setting, window: int = 0) -> z3.BoolRef:
    """The session is born; what came before is arbitrary, and none of its tickets is there yet."""
    s = setting.state
    d, c, k = s.deployment, s.clocks, s.keys
    choices = [d.life >= 1, d.cap >= 1, d.interval >= 1, d.window >= 0, d.skew >= 0]
    born = Or(c.server == s.session.since, c.second == s.session.since)
    clocks = [born, c.server - c.second <= d.skew, c.second - c.server <= d.skew]
    # A key that was handed on before may as well be handed on now.
    keys = [k.since <= c.server, k.oldest <= k.newest, k.second_has == k.newest, k.oldest == k.newest - d.window]
    if window:
        enough = window * d.interval > d.life + 2 * d.skew
        choices += [d.window == window, where(setting.binds(WINDOW_SUFFICES), enough)]
    blank = [t.fate for t in s.tickets()] + [c.link for c in s.connections()] + ([s.third.mark] if s.third else [])
    flags = [Not(term) for record in blank for term in record.terms.values() if z3.is_bool(term)]
    # Whatever the store holds when the session is born belongs to another.
    store = [s.slot.held.among(Held.NOTHING, Held.ANOTHER), s.kept.secret != s.session.secret, Not(s.slot.filled)]
    store += [Not(s.slot.alarmed), Not(s.slot.ended)]
    idle = [connection.link.stage.is_(Stage.IDLE) for connection in s.connections()]
    return And(*choices, *clocks, *keys, *flags, *store, *idle, s.session.identity >= 0)


def _time(setting: Setting) -> Iterator[Move]:
    later, s = ANY.seconds >= 1, setting.state
    c, k = s.clocks, s.keys
    yield Move("time passes at the client", later, to(c, client=c.client + ANY.seconds))
    server, second = c.server + ANY.seconds, c.second + ANY.seconds
    for name, ours, theirs in (("server", server, c.second), ("second server", c.server, second)):
        clocks = Acting("clocks", {"now": ours, "newest": theirs, "oldest": k.oldest})
        step = replace(setting.step(Act.TICK, s.a), acting=clocks)
        yield setting.move(f"time passes at the {name}", step, later, to(c, server=ours, second=theirs))
    # That does not bring the clocks apart, so nothing bounds it.
    yield Move("time passes at both servers", later, to(c, server=server, second=second))
    yield Move("the next key is handed on", TRUE, to(k, second_has=k.second_has + 1))
    yield setting.move(
        "the next key comes into use", setting.step(Act.ROTATE, s.a), ANY.oldest >= k.oldest,
        to(k, newest=k.newest + 1, since=c.server, oldest=ANY.oldest),
    )  # fmt: skip
