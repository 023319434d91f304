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

    UNSAID = auto()  # there is no hello
    RESTORED = auto()  # verify_data that came with a ticket, from another connection
    SIGNAL_SUITE = auto()  # there is none, by the signalling cipher suite
    BLANK_INFO = auto()  # there is none, by an empty renegotiation_info
    SAVED = auto()  # the verify_data that the sender saved
    OF_INTRUDER = auto()  # the verify_data that the receiver shares with the attacker
    UNMARKED = auto()


class Doing(Enum):
    """What a step is, as far as a clause cares."""

    INDIFFERENT = auto()
    CLIENT_SAYS_HELLO = auto()
    SERVER_TAKES_HELLO = auto()
    SERVER_SAYS_HELLO = auto()
    CLIENT_TAKES_HELLO = auto()
    BOTH_FINISH = auto()


class StepFields:
    """A step; ``mark`` is what is sent or taken, the flags say what is done badly."""

    doing = Choice(Doing.INDIFFERENT)
    mark = Choice(Mark.UNSAID)
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
    said = Choice(Mark.UNSAID)  # the hello as the client sent it
    heard = Choice(Mark.UNSAID)  # as the server took it
    told = Choice(Mark.UNSAID)  # the server's hello as it was sent
    got = Choice(Mark.UNSAID)  # as the client took it
    through = Flag()  # both have completed


W = fresh(World)
B, M = Before, Mark
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
    said = And(s.doing.is_(Doing.CLIENT_SAYS_HELLO), s.mark.is_(M.RESTORED))
    return Not(Or(said, s.from_ticket))


@lasting("R5746-3.4-01")
def first_hello_signals(w: World, s: StepTerm) -> z3.BoolRef:
    first = And(s.doing.is_(Doing.CLIENT_SAYS_HELLO), _first(w.client_before))
    return Implies(first, s.mark.among(M.SIGNAL_SUITE, M.BLANK_INFO))


@lasting("R5746-3.4-02")
def first_answer_is_bound_to_nothing(w: World, s: StepTerm) -> z3.BoolRef:
    first = And(s.doing.is_(Doing.CLIENT_TAKES_HELLO), _first(w.client_before))
    return Implies(first, Not(s.mark.among(*VERIFY_DATA)))


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
    return Implies(first, Not(s.mark.among(*VERIFY_DATA)))


@lasting("R5746-3.7-01")
def binding_is_verified(w: World, s: StepTerm) -> z3.BoolRef:
    server = And(s.doing.is_(Doing.SERVER_TAKES_HELLO), Not(_first(w.server_before)), s.mark.among(*INFO))
    client = And(s.doing.is_(Doing.CLIENT_TAKES_HELLO), Not(_first(w.client_before)))
    restored = And(s.from_ticket, s.mark.is_(M.RESTORED))
    return And(
        Implies(server, Or(_right(w, s.mark, w.server_before), restored)),
        Implies(client, _right(w, s.mark, w.client_before)),
    )


@lasting("R5746-3.7-02")
def unbound_renegotiation_aborts(w: World, s: StepTerm) -> z3.BoolRef:
    again = And(s.doing.is_(Doing.SERVER_TAKES_HELLO), Not(_first(w.server_before)))
    return Implies(again, s.mark.among(*INFO))


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


def _silent(mark: Term[Mark]) -> z3.BoolRef:
    return mark.is_(M.UNSAID)


def _befores() -> list[Act]:
    """Connections that end, and others that begin, before the handshake."""
    client, server = _silent(W.said), _silent(W.heard)
    both: dict[str, Change] = {"client_before": term(B.EACH_OTHER), "server_before": term(B.EACH_OTHER)}
    return [
        Act("client > server: a first handshake, untouched", Step(), And(client, server), both),
        Act("client > network: a first handshake with him", Step(), client, {"client_before": term(B.INTRUDER)}),
        Act("network > server: a first handshake of his own", Step(), server, {"server_before": term(B.INTRUDER)}),
        Act("client: has had a handshake with the server elsewhere", Step(), client,
            {"client_before": term(B.ANOTHER_TIME)}),
        Act("server: has had a handshake with the client elsewhere", Step(), server,
            {"server_before": term(B.ANOTHER_TIME)}),
        Act("network > server: application data of his", Step(), And(W.server_before.is_(B.INTRUDER), server),
            {"server_fed": True}),
    ]  # fmt: skip


