"""What is remembered across connections: one session, two tickets of its lineage, a client's store, keys and clocks.

The run begins when the session is born; what came before is arbitrary.  ``A`` and ``B`` are any two tickets of the
session, ``link`` is any connection that offers ``A``, one after the other.  Everything else that happens is an
environment: other connections, which renew tickets of the session that are not followed, fill the client's store, or
fail.  Secrets, versions, suites, names and identities are uninterpreted numbers; clocks count seconds.

What is certified, as obligations that both solvers check, whatever clauses bind (``theorems.composition``):

- ``environment``: each step of a third ticket, and of a second connection by any of the three, is a step of the model
  that follows two tickets and one connection, or none.  What the environment assumes of tickets that are not followed
  holds of each ticket, if it holds of all that were sealed before (the step of an induction), and at the start.
- ``symmetry``: exchanging A and B turns each step into a step; the followed connection then offers B.
- ``projection``: each step of the one-connection model, seen as the offer of A and the delivery of B, is one, two or
  none of the steps here; here under the clauses of both models, less those that are dropped.

What is argued: that a third ticket stands for any number, since a step is about two tickets and one connection at most;
that a connection takes no other steps than those of the one-connection model (whose reductions ``proof.joint`` lists);
that parties, given the choices that a move picks, share nothing but what the state names.  Left out: servers that take
a ticket only once, the capacity of caches, a client with more than one place for a server's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

import z3

from rfc5077.model.logic import AnyTerm, Choice, Flag, Symbolic, plain
from rfc5077.model.proof.unbounded import Number, fresh

And = z3.And


class Held(Enum):
    """What the client's store holds for the server's name."""

    NOTHING = "nothing"
    A = "the ticket A"
    B = "the ticket B"
    FURTHER = "a further ticket of the session"
    ANOTHER = "a ticket of another session"
    EMPTY_ONE = "a ticket of zero length"


class Stage(Enum):
    """How far the followed connection is."""

    IDLE = "not begun"
    OFFERED = "the ClientHello with A is sent"
    HONOURED = "the server resumes"
    DECLINED = "the server negotiates in full"
    RESUMED = "client and server are through"
    BROKEN_OFF = "ended"


class Parameters(Symbolic):
    """A session as one party, or one ticket, holds it.  The identity 0 is that of nobody; ``since`` is its birth."""

    secret = Number()
    version = Number()
    suite = Number()
    extended = Flag()
    name = Number()
    identity = Number()
    since = Number()


class Deployment(Symbolic):
    """What the deployer chose, once and for all.

    ``life`` of a ticket and ``cap`` of a session in seconds; a key opens tickets until ``window`` newer ones are in
    use, and no two keys come within ``interval`` seconds; ``skew`` bounds how far the servers' clocks are apart.
    ``server`` is the name under which the client reaches the servers.
    """

    life = Number()
    cap = Number()
    interval = Number()
    window = Number()
    skew = Number()
    server = Number()


class Clocks(Symbolic):
    """The clock of the client, and those of two servers that share keys; none runs backwards."""

    client = Number()
    server = Number()
    second = Number()


class Keys(Symbolic):
    """Ticket keys by number: the newest, when it came into use, the oldest kept, and what the second server has."""

    newest = Number()
    since = Number()
    oldest = Number()
    second_has = Number()


class TicketTerm(Symbolic):
    """A ticket: how it was sealed, what came of its delivery, and what each party takes for granted.

    ``sealed_at``, ``arrived_at``, ``altered``, ``finished`` and ``answered`` are what happened; ``time``,
    ``counted_from``, ``proved`` and ``confirmed`` are what the parties hold to have happened.
    """

    sealed = Flag()
    key = Number()
    time = Number()  # as the ticket has it
    sealed_at = Number()  # as it was, by the server's clock
    hint = Number()
    renews = Flag()  # it was issued in the resumption by the other followed ticket
    arrived = Flag()
    altered = Flag()
    arrived_at = Number()
    counted_from = Number()
    finished = Flag()  # a right server Finished has come after it
    proved = Flag()  # the client takes it for valid
    answered = Flag()  # the client has sent its Finished after it
    confirmed = Flag()  # the server takes it for delivered
    failed = Flag()  # a resumption by it was accepted and then failed
    deleted = Flag()  # for that failure


class Slot(Symbolic):
    """The client's store under the server's name; what it keeps beside a ticket is a :class:`Parameters`."""

    held = Choice(Held.NOTHING)
    server = Number()
    filled = Flag()  # it has held a ticket of the session, and the client has deleted none since
    alarmed = Flag()  # a connection of the session ended by a fatal alert
    ended = Flag()  # the client has forgotten the session for it


class Link(Symbolic):
    """The followed connection: the offer, as it was made, and the answer, as it was given."""

    stage = Choice(Stage.IDLE)
    offered_at = Number()
    server = Number()
    name = Number()
    extended = Flag()  # of the ClientHello
    answer_extended = Flag()  # of the ServerHello
    condemned = Flag()  # the offer came after a resumption by the ticket that failed
    orphaned = Flag()  # the offer came after a fatal alert that ended the session
    unproved = Flag()  # the offer came although no right Finished had followed the ticket
    by_second = Flag()
    age = Number()  # of the ticket, by the answering server's clock
    session_age = Number()
    retired = Flag()  # the key was older than the window
    stranded = Flag()  # declined for a renewal that the client does not have
    excused = Flag()  # declined for a name, an extension or an altered ticket
    empty = Flag()  # the answer came with a ticket of zero length


class Acting(Symbolic):
    """What a server goes by at some time: its clock, and the newest and the oldest ticket key that it has."""

    now = Number()
    newest = Number()
    oldest = Number()


class Mark(Symbolic):
    """Whether it is the third ticket that the store holds, where it holds a further one."""

    here = Flag()


R = TypeVar("R", bound=Symbolic)


@dataclass(frozen=True)
class Ticket:
    """A ticket: its fate and what is sealed in it."""

    fate: TicketTerm
    state: Parameters
    held: Held


@dataclass(frozen=True)
class Connection:
    """A connection that offers a ticket, and what server and client resume with.

    ``answered`` is what the server went by when it resumed, where that is remembered.
    """

    offers: Ticket
    link: Link
    server: Parameters
    client: Parameters
    answered: Acting | None = None

    def records(self) -> Iterator[Symbolic]:
        """The parts, in order; the ticket is none of them."""
        yield from (self.link, self.server, self.client)
        if self.answered is not None:
            yield self.answered


@dataclass(frozen=True)
class Third:
    """A third ticket, where one is followed, and its mark in the store."""

    ticket: Ticket
    mark: Mark


@dataclass(frozen=True)
class Sessions:
    """All records, each a part of one state.

    Where two tickets and one connection are followed there is no ``third`` and none ``beside``.
    """

    deployment: Deployment
    clocks: Clocks
    keys: Keys
    session: Parameters
    a: Ticket
    b: Ticket
    slot: Slot
    kept: Parameters
    followed: Connection
    third: Third | None = None
    beside: tuple[Connection, ...] = ()

    @property
    def link(self) -> Link:
        """The followed connection."""
        return self.followed.link

    @property
    def server(self) -> Parameters:
        """What the server resumes in the followed connection."""
        return self.followed.server

    @property
    def client(self) -> Parameters:
        """What the client offers with in the followed connection."""
        return self.followed.client

    def tickets(self) -> tuple[Ticket, ...]:
        """Those that are followed."""
        return (self.a, self.b, self.third.ticket) if self.third else (self.a, self.b)

    def connections(self) -> tuple[Connection, ...]:
        """Those that are followed."""
        return (self.followed, *self.beside)

    def records(self) -> Iterator[Symbolic]:
        """The parts, in order."""
        yield from (self.deployment, self.clocks, self.keys, self.session, self.a.fate, self.a.state)
        yield from (self.b.fate, self.b.state, self.slot, self.kept, *self.followed.records())
        if self.third is not None:
            yield from (self.third.ticket.fate, self.third.ticket.state, self.third.mark)
        for connection in self.beside:
            yield from connection.records()

    def whole(self) -> Symbolic:
        """All fields as one record, each under the name of its part and its own."""
        return Symbolic("", {name: term for part in self.records() for name, term in named(part, part.terms).items()})

    def other(self, ticket: Ticket) -> Ticket:
        """The other one of A and B."""
        return self.b if ticket is self.a else self.a

    def stores(self, ticket: Ticket) -> z3.BoolRef:
        """True where the client's store holds this ticket."""
        here = self.slot.held.is_(ticket.held)
        return And(here, self.third.mark.here) if self.third and ticket is self.third.ticket else here

    def put(self, held: Held, ticket: Ticket | None = None, **more: AnyTerm | z3.ExprRef) -> dict[str, z3.ExprRef]:
        """Changes after which the store holds this."""
        changes = to(self.slot, held=held, **more)
        third = to(self.third.mark, here=ticket is self.third.ticket) if self.third else {}
        return {**changes, **third}


