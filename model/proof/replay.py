"""Traces through the joint model, and their replay by z3.

A trace is found by the compiled rules; before it is shown, each of its steps is evaluated again on the rules' own
terms by z3, so that no witness rests on the compiler.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import z3

from rfc5077.model.event import Event, Message
from rfc5077.model.logic import Value, plain
from rfc5077.model.proof.explore import Explored
from rfc5077.model.proof.joint import STATE, Rule, World, in_flight
from rfc5077.model.proof.tables import Triple
from rfc5077.model.run.says import alert
from rfc5077.model.state import Client, Server


@dataclass(frozen=True)
class Step:
    """One move of a trace: the rule's name, what it is on the wire, and the states after it."""

    rule: str
    event: Event
    client: Client
    server: Server
    world: World

    @property
    def delivery(self) -> bool:
        """Whether a message arrives, rather than leaves or is thought."""
        return " hears " in self.rule


class ReplayError(Exception):
    """A trace that the relation does not allow: the compiled rules and z3 disagree."""


def values(state: Triple) -> list[z3.ExprRef]:
    """The z3 constants of a joint state, in the order of ``STATE.terms()``."""
    records = (Client.from_codes(state[0]), Server.from_codes(state[1]), World.from_codes(state[2]))
    return [plain(value) for record in records for value in record.values().values()]


def evaluated(formula: z3.ExprRef, state: Triple) -> z3.ExprRef:
    """A formula's value in one joint state, by z3."""
    return z3.simplify(z3.substitute(formula, *zip(STATE.terms(), values(state), strict=True)))


def replayed(explored: Explored, state: Triple, then: tuple[int, Triple] | None = None) -> tuple[Step, ...]:
    """The steps from a start to the state, and one more if it is given, each confirmed by z3.

    :raises ReplayError: for a step that z3 does not confirm.
    """
    trace = [*explored.trace(state), *([then] if then else [])]
    before = _start(explored, state)
    steps: list[Step] = []
    for number, reached in trace:
        rule = explored.moves.rules[number]
        if not z3.is_true(evaluated(rule.guard, before)):
            raise ReplayError(f"{rule.name} is not possible at step {len(steps) + 1}")
        if not _leads(rule, before, reached):
            raise ReplayError(f"{rule.name} leads elsewhere at step {len(steps) + 1}")
        steps.append(_step(rule, before, reached))
        before = reached
    return tuple(steps)


def _start(explored: Explored, state: Triple) -> Triple:
    while (parent := explored.parents[state]) is not None:
        state = parent[0]
    if state not in explored.starts:
        raise ReplayError("the trace begins nowhere")
    return state


def _leads(rule: Rule, before: Triple, reached: Triple) -> bool:
    pairs = zip(rule.result.terms(), values(reached), strict=True)
    return z3.is_true(evaluated(z3.And([term == value for term, value in pairs]), before))


def _step(rule: Rule, before: Triple, reached: Triple) -> Step:
    event = _heard(rule, before) if " hears " in rule.name else rule.event
    return Step(
        rule.name, event, Client.from_codes(reached[0]), Server.from_codes(reached[1]), World.from_codes(reached[2])
    )


def _heard(rule: Rule, before: Triple) -> Event:
    """The delivered event in full."""
    if rule.event.message is Message.Alert:
        return alert(rule.event.sender)
    term = in_flight(STATE, rule.event.sender, rule.event.message, rule.harm)
    fields = Event.fields()
    found: dict[str, Value] = {}
    for name, expression in term.terms.items():
        value = evaluated(expression, before)
        field = fields[name]
        found[name] = z3.is_true(value) if isinstance(field.default, bool) else _member(type(field.default), value)
    return Event(**found)


def _member(kind: type[Enum], value: z3.ExprRef) -> Enum:
    return next(member for member in kind if plain(member).eq(value))


def wire(steps: Iterable[Step]) -> list[Event]:
    """The messages of a trace in the order in which they were said."""
    return [step.event for step in steps if not step.delivery and step.event.message not in (
        Message.Verification, Message.Conclusion)]  # fmt: skip
