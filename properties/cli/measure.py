"""`bench`: the speed figures that are claimed, measured here and now."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from rfc5077.properties.cli.names import find_name
from rfc5077.properties.cli.output import FAILED, Progress, document

if TYPE_CHECKING:
    from rfc5077.properties.bench.figure import Figure

WIDTH = 100
INDENT = "    "

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME...]", help="All if left out, but those of minutes (matrix).")
]
Listing = Annotated[bool, typer.Option("--list", help="List the names, each with its method; measure nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document instead.")]


def bench(names: Names = None, listing: Listing = False, json: AsJson = False) -> int:
    """Measure the speed figures; each has its target."""
    from rfc5077.properties.bench.figure import figure_json, figure_text
    from rfc5077.properties.bench.table import BENCHES, measured

    known = {row.name: row for row in BENCHES}
    if listing:
        for row in BENCHES:
            said = textwrap.fill(row.method, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
            typer.echo(f"{row.name}{', minutes: only where it is named' if row.long else ''}\n{said}")
        return 0
    usual = [row.name for row in BENCHES if not row.long]
    chosen = dict.fromkeys(find_name("figure", name, known) for name in names or usual)
    with Progress() as progress:
        figures = measured([known[name] for name in chosen], progress.stage)
    if json:
        typer.echo(document("bench", {"figures": [figure_json(*pair) for pair in figures]}), nl=False)
    else:
        typer.echo("\n".join([*(figure_text(figure) for figure, _ in figures), "", _summary([f for f, _ in figures])]))
    return FAILED if any(figure.met is False for figure, _ in figures) else 0


def _summary(figures: Sequence[Figure]) -> str:
    """How many targets are met and missed, and which are open for want of something, with the reason."""
    met, missed = (sum(figure.met is word for figure in figures) for word in (True, False))
    reasons: dict[str, list[str]] = {}
    for figure in figures:
        if figure.target is not None and figure.met is None:
            reasons.setdefault(figure.reason, []).append(figure.name)
    said = [f"{', '.join(names)} not decided: {reason}" for reason, names in reasons.items()]
    return "; ".join([f"{met} targets met, {missed} missed", *said]) + "."
