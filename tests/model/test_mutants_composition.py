"""Mutants killed by what the theorems about the making of the model say: made in every system, and never by chance."""

from dataclasses import replace

import pytest
import z3

from rfc5077.model.proof.mutants_composition import CONNECTIONS, ENVIRONMENT, SERVERS, TICKETS, composed
from rfc5077.model.proof.theorems import EVERY
from rfc5077.model.proof.theorems.resumption import CHECKING
from rfc5077.model.sessions.slot import slot
from rfc5077.model.sessions.steps import sessions

NONE: frozenset[str] = frozenset()


def place(system, name):
    return next((number, move) for number, move in enumerate(system.moves) if move.name == name)


def without_update(system, name, field):
    number, move = place(system, name)
    return composed(system, number, replace(move, changes={f: t for f, t in move.changes.items() if f != field}))


def with_guard(system, name, guard):
    number, move = place(system, name)
    return composed(system, number, replace(move, guard=guard))


@pytest.mark.parametrize("system", [sessions(), sessions(CHECKING), slot()], ids=["sessions", "fewer clauses", "slot"])
def test_a_model_with_nothing_wrong_in_it_is_not_killed(system):
    assert [move.name for number, move in enumerate(system.moves) if composed(system, number, move)] == []


@pytest.mark.parametrize(
    ("name", "field", "theorem"),
    [
        ("A arrives", "A.arrived_at", TICKETS),
        ("client stores B", "slot.filled", TICKETS),
        ("second server cannot open A", "link.by_second", SERVERS),
        ("time passes at the server", "clocks.server", SERVERS),
        ("client stores a further ticket of the session", "slot.server", ENVIRONMENT),
        ("client deletes what it has stored", "slot.held", ENVIRONMENT),
    ],
)
def test_what_is_done_for_one_alone_of_those_that_are_alike_is_found(name, field, theorem):
    assert without_update(sessions(), name, field).theorem == theorem


def test_a_key_that_comes_back_breaks_what_a_resumption_beside_rested_on():
    number, move = place(sessions(), "the next key comes into use")
    parts = [part for part in move.guard.children() if not z3.is_true(part)]
    kept = [part for part in parts if str(part) != "any.oldest >= keys.oldest"]
    assert len(kept) < len(parts)
    assert composed(sessions(), number, replace(move, guard=z3.And(kept))).theorem == ENVIRONMENT


def test_what_one_renewing_connection_alone_does_is_found():
    assert without_update(slot(), "second connection: cut", "two").theorem == CONNECTIONS


def test_the_connections_own_steps_are_changed_in_both_systems():
    name = "client offers A"
    assert without_update(sessions(), name, "link.unproved") is None
    assert with_guard(sessions(), name, z3.BoolVal(True)) is None


def test_each_theorem_named_is_one():
    assert {TICKETS, SERVERS, ENVIRONMENT, CONNECTIONS} <= {theorem.id for theorem in EVERY}
