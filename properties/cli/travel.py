"""`prove --run`: the counterexamples of dropped clauses, played to the reference and to what lacks the defence."""

from __future__ import annotations

from pathlib import Path

import typer

from rfc5077.properties.cli.output import FAILED, Progress, document
from rfc5077.properties.errors import UsageError


def run_one(ids: frozenset[str], script: Path | None, *, json: bool) -> int:
    """Plays the counterexample of one class, given by its ids; keeps what is said where ``script`` says.

    Raises:
        UsageError: it is to be kept, and there is nothing to say.
    """
    from rfc5077.model.proof.classes import class_of
    from rfc5077.properties.suite.failures import write_one
    from rfc5077.properties.travel.journey import Journey, travel
    from rfc5077.properties.travel.told import passage_text, passages_json, script_of

    with Progress() as bar:
        bar.stage("sending the counterexample", 0, 1)
        passage = travel(class_of(min(ids)))
    if script is not None:
        if not isinstance(passage, Journey):
            raise UsageError(f"{min(ids)}: nothing can be said, so nothing is kept", passage.why)
        write_one(script, script_of(passage))
    typer.echo(document("travel", passages_json([passage])) if json else passage_text(passage) + "\n", nl=False)
    return 0 if not isinstance(passage, Journey) or passage.refused else FAILED


def run_all(*, json: bool) -> int:
    """Plays the counterexamples of every class, one after the other."""
    from rfc5077.model.proof.classes import classes
    from rfc5077.properties.travel.journey import Journey, travel
    from rfc5077.properties.travel.told import passages_json, passages_text

    passages = []
    with Progress() as bar:
        for number, dropped in enumerate(classes()):
            bar.stage("sending counterexamples", number, len(classes()))
            passages.append(travel(dropped))
    typer.echo(document("travel", passages_json(passages)) if json else passages_text(passages) + "\n", nl=False)
    return 0 if all(not isinstance(one, Journey) or one.refused for one in passages) else FAILED
