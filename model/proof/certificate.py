"""Obligations as SMT-LIB 2, checked by two solvers that share no code.

An obligation is proved exactly if its negation is unsatisfiable; ``unknown`` proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import cvc5
import z3

SOLVERS = ("z3", "cvc5")


@dataclass(frozen=True)
class Obligation:
    """One formula that must be unsatisfiable, as a complete SMT-LIB 2 script."""

    name: str
    script: str


def obligation(name: str, *formulas: z3.BoolRef) -> Obligation:
    """The obligation that these formulas have no common model."""
    solver = z3.Solver()
    solver.add(*formulas)
    return Obligation(name, f"(set-logic ALL)\n{solver.to_smt2()}")


def check_with_z3(script: str) -> str:
    """``sat``, ``unsat`` or ``unknown``, by z3 reading the script afresh."""
    solver = z3.Solver()
    solver.from_string(script)
    return str(solver.check())


def check_with_cvc5(script: str) -> str:
    """``sat``, ``unsat`` or ``unknown``, by cvc5."""
    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    symbols = cvc5.SymbolManager(manager)
    parser = cvc5.InputParser(solver, symbols)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "obligation")
    answer = ""
    while not (command := parser.nextCommand()).isNull():
        answer += command.invoke(solver, symbols)
    return answer.strip()


def check(solver: str, scripts: list[str]) -> list[str]:
    """The answers of one solver to many scripts, in their order; runs well in a process of its own."""
    ask = check_with_z3 if solver == "z3" else check_with_cvc5
    return [ask(script) for script in scripts]
