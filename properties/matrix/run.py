"""Runs the matrix: cells side by side, each with its own time-outs, and what came of each."""

import re
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from rfc5077.properties.matrix.judgement import Broken
from rfc5077.properties.matrix.papers import Papers, make_papers
from rfc5077.properties.matrix.process import NotInstalled, PeerError
from rfc5077.properties.matrix.scenarios import PLAYS
from rfc5077.properties.matrix.stack import ROLES, Role, Scenario, Stack
from rfc5077.reference.alerts import ProtocolError

WORKERS = 3
"""Cells at the same time: most of them wait for a program to start."""

Status = Literal["ok", "deviates", "failed", "empty"]
"""As it has to be; as the stack is known to do instead; neither; not run."""

Progress = Callable[[str, int, int], None]
"""What is done, how many, of how many."""


@dataclass(frozen=True)
class Cell:
    """What came of one scenario with one stack in one role; `note` is the reason, or what is worth saying of an ok."""

    scenario: Scenario
    status: Status
    note: str = ""


@dataclass(frozen=True)
class Row:
    """A stack in one role, all scenarios in order; `version` is None if it is not here."""

    stack: str
    version: str | None
    role: Role
    cells: tuple[Cell, ...]


def run_matrix(stacks: Sequence[Stack], progress: Progress, workers: int = WORKERS) -> list[Row]:
    """Two rows for each stack, in order. Builds first what has to be built."""
    versions = {}
    for done, stack in enumerate(stacks):
        progress(f"preparing {stack.name}", done, len(stacks))
        versions[stack.name] = _version(stack)
    with TemporaryDirectory(prefix="rfc5077_matrix_") as folder, ThreadPoolExecutor(workers) as pool:
        papers = make_papers(Path(folder), time.time())
        wanted = [(stack, role, scenario) for stack in stacks for role in ROLES for scenario in Scenario]
        futures = [pool.submit(_cell, versions[one[0].name], papers, *one) for one in wanted]
        cells: dict[tuple[str, Role], list[Cell]] = {}
        try:
            for done, ((stack, role, _), future) in enumerate(zip(wanted, futures, strict=True)):
                progress(f"{stack.name} as {role}", done, len(wanted))
                cells.setdefault((stack.name, role), []).append(future.result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # whoever interrupts does not wait for what has not begun
    shown = {name: version if isinstance(version, str) else None for name, version in versions.items()}
    return [Row(name, shown[name], role, tuple(found)) for (name, role), found in cells.items()]


def failures(rows: Iterable[Row]) -> int:
    """How many cells failed."""
    return sum(cell.status == "failed" for row in rows for cell in row.cells)


def _version(stack: Stack) -> str | NotInstalled:
    try:
        return stack.version()
    except (PeerError, OSError, subprocess.SubprocessError) as error:
        return error if isinstance(error, NotInstalled) else NotInstalled(_line(error))


def _cell(version: str | NotInstalled, papers: Papers, stack: Stack, role: Role, scenario: Scenario) -> Cell:
    if isinstance(version, NotInstalled):
        return Cell(scenario, "empty", f"not installed: {stack.install} ({_line(version)})")
    reason = stack.reason_against(role, scenario)
    if reason is not None:
        return Cell(scenario, "empty", reason)
    known = stack.deviates.get((role, scenario))
    try:
        note = PLAYS[role, scenario](stack, papers)
    except (Broken, PeerError, ProtocolError, OSError, ValueError, LookupError) as error:
        seen = _line(error)
        if known is not None and re.search(known.seen, seen):
            return Cell(scenario, "deviates", f"{known} (seen: {seen})")
        return Cell(scenario, "failed", seen)
    if known is not None:
        return Cell(scenario, "failed", f"it is known to deviate ({known}), and did not")
    return Cell(scenario, "ok", note)


def _line(error: Exception) -> str:
    """What went wrong, in one line of bounded length."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else f"{text[:140]} … {text[-150:]}"
