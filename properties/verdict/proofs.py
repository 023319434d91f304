"""Proofs as documents: JSON for programs, text with ladder diagrams for people."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from z3 import ExprRef, is_int

from rfc5077.model.attacker import network
from rfc5077.model.proof.fact import Fact, failing
from rfc5077.model.proof.prover import Proof, Proved
from rfc5077.model.proof.replay import Step
from rfc5077.model.proof.theorem import TwoRuns
from rfc5077.model.proof.unbounded import Moment
from rfc5077.properties.verdict.explain import Row, ladder
from rfc5077.properties.verdict.formula import said
from rfc5077.properties.verdict.judge import name_of

WIDTH = 100
INDENT = "    "
LONGEST = 300
"""Letters of a formula that are shown."""

Json = dict[str, object]

# --- for programs -----------------------------------------------------------------------------------------------------


def prove_json(proof: Proof) -> Json:
    """The body of the document of ``prove --json``."""
    failed = len(proof.failed)
    return {
        "without": sorted(proof.without),
        "theorems": [_theorem_json(result, proof.without) for result in proof.results],
        "summary": {
            "proved": len(proof.results) - failed,
            "failed": failed,
            "seconds": round(proof.seconds, 3),
            "states": proof.states,
            "nodes": proof.nodes,
            "obligations": len(proof.obligations),
            "megabytes": proof.megabytes,
        },
    }


def _theorem_json(result: Proved, without: frozenset[str]) -> Json:
    """A run is a list of moves; of two runs that are compared the second stands under a key of its own."""
    twin: Json = {"id": result.twin.id, "status": result.twin.status, **_traces_json(result.twin.traces)}
    found: Json = {
        "id": result.theorem.id,
        "statement": result.theorem.statement,
        "basis": result.theorem.basis.value,
        "follows_from": result.theorem.follows_from or None,
        "status": result.status,
        "seconds": round(result.seconds, 3),
        "formula": result.theorem.formula() if result.theorem.formula else None,
        "certificate": result.certificate,
        "twin": twin,
    }
    if not result.counterexample:
        return found
    fact = failing(result.theorem, without, result.counterexample)
    fails: Json = {"fails": {"text": _what(fact), "found": _values(fact)}} if fact else {}
    return {**found, "counterexample": _traces_json(result.counterexample), **fails}


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


def prove_text(proof: Proof, *, statements: bool = False, twins: bool = False) -> str:
    """What was proved, a line each; of what was not, the statement and the runs that show why.

    :param statements: of what was proved too.
    :param twins: also the run by which each theorem's condition comes about, so that it speaks of something.
    """
    proved = [result for result in proof.results if result.status == "proved"]
    at_length = statements or twins
    parts = [f"Without {', '.join(sorted(proof.without))}:"] if proof.without else []
    if at_length:
        parts += [_theorem_text(result, proof.without, twins) for result in proof.results]
    else:
        # Where a clause is dropped, what falls is what was asked for.
        parts += [] if proof.without else _table(proved)
        parts += [_theorem_text(result, proof.without, twins) for result in proof.failed]
    if proof.without and not proof.failed:
        parts.append("Nothing falls: the other clauses imply it, or no theorem speaks of what it protects.")
    return "\n".join([*parts, *_summary(proof, len(proved), shown=at_length)])


def _summary(proof: Proof, proved: int, *, shown: bool) -> list[str]:
    free = sum(bool(result.theorem.follows_from) for result in proof.results if result.status == "proved")
    lines = [
        f"{proved} proved ({free} of them not counted), {len(proof.failed)} failed, in {proof.seconds:.1f} s and "
        f"{proof.megabytes} MB:",
        f"{len(proof.obligations):,} obligations for z3 and cvc5; {proof.states:,} joint states in an invariant of "
        f"{proof.nodes:,} nodes.",
    ]
    if not shown and not proof.failed:
        lines.append("What they say: rfc5077 prove -v; with a run that meets the condition: rfc5077 prove THEOREM")
    return lines


def _table(results: Sequence[Proved]) -> list[str]:
    """One line for each theorem: status, id, what it rests on."""
    width = max((len(result.theorem.id) for result in results), default=0)
    return [
        f"{result.status:<8}  {result.theorem.id:<{width}}  {result.theorem.basis.value}{_sufficient(result)}"
        for result in results
    ]


def _theorem_text(result: Proved, without: frozenset[str], twins: bool) -> str:
    theorem = result.theorem
    lines = [
        f"{result.status:<8}  {theorem.id}  ({theorem.basis.value}{_sufficient(result)})",
        textwrap.fill(theorem.statement, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT),
    ]
    if theorem.formula is not None:
        lines += [textwrap.fill(line, WIDTH, initial_indent=INDENT * 2, subsequent_indent=INDENT * 3)
                  for line in theorem.formula().splitlines()]  # fmt: skip
    for number, trace in enumerate(result.counterexample, 1):
        several = len(result.counterexample) > 1
        mark = "here the claim fails" if number == len(result.counterexample) else ""
        lines += ["", f"{INDENT}Counterexample{f', run {number}' if several else ''}:", run_text(trace, mark), ""]
    if fact := failing(theorem, without, result.counterexample):
        lines += [_fact_text(fact), ""]
    if isinstance(theorem.claim, TwoRuns) and len(result.counterexample) == 1:
        lines.append(f"{INDENT}Already in this one run the answer is not determined: either is permitted.")
    if result.status == "unknown":
        answers = ", ".join(f"{solver} says {answer}" for solver, answer in result.certificate.items())
        lines.append(f"{INDENT}Neither proved nor refuted: {answers}; its twin is {result.twin.status}.")
    if twins and not result.counterexample:
        lines += _twin_text(result)
    return "\n".join(lines)


def _twin_text(result: Proved) -> list[str]:
    """The runs that meet the condition."""
    lines: list[str] = []
    for number, trace in enumerate(result.twin.traces, 1):
        which = f", run {number}" if len(result.twin.traces) > 1 else ""
        lines += ["", f"{INDENT}Its condition comes about{which}:", run_text(trace, "here it is met"), ""]
    return lines


def _fact_text(fact: Fact) -> str:
    """What is so and should not be; with the values, where the formula does not give them away."""
    text = _what(fact)
    told = text if len(text) <= LONGEST else f"{text[: LONGEST - 4]} ..."
    further = fact.found if isinstance(fact.what, str) else {n: v for n, v in fact.found.items() if is_int(v)}
    values = [f"{name} {value_of(value)}" for name, value in further.items()]
    parts = [f"What fails: {told}", *([f"With {', '.join(values)}"] if values else [])]
    return "\n".join(textwrap.fill(part, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT * 2) for part in parts)


def _what(fact: Fact) -> str:
    return fact.what if isinstance(fact.what, str) else said(fact.what)


def _values(fact: Fact) -> dict[str, str]:
    return {name: value_of(value) for name, value in fact.found.items()}


def value_of(value: ExprRef) -> str:
    """An enum's value without its sort; a flag as ``true`` or ``false``; a number."""
    return {"True": "true", "False": "false"}.get(str(value), str(value).rpartition(".")[2])


