"""What can be wrong with a model: made from its moves, and judged by what they then do."""

from enum import Enum, auto

import pytest
import z3

from rfc5077.model.logic import Choice, Flag, Symbolic, term
from rfc5077.model.proof import mutants_counting, mutants_finite, mutants_joint
from rfc5077.model.proof.explore import explore
from rfc5077.model.proof.families import Claim, Variant
from rfc5077.model.proof.mutation import ANOTHER, DROPPED, LEFT_OUT, TURNED, Change, changed, changes_of, seen_by
from rfc5077.model.proof.rules import mechanics
from rfc5077.model.proof.unbounded import Move, Number, System, Unproved, fresh


class Bulb(Enum):
    """Three places of a switch."""

    DARK = auto()
    DIM = auto()
    BRIGHT = auto()


class Room(Symbolic):
    lamp = Choice(Bulb.DARK)
    door = Flag()
    dust = Flag()


ROOM = fresh(Room)
DARK, DIM, BRIGHT = (ROOM.lamp.is_(place) for place in Bulb)
UP = Move("up", DARK, {"lamp": term(Bulb.DIM).z3})
ON = Move("on", z3.And(DIM, z3.Not(ROOM.door)), {"lamp": term(Bulb.BRIGHT).z3, "door": z3.BoolVal(True)})
DUSTY = Move("dust", DARK, {"dust": z3.BoolVal(True)})


def variant() -> Variant:
    """A lamp that is never bright while the door is shut, and is bright at some time."""
    start = z3.And(DARK, z3.Not(ROOM.door), z3.Not(ROOM.dust))
    found = Variant(System("room", ROOM, start, (UP, ON, DUSTY)))
    claim = Claim("bright_room_is_open", BRIGHT, z3.Not(ROOM.door), None, 10)
    found.claims, found.twins = [claim], [claim]
    return found


def change_of(number: int, kind: str, shown: str) -> Change:
    """The change that reads so."""
    (found,) = [one for one in changes_of((UP, ON, DUSTY)[number]) if str(one) == f"{shown} {kind}"]
    return found


def fate(number: int, kind: str, place: str):
    system = variant()
    change = change_of(number, kind, place)
    move = changed(system.system.moves[number], change)
    assert move is not None
    return mutants_finite.fate(system, number, move, change)


def test_a_move_is_changed_in_each_part_of_its_guard_and_each_update():
    found = [(change.kind, change.shown or change.place) for change in changes_of(ON)]
    assert found == [
        (DROPPED, "(= lamp Bulb.DIM)"), (TURNED, "(= lamp Bulb.DIM)"), (DROPPED, "(not door)"), (TURNED, "(not door)"),
        (LEFT_OUT, "lamp"), (ANOTHER, "lamp"), (LEFT_OUT, "door"),
    ]  # fmt: skip


def test_a_change_is_the_same_in_whatever_order_its_operands_were_made():
    one, other = (Move("move", z3.Or(*parts), {}) for parts in ((DARK, ROOM.door), (ROOM.door, DARK)))
    assert list(changes_of(one)) == list(changes_of(other))
    assert changed(other, next(changes_of(one))) is not None


def test_a_change_is_made_once_and_nowhere_else():
    dropped = changed(ON, change_of(1, DROPPED, "(not door)"))
    assert dropped is not None and z3.simplify(dropped.guard).eq(DIM) and dropped.changes == ON.changes
    other = changed(ON, Change(ANOTHER, "lamp"))
    assert other is not None and other.guard.eq(ON.guard) and other.changes["lamp"].eq(term(Bulb.DARK).z3)
    assert changed(UP, Change(LEFT_OUT, "door")) is None


@pytest.mark.parametrize(
    ("number", "kind", "place", "became"),
    [
        (1, LEFT_OUT, "door", "refuted"),  # the lamp is bright, the door shut
        (0, LEFT_OUT, "lamp", "vacuous"),  # it is never bright
        (1, DROPPED, "(not door)", "equivalent"),  # the door is shut whenever it is dim
        (2, LEFT_OUT, "dust", "unread"),  # no theorem speaks of dust
        (2, DROPPED, "(= lamp Bulb.DARK)", "equivalent"),  # dust may come first
        (1, DROPPED, "(= lamp Bulb.DIM)", "equivalent"),  # straight from dark: no state that was not there
    ],
)
def test_a_mutant_becomes_what_it_has_to(number, kind, place, became):
    assert fate(number, kind, place).kind == became


def test_who_kills_is_named_with_the_length_of_the_run():
    found = fate(1, LEFT_OUT, "door")
    assert (found.theorem, found.depth) == ("bright_room_is_open", 2)


def test_a_move_that_happens_no_more_kills():
    assert fate(2, TURNED, "(= lamp Bulb.DARK)").kind in ("unread", "either")  # it happens, elsewhere
    never = changed(DUSTY, change_of(2, TURNED, "(= lamp Bulb.DARK)"))
    assert never is not None
    impossible = Move(never.name, z3.And(never.guard, DARK), never.changes)
    assert mutants_finite.fate(variant(), 2, impossible, Change(TURNED, "all")).kind == "idle"


def test_a_slice_holds_what_can_reach_the_goal_and_no_more():
    names = frozenset({"lamp", "door", "dust"})
    assert seen_by((UP, ON, DUSTY), [BRIGHT], names) == {"lamp", "door"}


# --- a system with a counter ---


class Well(Symbolic):
    depth = Number()
    wet = Flag()
    visits = Number()


