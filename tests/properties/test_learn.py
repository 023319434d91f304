"""What is learned is what is specified: of the reference in both roles, of foreign stacks but for known deviations."""

import itertools
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from rfc5077.model.clauses import BY_ID, family
from rfc5077.model.run.mealy import Mealy
from rfc5077.properties.adapters import over_reference
from rfc5077.properties.adapters.in_memory import in_memory
from rfc5077.properties.cli import learn as command
from rfc5077.properties.cli.main import run
from rfc5077.properties.cli.output import Progress
from rfc5077.properties.compare.configurations import CLIENTS, SERVERS
from rfc5077.properties.errors import UsageError
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.learn import drawing, learner, report
from rfc5077.properties.learn.differences import differing
from rfc5077.properties.learn.learner import learn
from rfc5077.properties.learn.queries import Queries
from rfc5077.properties.suite.alphabet import symbol_name
from rfc5077.properties.suite.complete import complete_suite
from rfc5077.properties.suite.play import Manner

WORDS = 50

EQUAL = [
    ("reference", "server"), ("reference", "client"), ("python-ssl", "server"), ("python-ssl", "client"),
    ("tlslite", "server"),
]  # fmt: skip
"""Targets whose machine is the model's."""

QUICK = [one for one in CLIENTS if one.name in ("has no tickets", "keeps nothing")]
"""Clients with few states."""

FULL = (
    "(the client connects)",
    "server:ServerHello(session_ticket=empty,session_id=empty)", "server:Certificate", "server:ServerKeyExchange",
    "server:ServerHelloDone", "server:NewSessionTicket(ticket=some)", "server:ChangeCipherSpec", "server:Finished",
)  # fmt: skip
UNANNOUNCED = (
    "(the client connects)",
    "server:ServerHello(session_ticket=absent,session_id=empty)", "server:Certificate", "server:ServerKeyExchange",
    "server:ServerHelloDone", "server:NewSessionTicket(ticket=some)",
)  # fmt: skip
DEVIATIONS = {
    # RFC 5246, section 7.4: messages come in the order of the figures, else the handshake ends with a fatal alert; of
    # NewSessionTicket figure 3 of RFC 5077 (its extension not announced) has none.  tlslite-ng 0.8.2 takes one there.
    "R5246-7.4-01": ("violation", UNANNOUNCED, [], ["client:Alert(kind=unexpected)"]),
    # RFC 5077, section 3.1 (figures 3 and 4) and RFC 5246, section 7.4.1.3: a server may always go on with a full
    # handshake.  tlslite-ng 0.8.2 refuses its Certificate once it has offered a ticket.
    "R5077-3.1-19": ("violation", (*FULL, FULL[0], FULL[1], FULL[2]), ["client:Alert(kind=unexpected)"], []),
}
"""Of the client of tlslite-ng: by clause the verdict, a shortest word, what is answered, and what is due."""


def told(word):
    return [symbol_name(symbol) for symbol in word]


@pytest.mark.parametrize(("target", "role"), EQUAL)
def test_what_is_learned_is_the_machine_of_the_profile(target, role):
    learned = learn(role, target, words=WORDS)
    assert (learned.differences, learned.beyond, learned.unsaid) == ((), (), ())
    assert learned.equal
    assert learned.machine == learned.model
    assert learned.model.states == learned.rounds.hypotheses[-1] > learned.rounds.hypotheses[0] == 1


@pytest.mark.parametrize("one", [*SERVERS[1:], *QUICK], ids=lambda one: f"{one.role} that {one.name}")
def test_each_choice_of_the_reference_is_learned_as_the_model_has_it(one):
    learned = learn(one.role, one.make(), words=WORDS)
    assert learned.equal and not learned.beyond


