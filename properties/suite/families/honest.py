"""Honest handshakes that a server breaks off, though nothing was wrong: by what still goes through one sees why."""

from __future__ import annotations

from rfc5077.model.event import Extension
from rfc5077.properties.suite.families.events import CLIENT_END, CLIENT_KEY_EXCHANGE, hello
from rfc5077.properties.suite.families.family import Trial, family
from rfc5077.properties.suite.families.sayings import changed, plain
from rfc5077.properties.suite.families.stage import Shaken, Stage

OLD_CLIENTS = "R7627-4-01"
"""That nobody without the extended master secret is served, which is asked for here on purpose."""

EMPTY, LIVE, ABSENT = hello(Extension.EMPTY), hello(Extension.LIVE), hello(Extension.ABSENT)


def _refused(shaken: Shaken) -> bool:
    """Whether the server gave up once the client had sent its Finished."""
    said = [event.message for event in shaken.events if event.sender == "server"]
    return shaken.puppet.handshake.server_hello is not None and "Alert" in said


def extended(stage: Stage) -> None:
    """A full handshake goes through with the extended master secret as it does without."""
    if not _refused(stage.shake(EMPTY)):
        return
    without = stage.shake(changed(EMPTY, plain))
    stage.excuse(OLD_CLIENTS)
    if without.puppet.handshake.complete and _refused(stage.shake(EMPTY)):
        why = "A full handshake fails where both hellos have the extension, and goes through without it."
        stage.blame("R7627-5.1-01", why, due="Finished")


def confirmed(stage: Stage) -> None:
    """A resumption that the server has begun goes through, as a full handshake does."""
    if not stage.mint():
        return
    shaken = stage.shake(LIVE)
    if shaken.puppet.handshake.full or not _refused(shaken):
        return
    ticket = stage.mint()
    if ticket and _refused(stage.shake(LIVE)):
        stage.blame("R5246-7.4.9-03", "It resumes, and refuses the Finished that is due.", due="no alert")


def prompt(stage: Stage) -> None:
    """A server that resumes sends its Finished before the client does."""
    if not stage.mint():
        return
    puppet = stage.client()
    heard = [event.message for event in stage.say(puppet, LIVE)]
    if heard[:1] != ["ServerHello"] or {"ServerHelloDone", "Finished", "Alert", "Close"} & set(heard):
        return
    if any(event.message == "ChangeCipherSpec" for event in stage.say(puppet, *CLIENT_END)):
        stage.excuse()
        stage.blame("R5077-3.1-12", "It resumes, and sends its Finished after the client's.", due="Finished at once")


def two_at_once(stage: Stage) -> None:
    """Two handshakes step by step at the same time, of which one asks for a ticket and one does not; the judge tells.

    Then the ticket that came of it.
    """
    one, other = stage.client(), stage.client()
    asked = stage.say(one, EMPTY)
    stage.say(other, ABSENT)
    if any(event.message == "CertificateRequest" for event in asked):
        stage.miss("the server asks for a certificate")
        return
    for event in (CLIENT_KEY_EXCHANGE, *CLIENT_END):
        stage.say(one, event)
        stage.say(other, event)
    if stage.memory.live is not None:
        stage.shake(LIVE)


HONEST = family("honest handshakes", "server", "handshakes in which nothing is wrong", (
    Trial("a full handshake, with and without the extended master secret", extended),
    Trial("a resumption up to both Finished", confirmed),
    Trial("who is the first to send Finished in a resumption", prompt),
    Trial("two handshakes at once", two_at_once, needs="parallel"),
))  # fmt: skip