WELL = fresh(Well)
DIG = Move("dig", z3.And(WELL.depth < 3, z3.Not(WELL.wet)), {"depth": WELL.depth + 1})
FLOOD = Move("flood", WELL.depth >= 2, {"wet": z3.BoolVal(True)})
VISIT = Move("visit", WELL.visits < 9, {"visits": WELL.visits + 1})


def well(*more: Move) -> Variant:
    """A well is never deeper than three, and wet at some time."""
    start = z3.And(WELL.depth == 0, z3.Not(WELL.wet), WELL.visits == 0)
    found = Variant(System("well", WELL, start, (DIG, FLOOD, VISIT, *more)))
    found.claims = [Claim("shallow", z3.BoolVal(True), WELL.depth > 3, WELL.depth <= 3, 6)]
    found.twins = [Claim("wet", WELL.wet, z3.BoolVal(False), None, 6)]
    return found


def fate_of_well(number: int, guard: z3.BoolRef, **changes: z3.ExprRef):
    system = well()
    old = system.system.moves[number]
    place = (system, number, Move(old.name, guard, changes))
    return mutants_counting.quick(*place) or mutants_counting.proved(*place)


@pytest.mark.parametrize(
    ("number", "guard", "changes", "became"),
    [
        (0, z3.Not(WELL.wet), {"depth": WELL.depth + 1}, "refuted"),  # dug without end
        (0, WELL.depth < 3, {"depth": WELL.depth + 1}, "wider"),  # planted: no theorem forbids to dig in water
        (1, WELL.depth >= 2, {}, "vacuous"),  # never wet
        (1, WELL.depth >= 3, {"wet": z3.BoolVal(True)}, "either"),  # planted: no theorem tells when it floods
        (1, WELL.depth >= 5, {"wet": z3.BoolVal(True)}, "vacuous"),
        (2, z3.And(WELL.visits < 9, WELL.depth < 4), {"visits": WELL.visits + 1}, "equivalent"),
        (2, WELL.depth > 3, {"visits": WELL.visits + 1}, "idle"),
        (2, WELL.visits > 9, {"visits": WELL.visits + 1}, "either"),  # planted: nobody counts visits
    ],
)
def test_a_mutant_that_counts_becomes_what_it_has_to(number, guard, changes, became):
    assert fate_of_well(number, guard, **changes).kind == became


def test_a_broken_invariant_alone_kills_nothing():
    """A part that the theorem does not need falls; what is left proves it."""
    system = well()
    system.claims = [Claim("shallow", z3.BoolVal(True), WELL.depth > 3, z3.And(WELL.depth <= 3, WELL.visits <= 9), 6)]
    place = (system, 2, Move("visit", z3.BoolVal(True), {"visits": WELL.visits + 1}))
    assert mutants_counting.quick(*place) is None
    assert mutants_counting.proved(*place).kind == "wider"


def test_what_a_solver_does_not_know_is_undecided(monkeypatch):
    monkeypatch.setattr(mutants_counting, "soonest", _gives_up)
    assert fate_of_well(0, z3.Not(WELL.wet), depth=WELL.depth + 1).kind == "undecided"


def _gives_up(*_: object):
    raise Unproved("unknown")


def test_what_comes_about_no_more_where_no_clause_binds_kills():
    lawless = well()
    assert mutants_counting.lost(lawless, 1, Move("flood", FLOOD.guard, {})).kind == "vacuous"
    assert mutants_counting.lost(lawless, 2, Move("visit", z3.BoolVal(True), VISIT.changes)) is None
    room = variant()
    assert mutants_finite.lost(room, 1, Move("on", ON.guard, {})).kind == "vacuous"
    assert mutants_finite.lost(room, 2, Move("dust", z3.BoolVal(True), DUSTY.changes)) is None


# --- the joint model ---


def test_every_rule_is_changed():
    names = {name for kind, name, _ in mutants_joint.mutants() if kind == mutants_joint.MECHANICS}
    assert names == {rule.name for rule in mechanics()}


def test_every_row_of_the_handshake_that_is_said_is_changed_for_both():
    rows = [name for kind, name, change in mutants_joint.mutants() if kind == mutants_joint.FIGURES]
    assert len(rows) == 2 * len(set(rows)) > 50
    rules = mutants_joint.rules_of(mutants_joint.FIGURES, rows[0], Change(ANOTHER, "the target"))
    assert {rule.delivery for rule in rules.values()} == {False, True}


KILLED = [
    (mutants_joint.CLAUSES, "R5077-3.3-06", Change(TURNED, "what it demands"), "refuted"),
    (mutants_joint.FIGURES, "server says Finished at SERVER_CHANGE_CIPHER_SPEC", Change(DROPPED, "the row"), "idle"),
    (mutants_joint.MECHANICS, "client hears Alert", Change(LEFT_OUT, "client.ending"), "refuted"),
    (mutants_joint.MECHANICS, "client says Finished", Change(LEFT_OUT, "what is in flight to the server"), "refuted"),
]


@pytest.mark.parametrize(("kind", "name", "change", "became"), KILLED, ids=str)
def test_a_mutant_of_the_joint_model_dies_of_what_it_has_to(kind, name, change, became):
    assert mutants_joint.fate(kind, name, change).kind == became


def test_what_happens_happens_at_a_place():
    found = mutants_joint.happening(explore())
    assert "client hears NewSessionTicket at SERVER_HELLO" in found
    assert "client hears NewSessionTicket at START" not in found
