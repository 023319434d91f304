"""What one connection does to a ticket is what the many-connection model says: obligations, one for each joint move.

The joint model of one connection is seen as the followed connection, which offers A, and as the delivery of B, the
ticket that it brings.  Of each move of the joint model the obligation says that it is one of the moves of the
many-connection model, two of them one after the other, or none, as far as the fields go that both have; the fields
that only the many-connection model has (secrets, clocks, keys) are left open.  So no order of sealing, arrival, proof,
answer and confirmation, and no answer to an offer, comes about in one connection that the many-connection model lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import cast

import z3

from rfc5077.model.event import CLIENT, SERVER, Extension, Message, Party
from rfc5077.model.event import Ticket as Delivered
from rfc5077.model.flows import Position
from rfc5077.model.lasting import where
from rfc5077.model.logic import choose
from rfc5077.model.proof.certificate import Obligation, obligation
from rfc5077.model.proof.joint import STATE as JOINT
from rfc5077.model.proof.joint import Joint, Rule
from rfc5077.model.proof.rules import offers_new_ticket, rules
from rfc5077.model.proof.unbounded import F, Move, System, restricted
from rfc5077.model.sessions.rules import CHOICES
from rfc5077.model.sessions.state import PICKED, STATE, Stage
from rfc5077.model.sessions.steps import sessions
from rfc5077.model.state import Conclusion, Peer

And, Not, Or = z3.And, z3.Not, z3.Or
Seen = Mapping[str, z3.ExprRef]


def seen(j: Joint) -> Seen:
    """The fields of the many-connection model that one connection tells of, by name."""
    client, server = j.client, j.server
    short = client.position.is_(Position.RESUMED)
    sealed = server.ticket.is_(Delivered.SOME)
    arrived = j.world.tickets_delivered.is_(Delivered.SOME)
    whole = And(client.ticket.is_(Delivered.SOME), Not(client.swapped))
    proved = And(arrived, client.verified)
    offered = And(Not(client.position.is_(Position.START)), client.offered.is_(Extension.LIVE))
    answered = And(offered, Not(server.position.among(Position.START, Position.CLIENT_HELLO)))
    through = And(client.verified, client.conclusion.is_(Conclusion.RESUMED))
    stage = choose(
        Not(offered), Stage.IDLE,
        choose(Not(answered), Stage.OFFERED,
               choose(Not(server.resumes), Stage.DECLINED, choose(through, Stage.RESUMED, Stage.HONOURED))),
    )  # fmt: skip
    b, link = STATE.b.fate.prefix, STATE.link.prefix
    return {
        f"{b}.sealed": sealed,
        f"{b}.renews": And(sealed, server.resumes, offered),
        f"{b}.arrived": arrived,
        f"{b}.altered": And(arrived, Not(whole)),
        f"{b}.proved": proved,
        f"{b}.finished": And(proved, client.peer_finished.is_(Peer.RIGHT)),
        f"{b}.answered": And(arrived, short),
        f"{b}.confirmed": And(sealed, server.verified, server.resumes),
        f"{link}.stage": stage.z3,
    }


B, A = STATE.b.held.name, STATE.a.held.name
DECLINES = ("cannot open", "finds something else expected than in", "finds the time over for", "declines, as renewed,",
            "declines")  # fmt: skip
CONFIRMS = f"server takes the client's Finished after {B}"
PROVES, ACCEPTS = f"client takes the server's Finished after {B}", "client resumes"
PATHS: dict[tuple[Party, Message, bool], tuple[tuple[str, ...], ...]] = {
    (CLIENT, Message.ClientHello, False): ((f"client offers {A}",),),
    (SERVER, Message.ServerHello, False): (
        (f"server resumes by {A}",), *((f"server {reason} {A}",) for reason in DECLINES),
    ),
    (SERVER, Message.NewSessionTicket, False): ((f"server issues {B}",), (f"server renews {A} by {B}",)),
    (SERVER, Message.NewSessionTicket, True): ((f"{B} arrives",),),
    (CLIENT, Message.Verification, False): ((PROVES,), (ACCEPTS,), (PROVES, ACCEPTS)),
    (CLIENT, Message.Finished, False): ((f"client sends Finished after {B}",),),
    (SERVER, Message.Verification, False): ((CONFIRMS,),),
}  # fmt: skip
"""By sender, message and whether it is heard rather than said: the moves that it may be; no other message is any."""


TOLD = (
    "client.position", "client.offered", "client.ticket", "client.swapped", "client.verified", "client.conclusion",
    "client.peer_finished", "client.skips", "server.position", "server.ticket", "server.verified", "server.resumes",
    "server.peer_finished", "server.skips", "world.tickets_delivered", "world.to_client_0",
)  # fmt: skip
"""The fields of joint states on which it depends which steps are seen."""


@cache
def shadow(without: frozenset[str] = frozenset()) -> System:
    """The many-connection model on these fields alone; guards that speak of others are left out."""
    return restricted(sessions(without | frozenset(CHOICES)), frozenset(seen(JOINT)))


def obligations(known: z3.BoolRef, without: frozenset[str] = frozenset()) -> Iterator[Obligation]:
    """For each joint move that is seen, from what is known of joint states, on the fields :data:`TOLD`."""
    before, moves = seen(JOINT), {move.name: move for move in shadow(without).moves}
    for number, rule in enumerate(rules(without)):
        after = _after(rule, before)
        changed = [name for name, term in after.items() if not term.eq(before[name])]
        if changed:
            paths = PATHS.get((rule.event.sender, rule.event.message, rule.delivery), ())
            found = [_is([moves[name] for name in path], before, after) for path in paths]
            found.append(And([after[name] == before[name] for name in changed]))
            yield obligation(f"projection {number}: {rule.name}", known, rule.guard, Not(Or(found)))
    # A ticket that the server sealed is offered later where the client may store it.
    sealed, arrived, proved = (cast(z3.BoolRef, before[f"{B}.{field}"]) for field in ("sealed", "arrived", "proved"))
    counts = where(z3.BoolVal("R5077-3.3-06" not in without), proved)
    offered = And(sealed, offers_new_ticket(without))
    yield obligation("projection: client offers the ticket later", known, offered, Not(And(arrived, counts)))


def _after(rule: Rule, before: Seen) -> Seen:
    """What is seen after a joint move."""
    pairs = list(zip(JOINT.terms(), rule.result.terms(), strict=True))
    return {name: z3.simplify(z3.substitute(term, *pairs)) for name, term in before.items()}


def _is(path: Iterable[Move], before: Seen, after: Seen) -> z3.BoolRef:
    """These moves are possible one after the other, and lead to what is seen after."""
    state: dict[str, z3.ExprRef] = dict(before)
    facts: list[z3.BoolRef] = []
    for move in path:
        right = JOINT.server.peer_finished.is_(Peer.RIGHT) if move.name == CONFIRMS else after[f"{B}.finished"]
        picks = _picks(after, right)
        facts.append(_at(move.guard, state, picks))
        state |= {name: _at(term, state, picks) for name, term in move.changes.items()}
    return And(*facts, *(state[name] == after[name] for name in state))


Pairs = list[tuple[z3.ExprRef, z3.ExprRef]]


def _picks(after: Seen, right: z3.ExprRef) -> Pairs:
    """What a move picks: what is seen after it; of what is not seen, the plainest."""
    plain = PICKED.plain
    pairs: Pairs = [(plain.altered, after[f"{B}.altered"]), (plain.right, right), (plain.hint, z3.IntVal(0))]
    pairs += [(plain.extended, z3.BoolVal(False)), (plain.answer_extended, z3.BoolVal(False))]
    return pairs + [(term, PICKED.resumed.terms[name]) for name, term in PICKED.sealed.terms.items()]


def _at(formula: F, state: Seen, picks: Pairs) -> F:
    """The formula where the fields are these, and this is picked."""
    fields = [(term, state[name]) for name, term in sessions().state.terms.items() if name in state]
    return z3.substitute(formula, *picks, *fields)
