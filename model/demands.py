"""What client and server can do, and insist on, beside the ticket: the part of a profile that may part a pair.

The other choices (``profile``) never do: whatever they are, two parties that break no clause complete the handshake.
"""

from __future__ import annotations

from enum import Enum, auto

from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic


class Stance(Enum):
    """How a party stands to something that the other may or may not have."""

    UNKNOWN = auto()  # knows nothing of it, or wants nothing of it
    WELCOME = auto()  # uses it where the other has it
    DEMANDED = auto()  # goes on with nobody who lacks it


class Kinds(Enum):
    """Which of two kinds, suites or protocols, a party has; two are enough to have none in common."""

    NONE = auto()
    FIRST = auto()
    SECOND = auto()
    BOTH = auto()


class PriorSession(Enum):
    """The session that a client holds a ticket of, begun when either side may have stood otherwise."""

    NONE = auto()
    EXTENDED = auto()  # with the extended master secret
    STANDARD = auto()  # without it


class ServerDemandChoices:
    """What a server has and wants."""

    extended_secret = Choice(Stance.UNKNOWN)  # R7627-5.2-02, R7627-5.2-04
    refuses_old_sessions = Flag()  # R7627-5.3-05 advises it: those without the extended master secret
    suites = Choice(Kinds.BOTH)  # R5246-7.4.1.3-03
    protocols = Choice(Kinds.NONE)  # R7301-3.2-01
    certificate = Choice(Stance.UNKNOWN)  # the client's: RFC 5246, section 7.4.6
    honours = Flag()  # R5077-3.1-13


class ClientDemandChoices:
    """What a client has and wants."""

    extended_secret = Choice(Stance.UNKNOWN)  # R7627-5.2-01, R7627-5.2-04
    offers_old_sessions = Flag()  # R7627-5.3-01 advises against it
    suites = Choice(Kinds.BOTH)
    protocols = Choice(Kinds.NONE)
    certificate = Flag()  # it has one to show
    holds = Choice(PriorSession.NONE)


class ServerDemands(Concrete, ServerDemandChoices):
    """A server's demands as a value."""


class ClientDemands(Concrete, ClientDemandChoices):
    """A client's demands as a value."""


class ServerDemandsTerm(Symbolic, ServerDemandChoices):
    """A server's demands as z3 terms."""


class ClientDemandsTerm(Symbolic, ClientDemandChoices):
    """A client's demands as z3 terms."""
