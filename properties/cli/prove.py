"""`prove`: the theorems, their certificates, and what falls without a clause."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rfc5077.properties import folders
from rfc5077.properties.cli import certificates as kept
from rfc5077.properties.cli.interrupt import at_once
from rfc5077.properties.cli.names import find_clause, find_name
from rfc5077.properties.cli.output import FAILED, Progress, document
from rfc5077.properties.errors import UsageError

if TYPE_CHECKING:
    from rfc5077.model.proof.prover import Proof
    from rfc5077.model.proof.theorem import Theorem

Names = Annotated[list[str] | None, typer.Argument(metavar="THEOREM", help="All of them if left out.")]
Dropped = Annotated[str | None, typer.Option("--without", metavar="CLAUSE", help="Drop it and what restates it.")]
Folder = Annotated[Path | None, typer.Option(metavar="DIR", help="Keep every obligation there, for any solver.")]
Seconds = Annotated[float, typer.Option(min=0.001, help="How long a solver may think about one obligation.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say what each theorem says.")]
Twins = Annotated[bool, typer.Option("--twins", help="Show a run that meets each theorem's condition.")]
Matrix = Annotated[bool, typer.Option("--necessity", help="Also: what falls without each class of clauses.")]
Mutants = Annotated[bool, typer.Option("--mutants", help="Instead: what becomes of models with one thing wrong.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="With --necessity or --mutants: compute all anew.")]
Kept = Annotated[Path | None, typer.Option(metavar="FILE", help="With either: write what was found as package data.")]
Run = Annotated[bool, typer.Option("--run", help="Instead: play what a dropped clause lets happen; all by default.")]
Script = Annotated[Path | None, typer.Option(metavar="FILE", help="With --without: keep what is played, for replay.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document instead.")]


def prove(theorems: Names = None, without: Dropped = None, certificates: Folder = None, seconds: Seconds = 60.0,
          verbose: Verbose = False, twins: Twins = False, necessity: Matrix = False,
          mutants: Mutants = False, fresh: Fresh = False, keep: Kept = None, run: Run = False, script: Script = None,
          json: AsJson = False) -> int:  # fmt: skip
    """Prove the theorems; two solvers check each certificate.

    Named theorems are shown at length, with a run that meets the condition of each.
    """
    if run or script is not None:
        if theorems or certificates is not None or necessity or mutants or twins or fresh or keep is not None:
            raise UsageError("--run and --script play counterexamples; only --without and --json go with them")
        return _travelled(without, script, json=json)
    if mutants:
        if theorems or without is not None or certificates is not None or necessity or twins:
            raise UsageError("--mutants asks all theorems; only --fresh, --keep, --verbose and --json go with it")
        return _judged(fresh=fresh, keep=keep, verbose=verbose, json=json)
    course = _Course()
    with at_once(course.last_words) as ctrl_c:
        place = folders.usable(certificates, kept.KIND) if certificates is not None else None
        _agree(theorems, without, necessity=necessity, fresh=fresh, keep=keep)
        chosen, clauses = _chosen(theorems), _same_class(without) if without is not None else frozenset[str]()
        proof = course.proved(chosen, clauses, seconds)
        if place is not None:
            with ctrl_c.held():
                kept.write(place, proof)
        from rfc5077.properties.verdict.proofs import prove_json, prove_text

        body = prove_json(proof) if json else {}
        text = "" if json else prove_text(proof, statements=verbose or bool(theorems), twins=twins or bool(theorems))
    if not necessity:
        typer.echo(document("prove", body) if json else text + "\n", nl=False)
        return FAILED if proof.failed else 0

    from rfc5077.properties.cli import necessity as matrix

    found = matrix.compute(chosen, fresh=fresh)
    if keep is not None:
        matrix.keep(keep, found)
    if json:
        typer.echo(document("prove", body | matrix.necessity_json(found)), nl=False)
    else:
        typer.echo(f"{text}\n\n{matrix.necessity_text(found)}")
    return FAILED if proof.failed or matrix.undecided(found) else 0


def _travelled(without: str | None, script: Path | None, *, json: bool) -> int:
    """What becomes of counterexamples on the wire."""
    from rfc5077.properties.cli import travel

    if without is None:
        if script is not None:
            raise UsageError("--script keeps one counterexample", "Name its clause: --without CLAUSE")
        return travel.run_all(json=json)
    return travel.run_one(_same_class(without), script, json=json)


def _judged(*, fresh: bool, keep: Path | None, verbose: bool, json: bool) -> int:
    """What becomes of the mutants."""
    from rfc5077.properties.cli import mutants

    found = mutants.compute(fresh=fresh)
    if keep is not None:
        mutants.keep(keep, found)
    if json:
        typer.echo(document("mutants", mutants.mutants_json(found)), nl=False)
    else:
        typer.echo(mutants.mutants_text(found, statements=verbose))
    return FAILED if mutants.survivors(found) else 0


class _Course:
    """A proof on its way: how far it has come is what is said when it is cut short."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._reached = ""

    def proved(self, theorems: Sequence[Theorem], without: frozenset[str], seconds: float) -> Proof:
        """The proof, with a bar meanwhile."""
        from rfc5077.model.proof.prover import prove as run

        with Progress() as self._bar:
            proof = run(tuple(theorems), without, self._tell, seconds)
        self._bar = None
        return proof

    def _tell(self, stage: str, done: int, of: int) -> None:
        self._reached = f" while {stage}, {done} of {of} done" if of > 1 else f" while {stage}"
        if self._bar is not None:
            self._bar.stage(stage, done, of)

    def last_words(self) -> str:
        """What is said on Ctrl-C; the bar is taken away first."""
        if self._bar is not None:
            self._bar.__exit__()
        return f"interrupted{self._reached}; nothing is concluded"


def _chosen(names: Sequence[str] | None) -> list[Theorem]:
    """The theorems of these names, each once; all if there are none.

    Raises:
        UsageError: there is no such theorem; says the nearest.
    """
    from rfc5077.model.proof.theorems import EVERY

    known = {theorem.id: theorem for theorem in EVERY}
    return [known[find_name("theorem", name, known)] for name in dict.fromkeys(names or known)]


def _agree(theorems: Names, without: str | None, *, necessity: bool, fresh: bool, keep: Path | None) -> None:
    """Options that go together.

    Raises:
        UsageError: they do not.
    """
    if necessity and without is not None:
        raise UsageError("--necessity drops every class by itself, so --without has no place beside it")
    if (fresh or keep is not None) and not necessity:
        raise UsageError("--fresh and --keep go with --necessity or --mutants")
    if keep is not None and theorems:
        raise UsageError("--keep writes the matrix of all theorems, so none can be named")


def _same_class(name: str) -> frozenset[str]:
    """The clause of this name and those that restate it.

    Raises:
        UsageError: there is none, or none of them has a constraint, so that no proof can rest on them.
    """
    from rfc5077.model.clauses import BY_ID, CATALOGUE
    from rfc5077.model.proof.prover import dropped
    from rfc5077.model.systems import constrained

    clause = find_clause(CATALOGUE, name).id
    ids = dropped(clause)
    if not any(BY_ID[id].mechanised for id in ids) and ids.isdisjoint(constrained()):
        raise UsageError(f"{clause} has no constraint, so no theorem rests on it", f"See: rfc5077 clause {clause}")
    return ids
