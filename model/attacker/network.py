"""The ladder of a run in which the attacker is the network.

Whatever an honest party says reaches him, and an honest party hears what he delivers.
"""

from __future__ import annotations

from collections.abc import Sequence

from rfc5077.model.proof.unbounded import Moment

PLACES = ("client", "network", "server")


def passes_messages(run: Sequence[Moment]) -> bool:
    """Whether messages go between places in this run, so that it makes a ladder."""
    return any(" > " in moment.move for moment in run)


def ladder(run: Sequence[Moment], indent: str = "  ") -> str:
    """A run as lines: client left, network, if it does anything, in the middle, server right.

    What is only done stands in brackets.
    """
    steps = [moment.move.partition(": ") for moment in run if moment.move]
    places = [place for place in PLACES if place != "network" or any(place in parties for parties, _, _ in steps)]
    width = max((len(what) for parties, _, what in steps if " > " in parties), default=0) + 10
    first, *others = places
    lines = [f"{first:<{width - 2}}" + "".join(f"{place:<{width}}" for place in others)]
    for parties, _, what in steps:
        sender, _, receiver = parties.partition(" > ")
        drawn = _arrow(places, sender, receiver, what, width) if receiver else _thought(places, sender, what, width)
        lines.append(drawn)
    return "\n".join(f"{indent}{line}".rstrip() for line in lines)


def _arrow(places: Sequence[str], sender: str, receiver: str, what: str, width: int) -> str:
    ends = places.index(sender), places.index(receiver)
    length = (max(ends) - min(ends)) * width - 1
    lane = f"--- {what} ".ljust(length - 1, "-")
    lane = f"{lane}>" if ends[0] < ends[1] else f"<{lane}"
    return " " * (2 + min(ends) * width) + f"|{lane}|"


def _thought(places: Sequence[str], who: str, what: str, width: int) -> str:
    """Beside the client, around the network's line, before the server's."""
    text, place = f"[{what}]", places.index(who) * width + 2
    before = {"client": 0, "network": len(text) // 2, "server": len(text) - 1}[who]
    return " " * max(2, place - before) + text
