"""The figures of RFC 5077, section 3.1, as ladders, drawn from the rows of the model."""

from __future__ import annotations

from dataclasses import dataclass

from rfc5077.model.event import Event
from rfc5077.model.proof.consistency import figure as run_of
from rfc5077.properties.site.words import brief

LANE, STEP, TOP = 420, 30, 54
"""Between the parties' lines, from one message to the next, and above the first; pixels."""

TITLES = {
    "1": "Figure 1: full handshake, a new ticket is issued",
    "2": "Figure 2: abbreviated handshake, the ticket is renewed",
    "2b": "Figure 2 without renewal: abbreviated handshake, the ticket stays",
    "3": "Figure 3: full handshake without a ticket",
    "4": "Figure 4: the ticket is rejected, full handshake, a new one is issued",
}
@dataclass(frozen=True)
class Message:
    """One arrow: who sends, what, what of it matters to tickets, and where it stands."""

    sender: str
    name: str
    remark: str
    y: int


@dataclass(frozen=True)
class Ladder:
    """The messages of one handshake."""

    title: str
    messages: tuple[Message, ...]
    height: int


def figure(name: str) -> Ladder:
    """One figure, every optional message in."""
    run = run_of(name)
    messages = tuple(_message(event, TOP + STEP * place) for place, event in enumerate(run, 1))
    return Ladder(TITLES[name], messages, TOP + STEP * (len(run) + 1))


def _message(event: Event, y: int) -> Message:
    name, _, remark = brief(event).partition("(")
    return Message(event.sender.name.lower(), name, remark.rstrip(")"), y)
