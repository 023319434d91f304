"""One party by itself, facing anybody: what the clauses leave to it, and which profiles have chosen what it said.

The party says whatever the clauses of the class ``violation`` permit; what it hears is anything at all.  Beside its
state stands a profile, which nothing changes, and ``chosen``: whether the machine of that profile would have said all
that was said.  So one system answers two questions: what a profile's machine does (where ``chosen``), and whether what
a party did is what some profile does.

Stated reductions: a party says all that it has to say before it hears anything, and has read what reached it; it aborts
for a reason alone, and what it has overlooked is none any more; no warning and no HelloRequest reaches it;
renegotiations are not followed; a client offers no session by its id alone; an id that it made up, and finds repeated,
is to it as any other id, and if it has no ticket beside it, it expects a full handshake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import z3

from rfc5077.model.clause import Verdict
from rfc5077.model.clauses import binding
from rfc5077.model.event import (
    BESIDE,
    CLIENT,
    SERVER,
    Alarm,
    Event,
    EventTerm,
    Message,
    Party,
    SessionId,
)
from rfc5077.model.flows import COMPLETE, Position, speaks
from rfc5077.model.logic import AnyTerm, Symbolic, plain
from rfc5077.model.profile import (
    ClientProfileTerm,
    ServerProfileTerm,
    client_chooses,
    client_refuses,
    is_permitted,
    offered_nothing,
    server_chooses,
    server_refuses,
)
from rfc5077.model.proof.unbounded import Move, System
from rfc5077.model.run.party import judged
from rfc5077.model.run.says import SAYS, alert, conclusion, verification
from rfc5077.model.state import (
    TOLERABLE,
    Client,
    ClientTerm,
    Conclusion,
    Ending,
    Fault,
    PartyTerm,
    Peer,
    Server,
    ServerTerm,
    step,
)

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or
M, P = Message, Position
EVENT = EventTerm("event")
HELD = ("crossing", "skips")
"""Fields of a party that stay false here: what reached it is read, and it hashes what is to be hashed."""

OVERLOOKED = {
    Fault.REPEATED_EXTENSION: "repeated",
    Fault.FILLED_EXTENSION: "filled",
    Fault.MISSING_TICKET: "missing",
}
"""The faults that a party may overlook, with the name of what remembers that it did."""


@dataclass(frozen=True)
class Alone:
    """One party's state, a profile, and what is remembered for the theorems' sake, as terms."""

    state: PartyTerm
    profile: ServerProfileTerm | ClientProfileTerm
    memory: Mapping[str, z3.BoolRef]

    @property
    def party(self) -> Party:
        """Who it is."""
        return self.state.me

    def chooses(self, e: EventTerm) -> z3.BoolRef:
        """True where the profile picks the event."""
        if isinstance(self.state, ServerTerm):
            assert isinstance(self.profile, ServerProfileTerm)
            return server_chooses(self.profile, self.state, e)
        assert isinstance(self.profile, ClientProfileTerm)
        return client_chooses(self.profile, self.state, e)

    def refuses(self) -> z3.BoolRef:
        """True where the profile aborts."""
        if isinstance(self.state, ServerTerm):
            assert isinstance(self.profile, ServerProfileTerm)
            return server_refuses(self.profile, self.state)
        assert isinstance(self.profile, ClientProfileTerm)
        return client_refuses(self.profile, self.state)

    def terms(self) -> dict[str, z3.ExprRef]:
        """Every field that may change, and those of the profile, by the name of its constant."""
        own = {f"{self.state.prefix}.{n}": t for n, t in self.state.terms.items() if n not in HELD}
        return own | {f"profile.{n}": t for n, t in self.profile.terms.items()} | dict(self.memory)


def _remembering(*names: str) -> dict[str, z3.BoolRef]:
    return {name: z3.Bool(name) for name in ("chosen", "refused", *OVERLOOKED.values(), *names)}


SERVER_STATE, SERVER_PROFILE = ServerTerm("server").but(crossing=False, skips=False), ServerProfileTerm("profile")
CLIENT_STATE, CLIENT_PROFILE = ClientTerm("client").but(crossing=False, skips=False), ClientProfileTerm("profile")
SERVER_ALONE = Alone(
    SERVER_STATE,
    SERVER_PROFILE,
    _remembering("certificate", "status", "keys"),  # which messages of the server's flight there were
)
CLIENT_ALONE = Alone(
    CLIENT_STATE,
    CLIENT_PROFILE,
    _remembering("concluded", "waited"),  # it drew its conclusion from the echo, or might have and did not
)
ALONE = {SERVER: SERVER_ALONE, CLIENT: CLIENT_ALONE}


@cache
def _permitted(party: Party, without: frozenset[str], verdict: Verdict | None) -> z3.BoolRef:
    entries = [entry for entry in binding(party, verdict) if entry.id not in without]
    return z3.simplify(And([judged(entry, ALONE[party].state, EVENT) for entry in entries]))


def permitted(
    party: Party, e: EventTerm, without: frozenset[str], verdict: Verdict | None = Verdict.VIOLATION
) -> z3.BoolRef:
    """No clause of this verdict, or of any, speaks against this event of the party's own, as the monitor judges it."""
    pairs = [(EVENT.terms[name], e.terms[name]) for name in e.terms]
    return z3.substitute(_permitted(party, without, verdict), *pairs)


