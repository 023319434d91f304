"""`prove --necessity`: what each class of clauses is for, as a table and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rfc5077.properties.cli.interrupt import at_once
from rfc5077.properties.cli.output import INTERRUPTED, Progress, notice
from rfc5077.properties.files import write_whole

if TYPE_CHECKING:
    from rfc5077.model.proof.theorem import Theorem
    from rfc5077.properties.knowledge.matrix import Matrix
    from rfc5077.properties.knowledge.necessity import Row

WIDTH = 100
INDENT = "    "


def compute(theorems: Sequence[Theorem], *, fresh: bool) -> Matrix:
    """The matrix of those of the theorems that clauses may carry.

    It is taken from the package's data and the user's cache; the rest is computed and kept there.
    """
    from rfc5077.model.proof.classes import SUBJECTS
    from rfc5077.properties.knowledge.matrix import matrix
    from rfc5077.properties.knowledge.necessity import results
    from rfc5077.properties.knowledge.store import Store, cache_folder

    folder = cache_folder("necessity")
    store = Store({} if fresh else results(), folder, fresh=fresh)

    def last_words() -> str:
        done = f"interrupted with {len(store.taken)} results taken from what is kept and {len(store.added)} computed"
        return f"{done}; run it again to go on from there" if not store.trouble else done

    subjects = [theorem for theorem in theorems if theorem in SUBJECTS]
    try:
        with at_once(last_words), Progress() as progress:
            found = matrix(store, subjects, progress.stage)
    except KeyboardInterrupt:  # a thread of a solver's has caught the signal
        notice(last_words())
        raise typer.Exit(INTERRUPTED) from None
    if store.trouble:
        notice(store.trouble)
    return found


def keep(file: Path, found: Matrix) -> None:
    """Writes the finished matrix as the package's data.

    Raises:
        UsageError: the file cannot be written.
    """
    used = {digest: found.results[digest] for digest in sorted(found.results)}
    rows = [
        {"ids": list(row.ids), "kind": row.kind, "falls": found.references[row.ids[0]], "why": row.why,
         "fault": row.fault}
        for row in found.rows
    ]  # fmt: skip
    head = {
        "schema": "rfc5077/knowledge/necessity/1",
        "solvers": {name: version(name) for name in ("z3-solver", "cvc5")},
    }
    least = {id: list(one.names) for id, one in found.minimal.items()}
    parts = [f'"{name}": {json.dumps(value, ensure_ascii=False)}' for name, value in head.items()]
    parts += [f'"rows": [\n{_lines(rows)}\n]', f'"minimal": {{\n{_entries(least)}\n}}']
    parts.append(f'"results": {{\n{_entries(used)}\n}}')
    write_whole(file, "{\n" + ",\n".join(parts) + "\n}\n")


def _lines(values: Sequence[object]) -> str:
    return ",\n".join(json.dumps(value, ensure_ascii=False) for value in values)


def _entries(values: Mapping[str, object]) -> str:
    return ",\n".join(f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items())


# --- for programs -----------------------------------------------------------------------------------------------------


def necessity_json(found: Matrix) -> dict[str, object]:
    """The keys that `prove --json` has besides, with `--necessity`."""
    return {
        "necessity": {id: [fall.theorem for fall in row.falls] for row in found.rows for id in row.ids},
        "classes": [_row_json(row) for row in found.rows],
        "minimal": {
            id: {"classes": list(one.names), "doubtful": list(one.doubtful)} for id, one in found.minimal.items()
        },
        "undecided": [list(pair) for pair in found.unknown],
        "results": {"taken": found.taken, "computed": len(found.results) - found.taken},
    }


def _row_json(row: Row) -> dict[str, object]:
    falls = [
        {"theorem": fall.theorem, "depth": fall.depth, "trace": list(fall.moves)}
        | ({"other_trace": list(fall.other)} if fall.other else {})
        for fall in row.falls
    ]
    return {"ids": list(row.ids), "kind": row.kind, "falls": falls, "why": row.why or None, "fault": row.fault or None}


# --- for people -------------------------------------------------------------------------------------------------------


def necessity_text(found: Matrix) -> str:
    """What falls without each class, or why nothing does; minimal sets; a summary."""
    lines = ["What each class of clauses is for (moves of a shortest counterexample in brackets)", ""]
    for row in found.rows:
        lines += [f"{row.kind:<8}  {', '.join(row.ids)}"]
        lines += [f"{INDENT}{fall.theorem} ({fall.depth})" for fall in row.falls]
        if row.why:
            lines.append(_indented(row.why))
    lines += ["", "What suffices for each theorem, and cannot be spared", ""]
    for id, one in found.minimal.items():
        names = ", ".join(one.names) or "no clause: the mechanics alone"
        if one.doubtful:
            names += f" (whether {', '.join(one.doubtful)} can be spared is undecided)"
        lines += [id, _indented(names)]
    return "\n".join([*lines, "", *undecided(found), summary(found)])


def _indented(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT, break_on_hyphens=False)


def undecided(found: Matrix) -> list[str]:
    """A line for whatever was neither proved nor refuted, or explained."""
    from rfc5077.properties.knowledge.matrix import unexplained

    lines = [f"undecided: {one} without {name}" for name, one in found.unknown]
    return lines + [f"unexplained: {name}" for name in unexplained(found)]


def summary(found: Matrix) -> str:
    """How many classes are of each kind, and where the results come from."""
    from rfc5077.properties.knowledge.matrix import kind_count

    needed, implied, outside = (kind_count(found, kind) for kind in ("needed", "implied", "outside"))
    cells = sum(len(row.falls) for row in found.rows)
    return (
        f"{len(found.rows)} classes: {needed} needed ({cells} theorems fall), {implied} implied by others, {outside} "
        f"protect something outside the model. {found.taken} results were taken from what is kept, "
        f"{len(found.results) - found.taken} computed."
    )
