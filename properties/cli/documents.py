"""`site`: the documents that are drawn from the model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rfc5077.properties.cli.output import Progress
from rfc5077.properties.files import check_folder, write_folder

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Where the site is written; made if it is not there.")]

MARK = "index.html"


def site(folder: Folder) -> int:
    """The clauses, figures, states, theorems and attacks as a web site."""
    check_folder(folder, MARK)
    from rfc5077.properties.site.pages import pages

    with Progress() as progress:
        written = dict(pages(progress.stage))
    write_folder(folder, written, MARK)
    typer.echo(f"{len(written)} files in {folder}; open {folder / MARK}")
    return 0
