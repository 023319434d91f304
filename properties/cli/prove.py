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
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document instead.")]


def prove(theorems: Names = None, without: Dropped = None, certificates: Folder = None, json: AsJson = False) -> int:
    """Prove the theorems; two solvers check each certificate."""
    from rfc5077.model.clauses import CATALOGUE
    from rfc5077.model.proof.theorems import THEOREMS

    known = {theorem.id: theorem for theorem in THEOREMS}
    names = [find_name("theorem", name, known) for name in theorems or known]
    clauses: frozenset[str] = frozenset()
    if without is not None:
        clauses = _same_class(find_clause(CATALOGUE, without).id)

    from rfc5077.model.proof.prover import prove as run
    from rfc5077.properties.verdict.proofs import prove_json, prove_text

    with Progress() as progress:
        proof = run(tuple(known[name] for name in dict.fromkeys(names)), clauses, progress.stage)
    if certificates is not None:
        _keep(certificates, proof.obligations)
    typer.echo(document("prove", prove_json(proof)) if json else prove_text(proof) + "\n", nl=False)
    return FAILED if proof.failed else 0


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
