"""The figures of suites and faults: each is measured, none says that it is met where something went wrong."""

import json
import subprocess
from dataclasses import replace

import pytest

from rfc5077.properties.adapters.over_reference import server
from rfc5077.properties.bench import kills, suites
from rfc5077.properties.bench.commands import Ran
from rfc5077.properties.bench.figure import most
from rfc5077.properties.bench.kills import at_random, counted, hunted
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.complete import complete_suite
from rfc5077.properties.suite.probe import probe

CHECKED = json.dumps({"suite": {"tests": 12}})


@pytest.fixture(scope="module")
def budget():
    """A small one: the first tests of the reference's suite."""
    whole = kills.budget_of(probe(server(), set()).target)
    return replace(whole, words=whole.words[:40])


def ran(seconds, code=0):
    """A run of `check --json`."""
    return Ran(seconds, seconds, 1.0, code, CHECKED)


def test_a_pass_tests_both_roles_and_its_time_has_a_target():
    one = suites.passed(Alphabet.CORE, 0)
    figure = suites.timed("suite-core-0", one, most(1e9))
    assert (one.verdicts, figure.met) == ({"conformant"}, True)
    assert one.tests < one.connections
    assert suites.timed("suite-core-0", replace(one, verdicts=frozenset({"violation"})), most(1e9)).met is False


def test_the_share_of_connections_is_by_the_rate_of_handshakes():
    one = suites.Pass(2.0, 100, 3000, frozenset({"conformant"}))
    assert suites.share(one, honest=0.001).value == pytest.approx(1.5)


@pytest.mark.parametrize(("two", "met"), [(ran(10.0), True), (ran(14.0), False), (ran(10.0, code=1), False)])
def test_two_processes_have_to_be_faster_and_to_find_the_same(monkeypatch, two, met):
    runs = iter([ran(20.0), two])
    monkeypatch.setattr(suites, "fresh", lambda *_: next(runs))
    monkeypatch.setattr(suites.os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    (figure,) = suites.jobs()
    assert figure.met is met


@pytest.mark.parametrize(
    ("said", "code", "met"),
    [("S-01   core  3 tests 0.1 s  R5077", 0, True), ("S-01   core  3 tests 0.1 s  NOTHING", 0, False), ("", 1, False)],
)
def test_the_hunt_for_faults_misses_its_target_where_one_is_not_found(monkeypatch, said, code, met):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess((), code, said, "no"))
    (figure,) = suites.faults()
    assert figure.met is met


def test_the_size_of_the_campaign_is_that_of_the_suite(monkeypatch):
    monkeypatch.setattr(suites, "FULL", Alphabet.CORE)
    monkeypatch.setattr(suites, "CAMPAIGN", 0)
    targets = [probe(suites.in_memory("reference", role), set()).target for role in suites.ROLES]
    assert suites.campaign().value == sum(len(complete_suite(suites.machine_of(one)).tests) for one in targets)


def test_words_at_random_are_as_many_and_as_long_and_follow_their_seed(budget):
    words = list(at_random(budget, seed=1))
    assert list(map(len, words)) == list(map(len, budget.words))
    assert words == list(at_random(budget, seed=1)) != list(at_random(budget, seed=2))


def test_no_method_kills_the_reference_nor_says_more_than_it_may(budget):
    at_most = budget.messages + max(map(len, budget.words)) + kills.STEPS
    by_suite = hunted(server(), budget, budget.words, frozenset())
    for kill in (by_suite, kills.two_rules(server(), budget, frozenset(), 1)):
        assert (kill.found, budget.messages <= kill.messages <= at_most) == (False, True)


def test_a_fault_that_the_first_answer_shows_is_killed_by_each_method():
    tally = counted([FAULTS["S-01"]], seeds=(1,))
    assert (tally.complete, tally.at_random, tally.two_rules) == (1, (1,), (1,))
    assert [figure.value for figure in kills.figures(tally)] == [1, 1, 1]


def test_a_fault_that_takes_a_whole_handshake_is_killed_by_the_suite():
    assert counted([FAULTS["S-04"]], seeds=()).complete == 1
