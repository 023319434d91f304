"""Questions to the specification: `judge` reads recordings, `clause` shows the catalogue."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rfc5077.properties.cli.names import find_clause, find_name
from rfc5077.properties.cli.output import FAILED, document, on_terminal, show
from rfc5077.properties.errors import UsageError

if TYPE_CHECKING:
    from rfc5077.model.clause import Clause

WIDTH = 100
PARTIES = ("client", "server", "deployer")
Id = Annotated[str | None, typer.Argument(metavar="ID", help="Such as R5077-3.3-02; all of them if left out.")]
Files = Annotated[list[Path], typer.Argument(metavar="FILE", help="Captures (pcap, pcapng), recordings (*.jsonl).")]
Complete = Annotated[bool, typer.Option("--complete", help="A capture begins with the first contact of its peers.")]
Section = Annotated[str | None, typer.Option(help="List a section: 3.3 of RFC 5077, R7627-5 of another document.")]
AnyLevel = Annotated[str | None, typer.Option(help="List a level: must, 'must not', should, may, 'plain text', …")]
AnyParty = Annotated[str | None, typer.Option(help="List what binds a party: client, server, deployer.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document instead.")]


def judge(files: Files, complete: Complete = False, json: AsJson = False) -> int:
    """Does what was captured or recorded conform? Every finding names its clause.

    A capture is read without keys: what is encrypted is told by its place and its length. TLS 1.2 over TCP is judged,
    other traffic is left out with a note; what was not captured is inconclusive, never a violation.
    """
    from rfc5077.properties.capture.framing import is_capture
    from rfc5077.properties.capture.verdict import CaptureVerdict, capture_json, capture_text, judge_capture
    from rfc5077.properties.verdict.finding import INCONCLUSIVE, VIOLATION
    from rfc5077.properties.verdict.recordings import judge_file
    from rfc5077.properties.verdict.report import file_json, judge_text

    verdicts = [judge_capture(path, complete) if is_capture(path) else judge_file(path) for path in files]
    if json:
        shown = [capture_json(one) if isinstance(one, CaptureVerdict) else file_json(one) for one in verdicts]
        typer.echo(document("judge", {"files": shown}), nl=False)
    else:
        for one in verdicts:
            markup = on_terminal()
            show(capture_text(one, markup) if isinstance(one, CaptureVerdict) else judge_text(one, markup))
    if any(verdict.verdict == VIOLATION for verdict in verdicts):
        return FAILED
    if unclear := [verdict.file for verdict in verdicts if verdict.verdict == INCONCLUSIVE]:
        raise UsageError(f"nothing could be concluded about {', '.join(unclear)}")
    return 0


def clause(
    id: Id = None, section: Section = None, level: AnyLevel = None, binds: AnyParty = None, json: AsJson = False
) -> int:
    """What a clause says, how it is checked, what breaks without it, who was seen to follow it."""
    from rfc5077.model.clauses import CATALOGUE
    from rfc5077.properties.verdict.clauses import clause_as_json, clause_page

    if id is not None and (section or level or binds):
        raise UsageError("an ID and a filter exclude each other", "Leave one of them out")
    chosen = _chosen(CATALOGUE, section, level, binds) if id is None else (find_clause(CATALOGUE, id),)
    if json:
        typer.echo(document("clause", {"clauses": [clause_as_json(c) for c in chosen]}), nl=False)
    elif id is None:
        typer.echo("\n".join(_line(c) for c in chosen))
    else:
        typer.echo(clause_page(chosen[0]))
    return 0


def _chosen(
    catalogue: Sequence[Clause], section: str | None, level: str | None, binds: str | None
) -> tuple[Clause, ...]:
    """The clauses of a section (``3.3``; ``R7627-5``), of a level, and those that bind a party.

    Raises:
        UsageError: there are none.
    """
    if binds is not None:
        find_name("party", binds.lower(), PARTIES)
    document, _, number = section.rpartition("-") if section else ("", "", "")
    document = document.upper().removeprefix("R") or "5077"
    found = tuple(
        c for c in catalogue
        if (section is None or (c.document == document and f"{c.section}.".startswith(f"{number}.")))
        and (level is None or c.level.value.partition(" (")[0].lower() == level.lower().replace("_", " "))
        and (binds is None or c.binds.value in (binds.lower(), *(("both",) if binds.lower() != "deployer" else ())))
    )  # fmt: skip
    if not found:
        asked = {"--section": section, "--level": level, "--binds": binds}
        what = " ".join(f"{option} {value}" for option, value in asked.items() if value is not None)
        raise UsageError(f"no clause for {what}", "List them: rfc5077 clause")
    return found


def _line(clause: Clause) -> str:
    head = f"{clause.id:<20} {clause.level.value:<20} {clause.binds.value:<9} "
    return head + textwrap.shorten(clause.text, WIDTH - len(head) + 20, placeholder=" …")