def _taken(doing: Doing, mark: z3.ExprRef, from_ticket: bool = False) -> StepTerm:
    """A hello is taken with this mark."""
    return StepTerm("", Step(doing=doing, from_ticket=from_ticket).terms() | {"mark": mark})


def _hello() -> list[Act]:
    """The client begins anew when it likes; so does the server, as he has hellos of his own at any time."""
    acts = []
    for mark in (M.UNMARKED, M.SIGNAL_SUITE, M.BLANK_INFO, M.SAVED, M.RESTORED):
        able = Not(_first(W.client_before)) if mark is M.SAVED else z3.BoolVal(True)
        acts.append(Act(f"client > network: ClientHello, {WORDS[mark]}",
                        Step(doing=Doing.CLIENT_SAYS_HELLO, mark=mark), able,
                        {"said": term(mark), "got": term(M.UNSAID), "through": False}))  # fmt: skip
    taking = Doing.SERVER_TAKES_HELLO
    for ticket in (False, True):
        words = ", by the ticket" if ticket else ""
        acts.append(Act(f"network > server: the client's hello{words}", _taken(taking, W.said.z3, ticket),
                        Not(_silent(W.said)),
                        {"heard": W.said, "told": term(M.UNSAID), "through": False}))  # fmt: skip
    for mark in (M.UNMARKED, M.SIGNAL_SUITE, M.BLANK_INFO, M.OF_INTRUDER):
        acts.append(Act(f"network > server: ClientHello, made {WORDS[mark]}", Step(doing=taking, mark=mark),
                        z3.BoolVal(True),
                        {"heard": term(mark), "told": term(M.UNSAID), "through": False}))  # fmt: skip
    return acts


def _answer() -> list[Act]:
    acts = []
    asked, waits = And(Not(_silent(W.heard)), _silent(W.told)), And(Not(_silent(W.said)), _silent(W.got))
    for mark in (M.UNMARKED, M.BLANK_INFO, M.SAVED):
        able = Not(_first(W.server_before)) if mark is M.SAVED else z3.BoolVal(True)
        acts.append(Act(f"server > network: ServerHello, {WORDS[mark]}",
                        Step(doing=Doing.SERVER_SAYS_HELLO, mark=mark), And(asked, able),
                        {"told": term(mark)}))  # fmt: skip
    taking = Doing.CLIENT_TAKES_HELLO
    acts.append(Act("network > client: the server's answer", _taken(taking, W.told.z3),
                    And(waits, Not(_silent(W.told))), {"got": W.told}))  # fmt: skip
    for mark in (M.UNMARKED, M.BLANK_INFO, M.OF_INTRUDER):
        acts.append(Act(f"network > client: ServerHello, made {WORDS[mark]}", Step(doing=taking, mark=mark), waits,
                        {"got": term(mark)}))  # fmt: skip
    for careless, partial, words in ((False, False, ""), (True, False, ", unread"), (False, True, ", hellos left out")):
        answered = And(Not(_silent(W.told)), Not(_silent(W.got)))
        covered = answered if careless or partial else And(answered, as_sent())
        acts.append(Act(f"client > server: Certificate, Finished; both complete{words}",
                        Step(doing=Doing.BOTH_FINISH, careless=careless, partial=partial), covered,
                        {"through": True}))  # fmt: skip
    return acts


def as_sent() -> z3.BoolRef:
    """True where both hellos were taken as they were sent."""
    return And(W.said.same(W.heard), W.told.same(W.got))


@cache
def system(without: frozenset[str] = frozenset()) -> System:
    """The system under the clauses but those of the ids left out."""
    return compose("splice", W, StepTerm, [*_befores(), *_hello(), *_answer()], CLAUSES, without, plainest(W))


def continued() -> z3.BoolRef:
    """True where client and server have completed, and either had a handshake on its connection before."""
    return And(W.through, Not(And(_first(W.client_before), _first(W.server_before))))


