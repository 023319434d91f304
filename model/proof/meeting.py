"""A server and a client meet, each with demands of its own: whether they complete, and who says what if not.

The run is determined: each move follows from the demands and the hellos so far, and is possible only where no clause
about the hellos speaks against it.  The demands are fields that nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.clause import Verdict
from rfc5077.model.clauses import binding_by_hellos
from rfc5077.model.demands import (
    ClientDemands,
    ClientDemandsTerm,
    Kinds,
    PriorSession,
    ServerDemands,
    ServerDemandsTerm,
    Stance,
)
from rfc5077.model.event import CLIENT, SERVER, Party
from rfc5077.model.logic import Flag, Symbolic, Term, choose, constant, plain, sort_of
from rfc5077.model.parameters.event import HelloEventTerm, ProtocolAnswer, Signal, Utterance
from rfc5077.model.parameters.state import ClientHelloTerm, Hellos, Juncture, step
from rfc5077.model.parameters.watch import term_of_hellos
from rfc5077.model.proof.unbounded import Move, System

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
J, U = Juncture, Utterance


class Reason(Enum):
    """Why a handshake is refused; ``NONE`` where it completes."""

    NONE = auto()
    SUITES = auto()
    PROTOCOLS = auto()
    SERVER_DEMANDS_SECRET = auto()
    OLD_SESSION = auto()
    CLIENT_DEMANDS_SECRET = auto()
    CERTIFICATE = auto()


@dataclass(frozen=True)
class Refusal:
    """Who refuses, by which alert, and what says so: a clause, or where the catalogue has none a section."""

    party: Party
    alert: str
    clause: str


REFUSALS = {
    Reason.SUITES: Refusal(SERVER, "handshake_failure", "R5246-7.4.1.3-03"),
    Reason.PROTOCOLS: Refusal(SERVER, "no_application_protocol", "R7301-3.2-01"),
    Reason.SERVER_DEMANDS_SECRET: Refusal(SERVER, "handshake_failure", "R7627-5.2-04"),
    Reason.OLD_SESSION: Refusal(SERVER, "handshake_failure", "R7627-5.3-05"),
    Reason.CLIENT_DEMANDS_SECRET: Refusal(CLIENT, "handshake_failure", "R7627-5.2-04"),
    Reason.CERTIFICATE: Refusal(SERVER, "handshake_failure", "RFC 5246, section 7.4.6"),
}
"""What each reason looks like, in the order in which they come up."""


class Finish(Enum):
    """How the handshake ended."""

    PENDING = auto()
    COMPLETE = auto()
    REFUSED = auto()


P, Q = ServerDemandsTerm("server"), ClientDemandsTerm("client")
H = ClientHelloTerm("hellos")
"""What the hellos said, which both parties read alike."""

END, WHY = Term(Finish, z3.Const("end", sort_of(Finish))), Term(Reason, z3.Const("why", sort_of(Reason)))
SERVER_KNOWS, CLIENT_KNOWS = Not(P.extended_secret.is_(Stance.UNKNOWN)), Not(Q.extended_secret.is_(Stance.UNKNOWN))


def _apart(one: Term[Kinds], other: Term[Kinds]) -> z3.BoolRef:
    """Both have some kind, and none in common."""
    pairs = ((Kinds.FIRST, Kinds.SECOND), (Kinds.SECOND, Kinds.FIRST))
    return Or([And(one.is_(a), other.is_(b)) for a, b in pairs])


def is_permitted() -> z3.BoolRef:
    """Everybody has a suite, and who holds a session with the secret knows of it; all else is permitted.

    A client that offers such a session without the extension breaks R7627-5.3-02: that R7627-5.3-04 has the server
    abort then parts no pair of two that keep to the clauses.
    """
    knows = Implies(Q.holds.is_(PriorSession.EXTENDED), CLIENT_KNOWS)
    return And(Not(Or(P.suites.is_(Kinds.NONE), Q.suites.is_(Kinds.NONE))), knows)


def offers() -> z3.BoolRef:
    """The client offers its session; one that knows of the secret, and holds a session without, by choice."""
    old = And(Q.holds.is_(PriorSession.STANDARD), Or(Not(CLIENT_KNOWS), Q.offers_old_sessions))
    return Or(Q.holds.is_(PriorSession.EXTENDED), old)


def _opened() -> z3.BoolRef:
    """The server opens the ticket and is willing; who knows nothing of the secret makes nothing of such a ticket."""
    return And(offers(), P.honours, Implies(Q.holds.is_(PriorSession.EXTENDED), SERVER_KNOWS))


def resumes() -> z3.BoolRef:
    """The server resumes: the session's secret and the hello's extension go together."""
    return And(_opened(), Q.holds.is_(PriorSession.EXTENDED) == And(CLIENT_KNOWS, SERVER_KNOWS))


def conditions() -> dict[Reason, z3.BoolRef]:
    """When each reason is there, whatever others are."""
    without = Not(CLIENT_KNOWS)
    return {
        Reason.SUITES: _apart(P.suites, Q.suites),
        Reason.PROTOCOLS: _apart(P.protocols, Q.protocols),
        Reason.SERVER_DEMANDS_SECRET: And(P.extended_secret.is_(Stance.DEMANDED), without),
        Reason.OLD_SESSION: And(
            _opened(), Q.holds.is_(PriorSession.STANDARD), without, SERVER_KNOWS, P.refuses_old_sessions
        ),
        Reason.CLIENT_DEMANDS_SECRET: And(Q.extended_secret.is_(Stance.DEMANDED), Not(SERVER_KNOWS)),
        Reason.CERTIFICATE: And(Not(resumes()), _no_certificate()),
    }  # fmt: skip


def _no_certificate() -> z3.BoolRef:
    return And(P.certificate.is_(Stance.DEMANDED), Not(Q.certificate))


def reason() -> Term[Reason]:
    """The first reason that comes up, from the demands alone: a claim about the run, which is proved."""
    found = choose(z3.BoolVal(True), Reason.NONE, Reason.NONE)
    for one, condition in reversed(conditions().items()):
        found = choose(condition, one, found)
    return found


def compatible() -> z3.BoolRef:
    """The pair completes the handshake: a claim about the run, which is proved."""
    return Not(Or(list(conditions().values())))


# --- the run ----------------------------------------------------------------------------------------------------------


def _utterance(sender: Party, utterance: Utterance) -> HelloEventTerm:
    plainest = {name: plain(field.default) for name, field in HelloEventTerm.fields().items()}
    return HelloEventTerm("", plainest).but(sender=sender, utterance=utterance)


def _client_hello() -> HelloEventTerm:
    return _utterance(CLIENT, U.CLIENT_HELLO).but(
        ems=CLIENT_KNOWS, signal=Signal.GIVEN, session=offers(),
        session_ems=And(offers(), Q.holds.is_(PriorSession.EXTENDED)),
        keeps_suite=True, keeps_version=True, client_knows_ems=CLIENT_KNOWS, server_knows_ems=SERVER_KNOWS,
    )  # fmt: skip


def _server_hello() -> HelloEventTerm:
    both = Not(Or(P.protocols.is_(Kinds.NONE), Q.protocols.is_(Kinds.NONE)))
    return _utterance(SERVER, U.SERVER_HELLO).but(
        ems=And(H.asked_ems, SERVER_KNOWS), signal=Signal.GIVEN, suite_offered=True, suite_kept=resumes(),
        protocols=choose(both, ProtocolAnswer.ONE, ProtocolAnswer.ABSENT),
    )  # fmt: skip


def _clauses(e: HelloEventTerm, party: Party, without: frozenset[str]) -> z3.BoolRef:
    mine = term_of_hellos(party)
    same = [(mine.terms[name], term) for name, term in H.terms.items()]
    bound = [
        z3.substitute(entry.hellos(mine, e), *same)
        for entry in binding_by_hellos(party)
        if entry.hellos is not None and entry.verdict is Verdict.VIOLATION and entry.id not in without
    ]
    return And(bound)


def _refusing(why: Reason, guard: z3.BoolRef, without: frozenset[str]) -> Move:
    refusal = REFUSALS[why]
    e = _utterance(refusal.party, U.REFUSAL)
    name = f"{refusal.party.name.lower()} refuses: {refusal.alert} ({refusal.clause})"
    return _move(name, e, guard, without, end=constant(Finish.REFUSED), why=constant(why))


def _move(name: str, e: HelloEventTerm, guard: z3.BoolRef, without: frozenset[str], **more: z3.ExprRef) -> Move:
    sender = CLIENT if name.startswith("client") else SERVER
    after = step(H, e).but(names=H.names)  # no demand is about names: hello and session have the same
    changes = {
        f"hellos.{field}": z3.simplify(term)
        for field, term in after.terms.items() if not z3.simplify(term).eq(H.terms[field])
    }  # fmt: skip
    return Move(name, z3.simplify(And(guard, _clauses(e, sender, without))), changes | more)


def _moves(without: frozenset[str]) -> Iterator[Move]:
    found = conditions()
    early = list(found)[: list(found).index(Reason.CLIENT_DEMANDS_SECRET)]
    yield _move("client says ClientHello", _client_hello(), H.at(J.START), without)
    fine = z3.BoolVal(True)
    for why in early:
        yield _refusing(why, And(H.at(J.ASKED), fine, found[why]), without)
        fine = And(fine, Not(found[why]))
    yield _move("server says ServerHello", _server_hello(), And(H.at(J.ASKED), fine), without)
    unanswered = And(Q.extended_secret.is_(Stance.DEMANDED), Not(H.ems))
    yield _refusing(Reason.CLIENT_DEMANDS_SECRET, And(H.at(J.ANSWERED), unanswered), without)
    goes_on = And(H.at(J.ANSWERED), Not(unanswered))
    yield _move("server resumes", _utterance(SERVER, U.SHORT), And(goes_on, resumes()), without)
    yield _move("server negotiates", _utterance(SERVER, U.FULL), And(goes_on, Not(resumes())), without)
    bare = And(H.at(J.FULL), _no_certificate())
    yield _refusing(Reason.CERTIFICATE, bare, without)
    ready = And(END.is_(Finish.PENDING), H.at(J.SHORT, J.FULL), Not(bare))
    yield _move("client completes", _utterance(CLIENT, U.ONWARD), ready, without, end=constant(Finish.COMPLETE))


@cache
def meeting(without: frozenset[str] = frozenset()) -> System:
    """The meeting of any server and any client, where the clauses of the given ids do not bind."""
    terms: dict[str, z3.ExprRef] = {f"server.{n}": t for n, t in P.terms.items()}
    terms |= {f"client.{n}": t for n, t in Q.terms.items()} | {f"hellos.{n}": t for n, t in H.terms.items()}
    begins = [H.terms[name] == value for name, value in Hellos().terms().items()]
    start = And(*begins, END.is_(Finish.PENDING), WHY.is_(Reason.NONE), is_permitted())
    return System("meeting", Symbolic("", terms | {"end": END.z3, "why": WHY.z3}), start, tuple(_moves(without)))


# --- the formula, for people ------------------------------------------------------------------------------------------

Cube = Mapping[str, tuple[Enum | bool, ...]]
"""Fields with the values that they may have; a field that may have any is left out."""


def _domains() -> dict[str, tuple[z3.ExprRef, tuple[Enum | bool, ...]]]:
    found: dict[str, tuple[z3.ExprRef, tuple[Enum | bool, ...]]] = {}
    for record in (P, Q):
        for name, field in record.fields().items():
            values: tuple[Enum | bool, ...] = (False, True) if isinstance(field, Flag) else tuple(field.kind)
            if name == "suites":
                values = tuple(value for value in values if value is not Kinds.NONE)
            found[f"{record.prefix}.{name}"] = (record.terms[name], values)
    return found


def _formula(cube: Cube) -> z3.BoolRef:
    domains = _domains()
    return And([Or([domains[name][0] == plain(value) for value in values]) for name, values in cube.items()])


def cubes(formula: z3.BoolRef) -> tuple[Cube, ...]:
    """The formula as a disjunction of cubes, each as wide as it can be; together they say the same."""
    found: list[Cube] = []
    left, inside, outside = z3.Solver(), z3.Solver(), z3.Solver()
    left.add(formula, is_permitted())
    inside.add(formula, is_permitted())
    outside.add(Not(formula), is_permitted())
    while left.check() == z3.sat:
        cube = _widest(inside, outside, left.model())
        found.append(cube)
        left.add(Not(_formula(cube)))
    return tuple(sorted(found, key=lambda cube: _any_of((cube,))))


def _widest(inside: z3.Solver, outside: z3.Solver, model: z3.ModelRef) -> Cube:
    """A point of the model, value by value made wider while nothing outside the formula comes in."""
    cube: dict[str, tuple[Enum | bool, ...]] = {}
    for name, (term, values) in _domains().items():
        here = model.eval(term, model_completion=True)
        cube[name] = tuple(value for value in values if plain(value).eq(here))
    for name, (_, values) in _domains().items():
        for value in values:
            wider = {**cube, name: tuple(v for v in values if v in cube[name] or v is value)}
            more = _formula({**cube, name: (value,)})
            if inside.check(more) == z3.sat and outside.check(_formula(wider)) == z3.unsat:
                cube = wider
    for name in tuple(cube):
        rest = {other: kept for other, kept in cube.items() if other != name}
        if outside.check(_formula(rest)) == z3.unsat:
            cube = rest
    return cube


@dataclass(frozen=True)
class Incompatible:
    """A class of pairs that do not complete: any of the cubes, the reason, and how it is refused.

    ``negotiated`` where it takes a full handshake: a pair that resumes is none of the class.
    """

    reason: Reason
    refusal: Refusal
    cubes: tuple[Cube, ...]
    negotiated: bool = False

    @property
    def text(self) -> str:
        """The condition in words of the fields."""
        return _any_of(self.cubes) + (", and the session is not resumed" if self.negotiated else "")


def _any_of(cubes: tuple[Cube, ...]) -> str:
    return ", or ".join(" and ".join(_literal(name, values) for name, values in cube.items()) for cube in cubes)


def _literal(name: str, values: tuple[Enum | bool, ...]) -> str:
    if isinstance(values[0], bool):
        return name if values[0] else f"not {name}"
    every = _domains()[name][1]
    said = [value.name.lower() for value in values if isinstance(value, Enum)]
    missing = [value.name.lower() for value in every if isinstance(value, Enum) and value not in values]
    return f"{name} is not {missing[0]}" if len(missing) == 1 and len(said) > 1 else f"{name} is {' or '.join(said)}"


@cache
def incompatible() -> tuple[Incompatible, ...]:
    """The classes of pairs that do not complete, in the order of their reasons; a pair may be in several."""
    found = {**conditions(), Reason.CERTIFICATE: _no_certificate()}
    return tuple(
        Incompatible(why, REFUSALS[why], cubes(condition), why is Reason.CERTIFICATE)
        for why, condition in found.items()
    )


def compatibility() -> str:
    """The formula of the compatible pairs, a line for each class that is none."""
    lines = ["A server and a client complete the handshake exactly if none of these holds:"]
    for one in incompatible():
        who = one.refusal.party.name.lower()
        lines.append(f"  {one.text}: the {who} says {one.refusal.alert} ({one.refusal.clause})")
    lines += ["A pair that completes resumes the session exactly if:", f"  {_any_of(cubes(resumes()))}"]
    return "\n".join(lines)


def outcome(server: ServerDemands, client: ClientDemands) -> Reason:
    """What becomes of this pair, by the formula."""
    pairs = [(P.terms[n], v) for n, v in server.terms().items()] + [(Q.terms[n], v) for n, v in client.terms().items()]
    value = z3.simplify(z3.substitute(reason().z3, *pairs))
    return next(one for one in Reason if constant(one).eq(value))

