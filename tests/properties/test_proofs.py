"""What the reader of a proof sees: runs as ladders, with a remark where a message is late, altered or only thought."""

from rfc5077.model.event import CLIENT, SERVER, Event, Message
from rfc5077.model.proof.joint import World
from rfc5077.model.proof.replay import Step
from rfc5077.model.state import Client, Server
from rfc5077.properties.verdict.proofs import joint_ladder


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
