"""`learn`: the automaton of an implementation, beside the model's."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rfc5077.properties.cli.check import RoleOf
from rfc5077.properties.cli.output import FAILED, INTERRUPTED, Progress, document
from rfc5077.properties.errors import UsageError

if TYPE_CHECKING:
    from rfc5077.properties.learn.learner import Learned

Target = Annotated[str | None, typer.Argument(metavar="TARGET", help="reference, python-ssl or tlslite, in memory.")]
K = Annotated[int, typer.Option("--k", min=0, max=1, help="States that TARGET may have beyond those learned.")]
Seed = Annotated[int, typer.Option(metavar="N", help="For the octets of our side and the random words.")]
Words = Annotated[int, typer.Option(metavar="N", min=0, help="How many random words test what was learned.")]
Dot = Annotated[Path | None, typer.Option("--dot", metavar="FILE", help="Both machines for Graphviz.")]
Svg = Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Both machines drawn.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print a JSON document instead.")]


def learn(
    role: RoleOf, target: Target = None, k: K = 0, seed: Seed = 0, words: Words = 200, dot: Dot = None, svg: Svg = None,
    json: AsJson = False,
) -> int:  # fmt: skip
    """Learn the automaton of a server or a client, and compare it with the model's."""
    if target is None:
        raise UsageError(f"learn {role} needs a target", f"For example: rfc5077 learn {role} python-ssl")
    if find_spec("aalpy") is None:
        raise UsageError("learn needs AALpy, which is not here", "In a clone: pip install '.[learn]'")

    from rfc5077.properties.learn import learner, report

    with Progress() as bar:
        learned = learner.learn(role.value, target, k=k, seed=seed, words=words, progress=bar.stage)
    _draw(learned, dot, svg)
    typer.echo(document("learn", report.as_json(learned)) if json else report.text(learned), nl=not json)
    if learned.interrupted:
        return INTERRUPTED
    return 0 if learned.equal and not learned.beyond else FAILED


def _draw(learned: Learned, dot: Path | None, svg: Path | None) -> None:
    """Writes the files that were asked for; there is nothing to draw where no guess was made."""
    if learned.machine is None or (dot is None and svg is None):
        return
    from rfc5077.properties.files import write_whole
    from rfc5077.properties.learn import drawing

    if dot is not None:
        write_whole(dot, drawing.dot(learned.machine, learned.model, learned.target))
    if svg is not None:
        write_whole(svg, drawing.svg(learned.machine, learned.model, learned.target))