class Picks(Symbolic):
    """What a move picks freely."""

    seconds = Number()
    key = Number()
    time = Number()
    hint = Number()
    counted_from = Number()
    altered = Flag()
    right = Flag()
    oldest = Number()
    server = Number()
    name = Number()
    extended = Flag()
    answer_extended = Flag()
    empty = Flag()
    then = Number()  # when a server resumed, before it sealed anew
    newest_then = Number()
    oldest_then = Number()


@dataclass(frozen=True)
class Picked:
    """The free choices of a move: plain ones, what a server resumes with or seals, what a client keeps.

    ``further`` is a ticket of the session that is not followed.
    """

    plain: Picks
    resumed: Parameters
    sealed: Parameters
    kept: Parameters
    further: Ticket

    def terms(self) -> tuple[z3.ExprRef, ...]:
        """All of them."""
        parts = (self.plain, self.resumed, self.sealed, self.kept, self.further.fate, self.further.state)
        return tuple(term for part in parts for term in part.terms.values())


def named(record: Symbolic, terms: Mapping[str, z3.ExprRef]) -> dict[str, z3.ExprRef]:
    """Terms of a record's fields under their names in the whole state."""
    return {f"{record.prefix}.{name}": term for name, term in terms.items()}


def to(record: Symbolic, **terms: AnyTerm | z3.ExprRef | Enum | bool) -> dict[str, z3.ExprRef]:
    """Changes that give fields of the record these values."""
    unknown = set(terms) - set(record.terms)
    assert not unknown, unknown
    return named(record, {n: t if isinstance(t, z3.ExprRef) else plain(t) for n, t in terms.items()})


