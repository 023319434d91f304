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
    """A run as lines: client left, network in the middle, server right; what is only done stands in brackets."""
    steps = [moment.move.partition(": ") for moment in run if moment.move]
    width = max((len(what) for parties, _, what in steps if " > " in parties), default=0) + 10
    lines = [f"{PLACES[0]:<{width - 2}}{PLACES[1]:<{width}}{PLACES[2]}"]
    for parties, _, what in steps:
        sender, _, receiver = parties.partition(" > ")
        lines.append(_arrow(sender, receiver, what, width) if receiver else _thought(sender, what, width))
    return "\n".join(f"{indent}{line}".rstrip() for line in lines)


def _arrow(sender: str, receiver: str, what: str, width: int) -> str:
    ends = PLACES.index(sender), PLACES.index(receiver)
    length = (max(ends) - min(ends)) * width - 1
    lane = f"--- {what} ".ljust(length - 1, "-")
    lane = f"{lane}>" if ends[0] < ends[1] else f"<{lane}"
    return " " * (2 + min(ends) * width) + f"|{lane}|"


def _thought(who: str, what: str, width: int) -> str:
    """Beside the client, around the network's line, before the server's."""
    text, place = f"[{what}]", PLACES.index(who) * width + 2
    before = {"client": 0, "network": len(text) // 2, "server": len(text) - 1}[who]
    return " " * max(2, place - before) + text