def is_one_connection() -> z3.BoolRef:
    """True where both had that handshake with one another."""
    return And(W.client_before.is_(B.EACH_OTHER), W.server_before.is_(B.EACH_OTHER))


def injected() -> z3.BoolRef:
    """True where the server takes the attacker's words for the beginning of what the client says."""
    return And(W.through, W.server_fed, _first(W.client_before))


def through(said: Mark) -> z3.BoolRef:
    """True where client and server have completed, with such a hello."""
    return And(W.through, W.said.is_(said))


def is_first() -> z3.BoolRef:
    """True where the handshake is the first for both, and both hellos say so."""
    signals = And(W.said.among(M.SIGNAL_SUITE, M.BLANK_INFO), W.told.is_(M.BLANK_INFO))
    return And(_first(W.client_before), _first(W.server_before), signals)


def is_bound() -> z3.BoolRef:
    """True where both hellos say the verify_data of the one handshake that both had."""
    return And(is_one_connection(), W.said.is_(M.SAVED), W.told.is_(M.SAVED))


def one_side_goes_on_first() -> z3.BoolRef:
    """True where the server has answered, or the client goes on, in what it holds for the first handshake."""
    server = And(Not(_silent(W.told)), _first(W.server_before))
    return Or(server, And(Not(_silent(W.got)), _first(W.client_before)))


def verify_data_is_in_play() -> z3.BoolRef:
    """True where a party that holds the handshake for the first says or takes verify_data, or gives no signal."""
    server = Or(W.heard.among(*VERIFY_DATA), W.told.among(*VERIFY_DATA))
    client = Or(Not(W.said.among(M.SIGNAL_SUITE, M.BLANK_INFO)), W.got.among(*VERIFY_DATA))
    return Or(
        And(Not(_silent(W.told)), _first(W.server_before), server),
        And(Not(_silent(W.got)), _first(W.client_before), client),
    )


def server_answers_again() -> z3.BoolRef:
    """True where the server has answered in a renegotiation."""
    return And(Not(_silent(W.told)), Not(_first(W.server_before)))


def client_proves_again() -> z3.BoolRef:
    """True where the client goes on in a renegotiation."""
    return And(Not(_silent(W.got)), Not(_first(W.client_before)))


def server_hears_its_peer() -> z3.BoolRef:
    """True where the hello that the server took comes from whom it had the handshake before with."""
    return _right(W, W.heard, W.server_before)


def client_hears_its_peer() -> z3.BoolRef:
    """True where the answer that the client took comes from whom it had the handshake before with."""
    return _right(W, W.got, W.client_before)


def stripped() -> z3.BoolRef:
    """True where the signal was taken out of the hello, and both hellos were taken."""
    answered = And(W.told.is_(M.UNMARKED), W.got.is_(M.BLANK_INFO))
    return And(W.said.is_(M.SIGNAL_SUITE), W.heard.is_(M.UNMARKED), answered)


def says_to_each_what_it_knows() -> z3.BoolRef:
    """True where the attacker, whom each had the handshake before with, has put that into both hellos."""
    with_him = And(W.client_before.is_(B.INTRUDER), W.server_before.is_(B.INTRUDER))
    return And(with_him, W.heard.is_(M.OF_INTRUDER), W.got.is_(M.OF_INTRUDER), Not(_silent(W.told)))


def comes_with_a_ticket() -> z3.BoolRef:
    """True where a hello says verify_data that came with a ticket."""
    return Or([mark.is_(M.RESTORED) for mark in (W.said, W.heard, W.told, W.got)])


def undisturbed() -> z3.BoolRef:
    """True where the client's hello is on its way, and both hold the handshake for the same."""
    first = And(_first(W.client_before), _first(W.server_before))
    return And(Not(_silent(W.said)), _silent(W.heard), Or(first, is_one_connection()))


def hello_is_refused() -> z3.BoolRef:
    """True where what the hello says of the handshake before is not what the server has to see."""
    first = And(_first(W.server_before), W.said.among(*VERIFY_DATA))
    return Or(first, And(Not(_first(W.server_before)), Not(_right(W, W.said, W.server_before))))
