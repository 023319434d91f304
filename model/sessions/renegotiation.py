"""One connection with any number of handshakes: what one of them announced is nothing to the next.

On the wire every handshake stands for itself; what client and server remember is their own.  Keys and verify_data stay,
and so does what the client has in its store.  Either side may refuse to renegotiate, and the connection goes on; none
begins before the one at hand has ended.  How a
renegotiation is bound to the handshake before it is the matter of ``attacker.splice``.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.lasting import Act, Change, Lasting, compose, lasting, plainest
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, choose, term
from rfc5077.model.proof.unbounded import System, fresh

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class Phase(Enum):
    """How far the handshake at hand is."""

    QUIET = "none at hand"
    ASKED = "ClientHello"
    ANNOUNCING = "ServerHello"
    ISSUING = "NewSessionTicket"
    OVER = "the connection is over"


class Stock(Enum):
    """What the client's store holds for the server."""

    BARE = auto()
    SOUND = auto()  # a ticket that a right Finished has followed
    RAW = auto()  # a ticket that none has followed
    VOID = auto()  # a ticket of zero length


class Said(Enum):
    """What is said or done in a step."""

    BEGIN_ANEW = auto()
    ANSWER_HELLO = auto()
    BRING_TICKET = auto()
    END_HANDSHAKE = auto()
    KEEP_TICKET = auto()
    KEEP_VOID = auto()
    DECLINE = auto()


class StepFields:
    """A step: whether a hello has the extension, whether the client goes on, and who goes by an earlier handshake."""

    said = Choice(Said.BEGIN_ANEW)
    extension = Flag()
    goes_on = Flag()  # the client takes what has come
    wrong = Flag()  # the server's Finished
    server_memory = Flag()
    client_memory = Flag()


class Step(StepFields, Concrete):
    """A step as a value."""


class StepTerm(StepFields, Symbolic):
    """A step as terms."""


class Handshakes(Symbolic):
    """The handshake at hand, on the wire and as each side remembers it, and what has ever gone wrong."""

    phase = Choice(Phase.QUIET)
    later = Flag()  # a handshake of this connection has completed by a right Finished
    before = Flag()  # some earlier handshake announced a ticket
    asked = Flag()
    announced = Flag()
    issued = Flag()
    void = Flag()  # the last ticket that was issued is of zero length
    right = Flag()  # the server's Finished is
    heard = Flag()  # the server remembers that the client asked
    promised = Flag()  # the server remembers that it announced
    gave = Flag()  # the server remembers that it issued
    wanted = Flag()  # the client remembers that it asked
    told = Flag()  # the client remembers that a ticket was announced
    got = Flag()  # the client remembers that one came
    believed = Flag()  # the client has taken the server's Finished for right
    stock = Choice(Stock.BARE)
    stocked = Flag()  # the store has held a sound ticket
    declined = Flag()  # the server has refused a renegotiation
    unasked = Flag()  # a ServerHello announced what its ClientHello did not ask for
    unannounced = Flag()  # a ticket came in a handshake that had not announced it
    unkept = Flag()  # a handshake announced a ticket and ended, or gave way to the next, without
    misled = Flag()  # the client took an announcement or a ticket that its handshake did not warrant
    cheated = Flag()  # the client went on without the ticket that its handshake announced
    balked = Flag()  # the client refused what the server sent


S = fresh(Handshakes)
P = Phase
Entry = Lasting[Handshakes, StepTerm]


@lasting("K-46")
def each_handshake_announces_for_itself(h: Handshakes, s: StepTerm) -> z3.BoolRef:
    return Not(Or(s.server_memory, s.client_memory))


@lasting("R5077-3.2-08")
def announcement_answers_a_request(h: Handshakes, s: StepTerm) -> z3.BoolRef:
    return Implies(And(s.said.is_(Said.ANSWER_HELLO), s.extension), h.heard)


@lasting("R5077-3.3-03")
def ticket_was_announced(h: Handshakes, s: StepTerm) -> z3.BoolRef:
    return Implies(s.said.is_(Said.BRING_TICKET), h.promised)


@lasting("R5077-3.3-02")
def announced_ticket_comes(h: Handshakes, s: StepTerm) -> z3.BoolRef:
    return Implies(And(s.said.is_(Said.END_HANDSHAKE), h.promised), h.gave)


@lasting("R5246-7.4.1.4-02")
def unasked_announcement_is_refused(h: Handshakes, s: StepTerm) -> z3.BoolRef:
    return Implies(And(s.said.is_(Said.ANSWER_HELLO), s.extension, s.goes_on), h.wanted)


@lasting("R5246-7.4-01")
def messages_come_in_order(h: Handshakes, s: StepTerm) -> z3.BoolRef:
    ticket, end = And(s.said.is_(Said.BRING_TICKET), s.goes_on), And(s.said.is_(Said.END_HANDSHAKE), s.goes_on)
    return And(Implies(ticket, h.told), Implies(And(end, h.told), h.got))


@lasting("R5246-7.4.9-01")
def finished_is_verified(h: Handshakes, s: StepTerm) -> z3.BoolRef:
    return Implies(And(s.said.is_(Said.END_HANDSHAKE), s.goes_on), Not(s.wrong))


@lasting("R5077-3.3-06")
def ticket_counts_after_finished(h: Handshakes, s: StepTerm) -> z3.BoolRef:
    return Implies(s.said.is_(Said.KEEP_TICKET), h.believed)


@lasting("R5077-3.3-07c")
def void_ticket_is_not_kept(h: Handshakes, s: StepTerm) -> z3.BoolRef:
    return Not(s.said.is_(Said.KEEP_VOID))


