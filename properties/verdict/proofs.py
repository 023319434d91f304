"""Proofs as documents: JSON for programs, text with ladder diagrams for people."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import pairwise

from rfc5077.model.attacker import network
from rfc5077.model.proof.prover import Proof, Proved
from rfc5077.model.proof.replay import Step
from rfc5077.model.proof.theorem import TwoRuns
from rfc5077.model.proof.unbounded import Moment
from rfc5077.properties.verdict.explain import Row, ladder
from rfc5077.properties.verdict.judge import name_of

WIDTH = 100
INDENT = "    "

Json = dict[str, object]

# --- for programs -----------------------------------------------------------------------------------------------------


def prove_json(proof: Proof) -> Json:
    """The body of the document of ``prove --json``."""
    failed = len(proof.failed)
    return {
        "without": sorted(proof.without),
        "theorems": [_theorem_json(result) for result in proof.results],
        "summary": {
            "proved": len(proof.results) - failed,
            "failed": failed,
            "seconds": round(proof.seconds, 3),
            "states": proof.states,
            "nodes": proof.nodes,
            "obligations": len(proof.obligations),
        },
    }


def _theorem_json(result: Proved) -> Json:
    """A run is a list of moves; of two runs that are compared the second stands under a key of its own."""
    twin: Json = {"id": result.twin.id, "status": result.twin.status, **_traces_json(result.twin.traces)}
    found: Json = {
        "id": result.theorem.id,
        "statement": result.theorem.statement,
        "basis": result.theorem.basis.value,
        "follows_from": result.theorem.follows_from or None,
        "status": result.status,
        "seconds": round(result.seconds, 3),
        "certificate": result.certificate,
        "twin": twin,
    }
    return {**found, "counterexample": _traces_json(result.counterexample)} if result.counterexample else found


def _traces_json(traces: Sequence[Sequence[Step | Moment]]) -> Json:
    runs = [[_move(step) for step in trace if not _begins(step)] for trace in traces]
    first: Json = {"trace": runs[0] if runs else []}
    return {**first, "other_trace": runs[1]} if len(runs) > 1 else first


def _begins(step: Step | Moment) -> bool:
    """Whether this is the state at the start rather than a move."""
    return isinstance(step, Moment) and not step.move


def _move(step: Step | Moment) -> str:
    """One move: what is said, or ``delivered`` and what is heard."""
    if isinstance(step, Moment):
        return step.move
    return f"delivered {name_of(step.event)}" if step.delivery else name_of(step.event)


# --- for people -------------------------------------------------------------------------------------------------------


def prove_text(proof: Proof) -> str:
    """What was proved, one theorem after the other; of what was not, the runs that show why."""
    parts = [f"Without {', '.join(sorted(proof.without))}:"] if proof.without else []
    parts += [_theorem_text(result) for result in proof.results]
    failed = len(proof.failed)
    if proof.without and not failed:
        parts.append("Nothing falls: the other clauses imply it, or no theorem speaks of what it protects.")
    shown = sum(bool(result.theorem.follows_from) for result in proof.results)
    parts.append(
        f"{len(proof.results) - failed} proved ({shown} of them not counted), {failed} failed, in "
        f"{proof.seconds:.1f} s: {proof.states:,} joint states in an invariant of {proof.nodes:,} nodes, "
        f"{len(proof.obligations)} obligations for z3 and cvc5."
    )
    return "\n".join(parts)


def _theorem_text(result: Proved) -> str:
    theorem = result.theorem
    lines = [
        f"{result.status:<8}  {theorem.id}  ({theorem.basis.value}{_sufficient(result)})",
        textwrap.fill(theorem.statement, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT),
    ]
    for number, trace in enumerate(result.counterexample, 1):
        several = len(result.counterexample) > 1
        lines += ["", f"{INDENT}Counterexample{f', run {number}' if several else ''}:", run_text(trace), ""]
    if isinstance(theorem.claim, TwoRuns) and len(result.counterexample) == 1:
        lines.append(f"{INDENT}Already in this one run the answer is not determined: either is permitted.")
    if result.status == "unknown":
        answers = ", ".join(f"{solver} says {answer}" for solver, answer in result.certificate.items())
        lines.append(f"{INDENT}Neither proved nor refuted: {answers}; its twin is {result.twin.status}.")
    return "\n".join(lines)


def _sufficient(result: Proved) -> str:
    alone = result.theorem.follows_from
    return f"; follows from {alone} alone, not counted" if alone else ""


def run_text(trace: Sequence[Step | Moment]) -> str:
    """A run of one connection, or through the network, as a ladder; any other as moves with what each changes."""
    steps = [step for step in trace if isinstance(step, Step)]
    moments = [step for step in trace if isinstance(step, Moment)]
    if steps:
        return joint_ladder(steps)
    return network.ladder(moments, INDENT) if network.passes_messages(moments) else moves_text(moments)


def moves_text(run: Sequence[Moment]) -> str:
    """The moves of a run, numbered, each with the fields that have another value than before it."""
    lines = []
    for number, (before, moment) in enumerate(pairwise(run), 1):
        lines.append(f"{INDENT}{number:>2}. {moment.move}")
        new = [f"{name} = {value}" for name, value in moment.values.items() if not value.eq(before.values[name])]
        lines += textwrap.wrap(", ".join(new), WIDTH, initial_indent=INDENT * 2, subsequent_indent=INDENT * 2)
    return "\n".join(lines)


def joint_ladder(trace: Sequence[Step]) -> str:
    """A run of both parties: messages as arrows where they are said; a remark where one arrives late, or is altered."""
    rows: list[Row] = []
    pending: list[Step] = []  # said, not yet heard
    for step in trace:
        if not step.delivery:
            if _on_the_wire(step):
                pending.append(step)
                rows.append(Row(step.rule.split()[0], _short(step)))
            else:
                rows.append(Row("", f"({step.rule.replace(' step ', ': ')})"))
            continue
        said = next((p for p in pending if p.event.sender is step.event.sender), None)
        prompt = said is not None and pending[-1] is said and rows[-1].sender == said.rule.split()[0]
        if said is not None:
            pending.remove(said)
        if not prompt or " a damaged " in step.rule:
            rows.append(Row("", f"({step.rule})"))
    return ladder(rows, INDENT)


def _on_the_wire(step: Step) -> bool:
    """Whether the move is a message, rather than a thought of its party."""
    return " says " in step.rule or " refuses " in step.rule


def _short(step: Step) -> str:
    """The event without its sender, which the arrow shows."""
    return name_of(step.event).partition(":")[2]
