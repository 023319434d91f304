"""The borders of records and of handshakes, said to a server.

A message may be cut anywhere and share its record with others; but none may reach over ChangeCipherSpec, and nothing
may stand behind Finished.
"""

from __future__ import annotations

from collections.abc import Callable

from rfc5077.model.event import Extension, Message
from rfc5077.properties.suite.driver import PuppetClient
from rfc5077.properties.suite.families.events import (
    CLIENT_CHANGE,
    CLIENT_END,
    CLIENT_KEY_EXCHANGE,
    client,
    hello,
)
from rfc5077.properties.suite.families.family import Trial, family
from rfc5077.properties.suite.families.sayings import cut, finished_in_parts, in_one_record
from rfc5077.properties.suite.families.stage import Outcome, Shaken, Stage
from rfc5077.properties.suite.puppet import NO_SUCH_TYPE
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.reference.wire.messages import HandshakeType, handshake

CUTS = (*range(1, 13), 40)
"""Octets of the first record: through the header of a message, and within it."""

EMPTY, LIVE, ABSENT = hello(Extension.EMPTY), hello(Extension.LIVE), hello(Extension.ABSENT)


def hello_cut(at: int) -> Callable[[Stage], None]:
    """A ClientHello in two records."""

    def run(stage: Stage) -> None:
        if stage.ask(EMPTY).outcome is Outcome.FULL and stage.ask(cut(EMPTY, at)).outcome is not Outcome.FULL:
            stage.blame("R5246-6.2.1-01", f"It goes along where nothing is cut behind {at} octets.", due="ServerHello")

    return run


def resumption_cut(stage: Stage) -> None:
    """A ClientHello with a ticket in two records, and Finished in two."""
    if not stage.honoured() or not stage.mint():
        return
    puppet = stage.client()
    heard = stage.say(puppet, cut(LIVE, 80), CLIENT_CHANGE, finished_cut)
    if Shaken(puppet, tuple(heard)).outcome is not Outcome.RESUMED or Shaken(puppet, tuple(heard)).ended:
        stage.blame("R5246-6.2.1-01", "It resumes where no message is cut.", due="a resumption")


def finished_cut(puppet: PuppetClient) -> RecordedEvent:
    """Finished in two records."""
    body = puppet.handshake.finished("client")
    octets = handshake(HandshakeType.FINISHED, body)
    return puppet.in_records(HandshakeType.FINISHED, body, octets[:5], octets[5:])


def together(stage: Stage) -> None:
    """The client's Certificate and ClientKeyExchange in one record."""
    if "CertificateRequest" not in [event.message for event in stage.shake(ABSENT).events]:
        stage.miss("the server asks for no certificate")
        return
    puppet = stage.client()
    stage.say(puppet, ABSENT)
    flight = in_one_record(client(Message.Certificate), CLIENT_KEY_EXCHANGE)
    heard = stage.say(puppet, flight, *CLIENT_END)
    if "Finished" not in [event.message for event in heard]:
        stage.blame("R5246-6.2.1-01", "It goes along where each message has a record of its own.", due="Finished")


def finished_early(stage: Stage) -> None:
    """Finished whose first octets come before ChangeCipherSpec has to be refused."""
    puppet = stage.client()
    stage.begin(puppet)
    heard = stage.say(puppet, finished_in_parts(2, b""))
    if any(event.message == "Finished" for event in heard):
        stage.excuse()
        stage.blame("R5246-7.1-02", "It took a Finished that had begun before ChangeCipherSpec.")


def behind_finished(stage: Stage) -> None:
    """A message of no type in the record of Finished has to be refused, be it before or after the answer."""
    puppet = stage.client()
    stage.begin(puppet)
    heard = stage.say(puppet, finished_in_parts(0, handshake(NO_SUCH_TYPE, b"")), client(Message.ApplicationData))
    stage.excuse()
    if "Finished" in [event.message for event in heard] and "ApplicationData" in [event.message for event in heard]:
        stage.blame("R5246-7.4-01", "It overlooked a message behind Finished.")


def renegotiated(stage: Stage) -> None:
    """In a renegotiation the extension stands in ServerHello only if it stood in that ClientHello."""
    puppet = stage.client()
    stage.begin(puppet)
    heard = stage.say(puppet, *CLIENT_END, ABSENT)
    answers = [event for event in heard if event.message == "ServerHello"]
    if not answers:
        stage.miss("the server does not negotiate anew")
    elif answers[-1].session_ticket is not None:
        stage.excuse("R5077-3.2-08")
        stage.blame("R5077-3.2-08", "In a renegotiation it answered an extension that this ClientHello had not.",
                    due="SessionTicket absent")


RECORDS = family("records", "server", "the borders of records and of handshakes", (
    *(Trial(f"a ClientHello cut behind {at} octets", hello_cut(at)) for at in CUTS),
    Trial("a resumption whose messages are cut", resumption_cut),
    Trial("two messages in one record", together),
    Trial("the first octets of Finished before ChangeCipherSpec", finished_early),
    Trial("a message of no type in the record of Finished", behind_finished),
    Trial("a renegotiation without the extension", renegotiated),
))  # fmt: skip
