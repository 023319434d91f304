"""Diagrams of states: what is drawn, and where it goes on the page.

Layers come from networkx: a node stands one layer below the lowest of those that lead to it.  Within a layer nodes keep
the column that they were given; nothing moves from one run to the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import networkx

WIDTH, HEIGHT = 214, 44
"""Of a node, in pixels."""

LINE = 13
"""From one line of a label to the next, in pixels."""

_GAP = 30  # between layers without labels
_AISLE, _LABELLED_AISLE, _MARGIN = 80, 150, 120
_BEND = 26  # by which an arrow that passes a layer keeps clear of it


@dataclass(frozen=True)
class Node:
    """A state: its name, one line of what it means, a class for its colour, and the column it stands in."""

    key: str
    title: str
    note: str = ""
    kind: str = ""
    column: int = 0


@dataclass(frozen=True)
class Edge:
    """An arrow from one state to another, with the lines that are written beside it."""

    source: str
    target: str
    label: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True)
class Placed:
    """A node with its upper left corner, and the lines above it that tell what leads there."""

    node: Node
    x: int
    y: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Arrow:
    """An edge as a curve."""

    edge: Edge
    path: str


@dataclass(frozen=True)
class Drawing:
    """Everything in place, and the size of the page."""

    title: str
    nodes: tuple[Placed, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int


def draw(title: str, nodes: Sequence[Node], edges: Sequence[Edge]) -> Drawing:
    """Places the nodes of a graph without circles, and bends the arrows around those they pass.

    :raises networkx.NetworkXUnfeasible: where the arrows run in a circle.
    """
    layers = _layers(nodes, edges)
    columns = _columns(nodes, layers)
    lines = {node.key: tuple(_arrivals(node.key, edges)) for node in nodes}
    tops = _tops(layers, lines)
    pitch = WIDTH + (_LABELLED_AISLE if any(lines.values()) else _AISLE)
    placed = {
        node.key: Placed(node, _MARGIN + columns[node.key] * pitch, tops[layers[node.key]], lines[node.key])
        for node in nodes
    }
    arrows = tuple(_arrow(edge, placed, layers) for edge in edges)
    width = max(one.x for one in placed.values()) + WIDTH + _MARGIN
    return Drawing(title, tuple(placed.values()), arrows, width, max(tops) + HEIGHT + _GAP)


def _arrivals(key: str, edges: Sequence[Edge]) -> Iterator[str]:
    """What leads to a state: by whence it came, if there is more than one answer."""
    here = [edge for edge in edges if edge.target == key]
    for edge in here:
        yield from (f"{edge.source}: {line}" if len(here) > 1 else line for line in edge.label)


def _layers(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[str, int]:
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(node.key for node in nodes)
    graph.add_edges_from((edge.source, edge.target) for edge in edges)
    return {key: number for number, layer in enumerate(networkx.topological_generations(graph)) for key in layer}


def _columns(nodes: Sequence[Node], layers: dict[str, int]) -> dict[str, int]:
    """The column that each node asks for, or the next that is free in its layer."""
    taken: set[tuple[int, int]] = set()
    found = {}
    for node in nodes:
        column = node.column
        while (layers[node.key], column) in taken:
            column += 1
        taken.add((layers[node.key], column))
        found[node.key] = column
    return found


def _tops(layers: dict[str, int], lines: dict[str, tuple[str, ...]]) -> list[int]:
    """The height of each layer: there is room for the lines above its nodes."""
    most = [0] * (max(layers.values()) + 1)
    for key, found in lines.items():
        most[layers[key]] = max(most[layers[key]], len(found))
    steps = [_GAP] + [HEIGHT + _GAP + LINE * count for count in most[1:]]
    return [sum(steps[: number + 1]) for number in range(len(steps))]


def _arrow(edge: Edge, placed: dict[str, Placed], layers: dict[str, int]) -> Arrow:
    start, end = placed[edge.source], placed[edge.target]
    x0, y0 = start.x + WIDTH // 2, start.y + HEIGHT
    x1, y1 = end.x + WIDTH // 2, end.y
    passed = layers[edge.target] - layers[edge.source] - 1
    hidden = passed and any(
        layers[edge.source] < layers[key] < layers[edge.target] and one.x == start.x == end.x
        for key, one in placed.items()
    )
    if hidden:
        side = start.x - _BEND * min(passed, 3)
        path = f"M{start.x},{y0 - 12} C{side},{y0} {side},{y1} {end.x},{y1 + 12}"
        return Arrow(edge, path)
    middle = (y0 + y1) // 2
    path = f"M{x0},{y0} C{x0},{middle} {x1},{middle} {x1},{y1}"
    return Arrow(edge, path)
