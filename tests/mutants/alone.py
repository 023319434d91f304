"""Tests of the faults that the suite leaves out, each with its reason in `properties/faults/rows.py`."""

from rfc5077.model.event import Extension
from rfc5077.properties.suite.families.events import FLIGHT, answer
from rfc5077.properties.suite.families.family import Trial
from rfc5077.properties.suite.families.sayings import answered, finished_in_parts, plainly
from rfc5077.properties.suite.families.stage import Stage, refuses

OVERLOOKED = "R5246-7.4.9-02", "An octet stood behind Finished in its record."


def octet_to_a_server(stage: Stage) -> None:
    """The client's Finished with an octet behind it."""
    puppet = stage.client()
    stage.begin(puppet)
    heard = stage.say(puppet, finished_in_parts(0, b"\x00"))
    stage.excuse()
    if any(event.message == "Finished" for event in heard):
        stage.blame(*OVERLOOKED)


def octet_to_a_client(stage: Stage) -> None:
    """The server's Finished with an octet behind it."""
    puppet, said = stage.server()
    assert stage.lead(puppet, said)
    heard = stage.say(puppet, finished_in_parts(0, b"\x00"))
    stage.excuse()
    if not refuses(heard):
        stage.blame(*OVERLOOKED)


def unextended(stage: Stage) -> None:
    """A full handshake without the extended master secret, for which the client asks; the judge tells."""
    puppet, _ = stage.server()
    stage.say(puppet, answered(answer(Extension.EMPTY), plainly), *FLIGHT)


ALONE: dict[str, Trial] = {
    "S-40": Trial("an octet behind Finished", octet_to_a_server),
    "C-45": Trial("an octet behind Finished", octet_to_a_client),
    "C-93": Trial("no extended master secret", unextended),
}
"""By fault."""
