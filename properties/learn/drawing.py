"""The learned machine beside the model's: for Graphviz with every transition, as a picture with what goes well."""

from __future__ import annotations

from collections.abc import Iterator

import networkx
from jinja2 import Environment, PackageLoader, StrictUndefined

from rfc5077.model.event import Event
from rfc5077.model.run.machine import CONNECT
from rfc5077.properties.learn.differences import differing
from rfc5077.properties.site import diagram
from rfc5077.properties.site.diagram import Drawing, Edge, Node
from rfc5077.properties.site.machines import ways
from rfc5077.properties.suite.alphabet import Machine, symbol_name

DIFFERS = "differs"
"""The class of what is drawn in red."""

Place = tuple[int, Event]
"""A state and an input."""


def _marked(learned: Machine, model: Machine) -> tuple[frozenset[Place], frozenset[Place]]:
    """Where the machines part: the transitions of each that are answered otherwise by the other."""
    words = tuple(differing(learned, model))
    here, there = (
        frozenset((machine.after(word[:-1]), word[-1]) for word in words) for machine in (learned, model)
    )  # fmt: skip
    return here, there


# --- for Graphviz -----------------------------------------------------------------------------------------------------


def dot(learned: Machine, model: Machine, name: str) -> str:
    """Both machines in the language of Graphviz; parallel transitions share an arrow, red is what differs."""
    here, there = _marked(learned, model)
    lines = ["digraph learned {", "  rankdir=LR;", "  node [shape=box];"]
    lines += _cluster("l", f"{name}, learned", learned, here)
    lines += _cluster("m", "the model", model, there)
    return "\n".join([*lines, "}", ""])


def _cluster(key: str, title: str, machine: Machine, places: frozenset[Place]) -> Iterator[str]:
    yield f"  subgraph cluster_{key} {{"
    yield f"    label={_quoted([title])};"
    yield from (f'    {key}{state} [label="{state}"];' for state in range(machine.states))
    yield f'    {key} [shape=point, label=""];'
    yield f"    {key} -> {key}0;"
    yield from _dot_arrows(key, machine, places)
    yield "  }"


def _dot_arrows(key: str, machine: Machine, places: frozenset[Place]) -> Iterator[str]:
    for state, row in enumerate(machine.table):
        found: dict[tuple[int, bool], list[str]] = {}
        for symbol, (target, said) in zip(machine.inputs, row, strict=True):
            told = ", ".join(map(symbol_name, said)) or "–"
            found.setdefault((target, (state, symbol) in places), []).append(f"{symbol_name(symbol)} / {told}")
        for (target, red), labels in found.items():
            colour = ", color=red, fontcolor=red" if red else ""
            yield f"    {key}{state} -> {key}{target} [label={_quoted(labels)}{colour}];"


def _quoted(labels: list[str]) -> str:
    told = "\\l".join(label.replace("\\", "\\\\").replace('"', '\\"') for label in labels)
    return f'"{told}\\l"' if len(labels) > 1 else f'"{told}"'


# --- as a picture -----------------------------------------------------------------------------------------------------


def svg(learned: Machine, model: Machine, name: str) -> str:
    """Both machines as SVG, the learned one left; what is refused is left out, states that answer otherwise are red."""
    templates = Environment(
        loader=PackageLoader("rfc5077.properties.site"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    drawing = _drawing(learned, model, name)
    return templates.get_template("diagram.svg.j2").render(
        d=drawing, width=diagram.WIDTH, height=diagram.HEIGHT, line_height=diagram.LINE
    )


def _drawing(learned: Machine, model: Machine, name: str) -> Drawing:
    here, there = _marked(learned, model)
    nodes, edges = _half("learned", learned, here, 0)
    more, further = _half("model", model, there, _width(nodes, edges))
    title = f"{name}: learned, {learned.states} states; model, {model.states} states"
    return diagram.draw(title, [*nodes, *more], [*edges, *further])


def _half(key: str, machine: Machine, places: frozenset[Place], column: int) -> tuple[list[Node], list[Edge]]:
    """One of the two machines, from a column on."""
    sinks = set(machine.sinks()) - {0}
    states, labels = ways(machine, leave_out=sinks, again=(CONNECT,))
    nodes = []
    for state in states:
        other = sum(place == state for place, _ in places)
        note = f"{other} of {len(machine.inputs)} inputs answered otherwise" if other else ""
        kind = DIFFERS if other else "" if state else "start"
        nodes.append(Node(f"{key} {state}", f"{key}: state {state}", note, kind, column))
    edges = [Edge(f"{key} {source}", f"{key} {target}", lines) for (source, target), lines in labels.items()]
    return nodes, edges


def _width(nodes: list[Node], edges: list[Edge]) -> int:
    """How many columns a machine takes, and one for the distance."""
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(node.key for node in nodes)
    graph.add_edges_from((edge.source, edge.target) for edge in edges)
    return max(len(layer) for layer in networkx.topological_generations(graph)) + 1