def test_the_client_of_tlslite_ng_leaves_the_machine_where_it_is_known_to():
    learned = learn("client", "tlslite", words=WORDS)
    found = {
        one.finding.clause.id: (one.level, tuple(told(one.word)), told(one.got), told(one.expected))
        for one in learned.differences
    }
    assert found == DEVIATIONS
    assert learned.beyond == ()


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "length"),
    [
        ("S-01", 1),  # answers the extension of a client that has none
        ("S-02", 4),  # announces a ticket and sends none; it issues none then, and no word can offer one
        ("S-14", 4),  # issues before Finished has been verified
        ("S-22", 4),  # has a state more than the model
        ("S-28", 1),
        ("S-44", 1),
        ("S-52", 1),  # what takes two runs to tell
        ("S-56", 1),
        ("S-64", 1),  # a note: the machine is another one all the same
        ("C-54", 2),
    ],
)
def test_a_fault_is_learned_and_told_by_its_clause(id, length):
    fault = FAULTS[id]
    learned = learn(fault.role, fault.make(), words=0)
    first = learned.differences[0]
    right = {entry.id for name in fault.clauses for entry in family(BY_ID[name])}
    assert not learned.equal
    assert right & set(first.finding.class_ids) and first.level == fault.verdict
    assert len(first.word) == length
    assert first.got != first.expected == learned.model.run(first.word)[-1]


def test_without_a_ticket_the_words_that_offer_one_are_left_out():
    learned = learn("server", FAULTS["S-02"].make(), words=0)
    assert len(learned.unsaid) == 3
    assert all("session_ticket=" in name for name in told(learned.unsaid))
    assert not set(learned.unsaid) & set(learned.machine.inputs)
    assert "Not said, as no ticket could be had: client:ClientHello(session_ticket=live" in report.text(learned)


def test_a_violation_behind_a_permitted_difference_is_not_lost():
    learned = learn("server", FAULTS["S-04"].make(), words=0)
    assert [one.level for one in learned.differences] == ["permitted"]
    assert [one.finding.clause.id for one in learned.beyond] == ["R5077-3.2-07"]
    assert report.verdict(learned) == "violation"
    text = report.text(learned)
    assert text.startswith("reference, server: 1 difference, 1 violation beside; learned: 9 states")
    assert "PERMITTED  another choice\n" in text
    (permitted,), (beside,) = (report.as_json(learned)[part] for part in ("differences", "beyond"))
    assert (permitted["clause"], permitted["verdict"]) == (None, "permitted")
    assert (beside["clause"], beside["verdict"]) == ("R5077-3.2-07", "violation")
    assert "VIOLATION  R5077-3.2-07  MUST, server\n" in text


# --- bisimulation -----------------------------------------------------------------------------------------------------

COUNTER = Mealy(("a", "b"), (((1, "x"), (0, "-")), ((2, "x"), (0, "-")), ((0, "y"), (2, "-"))))
"""Says y to every third a; b starts it again, but not behind two."""


def test_equal_machines_do_not_differ():
    doubled = Mealy(COUNTER.inputs, (*COUNTER.table[:2], ((3, "y"), (2, "-")), *COUNTER.table[:1]))
    assert list(differing(COUNTER, doubled)) == []


def test_each_difference_has_a_shortest_word_and_the_shortest_comes_first():
    other = Mealy(COUNTER.inputs, (((1, "x"), (0, "-")), ((2, "x"), (0, "z")), ((0, "z"), (2, "-"))))
    assert list(differing(COUNTER, other)) == [("a", "b"), ("a", "a", "a")]
    words = [word for n in range(1, 4) for word in itertools.product("ab", repeat=n)]
    assert min((word for word in words if COUNTER.run(word) != other.run(word)), key=len) == ("a", "b")


def test_machines_over_other_inputs_cannot_be_compared():
    with pytest.raises(ValueError, match="do not share their inputs"):
        list(differing(COUNTER, Mealy(("a",), (((0, "x"),),))))


# --- asking -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    return learn("server", "reference", words=10, seed=3)


@pytest.fixture(scope="module")
def faulty():
    return learn("server", FAULTS["S-56"].make(), words=0)


