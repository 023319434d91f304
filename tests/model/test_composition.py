"""Why two tickets and one connection stand for all: the obligations are met, none of them for want of a run."""

from functools import cache

import pytest
import z3

from rfc5077.model.lasting import switched
from rfc5077.model.proof.certificate import check
from rfc5077.model.proof.certified import attempts, twins
from rfc5077.model.proof.prover import dropped
from rfc5077.model.proof.theorems.composition import THEOREMS
from rfc5077.model.sessions import environment, projection, symmetry
from rfc5077.model.sessions.rules import INHERITED, RULES
from rfc5077.model.sessions.state import EXTENDED, STATE
from rfc5077.model.sessions.steps import made, sessions

And = z3.And
NONE: frozenset[str] = frozenset()


def answers(obligations):
    """The names of those that z3 does not show."""
    found = list(obligations)
    told = check("z3", [one.script for one in found])
    return {one.name for one, answer in zip(found, told, strict=True) if answer != "unsat"}


@pytest.mark.parametrize("theorem", THEOREMS, ids=lambda t: t.id)
def test_each_obligation_is_met_and_the_twin_has_a_run(theorem):
    ((_, found),) = attempts((theorem,), NONE)
    assert answers(found.obligations) == set()
    assert twins((theorem,), NONE)[theorem.id]


@pytest.mark.slow
@pytest.mark.parametrize("row", ["R5246-7.4.9-01", "R5077-3.3-04", "R5077-3.3-06", "R5077-3.3-11"])
def test_one_connection_is_a_part_of_many_without_a_clause_too(row):
    theorem = next(one for one in THEOREMS if one.id == "one_connection_is_a_part_of_many")
    ((_, found),) = attempts((theorem,), dropped(row))
    assert answers(found.obligations) == set()


def test_each_step_of_the_larger_system_is_possible_where_the_invariant_holds():
    pair = environment.whatever_binds()
    known = And([part.formula for part in pair.invariant])
    impossible = []
    for move in pair.larger.moves:
        solver = z3.Solver()
        solver.add(known, move.guard)
        if solver.check() != z3.sat:
            impossible.append(move.name)
    assert impossible == []


def test_every_move_of_the_larger_system_is_accounted_for():
    pair = environment.whatever_binds()
    larger = {move.name for move in pair.larger.moves}
    smaller = {move.name for move in pair.smaller.moves}
    table = environment.images()
    assert set(table) <= larger - smaller
    named = {image.move for found in table.values() for image in found} - {None}
    assert named <= smaller
    assert smaller <= larger


def test_a_wrong_image_is_noticed(monkeypatch):
    table = environment.images()
    wrong = table | {"client stores C": (environment.NO_MOVE,)}
    monkeypatch.setattr(environment, "images", lambda: wrong)
    assert answers(environment.obligations()) == {"environment: step: client stores C"}


@pytest.mark.parametrize("field", INHERITED)
def test_what_is_assumed_of_a_ticket_rests_on_both_clauses_named(monkeypatch, field):
    for rests in ((INHERITED[field][0],) * 2, (INHERITED[field][1],) * 2):
        monkeypatch.setitem(INHERITED, field, rests)
        environment.whatever_binds.cache_clear()
        missed = answers(one for one in environment.obligations() if "the ticket C: " in one.name)
        monkeypatch.undo()
        assert any("renews" in name or "issues" in name for name in missed)
    environment.whatever_binds.cache_clear()


@cache
def instance(without, window=0):
    """The system with switches, once they are set."""
    system = made("sessions", STATE, switched, window)
    ids = {rule.id for rule in RULES} | {"choice: the window exceeds life and skew"}
    values = [(switched(id), z3.BoolVal(id not in without)) for id in ids]
    return system, lambda formula: z3.substitute(formula, *values)


@pytest.mark.parametrize("without", [NONE, frozenset({"R5077-3.1-10"}), frozenset({"R5246-7.4.9-01", "R9325-3.4-05"})])
def test_the_system_with_switches_is_each_system_once_they_are_set(without):
    switches, value = instance(without)
    solver = z3.Solver()
    for mine, theirs in zip(switches.moves, sessions(without).moves, strict=True):
        assert mine.name == theirs.name
        assert {name: term.sexpr() for name, term in mine.changes.items()} == {
            name: term.sexpr() for name, term in theirs.changes.items()
        }
        solver.push()
        solver.add(value(mine.guard) != theirs.guard)
        assert solver.check() == z3.unsat, mine.name
        solver.pop()


def test_the_moves_outside_the_followed_connection_are_the_same_whichever_ticket_it_offers():
    mine, theirs = symmetry.offering_a(), {move.name: move for move in symmetry.offering_b().moves}
    link = {name for name in mine.state.terms if name.startswith("link")}
    for move in mine.moves:
        if not link & set(move.changes):
            twin = theirs[move.name]
            assert twin.guard.eq(move.guard)
            assert all(twin.changes[name].eq(term) for name, term in move.changes.items())


def test_exchanging_twice_gives_each_move_back():
    names = [move.name for move in symmetry.offering_a().moves]
    assert [symmetry.exchanged(symmetry.exchanged(name)) for name in names] == names
    assert len({symmetry.exchanged(name) for name in names}) == len(names)


def test_forgetting_the_third_ticket_leaves_the_state_of_the_smaller_system():
    smaller, larger = STATE.whole().terms, EXTENDED.whole().terms
    assert all(larger[name].eq(term) for name, term in smaller.items())
    assert len(smaller) < len(larger)


def test_what_one_connection_tells_is_within_the_state_of_many():
    assert set(projection.seen(projection.JOINT)) <= set(sessions().state.terms)
    moves = {move.name for move in projection.shadow().moves}
    assert {name for paths in projection.PATHS.values() for path in paths for name in path} <= moves
