"""What the clauses say of steps that no single connection shows: clocks, keys, stores, several connections.

One row per clause and kind of step.  A row whose id is no clause's is a choice of the deployer (see ``CHOICES``) on
which a theorem may rest; it can be dropped like a clause.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

import z3

from rfc5077.model.lasting import Binds, Lasting, in_order, where
from rfc5077.model.proof.unbounded import fresh
from rfc5077.model.sessions.state import (
    PICKED,
    STATE,
    Acting,
    Connection,
    Parameters,
    Picked,
    Sessions,
    Ticket,
    same,
)

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class Act(Enum):
    """A kind of step."""

    SEAL = auto()  # the server seals a ticket for a session that it holds
    ARRIVE = auto()  # NewSessionTicket reaches the client
    CONTINUE = auto()  # a later connection resumes by the ticket, and brings no new one
    PROVE = auto()  # the client takes the server's Finished after the ticket for right
    ANSWER = auto()  # the client sends its Finished after the ticket
    CONFIRM = auto()  # the server takes the client's Finished after the ticket for right
    STORE = auto()  # the client puts the ticket into its store
    STORE_EMPTY = auto()  # the client puts a ticket of zero length into its store
    STORE_ANOTHER = auto()  # another connection puts a ticket of another session there
    KEEP_AFTER_FAILURE = auto()  # a resumption by the ticket was accepted and failed; the client keeps the ticket
    KEEP_AFTER_ALERT = auto()  # a connection of the session ended by a fatal alert; the client keeps the ticket
    OFFER = auto()
    HONOUR = auto()
    DECLINE_RENEWED = auto()  # the server declines the ticket because it was renewed
    DECLINE_WHIM = auto()  # the server declines the ticket for no reason that it could name
    ACCEPT = auto()  # the client goes through with the resumption
    ROTATE = auto()
    TICK = auto()


@dataclass(frozen=True)
class Step:
    """A step before it is taken: the ticket it is about, what is picked, and what the acting server goes by.

    ``source`` is what the server holds of the session when it seals; ``name`` and ``extended`` are of the hello that
    it answers in the ``connection``; ``renewal`` is the ticket for whose sake it declines.
    """

    act: Act
    ticket: Ticket
    picked: Picked
    source: Parameters
    acting: Acting
    name: z3.ArithRef
    extended: z3.BoolRef
    connection: Connection
    renewal: Ticket


def rule(id: str, act: Act, formula: Callable[[Sessions, Step], z3.BoolRef]) -> Lasting[Sessions, Step]:
    """What one clause says about one kind of step."""
    return Lasting(id, formula, act)


def opens(s: Sessions, step: Step) -> z3.BoolRef:
    """The acting server has the key of the ticket, and the ticket is as it was sealed."""
    fate = step.ticket.fate
    return And(step.acting.oldest <= fate.key, fate.key <= step.acting.newest, Not(fate.altered))


def _identity(one: Parameters, other: Parameters) -> z3.BoolRef:
    return Or(one.identity == other.identity, one.identity == 0)


def _unexpired(s: Sessions, step: Step) -> z3.BoolRef:
    fate = step.ticket.fate
    return Or(fate.hint == 0, s.clocks.client - fate.counted_from <= fate.hint)


def _answered(step: Step) -> z3.BoolRef:
    """The ServerHello had the extension."""
    return step.connection.link.answer_extended


def _truly_proved(s: Sessions, step: Step) -> z3.BoolRef:
    return step.picked.plain.right


ISSUING = (
    # The ticket carries the session, at least secret and suite.
    rule("R5077-3.1-04", Act.SEAL, lambda s, x: same(x.picked.sealed, x.source, "secret", "suite")),
    rule("R5077-4-11", Act.SEAL, lambda s, x: same(x.picked.sealed, x.source, "version")),
    rule("R5077-4-11", Act.SEAL, lambda s, x: x.picked.plain.time == x.acting.now),
    rule("R5077-4-13", Act.SEAL, lambda s, x: _identity(x.picked.sealed, x.source)),
    rule("R5077-4-15", Act.SEAL, lambda s, x: same(x.picked.sealed, x.source, "name")),
    rule("R7627-5.4-01", Act.SEAL, lambda s, x: same(x.picked.sealed, x.source, "extended")),
    # A renewal does not make the session younger.
    rule("R9325-3.4-05", Act.SEAL, lambda s, x: same(x.picked.sealed, x.source, "since")),
    # That keys change means that new tickets are sealed with the new one.
    rule("R5077-5.5-04", Act.SEAL, lambda s, x: x.picked.plain.key == x.acting.newest),
)

DELIVERING = (
    rule("R5077-3.3-14", Act.ARRIVE, lambda s, x: x.picked.plain.counted_from == s.clocks.client),
    rule("R5077-3.3-14", Act.CONTINUE, lambda s, x: x.picked.plain.counted_from == x.ticket.fate.counted_from),
    # A right Finished covers the ticket as it arrived.
    rule("R5077-3.3-04", Act.PROVE, lambda s, x: Implies(x.picked.plain.right, Not(x.ticket.fate.altered))),
    rule("R5077-3.3-04", Act.CONFIRM, lambda s, x: Implies(x.picked.plain.right, Not(x.ticket.fate.altered))),
    rule("R5246-7.4.9-01", Act.PROVE, _truly_proved),
    rule("R5246-7.4.9-01", Act.ANSWER, lambda s, x: x.ticket.fate.proved),
    rule("R5246-7.4.9-01", Act.CONFIRM, lambda s, x: And(x.picked.plain.right, x.ticket.fate.answered)),
)

KEEPING = (
    rule("R5077-3.3-06", Act.STORE, lambda s, x: x.ticket.fate.proved),
    # The client keeps the ticket with the session of the handshake that brought it, under the name of that server.
    rule("R5077-3.1-08", Act.STORE, lambda s, x: Implies(x.ticket.fate.finished, same(x.picked.kept, s.session))),
    rule("R5077-3.1-08", Act.STORE, lambda s, x: x.picked.plain.server == s.deployment.server),
    rule("R5077-3.1-08", Act.STORE_ANOTHER, lambda s, x: x.picked.kept.secret != s.session.secret),
    rule("R5077-3.3-07c", Act.STORE_EMPTY, lambda s, x: z3.BoolVal(False)),
    rule("R5077-3.2-10", Act.KEEP_AFTER_FAILURE, lambda s, x: z3.BoolVal(False)),
    # A session that a fatal alert has ended is forgotten, and what still comes of it is not stored.
    rule("R5246-7.2.2-01", Act.KEEP_AFTER_ALERT, lambda s, x: z3.BoolVal(False)),
    rule("R5246-7.2.2-01", Act.STORE, lambda s, x: Not(s.slot.ended)),
)

OFFERING = (
    rule("R5077-3.1-02", Act.OFFER, lambda s, x: x.picked.plain.server == s.slot.server),
    rule("R5077-3.3-16", Act.OFFER, _unexpired),
    rule("R6066-3-01", Act.OFFER, lambda s, x: x.picked.plain.name == s.kept.name),
)

ANSWERING = (
    rule("R5077-3.2-09", Act.HONOUR, opens),
    # What is resumed is what the ticket holds.
    rule("R5077-3.1-10", Act.HONOUR, lambda s, x: same(x.picked.resumed, x.ticket.state, "secret", "version")),
    rule("R5077-3.1-10", Act.HONOUR, lambda s, x: same(x.picked.resumed, x.ticket.state, "name", "extended")),
    rule("R5077-3.1-10", Act.HONOUR, lambda s, x: same(x.picked.resumed, x.ticket.state, "since")),
    rule("R5077-3.1-10", Act.HONOUR, lambda s, x: _identity(x.picked.resumed, x.ticket.state)),
    rule("R5246-7.4.1.3-02", Act.HONOUR, lambda s, x: same(x.picked.resumed, x.ticket.state, "suite")),
    rule("R9325-3.4-04", Act.HONOUR, lambda s, x: x.acting.now - x.ticket.fate.time <= s.deployment.life),
    rule("R9325-3.4-05", Act.HONOUR, lambda s, x: x.acting.now - x.ticket.state.since <= s.deployment.cap),
    rule("R6066-3-02", Act.HONOUR, lambda s, x: x.name == x.ticket.state.name),
    rule("R7627-5.3-03", Act.HONOUR, lambda s, x: Implies(x.extended, x.ticket.state.extended)),
    rule("R7627-5.3-04", Act.HONOUR, lambda s, x: Implies(x.ticket.state.extended, x.extended)),
    rule("R7627-5.3-06", Act.HONOUR, lambda s, x: Implies(x.extended, x.picked.plain.answer_extended)),
    rule("R7627-5.2-03", Act.HONOUR, lambda s, x: Implies(x.picked.plain.answer_extended, x.extended)),
    rule("R5077-3.3-11", Act.DECLINE_RENEWED, lambda s, x: x.renewal.fate.confirmed),
    rule("R5246-7.4.9-01", Act.ACCEPT, lambda s, x: x.connection.client.secret == x.connection.server.secret),
    rule("R5246-7.4.1.3-04", Act.ACCEPT, lambda s, x: x.connection.client.suite == x.connection.server.suite),
    rule("R7627-5.3-07", Act.ACCEPT, lambda s, x: Implies(_answered(x), x.connection.client.extended)),
    rule("R7627-5.3-08", Act.ACCEPT, lambda s, x: Implies(x.connection.client.extended, _answered(x))),
)

ROTATING = (
    rule("R5077-5.5-04", Act.ROTATE, lambda s, x: s.clocks.server - s.keys.since >= s.deployment.interval),
    # A key is destroyed once no ticket of its is valid.
    rule("R9325-3.4-03", Act.ROTATE, lambda s, x: x.picked.plain.oldest >= s.keys.newest + 1 - s.deployment.window),
)

KEPT_WINDOW = "choice: keys are kept for the window"
HANDED_ON = "choice: a key is handed on before its use"
BOUNDED_SKEW = "choice: the clocks of the servers are close"
GENEROUS = "choice: every live ticket is honoured"
WINDOW_SUFFICES = "choice: the window exceeds life and skew"
ONE_POLICY = "choice: servers take a ticket by policy and clock alone"
CHOICES = (KEPT_WINDOW, HANDED_ON, BOUNDED_SKEW, GENEROUS, WINDOW_SUFFICES, ONE_POLICY)
"""The choices of a deployer that theorems with a profile rest on; the last is about two servers (``two_runs``)."""


def _close(s: Sessions, step: Step) -> z3.BoolRef:
    """The clocks after the tick; ``now`` and ``newest`` are the two servers' here."""
    apart = step.acting.now - step.acting.newest
    return And(apart <= s.deployment.skew, -apart <= s.deployment.skew)


