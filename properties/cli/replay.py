"""`replay`: failures that were kept, once more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rfc5077.properties.cli.check import RoleName, target_of
from rfc5077.properties.cli.output import FAILED, document

Files = Annotated[list[Path], typer.Argument(
    metavar="FILE...", help="Failures that `check --failures DIR` has kept, or `prove --without CLAUSE --script FILE`."
)]  # fmt: skip
Instead = Annotated[str | None, typer.Option("--target", help="Who is asked in place of the file's target.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document instead.")]


def replay(files: Files, target: Instead = None, json: AsJson = False) -> int:
    """Run kept failures again: fixed, or still failing."""
    from rfc5077.properties.suite.failures import read, still_fails

    kept = [(file, read(file)) for file in files]
    told = []
    for file, failure in kept:
        with target_of(RoleName(failure.role), list(failure.target) if target is None else [target]) as peer:
            fails = still_fails(failure, peer)
        sound = "fixed" if target is None else "does not fail"  # who never failed has nothing to fix
        told.append({"file": str(file), "clause": failure.clause, "status": "still fails" if fails else sound})
        if not json:
            typer.echo(f"{file}: {told[-1]['status']}, {failure.clause}")
    if json:
        typer.echo(document("replay", {"failures": told}), nl=False)
    return FAILED if any(one["status"] == "still fails" for one in told) else 0
