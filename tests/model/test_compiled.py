"""The Python that judges is the z3 expression that is proved, for every clause and at every point.

The text of a compiled function is read back into z3 by a reader of its own, and z3 shows that both are equal wherever
one looks; that the text runs as it reads is then tried at many points.
"""

import ast
import random
from itertools import product
from math import prod

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from rfc5077.model.event import CLIENT, SERVER, Event, EventTerm, Message, Ticket
from rfc5077.model.logic import Symbolic
from rfc5077.model.parameters.event import HelloEvent, HelloEventTerm
from rfc5077.model.parameters.state import Hellos
from rfc5077.model.parameters.state import step as hello_step
from rfc5077.model.parameters.watch import conduct_of_hellos, term_of_hellos
from rfc5077.model.parameters.watch import constraints as hello_constraints
from rfc5077.model.run.compiled import compiled, source
from rfc5077.model.run.party import conduct, judged, start_of, step, term_of
from rfc5077.model.run.says import SAYS

PARTIES = (CLIENT, SERVER)
EVENT = EventTerm("event")
UTTERANCE = HelloEventTerm("event")
INTEGERS = z3.IntSort()


class Reader:
    """Python text, as far as compiled functions use the language, as z3 terms."""

    def __init__(self, text: str, records: list[Symbolic]) -> None:
        self.terms = {f"r{n}": list(record.terms.values()) for n, record in enumerate(records)}
        self.names: dict[str, tuple[ast.expr, dict]] = {}
        self.known: dict[tuple[str, str], z3.ExprRef] = {}
        (function,) = ast.parse(text).body
        *assignments, (self.end) = function.body
        for statement in assignments:
            (target,) = statement.targets
            self.names[target.id] = statement.value

    def results(self, sorts: list[z3.SortRef]) -> list[z3.ExprRef]:
        return [self.read(node, sort) for node, sort in zip(self.end.value.elts, sorts, strict=True)]

    def read(self, node: ast.expr, sort: z3.SortRef) -> z3.ExprRef:
        """The node as a term of the sort; anything else than expected is an error of the compiler's."""
        match node:
            case ast.Name(name):
                key = (name, sort.name())
                if key not in self.known:
                    self.known[key] = self.read(self.names[name], sort)
                return self.known[key]
            case ast.Subscript(ast.Name(record), ast.Constant(place)):
                term = self.terms[record][place]
            case ast.Constant(bool(value)):
                term = z3.BoolVal(value)
            case ast.Constant(int(value)):
                term = z3.IntVal(value) if sort == INTEGERS else sort.constructor(value)()
            case ast.BoolOp(ast.And(), parts):
                term = z3.And([self.read(part, z3.BoolSort()) for part in parts])
            case ast.BoolOp(ast.Or(), parts):
                term = z3.Or([self.read(part, z3.BoolSort()) for part in parts])
            case ast.UnaryOp(ast.Not(), part):
                term = z3.Not(self.read(part, z3.BoolSort()))
            case ast.IfExp(test, then, otherwise):
                term = z3.If(self.read(test, z3.BoolSort()), self.read(then, sort), self.read(otherwise, sort))
            case ast.Compare(left, [ast.Eq()], [right]):
                common = next(s for s in (self.sort(left), self.sort(right), INTEGERS) if s is not None)
                term = self.read(left, common) == self.read(right, common)
            case ast.BinOp(left, ast.Add(), right):
                term = self.read(left, INTEGERS) + self.read(right, INTEGERS)
            case ast.BinOp(left, ast.Mult(), right):
                term = self.read(left, INTEGERS) * self.read(right, INTEGERS)
            case _:
                raise AssertionError(ast.dump(node))
        assert term.sort() == sort, f"{ast.unparse(node)} is no {sort}"
        return term

    def sort(self, node: ast.expr) -> z3.SortRef | None:
        """The sort of a node as far as it shows; an integer alone may be of any."""
        match node:
            case ast.Name(name):
                return self.sort(self.names[name])
            case ast.Subscript(ast.Name(record), ast.Constant(place)):
                return self.terms[record][place].sort()
            case ast.IfExp(_, then, otherwise):
                return next((s for s in (self.sort(then), self.sort(otherwise)) if s is not None), None)
            case ast.Constant(bool()) | ast.BoolOp() | ast.UnaryOp() | ast.Compare():
                return z3.BoolSort()
        return None


def differ(expressions: list[z3.ExprRef], *records: Symbolic) -> list[z3.ExprRef]:
    """The expressions that the compiled text does not mean, at some point."""
    read = Reader(source(expressions, *records), list(records)).results([e.sort() for e in expressions])
    found = []
    for meant, written in zip(expressions, read, strict=True):
        solver = z3.Solver()
        solver.add(meant != written)
        if solver.check() != z3.unsat:
            found.append(meant)
    return found


