"""`fuzz`: any octets against one part of the reference, guided by coverage."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rfc5077.properties.cli.names import find_name
from rfc5077.properties.cli.output import FAILED, document
from rfc5077.properties.errors import UsageError

if TYPE_CHECKING:
    from rfc5077.properties.fuzz.targets import Target

Name = Annotated[str | None, typer.Argument(metavar="[TARGET]", help="Listed if left out.")]
Seconds = Annotated[int, typer.Option(metavar="N", min=1, max=86400, help="How long.")]
Corpus = Annotated[Path | None, typer.Option(metavar="DIR", help="Inputs to begin with; new ones are added.")]
Findings = Annotated[Path, typer.Option(metavar="DIR", help="Where an input that finds something is put.")]
Seed = Annotated[int, typer.Option(metavar="N", min=1, max=2**31 - 1, help="Of the random numbers.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document instead.")]

LONGEST_RUN = 25
"""Seconds that one input may take before it counts as a finding."""


def fuzz(
    target: Name = None, seconds: Seconds = 60, corpus: Corpus = None, findings: Findings = Path("findings"),
    seed: Seed = 1, json: AsJson = False,
) -> int:  # fmt: skip
    """Let a fuzzer loose on one part of the reference (needs atheris)."""
    from rfc5077.properties.fuzz.targets import TARGETS

    if target is None:
        width = max(map(len, TARGETS))
        typer.echo("\n".join(f"{name:{width}}  {row.what}" for name, row in TARGETS.items()))
        return 0
    chosen = TARGETS[find_name("target", target, TARGETS)]
    if find_spec("atheris") is None:
        raise UsageError("atheris is not installed", "pip install 'atheris>=3,<4'")
    with tempfile.TemporaryDirectory() as scratch:
        kept = _inputs(chosen, corpus or Path(scratch))
        log, code = _run(target, chosen, kept, _folder(findings), seconds, seed)
    figures = read_log(log)
    found = re.findall(r"Test unit written to (.*)", log)
    if json:
        body = {"target": target, "seed": seed, "seconds": seconds, **figures, "findings": found}
        typer.echo(document("fuzz", body), nl=False)
    else:
        said = f"{figures['executions']} inputs, {figures['coverage']} edges, {figures['corpus']} inputs worth keeping"
        typer.echo("\n".join([*_account(log), f"{target}: {said}, {len(found)} findings", *found]))
    if code and not found:
        raise UsageError(f"the fuzzer ended with exit code {code}: {_last_line(log)}")
    return FAILED if found else 0


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make {path}: {error.strerror}") from error
    return path


def _inputs(target: Target, folder: Path) -> Path:
    """The folder, with the target's own seeds in it."""
    _folder(folder)
    try:
        for seed in target.seeds():
            (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
    except OSError as error:
        raise UsageError(f"cannot write into {folder}: {error.strerror}") from error
    return folder


def _run(name: str, target: Target, corpus: Path, findings: Path, seconds: int, seed: int) -> tuple[str, int]:
    arguments = [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={target.longest}", "-print_final_stats=1"]
    arguments += [f"-artifact_prefix={findings}{os.sep}", f"-timeout={LONGEST_RUN}", str(corpus)]
    command = [sys.executable, "-m", "rfc5077.properties.fuzz.engine", name, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.stdout.decode(errors="replace"), done.returncode


def read_log(log: str) -> dict[str, int]:
    """Executions, covered edges and size of the corpus, from what libFuzzer says; 0 for what it did not say."""
    patterns = {"executions": r"number_of_executed_units: *(\d+)", "coverage": r"cov: (\d+)", "corpus": r"corp: (\d+)"}
    found = {name: re.findall(pattern, log) for name, pattern in patterns.items()}
    return {name: int(values[-1]) if values else 0 for name, values in found.items()}


def _account(log: str) -> list[str]:
    """The exception that a finding raised, with where, out of the log."""
    begin, end = log.find(" === Uncaught Python exception: ==="), log.find("SUMMARY:")
    return [] if begin < 0 else log[begin:end].splitlines()


def _last_line(log: str) -> str:
    lines = [line for line in log.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
