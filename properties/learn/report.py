"""The report of what was learned: for people and for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rfc5077.model.event import Event
from rfc5077.properties.learn.differences import Difference
from rfc5077.properties.learn.learner import Learned
from rfc5077.properties.suite.alphabet import Machine, symbol_name
from rfc5077.properties.verdict.explain import finding_text
from rfc5077.properties.verdict.finding import ADVICE, CONFORMANT, INCONCLUSIVE, VIOLATION

Json = dict[str, object]
WIDTH = 100
LEFT_OPEN = "No clause speaks against this answer, yet it is another choice than the profile's."


def verdict(learned: Learned) -> str:
    """``violation`` or ``advice`` if a difference is one, ``inconclusive`` if interrupted, else ``conformant``."""
    if learned.interrupted:
        return INCONCLUSIVE
    levels = {one.level for one in (*learned.differences, *learned.beyond)}
    return next((word for word in (VIOLATION, ADVICE) if word in levels), CONFORMANT)


def guarantee(learned: Learned) -> str:
    """What follows from what was said and answered, and under which assumptions."""
    machine = learned.machine
    if learned.interrupted or machine is None:
        return "None: interrupted."
    bound = machine.states + learned.k
    end = (
        "L and the minimal machine M of the profile answer every word over A alike (bisimulation), and so do S and M."
        if learned.equal
        else "L is not the machine of the profile; where the two part is told above, each answer as S gave it."
    )
    return (
        f"Let A be the {len(machine.inputs)} symbols {', '.join(map(symbol_name, machine.inputs))}; S the target, seen "
        f"through the driver that says them and the abstraction that reads the answers; L the machine learned, with n "
        f"= {machine.states} states; k = {learned.k}. Assume that S is deterministic, begins each word in one state, "
        f"shows each answer before the next symbol, and has at most n + k = {bound} states: S then answers every word "
        f"over A as L does, for it has passed the complete suite of L. {end}{_apart(learned)}"
    )


def _apart(learned: Learned) -> str:
    """What is not said although it belongs to the alphabet."""
    if learned.profile.get("renegotiation") != "accepts":
        return ""
    return " What would begin another handshake is not said behind a complete one, where it counts as unanswered."


# --- for programs -----------------------------------------------------------------------------------------------------


def as_json(learned: Learned) -> Json:
    """The document of ``learn --json``, without its schema."""
    tally, rounds = learned.tally, learned.rounds
    return {
        "target": learned.target,
        "role": learned.role,
        "profile": learned.profile,
        "verdict": verdict(learned),
        "equal": learned.equal,
        "alphabet": [symbol_name(symbol) for symbol in learned.model.inputs],
        "learned": None if learned.machine is None else _machine_json(learned.machine),
        "model": _machine_json(learned.model),
        "differences": [_difference_json(one) for one in learned.differences],
        "beyond": [_difference_json(one) for one in learned.beyond],
        "unsaid": _names(learned.unsaid),
        "queries": {
            "membership": rounds.membership,
            "equivalence": rounds.equivalence,
            "random": learned.words,
            "said": tally.played,
            "symbols": tally.inputs,
            "connections": tally.connections,
            "repeated": rounds.repeated,
        },
        "hypotheses": rounds.hypotheses,
        "k": learned.k,
        "seed": learned.seed,
        "seconds": round(learned.seconds, 3),
        "guarantee": guarantee(learned),
        "interrupted": learned.interrupted,
    }


def _machine_json(machine: Machine) -> Json:
    return {
        "states": machine.states,
        "transitions": [
            {"from": state, "input": symbol_name(symbol), "output": _names(said), "to": target}
            for state, row in enumerate(machine.table)
            for symbol, (target, said) in zip(machine.inputs, row, strict=True)
        ],
    }


def _difference_json(one: Difference) -> Json:
    finding = one.finding
    return {
        "word": _names(one.word),
        "expected": _names(one.expected),
        "got": _names(one.got),
        "clause": None if finding is None else finding.clause.id,
        "class": [] if finding is None else list(finding.class_ids),
        "level": None if finding is None else finding.level,
        "verdict": one.level,
        "why": LEFT_OPEN if finding is None else finding.why,
        "shown_by": _names(one.extended),
        "times": one.times,
    }


# --- for people -------------------------------------------------------------------------------------------------------


def text(learned: Learned) -> str:
    """The report as the user reads it: the comparison, the differences, the guarantee, what it took."""
    profile = ", ".join(f"{name}={str(value).lower()}" for name, value in learned.profile.items())
    parts = [_head(learned), _wrapped(f"Profile: {profile}.")]
    parts += [_difference_text(one) for one in learned.differences]
    for one in learned.beyond:
        parts += [finding_text(one.finding)] if one.finding is not None else []
        parts.append(f"  in answer to: {_listed(one.word) if one.word else 'the first questions'}")
    if learned.unsaid:
        parts.append(_wrapped(f"Not said, as no ticket could be had: {_listed(learned.unsaid)}."))
    parts.append(_wrapped(f"Guarantee: {guarantee(learned)}"))
    return "\n".join([*parts, _wrapped(_cost(learned))])


def _head(learned: Learned) -> str:
    name = f"{learned.target}, {learned.role}"
    if learned.interrupted:
        so_far = "no guess yet" if learned.machine is None else f"the latest guess has {_size(learned.machine)}"
        return f"{name}: interrupted; {so_far}, the model's machine {_size(learned.model)}"
    assert learned.machine is not None
    found = "learned = specified" if learned.equal else _count(len(learned.differences), "difference")
    found += f", {_count(len(learned.beyond), 'violation')} beside" if learned.beyond else ""
    return f"{name}: {found}; learned: {_size(learned.machine)}, the model's machine: {_size(learned.model)}"


def _size(machine: Machine) -> str:
    return f"{_count(machine.states, 'state')} and {machine.states * len(machine.inputs)} transitions"


def _difference_text(one: Difference) -> str:
    """A difference, in the shape of a finding."""
    finding = one.finding
    said = [f"    {name}" for name in _names(one.word)]
    answers = [_indented(f"answered: {_listed(one.got)}"), _indented(f"the model: {_listed(one.expected)}")]
    if finding is None:
        return "\n".join(["PERMITTED  another choice", _indented(LEFT_OPEN), *said, *answers])
    binds = finding.party.name.lower()
    head = f"{one.level.upper():<10} {finding.clause.id}  {finding.level}, {binds}"
    lines = [head, _indented(finding.why), *said, *answers]
    if one.extended != one.word:
        lines.append(f"  which the judge is sure of after: {_listed(one.extended[len(one.word) :])}")
    if one.times > 1:
        lines.append(f"  in {one.times} places; this is the shortest way to one")
    return "\n".join([*lines, f"  explain:  rfc5077 clause {finding.clause.id}"])


def _cost(learned: Learned) -> str:
    tally, rounds = learned.tally, learned.rounds
    guesses = ", ".join(map(str, rounds.hypotheses))
    return (
        f"{_count(rounds.membership, 'membership query', 'membership queries')}, {rounds.equivalence} words in "
        f"equivalence tests, {learned.words} of them random (seed {learned.seed}); {tally.played} were said, over "
        f"{_count(tally.connections, 'connection')}, and {rounds.repeated} of them again; guesses of {guesses} states; "
        f"{learned.seconds:.1f} s."
    )


def _count(number: int, noun: str, nouns: str = "") -> str:
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"


def _names(events: Sequence[Event]) -> list[str]:
    return [symbol_name(event) for event in events]


def _listed(events: Sequence[Event]) -> str:
    return ", ".join(_names(events)) or "nothing"


def _wrapped(told: str, indent: str = "", hanging: str = "  ") -> str:
    return textwrap.fill(
        told, WIDTH, initial_indent=indent, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )


def _indented(told: str) -> str:
    return _wrapped(told, "  ", "    ")
