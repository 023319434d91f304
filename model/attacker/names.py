"""Two server names: is a session that began under one ever used under the other?

The attacker owns one name, MALLORY, with a server of its own; BANK is served by the honest server, which also serves
SHOP and opens the tickets of both by the same key.  The client wants BANK or MALLORY; the attacker also comes himself,
as a lawful client of SHOP.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache

import z3

from rfc5077.model.lasting import Act, Change, Lasting, compose, lasting, plainest
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, term
from rfc5077.model.proof.unbounded import System, fresh

And, Implies, Not, Or = z3.And, z3.Implies, z3.Not, z3.Or


class Host(Enum):
    """A server name."""

    NO_HOST = auto()
    BANK = auto()
    SHOP = auto()
    MALLORY = auto()


class Visit(Enum):
    """How far a connection is."""

    NOT_BEGUN = auto()
    BEGUN = auto()
    TICKET_OFFERED = auto()
    RESUMED = auto()


class Errand(Enum):
    """What a step is, as far as a clause cares."""

    UNBOUND = auto()
    CLIENT_STORES = auto()
    CLIENT_OFFERS = auto()
    SERVER_RESUMES = auto()


class StepFields:
    """A step: the name under which the client stores, the name in the hello."""

    move = Choice(Errand.UNBOUND)
    under = Choice(Host.NO_HOST)
    asked = Choice(Host.NO_HOST)


class Step(StepFields, Concrete):
    """A step as a value."""


class StepTerm(StepFields, Symbolic):
    """A step as terms."""


class World(Symbolic):
    """The client's store and connection, the server's connection, and whose session each holds."""

    wants = Choice(Host.NO_HOST)  # the client's connection, or its last one: whom it believes to talk to
    visit = Choice(Visit.NOT_BEGUN)
    finished_verified = Flag()  # the client has verified the Finished of that server in this connection
    brought = Choice(Host.NO_HOST)  # who issued the ticket that has come in this connection
    stored = Choice(Host.NO_HOST)  # who issued the ticket in the store
    stored_under = Choice(Host.NO_HOST)  # the name that the client keeps with it
    secret_with = Choice(Host.NO_HOST)  # whom the client shares the secret with that is stored beside it
    shown = Choice(Host.NO_HOST)  # the name under which the session of the ticket that the server got began
    hello_name = Choice(Host.NO_HOST)  # the name in that hello
    serving = Choice(Host.NO_HOST)  # what the server serves in the resumed connection
    strayed = Flag()  # the client has offered a ticket to a server that did not issue it


W = fresh(World)
H, V = Host, Visit
Entry = Lasting[World, StepTerm]


@lasting("R5077-3.1-02")
def ticket_goes_to_its_issuer(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.move.is_(Errand.CLIENT_OFFERS), w.stored_under.same(w.wants))


@lasting("R5077-3.1-08")
def stored_with_its_session(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.move.is_(Errand.CLIENT_STORES), s.under.same(w.wants))


@lasting("R5077-3.3-06")
def ticket_counts_after_finished(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.move.is_(Errand.CLIENT_STORES), w.finished_verified)


@lasting("R6066-3-02")
def no_session_of_another_name(w: World, s: StepTerm) -> z3.BoolRef:
    return Implies(s.move.is_(Errand.SERVER_RESUMES), w.hello_name.same(w.shown))


CLAUSES: tuple[Entry, ...] = (
    ticket_goes_to_its_issuer,
    stored_with_its_session,
    ticket_counts_after_finished,
    no_session_of_another_name,
)


def _visits() -> list[Act]:
    idle, begun = W.visit.is_(V.NOT_BEGUN), W.visit.is_(V.BEGUN)
    none = W.brought.is_(H.NO_HOST)
    over: dict[str, Change] = {
        "visit": term(V.NOT_BEGUN), "finished_verified": False, "brought": term(H.NO_HOST),
    }  # fmt: skip
    acts = [Act("network: ends the client's connection", Step(), Not(idle), over)]
    for wanted in (H.BANK, H.MALLORY):
        acts.append(Act(f"client > network: ClientHello to {wanted.name}", Step(), idle,
                        {"visit": term(V.BEGUN), "wants": term(wanted)}))  # fmt: skip
    # A ticket may come from anybody before the server's Finished tells; only the server that is wanted has that.
    for source, words in ((H.BANK, "the server's"), (H.MALLORY, "of his own")):
        acts.append(Act(f"network > client: NewSessionTicket, {words}", Step(),
                        And(none, Not(W.finished_verified)), {"brought": term(source)}))  # fmt: skip
    genuine = And(begun, Not(W.finished_verified), Or(none, W.brought.same(W.wants)))
    acts.append(Act("network > client: Finished of the server that it wants", Step(), genuine,
                    {"finished_verified": True}))  # fmt: skip
    for name in (H.BANK, H.MALLORY):
        acts.append(Act(f"client: stores the ticket under {name.name}", Step(move=Errand.CLIENT_STORES, under=name),
                        And(begun, Not(none)), {"stored": W.brought, "stored_under": term(name),
                        "secret_with": W.wants}))  # fmt: skip
    return acts


def _resumptions() -> list[Act]:
    stocked = And(W.visit.is_(V.BEGUN), Not(W.stored.is_(H.NO_HOST)), W.brought.is_(H.NO_HOST))
    offered = W.visit.is_(V.TICKET_OFFERED)
    quiet = And(W.shown.is_(H.NO_HOST), W.serving.is_(H.NO_HOST))
    his, honest = W.secret_with.is_(H.MALLORY), And(W.stored.is_(H.BANK), W.secret_with.is_(H.BANK))
    relayed = And(offered, honest, W.shown.is_(H.BANK), W.hello_name.same(W.wants))
    acts = [
        Act("client > network: its hello offers the ticket", Step(move=Errand.CLIENT_OFFERS), stocked,
            {"visit": term(V.TICKET_OFFERED), "strayed": Or(W.strayed, Not(W.stored.same(W.wants)))}),
        Act("network > server: client's hello, untouched", Step(), quiet,
            {"shown": term(H.BANK), "hello_name": W.wants}),
        Act("network > client: resumes the session of MALLORY", Step(), And(offered, his),
            {"visit": term(V.RESUMED)}),
        Act("network > client: server's answer and Finished", Step(), And(relayed, W.serving.same(W.hello_name)),
            {"visit": term(V.RESUMED)}),
    ]  # fmt: skip
    for name in (H.BANK, H.SHOP):
        acts.append(Act(f"network > server: ClientHello to {name.name}, his ticket of SHOP", Step(), quiet,
                        {"shown": term(H.SHOP), "hello_name": term(name)}))  # fmt: skip
    resumes = And(Not(W.shown.is_(H.NO_HOST)), W.serving.is_(H.NO_HOST))
    acts.append(Act("server > network: resumes, serves what was asked for", Step(move=Errand.SERVER_RESUMES), resumes,
                    {"serving": W.hello_name}))  # fmt: skip
    return acts


@cache
def system(without: frozenset[str] = frozenset()) -> System:
    """The system under the clauses but those of the ids left out."""
    return compose("names", W, StepTerm, [*_visits(), *_resumptions()], CLAUSES, without, plainest(W))


def client_misled() -> z3.BoolRef:
    """True where the client takes its peer for one name on the strength of a session that began under another."""
    return And(W.visit.is_(V.RESUMED), Not(W.secret_with.same(W.wants)))


def server_confused() -> z3.BoolRef:
    """True where the server serves one name on the strength of a session that began under another."""
    return And(Not(W.serving.is_(H.NO_HOST)), Not(W.serving.same(W.shown)))
