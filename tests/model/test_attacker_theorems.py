"""The theorems about the attacker: each can be broken in several ways, and none speaks of what never happens."""

from functools import cache

import pytest
import z3

from rfc5077.model.attacker import cost, credentials, gluing, lineage, names, negotiation, replay, resumption
from rfc5077.model.attacker.attacks import classes
from rfc5077.model.clauses import BY_ID
from rfc5077.model.proof.finite import is_finite, reach
from rfc5077.model.proof.theorem import Basis
from rfc5077.model.proof.theorems import attacker, impersonation
from rfc5077.model.proof.unbounded import witness

SYSTEMS = (cost, credentials, gluing, lineage, names, negotiation, replay, resumption)
THEOREMS = (*attacker.THEOREMS, *impersonation.THEOREMS)
ROOMS = {room.system().name: room for room in SYSTEMS}
theorems = pytest.mark.parametrize("theorem", THEOREMS, ids=lambda t: t.id)


@cache
def reached(system, without):
    return reach(system(without))


def run(claim, goal, without=frozenset()):
    if is_finite(claim.system(without)):
        return reached(claim.system, without).nearest(goal)
    return witness(claim.system(without), goal, claim.depth)


def bad(claim):
    return z3.And(claim.when, claim.bad)


def breaking(claim):
    room = ROOMS[claim.system(frozenset()).name.split()[0]]
    return {entry.id for entry in room.CLAUSES if run(claim, bad(claim), classes(entry.id))}


@theorems
def test_no_run_breaks_the_theorem_while_all_clauses_bind(theorem):
    assert run(theorem.claim, bad(theorem.claim)) == ()


@theorems
def test_condition_comes_about(theorem):
    assert run(theorem.claim, theorem.claim.when)


@pytest.mark.parametrize("theorem", [t for t in THEOREMS if not t.follows_from], ids=lambda t: t.id)
def test_theorem_takes_more_than_one_class_of_clauses(theorem):
    assert len({frozenset(classes(id)) for id in breaking(theorem.claim)}) >= 2


@pytest.mark.parametrize("theorem", [t for t in THEOREMS if t.basis is Basis.MUST], ids=lambda t: t.id)
def test_theorem_of_musts_rests_on_no_advice(theorem):
    levels = {BY_ID[id].level.value for id in breaking(theorem.claim)}
    assert not levels & {"SHOULD", "SHOULD NOT", "should (lower case)", "RECOMMENDED"}


def test_no_two_theorems_have_the_same_condition():
    conditions = [(theorem.claim.system, theorem.claim.when.sexpr()) for theorem in THEOREMS]
    assert len(set(conditions)) == len(conditions)
