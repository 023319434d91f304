"""One run of a client that resumes, and two connections of the server: can the network make two sessions of the run?

The two connections are any two; whatever the client says in its run, its ClientHello, its Finished, its data, the
network keeps and says again.  A Finished is right where its transcript and keys are those of the connection.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.lasting import Act, Change, Lasting, compose, lasting, plainest
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, Term, choose, term
from rfc5077.model.proof.unbounded import System, fresh

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class Origin(Enum):
    """Whose answer the client has."""

    NO_ANSWER_YET = auto()
    FIRST_CONNECTION = auto()
    SECOND_CONNECTION = auto()


class Attempt(Enum):
    """How far the client's run is."""

    UNTRIED = auto()
    HELLO_SAID = auto()
    PROVED_ITSELF = auto()  # its Finished is out


class Service(Enum):
    """How far a connection of the server is."""

    VACANT = auto()
    SHORT_FLIGHT_OUT = auto()  # it has the client's hello, and resumes
    IN_SESSION = auto()  # it has taken a Finished for right


class Word(Enum):
    """The Finished that a connection of the server got."""

    NOT_SAID = auto()
    FITTING = auto()
    UNFITTING = auto()


class Part(Enum):
    """What a step is, as far as a clause cares."""

    IRRELEVANT = auto()
    SERVER_ANSWERS = auto()
    CLIENT_FINISHES = auto()
    FIRST_ACCEPTS = auto()
    SECOND_ACCEPTS = auto()
    FIRST_READS = auto()
    SECOND_READS = auto()


class StepFields:
    """A step; the flags say what is done badly."""

    part = Choice(Part.IRRELEVANT)
    stale = Flag()  # the server repeats a random of its
    rootless = Flag()  # keys come from the master secret alone
    partial = Flag()  # Finished leaves out the hellos


class Step(StepFields, Concrete):
    """A step as a value."""


class StepTerm(StepFields, Symbolic):
    """A step as terms."""


class World(Symbolic):
    """The client's run, both connections of the server, and what was given away."""

    client = Choice(Attempt.UNTRIED)
    origin = Choice(Origin.NO_ANSWER_YET)
    partial = Flag()  # the client's Finished leaves out the hellos
    first = Choice(Service.VACANT)
    second = Choice(Service.VACANT)
    first_word = Choice(Word.NOT_SAID)
    second_word = Choice(Word.NOT_SAID)
    same_random = Flag()  # both connections have one random of the server
    same_keys = Flag()  # both connections have the same keys
    first_read = Flag()  # it has taken the client's application data
    second_read = Flag()
    secret_revealed = Flag()


W = fresh(World)
A, V, D = Attempt, Service, Word
Entry = Lasting[World, StepTerm]


@lasting("R5246-6.3-01")
def keys_come_from_fresh_randoms(w: World, s: StepTerm) -> z3.BoolRef:
    return And(Not(s.stale), Not(s.rootless))


@lasting("R5246-7.4.9-01")
def finished_is_verified(w: World, s: StepTerm) -> z3.BoolRef:
    return And(
        Implies(s.part.is_(Part.FIRST_ACCEPTS), w.first_word.is_(D.FITTING)),
        Implies(s.part.is_(Part.SECOND_ACCEPTS), w.second_word.is_(D.FITTING)),
    )


@lasting("R5246-7.4.9-03")
def finished_covers_everything(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.partial)


@lasting("R5246-7.3-01")
def data_waits(w: World, s: StepTerm) -> z3.BoolRef:
    return And(
        Implies(s.part.is_(Part.FIRST_READS), w.first.is_(V.IN_SESSION)),
        Implies(s.part.is_(Part.SECOND_READS), w.second.is_(V.IN_SESSION)),
    )


CLAUSES: tuple[Entry, ...] = (
    keys_come_from_fresh_randoms,
    finished_is_verified,
    finished_covers_everything,
    data_waits,
)


