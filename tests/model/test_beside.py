"""Connections that are not watched: each of their steps is one of the environment's, and none of those is idle."""

import pytest

from rfc5077.model.attacker import beside, resumption
from rfc5077.model.proof.certificate import SOLVERS, check

ENVIRONMENT = {
    "network > client: answer and Finished of another connection": "server's answer, its Finished (1, 2)",
    "network > server: client's Finished of another connection": "client's Finished (2, 1)",
    "client: deletes the ticket because of another connection": "Alert in clear (2, 1)",
    "server: ends the session that the ticket names elsewhere": "ends the session that the ticket names (1, 2)",
    "server: ends the session that a foreign ticket names elsewhere": "ends the session that the ticket names (1, 2)",
    "server: ends the session that a ticket that he sealed names elsewhere": "session that the ticket names (1, 2)",
    "server > network: echo, memory behind, on another connection": "(echo, memory behind), Finished (1, 2)",
}
"""A step of the environment, and a step of the second connections that is nothing else."""


def answers(obligations, solver="z3"):
    return dict(zip([one.name for one in obligations], check(solver, [one.script for one in obligations]), strict=True))


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_step_of_the_second_connections_is_one_that_is_watched_or_none(solver):
    assert set(answers(list(beside.obligations()), solver).values()) == {"unsat"}


def test_the_environment_is_all_that_the_watched_system_has_beside_the_watched_connections():
    words = ("another connection", "elsewhere", "because of")
    assert {act.name for act in resumption.acts() if any(word in act.name for word in words)} == set(ENVIRONMENT)


@pytest.mark.parametrize("step", ENVIRONMENT)
def test_without_a_step_of_the_environment_a_step_of_the_second_connections_is_none_that_is_watched(step):
    fewer = tuple(move for move in beside.smaller() if move.name != f"{step} (1, 1)")
    assert len(fewer) == len(beside.smaller()) - 1
    wanted = [one for one in beside.obligations(fewer) if one.name.endswith(ENVIRONMENT[step])]
    assert "sat" in answers(wanted).values()


def test_every_step_of_the_larger_system_is_accounted_for():
    asked = {one.name.removeprefix("beside: step: ") for one in beside.obligations() if "step: " in one.name}
    idle = {move.name for move in beside.larger().moves} - asked
    assert all(move.endswith(" 2)") or "(2, " in move for move in idle)
