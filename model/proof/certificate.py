"""Obligations as SMT-LIB 2, checked by two solvers that share no code.

An obligation is proved exactly if its negation is unsatisfiable; ``unknown`` proves nothing, nor does a time-out.  Its
script is written over Booleans and whole numbers alone, so that what was checked here is what anybody else can check.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import cvc5
import z3

from rfc5077.model.proof.lowering import Lowered, Pairs, lowered, ranges

SOLVERS = ("z3", "cvc5")

SECONDS = 60.0
"""How long a solver may think about one obligation, if nobody says otherwise."""

INITIATION, CONSECUTION, SAFETY = "initiation", "consecution", "safety"
"""What an obligation shows: the start is in the invariant; a move does not lead out; the claim follows."""


@dataclass(frozen=True)
class Obligation:
    """One formula that must be unsatisfiable, as a complete SMT-LIB 2 script.

    ``part`` says what it shows, ``move`` of which move if it is about one.
    """

    name: str
    script: str
    part: str = SAFETY
    move: str = ""


def obligation(name: str, *formulas: z3.BoolRef, part: str = SAFETY) -> Obligation:
    """The obligation that these formulas have no common model.

    :raises NotLowered: where a formula needs more than Booleans, whole numbers and enums.
    """
    return Obligation(name, _script(name, [lowered(formula) for formula in formulas]), part)


def consecution(name: str, move: str, invariant: z3.BoolRef, guard: z3.BoolRef, changes: Pairs) -> Obligation:
    """The obligation that a move from within the invariant does not lead out of it.

    :raises NotLowered: where a formula needs more than Booleans, whole numbers and enums.
    """
    after = lowered(invariant, changes)
    outside = Lowered(z3.Not(after.term), after.fields, after.numbers)
    script = _script(name, [lowered(invariant), lowered(guard), outside])
    return Obligation(name, script, CONSECUTION, move)


def _script(name: str, formulas: Sequence[Lowered[z3.BoolRef]]) -> str:
    """The script, the same for the same formulas whatever was written before it."""
    solver = z3.Solver()
    fields = [field for one in formulas for field in one.fields]
    solver.add(*ranges(fields), *(one.term for one in formulas))
    _, _, body = solver.to_smt2().partition("(set-info :status unknown)\n")
    numbers = count(1)
    new: dict[str, str] = {}

    def renamed(found: re.Match[str]) -> str:
        old = found.group()
        if old not in new:
            new[old] = f"?{next(numbers)}"
        return new[old]

    logic = "QF_LIA" if any(one.numbers for one in formulas) else "QF_UF"
    head = f"; {name}\n(set-info :status unsat)\n(set-logic {logic})\n"
    return head + _SHARED.sub(renamed, body)


_SHARED = re.compile(r"[$?]x[0-9]+")
"""Names that z3 gives to what occurs more than once; they differ from run to run."""


def check_with_z3(script: str, seconds: float = SECONDS) -> str:
    """``sat``, ``unsat`` or ``unknown``, by z3 reading the script afresh."""
    solver = z3.Solver()
    solver.set("timeout", max(1, round(seconds * 1000)))
    solver.from_string(script)
    return str(solver.check())


def check_with_cvc5(script: str, seconds: float = SECONDS) -> str:
    """``sat``, ``unsat`` or ``unknown``, by cvc5."""
    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    solver.setOption("tlimit-per", str(max(1, round(seconds * 1000))))
    symbols = cvc5.SymbolManager(manager)
    parser = cvc5.InputParser(solver, symbols)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "obligation")
    answer = ""
    while not (command := parser.nextCommand()).isNull():
        if command.getCommandName() != "set-info":  # told what is expected, it answers otherwise by an error
            answer += command.invoke(solver, symbols)
    return answer.strip()


def check(solver: str, scripts: list[str], seconds: float = SECONDS) -> list[str]:
    """The answers of one solver to many scripts, in their order; runs well in a process of its own."""
    ask = check_with_z3 if solver == "z3" else check_with_cvc5
    return [ask(script, seconds) for script in scripts]