def among(e: EventTerm, events: Iterable[Event]) -> z3.BoolRef:
    """True where the event is one of these."""
    return Or([And([e.terms[name] == value for name, value in event.terms().items()]) for event in events])


def sayings(party: Party) -> tuple[Event, ...]:
    """What the party may say here."""
    return tuple(e for e in SAYS[party] if party is SERVER or e.session_id is not SessionId.CACHED)


def concrete(event: Event) -> EventTerm:
    """The event as terms."""
    return EventTerm(terms=event.terms())


def may_conclude(a: Alone, without: frozenset[str], resumed: bool) -> z3.BoolRef:
    """True where the client may make up its mind so before a message tells it."""
    assert isinstance(a.state, ClientTerm)
    s = a.state
    undecided = And(s.position.is_(P.SERVER_HELLO), s.conclusion.is_(Conclusion.NONE), s.ending.is_(Ending.OPEN))
    return And(undecided, permitted(a.party, concrete(conclusion(resumed)), without))


def minded(a: Alone, without: frozenset[str]) -> z3.BoolRef:
    """True where the party draws no conclusion before it goes on."""
    if a.party is SERVER:
        return z3.BoolVal(True)
    concludes = [And(may_conclude(a, without, mind), a.chooses(concrete(conclusion(mind)))) for mind in (False, True)]
    return Not(Or(concludes))


def settled(a: Alone, without: frozenset[str] = frozenset()) -> z3.BoolRef:
    """True where the party has taken the steps that nobody sees and that its profile takes."""
    return And(minded(a, without), Not(And(a.state.peer_finished.is_(Peer.RIGHT), Not(a.state.verified))))


def has_the_turn(a: Alone) -> z3.BoolRef:
    """True where the party is to speak, or to refuse what it has read."""
    s = a.state
    waits = And(speaks(s.position, s.me), Not(s.position.among(*COMPLETE)))
    return And(s.ending.is_(Ending.OPEN), Not(s.position.is_(P.RENEGOTIATION)), Or(waits, a.refuses()))


def picks(a: Alone, e: EventTerm) -> z3.BoolRef:
    """True where the machine of the profile says this in its turn, of :func:`sayings` and an alert; clauses apart."""
    refuses, alerts = a.refuses(), e.is_(M.Alert)
    return And(refuses == alerts, Not(e.is_(M.ApplicationData)), a.chooses(e))


def says(a: Alone, e: EventTerm) -> z3.BoolRef:
    """True where the event is one of what the party may say, or its alert."""
    return among(e, (*sayings(a.party), alert(a.party)))


def _hearing(a: Alone) -> z3.BoolRef:
    """Anything that the other party may send, or that is made of it on its way."""
    other = CLIENT if a.party is SERVER else SERVER
    e = EVENT
    known = [SessionId.EMPTY, SessionId.FRESH, SessionId.CACHED] if other is CLIENT else list(SessionId)
    sound = And(
        e.sender.is_(other), Not(e.is_(*BESIDE, M.HelloRequest)), e.session_id.among(*known),
        Not(e.alarm.is_(Alarm.WARNING)), e.is_(M.Alert) == Not(e.alarm.is_(Alarm.NONE)),
    )  # fmt: skip
    if isinstance(a.state, ClientTerm):
        from_nothing = Or(offered_nothing(a.state), a.state.client_id.is_(SessionId.EMPTY))
        sound = And(sound, Implies(from_nothing, Not(e.session_id.is_(SessionId.ECHOED))))
    return sound


_FLIGHT = {"certificate": M.Certificate, "status": M.CertificateStatus, "keys": M.ServerKeyExchange}


def _goes_on(a: Alone, without: frozenset[str]) -> tuple[z3.BoolRef, dict[str, z3.BoolRef]]:
    """Where the party may say or hear anything, and what is remembered of it."""
    s = a.state
    noted = {name: Or(a.memory[name], s.fault.is_(fault)) for fault, name in OVERLOOKED.items()}
    here = And(s.ending.is_(Ending.OPEN), Not(s.position.is_(P.RENEGOTIATION)))
    if isinstance(s, ClientTerm):
        here = And(here, Not(And(offered_nothing(s), may_conclude(a, without, False))))
        noted["waited"] = Or(a.memory["waited"], *(may_conclude(a, without, mind) for mind in (False, True)))
    return here, noted


