"""Questions to the specification: `judge` reads recordings, `clause` shows the catalogue."""

from __future__ import annotations

import inspect
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rfc5077.properties.cli.names import find_clause
from rfc5077.properties.cli.output import FAILED, document, on_terminal, show
from rfc5077.properties.errors import UsageError

if TYPE_CHECKING:
    from rfc5077.model.clause import Clause

WIDTH = 100
Id = Annotated[str | None, typer.Argument(metavar="ID", help="Such as R5077-3.3-02; all of them if left out.")]
Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="Recordings, JSON lines (*.jsonl).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document instead.")]


def judge(files: Files, json: AsJson = False) -> int:
    """Does what was recorded conform? Every finding names its clause."""
    from rfc5077.properties.verdict.judge import INCONCLUSIVE, VIOLATION, judge_file
    from rfc5077.properties.verdict.report import judge_json, judge_text

    verdicts = [judge_file(path) for path in files]
    if json:
        typer.echo(document("judge", judge_json(verdicts)), nl=False)
    else:
        for verdict in verdicts:
            show(judge_text(verdict, markup=on_terminal()))
    if any(verdict.verdict == VIOLATION for verdict in verdicts):
        return FAILED
    if unclear := [verdict.file for verdict in verdicts if verdict.verdict == INCONCLUSIVE]:
        raise UsageError(f"nothing could be concluded about {', '.join(unclear)}")
    return 0


def clause(id: Id = None, json: AsJson = False) -> int:
    """What a clause says, whom it binds, how it is checked."""
    from rfc5077.model.clauses import CATALOGUE

    chosen = CATALOGUE if id is None else (find_clause(CATALOGUE, id),)
    if json:
        typer.echo(document("clause", {"clauses": [clause_as_json(c) for c in chosen]}), nl=False)
    elif id is None:
        typer.echo("\n".join(_line(c) for c in chosen))
    else:
        typer.echo(_page(chosen[0]))
    return 0


def _restating(clause: Clause) -> list[str]:
    """Ids of the other clauses that say the same from another side."""
    from rfc5077.model.clauses import family

    return [other.id for other in family(clause) if other is not clause]


def clause_as_json(clause: Clause) -> dict[str, object]:
    """A catalogue entry under the keys that others rely on."""
    return {
        "id": clause.id,
        "document": clause.document,
        "section": clause.section,
        "level": clause.level.value,
        "binds": clause.binds.value,
        "verdict": clause.verdict.value,
        "text": clause.text,
        "observer": clause.observer.value,
        "mechanised": clause.mechanised,
        "decided": clause.decided.value,
        "permission": clause.permission,
        "reason": clause.reason or None,
        "rulings": [
            {"party": r.party.value, "behaviour": r.behaviour, "answer": r.answer.value, "clauses": list(r.clauses)}
            for r in clause.rulings
        ],
        "class": clause.family or None,
        "restating": _restating(clause),
    }


def _line(clause: Clause) -> str:
    head = f"{clause.id:<20} {clause.level.value:<20} {clause.binds.value:<9} "
    return head + textwrap.shorten(clause.text, WIDTH - len(head) + 20, placeholder=" …")


def _rulings(clause: Clause) -> str:
    """What a corner case means for each party, one behaviour a line."""
    lines = []
    for ruling in clause.rulings:
        who = "a party" if ruling.party.value == "both" else f"the {ruling.party.value}"
        named = f" ({', '.join(ruling.clauses)})" if ruling.clauses else ""
        lines.append(f"{ruling.answer.value}: {who} {ruling.behaviour}{named}")
    return ("\n" + " " * 17).join(lines)


def _page(clause: Clause) -> str:
    """One clause at length."""
    source = ""
    if clause.constraint is not None:
        lines = textwrap.dedent(inspect.getsource(clause.constraint)).splitlines()
        start = next(number for number, line in enumerate(lines) if line.startswith("def "))
        source = textwrap.indent("\n".join(lines[start:]), "    ")
    rows = [
        ("not followed", clause.verdict.value),
        ("seen by", clause.observer.value),
        ("decided", clause.decided.value + (" over the bound party's state and the event:" if source else "")),
        ("because", clause.reason),
        ("", source),
        ("rulings", _rulings(clause)),
        ("same class", ", ".join(_restating(clause))),
        ("without it", f"rfc5077 prove --without {clause.id}" if source else ""),
    ]
    head = f"{clause.id}  {clause.level.value}, binds {clause.binds.value}"
    text = textwrap.fill(clause.text, WIDTH, initial_indent="  ", subsequent_indent="  ")
    body = [f"  {name + ':':<14} {value}" if name else value for name, value in rows if value]
    return "\n".join([head, text, *body])
