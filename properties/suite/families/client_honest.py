"""Honest handshakes that a client breaks off, though nothing was wrong, and resumptions that it begins and ends."""

from __future__ import annotations

from collections.abc import Callable

from rfc5077.model.event import Event, Extension
from rfc5077.properties.suite.families.events import FLIGHT, ISSUE, SERVER_END, TICKET, answer, resumption
from rfc5077.properties.suite.families.family import Trial, family
from rfc5077.properties.suite.families.sayings import in_one_write
from rfc5077.properties.suite.families.stage import Stage, refuses

ABSENT, EMPTY = answer(Extension.ABSENT), answer(Extension.EMPTY)
WITHOUT = (ABSENT, *FLIGHT, *SERVER_END)
"""A full handshake without a ticket."""


def hashed(stage: Stage) -> None:
    """A handshake with a ticket goes through, as one without does."""
    with_ticket, said = stage.server()
    if said is None or said.session_ticket is None:
        stage.miss("the client sends no SessionTicket extension")
        return
    if not refuses(stage.say(with_ticket, *ISSUE)):
        return
    without, _ = stage.server()
    if refuses(stage.say(without, *WITHOUT)):
        stage.miss("the client completes no handshake")
        return
    again, _ = stage.server()
    if refuses(stage.say(again, *ISSUE)):
        stage.blame("R5077-3.3-04", "It takes the Finished that is due where no ticket comes.", due="no alert")


def resumed(*first: tuple[Event, ...]) -> Callable[[Stage], None]:
    """After these handshakes the client offers a ticket, and goes through with its resumption."""

    def run(stage: Stage) -> None:
        for word in first:
            puppet, _ = stage.server()
            stage.say(puppet, *word)
        puppet, said = stage.server()
        if said is None or not said.session_ticket:
            stage.miss("the client offers no ticket")
            return
        heard = stage.say(puppet, resumption(said), *SERVER_END)
        right = [event.verified for event in heard if event.message == "Finished"] == [True]
        if refuses(heard) or not right:
            stage.excuse()
            stage.blame("R5077-3.1-08", "It offers a ticket, and does not resume by it.", due="Finished")

    return run


def two_at_once(stage: Stage) -> None:
    """Each of two interleaved handshakes leaves a ticket that can be resumed."""
    one, _ = stage.server()
    stage.say(one, *ISSUE[:-2])
    stage.issue()
    stage.say(one, *SERVER_END)
    puppet, said = stage.server()
    if said is None or not said.session_ticket:
        stage.miss("the client offers no ticket")
        return
    if refuses(stage.say(puppet, resumption(said), *SERVER_END)):
        stage.excuse()
        stage.blame("R5077-3.1-08", "Another connection was made at the same time; the session of its ticket is lost.",
                    due="Finished")


def segments(stage: Stage) -> None:
    """ChangeCipherSpec and Finished may arrive in one segment or in two."""
    answers = []
    for end in ((in_one_write,), SERVER_END):
        puppet, said = stage.server()
        if not stage.lead(puppet, said):
            return
        answers.append(refuses(stage.say(puppet, *end)))
    if answers[0] != answers[1]:
        stage.excuse()
        stage.blame("R5246-6.2.1-01", "It minds whether ChangeCipherSpec and Finished arrive at once.", due="no alert")


CLIENT_HONEST = family("honest handshakes", "client", "handshakes in which nothing is wrong", (
    Trial("a full handshake, with and without a ticket", hashed),
    Trial("ChangeCipherSpec and Finished at once and apart", segments),
    Trial("a ticket, then its resumption", resumed(ISSUE)),
    Trial("a ticket that replaces a rejected one, then its resumption", resumed(ISSUE, (EMPTY, *FLIGHT, TICKET,
                                                                                       *SERVER_END))),
    Trial("two handshakes at once, then a resumption", two_at_once, needs="parallel"),
))  # fmt: skip
