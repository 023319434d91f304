"""`site`: the documents that are drawn from the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from rfc5077.properties import folders
from rfc5077.properties.cli.output import Progress

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Where the site is written; made if it is not there.")]

KIND = folders.Kind("the site", "rfc5077/site/1")


def site(folder: Folder) -> int:
    """The clauses, figures, states, theorems and attacks as a web site."""
    place = folders.usable(folder, KIND)
    from rfc5077.properties.site.pages import pages

    with Progress() as progress:
        texts = dict(pages(progress.stage))
    folders.write(place, KIND, lambda new: _fill(new, texts))
    typer.echo(f"{len(texts)} files in {folder}; open {folder / 'index.html'}")
    return 0


def _fill(folder: Path, texts: Mapping[str, str]) -> None:
    """The pages, and the manifest by which the folder is known as ours."""
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    files = {name: sha256(text.encode()).hexdigest() for name, text in texts.items()}
    manifest = json.dumps({"schema": KIND.schema, "files": files}, indent=1) + "\n"
    (folder / folders.MANIFEST).write_text(manifest, encoding="utf-8")