def _answers() -> list[Act]:
    out: Change = term(V.SHORT_FLIGHT_OUT)
    acts = [
        Act("client > network: ClientHello, its ticket", Step(), W.client.is_(A.UNTRIED),
            {"client": term(A.HELLO_SAID)}),
        Act("network > server: client's hello; resumed", Step(part=Part.SERVER_ANSWERS),
            W.first.is_(V.VACANT), {"first": out}),
    ]  # fmt: skip
    acts.append(Act("network > server: the hello once more; resumed", Step(part=Part.SERVER_ANSWERS),
                    W.second.is_(V.VACANT), {"second": out}))  # fmt: skip
    for stale, rootless, words in ((True, False, ", same random"), (False, True, ", same keys")):
        acts.append(Act(f"network > server: the hello once more; resumed{words}",
                        Step(part=Part.SERVER_ANSWERS, stale=stale, rootless=rootless),
                        And(W.first.is_(V.SHORT_FLIGHT_OUT), W.second.is_(V.VACANT), W.first_word.is_(D.NOT_SAID)),
                        {"second": out, "same_random": stale, "same_keys": True}))  # fmt: skip
    answers = ((Origin.FIRST_CONNECTION, W.first, ""), (Origin.SECOND_CONNECTION, W.second, " of the other"))
    for origin, service, words in answers:
        for partial, how in ((False, ""), (True, ", hellos left out")):
            acts.append(Act(f"network > client: answer{words}; client's Finished follows{how}",
                            Step(part=Part.CLIENT_FINISHES, partial=partial),
                            And(W.client.is_(A.HELLO_SAID), service.is_(V.SHORT_FLIGHT_OUT)),
                            {"client": term(A.PROVED_ITSELF), "origin": term(origin), "partial": partial}))  # fmt: skip
    return acts


def _fits(mine: Origin) -> z3.BoolRef:
    """The client's Finished is right for this connection of the server: transcript and keys are its own."""
    own = W.origin.is_(mine)
    return And(W.client.is_(A.PROVED_ITSELF), Or(own, And(W.same_keys, Or(W.same_random, W.partial))))


def _connection(name: str, mine: Origin, service: Term[Service], word: Term[Word], words: str) -> list[Act]:
    unsaid = word.is_(D.NOT_SAID)  # what comes too early is kept
    accepts, reads = Part[f"{name.upper()}_ACCEPTS"], Part[f"{name.upper()}_READS"]
    said = And(W.client.is_(A.PROVED_ITSELF), Or(W.origin.is_(mine), W.same_keys))
    return [
        Act(f"network > server: client's Finished{words}", Step(), W.client.is_(A.PROVED_ITSELF),
            {f"{name}_word": choose(_fits(mine), D.FITTING, D.UNFITTING)}),
        Act(f"network > server: Finished of his own{words}", Step(), unsaid,
            {f"{name}_word": choose(W.secret_revealed, D.FITTING, D.UNFITTING)}),
        Act(f"server: goes into the session{words}", Step(part=accepts), And(service.is_(V.SHORT_FLIGHT_OUT),
            Not(word.is_(D.NOT_SAID))), {name: term(V.IN_SESSION)}),
        Act(f"network > server: client's data{words}", Step(part=reads), And(Not(service.is_(V.VACANT)), said),
            {f"{name}_read": True}),
    ]  # fmt: skip


@cache
def system(without: frozenset[str] = frozenset()) -> System:
    """The system under the clauses but those of the ids left out."""
    acts = [
        *_answers(),
        *_connection("first", Origin.FIRST_CONNECTION, W.first, W.first_word, ""),
        *_connection("second", Origin.SECOND_CONNECTION, W.second, W.second_word, ", other connection"),
        Act("network: learns the session's secret from its holder", Step(), z3.BoolVal(True),
            {"secret_revealed": True}),
    ]  # fmt: skip
    return compose("replay", W, StepTerm, acts, CLAUSES, without, plainest(W))


def in_session_twice() -> z3.BoolRef:
    """True where two connections of the server are in session with the one run of the client."""
    return And(W.first.is_(V.IN_SESSION), W.second.is_(V.IN_SESSION))


def heard_twice() -> z3.BoolRef:
    """True where what the client said once was taken on two connections."""
    return And(W.first_read, W.second_read)