def constraints(party) -> dict[str, z3.BoolRef]:
    return {entry.id: judged(entry, term_of(party), EVENT) for entry in conduct(party).clauses}


def value(expression: z3.ExprRef, records: list[Symbolic], codes: list[tuple[int, ...]]) -> int:
    """An expression's value at a point, by z3 alone."""
    pairs = []
    for record, numbers in zip(records, codes, strict=True):
        for term, number in zip(record.terms.values(), numbers, strict=True):
            constant = z3.BoolVal(bool(number)) if z3.is_bool(term) else term.sort().constructor(number)()
            pairs.append((term, constant))
    found = z3.simplify(z3.substitute(expression, *pairs))
    if z3.is_bool(found):
        return int(z3.is_true(found))
    if z3.is_int_value(found):
        return found.as_long()
    return next(n for n in range(found.sort().num_constructors()) if found.sort().constructor(n)().eq(found))


def support(expression: z3.ExprRef) -> set[str]:
    """The names that an expression mentions."""
    names, seen, waiting = set(), set(), [expression]
    while waiting:
        node = waiting.pop()
        if node.get_id() not in seen:
            seen.add(node.get_id())
            waiting.extend(node.children())
            if not node.num_args() and node.decl().kind() == z3.Z3_OP_UNINTERPRETED:
                names.add(node.decl().name())
    return names


@pytest.mark.parametrize("party", PARTIES, ids=lambda p: p.name)
def test_every_clause_is_compiled_to_what_it_means_at_every_point(party):
    found = constraints(party)
    assert len(found) > 30
    assert differ(list(found.values()), term_of(party), EVENT) == []


@pytest.mark.parametrize("party", PARTIES, ids=lambda p: p.name)
def test_the_mechanics_are_compiled_to_what_they_mean_at_every_point(party):
    state = term_of(party)
    assert differ(list(step(state, EVENT).terms.values()), state, EVENT) == []


@pytest.mark.parametrize("party", PARTIES, ids=lambda p: p.name)
def test_a_compiled_clause_runs_as_z3_evaluates_it(party):
    chance = random.Random(5077)
    state, check = term_of(party), conduct(party).check
    expressions = list(constraints(party).values())
    points = [
        tuple(tuple(chance.randrange(size) for size in record.sizes()) for record in (state, EVENT)) for _ in range(40)
    ]
    points += [(start, event.codes) for start in start_of(party)[:1] for event in SAYS[party]]
    for point in points:
        ran = [int(bool(truth)) for truth in check(*point)]
        assert ran == [value(e, [state, EVENT], list(point)) for e in expressions], point


@pytest.mark.parametrize("party", PARTIES, ids=lambda p: p.name)
def test_a_compiled_step_runs_as_z3_evaluates_it(party):
    chance = random.Random(5246)
    state, move = term_of(party), conduct(party).move
    expressions = list(step(state, EVENT).terms.values())
    for _ in range(40):
        point = [tuple(chance.randrange(size) for size in record.sizes()) for record in (state, EVENT)]
        assert list(map(int, move(*point))) == [value(e, [state, EVENT], point) for e in expressions], point


def points(expression: z3.ExprRef, records: list[Symbolic]) -> int:
    """How many points the records have in the fields that the expression mentions."""
    mentioned = support(expression)
    return prod(
        size
        for record in records
        for term, size in zip(record.terms.values(), record.sizes(), strict=True)
        if term.decl().name() in mentioned
    )


def holds_nowhere_else(expression: z3.ExprRef, records: list[Symbolic], check) -> bool:
    """Whether the points at which the function says yes are all those at which the expression holds."""
    state, event = records
    mentioned = support(expression)
    ranges = [
        range(size) if term.decl().name() in mentioned else range(1)
        for record in records
        for term, size in zip(record.terms.values(), record.sizes(), strict=True)
    ]
    cut, true_points = len(state.sizes()), []
    terms = [*state.terms.values(), *event.terms.values()]
    for point in product(*ranges):
        if check(point[:cut], point[cut:]):
            read = [(t, n) for t, n in zip(terms, point, strict=True) if t.decl().name() in mentioned]
            true_points.append(
                z3.And([t == (z3.BoolVal(bool(n)) if z3.is_bool(t) else t.sort().constructor(n)()) for t, n in read])
            )
    solver = z3.Solver()
    solver.add(expression != z3.Or(true_points))
    return solver.check() == z3.unsat


SMALL = [
    (party, name)
    for party in PARTIES
    for name, expression in constraints(party).items()
    if points(expression, [term_of(party), EVENT]) <= 1000
]