def test_what_is_known_is_not_said_again(server):
    queries = Queries(in_memory("reference", "server"), Manner())
    word = server.model.inputs[:1] + server.model.inputs[5:8]
    answer = queries.ask(word)
    assert [queries.ask(word[:length]) for length in range(5)] == [answer[:length] for length in range(5)]
    assert (queries.tally.asked, queries.tally.played, queries.tally.inputs) == (6, 1, 4)


def test_the_suite_of_the_model_is_said_and_what_was_said_is_counted(server):
    suite = complete_suite(server.model, 0)
    assert len(suite.tests) < server.tally.played < server.tally.asked
    assert server.rounds.equivalence >= len(suite.tests) + 10
    assert server.tally.connections > server.tally.played
    assert server.rounds.repeated == learner.REPEATED


def test_one_state_more_is_ruled_out_by_longer_words(server):
    learned = learn("server", "reference", k=1, words=0)
    assert learned.equal
    assert learned.tally.played > 2 * server.tally.played
    assert "k = 1." in report.guarantee(learned) and "at most n + k = 12 states" in report.guarantee(learned)


def test_the_same_seed_gives_the_same_learning(server):
    again = learn("server", "reference", words=10, seed=3)
    assert replace(again, seconds=0) == replace(server, seconds=0)


def changing_its_mind(after):
    """A server that gives no session_id from some connection on."""
    plain = replace(over_reference.server_config(), session_id_otherwise="empty")
    minds = (over_reference.server(), over_reference.server(config=plain))
    served = itertools.count()

    def connect():
        mind = minds[next(served) >= after]
        return mind, mind.connect()

    return replace(
        minds[0], name="fickle", connect=connect, write=lambda held, octets: held[0].write(held[1], octets),
        read=lambda held: held[0].read(held[1]), closed=lambda held: held[0].closed(held[1]),
        end=None, established=None, resumed=None, rotate_keys=None,
    )  # fmt: skip


def test_of_a_peer_that_changes_its_mind_nothing_is_concluded():
    with pytest.raises(UsageError, match="nothing can be concluded about fickle: to client:ClientHello"):
        learn("server", changing_its_mind(200), words=0)


def test_learning_is_given_up_where_a_machine_grows_too_large(monkeypatch):
    monkeypatch.setattr(learner, "LARGEST", 0.5)
    with pytest.raises(UsageError, match=r"more than 5\.5 states"):
        learn("server", "reference", words=0)


def test_a_peer_in_another_role_is_refused():
    with pytest.raises(UsageError, match=r"reference is a server\. learn server reference"):
        learn("client", in_memory("reference", "server"))


def test_a_peer_that_completes_no_handshake_is_refused():
    deaf = replace(over_reference.server(), name="deaf", read=lambda _: b"")
    with pytest.raises(UsageError, match=r"deaf completes no TLS 1.2 handshake\. See why: rfc5077 check server deaf"):
        learn("server", deaf)


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_says_equal_with_counts(capsys, monkeypatch, server):
    monkeypatch.setattr(learner, "learn", lambda *_, **__: server)
    assert run(["learn", "server", "reference"]) == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == (
        "reference, server: learned = specified; learned: 11 states and 110 transitions, the model's machine: 11 "
        "states and 110 transitions"
    )
    assert last.endswith(" s.")


def test_a_server_that_renegotiates_is_not_asked_to():
    config = replace(over_reference.server_config(), renegotiation="any")
    learned = learn("server", over_reference.server(config=config), words=0)
    assert learned.profile["renegotiation"] == "accepts" and learned.equal
    assert report.guarantee(learned).endswith("behind a complete one, where it counts as unanswered.")


def test_the_command_says_where_the_machines_part(capsys, monkeypatch, faulty):
    monkeypatch.setattr(learner, "learn", lambda *_, **__: faulty)
    assert run(["learn", "server", "reference"]) == 1
    text = capsys.readouterr().out
    assert "reference, server: 1 difference; learned: 11 states" in text
    assert "\nVIOLATION  R5077-3.2-06  plain text, server\n" in text
    assert "\n    client:ClientHello(" in text and "\n  answered: server:ServerHello(" in text
    assert "\n  explain:  rfc5077 clause R5077-3.2-06\n" in text