def copied(record: Parameters, source: Parameters) -> dict[str, z3.ExprRef]:
    """Changes that make one session record equal to another."""
    return named(record, source.terms)


def same(one: Parameters, other: Parameters, *fields: str) -> z3.BoolRef:
    """Both agree in these fields; in all of them if none is named."""
    return And([one.terms[field] == other.terms[field] for field in fields or one.terms])


def _ticket(held: Held, prefix: str) -> Ticket:
    return Ticket(fresh(TicketTerm, prefix), fresh(Parameters, f"{prefix}.state"), held)


def _connection(offers: Ticket, prefix: str, remembers: bool = False) -> Connection:
    server, client = fresh(Parameters, f"{prefix}.server.state"), fresh(Parameters, f"{prefix}.client.state")
    return Connection(
        offers, fresh(Link, prefix), server, client, fresh(Acting, f"{prefix}.answered") if remembers else None
    )


A, B = _ticket(Held.A, "A"), _ticket(Held.B, "B")

STATE = Sessions(
    fresh(Deployment, "deployment"),
    fresh(Clocks, "clocks"),
    fresh(Keys, "keys"),
    fresh(Parameters, "session"),
    A,
    B,
    fresh(Slot, "slot"),
    fresh(Parameters, "slot.state"),
    _connection(A, "link"),
)
"""The state as constants."""

MIRRORED = replace(STATE, followed=_connection(B, "link"))
"""The same where the followed connection offers B."""

_C = Third(_ticket(Held.FURTHER, "C"), fresh(Mark, "C.mark"))

EXTENDED = replace(
    STATE, third=_C, beside=tuple(_connection(t, f"beside {t.held.name}", True) for t in (A, B, _C.ticket))
)
"""The state with a third ticket of the session, and a second connection by each of the three."""

PICKED = Picked(
    fresh(Picks, "any"),
    fresh(Parameters, "any.resumed"),
    fresh(Parameters, "any.sealed"),
    fresh(Parameters, "any.kept"),
    _ticket(Held.FURTHER, "any.further"),
)
"""The free choices as constants."""
