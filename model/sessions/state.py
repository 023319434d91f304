"""What is remembered across connections: one session, two tickets of its lineage, a client's store, keys and clocks.

The run begins when the session is born; what came before is arbitrary.  ``A`` and ``B`` are any two tickets of the
session, ``link`` is any one connection that offers ``A``.  Everything else that happens is an environment: other
connections, which renew tickets of the session that are not followed, fill the client's store, or fail.  Secrets,
versions, suites, names and identities are uninterpreted numbers; clocks count seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
    ``server`` is the name under which the client reaches the servers, ``hint`` is in each ticket.
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
    alarmed = Flag()  # a connection of its session ended by a fatal alert
    deleted = Flag()


class Slot(Symbolic):
    """The client's store under the server's name; what it keeps beside a ticket is a :class:`Parameters`."""

    held = Choice(Held.NOTHING)
    server = Number()
    filled = Flag()  # it has held a ticket, and the client has deleted none since


class Link(Symbolic):
    """The followed connection: the offer, as it was made, and the answer, as it was given."""

    stage = Choice(Stage.IDLE)
    offered_at = Number()
    server = Number()
    name = Number()
    extended = Flag()  # of the ClientHello
    answer_extended = Flag()  # of the ServerHello
    condemned = Flag()  # the offer came after a failure or a fatal alert
    unproved = Flag()  # the offer came although no right Finished had followed the ticket
    by_second = Flag()
    age = Number()  # of the ticket, by the answering server's clock
    session_age = Number()
    retired = Flag()  # the key was older than the window
    stranded = Flag()  # declined for a renewal that the client does not have
    excused = Flag()  # declined for a name, an extension or an altered ticket
    empty = Flag()  # the answer came with a ticket of zero length


R = TypeVar("R", bound=Symbolic)


@dataclass(frozen=True)
class Ticket:
    """A followed ticket: its fate and what is sealed in it."""

    fate: TicketTerm
    state: Parameters
    held: Held


@dataclass(frozen=True)
class Sessions:
    """All records, each a part of one state."""

    deployment: Deployment
    clocks: Clocks
    keys: Keys
    session: Parameters
    a: Ticket
    b: Ticket
    slot: Slot
    kept: Parameters
    link: Link
    server: Parameters
    client: Parameters

    def records(self) -> Iterator[Symbolic]:
        """The parts, in order."""
        yield from (self.deployment, self.clocks, self.keys, self.session, self.a.fate, self.a.state)
        yield from (self.b.fate, self.b.state, self.slot, self.kept, self.link, self.server, self.client)

    def whole(self) -> Symbolic:
        """All fields as one record, each under the name of its part and its own."""
        return Symbolic("", {name: term for part in self.records() for name, term in named(part, part.terms).items()})

    def other(self, ticket: Ticket) -> Ticket:
        """The other followed ticket."""
        return self.b if ticket is self.a else self.a


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


@dataclass(frozen=True)
class Picked:
    """The free choices of a move: plain ones, what a server resumes with or seals, and what a client keeps."""

    plain: Picks
    resumed: Parameters
    sealed: Parameters
    kept: Parameters

    def terms(self) -> tuple[z3.ExprRef, ...]:
        """All of them."""
        return tuple(
            term for part in (self.plain, self.resumed, self.sealed, self.kept) for term in part.terms.values()
        )


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


def _ticket(held: Held) -> Ticket:
    return Ticket(fresh(TicketTerm, held.name), fresh(Parameters, f"{held.name}.state"), held)


STATE = Sessions(
    fresh(Deployment, "deployment"),
    fresh(Clocks, "clocks"),
    fresh(Keys, "keys"),
    fresh(Parameters, "session"),
    _ticket(Held.A),
    _ticket(Held.B),
    fresh(Slot, "slot"),
    fresh(Parameters, "slot.state"),
    fresh(Link, "link"),
    fresh(Parameters, "link.server.state"),
    fresh(Parameters, "link.client.state"),
)
"""The state as constants."""

PICKED = Picked(
    fresh(Picks, "any"),
    fresh(Parameters, "any.resumed"),
    fresh(Parameters, "any.sealed"),
    fresh(Parameters, "any.kept"),
)
"""The free choices as constants."""
