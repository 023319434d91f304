"""`compare`: model and reference side by side."""

from __future__ import annotations

from typing import Annotated

import typer

from rfc5077.properties.cli.names import Said
from rfc5077.properties.cli.output import FAILED, Progress, document

K = Annotated[int, typer.Option("--k", min=0, max=1, help="States that the reference may have beyond the model's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document instead.")]
Symbols = Annotated[Said, typer.Option("--alphabet", help="What is said to the reference.")]


def compare(k: K = 0, alphabet: Symbols = Said.FULL, json: AsJson = False) -> int:
    """Model and reference side by side: states, transitions, clauses, differences."""
    from rfc5077.properties.compare import sides
    from rfc5077.properties.suite.alphabet import Alphabet

    with Progress() as progress:
        found = sides.compared(k=k, alphabet=Alphabet(alphabet.value), tell=progress.stage)
    typer.echo(document("compare", sides.as_json(found)) if json else sides.text(found), nl=not json)
    return FAILED if found.differences else 0
