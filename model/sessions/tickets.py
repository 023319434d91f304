"""The moves of tickets: sealed, delivered, confirmed, stored, deleted.

A move about a ticket that is not followed is the same move about one that is picked: of such a ticket only what is
proved of the followed ones may be assumed, since it was sealed before whatever comes of it (``rules.sound``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import z3

from rfc5077.model.proof.unbounded import Move
from rfc5077.model.sessions.rules import Act, proved_rightly, sound
from rfc5077.model.sessions.setting import ANY, SERVERS, TRUE, Setting, earlier, resumption
from rfc5077.model.sessions.state import PICKED, Connection, Held, Parameters, Stage, Ticket, copied, to

And, If, Implies, Not, Or = z3.And, z3.If, z3.Implies, z3.Not, z3.Or
FALSE = z3.BoolVal(False)
FURTHER = PICKED.further


# --- issuing ----------------------------------------------------------------------------------------------------------


def issuing(setting: Setting) -> Iterator[Move]:
    """Either server seals a ticket: in the session's own handshake, or in a resumption by another ticket."""
    state = setting.state
    for second, who in SERVERS.items():
        then, possible = earlier(setting, second)
        for ticket in state.tickets():
            yield _sealing(setting, second, f"{who} issues", ticket, state.session, TRUE, FALSE)
            for other in (*state.tickets(), FURTHER):
                if other is ticket:
                    continue
                resumed = setting.allows(resumption(setting, other, then))
                known = sound(state, FURTHER, setting.binds) if other is FURTHER else TRUE
                guard = And(other.fate.arrived, possible, known, resumed)
                what = "another" if other is FURTHER else _name(other)
                yield _sealing(
                    setting, second, f"{who} renews {what} by", ticket, PICKED.resumed, guard,
                    _renews(setting, ticket, other),
                )  # fmt: skip
    for connection in state.beside:
        yield from _renewing_beside(setting, connection)


def _name(ticket: Ticket) -> str:
    return "C" if ticket.held is Held.FURTHER else ticket.held.name


def _renews(setting: Setting, ticket: Ticket, other: Ticket) -> z3.BoolRef:
    """Of A and B, one renews the other."""
    pair = (setting.state.a, setting.state.b)
    return z3.BoolVal(ticket in pair and other in pair)


def _sealing(
    setting: Setting, second: bool, how: str, ticket: Ticket, source: Parameters, guard: z3.BoolRef, renews: z3.BoolRef
) -> Move:
    step = replace(setting.step(Act.SEAL, ticket), source=source, acting=setting.sealing(second))
    fate = to(ticket.fate, sealed=True, key=ANY.key, time=ANY.time, sealed_at=step.acting.now, hint=ANY.hint,
              renews=renews)  # fmt: skip
    ready = And(Not(ticket.fate.sealed), ANY.hint >= 0, guard)
    return setting.move(f"{how} {_name(ticket)}", step, ready, fate, copied(ticket.state, PICKED.sealed))


def _renewing_beside(setting: Setting, connection: Connection) -> Iterator[Move]:
    """In a second connection the server seals what it resumed there, whatever has happened since."""
    offered, link = connection.offers, connection.link
    for second, who in SERVERS.items():
        there = And(link.stage.is_(Stage.HONOURED), link.by_second == second)
        for ticket in setting.state.tickets():
            if ticket is not offered:
                renews = _renews(setting, ticket, offered)
                how = f"{link.prefix}: {who} renews {_name(offered)} by"
                yield _sealing(setting, second, how, ticket, connection.server, there, renews)


# --- delivering -------------------------------------------------------------------------------------------------------


def delivering(setting: Setting) -> Iterator[Move]:
    """The ticket, the Finished on both sides after it, and a later resumption that brings no new one."""
    state = setting.state
    for ticket in state.tickets():
        fate, name = ticket.fate, _name(ticket)
        yield setting.move(
            f"{name} arrives", setting.step(Act.ARRIVE, ticket), And(fate.sealed, Not(fate.arrived)),
            to(fate, arrived=True, arrived_at=state.clocks.client, counted_from=ANY.counted_from, altered=ANY.altered),
        )  # fmt: skip
        yield setting.move(
            f"client takes the server's Finished after {name}", setting.step(Act.PROVE, ticket),
            And(fate.arrived, Not(fate.proved)), to(fate, proved=True, finished=ANY.right),
        )  # fmt: skip
        yield setting.move(
            f"client sends Finished after {name}", setting.step(Act.ANSWER, ticket), fate.arrived,
            to(fate, answered=True),
        )  # fmt: skip
        yield setting.move(
            f"server takes the client's Finished after {name}", setting.step(Act.CONFIRM, ticket), fate.sealed,
            to(fate, confirmed=True),
        )  # fmt: skip
        yield setting.move(
            f"another connection resumes by {name} without renewal", setting.step(Act.CONTINUE, ticket), fate.arrived,
            to(fate, counted_from=ANY.counted_from),
        )  # fmt: skip


