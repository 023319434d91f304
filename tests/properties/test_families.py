"""Families of tests beyond the alphabets: what they find is reported, what they cannot do is said, what is permitted
is no violation; and what they turn at a peer they turn back."""

import socket
import sys
from contextlib import ExitStack, suppress
from dataclasses import replace
from itertools import count

import pytest

from rfc5077.properties.adapters import over_reference
from rfc5077.properties.adapters.command import HOST, Command, free_port
from rfc5077.properties.adapters.identity import seeded
from rfc5077.properties.adapters.in_memory import in_memory
from rfc5077.properties.adapters.peer import NO_CONTROLS, HarnessError
from rfc5077.properties.adapters.second import beside
from rfc5077.properties.adapters.sockets import listening_server
from rfc5077.properties.errors import UsageError
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.suite import failures
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.families.catalogue import FAMILIES, Ran, run_families, run_test
from rfc5077.properties.suite.families.clock import CLOCK
from rfc5077.properties.suite.families.family import NEEDS, Trial, family
from rfc5077.properties.suite.families.keys import KEYS, SERVERS
from rfc5077.properties.suite.families.sayings import presenting
from rfc5077.properties.suite.families.stage import Outcome, Stage
from rfc5077.properties.suite.families.tickets import TICKETS
from rfc5077.properties.suite.runner import check
from rfc5077.properties.suite.summary import check_json, check_text
from rfc5077.properties.variants import VARIANTS

ADVISED_AGAINST = {
    "N-10-id-beside-a-new-ticket": {"R5077-3.4-01"},
    "N-13-looks-up-ids-beside-an-empty-extension": {"R5077-3.4-01"},
}
"""Advice that a variant does not follow."""
FEW = 10
LIGHT = [replace(one, tests=one.tests[2:4]) if one is TICKETS else one for one in FAMILIES]
"""That of a server's tickets has most of the connections, and some of it will do."""
TEACHING = FAULTS["S-102"]
"""Resumes under another server name, which no alphabet shows."""


def findings(peer, families):
    """What these families find."""
    tests = [test for one in families for test in one.tests]
    return [found for test in tests for found in run_test(test, peer, set()).findings]


def some(role):
    """Every family, yet of one with many doses every third; `mutants.harmless` plays them all."""
    return [replace(one, tests=one.tests[:: 3 if len(one.tests) > FEW else 1]) for one in LIGHT if one.role == role]


@pytest.mark.parametrize("name", VARIANTS)
def test_no_family_reports_a_violation_of_a_variant(name):
    one = VARIANTS[name]
    found = findings(one.make(), some(one.role))
    assert [finding.why for finding in found if finding.verdict == "violation"] == []
    assert {finding.clause.id for finding in found if finding.verdict == "advice"} == ADVISED_AGAINST.get(name, set())


@pytest.mark.parametrize("role", ["server", "client"])
def test_no_family_reports_a_violation_of_openssl(role):
    found = findings(in_memory("python-ssl", role), some(role))
    assert [finding.why for finding in found if finding.verdict == "violation"] == []


@pytest.fixture(scope="module")
def report():
    """The check of a server that resumes under another name, and at which nothing can be turned."""
    return check("server", replace(TEACHING.make(), controls=NO_CONTROLS, rotate_keys=None), families=True)


def test_a_check_with_families_reports_what_no_alphabet_shows(report):
    found = report.findings[0]
    assert (report.verdict, found.finding.clause.id) == ("violation", "R6066-3-02")
    assert found.beyond == "context: another server name"
    assert f"seen in:  {found.beyond}" in check_text(report)
    assert check_json(report)["findings"][0]["family"] == found.beyond
    assert check("server", TEACHING.make()).verdict == "conformant"


def test_a_check_says_how_much_was_played_and_what_could_not_be(report):
    told = check_text(report)
    assert "Beyond the alphabet: " in told
    assert f"clock ({NEEDS['advance']})" in told
    played = {one["name"]: one for one in check_json(report)["families"]}
    assert played["clock"]["tests"] == 0
    assert {one["why"] for one in played["clock"]["not_exercised"]} == {NEEDS["advance"]}
    assert played["tickets"]["tests"] == len(TICKETS.tests)
    assert played["tickets"]["connections"] > 1000


def test_what_a_peer_has_no_controls_for_is_not_tried():
    bare = replace(in_memory("reference", "server"), controls=NO_CONTROLS, rotate_keys=None)
    missed = {ran.missed for one in (KEYS, CLOCK) for test in one.tests for ran in [run_test(test, bare, set())]}
    assert missed == {NEEDS[name] for name in ("rotate_keys", "add_key", "lose_keys", "sealing_key", "advance")}


