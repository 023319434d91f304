"""The relation as tables: the same moves, to the same states, in the same order, as the rules evaluated whole."""

from collections import deque
from dataclasses import replace

import pytest
import z3

from rfc5077.model.clauses import BY_ID, family
from rfc5077.model.proof.explore import explore, moves, starts
from rfc5077.model.proof.joint import STATE
from rfc5077.model.proof.rules import rules
from rfc5077.model.proof.tables import RECORDS, Results, Tables
from rfc5077.model.run.compiled import compiled
from rfc5077.model.state import Client, Conclusion, Server

CUTS = (len(Client.fields()), len(Client.fields()) + len(Server.fields()))
DROPPED = ((), ("R5077-3.4-05",), ("R5077-3.3-04",), ("R5077-3.1-07", "R5246-7.4.9-01"))


def plain(rules):
    """Each rule's guard and result on whole states, without tables."""
    guards = compiled([rule.guard for rule in rules], *RECORDS)
    results = [compiled(rule.result.terms(), *RECORDS) for rule in rules]

    def after(state):
        found = []
        for number, possible in enumerate(guards(*state)):
            if possible:
                codes = tuple(map(int, results[number](*state)))
                found.append((number, (codes[: CUTS[0]], codes[CUTS[0] : CUTS[1]], codes[CUTS[1] :])))
        return found

    return after


def reached(after, begins):
    parents = dict.fromkeys(begins)
    waiting = deque(parents)
    while waiting:
        state = waiting.popleft()
        for number, new in after(state):
            if new not in parents:
                parents[new] = (state, number)
                waiting.append(new)
    return parents


@pytest.mark.parametrize("clauses", DROPPED, ids=str)
def test_tables_find_the_same_states_by_the_same_ways_as_the_rules_themselves(clauses):
    without = frozenset(entry.id for clause in clauses for entry in family(BY_ID[clause]))
    found, after = explore(without), plain(rules(without))
    expected = reached(after, starts(without)).items()
    different = [pair for pair in zip(found.parents.items(), expected, strict=True) if pair[0] != pair[1]]
    assert different[:1] == []
    different = [state for state in found.parents if found.moves.after(state) != after(state)]
    assert different[:1] == []


def test_a_state_that_no_run_reaches_is_met_with_the_same_moves():
    after = plain(rules())
    met = explore().parents
    known = list(met)
    mixed = [(a[0], b[1], c[2]) for a, b, c in zip(known, known[7000:], known[14000:], strict=False)]
    strange = [state for state in dict.fromkeys(mixed) if state not in met]
    assert len(strange) > 5_000
    assert [state for state in strange if moves().after(state) != after(state)] == []


def test_a_guard_that_does_not_come_apart_is_asked_as_a_whole():
    at_odds = z3.And(STATE.client.conclusion.is_(Conclusion.FULL), STATE.server.honours)
    odd = tuple(replace(rule, guard=z3.And(rule.guard, z3.Not(at_odds))) for rule in rules())
    tables, after = Tables(odd, Results(odd)), plain(odd)
    found = tables.search(starts(), None)
    fewer = len(found) < len(explore().parents)
    same = list(map(tables.results.codes, found)) == list(reached(after, starts()))
    assert same and fewer


def test_a_rule_that_changes_both_parties_is_refused():
    first, *others = rules()
    both = replace(first, result=replace(first.result, server=first.result.server.but(skips=True)))
    with pytest.raises(ValueError, match="client says ClientHello"):
        Results([both, *others])