def test_the_document_has_its_schema_and_both_machines(capsys, monkeypatch, server, faulty):
    documents = []
    for learned in (server, faulty):
        monkeypatch.setattr(learner, "learn", lambda *_, learned=learned, **__: learned)
        run(["learn", "server", "reference", "--json"])
        documents.append(json.loads(capsys.readouterr().out))
    right, wrong = documents
    assert [one["schema"] for one in documents] == ["rfc5077/learn/1"] * 2
    assert [(one["equal"], one["verdict"]) for one in documents] == [(True, "conformant"), (False, "violation")]
    assert right["learned"] == right["model"]
    assert len(right["learned"]["transitions"]) == right["learned"]["states"] * len(right["alphabet"])
    (difference,) = wrong["differences"]
    assert difference["clause"] == "R5077-3.2-06" and difference["class"] and difference["verdict"] == "violation"
    assert (len(difference["word"]), difference["word"]) == (1, difference["shown_by"])
    assert difference["got"] != difference["expected"]
    assert right["queries"]["said"] == server.tally.played


def test_both_machines_are_drawn(tmp_path, monkeypatch, faulty):
    monkeypatch.setattr(learner, "learn", lambda *_, **__: faulty)
    dot, svg = tmp_path / "both.dot", tmp_path / "both.svg"
    assert run(["learn", "server", "reference", "--dot", str(dot), "--svg", str(svg)]) == 1
    text = dot.read_text(encoding="utf-8")
    assert text.count("{") == text.count("}") == 3
    for key, machine in (("l", faulty.machine), ("m", faulty.model)):
        states = re.findall(rf"^    {key}(\d+) \[label=", text, re.MULTILINE)
        ways = re.findall(rf'^    {key}\d+ -> {key}\d+ \[label="(.*?)"(.*)\];$', text, re.MULTILINE)
        assert len(states) == machine.states
        assert sum(label.count(" / ") for label, _ in ways) == machine.states * len(machine.inputs)
        red = [label for label, rest in ways if "color=red" in rest]
        assert red and all("ClientHello(" in label for label in red)
    titles = [text.text for text in ElementTree.parse(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert {"learned: state 0", "model: state 0"} <= set(titles)
    assert any("inputs answered otherwise" in title for title in titles)


def test_equal_machines_have_nothing_red(server):
    assert "color=red" not in drawing.dot(server.machine, server.model, "x")
    assert "answered otherwise" not in drawing.svg(server.machine, server.model, "x")


def test_ctrl_c_ends_with_what_was_learned_so_far(capsys, monkeypatch):
    class Impatient(Progress):
        def stage(self, name, done, of):
            if name.startswith("3 states"):
                raise KeyboardInterrupt

    monkeypatch.setattr(command, "Progress", Impatient)
    assert run(["learn", "server", "reference"]) == 130
    text = capsys.readouterr().out
    assert text.startswith("reference, server: interrupted; the latest guess has 3 states and 30 transitions")
    assert "Guarantee: None: interrupted." in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["server"], "learn server needs a target. For example: rfc5077 learn server python-ssl"),
        (["server", "opnessl"], "known are reference, python-ssl, tlslite"),
        (["both", "reference"], "'both'"),
        (["server", "reference", "--k", "9"], "'--k'"),
        (["server", "reference", "--words", "-1"], "'--words'"),
    ],
)
def test_what_cannot_be_meant_is_one_line(capsys, arguments, said):
    assert run(["learn", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


def test_without_aalpy_one_line_says_how_to_install_it(capsys, monkeypatch):
    find = command.find_spec
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "aalpy" else find(name))
    assert run(["learn", "server", "reference"]) == 2
    advice = "In a clone: pip install '.[learn]'"
    assert capsys.readouterr() == ("", f"rfc5077: learn needs AALpy, which is not here. {advice}\n")