def test_two_connections_side_by_side_are_not_tried_with_a_live_peer():
    live = replace(in_memory("reference", "server"), wait=lambda connection, limit: True)
    tests = [test for one in FAMILIES if one.role == "server" for test in one.tests if test.needs == "parallel"]
    assert [test.lacks(live) for test in tests] == [NEEDS["parallel"]]


def test_what_a_test_turns_at_a_peer_is_turned_back():
    peer = in_memory("reference", "server")
    stage = Stage(peer, set())
    ticket = stage.mint()
    for test in (*KEYS.tests, *CLOCK.tests):
        run_test(test, peer, set())
    assert stage.shake(presenting(ticket, stage.memory.tickets[ticket])).outcome is Outcome.RESUMED


@pytest.fixture
def serving(tmp_path):
    """Starts servers of ours by the names of their keys; says where they listen."""
    with ExitStack() as started:

        def serve(key: str) -> str:
            file, port = tmp_path / key, free_port()
            file.write_bytes(seeded(key)(80))
            words = (sys.executable, "-m", "rfc5077", "serve", "--port", "{port}", "--ticket-keys", str(file))
            process = started.enter_context(Command(words, "server")).start(port)
            while not process.over:
                with suppress(OSError):
                    socket.create_connection((HOST, port)).close()
                    return f"{HOST}:{port}"
            raise AssertionError(process.account())

        yield serve


def test_a_second_server_at_an_address_shows_whose_keys_it_has(serving):
    first, same, other = serving("one"), serving("one"), serving("another")
    tests = [test for test in SERVERS.tests if test.needs in ("twin", "stranger")]
    right, wrong = beside(listening_server(first), same, other), beside(listening_server(first), other, same)
    assert [run_test(test, right, set()) for test in tests] == [Ran(test, (), 4) for test in tests]
    found = [finding.clause.id for test in tests for finding in run_test(test, wrong, set()).findings]
    assert found == ["R5077-3.1-04", "R5077-3.1-05"]


def test_a_server_that_renews_a_ticket_by_the_same_octets_is_checked():
    report = check("server", FAULTS["S-76"].make())
    assert report.verdict == "conformant" and report.guarantee.startswith("Let A be")


def test_a_handshake_that_nobody_completes_is_explained():
    report = check("server", FAULTS["S-100"].make(), families=True)
    assert report.findings[0].finding.clause.id == "R7627-5.1-01"
    with pytest.raises(UsageError, match="completes no TLS"):
        check("server", FAULTS["S-100"].make())


def test_tickets_that_are_alike_are_not_changed_for_they_may_be_anothers():
    ran = run_test(TICKETS.tests[0], VARIANTS["N-09-tickets-of-text"].make(), set())
    assert ran.missed == "its tickets are so short, or so alike, that a changed one may be another's"


def test_a_server_that_answers_changed_tickets_in_two_ways_is_told_of():
    usual = over_reference.server()
    sparing = over_reference.server(config=replace(over_reference.server_config(), reissue="never"))
    served = count()
    moody = replace(usual, connect=lambda: (sparing if next(served) % 3 == 2 else usual).connect())
    found = run_test(TICKETS.tests[1], moody, set()).findings
    assert [(finding.clause.id, finding.verdict) for finding in found] == [("R5077-3.2-09", "note")]
    assert "several ways: full handshake, full handshake with another ticket" in found[0].why


def test_a_test_goes_no_further_than_to_the_first_violation():
    peer = FAULTS["S-71"].make()  # it overlooks the first octets of a ticket
    ran = run_test(TICKETS.tests[0], peer, set())
    assert {finding.connection for finding in ran.findings} == {ran.connections - 1}


def test_an_adapter_that_raises_is_a_failure_of_the_harness():
    peer = in_memory("reference", "client")

    def write(connection, octets):
        if len(octets) > 60_000:
            raise OSError("no room")
        peer.write(connection, octets)

    with pytest.raises(HarnessError, match="no room"):
        run_families(replace(peer, write=write), set())


def test_a_failure_that_a_family_has_shown_is_replayed_by_the_families(report, tmp_path):
    peer = TEACHING.make()
    (path,) = failures.write(tmp_path, failures.failures(report, ["faulty"], Alphabet.CORE, peer))
    kept = failures.read(path)
    assert failures.still_fails(kept, peer)
    assert not failures.still_fails(kept, VARIANTS["N-01-never-issues"].make())


def test_no_two_tests_of_a_family_have_one_name():
    with pytest.raises(ValueError, match="two tests have one name"):
        family("twins", "server", "", [Trial("a", lambda stage: None), Trial("a", lambda stage: None)])


def test_every_need_of_a_test_is_one_that_a_peer_may_meet():
    assert {test.needs for one in FAMILIES for test in one.tests} - {""} == NEEDS.keys()
