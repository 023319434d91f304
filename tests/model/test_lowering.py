"""What is lowered to Booleans is satisfiable exactly where the original is, and says the same of each state."""

import random
from enum import Enum, auto

import pytest
import z3

from rfc5077.model.logic import constant, sort_of
from rfc5077.model.proof.certificate import check, consecution, obligation
from rfc5077.model.proof.explore import explore
from rfc5077.model.proof.invariant import Diagram
from rfc5077.model.proof.lowering import NotLowered, lowered, ranges


class Tint(Enum):
    RED = auto()
    GREEN = auto()
    BLUE = auto()


class Size(Enum):
    XS = auto()
    S = auto()
    M = auto()
    L = auto()
    XL = auto()
    XXL = auto()
    HUGE = auto()


TINTS = [z3.Const(name, sort_of(Tint)) for name in ("here", "there")]
SIZES = [z3.Const(name, sort_of(Size)) for name in ("mine", "yours")]
FLAGS = [z3.Bool(name) for name in ("wet", "warm")]
AGES = [z3.Int(name) for name in ("age", "limit")]


def term(choice: random.Random, fields, kind, depth: int):
    """A term of an enum's sort: a field, a value, or a choice between two."""
    if depth and choice.random() < 0.4:
        one, other = (term(choice, fields, kind, depth - 1) for _ in range(2))
        return z3.If(formula(choice, depth - 1), one, other)
    return choice.choice([*fields, *(constant(value) for value in kind)])


def number(choice: random.Random, depth: int):
    if depth and choice.random() < 0.4:
        return z3.If(formula(choice, depth - 1), number(choice, depth - 1), 2 * number(choice, depth - 1) - 1)
    return choice.choice([*AGES, z3.IntVal(choice.randrange(-3, 4))])


def formula(choice: random.Random, depth: int):
    """Any formula over two colours, two sizes, two flags and two numbers."""
    if depth and (kind := choice.randrange(5)) < 4:
        parts = [formula(choice, depth - 1) for _ in range(2)]
        return (z3.And(parts), z3.Or(parts), z3.Not(parts[0]), z3.Implies(*parts))[kind]
    fields, enum = choice.choice([(TINTS, Tint), (SIZES, Size)])
    one, other = (term(choice, fields, enum, depth) for _ in range(2))
    less = number(choice, depth) <= number(choice, depth)
    return choice.choice([one == other, one != other, z3.Distinct(*fields, other), choice.choice(FLAGS), less])


def answers(original, *, after=()) -> tuple[str, str]:
    """Whether the original and the lowered formula can be met."""
    low, direct = lowered(original, after), z3.substitute(original, *after) if after else original
    found = []
    for formulas in ([direct], [*ranges(low.fields), low.term]):
        solver = z3.Solver()
        solver.add(*formulas)
        found.append(str(solver.check()))
    return found[0], found[1]


def test_a_formula_is_met_where_what_is_lowered_is_met():
    choice, seen = random.Random(5077), []
    for _ in range(400):
        claim = z3.And([formula(choice, 3) for _ in range(choice.randrange(1, 9))])
        seen.append(answers(claim))
    assert all(one == other for one, other in seen)
    assert {one for one, _ in seen} == {"sat", "unsat"}
    assert min(seen.count(("sat", "sat")), seen.count(("unsat", "unsat"))) > 40


def test_changes_made_after_the_lowering_are_changes_made_before_it():
    choice, seen = random.Random(5246), []
    for _ in range(300):
        claim = z3.And([formula(choice, 3) for _ in range(choice.randrange(1, 6))])
        changes = [
            (TINTS[0], term(choice, TINTS, Tint, 2)),
            (SIZES[1], term(choice, SIZES, Size, 2)),
            (FLAGS[0], formula(choice, 2)),
            (AGES[1], number(choice, 2)),
        ]
        seen.append(answers(claim, after=changes))
    assert all(one == other for one, other in seen)
    assert {one for one, _ in seen} == {"sat", "unsat"}


