"""What the Hypothesis machine shows of the model: counted, explained, aimed at; what is out of reach has a reason."""

import json
from collections import Counter
from functools import partial

import pytest
from conversation import FIGURE_1, FIGURE_2, TICKET, hello
from hypothesis import Phase
from hypothesis.stateful import run_state_machine_as_test

from rfc5077.model.event import CLIENT, SERVER
from rfc5077.model.run.conversation import conversation
from rfc5077.properties.cli.main import run
from rfc5077.properties.compare import drawn, page, sides
from rfc5077.properties.compare.reach import barred
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.suite.covered import WORTH, Covered
from rfc5077.properties.suite.stateful import machine


@pytest.fixture(scope="module")
def found():
    """A few runs; as many as one wants are a command."""
    return drawn.drawn(20, seeds=(1,))


def walked(*conversations):
    """What some conversations show, each in a run of its own."""
    covered, worths = Covered(), []
    for events in conversations:
        covered.begin()
        for event in events:
            covered.saw(1, (event,))
        worths.append(covered.end())
    return covered, worths


def test_a_conversation_shows_a_pair_for_each_event():
    covered, _ = walked(FIGURE_1)
    assert len(covered.seen) == covered.events == len(FIGURE_1)
    assert covered.seen.keys() <= set(conversation().pairs)


def test_what_was_shown_before_is_worth_less():
    _, (first, again, other) = walked(FIGURE_1, FIGURE_1, FIGURE_2)
    assert first == len(FIGURE_1) * WORTH
    assert again == first // 2 < other


def test_what_no_lawful_conversation_has_is_unexplained():
    covered, _ = walked([hello(), TICKET, TICKET])
    assert covered.unexplained == Counter(NewSessionTicket=1)


def test_every_event_of_the_reference_is_explained_and_nothing_is_shown_that_is_out_of_reach(found):
    assert found.differences == ()
    assert found.events > 0
    assert {event.sender for _, event in found.shown} == {CLIENT, SERVER}


def test_every_pair_of_the_model_is_shown_or_out_of_reach_or_left(found):
    *rows, (_, *sums) = drawn.table(found)
    assert [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)] == sums
    model, shown, out, left = sums
    assert model == shown + out + left == len(conversation().pairs)


def test_every_reason_is_a_sentence_and_no_message_of_a_figure_is_out_of_reach():
    covered, _ = walked(FIGURE_1, FIGURE_2)
    assert all(barred().values())
    assert covered.seen.keys().isdisjoint(barred())


def test_a_pair_that_is_shown_refutes_that_it_is_out_of_reach(found, monkeypatch):
    pair = next(iter(found.shown))
    monkeypatch.setattr(drawn, "barred", lambda: {pair: "nobody says that"})
    (difference,) = found.differences
    assert "nobody says that" in difference


def test_a_fault_of_the_reference_is_a_difference():
    broken = drawn.drawn(200, seeds=(1,), make=partial(machine, peer=FAULTS["S-04"].make))
    assert any("VIOLATION" in difference for difference in broken.differences)


def test_the_aim_is_one_of_hypothesis_own():
    assert Phase.target in machine(covered=Covered(), aimed=True).TestCase.settings.phases
    assert Phase.target not in machine(covered=Covered()).TestCase.settings.phases


def test_an_aimed_run_with_the_same_seed_is_the_same_run():
    def shown():
        covered = Covered()
        run_state_machine_as_test(machine(examples=10, seed=3, covered=covered, aimed=True))
        return covered.seen

    assert shown() == shown()


def test_text_and_document_say_how_many_pairs_were_shown_and_what_the_aim_is_worth(found):
    text, said = drawn.text(found), drawn.as_json(found)
    assert f"{len(found.shown)} of {len(conversation().pairs) - len(barred())} pairs in reach" in text
    assert "the aim is worth" in text
    assert said["pairs"]["all"]["shown"] == len(found.shown)
    assert len(said["left"]) == len(found.left)
    assert [one["aimed"] for one in said["tries"]] == [True, False]


def test_the_page_marks_every_pair(found):
    text = page.html(sides.Comparison(()), found)
    legend = 1
    assert text.count('<span class="shown">') - legend == len(found.shown) + legend
    assert text.count('class="out" title=') == len(barred())


def test_the_command_lets_the_machine_run_and_fails_where_it_differs(monkeypatch, capsys, found):
    monkeypatch.setattr(sides, "compared", lambda **_: sides.Comparison(()))
    monkeypatch.setattr(drawn, "drawn", lambda runs, **_: found)
    assert run(["compare", "--alphabet", "core", "--random", "40", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["random"]["runs"] == found.runs
    monkeypatch.setattr(drawn, "barred", lambda: dict.fromkeys(found.shown, "nobody says that"))
    assert run(["compare", "--alphabet", "core", "--random", "40"]) == 1