def _sufficient(result: Proved) -> str:
    alone = result.theorem.follows_from
    return f"; follows from {alone} alone, not counted" if alone else ""


def run_text(trace: Sequence[Step | Moment], mark: str = "") -> str:
    """A run of one connection, or through the network, as a ladder; any other as moves with what each changes.

    The last step bears the mark.
    """
    steps = [step for step in trace if isinstance(step, Step)]
    moments = [step for step in trace if isinstance(step, Moment)]
    if steps:
        return joint_ladder(steps, mark)
    if not network.passes_messages(moments):
        return moves_text(moments, mark)
    return network.ladder(moments, INDENT) + (f"   <- {mark}" if mark else "")


def moves_text(run: Sequence[Moment], mark: str = "") -> str:
    """The moves of a run, numbered, each with the fields that have another value than before it."""
    lines = []
    for number, (before, moment) in enumerate(pairwise(run), 1):
        last = f"   <- {mark}" if mark and number == len(run) - 1 else ""
        lines.append(f"{INDENT}{number:>2}. {moment.move}{last}")
        new = {name: value for name, value in moment.values.items() if not value.eq(before.values[name])}
        lines += textwrap.wrap(_changes(new), WIDTH, initial_indent=INDENT * 2, subsequent_indent=INDENT * 2)
    return "\n".join(lines)


def _changes(new: Mapping[str, ExprRef]) -> str:
    """New values by the part of the state that they belong to, its name said once."""
    parts: dict[str, list[str]] = {}
    for name, value in new.items():
        part, _, field = name.rpartition(".")
        parts.setdefault(part, []).append(_change(field, value_of(value)))
    return "; ".join(f"{part}: {', '.join(found)}" if part else ", ".join(found) for part, found in parts.items())


def _change(field: str, value: str) -> str:
    return {"true": field, "false": f"not {field}"}.get(value, f"{field} {value}")


def joint_ladder(trace: Sequence[Step], mark: str = "") -> str:
    """A run of both parties: messages as arrows where they are said; a remark where one arrives late, or is altered.

    The last row bears the mark.
    """
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
    if rows and mark:
        rows[-1] = replace(rows[-1], mark=mark)
    return ladder(rows, INDENT)


def _on_the_wire(step: Step) -> bool:
    """Whether the move is a message, rather than a thought of its party."""
    return " says " in step.rule or " refuses " in step.rule


def _short(step: Step) -> str:
    """The event without its sender, which the arrow shows."""
    return name_of(step.event).partition(":")[2]
