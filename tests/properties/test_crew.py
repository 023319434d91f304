"""properties/suite/crew.py: the tests of a suite by several processes come to what they come to by one."""

import json
from dataclasses import replace
from functools import partial

import pytest

from rfc5077.model.event import SERVER
from rfc5077.properties.adapters.in_memory import in_memory
from rfc5077.properties.adapters.peer import HarnessError
from rfc5077.properties.cli.main import run
from rfc5077.properties.faults import FAULTS, faulty
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.complete import complete_suite
from rfc5077.properties.suite.crew import crew
from rfc5077.properties.suite.run import Run
from rfc5077.properties.suite.runner import check
from rfc5077.properties.suite.summary import check_text


def by_two(make, role: str, **choices):
    with crew(make, 2, Alphabet.CORE, 0) as others:
        return check(role, make(), crew=others, **choices)


def alike(report):
    """What has to be the same, whoever played the tests."""
    facts = replace(report.facts, seconds=0.0, connections=0)
    found = [(one.finding.clause.id, one.test) for one in report.findings]
    return facts, found, report.deviations, report.unstable, report.coverage.shown, report.untouched, report.verdict


def test_a_conforming_target_gets_the_same_report():
    make = partial(in_memory, "reference", "server")
    assert alike(by_two(make, "server")) == alike(check("server", "reference"))


@pytest.mark.parametrize("name", ["S-02", "S-11"])
def test_what_is_odd_is_found_by_the_same_test(name):
    make = partial(faulty, name)
    found = by_two(make, FAULTS[name].role)
    assert found.findings
    assert alike(found) == alike(check(FAULTS[name].role, make()))


def test_a_process_whose_target_differs_says_so():
    with (
        crew(partial(in_memory, "tlslite", "server"), 1, Alphabet.CORE, 0) as others,
        pytest.raises(HarnessError, match="another profile"),
    ):
        list(others(*prepared("reference")))


def prepared(name: str):
    _, machine, manner = Run(SERVER, in_memory(name, "server"), 0).prepare()
    return machine, complete_suite(machine).tests, manner


def test_beyond_what_is_judged_tests_are_compared_and_what_differs_is_judged(monkeypatch):
    monkeypatch.setattr("rfc5077.properties.suite.run.MOST_JUDGED", 0)
    judged, more = check("server", faulty("S-02")), check("server", faulty("S-02"), k=1)
    assert more.facts.tests > more.facts.judged == judged.facts.tests
    assert [one.finding.clause.id for one in more.findings] == [one.finding.clause.id for one in judged.findings]
    assert more.findings[0].times > judged.findings[0].times


def test_a_larger_suite_says_how_many_of_its_tests_were_judged(monkeypatch):
    monkeypatch.setattr("rfc5077.properties.suite.run.MOST_JUDGED", 0)
    report = check("server", "reference", k=1)
    others = report.facts.tests - report.facts.judged
    assert f"{others} of them by their answers alone" in report.guarantee
    assert f"{others} of them" in " ".join(check_text(report).split())


def test_the_command_tests_by_so_many_processes(capsys):
    assert run(("check", "server", "reference", "--jobs", "2", "--json")) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"], said["suite"]["run"]) == ("conformant", said["suite"]["tests"])