CHOSEN = (
    rule(KEPT_WINDOW, Act.ROTATE, lambda s, x: x.picked.plain.oldest <= s.keys.newest + 1 - s.deployment.window),
    rule(HANDED_ON, Act.ROTATE, lambda s, x: s.keys.second_has > s.keys.newest),
    rule(BOUNDED_SKEW, Act.TICK, _close),
    rule(GENEROUS, Act.DECLINE_RENEWED, lambda s, x: z3.BoolVal(False)),
    rule(GENEROUS, Act.DECLINE_WHIM, lambda s, x: z3.BoolVal(False)),
)

RULES = (*ISSUING, *DELIVERING, *KEEPING, *OFFERING, *ANSWERING, *ROTATING, *CHOSEN)
"""All rows."""


def allows(s: Sessions, step: Step, binds: Binds) -> z3.BoolRef:
    """What the clauses that bind say of the step."""
    return in_order(RULES, s, step, binds, step.act)


_SEALED, _RESUMED = "R5077-3.1-04", "R5077-3.1-10"
INHERITED: dict[str, tuple[str, str]] = {
    "secret": (_SEALED, _RESUMED),
    "version": ("R5077-4-11", _RESUMED),
    "suite": (_SEALED, "R5246-7.4.1.3-02"),
    "extended": ("R7627-5.4-01", _RESUMED),
    "name": ("R5077-4-15", _RESUMED),
    "identity": ("R5077-4-13", _RESUMED),
    "since": ("R9325-3.4-05", _RESUMED),
}
"""By field, the clauses that keep it: when a ticket is sealed, and when a session is resumed by one."""


