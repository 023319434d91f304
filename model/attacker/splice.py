"""Renegotiation through the network: are words that came before a handshake ever taken for somebody else's?

Client and server each have a connection: with one another, with one another at another time, with the attacker, who is
a lawful peer of both, or none so far.  Then one handshake between the two goes through him.  Each of them holds it for
the first of its connection, or for a renegotiation of what it has.  The verify_data of different handshakes differ; how
an attacker makes them equal is the matter of ``gluing``.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.lasting import Act, Change, Lasting, compose, lasting, plainest
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, Term, term
from rfc5077.model.proof.unbounded import System, fresh

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class Before(Enum):
    """With whom a party had the handshake before, on its connection."""

    NO_HANDSHAKE = auto()
    EACH_OTHER = auto()
    ANOTHER_TIME = auto()  # the right party, on another connection of that party
    INTRUDER = auto()


class Mark(Enum):
    """What a hello says of the handshake before."""

    UNMARKED = auto()
    SIGNAL_SUITE = auto()  # there is none, by the signalling cipher suite
    BLANK_INFO = auto()  # there is none, by an empty renegotiation_info
    SAVED = auto()  # the verify_data that the sender saved
    RESTORED = auto()  # verify_data that came with a ticket, from another connection
    OF_INTRUDER = auto()  # the verify_data that the receiver shares with the attacker


class Reach(Enum):
    """How far the handshake between client and server is."""

    APART = auto()
    HELLO_OUT_THERE = auto()
    HELLO_TAKEN = auto()
    ANSWER_OUT_THERE = auto()
    ANSWER_TAKEN = auto()
    THROUGH = auto()


class Doing(Enum):
    """What a step is, as far as a clause cares."""

    INDIFFERENT = auto()
    CLIENT_SAYS_HELLO = auto()
    SERVER_TAKES_HELLO = auto()
    SERVER_SAYS_HELLO = auto()
    CLIENT_TAKES_HELLO = auto()
    BOTH_FINISH = auto()


class StepFields:
    """A step; ``mark`` is what is sent, the flags say what is done badly."""

    doing = Choice(Doing.INDIFFERENT)
    mark = Choice(Mark.UNMARKED)
    from_ticket = Flag()  # the server compares with verify_data that came with a ticket
    careless = Flag()  # Finished is not verified
    partial = Flag()  # Finished leaves out the hellos


class Step(StepFields, Concrete):
    """A step as a value."""


class StepTerm(StepFields, Symbolic):
    """A step as terms."""


class World(Symbolic):
    """Both connections, and the handshake between client and server."""

    client_before = Choice(Before.NO_HANDSHAKE)
    server_before = Choice(Before.NO_HANDSHAKE)
    server_fed = Flag()  # the server has taken words of the attacker, and waits for more
    client_fed = Flag()  # the client has
    reach = Choice(Reach.APART)
    heard = Choice(Mark.UNMARKED)  # the hello: as the client sent it, then as the server got it
    told = Choice(Mark.UNMARKED)  # the server's hello, likewise
    altered = Flag()  # a hello was


W = fresh(World)
B, M, R = Before, Mark, Reach
Entry = Lasting[World, StepTerm]
INFO = (M.BLANK_INFO, M.SAVED, M.RESTORED, M.OF_INTRUDER)
"""The marks that stand in renegotiation_info."""
VERIFY_DATA = (M.SAVED, M.RESTORED, M.OF_INTRUDER)


def _first(before: Term[Before]) -> z3.BoolRef:
    return before.is_(B.NO_HANDSHAKE)


def _right(w: World, got: Term[Mark], before: Term[Before]) -> z3.BoolRef:
    """What has come is what the receiver saved: of the one handshake that both had, or of that with the attacker."""
    one = And(w.client_before.is_(B.EACH_OTHER), w.server_before.is_(B.EACH_OTHER), got.is_(M.SAVED))
    return Or(one, And(before.is_(B.INTRUDER), got.is_(M.OF_INTRUDER)))


@lasting("R5746-3.1-01")
def verify_data_is_the_connections(w: World, s: StepTerm) -> z3.BoolRef:
    return And(Not(s.mark.is_(M.RESTORED)), Not(s.from_ticket))


@lasting("R5746-3.4-01")
def first_hello_signals(w: World, s: StepTerm) -> z3.BoolRef:
    first = And(s.doing.is_(Doing.CLIENT_SAYS_HELLO), _first(w.client_before))
    return Implies(first, s.mark.among(M.SIGNAL_SUITE, M.BLANK_INFO))


@lasting("R5746-3.4-02")
def first_answer_is_bound_to_nothing(w: World, s: StepTerm) -> z3.BoolRef:
    first = And(s.doing.is_(Doing.CLIENT_TAKES_HELLO), _first(w.client_before))
    return Implies(first, Not(w.told.among(*VERIFY_DATA)))


@lasting("R5746-3.5-01")
def renegotiating_client_says_what_it_saved(w: World, s: StepTerm) -> z3.BoolRef:
    again = And(s.doing.is_(Doing.CLIENT_SAYS_HELLO), Not(_first(w.client_before)))
    return Implies(again, s.mark.among(M.SAVED, M.RESTORED))


@lasting("R5746-3.6-01")
def signal_is_answered(w: World, s: StepTerm) -> z3.BoolRef:
    asked = And(_first(w.server_before), w.heard.among(M.SIGNAL_SUITE, M.BLANK_INFO))
    return Implies(And(s.doing.is_(Doing.SERVER_SAYS_HELLO), asked), s.mark.is_(M.BLANK_INFO))


@lasting("R5746-3.6-03")
def first_hello_is_bound_to_nothing(w: World, s: StepTerm) -> z3.BoolRef:
    first = And(s.doing.is_(Doing.SERVER_TAKES_HELLO), _first(w.server_before))
    return Implies(first, Not(w.heard.among(*VERIFY_DATA)))


@lasting("R5746-3.7-01")
def binding_is_verified(w: World, s: StepTerm) -> z3.BoolRef:
    server = And(s.doing.is_(Doing.SERVER_TAKES_HELLO), Not(_first(w.server_before)), w.heard.among(*INFO))
    client = And(s.doing.is_(Doing.CLIENT_TAKES_HELLO), Not(_first(w.client_before)))
    restored = And(s.from_ticket, w.heard.is_(M.RESTORED))
    return And(
        Implies(server, Or(_right(w, w.heard, w.server_before), restored)),
        Implies(client, _right(w, w.told, w.client_before)),
    )


@lasting("R5746-3.7-02")
def unbound_renegotiation_aborts(w: World, s: StepTerm) -> z3.BoolRef:
    again = And(s.doing.is_(Doing.SERVER_TAKES_HELLO), Not(_first(w.server_before)))
    return Implies(again, w.heard.among(*INFO))


@lasting("R5246-7.4.9-01")
def finished_is_verified(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.careless)


@lasting("R5246-7.4.9-03")
def finished_covers_everything(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.partial)


CLAUSES: tuple[Entry, ...] = (
    verify_data_is_the_connections,
    first_hello_signals,
    first_answer_is_bound_to_nothing,
    renegotiating_client_says_what_it_saved,
    signal_is_answered,
    first_hello_is_bound_to_nothing,
    binding_is_verified,
    unbound_renegotiation_aborts,
    finished_is_verified,
    finished_covers_everything,
)

WORDS = {
    M.UNMARKED: "no renegotiation_info",
    M.SIGNAL_SUITE: "signalling suite",
    M.BLANK_INFO: "empty renegotiation_info",
    M.SAVED: "its verify_data",
    M.RESTORED: "verify_data of a ticket",
    M.OF_INTRUDER: "his verify_data",
}


def _befores() -> list[Act]:
    fresh_client, fresh_server = _first(W.client_before), _first(W.server_before)
    apart = W.reach.is_(R.APART)
    both: dict[str, Change] = {"client_before": term(B.EACH_OTHER), "server_before": term(B.EACH_OTHER)}
    return [
        Act("client > server: a first handshake, untouched", Step(), And(apart, fresh_client, fresh_server), both),
        Act("client > network: a first handshake with him", Step(), And(apart, fresh_client),
            {"client_before": term(B.INTRUDER)}),
        Act("network > server: a first handshake of his own", Step(), And(Not(W.reach.is_(R.THROUGH)), fresh_server,
            W.reach.among(R.APART, R.HELLO_OUT_THERE)), {"server_before": term(B.INTRUDER)}),
        Act("client: has had a handshake with the server elsewhere", Step(), And(apart, fresh_client),
            {"client_before": term(B.ANOTHER_TIME)}),
        Act("server: has had a handshake with the client elsewhere", Step(), And(apart, fresh_server),
            {"server_before": term(B.ANOTHER_TIME)}),
        Act("network > server: application data of his", Step(), And(W.server_before.is_(B.INTRUDER), Not(W.server_fed),
            W.reach.among(R.APART, R.HELLO_OUT_THERE)), {"server_fed": True}),
        Act("network > client: application data of his", Step(), And(W.client_before.is_(B.INTRUDER), Not(W.client_fed),
            apart), {"client_fed": True}),
    ]  # fmt: skip


def _hello() -> list[Act]:
    acts = []
    sent, out = W.reach.is_(R.APART), W.reach.is_(R.HELLO_OUT_THERE)
    for mark in (M.UNMARKED, M.SIGNAL_SUITE, M.BLANK_INFO, M.SAVED, M.RESTORED):
        able = Not(_first(W.client_before)) if mark is M.SAVED else z3.BoolVal(True)
        acts.append(Act(f"client > network: ClientHello, {WORDS[mark]}",
                        Step(doing=Doing.CLIENT_SAYS_HELLO, mark=mark), And(sent, able),
                        {"reach": term(R.HELLO_OUT_THERE), "heard": term(mark)}))  # fmt: skip
    for mark in (M.UNMARKED, M.SIGNAL_SUITE, M.BLANK_INFO, M.OF_INTRUDER):
        able = W.server_before.is_(B.INTRUDER) if mark is M.OF_INTRUDER else z3.BoolVal(True)
        acts.append(Act(f"network: makes that {WORDS[mark]}", Step(), And(out, able, Not(W.heard.is_(mark))),
                        {"heard": term(mark), "altered": True}))  # fmt: skip
    for ticket in (False, True):
        words = ", by the ticket" if ticket else ""
        acts.append(Act(f"network > server: the client's hello{words}",
                        Step(doing=Doing.SERVER_TAKES_HELLO, from_ticket=ticket), out,
                        {"reach": term(R.HELLO_TAKEN)}))  # fmt: skip
    return acts


def _answer() -> list[Act]:
    acts = []
    taken, out = W.reach.is_(R.HELLO_TAKEN), W.reach.is_(R.ANSWER_OUT_THERE)
    for mark in (M.UNMARKED, M.BLANK_INFO, M.SAVED):
        able = Not(_first(W.server_before)) if mark is M.SAVED else z3.BoolVal(True)
        acts.append(Act(f"server > network: ServerHello, {WORDS[mark]}",
                        Step(doing=Doing.SERVER_SAYS_HELLO, mark=mark), And(taken, able),
                        {"reach": term(R.ANSWER_OUT_THERE), "told": term(mark)}))  # fmt: skip
    for mark in (M.UNMARKED, M.BLANK_INFO, M.OF_INTRUDER):
        able = W.client_before.is_(B.INTRUDER) if mark is M.OF_INTRUDER else z3.BoolVal(True)
        acts.append(Act(f"network: makes the answer's {WORDS[mark]}", Step(), And(out, able, Not(W.told.is_(mark))),
                        {"told": term(mark), "altered": True}))  # fmt: skip
    acts.append(Act("network > client: the server's answer", Step(doing=Doing.CLIENT_TAKES_HELLO), out,
                    {"reach": term(R.ANSWER_TAKEN)}))  # fmt: skip
    for careless, partial, words in ((False, False, ""), (True, False, ", unread"), (False, True, ", hellos left out")):
        covered = z3.BoolVal(True) if careless or partial else Not(W.altered)
        acts.append(Act(f"client > server: Certificate, Finished; both complete{words}",
                        Step(doing=Doing.BOTH_FINISH, careless=careless, partial=partial),
                        And(W.reach.is_(R.ANSWER_TAKEN), covered), {"reach": term(R.THROUGH)}))  # fmt: skip
    return acts


@cache
def system(without: frozenset[str] = frozenset()) -> System:
    """The system under the clauses but those of the ids left out."""
    return compose("splice", W, StepTerm, [*_befores(), *_hello(), *_answer()], CLAUSES, without, plainest(W))


def continued() -> z3.BoolRef:
    """True where client and server have completed, and either had a handshake on its connection before."""
    return And(W.reach.is_(R.THROUGH), Not(And(_first(W.client_before), _first(W.server_before))))


def is_one_connection() -> z3.BoolRef:
    """True where both had that handshake with one another."""
    return And(W.client_before.is_(B.EACH_OTHER), W.server_before.is_(B.EACH_OTHER))


def injected() -> z3.BoolRef:
    """True where the server takes the attacker's words for the beginning of what the client says."""
    return And(W.reach.is_(R.THROUGH), W.server_fed, _first(W.client_before))


def undisturbed() -> z3.BoolRef:
    """True where the client's hello is on its way, as it was sent, and both hold the handshake for the same."""
    first = And(_first(W.client_before), _first(W.server_before))
    again = And(W.client_before.is_(B.EACH_OTHER), W.server_before.is_(B.EACH_OTHER))
    return And(W.reach.is_(R.HELLO_OUT_THERE), Not(W.altered), Or(first, again))


def hello_is_refused() -> z3.BoolRef:
    """True where what the hello says of the handshake before is not what the server has to see."""
    first = And(_first(W.server_before), W.heard.among(*VERIFY_DATA))
    return Or(first, And(Not(_first(W.server_before)), Not(_right(W, W.heard, W.server_before))))
