"""A foreign stack as a row of the matrix: how either role is started, what it cannot play and does else."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, Protocol

from rfc5077.model.clause import Level
from rfc5077.model.clauses import BY_ID
from rfc5077.properties.matrix.dialogue import ForeignServer, Word
from rfc5077.properties.matrix.papers import Identity, Papers

Role = Literal["server", "client"]
"""What the foreign stack is; we are the other."""

ROLES: tuple[Role, ...] = ("server", "client")


class Scenario(Enum):
    """A column of the matrix: its name, and what is played."""

    ISSUE = "issue"
    RESUME = "resume"
    RENEW = "renew"
    REJECT = "reject"
    ROTATION = "rotation"
    IDENTITY = "identity"
    LARGE = "large"
    NAMES = "names"
    EMS = "ems"

    @property
    def meaning(self) -> str:
        """In a sentence."""
        return _MEANING[self]


_MEANING = {
    Scenario.ISSUE: "a full handshake issues a ticket; certificate and name are verified",
    Scenario.RESUME: "the ticket resumes the session",
    Scenario.RENEW: "a ticket is renewed in an abbreviated handshake, and the new one is offered next and resumes",
    Scenario.REJECT: "a ticket that the server cannot open leads to a full handshake, whose new ticket resumes",
    Scenario.ROTATION: "the ticket key is replaced while the server runs: first beside the old one, then alone",
    Scenario.IDENTITY: "a client certificate is demanded and verified, and its owner is known again in the resumption",
    Scenario.LARGE: "a ticket of a client with a large certificate, split over several records, resumes",
    Scenario.NAMES: "one name after another: each is verified, and our side takes no session over to another name",
    Scenario.EMS: "with the extended master secret and without it",
}


class StartServer(Protocol):
    """Starts a server of a stack."""

    def __call__(
        self, papers: Papers, identity: Identity, *, client_auth: bool = False
    ) -> AbstractContextManager[ForeignServer]:
        """`client_auth` demands a client certificate under `papers.roots`."""


class RunClient(Protocol):
    """Has a client of a stack connect."""

    def __call__(
        self, papers: Papers, address: tuple[str, int], count: int, *, identity: Identity, roots: str | None = None,
        own: Identity | None = None, names: Sequence[str] = (),
    ) -> list[Word]:  # fmt: skip
        """So many connections, each with the session of the one before; `names` are asked for in turn, else localhost.

        `roots` is whom it trusts (`papers.roots`), `identity` whom it will meet, `own` whom it shows itself as.
        """


Reasons = Mapping[tuple[Role, Scenario], str]
"""Why cells are empty."""


@dataclass(frozen=True)
class Deviation:
    """What a stack is known to do instead.

    Attributes:
        seen: a pattern of what is seen then.
        because: why that is so.
        clause: the id of the clause that it breaks, or that leaves it the choice.
    """

    seen: str
    because: str
    clause: str

    def __str__(self) -> str:
        return f"{self.because}, {_STANDING.get(BY_ID[self.clause].level, 'against')} {self.clause}"


_STANDING = {
    Level.SHOULD: "against the advice of", Level.LC_SHOULD: "against the advice of",
    Level.MAY: "as it may by", Level.LC_MAY: "as it may by",
}  # fmt: skip
"""How a deviation stands to its clause."""


Deviations = Mapping[tuple[Role, Scenario], Deviation]

Renewal = Literal["always", "rotated", "never"]
"""When a server sends a new ticket in an abbreviated handshake: each time; once its key has changed; at no time."""


@dataclass(frozen=True)
class Stack:
    """One row.

    Attributes:
        name: as users type it.
        version: of what is here, built first where it has to be. Raises NotInstalled.
        install: how to get it, in words.
        server, client: the roles that it can be started in.
        rotating: a server whose ticket keys can be changed, where that is another than `server`.
        renewed: a client that goes on with a renewed ticket, where that is another than `client`.
        renewal: when its server renews.
        cannot: the cells that cannot be played, with the reason.
        deviates: the cells where it is known to do something else.
        trusting: the roles in which it does not verify the other side's chain, with the reason.
        short: whether it belongs to the short set.
    """

    name: str
    version: Callable[[], str]
    install: str
    server: StartServer | None = None
    client: RunClient | None = None
    rotating: StartServer | None = None
    renewed: RunClient | None = None
    renewal: Renewal = "never"
    cannot: Reasons = field(default_factory=dict)
    deviates: Deviations = field(default_factory=dict)
    trusting: Mapping[Role, str] = field(default_factory=dict)
    short: bool = False

    def reason_against(self, role: Role, scenario: Scenario) -> str | None:
        """Why this cell stays empty, None if it can be played."""
        if (self.server if role == "server" else self.client) is None:
            return self.cannot.get((role, scenario), f"it has no {role} that could be driven")
        return self.cannot.get((role, scenario))
