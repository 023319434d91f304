"""A server's tickets over time, where its clock can be set."""

from __future__ import annotations

from collections.abc import Callable

from rfc5077.model.event import Extension, SessionId
from rfc5077.properties.suite.families.events import hello
from rfc5077.properties.suite.families.family import Trial, family
from rfc5077.properties.suite.families.sayings import presenting
from rfc5077.properties.suite.families.stage import Outcome, Stage

LIVE = hello(Extension.LIVE)
YEAR = 365 * 86_400.0
"""Seconds for which nobody means a ticket to live."""
SHORT = 10.0
"""Seconds after which a ticket is expected to live that came with a hint of `LONG` or more."""
LONG = 3600
STEPS = 12
"""How often a session is renewed."""
BACK = 3600.0


def advance(stage: Stage, seconds: float) -> None:
    """Sets the peer's clock on."""
    assert stage.peer.controls.advance is not None  # the test needs it
    stage.peer.controls.advance(seconds)


def _hint(stage: Stage) -> int:
    """The hint of a new ticket, in seconds."""
    given = [event.lifetime_hint or 0 for event in stage.shake().events if event.message == "NewSessionTicket"]
    return given[0] if given else 0


def after_a_year(stage: Stage) -> None:
    """A ticket does not live for ever."""
    ticket = stage.mint() if stage.honoured() else b""
    if ticket:
        advance(stage, YEAR)
        if stage.shake(presenting(ticket, stage.memory.tickets[ticket])).outcome is Outcome.RESUMED:
            stage.blame("R5077-4-12", "It resumed by a ticket that was a year old.")


def expired_beside(length: int) -> Callable[[Stage], None]:
    """An expired ticket beside a session_id leads to a full handshake, or at least to nothing that is forbidden."""

    def run(stage: Stage) -> None:
        ticket = stage.mint() if stage.honoured() else b""
        if ticket:
            advance(stage, YEAR)
            kind = SessionId.FRESH if length else SessionId.EMPTY
            stage.shake(presenting(ticket, stage.memory.tickets[ticket], kind), own_id=bytes(range(length)))

    return run


def after_seconds(stage: Stage) -> None:
    """A ticket with a long hint lives for some seconds."""
    if not stage.honoured():
        return
    if _hint(stage) < LONG:
        stage.miss("its tickets are not meant to live long")
        return
    ticket = stage.mint()
    advance(stage, SHORT)
    if stage.shake(presenting(ticket, stage.memory.tickets[ticket])).outcome is not Outcome.RESUMED:
        stage.blame("R5077-4-12", f"It declined a ticket after {SHORT:g} s that it said to take for {LONG} s or more.")


def set_back(stage: Stage) -> None:
    """A ticket from the future leads to a full handshake, or is honoured."""
    if not stage.honoured():
        return
    ticket = stage.mint()
    advance(stage, -BACK)
    if stage.shake(presenting(ticket, stage.memory.tickets[ticket])).ended:
        stage.excuse("R5077-3.1-13")  # that is the case, and told better
        stage.blame("R5077-3.2-09", "It gave up on a ticket that was issued before its clock was set back.",
                    due="no alert")


def renewed(stage: Stage) -> None:
    """However often it is renewed, a session ends."""
    hint = _hint(stage) if stage.honoured() else 0
    if not hint:
        stage.miss("the server does not say how long its tickets live")
        return
    stage.mint()
    for _ in range(STEPS):
        advance(stage, 0.7 * hint)
        shaken = stage.shake(LIVE)
        if shaken.outcome is not Outcome.RESUMED:
            return
        if not shaken.ticket:
            stage.miss("the server renews no ticket")
            return
    stage.blame("R9325-3.4-05", f"It resumed a session {0.7 * STEPS:.1f} times as old as its hint, by renewed tickets.")


CLOCK = family("clock", "server", "tickets over time", (
    Trial("a ticket after a year", after_a_year, needs="advance"),
    *(Trial(f"a ticket after a year beside {length} octets of session_id", expired_beside(length), needs="advance")
      for length in (0, 1, 32)),
    Trial("a ticket after ten seconds", after_seconds, needs="advance"),
    Trial("a ticket after the clock was set back", set_back, needs="advance"),
    Trial("a session that is renewed again and again", renewed, needs="advance"),
))  # fmt: skip
