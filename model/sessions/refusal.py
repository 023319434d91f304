"""A hello with a ticket that the server refuses, and the same hello without: does what completes without complete with?

Runs of one client against one server, one after the other: first without the ticket, then with it, however often.
What does not depend on the ticket is the same in all: what stands in the way of any handshake, the extended master
secret in the hello.  What either is free to choose, a session_id, a ticket announced or not, it chooses anew in each
run.  At rest is a run where nobody has a step left.
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


class Obstacle(Enum):
    """What stands in the way of the handshake, with the ticket or without."""

    UNHINDERED = auto()
    HELLO_UNWELCOME = auto()  # no suite in common, or no extended master secret where the server minds
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

    obstacle = Choice(Obstacle.UNHINDERED)
    cause = Choice(Cause.DOES_NOT_OPEN)
    own_id = Flag()  # the hello has a session_id
    round = Choice(Round.WITHOUT_TICKET)
    plain_end = Choice(Milestone.SETTING_OUT)  # how far the run without the ticket has come
    milestone = Choice(Milestone.SETTING_OUT)
    given_up = Flag()  # somebody has said an alert
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


def _act(name: str, step: Step, here: z3.BoolRef, changes: dict[str, Change]) -> Act:
    """A step of a run that is on."""
    return Act(name, step, And(Not(W.at_rest), Not(W.given_up), here), changes)


def _on(name: str, step: Step, here: z3.BoolRef, to: Milestone, **more: Change) -> Act:
    """A step to a milestone; one that is no later than where the run is, turns it back."""
    behind = PLACES[PLACES.index(to) :]
    changes: dict[str, Change] = {"milestone": term(to), "turned_back": Or(W.turned_back, W.milestone.among(*behind))}
    return _act(name, step, here, changes | more)


def _ends(name: str, step: Step, here: z3.BoolRef) -> Act:
    """A step that gives the run up."""
    return _act(name, step, here, {"given_up": True})


def _server() -> Iterator[Act]:
    asked = W.milestone.is_(M.HELLO_ARRIVED)
    for announced, word in ((False, ""), (True, ", announces a ticket")):
        for echoes, repeated in ((False, ""), (True, ", repeats the session_id")):
            able = And(asked, Not(W.obstacle.is_(B.HELLO_UNWELCOME)))
            own = And(able, W.own_id) if echoes else able
            yield _on(f"server > client: ServerHello, Certificate ...{word}{repeated}",
                      Step(conduct=Conduct.ANSWERS_IN_FULL, echoes=echoes), own, M.SERVER_FLIGHT_ARRIVED,
                      announced=announced, echoed=echoes)  # fmt: skip
    hindered = And(asked, W.obstacle.is_(B.HELLO_UNWELCOME))
    yield _ends("server > client: Alert, such a hello will not do", Step(), hindered)
    with_ticket = And(asked, W.round.is_(Round.WITH_TICKET))
    yield _ends("server > client: Alert, over the ticket", Step(conduct=Conduct.ABORTS_OVER_TICKET), with_ticket)
    proved = And(W.milestone.is_(M.CLIENT_FLIGHT_ARRIVED), Not(W.obstacle.is_(B.CLIENT_UNKNOWN)))
    yield _on("server > client: NewSessionTicket", Step(conduct=Conduct.BRINGS_TICKET), proved, M.TICKET_ARRIVED)
    ready = Or(proved, W.milestone.is_(M.TICKET_ARRIVED))
    missed = And(W.announced, Not(W.milestone.is_(M.TICKET_ARRIVED)))
    fine = And(ready, Not(missed), Implies(W.milestone.is_(M.TICKET_ARRIVED), W.announced))
    finishes = Step(conduct=Conduct.SERVER_FINISHES)
    yield _on("server > client: ChangeCipherSpec, Finished", finishes, fine, M.HANDSHAKE_DONE)
    yield _ends("server > client: ChangeCipherSpec; client misses the ticket", finishes, And(ready, missed))
    unknown = And(W.milestone.is_(M.CLIENT_FLIGHT_ARRIVED), W.obstacle.is_(B.CLIENT_UNKNOWN))
    yield _ends("server > client: Alert, the client's certificate", Step(), unknown)


def _client() -> Iterator[Act]:
    flight = W.milestone.is_(M.SERVER_FLIGHT_ARRIVED)
    resumed = And(W.echoed, W.own_id)
    trusted = And(flight, Not(resumed), Not(W.obstacle.is_(B.SERVER_UNTRUSTED)))
    for own, words in ((False, ""), (True, ", session_id")):
        yield _on(f"client > server: ClientHello{words}", Step(), W.milestone.is_(M.SETTING_OUT), M.HELLO_ARRIVED,
                  own_id=own)  # fmt: skip
    yield _on("client > server: ClientKeyExchange ... Finished", Step(conduct=Conduct.GOES_ALONG), trusted,
              M.CLIENT_FLIGHT_ARRIVED)  # fmt: skip
    yield _ends("client > server: Alert, Certificate in a resumption", Step(), And(flight, resumed))
    yield _ends("client > server: Alert, the server's certificate", Step(),
              And(flight, W.obstacle.is_(B.SERVER_UNTRUSTED)))  # fmt: skip
    with_ticket = And(flight, W.round.is_(Round.WITH_TICKET))
    yield _ends("client > server: Alert, no resumption", Step(conduct=Conduct.INSISTS_ON_RESUMPTION), with_ticket)
    unannounced = And(W.milestone.is_(M.TICKET_ARRIVED), Not(W.announced))
    yield _ends("client > server: Alert, a ticket that was not announced", Step(), unannounced)
    yield _on("client > server: ClientHello once more", Step(conduct=Conduct.GREETS_AGAIN), flight, M.HELLO_ARRIVED)
    yield _on("client > server: ClientHello, as HelloRequest wants", Step(conduct=Conduct.OBEYS_HELLO_REQUEST), flight,
              M.HELLO_ARRIVED)  # fmt: skip


def _settings() -> Iterator[Act]:
    """What stands in the way of either run, and why the ticket is refused, unless it just does not open."""
    before = And(W.milestone.is_(M.SETTING_OUT), W.round.is_(Round.WITHOUT_TICKET))
    hindered = {
        B.HELLO_UNWELCOME: "server minds the hello", B.SERVER_UNTRUSTED: "client does not trust the server",
        B.CLIENT_UNKNOWN: "server does not know the client",
    }  # fmt: skip
    for obstacle, words in hindered.items():
        yield Act(f"server: {words}", Step(), before, {"obstacle": term(obstacle)})
    for cause in tuple(Cause)[1:]:
        yield Act(f"server: ticket: {cause.name.lower().replace('_', ' ')}", Step(),
                  W.round.is_(Round.WITHOUT_TICKET), {"cause": term(cause)})  # fmt: skip


def _between(run: list[Act], without: frozenset[str]) -> Iterator[Act]:
    """That nobody has a step left, and the next run after it."""
    possible = [move.guard for move in compose("run", W, StepTerm, run, CLAUSES, without, plainest(W)).moves]
    yield Act("client: waits, as the server does", Step(), And(Not(W.at_rest), Not(Or(possible))), {"at_rest": True})
    plain_end = choose(W.round.is_(Round.WITHOUT_TICKET), W.milestone, W.plain_end)
    again: dict[str, Change] = {
        "round": term(Round.WITH_TICKET), "plain_end": plain_end, "milestone": term(M.SETTING_OUT),
        "given_up": False, "announced": False, "echoed": False, "at_rest": False,
    }  # fmt: skip
    yield Act("client: the same hello, with a ticket", Step(), W.at_rest, again)


@cache
def refusal(without: frozenset[str] = frozenset()) -> System:
    """Both runs, under the clauses but those of the ids left out."""
    run = [*_server(), *_client()]
    acts = [*_settings(), *run, *_between(run, without)]
    return compose("refusal", W, StepTerm, acts, CLAUSES, without, plainest(W))


def both_at_rest() -> z3.BoolRef:
    """True where both runs are over."""
    return And(W.round.is_(Round.WITH_TICKET), W.at_rest)


def settled_with() -> z3.BoolRef:
    """True where the hello completes without the ticket, and the run with it is at rest."""
    return And(W.plain_end.is_(M.HANDSHAKE_DONE), both_at_rest())


def goes_on_in_full() -> z3.BoolRef:
    """True where the server has refused the ticket and gone on."""
    return And(W.round.is_(Round.WITH_TICKET), Not(W.milestone.among(M.SETTING_OUT, M.HELLO_ARRIVED)))


def ends_at_once() -> z3.BoolRef:
    """True where the run that is on has come no further than the hello."""
    return W.milestone.is_(M.HELLO_ARRIVED)


def completes() -> z3.BoolRef:
    """True where the run that is on has completed."""
    return W.milestone.is_(M.HANDSHAKE_DONE)


def end_alike() -> z3.BoolRef:
    """True where the run that is on has come as far as the one without the ticket."""
    return W.milestone.same(W.plain_end)
