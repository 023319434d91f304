"""A hello with a ticket that the server refuses, and the same hello without: does what completes without complete with?

Two runs of one client against one server, one after the other: first without the ticket, then with it.  What does not
depend on the ticket is the same in both: what stands in the way of any handshake, the extended master secret in the
hello, the session_id.  What the server is free to choose, a ticket announced or not, it chooses anew in each run.  At
rest is a run where nobody has a step left.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.lasting import Act, Change, Lasting, compose, lasting, plainest
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, term
from rfc5077.model.proof.unbounded import System, fresh

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class Obstacle(Enum):
    """What stands in the way of the handshake, with the ticket or without."""

    UNHINDERED = auto()
    NO_COMMON_SUITE = auto()
    LEGACY_UNWELCOME = auto()  # the hello is without the extended master secret, and the server minds
    SERVER_UNTRUSTED = auto()  # the client does not take the server's certificate
    CLIENT_UNKNOWN = auto()  # the server does not take the client's certificate, or its lack


class Cause(Enum):
    """Why the server does not resume by the ticket."""

    DOES_NOT_OPEN = auto()
    UNWANTED = auto()  # it opens: too old, used up, or not to the server's liking
    NAMED_OTHERWISE = auto()  # the session began under another server name
    LEGACY_SESSION = auto()  # it is without the extended master secret, the hello with
    EXTENDED_SESSION = auto()  # it has the extended master secret, the hello is without


class Round(Enum):
    """Which run is on."""

    WITHOUT_TICKET = auto()
    WITH_TICKET = auto()


class Milestone(Enum):
    """How far the run is; the order is that of the handshake."""

    SETTING_OUT = auto()
    HELLO_ARRIVED = auto()
    SERVER_FLIGHT_ARRIVED = auto()
    CLIENT_FLIGHT_ARRIVED = auto()
    TICKET_ARRIVED = auto()
    HANDSHAKE_DONE = auto()
    GIVEN_UP = auto()


class Conduct(Enum):
    """What a step is, as far as a clause cares."""

    PLAIN = auto()
    ANSWERS_IN_FULL = auto()
    ABORTS_OVER_TICKET = auto()
    GOES_ALONG = auto()
    INSISTS_ON_RESUMPTION = auto()
    BRINGS_TICKET = auto()
    SERVER_FINISHES = auto()
    GREETS_AGAIN = auto()
    OBEYS_HELLO_REQUEST = auto()


class StepFields:
    """A step; ``echoes`` where ServerHello repeats the client's session_id."""

    conduct = Choice(Conduct.PLAIN)
    echoes = Flag()


class Step(StepFields, Concrete):
    """A step as a value."""


class StepTerm(StepFields, Symbolic):
    """A step as terms."""


class World(Symbolic):
    """What both runs share, and the run that is on."""

    settled = Flag()
    obstacle = Choice(Obstacle.UNHINDERED)
    cause = Choice(Cause.DOES_NOT_OPEN)
    own_id = Flag()  # the hello has a session_id
    round = Choice(Round.WITHOUT_TICKET)
    plain_done = Flag()  # the run without the ticket has completed
    milestone = Choice(Milestone.SETTING_OUT)
    answered = Flag()  # the server has refused the ticket and gone on in full
    announced = Flag()
    echoed = Flag()
    at_rest = Flag()
    turned_back = Flag()  # some step did not bring the run on


W = fresh(World)
M, B = Milestone, Obstacle
Entry = Lasting[World, StepTerm]


@lasting("R5077-3.2-09")
def unopened_ticket_is_no_reason_to_abort(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.conduct.is_(Conduct.ABORTS_OVER_TICKET), Not(w.cause.is_(Cause.DOES_NOT_OPEN)))


@lasting("R5077-3.1-13")
def unwanted_ticket_is_no_reason_to_abort(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.conduct.is_(Conduct.ABORTS_OVER_TICKET), Not(w.cause.is_(Cause.UNWANTED)))


@lasting("R6066-3-02")
def another_name_is_no_reason_to_abort(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.conduct.is_(Conduct.ABORTS_OVER_TICKET), Not(w.cause.is_(Cause.NAMED_OTHERWISE)))


@lasting("R7627-5.3-03")
def legacy_session_is_no_reason_to_abort(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.conduct.is_(Conduct.ABORTS_OVER_TICKET), Not(w.cause.is_(Cause.LEGACY_SESSION)))


@lasting("R7627-5.3-04")
def extended_session_is_a_reason_to_abort(w: World, s: StepTerm) -> z3.BoolRef:
    about_ticket = w.round.is_(Round.WITH_TICKET)
    return Implies(And(s.conduct.is_(Conduct.ANSWERS_IN_FULL), about_ticket), Not(w.cause.is_(Cause.EXTENDED_SESSION)))