CLAUSES: tuple[Entry, ...] = (
    each_handshake_announces_for_itself,
    announcement_answers_a_request,
    ticket_was_announced,
    announced_ticket_comes,
    unasked_announcement_is_refused,
    messages_come_in_order,
    finished_is_verified,
    ticket_counts_after_finished,
    void_ticket_is_not_kept,
)
SERVERS = frozenset({"R5077-3.2-08", "R5077-3.3-02", "R5077-3.3-03"})
"""What binds the server alone; what is proved without it holds of a client that talks to any server."""
CLIENTS = frozenset({"R5246-7.4-01", "R5246-7.4.1.4-02", "R5246-7.4.9-01"})
"""By what the client refuses; what is proved without it holds of a server whose client takes anything."""


def _missing() -> z3.BoolRef:
    return And(S.announced, Not(S.issued))


def _beginning() -> Iterator[Act]:
    anew: dict[str, Change] = {
        "phase": term(P.ASKED), "before": Or(S.before, S.announced), "announced": False, "issued": False,
        "right": False, "believed": False, "unkept": Or(S.unkept, And(Not(S.phase.is_(P.QUIET)), _missing())),
    }  # fmt: skip
    for extension, words in ((False, "without"), (True, "with")):
        for server, client in ((False, False), (True, False), (False, True)):
            who = ", the server goes by before" if server else ", the client goes by before" if client else ""
            asks = z3.BoolVal(extension)
            memory: dict[str, Change] = {
                "asked": extension, "heard": Or(asks, S.heard) if server else asks,
                "promised": And(z3.BoolVal(server), S.promised), "gave": And(z3.BoolVal(server), S.gave),
                "wanted": Or(asks, S.wanted) if client else asks,
                "told": And(z3.BoolVal(client), S.told), "got": And(z3.BoolVal(client), S.got),
            }  # fmt: skip
            yield Act(f"client > server: ClientHello {words} the extension{who}",
                      Step(said=Said.BEGIN_ANEW, extension=extension, server_memory=server, client_memory=client),
                      S.phase.is_(P.QUIET), anew | memory)  # fmt: skip
    decline = Step(said=Said.DECLINE)
    yield Act("server > client: Alert, no_renegotiation", decline, S.phase.is_(P.ASKED),
              {"phase": term(P.QUIET), "declined": True})  # fmt: skip
    yield Act("client > server: Alert, no_renegotiation", decline, S.phase.is_(P.QUIET),
              {})  # fmt: skip
    yield Act("client: loses the connection", decline, Not(S.phase.is_(P.OVER)), {"phase": term(P.OVER)})


def _heard(name: str, step: Step, here: z3.BoolRef, changes: dict[str, Change], reason: z3.BoolRef) -> Iterator[Act]:
    """A message of the server: the client goes on, or refuses it where it remembers a reason to."""
    yield Act(name, step.but(goes_on=True), here, changes)
    yield Act(f"{name}; refused", step, And(here, reason), {"phase": term(P.OVER), "balked": True})


def _answering() -> Iterator[Act]:
    for extension, words in ((False, "without"), (True, "with")):
        has = z3.BoolVal(extension)
        unasked = And(has, Not(S.asked))
        yield from _heard(
            f"server > client: ServerHello {words} the extension", Step(said=Said.ANSWER_HELLO, extension=extension),
            S.phase.is_(P.ASKED),
            {"phase": term(P.ANNOUNCING), "announced": extension, "promised": Or(S.promised, has),
             "told": Or(S.told, has), "unasked": Or(S.unasked, unasked), "misled": Or(S.misled, unasked)},
            And(has, Not(S.wanted)),
        )  # fmt: skip
    for void, words in ((False, ""), (True, " of zero length")):
        yield from _heard(
            f"server > client: NewSessionTicket{words}", Step(said=Said.BRING_TICKET), S.phase.is_(P.ANNOUNCING),
            {"phase": term(P.ISSUING), "issued": True, "void": void, "gave": True, "got": True,
             "unannounced": Or(S.unannounced, Not(S.announced)), "misled": Or(S.misled, Not(S.announced))},
            Not(S.told),
        )  # fmt: skip


def _ending() -> Iterator[Act]:
    missing = _missing()
    for wrong, words in ((False, ""), (True, ", a wrong one")):
        yield from _heard(
            f"server > client: ChangeCipherSpec, Finished{words}", Step(said=Said.END_HANDSHAKE, wrong=wrong),
            S.phase.among(P.ANNOUNCING, P.ISSUING),
            {"phase": term(P.QUIET), "believed": True, "right": not wrong, **({} if wrong else {"later": True}),
             "unkept": Or(S.unkept, missing), "cheated": Or(S.cheated, missing)},
            And(S.told, Not(S.got)),
        )  # fmt: skip
    held = And(S.got, S.issued, S.phase.among(P.ISSUING, P.QUIET))
    yield Act("client: keeps the ticket", Step(said=Said.KEEP_TICKET), And(held, Not(S.void)),
              {"stock": choose(S.right, Stock.SOUND, Stock.RAW), "stocked": Or(S.stocked, S.right)})  # fmt: skip
    yield Act("client: keeps the ticket of zero length", Step(said=Said.KEEP_VOID), And(held, S.void),
              {"stock": term(Stock.VOID)})  # fmt: skip


@cache
def renegotiation(without: frozenset[str] = frozenset()) -> System:
    """Any number of handshakes of one connection, where the clauses of the given ids do not bind."""
    acts = [*_beginning(), *_answering(), *_ending()]
    return compose("renegotiation", S, StepTerm, acts, CLAUSES, without, plainest(S))
