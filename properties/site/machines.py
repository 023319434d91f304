"""The state diagrams: the positions of the figures as each role sees them, and the machines of plain profiles."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import networkx

from rfc5077.model.event import CLIENT, SERVER, Event, Message, Party
from rfc5077.model.flows import COMPLETE, HANDSHAKE, SHORT, Position
from rfc5077.model.profile import ClientProfile, ServerProfile
from rfc5077.model.run.machine import CONNECT, client_machine, server_machine
from rfc5077.model.run.mealy import Mealy
from rfc5077.properties.site.diagram import Drawing, Edge, Node, draw
from rfc5077.properties.site.words import brief

SERVER_PROFILE = ServerProfile(honours=True)
CLIENT_PROFILE = ClientProfile(tickets=True)
"""The plainest profiles that issue, keep and honour tickets."""


def positions(party: Party) -> Drawing:
    """Where a party may be in a handshake: after which message, and whether it says that itself."""
    shown = [p for p in Position if any(p in (row.position, row.target) for row in HANDSHAKE)]
    nodes = [_position(position, party) for position in shown]
    edges = [Edge(row.position.name, row.target.name, kind=_turn(row.sender, party)) for row in HANDSHAKE]
    return draw(f"{party.name.lower()}: the positions of a handshake", nodes, edges)


def _position(position: Position, party: Party) -> Node:
    rows = [row for row in HANDSHAKE if row.target is position]
    if not rows:
        return Node(position.name, "START", kind="start", column=0)
    (said,) = {(row.sender, row.message.name) for row in rows}
    kind = "end" if position in COMPLETE else _turn(said[0], party)
    verb = "says" if said[0] is party else "hears"
    figures = sorted({figure for row in rows for figure in row.figures})
    note = f"figure{'s' if len(figures) > 1 else ''} {', '.join(figures)}"
    return Node(position.name, f"{verb} {said[1]}", note, kind, int(position in SHORT))


def _turn(sender: Party, party: Party) -> str:
    return "says" if sender is party else "hears"


def server() -> Drawing:
    """The server of the plain profile, on one connection; what it refuses by an alert is left out."""
    machine = server_machine(SERVER_PROFILE).minimal()
    return _machine("server", machine, leave_out=set(machine.sinks()), again=())


def client() -> Drawing:
    """The client of the plain profile, from one connection to the next."""
    return _machine("client", client_machine(CLIENT_PROFILE).minimal(), leave_out=set(), again=(CONNECT,))


Answer = tuple[Event, ...]
Machine = Mealy[Event, Answer]


def _machine(role: str, machine: Machine, leave_out: set[int], again: tuple[Event, ...]) -> Drawing:
    """What goes well, as `ways` has it."""
    states, labels = ways(machine, leave_out, again)
    nodes = [Node(str(state), f"state {state}", kind="" if state else "start") for state in states]
    edges = [Edge(str(a), str(b), lines) for (a, b), lines in labels.items()]
    return draw(f"{role}: the machine of a plain profile, {machine.states} states", nodes, edges)


def ways(
    machine: Machine, leave_out: set[int], again: tuple[Event, ...]
) -> tuple[list[int], dict[tuple[int, int], tuple[str, ...]]]:
    """What goes well: the states, and from one to another what is written beside the way on; none closes a circle.

    A new connection, by an input of ``again``, is there only where it leads to a state that nothing else leads to.
    """
    graph: networkx.DiGraph[int] = networkx.DiGraph()
    graph.add_node(0)
    arrows: dict[tuple[int, int], list[str]] = {}
    waiting = deque([0])
    while waiting:
        state = waiting.popleft()
        for symbol, (target, said) in zip(machine.inputs, machine.table[state], strict=True):
            known = target in graph
            refused = any(event.message is Message.Alert for event in said)
            if refused or target in leave_out:
                continue
            if known and (symbol in again or networkx.has_path(graph, target, state)):
                continue
            if not known:
                waiting.append(target)
            graph.add_edge(state, target)
            arrows.setdefault((state, target), []).append(f"{_short(symbol)} / {_answer(said)}")
    return list(graph), {way: tuple(_few(labels)) for way, labels in arrows.items()}


def _few(labels: list[str]) -> Iterable[str]:
    """At most three lines, and how many more there are."""
    yield from labels[:3]
    if len(labels) > 3:
        yield f"and {len(labels) - 3} more"


def _short(event: Event) -> str:
    return "connect" if event is CONNECT else brief(event)


def _answer(said: Answer) -> str:
    words = [_short(event) for event in said]
    return " ".join(words if len(words) < 3 else [words[0], "…", words[-1]]) or "–"


DIAGRAMS = {
    "client-positions": lambda: positions(CLIENT),
    "server-positions": lambda: positions(SERVER),
    "client-machine": client,
    "server-machine": server,
}
"""All of them by the name of their file."""