def test_each_state_is_judged_alike():
    """Not only whether a formula can be met: by the same values."""
    choice = random.Random(7627)
    for _ in range(60):
        claim = formula(choice, 3)
        low = lowered(claim)
        for _ in range(5):
            values = [(field, constant(choice.choice(list(Tint)))) for field in TINTS]
            values += [(field, constant(choice.choice(list(Size)))) for field in SIZES]
            values += [(field, z3.BoolVal(choice.random() < 0.5)) for field in FLAGS]
            values += [(field, z3.IntVal(choice.randrange(-9, 9))) for field in AGES]
            below = lowered(claim, values)
            solver = z3.Solver()
            solver.add(*ranges(below.fields), below.term)
            assert z3.is_true(z3.simplify(z3.substitute(claim, *values))) == (solver.check() == z3.sat)
        assert low.fields >= lowered(claim).fields


@pytest.mark.parametrize("count", [1, 2, 4, 5, 9, 22])
def test_a_field_has_exactly_one_value(count):
    values = tuple(f"S.{number}" for number in range(count))
    solver = z3.Solver()
    solver.add(*ranges([("x", values)]))
    models = 0
    while solver.check() == z3.sat:
        models += 1
        flags = [z3.Bool(f"x = {number}") for number in range(count)]
        chosen = [flag for flag in flags if z3.is_true(solver.model().eval(flag, model_completion=True))]
        assert len(chosen) == 1
        solver.add(z3.Not(chosen[0]))
    assert models == count


def test_two_fields_of_one_name_are_refused():
    claim = z3.And(z3.Const("here", sort_of(Tint)) == TINTS[1], z3.Const("here", sort_of(Size)) == SIZES[0])
    with pytest.raises(NotLowered, match="two fields of one name"):
        ranges(lowered(claim).fields)


@pytest.mark.parametrize(
    "strange",
    [
        z3.Function("f", z3.IntSort(), z3.BoolSort())(AGES[0]),
        z3.Function("g", sort_of(Tint), z3.BoolSort())(TINTS[0]),
        AGES[0] * AGES[1] > 3,
        AGES[0] % 2 == 1,
        z3.PbEq([(FLAGS[0], 1), (FLAGS[1], 1)], 1),
        z3.Const("s", z3.DeclareSort("Thing")) == z3.Const("t", z3.DeclareSort("Thing")),
    ],
    ids=lambda one: one.sexpr(),
)
def test_what_not_every_solver_reads_is_refused(strange):
    with pytest.raises(NotLowered):
        lowered(z3.Or(FLAGS[0], strange))


# --- the obligations themselves ---


def original(*formulas) -> str:
    solver = z3.Solver()
    solver.add(*formulas)
    return str(solver.check())


@pytest.fixture(scope="module")
def explored():
    return explore()


@pytest.mark.parametrize("missing", [0, 7], ids=["whole", "with holes"])
def test_an_obligation_of_the_joint_model_is_met_as_before_it_was_lowered(explored, missing):
    """The invariant with every seventh state left out leads out of itself in many moves, the whole in none."""
    from rfc5077.model.proof.joint import STATE

    kept = [a + b + c for number, (a, b, c) in enumerate(explored.states) if not missing or number % missing]
    invariant, seen = Diagram(kept).formula(), set()
    for rule in explored.moves.rules[:: 2 if missing else 6]:
        changes = list(zip(STATE.terms(), rule.result.terms(), strict=True))
        outside = z3.Not(z3.substitute(invariant, *changes))
        low = consecution("one", rule.name, invariant, rule.guard, changes)
        answer = original(invariant, rule.guard, outside)
        assert check("z3", [low.script]) == check("cvc5", [low.script]) == [answer]
        seen.add(answer)
    assert seen == ({"sat", "unsat"} if missing else {"unsat"})


def test_a_script_says_its_logic_and_what_is_expected_and_is_the_same_each_time():
    for claim, logic in ((TINTS[0] == TINTS[1], "QF_UF"), (AGES[0] > z3.If(FLAGS[0], 1, 2), "QF_LIA")):
        script = obligation("a claim", claim, z3.Not(claim)).script
        assert script.startswith(f"; a claim\n(set-info :status unsat)\n(set-logic {logic})\n")
        assert script.rstrip().endswith("(check-sat)")
        assert "datatype" not in script and "Tint" not in script
        z3.And(*(z3.Bool(f"p{number}") for number in range(99)))
        assert obligation("a claim", claim, z3.Not(claim)).script == script
