"""Model and reference side by side: no difference, and every difference that is made is seen."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from rfc5077.model.event import CLIENT, SERVER
from rfc5077.model.run.mealy import Mealy
from rfc5077.model.run.says import alert
from rfc5077.properties.adapters import over_reference
from rfc5077.properties.cli.main import run
from rfc5077.properties.compare import page, sides
from rfc5077.properties.compare.configurations import CLIENTS, CONFIGURATIONS, SERVERS, Configuration
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.suite import run as suite_run
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.exercised import unbreakable
from rfc5077.reference.connection import ServerConnection

AS_IT_COMES = (SERVERS[0], CLIENTS[0])


@pytest.fixture(scope="module")
def whole():
    """Each configuration over the core alphabet; over the full one they take a minute, as the README's command does."""
    return sides.compared(alphabet=Alphabet.CORE)


@pytest.fixture(scope="module")
def full():
    """What comes without a choice, over the full alphabet."""
    return sides.compared(AS_IT_COMES)


def test_nothing_is_in_the_one_that_the_other_does_not_explain(whole):
    assert [(side.configuration.name, side.differences) for side in whole.sides if side.differences] == []


def test_every_transition_of_the_model_is_shown_by_the_reference(whole):
    for side in whole.sides:
        assert 0 < side.shown == side.transitions


@pytest.mark.parametrize("role", [0, 1], ids=["server", "client"])
def test_the_same_holds_over_the_full_alphabet(full, role):
    side = full.sides[role]
    assert side.differences == ()
    assert side.shown == side.transitions > 300


def test_every_clause_is_put_at_stake_unless_nothing_that_is_said_breaks_it(full):
    wanted = {"asks for a certificate", "renews every ticket", "gives an id beside tickets"}
    others = [one for one in SERVERS if one.name in wanted] + [one for one in CLIENTS if one.name == "has no tickets"]
    found = sides.Comparison(full.sides + sides.compared(others).sides)
    assert (found.unexercised("server"), found.unexercised("client")) == ((), ())


def test_what_nothing_that_is_said_breaks_is_little_and_binds_a_mind():
    assert (unbreakable(SERVER), unbreakable(CLIENT)) == (frozenset(), {"R5246-7.4.1.3-01"})


def test_each_configuration_has_a_profile_of_its_own(whole):
    told = [(side.configuration.role, tuple(side.report.profile.items())) for side in whole.sides]
    alike = {"has a certificate", "keeps no session by its id"}  # what they differ in, this alphabet does not ask
    assert len(set(told)) >= len(told) - len(alike)


def test_the_text_has_a_line_for_each_configuration_and_the_sums(whole):
    lines = sides.text(whole).splitlines()
    assert len([line for line in lines if line.startswith(("server  ", "client  "))]) == len(CONFIGURATIONS)
    assert lines[-1].endswith("differences: none.")
    assert sum(" clauses that bind a " in line for line in lines) == 2


def test_the_page_has_every_transition_of_every_configuration(whole):
    text = page.html(whole)
    assert text.count('<td class="shown">') == sum(side.transitions for side in whole.sides)
    assert 'class="missing">' in text  # the legend's
    assert '<td class="missing">' not in text


def test_a_page_is_written_whole_or_not_at_all(monkeypatch, tmp_path, capsys):
    right = sides.compared
    monkeypatch.setattr(sides, "compared", lambda **given: right(AS_IT_COMES[:1], **given))
    assert run(["compare", "--html", str(tmp_path / "page.html")]) == 0
    assert (tmp_path / "page.html").read_text().endswith("</html>\n")
    assert run(["compare", "--html", str(tmp_path / "none" / "page.html")]) == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_a_fault_of_the_reference_is_a_difference():
    fault = FAULTS["S-02"]
    broken = Configuration("is broken", "server", fault.make)
    found = sides.compared((broken,))
    assert "violation: R5077-3.3-02" in found.sides[0].differences


def test_a_fault_of_the_model_is_a_difference(monkeypatch):
    right = suite_run.machine_of

    def wrong(target, alphabet, live):
        machine = right(target, alphabet, live)
        (state, said), *others = machine.table[0]
        other = (alert(SERVER),) if said != (alert(SERVER),) else ()
        return Mealy(machine.inputs, (((state, other), *others), *machine.table[1:]))

    monkeypatch.setattr(suite_run, "machine_of", wrong)
    (side,) = sides.compared((SERVERS[0],)).sides
    assert side.differences
    assert side.shown < side.transitions


def test_advice_that_is_followed_where_it_should_not_be_is_a_difference():
    (side,) = sides.compared((replace(SERVERS[0], advised=frozenset({"R5077-3.4-01"})),)).sides
    assert side.differences == ("R5077-3.4-01 is followed, though it should not be",)


def test_advice_that_is_not_followed_is_a_difference_unless_it_is_on_purpose():
    config = replace(over_reference.server_config(), session_id_when_issuing="fresh")
    one = Configuration("gives an id", "server", lambda: over_reference.server(config=config, make=ServerConnection))
    assert sides.compared((one,)).sides[0].differences == ("advice: R5077-3.4-01",)


def test_the_command_ends_by_whether_there_is_a_difference(monkeypatch, capsys):
    right = sides.compared
    monkeypatch.setattr(sides, "compared", lambda **given: right(AS_IT_COMES[:1], **given))
    assert run(["compare", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["schema"], said["differences"], len(said["sides"])) == ("rfc5077/compare/1", 0, 1)
    assert said["sides"][0]["shown"] == said["sides"][0]["transitions"]
    client = said["clauses"]["client"]
    assert client["bound"] == len(client["not_exercised"]) + len(client["unbreakable"])

    broken = replace(SERVERS[0], advised=frozenset({"R5077-3.4-01"}))
    monkeypatch.setattr(sides, "compared", lambda **given: right((broken,), **given))
    assert run(["compare"]) == 1


def test_a_comparison_that_is_broken_off_says_nothing(monkeypatch):
    calls = []

    def broken_off(*_, **__):
        calls.append(None)
        return SimpleNamespace(interrupted=True)

    monkeypatch.setattr("rfc5077.properties.compare.sides.check", broken_off)
    with pytest.raises(KeyboardInterrupt):
        sides.compared()
    assert len(calls) == 1
