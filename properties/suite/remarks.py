"""What the report of a check says first, and what it says that it has not exercised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from rfc5077.model.event import Ticket
from rfc5077.properties.suite.alphabet import ClientTarget, Renegotiation, Target
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.families.catalogue import FamilyRun
from rfc5077.properties.suite.summary import GRAVITY, Found
from rfc5077.properties.verdict.finding import Finding


def shows_better(known: Finding, new: Finding) -> bool:
    """Whether what is known of a class is graver than what is new, or as grave and no longer."""
    gravity = GRAVITY.index(known.verdict) - GRAVITY.index(new.verdict)
    return gravity < 0 or (not gravity and len(known.trace) <= len(new.trace))


def brief(finding: Finding) -> Finding:
    """The finding without the silences on the way, which say nothing to its reader."""
    *way, end = finding.trace
    return replace(finding, trace=(*(step for step in way if step.event.message != "Silence"), end))


def importance(one: Found) -> tuple[int, int, int]:
    """The cause before what follows from it: what is graver, what shows itself sooner, what shows itself more often."""
    return GRAVITY.index(one.finding.verdict), len(one.finding.trace), -one.times


def lacking(families: Iterable[FamilyRun]) -> tuple[str, ...]:
    """What of the families could not be played with this peer, and why."""
    return tuple(f"{run.family.name} ({', '.join(run.missing)})" for run in families if run.missing)


def not_exercised(target: Target, unready: int, alphabet: Alphabet) -> tuple[str, ...]:
    """What lies outside the suite, each with its reason."""
    if isinstance(target, ClientTarget):
        missing = ["client authentication (not in the core alphabet)"] if alphabet is Alphabet.CORE else []
        if not target.profile.tickets:
            missing.append("tickets (the client sends no SessionTicket extension)")
    else:
        asks = target.profile.requests_certificate
        missing = [] if asks else ["client authentication (server never asked)"]
        if target.profile.issues is not Ticket.SOME:
            missing.append("tickets (the server issues none)")
        if target.renegotiation is Renegotiation.ACCEPTS:
            missing.append("renegotiation (the server accepts it, and it is not followed)")
        missing.append("resumption by session_id alone (in no alphabet)")
    if unready:
        missing.append(f"{unready} tests (where they begin was not reached)")
    return tuple(missing)
