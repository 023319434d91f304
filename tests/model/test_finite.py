"""Enumerated systems: the states found are an invariant, a missing one is noticed, runs are shortest and confirmed."""

from enum import Enum, auto

import pytest
import z3

from rfc5077.model.logic import Choice, Flag, Symbolic, term
from rfc5077.model.proof.certificate import SOLVERS, check
from rfc5077.model.proof.finite import Reached, Unconfirmed, is_finite, reach
from rfc5077.model.proof.unbounded import Move, Number, System, fresh, obligations


class Lamp(Enum):
    """Three places of a switch."""

    DARK = auto()
    DIM = auto()
    BRIGHT = auto()


class Room(Symbolic):
    lamp = Choice(Lamp.DARK)
    door = Flag()


ROOM = fresh(Room)


def system(*more):
    moves = (
        Move("up", ROOM.lamp.is_(Lamp.DARK), {"lamp": term(Lamp.DIM).z3}),
        Move("on", ROOM.lamp.is_(Lamp.DIM), {"lamp": term(Lamp.BRIGHT).z3, "door": z3.BoolVal(True)}),
        *more,
    )
    return System("room", ROOM, z3.And(ROOM.lamp.is_(Lamp.DARK), z3.Not(ROOM.door)), moves)


def answers(reached, bad):
    scripts = [one.script for one in obligations(reached.system, "room", reached.invariant, bad)]
    return {answer for solver in SOLVERS for answer in check(solver, scripts)}


def test_states_found_are_an_invariant_that_both_solvers_accept():
    dark_and_open = z3.And(ROOM.lamp.is_(Lamp.DARK), ROOM.door)
    assert answers(reach(system()), dark_and_open) == {"unsat"}


def test_missing_state_is_noticed_by_the_solvers():
    reached = reach(system())
    fewer = Reached(reached.system, dict(list(reached.parents.items())[:-1]))
    assert answers(fewer, ROOM.door) == {"sat", "unsat"}


def test_run_is_a_shortest_one():
    assert [moment.move for moment in reach(system()).nearest(ROOM.door)] == ["", "up", "on"]
    leap = Move("leap", ROOM.lamp.is_(Lamp.DARK), {"door": z3.BoolVal(True)})
    assert [moment.move for moment in reach(system(leap)).nearest(ROOM.door)] == ["", "leap"]


def test_what_cannot_be_reached_has_no_run():
    assert reach(system()).nearest(z3.And(ROOM.lamp.is_(Lamp.DIM), ROOM.door)) == ()


def test_step_that_the_moves_do_not_allow_is_not_shown():
    reached = reach(system())
    start, *_, last = reached.parents
    forged = Reached(reached.system, {start: None, last: (start, 0)})
    with pytest.raises(Unconfirmed, match="up"):
        forged.nearest(ROOM.door)


def test_start_must_be_the_plainest_state():
    elsewhere = System("room", ROOM, ROOM.door, system().moves)
    with pytest.raises(Unconfirmed, match="start"):
        reach(elsewhere)


def test_system_with_a_number_or_a_pick_is_not_finite():
    class Clock(Symbolic):
        hour = Number()

    clock = fresh(Clock)
    assert is_finite(system())
    assert not is_finite(System("clock", clock, clock.hour == 0, ()))
    assert not is_finite(System("room", ROOM, ROOM.door, (), (z3.Int("pick"),)))
