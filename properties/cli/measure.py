"""`bench`: the speed figures that are claimed, measured here and now."""

from __future__ import annotations

from typing import Annotated

import typer

from rfc5077.properties.cli.names import find_name
from rfc5077.properties.cli.output import FAILED, Progress, document

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME...]", help="All if left out, but those of minutes (matrix).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document instead.")]


def bench(names: Names = None, json: AsJson = False) -> int:
    """Measure the speed figures; each has its target."""
    from rfc5077.properties.bench.figure import figure_json, figure_text
    from rfc5077.properties.bench.table import BENCHES, measured

    known = {row.name: row for row in BENCHES}
    usual = [row.name for row in BENCHES if not row.long]
    chosen = dict.fromkeys(find_name("figure", name, known) for name in names or usual)
    with Progress() as progress:
        figures = measured([known[name] for name in chosen], progress.stage)
    if json:
        typer.echo(document("bench", {"figures": [figure_json(*pair) for pair in figures]}), nl=False)
    else:
        typer.echo("\n".join(figure_text(figure) for figure, _ in figures))
    return FAILED if any(figure.met is False for figure, _ in figures) else 0