def _moves(a: Alone, without: frozenset[str]) -> Iterable[Move]:
    """What the party says, its refusals, and what it hears."""
    s, e, memory, name = a.state, EVENT, a.memory, a.party.name.lower()
    here, noted = _goes_on(a, without)
    likely = And(memory["chosen"], minded(a, without), Not(a.refuses()))
    flight = {field: Or(memory[field], e.sends(SERVER, said)) for field, said in _FLIGHT.items() if field in memory}
    again = And(e.is_(M.ClientHello), Not(s.position.is_(P.START)))
    guard = And(here, among(e, sayings(a.party)), Not(again), permitted(a.party, e, without))
    yield _move(f"{name} says", a, guard, chosen=And(likely, a.chooses(e)), **flight, **noted)
    reason = Not(Or(s.fault.is_(Fault.NONE), *(And(s.fault.is_(f), memory[done]) for f, done in OVERLOOKED.items())))
    guard = And(here, reason, among(e, [alert(a.party)]), permitted(a.party, e, without))
    chosen = And(memory["chosen"], minded(a, without), a.refuses())
    waited = {field: term for field, term in noted.items() if field == "waited"}
    yield _move(f"{name} refuses", a, guard, chosen=chosen, refused=z3.BoolVal(True), **waited)
    turn = And(speaks(s.position, s.me), Not(s.position.among(*COMPLETE)))
    guard = And(here, Not(turn), s.fault.among(*TOLERABLE), _hearing(a))
    yield _move(f"{name} hears", a, guard, chosen=likely, **noted)


def _steps(a: Alone, without: frozenset[str]) -> Iterable[Move]:
    """The steps that nobody sees."""
    s, e, memory, name = a.state, EVENT, a.memory, a.party.name.lower()
    here, noted = _goes_on(a, without)
    verifies = And(among(e, [verification(a.party)]), Not(s.verified), Not(s.peer_finished.is_(Peer.ABSENT)))
    yield _move(f"{name} verifies", a, And(here, verifies, permitted(a.party, e, without)))
    if isinstance(s, ClientTerm):
        guard = Or([And(among(e, [conclusion(mind)]), may_conclude(a, without, mind)) for mind in (False, True)])
        concluded = Or(memory["concluded"], Not(offered_nothing(s)))
        chosen = And(memory["chosen"], a.chooses(e))
        yield _move("client concludes", a, guard, chosen=chosen, concluded=concluded)
    forgets = And(here, s.fault.among(*TOLERABLE), Not(s.fault.is_(Fault.NONE)))
    changes = {field: term for field, term in noted.items() if field != "waited"}
    fine = And(memory["chosen"], Not(a.refuses()))
    yield Move(f"{name} overlooks", forgets, {f"{s.prefix}.fault": plain(Fault.NONE), "chosen": fine, **changes})


def _move(name: str, a: Alone, guard: z3.BoolRef, **memory: z3.BoolRef) -> Move:
    s = a.state
    after = step(s, EVENT)
    changes: dict[str, z3.ExprRef] = {
        f"{s.prefix}.{field}": z3.simplify(term)
        for field, term in after.terms.items() if field not in HELD and not term.eq(s.terms[field])
    }  # fmt: skip
    return Move(name, z3.simplify(guard), changes | {field: z3.simplify(term) for field, term in memory.items()})


@cache
def alone(party: Party, without: frozenset[str] = frozenset()) -> System:
    """The party by itself, where the clauses of the given ids do not bind, beside a profile of permitted values."""
    a = ALONE[party]
    moves = (*_moves(a, without), *_steps(a, without))
    terms = a.terms()
    absent = sorted({entry.id for entry in binding(party, Verdict.VIOLATION)} & without)
    name = f"{party.name.lower()} alone" + (f" without {', '.join(absent)}" if absent else "")
    return System(name, Symbolic("", terms), _start(a), moves, tuple(EVENT.terms.values()))


def _start(a: Alone) -> z3.BoolRef:
    """The plainest state; a server has the opinion of tickets that its profile has."""
    plainest = Server() if a.party is SERVER else Client()
    free = (*HELD, "honours")
    begins = [a.state.terms[name] == value for name, value in plainest.terms().items() if name not in free]
    forgotten = [Not(term) for name, term in a.memory.items() if name != "chosen"]
    opinion = z3.BoolVal(True)
    if isinstance(a.state, ServerTerm):
        assert isinstance(a.profile, ServerProfileTerm)
        opinion = a.state.honours == a.profile.honours
    return And(*begins, *forgotten, is_permitted(a.profile), a.memory["chosen"] == opinion)


def is_profile(a: Alone, fields: Mapping[str, AnyTerm | z3.BoolRef]) -> z3.BoolRef:
    """True where the profile's fields have these values, and those that are left out their plainest."""
    found = []
    for name, field in a.profile.fields().items():
        value = fields.get(name, field.default)
        found.append(a.profile.terms[name] == plain(value))
    return And(found)

