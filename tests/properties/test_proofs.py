"""What the reader of a proof sees: runs as ladders, with a remark where a message is late, altered or only thought."""

import pytest
import z3

from rfc5077.model.event import CLIENT, SERVER, Event, Message
from rfc5077.model.proof.joint import World
from rfc5077.model.proof.prover import Proof, dropped, prove
from rfc5077.model.proof.replay import Step
from rfc5077.model.proof.theorems import EVERY
from rfc5077.model.proof.unbounded import Moment
from rfc5077.model.state import Client, Server
from rfc5077.properties.verdict.proofs import joint_ladder, moves_text, prove_json, prove_text


def step(rule: str, sender, message) -> Step:
    return Step(rule, Event(sender=sender, message=message), Client(), Server(), World())


HELLO = step("client says ClientHello", CLIENT, Message.ClientHello)
HELLO_HEARD = step("server hears ClientHello", CLIENT, Message.ClientHello)
ANSWER = step("server says ServerHello", SERVER, Message.ServerHello)
ANSWER_HEARD = step("client hears ServerHello", SERVER, Message.ServerHello)
MORE = step("server says Certificate", SERVER, Message.Certificate)
MORE_HEARD = step("client hears Certificate", SERVER, Message.Certificate)
THOUGHT = step("client step Verification", CLIENT, Message.Verification)
ALTERED = step("client hears a damaged ServerHello", SERVER, Message.ServerHello)


def middle(*trace: Step) -> list[str]:
    """The rows below the head, without lanes and dashes."""
    rows = joint_ladder(trace).splitlines()[1:]
    return [row.strip().strip("|").replace("-", "").replace("<", "").replace(">", "").strip() for row in rows]


def test_a_message_that_arrives_at_once_is_one_arrow():
    rows = joint_ladder((HELLO, HELLO_HEARD, ANSWER, ANSWER_HEARD)).splitlines()
    assert len(rows) == 3
    assert rows[1].rstrip("|").endswith(">")
    assert "|<" in rows[2]


def test_a_late_message_is_remarked_where_it_arrives():
    rows = middle(HELLO, HELLO_HEARD, ANSWER, MORE, ANSWER_HEARD, MORE_HEARD)
    assert rows[2] == "Certificate"
    assert rows[3:] == ["(client hears ServerHello)", "(client hears Certificate)"]


def test_an_altered_message_and_a_thought_are_remarked():
    assert middle(ANSWER, ALTERED)[-1] == "(client hears a damaged ServerHello)"
    assert middle(HELLO, THOUGHT)[-1] == "(client: Verification)"


def test_the_last_row_bears_the_mark():
    rows = joint_ladder((HELLO, HELLO_HEARD, ANSWER), "here").splitlines()
    assert [row.endswith("<- here") for row in rows] == [False, False, True]


# --- the text of `prove` ---

MEMORY = [one for one in EVERY if one.id in ("answer_depends_on_no_memory", "announcement_ends_with_its_handshake")]
LOOK_UP = "R5077-3.4-07"


@pytest.fixture(scope="module")
def whole() -> Proof:
    return prove(tuple(MEMORY))


@pytest.fixture(scope="module")
def lacking() -> Proof:
    return prove(tuple(MEMORY), dropped(LOOK_UP))


def test_what_is_proved_takes_a_line_each(whole):
    rows = prove_text(whole).splitlines()
    assert [row.split()[:2] for row in rows[: len(MEMORY)]] == [["proved", theorem.id] for theorem in MEMORY]
    assert rows[len(MEMORY)].startswith(f"{len(MEMORY)} proved") and f"{whole.megabytes} MB" in rows[len(MEMORY)]


def test_statements_and_twins_are_shown_when_asked_for(whole):
    text, twins = prove_text(whole, statements=True), prove_text(whole, twins=True)
    words = " ".join(text.split())
    assert all(theorem.statement in words for theorem in MEMORY)
    assert "here it is met" not in text
    assert twins.count("Its condition comes about") == twins.count("<- here it is met") == len(MEMORY)


def test_what_falls_is_shown_at_length_with_the_place_and_the_fact(lacking):
    text = prove_text(lacking)
    (fallen,) = lacking.failed
    assert text.startswith("Without ") and LOOK_UP in text.splitlines()[0]
    assert f"refuted   {fallen.theorem.id}" in text
    assert not any(line.startswith("proved ") for line in text.splitlines())
    assert text.count("<- here the claim fails") == text.count("What fails: ") == 1
    assert text.index("<- here the claim fails") < text.index("What fails: ")


def test_the_document_says_which_fact_fails(lacking):
    (fallen,) = [one for one in prove_json(lacking)["theorems"] if one["status"] == "refuted"]
    assert set(fallen["fails"]["found"].values()) == {"true", "false"}
    assert all(name in fallen["fails"]["text"] for name in fallen["fails"]["found"])


def test_a_move_names_each_part_of_the_state_once():
    before = {"slot.held": z3.Bool("nothing"), "slot.filled": z3.BoolVal(False), "slot.state.secret": z3.IntVal(0),
              "live": z3.BoolVal(True), "same": z3.IntVal(1)}  # fmt: skip
    after = before | {"slot.filled": z3.BoolVal(True), "slot.state.secret": z3.IntVal(8), "live": z3.BoolVal(False),
                      "slot.held": z3.Bool("Held.A")}  # fmt: skip
    rows = moves_text([Moment("", before), Moment("client stores A", after)], "here").splitlines()
    assert [row.strip() for row in rows] == [
        "1. client stores A   <- here", "slot: held A, filled; slot.state: secret 8; not live",
    ]  # fmt: skip