# --- the client's store -----------------------------------------------------------------------------------------------


def keeping(setting: Setting) -> Iterator[Move]:
    """What the client puts into its store, and what it deletes."""
    state = setting.state
    for ticket in state.tickets():
        known = And(ticket.fate.arrived, Not(ticket.fate.deleted))
        yield _storing(setting, ticket, _name(ticket), known)
        yield from failing(setting, ticket, TRUE, "a connection")
    # Of a ticket that is not followed it makes no difference what is sealed in it, nor whether it was deleted before.
    known = And(FURTHER.fate.arrived, proved_rightly(FURTHER, setting.binds))
    yield _storing(setting, FURTHER, "a further ticket of the session", known)
    # What is deleted for no failure may be stored once more.
    yield Move("client deletes what it has stored", TRUE, state.put(Held.NOTHING, filled=FALSE))
    yield from _ending(setting)
    # Of that session nothing but its secret is of interest.
    yield setting.move(
        "another session's ticket is stored", setting.step(Act.STORE_ANOTHER, state.a), TRUE,
        state.put(Held.ANOTHER), to(state.kept, secret=PICKED.kept.secret),
    )  # fmt: skip
    yield setting.move(
        "client stores a ticket of zero length", setting.step(Act.STORE_EMPTY, state.a), TRUE,
        state.put(Held.EMPTY_ONE),
    )  # fmt: skip


def _storing(setting: Setting, ticket: Ticket, name: str, known: z3.BoolRef) -> Move:
    state = setting.state
    return setting.move(
        f"client stores {name}", setting.step(Act.STORE, ticket), known,
        state.put(ticket.held, ticket, server=ANY.server, filled=TRUE), copied(state.kept, PICKED.kept),
    )  # fmt: skip


def failing(setting: Setting, ticket: Ticket, ready: z3.BoolRef, where: str, **more: z3.ExprRef) -> Iterator[Move]:
    """A resumption is accepted and fails; the client deletes the ticket, wherever it is, or keeps it."""
    fate, name, here = ticket.fate, _name(ticket), setting.state.stores(ticket)
    guard, how = And(fate.arrived, ready), f"{where} that resumes by {name} fails"
    mark = {**to(fate, failed=True), **more}
    gone = to(fate, deleted=True)
    yield Move(f"{how}; client deletes it", guard, {**_emptied(setting, here), **mark, **gone})
    yield setting.move(f"{how}; client keeps it", setting.step(Act.KEEP_AFTER_FAILURE, ticket), guard, mark)


def _ending(setting: Setting) -> Iterator[Move]:
    """A fatal alert ends a connection of the session; the client forgets the session, or does not."""
    state, how = setting.state, "a fatal alert ends a connection of the session"
    ours = state.slot.held.among(Held.A, Held.B, Held.FURTHER)
    mark = to(state.slot, alarmed=True)
    gone = to(state.slot, ended=True)
    yield Move(f"{how}; client forgets it", TRUE, {**_emptied(setting, ours), **mark, **gone})
    yield setting.move(f"{how}; client keeps it", setting.step(Act.KEEP_AFTER_ALERT, state.a), TRUE, mark)


def _emptied(setting: Setting, here: z3.BoolRef) -> dict[str, z3.ExprRef]:
    """The store holds nothing any more, where this is true."""
    slot, third = setting.state.slot, setting.state.third
    nothing = to(slot, held=Held.NOTHING)[f"{slot.prefix}.held"]
    changes = {
        **to(slot, filled=And(slot.filled, Not(here))),
        f"{slot.prefix}.held": If(here, nothing, slot.held.z3),
    }
    return {**changes, **to(third.mark, here=And(third.mark.here, Not(here)))} if third else changes
