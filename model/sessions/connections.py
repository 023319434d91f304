"""The moves of a connection that offers a ticket: hello, answer, and what the client makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import z3

from rfc5077.model.proof.unbounded import Move
from rfc5077.model.sessions.rules import Act, Step, opens
from rfc5077.model.sessions.setting import ANY, SERVERS, TRUE, Setting
from rfc5077.model.sessions.state import PICKED, Connection, Held, Stage, Ticket, copied, to
from rfc5077.model.sessions.tickets import failing

And, Not, Or = z3.And, z3.Not, z3.Or


def resuming(setting: Setting) -> Iterator[Move]:
    """All moves of all connections; those of one beside the followed one begin with its name."""
    for connection in setting.state.connections():
        yield from _offering(setting, connection)
        for second in SERVERS:
            yield from _answering(setting, connection, second)
        yield from _concluding(setting, connection)


def _prefix(setting: Setting, connection: Connection) -> str:
    return "" if connection is setting.state.followed else f"{connection.link.prefix}: "


def _name(ticket: Ticket) -> str:
    return "C" if ticket.held is Held.FURTHER else ticket.held.name


def _offering(setting: Setting, connection: Connection) -> Iterator[Move]:
    # One connection may follow another; a connection that is lost takes no further step.
    state, ticket, link = setting.state, connection.offers, connection.link
    yield setting.move(
        f"{_prefix(setting, connection)}client offers {_name(ticket)}", setting.step(Act.OFFER, ticket, connection),
        state.stores(ticket),
        to(link, stage=Stage.OFFERED, offered_at=state.clocks.client, server=ANY.server, name=ANY.name,
           extended=ANY.extended, condemned=ticket.fate.failed, orphaned=state.slot.alarmed,
           unproved=Not(ticket.fate.finished)),
        copied(connection.client, state.kept),
    )  # fmt: skip


def _answering(setting: Setting, connection: Connection, second: bool) -> Iterator[Move]:
    state, ticket, link = setting.state, connection.offers, connection.link
    who = f"{_prefix(setting, connection)}{SERVERS[second]}"
    asked = link.stage.is_(Stage.OFFERED)

    def answer(act: Act, renewal: Ticket) -> Step:
        step = setting.step(act, ticket, connection)
        return replace(step, acting=setting.acting(second), name=link.name, extended=link.extended, renewal=renewal)

    step, fate = answer(Act.HONOUR, state.other(ticket)), ticket.fate
    now = step.acting.now
    ages = to(link, by_second=second, age=now - fate.sealed_at, session_age=now - state.session.since,
              retired=fate.key < state.keys.newest - state.deployment.window)  # fmt: skip
    noted = to(connection.answered, **step.acting.terms) if connection.answered else {}
    yield setting.move(
        f"{who} resumes by {_name(ticket)}", step, asked, ages, noted, copied(connection.server, PICKED.resumed),
        to(link, stage=Stage.HONOURED, answer_extended=ANY.answer_extended, empty=ANY.empty),
    )  # fmt: skip
    declined = {**ages, **to(link, stage=Stage.DECLINED)}
    for reason, guard, more in _reasons(setting, connection, step):
        yield Move(f"{who} {reason} {_name(ticket)}", And(asked, guard), {**declined, **more})
    for other in state.tickets():
        if other is not ticket:
            guard, lacking = _renewed(setting, connection, other)
            told = setting.allows(answer(Act.DECLINE_RENEWED, other))
            by = "" if other is state.other(ticket) else f" by {_name(other)},"
            name = f"{who} declines, as renewed,{by} {_name(ticket)}"
            yield Move(name, And(asked, guard, told), {**declined, **lacking})
    whim = setting.allows(answer(Act.DECLINE_WHIM, state.other(ticket)))
    yield Move(f"{who} declines {_name(ticket)}", And(asked, whim), declined)


def _reasons(
    setting: Setting, connection: Connection, step: Step
) -> Iterator[tuple[str, z3.BoolRef, dict[str, z3.ExprRef]]]:
    """What a server can name as the reason for a full handshake, where it holds, and what is remembered of it."""
    ticket, link, d = connection.offers, connection.link, setting.state.deployment
    fate, held, now = ticket.fate, ticket.state, step.acting.now
    unlike = Or(held.name != link.name, held.extended != link.extended, fate.altered)
    yield "cannot open", And(Not(opens(setting.state, step)), Not(fate.altered)), {}
    yield "finds something else expected than in", unlike, to(link, excused=True)
    yield "finds the time over for", Or(now - fate.time > d.life, now - held.since > d.cap), {}


def _renewed(setting: Setting, connection: Connection, other: Ticket) -> tuple[z3.BoolRef, dict[str, z3.ExprRef]]:
    """Where the server may take the ticket for renewed by the other one; of A and B, whether the client lacks that."""
    pair, fate = (setting.state.a, setting.state.b), other.fate
    if connection.offers not in pair or other not in pair:
        return fate.sealed, {}
    has = And(fate.arrived, Not(fate.altered), fate.finished)
    return And(fate.sealed, fate.renews), to(connection.link, stranded=Not(has))


def _concluding(setting: Setting, connection: Connection) -> Iterator[Move]:
    state, ticket, link = setting.state, connection.offers, connection.link
    prefix, beside = _prefix(setting, connection), connection.answered is not None
    honoured, done = link.stage.is_(Stage.HONOURED), to(link, stage=Stage.RESUMED)
    accepts = setting.step(Act.ACCEPT, ticket, connection)
    counts = to(ticket.fate, counted_from=ANY.counted_from) if beside else {}
    goes_on = setting.allows(setting.step(Act.CONTINUE, ticket)) if beside else TRUE
    yield setting.move(f"{prefix}client resumes", accepts, And(honoured, goes_on), done, counts)
    yield setting.move(
        f"{prefix}client resumes and stores the ticket of zero length", setting.step(Act.STORE_EMPTY, ticket),
        And(honoured, link.empty, setting.allows(accepts)), done, state.put(Held.EMPTY_ONE),
    )  # fmt: skip
    if beside:
        yield from failing(setting, ticket, honoured, f"{prefix}the connection", **to(link, stage=Stage.BROKEN_OFF))
