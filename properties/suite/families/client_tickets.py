"""Tickets of other lengths and other hints, given to a client; and for how long it keeps them where its clock can be
set."""

from __future__ import annotations

from collections.abc import Callable

from rfc5077.model.event import Extension
from rfc5077.properties.suite.driver import PuppetServer
from rfc5077.properties.suite.families.events import ISSUE, SERVER_END, TICKET, resumption
from rfc5077.properties.suite.families.family import Trial, family
from rfc5077.properties.suite.families.sayings import giving
from rfc5077.properties.suite.families.stage import Stage, refuses

LENGTHS = (1, 65, 255, 256, 5000)
"""Octets of tickets that a client keeps, if it keeps any so long."""
LARGE = (2**14 - 1, 2**14, 2**14 + 1, 20_000, 65_531, 65_535)
"""Octets of tickets that take a record and more: a client need not keep them."""
HINTS = (0, 1, 2**31 - 1, 2**31, 2**32 - 1)
MONTHS = 40 * 86_400
"""Seconds for which no client should keep a ticket of which nothing is said."""


def whole(length: int) -> Callable[[Stage], None]:
    """A ticket comes back octet for octet, if it comes back."""

    def run(stage: Stage) -> None:
        given = b"\xa5" * length
        puppet, _ = stage.server()
        if refuses(stage.say(puppet, *ISSUE[:-3], giving(given), *SERVER_END)):
            _refused(stage, puppet, "R5077-4-03", f"It gave up on a ticket of {length} octets.")
            return
        _, said = stage.server()
        if said is None or not said.session_ticket:
            stage.miss("the client offers no ticket")
        elif said.session_ticket != given:
            stage.blame("R5077-3.1-09", f"It had got a ticket of {length} octets, and offers another.", due="the same")

    return run


def _refused(stage: Stage, puppet: PuppetServer, clause: str, told: str) -> None:
    """The client has given up on a ticket: not so if it does on any other as well."""
    usual, _ = stage.server()
    if not refuses(stage.say(usual, *ISSUE)):
        stage.excuse(at=puppet)
        stage.blame(clause, told, at=puppet, due="no alert")


def taken(clause: str, told: str, ticket: bytes, hint: int = 7200) -> Callable[[Stage], None]:
    """A client goes through with a full handshake that brings such a ticket, as with one that brings another."""

    def run(stage: Stage) -> None:
        puppet, _ = stage.server()
        if refuses(stage.say(puppet, *ISSUE[:-3], giving(ticket, hint), *SERVER_END)):
            _refused(stage, puppet, clause, told)

    return run


# --- time -------------------------------------------------------------------------------------------------------------


def _after(stage: Stage, hint: int, *waits: tuple[float, str]) -> bool:
    """After a ticket with this hint and these waits in seconds, whether the client offers a ticket; "use" resumes by
    it in between, "renew" gives another with the same hint."""
    assert stage.peer.controls.advance is not None  # the test needs it
    stage.reset()
    puppet = stage.issue(hint=hint)
    offered = False
    for seconds, how in waits:
        stage.peer.controls.advance(seconds)
        puppet, said = stage.server(hint=hint)
        offered = said is not None and bool(said.session_ticket)
        if how and offered and said is not None:
            renewed = how == "renew"
            begin = resumption(said, Extension.EMPTY if renewed else Extension.ABSENT)
            if refuses(stage.say(puppet, begin, *((TICKET,) if renewed else ()), *SERVER_END)):
                stage.miss("the client does not go through with a resumption")
    stage.restore()
    return offered


def never_late(clause: str, hint: int, *waits: tuple[float, str]) -> Callable[[Stage], None]:
    """After the last wait the ticket is not offered any more."""

    def run(stage: Stage) -> None:
        if not _after(stage, hint, (0.0, "")):
            stage.miss("the client offers no ticket")
        elif _after(stage, hint, *waits) and not stage.missed:
            stage.blame(clause, f"The hint was {hint} s, {sum(wait for wait, _ in waits):g} s before.")

    return run


def right_unit(stage: Stage) -> None:
    """Deletion before time is allowed; that a hint a thousand times as long helps shows a wrong unit: advice."""
    if _after(stage, 3_600_000, (10.0, "")) and not _after(stage, 3600, (10.0, "")):
        stage.blame("R5077-3.3-16", "After 10 s it offers a ticket with a hint of 3,600,000 s, and none of 3,600 s.")


def from_receipt(stage: Stage) -> None:
    """A renewed ticket lives as long as a first one with the same hint."""
    first = _after(stage, 1000, (500.0, ""))
    if first and not _after(stage, 1000, (900.0, "renew"), (500.0, "")) and not stage.missed:
        stage.blame("R5077-3.3-16", "500 s after it came, a renewed ticket with a hint of 1000 s is not offered.")


CLIENT_TICKETS = family("tickets", "client", "tickets of other lengths and hints", (
    *(Trial(f"a ticket of {length} octets", whole(length)) for length in LENGTHS),
    *(Trial(f"a ticket of {length} octets", taken(
        "R5246-6.2.1-01", f"It gave up on a ticket of {length} octets.", bytes(length))) for length in LARGE),
    *(Trial(f"a ticket with a hint of {hint}", taken(
        "R5077-3.3-14", f"It gave up on a ticket with a hint of {hint}.", bytes(range(32)), hint)) for hint in HINTS),
))  # fmt: skip

CLIENT_CLOCK = family("clock", "client", "for how long a ticket is offered", (
    Trial("beyond the hint", never_late("R5077-3.3-16", 10, (11.0, "")), needs="advance"),
    Trial("ten seconds, with an hour and with a thousand hours to live", right_unit, needs="advance"),
    Trial("for months, without a hint", never_late("R5077-5.6-04", 0, (MONTHS, "")), needs="advance"),
    Trial("beyond the hint, counted from a later use", never_late(
        "R5077-3.3-16", 1000, (900.0, "use"), (600.0, "")), needs="advance"),
    Trial("a renewed ticket within its hint", from_receipt, needs="advance"),
))  # fmt: skip
