"""`compare`: model and reference side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rfc5077.properties.cli.output import FAILED, Progress, document
from rfc5077.properties.errors import UsageError
from rfc5077.properties.files import write_whole
from rfc5077.properties.suite.alphabets import Alphabet

K = Annotated[int, typer.Option("--k", min=0, max=1, help="States that the reference may have beyond the model's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document instead.")]
Symbols = Annotated[Alphabet, typer.Option("--alphabet", help="What is said to the reference.")]
Random = Annotated[int, typer.Option(
    "--random", metavar="RUNS", min=0, help="Let the Hypothesis machine run so often from each of three seeds, too.",
)]  # fmt: skip
Page = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write every transition as a page, too.")]


def compare(
    k: K = 0, alphabet: Symbols = Alphabet.FULL, random: Random = 0, html: Page = None, json: AsJson = False
) -> int:
    """Model and reference side by side: states, transitions, clauses, differences."""
    from rfc5077.properties.compare import drawn, page, sides

    if html is not None and not html.parent.is_dir():
        raise UsageError(f"{html} cannot be written: there is no such folder")
    with Progress() as progress:
        found = sides.compared(k=k, alphabet=alphabet, tell=progress.stage)
        chance = drawn.drawn(random, tell=progress.stage) if random else None
    if html is not None:
        write_whole(html, page.html(found, chance))
    if json:
        said = sides.as_json(found) | ({} if chance is None else {"random": drawn.as_json(chance)})
        typer.echo(document("compare", said), nl=False)
    else:
        typer.echo("\n\n".join([sides.text(found), *([] if chance is None else [drawn.text(chance)])]))
    return FAILED if found.differences or (chance is not None and chance.differences) else 0
