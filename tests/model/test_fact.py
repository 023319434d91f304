"""Of a claim that fails at the end of a run, the part is told that alone makes it fail."""

import pytest
import z3

from rfc5077.model.proof.fact import failing, fields, narrowed
from rfc5077.model.proof.induction import draft
from rfc5077.model.proof.joint import STATE
from rfc5077.model.proof.prover import dropped, prove
from rfc5077.model.proof.replay import replayed
from rfc5077.model.proof.search import offending
from rfc5077.model.proof.theorem import Basis, Decreasing, Theorem
from rfc5077.model.proof.theorems import EVERY
from rfc5077.model.state import Position

ALL: frozenset[str] = frozenset()
P, Q, R = z3.Bools("p q r")
AGE = z3.Int("age")
HERE = {"p": z3.BoolVal(True), "q": z3.BoolVal(False), "r": z3.BoolVal(False), "age": z3.IntVal(7)}


@pytest.mark.parametrize(
    ("formula", "holds", "part"),
    [
        (z3.Or(Q, P), True, "p"),
        (z3.And(P, Q, R), False, "Not(q)"),
        (z3.Not(z3.And(P, Q)), True, "Not(q)"),
        (z3.And(P, z3.Or(Q, AGE > 5)), True, "And(p, age > 5)"),
        (z3.Or(Q, R), False, "And(Not(q), Not(r))"),
        (z3.Implies(P, Q), False, "And(p, Not(q))"),
        (z3.Implies(Q, R), True, "Not(q)"),
        (z3.And(P, z3.Implies(P, z3.And(z3.Not(R), Q))), False, "And(p, Not(q))"),
    ],
    ids=str,
)
def test_the_part_that_decides_is_true_and_is_enough(formula, holds, part):
    found = narrowed(formula, holds, HERE)
    assert str(found) == part
    values = [(term, HERE[name]) for name, term in fields(found).items()]
    assert z3.is_true(z3.simplify(z3.substitute(found, *values)))
    enough = z3.Solver()
    enough.add(found, formula != holds)
    assert enough.check() == z3.unsat


def test_a_refuted_theorem_about_a_system_says_what_should_not_be():
    without = dropped("R5077-3.4-07")
    (theorem,) = (one for one in EVERY if one.id == "answer_depends_on_no_memory")
    (result,) = prove((theorem,), without).results
    assert result.status == "refuted"
    fact = failing(theorem, without, result.counterexample)
    assert set(fact.found) == {"first.resumes", "second.resumes"}
    assert {str(value) for value in fact.found.values()} == {"True", "False"}


def begun() -> z3.ArithRef:
    """A rank that rises with the client's first word."""
    return z3.If(STATE.client.position.is_(Position.START), z3.IntVal(0), z3.IntVal(1))


def test_a_claim_about_moves_is_shown_with_the_move_that_breaks_it():
    claim = Decreasing(lambda _: z3.BoolVal(True), begun, lambda rule: rule.name.startswith("client says"))
    theorem = Theorem("rises", "It rises.", Basis.MUST, claim)
    found = draft([theorem], ALL)
    (broken,) = found.failures["rises"]
    run = replayed(found.explored, broken, offending(theorem, found.explored, broken, ALL))
    assert run[-1].rule.startswith("client says")
    assert len(run) == len(found.explored.trace(broken)) + 1
    ranks = {name: int(str(value)) for name, value in failing(theorem, ALL, [run]).found.items()}
    assert ranks["after"] >= ranks.get("before", 0)