@lasting("R5077-3.4-06")
def full_handshake_repeats_no_id(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.conduct.is_(Conduct.ANSWERS_IN_FULL), Not(s.echoes))


@lasting("R5246-7.4.1.3-05")
def client_goes_along(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.conduct.is_(Conduct.INSISTS_ON_RESUMPTION))


@lasting("R5077-3.3-02")
def announced_ticket_comes(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(And(s.conduct.is_(Conduct.SERVER_FINISHES), w.announced), w.milestone.is_(M.TICKET_ARRIVED))


@lasting("R5077-3.3-03")
def ticket_was_announced(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.conduct.is_(Conduct.BRINGS_TICKET), w.announced)


@lasting("R5246-7.4-01")
def nobody_begins_anew(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.conduct.is_(Conduct.GREETS_AGAIN))


@lasting("R5246-7.4.1.1-01")
def hello_request_is_passed_over(w: World, s: StepTerm) -> z3.BoolRef:
    return Not(s.conduct.is_(Conduct.OBEYS_HELLO_REQUEST))


CLAUSES: tuple[Entry, ...] = (
    unopened_ticket_is_no_reason_to_abort,
    unwanted_ticket_is_no_reason_to_abort,
    another_name_is_no_reason_to_abort,
    legacy_session_is_no_reason_to_abort,
    extended_session_is_a_reason_to_abort,
    full_handshake_repeats_no_id,
    client_goes_along,
    announced_ticket_comes,
    ticket_was_announced,
    nobody_begins_anew,
    hello_request_is_passed_over,
)
PERMITTED = frozenset({"R5077-3.1-13"})
"""What only permits; what is proved of MUST alone is proved without it."""

PLACES = tuple(M)


def _on(name: str, step: Step, here: z3.BoolRef, to: Milestone, **more: Change) -> Act:
    """A step to a milestone; one that is no later than where the run is, turns it back."""
    behind = PLACES[PLACES.index(to) :]
    changes: dict[str, Change] = {"milestone": term(to), "turned_back": Or(W.turned_back, W.milestone.among(*behind))}
    return Act(name, step, And(W.settled, Not(W.at_rest), here), changes | more)


def _server() -> Iterator[Act]:
    asked = W.milestone.is_(M.HELLO_ARRIVED)
    for announced, word in ((False, ""), (True, ", announces a ticket")):
        for echoes, repeated in ((False, ""), (True, ", repeats the session_id")):
            able = And(asked, Not(W.obstacle.among(B.NO_COMMON_SUITE, B.LEGACY_UNWELCOME)))
            own = And(able, W.own_id) if echoes else able
            yield _on(f"server > client: ServerHello, Certificate ...{word}{repeated}",
                      Step(conduct=Conduct.ANSWERS_IN_FULL, echoes=echoes), own, M.SERVER_FLIGHT_ARRIVED,
                      answered=W.round.is_(Round.WITH_TICKET), announced=announced, echoed=echoes)  # fmt: skip
    hindered = And(asked, W.obstacle.among(B.NO_COMMON_SUITE, B.LEGACY_UNWELCOME))
    yield _on("server > client: Alert, such a hello will not do", Step(), hindered, M.GIVEN_UP)
    with_ticket = And(asked, W.round.is_(Round.WITH_TICKET))
    yield _on("server > client: Alert, over the ticket", Step(conduct=Conduct.ABORTS_OVER_TICKET), with_ticket,
              M.GIVEN_UP)  # fmt: skip
    proved = And(W.milestone.is_(M.CLIENT_FLIGHT_ARRIVED), Not(W.obstacle.is_(B.CLIENT_UNKNOWN)))
    yield _on("server > client: NewSessionTicket", Step(conduct=Conduct.BRINGS_TICKET), proved, M.TICKET_ARRIVED)
    ready = Or(proved, W.milestone.is_(M.TICKET_ARRIVED))
    missed = And(W.announced, Not(W.milestone.is_(M.TICKET_ARRIVED)))
    fine = And(ready, Not(missed), Implies(W.milestone.is_(M.TICKET_ARRIVED), W.announced))
    finishes = Step(conduct=Conduct.SERVER_FINISHES)
    yield _on("server > client: ChangeCipherSpec, Finished", finishes, fine, M.HANDSHAKE_DONE)
    yield _on("server > client: ChangeCipherSpec; client misses the ticket", finishes, And(ready, missed), M.GIVEN_UP)
    unknown = And(W.milestone.is_(M.CLIENT_FLIGHT_ARRIVED), W.obstacle.is_(B.CLIENT_UNKNOWN))
    yield _on("server > client: Alert, the client's certificate", Step(), unknown, M.GIVEN_UP)


def _client() -> Iterator[Act]:
    flight = W.milestone.is_(M.SERVER_FLIGHT_ARRIVED)
    resumed = And(W.echoed, W.own_id)
    trusted = And(flight, Not(resumed), Not(W.obstacle.is_(B.SERVER_UNTRUSTED)))
    yield _on("client > server: ClientHello", Step(), W.milestone.is_(M.SETTING_OUT), M.HELLO_ARRIVED)
    yield _on("client > server: ClientKeyExchange ... Finished", Step(conduct=Conduct.GOES_ALONG), trusted,
              M.CLIENT_FLIGHT_ARRIVED)  # fmt: skip
    yield _on("client > server: Alert, Certificate in a resumption", Step(), And(flight, resumed), M.GIVEN_UP)
    yield _on("client > server: Alert, the server's certificate", Step(),
              And(flight, W.obstacle.is_(B.SERVER_UNTRUSTED)), M.GIVEN_UP)  # fmt: skip
    with_ticket = And(flight, W.round.is_(Round.WITH_TICKET))
    yield _on("client > server: Alert, no resumption", Step(conduct=Conduct.INSISTS_ON_RESUMPTION), with_ticket,
              M.GIVEN_UP)  # fmt: skip
    unannounced = And(W.milestone.is_(M.TICKET_ARRIVED), Not(W.announced))
    yield _on("client > server: Alert, a ticket that was not announced", Step(), unannounced, M.GIVEN_UP)
    yield _on("client > server: ClientHello once more", Step(conduct=Conduct.GREETS_AGAIN), flight, M.HELLO_ARRIVED)
    yield _on("client > server: ClientHello, as HelloRequest wants", Step(conduct=Conduct.OBEYS_HELLO_REQUEST), flight,
              M.HELLO_ARRIVED)  # fmt: skip


def _settings() -> Iterator[Act]:
    unsettled = And(Not(W.settled), W.milestone.is_(M.SETTING_OUT))
    plain = {
        B.UNHINDERED: "nothing stands in the way", B.NO_COMMON_SUITE: "no suite in common",
        B.LEGACY_UNWELCOME: "server wants the extended master secret",
        B.SERVER_UNTRUSTED: "client does not trust the server", B.CLIENT_UNKNOWN: "server does not know the client",
    }  # fmt: skip
    for obstacle, words in plain.items():
        for cause in Cause:
            # A server that minds a hello without the extension has one before it.
            if obstacle is B.LEGACY_UNWELCOME and cause is Cause.LEGACY_SESSION:
                continue
            for own in (False, True):
                name = f"server: {words}; ticket: {cause.name.lower().replace('_', ' ')}{'; session_id' if own else ''}"
                settings: dict[str, Change] = {"obstacle": term(obstacle), "cause": term(cause), "own_id": own}
                yield Act(name, Step(), unsettled, settings | {"settled": True})


def _between(run: list[Act], without: frozenset[str]) -> Iterator[Act]:
    """That nobody has a step left, and the second run after the first."""
    possible = [move.guard for move in compose("run", W, StepTerm, run, CLAUSES, without, plainest(W)).moves]
    yield Act("client: waits, as the server does", Step(), And(W.settled, Not(W.at_rest), Not(Or(possible))),
              {"at_rest": True})  # fmt: skip
    over = And(W.at_rest, W.round.is_(Round.WITHOUT_TICKET))
    again: dict[str, Change] = {
        "round": term(Round.WITH_TICKET), "plain_done": W.milestone.is_(M.HANDSHAKE_DONE),
        "milestone": term(M.SETTING_OUT), "announced": False, "echoed": False, "at_rest": False,
    }  # fmt: skip
    yield Act("client: the same hello, with a ticket", Step(), over, again)


@cache
def refusal(without: frozenset[str] = frozenset()) -> System:
    """Both runs, under the clauses but those of the ids left out."""
    run = [*_server(), *_client()]
    acts = [*_settings(), *run, *_between(run, without)]
    return compose("refusal", W, StepTerm, acts, CLAUSES, without, plainest(W))


def settled_with() -> z3.BoolRef:
    """True where the hello completes without the ticket, and the run with it is at rest."""
    return And(W.plain_done, W.round.is_(Round.WITH_TICKET), W.at_rest)


def completes() -> z3.BoolRef:
    """True where the run that is on has completed."""
    return W.milestone.is_(M.HANDSHAKE_DONE)
