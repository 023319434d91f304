"""`prove`: the theorems, their certificates, and what falls without a clause."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rfc5077.properties.cli.names import find_clause, find_name
from rfc5077.properties.cli.output import FAILED, Progress, document
from rfc5077.properties.errors import UsageError
from rfc5077.properties.files import write_whole

if TYPE_CHECKING:
    from rfc5077.model.proof.certificate import Obligation

Names = Annotated[list[str] | None, typer.Argument(metavar="THEOREM", help="All of them if left out.")]
Dropped = Annotated[str | None, typer.Option("--without", metavar="CLAUSE", help="Drop it and what restates it.")]
Folder = Annotated[Path | None, typer.Option(metavar="DIR", help="Keep every obligation there, as SMT-LIB 2.")]
Matrix = Annotated[bool, typer.Option("--necessity", help="Also: what falls without each class of clauses.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="With --necessity: compute all anew.")]
Kept = Annotated[Path | None, typer.Option(metavar="FILE", help="With --necessity: write the matrix as package data.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document instead.")]


def prove(theorems: Names = None, without: Dropped = None, certificates: Folder = None, necessity: Matrix = False,
          fresh: Fresh = False, keep: Kept = None, json: AsJson = False) -> int:  # fmt: skip
    """Prove the theorems; two solvers check each certificate."""
    from rfc5077.model.clauses import CATALOGUE
    from rfc5077.model.proof.theorems import EVERY

    known = {theorem.id: theorem for theorem in EVERY}
    names = [find_name("theorem", name, known) for name in theorems or known]
    _agree(theorems, without, necessity=necessity, fresh=fresh, keep=keep)
    clauses: frozenset[str] = frozenset()
    if without is not None:
        clauses = _same_class(find_clause(CATALOGUE, without).id)

    from rfc5077.model.proof.prover import prove as run
    from rfc5077.properties.verdict.proofs import prove_json, prove_text

    with Progress() as progress:
        proof = run(tuple(known[name] for name in dict.fromkeys(names)), clauses, progress.stage)
    if certificates is not None:
        _keep(certificates, proof.obligations)
    if not necessity:
        typer.echo(document("prove", prove_json(proof)) if json else prove_text(proof) + "\n", nl=False)
        return FAILED if proof.failed else 0

    from rfc5077.properties.cli import necessity as matrix

    found = matrix.compute([result.theorem for result in proof.results], fresh=fresh)
    if keep is not None:
        matrix.keep(keep, found)
    if json:
        typer.echo(document("prove", prove_json(proof) | matrix.necessity_json(found)), nl=False)
    else:
        typer.echo(f"{prove_text(proof)}\n\n{matrix.necessity_text(found)}")
    return FAILED if proof.failed or matrix.undecided(found) else 0


def _agree(theorems: Names, without: str | None, *, necessity: bool, fresh: bool, keep: Path | None) -> None:
    """Options that go together.

    Raises:
        UsageError: they do not.
    """
    if necessity and without is not None:
        raise UsageError("--necessity drops every class by itself, so --without has no place beside it")
    if (fresh or keep is not None) and not necessity:
        raise UsageError("--fresh and --keep go with --necessity")
    if keep is not None and theorems:
        raise UsageError("--keep writes the matrix of all theorems, so none can be named")


def _same_class(clause: str) -> frozenset[str]:
    """The clause and those that restate it.

    Raises:
        UsageError: none of them has a constraint, so no proof can rest on them.
    """
    from rfc5077.model.clauses import BY_ID
    from rfc5077.model.proof.prover import dropped
    from rfc5077.model.systems import constrained

    ids = dropped(clause)
    if not any(BY_ID[id].mechanised for id in ids) and ids.isdisjoint(constrained()):
        raise UsageError(f"{clause} has no constraint, so no theorem rests on it", f"See: rfc5077 clause {clause}")
    return ids


def _keep(folder: Path, obligations: tuple[Obligation, ...]) -> None:
    """Writes each obligation as a file of its own, numbered in the order in which they were checked."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make the folder {folder}: {error.strerror}") from error
    for number, obligation in enumerate(obligations):
        slug = re.sub(r"\W+", "_", obligation.name).strip("_")
        write_whole(folder / f"{number:03d}_{slug}.smt2", obligation.script)
