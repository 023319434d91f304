"""`matrix`: foreign stacks against ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rfc5077.properties.cli.names import find_name
from rfc5077.properties.cli.output import FAILED, Progress, document
from rfc5077.properties.errors import UsageError
from rfc5077.properties.files import write_whole

Names = Annotated[list[str] | None, typer.Option("--stack", metavar="NAME", help="This stack only; repeat for more.")]
Short = Annotated[bool, typer.Option("--short", help="The short set, as in every run of the tests.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document instead.")]
Markdown = Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page of Markdown here as well.")]


def matrix(stack: Names = None, short: Short = False, json: AsJson = False, markdown: Markdown = None) -> int:
    """Run foreign TLS stacks against our client and our server; exit code 1 if a cell fails that is not known to."""
    from rfc5077.properties.matrix import table
    from rfc5077.properties.matrix.rows import STACKS
    from rfc5077.properties.matrix.run import failures, run_matrix

    if markdown is not None and not markdown.parent.is_dir():
        raise UsageError(f"{markdown} cannot be written: there is no such folder")
    known = {row.name: row for row in STACKS}
    if stack and short:
        raise UsageError("--stack and --short choose differently", "Give one of them")
    chosen = dict.fromkeys(find_name("stack", name, known) for name in stack or known)
    rows = [known[name] for name in chosen if not short or known[name].short]
    with Progress() as progress:
        found = run_matrix(rows, progress.stage)
    if markdown is not None:
        write_whole(markdown, table.markdown(found))
    if json:
        typer.echo(document("matrix", table.as_json(found)), nl=False)
    else:
        typer.echo(table.text(found))
    if not table.counts(found)["stacks"]:
        raise UsageError("nothing was run: none of these stacks is installed", "Install what the notes name")
    return FAILED if failures(found) else 0
