"""The borders of records, said to a client."""

from __future__ import annotations

from collections.abc import Callable

from rfc5077.model.event import Extension, Message
from rfc5077.properties.suite.families.events import FLIGHT, ISSUE, SERVER_END, TICKET, answer, server
from rfc5077.properties.suite.families.family import Trial, family
from rfc5077.properties.suite.families.sayings import cut, finished_in_parts, in_one_record
from rfc5077.properties.suite.families.stage import Stage, goes_on, refuses
from rfc5077.properties.suite.puppet import NO_SUCH_TYPE
from rfc5077.reference.wire.messages import handshake

CUTS = tuple(range(1, 13))
"""Octets of the first record: through the header of NewSessionTicket, its hint, its length, its ticket."""
READ = "R5246-6.2.1-01"


def ticket_cut(at: int) -> Callable[[Stage], None]:
    """A NewSessionTicket in two records."""

    def run(stage: Stage) -> None:
        puppet, _ = stage.server()
        if refuses(stage.say(puppet, *ISSUE[:-3], cut(TICKET, at), *SERVER_END)):
            usual, _ = stage.server()
            if not refuses(stage.say(usual, *ISSUE)):
                stage.excuse(at=puppet)
                stage.blame(READ, f"It goes along where NewSessionTicket is not cut behind {at} octets.", at=puppet,
                            due="no alert")

    return run


def together(stage: Stage) -> None:
    """The server's messages up to ServerHelloDone in one record."""
    puppet, _ = stage.server()
    if not goes_on(stage.say(puppet, in_one_record(answer(Extension.EMPTY), *FLIGHT))):
        apart, _ = stage.server()
        if goes_on(stage.say(apart, answer(Extension.EMPTY), *FLIGHT)):
            stage.excuse(at=puppet)
            stage.blame(READ, "It goes along where each message has a record of its own.", at=puppet,
                        due="ClientKeyExchange")


def finished_early(stage: Stage) -> None:
    """Finished whose first octets come before ChangeCipherSpec has to be refused."""
    puppet, said = stage.server()
    if not stage.lead(puppet, said):
        return
    heard = stage.say(puppet, finished_in_parts(2, b""), server(Message.ApplicationData))
    stage.excuse()
    if not refuses(heard):
        stage.blame("R5246-7.1-02", "It took a Finished that had begun before ChangeCipherSpec.")


def behind_finished(stage: Stage) -> None:
    """A message of no type in the record of Finished has to be refused."""
    puppet, said = stage.server()
    if not stage.lead(puppet, said):
        return
    heard = stage.say(puppet, finished_in_parts(0, handshake(NO_SUCH_TYPE, b"")), server(Message.ApplicationData))
    stage.excuse()
    if not refuses(heard):
        stage.blame("R5246-7.4-01", "It overlooked a message behind Finished.")


CLIENT_RECORDS = family("records", "client", "the borders of records", (
    *(Trial(f"a NewSessionTicket cut behind {at} octets", ticket_cut(at)) for at in CUTS),
    Trial("a flight in one record", together),
    Trial("the first octets of Finished before ChangeCipherSpec", finished_early),
    Trial("a message of no type in the record of Finished", behind_finished),
))  # fmt: skip
