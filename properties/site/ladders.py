"""The figures of RFC 5077, section 3.1, as ladders, drawn from the rows of the model."""

from __future__ import annotations

from dataclasses import dataclass

from rfc5077.model.flows import walk

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
    """One arrow: who sends, what, and where it stands."""

    sender: str
    name: str
    y: int


@dataclass(frozen=True)
class Ladder:
    """The messages of one handshake."""

    title: str
    messages: tuple[Message, ...]
    height: int


def figure(name: str) -> Ladder:
    """One figure, every optional message in."""
    rows = walk(name)
    messages = tuple(
        Message(row.sender.name.lower(), row.message.name, TOP + STEP * place)
        for place, row in enumerate(rows, 1)
    )
    return Ladder(TITLES[name], messages, TOP + STEP * (len(rows) + 1))