def sound(s: Sessions, ticket: Ticket, binds: Binds) -> z3.BoolRef:
    """What holds of every ticket of the session, since it held of those that were sealed before.

    Each part holds under the clauses that it rests on; see ``environment`` for the step of the induction.
    """
    fate, facts = ticket.fate, [Implies(ticket.fate.arrived, ticket.fate.sealed)]
    for field, rests in INHERITED.items():
        mine, theirs = ticket.state.terms[field], s.session.terms[field]
        held = Or(mine == theirs, mine == 0) if field == "identity" else mine == theirs
        facts.append(where(both(*(binds(id) for id in rests)), Implies(fate.sealed, held)))
    facts.append(proved_rightly(ticket, binds))
    whole = both(binds("R5246-7.4.9-01"), binds("R5077-3.3-04"))
    facts.append(where(whole, Implies(fate.proved, Not(fate.altered))))
    return And(facts)


def proved_rightly(ticket: Ticket, binds: Binds) -> z3.BoolRef:
    """Where the client takes a ticket for valid, it has arrived, and a right Finished after it."""
    fate = ticket.fate
    return where(binds("R5246-7.4.9-01"), Implies(fate.proved, And(fate.arrived, fate.finished)))


def both(*conditions: z3.BoolRef) -> z3.BoolRef:
    """All of them, as plain truth where that is known."""
    return z3.simplify(And(conditions))


def shown(act: Act) -> Step:
    """A step of this kind as the rows are shown: about the ticket A, with names for all that the server goes by."""
    source, acting = fresh(Parameters, "source"), fresh(Acting, "acting")
    name, extended = z3.Int("hello.name"), z3.Bool("hello.extended")
    return Step(act, STATE.a, PICKED, source, acting, name, extended, STATE.followed, STATE.b)