@pytest.mark.parametrize("party, name", SMALL, ids=lambda x: getattr(x, "name", x))
def test_a_clause_that_reads_little_runs_right_at_all_its_points(party, name):
    place = [entry.id for entry in conduct(party).clauses].index(name)
    records, check = [term_of(party), EVENT], conduct(party).check
    assert holds_nowhere_else(constraints(party)[name], records, lambda s, e: check(s, e)[place])


# --- the second kind: parameters of the hellos ------------------------------------------------------------------------


@pytest.mark.parametrize("party", PARTIES, ids=lambda p: p.name)
def test_clauses_and_mechanics_of_the_hellos_are_compiled_to_what_they_mean_at_every_point(party):
    found, state = hello_constraints(party), term_of_hellos(party)
    assert len(found) > 10
    assert differ(list(found.values()), state, UTTERANCE) == []
    assert differ(list(hello_step(state, UTTERANCE).terms.values()), state, UTTERANCE) == []


OF_HELLOS = [(party, entry) for party in PARTIES for entry in hello_constraints(party)]


@pytest.mark.parametrize("party, entry", OF_HELLOS, ids=lambda x: getattr(x, "id", None) or x.name)
def test_a_clause_about_the_hellos_runs_right_at_all_its_points(party, entry):
    expression, records = hello_constraints(party)[entry], [term_of_hellos(party), UTTERANCE]
    assert points(expression, records) < 40_000
    place, check = conduct_of_hellos(party).clauses.index(entry), conduct_of_hellos(party).check
    assert holds_nowhere_else(expression, records, lambda s, e: check(s, e)[place])


@pytest.mark.parametrize("party", PARTIES, ids=lambda p: p.name)
def test_a_compiled_step_of_the_hellos_runs_as_z3_evaluates_it(party):
    chance = random.Random(7627)
    state, move = term_of_hellos(party), conduct_of_hellos(party).move
    expressions = list(hello_step(state, UTTERANCE).terms.values())
    for _ in range(40):
        point = [tuple(chance.randrange(size) for size in record.sizes()) for record in (Hellos, HelloEvent)]
        assert list(map(int, move(*point))) == [value(e, [state, UTTERANCE], point) for e in expressions], point


FLAGS = [EVENT.resumes, EVENT.omits_ticket]
ATOMS = st.sampled_from(
    [*FLAGS, EVENT.ticket.is_(Ticket.SOME), EVENT.message.among(Message.Alert, Message.Close), z3.BoolVal(True)]
)
FORMULAS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        inner.map(z3.Not),
        st.tuples(inner, inner).map(z3.And),
        st.tuples(inner, inner).map(z3.Or),
        st.tuples(inner, inner).map(lambda pair: z3.Implies(*pair)),
        st.tuples(inner, inner).map(lambda pair: pair[0] == pair[1]),
        st.tuples(inner, inner, inner).map(lambda three: z3.If(*three)),
    ),
    max_leaves=12,
)


@given(FORMULAS, st.sampled_from(list(Ticket)), st.sampled_from(list(Message)), st.booleans(), st.booleans())
def test_any_formula_runs_as_z3_evaluates_it(formula, ticket, message, resumes, omits):
    event = Event(ticket=ticket, message=message, resumes=resumes, omits_ticket=omits)
    assert int(bool(compiled([formula], EVENT)(event.codes)[0])) == value(formula, [EVENT], [event.codes])


def test_numbers_are_added_and_multiplied():
    one, none = z3.IntVal(1), z3.IntVal(0)
    number = 2 * z3.If(EVENT.resumes, one, none) + z3.If(EVENT.omits_ticket, one, none)
    run = compiled([number], EVENT)
    found = [run(Event(resumes=r, omits_ticket=o).codes)[0] for r in (False, True) for o in (False, True)]
    assert found == [0, 1, 2, 3]
    assert differ([number], EVENT) == []


def test_what_is_used_twice_is_written_once():
    shared = z3.And(EVENT.resumes, EVENT.omits_ticket)
    text = source([z3.Or(shared, EVENT.ticket.is_(Ticket.SOME)), z3.Not(shared)], EVENT)
    assert text.count("and") == 1


@pytest.mark.parametrize(
    "expression, message",
    [
        (z3.Bool("stranger"), "no Python for 'stranger'"),
        (z3.Int("n") < 3, "no Python for 'n'"),
        (z3.Xor(EVENT.resumes, EVENT.omits_ticket), "no Python for 'xor'"),
    ],
    ids=["unknown name", "comparison", "exclusive or"],
)
def test_an_expression_without_python_is_refused_by_name(expression, message):
    with pytest.raises(ValueError, match=message):
        compiled([expression], EVENT)
