"""Messages of other octets, or where none of the kind belongs, said to a client; and what it offers next."""

from __future__ import annotations

from collections.abc import Callable

from rfc5077.model.event import Alarm, Event, Extension, Message, SessionId, Ticket
from rfc5077.properties.suite.families.events import FLIGHT, ISSUE, SERVER_END, TICKET, answer, resumption, server
from rfc5077.properties.suite.families.family import Trial, family
from rfc5077.properties.suite.families.sayings import WRONG, Make, finished_of, giving_body
from rfc5077.properties.suite.families.stage import Stage, goes_on, refuses

ABSENT, EMPTY = answer(Extension.ABSENT), answer(Extension.EMPTY)
OTHER_ID = answer(Extension.ABSENT, SessionId.FRESH)
CHANGE, FINISHED = SERVER_END
BODY_OF_1_3 = bytes(4) + bytes(4) + b"\x01\x00" + b"\x00\x20" + bytes(32) + bytes(2)
"""Lifetime, age_add, nonce, ticket, extensions (RFC 8446, section 4.6.1)."""


def told(*word: Event) -> Callable[[Stage], None]:
    """A connection, and the next hello; the judge tells."""

    def run(stage: Stage) -> None:
        puppet, _ = stage.server()
        stage.say(puppet, *word)
        stage.server()

    return run


def told_on_resumption(*word: Event) -> Callable[[Stage], None]:
    """A connection on which the client offers a ticket, and the next hello; the judge tells."""

    def run(stage: Stage) -> None:
        made = stage.offering()
        if made is not None:
            stage.say(made[0], *word)
            stage.server()

    return run


def full(make: Make) -> Callable[[Stage], None]:
    """A full handshake up to this Finished, then data, then the next hello."""

    def run(stage: Stage) -> None:
        puppet, _ = stage.server()
        stage.say(puppet, *ISSUE[:-1], finished_of(make), server(Message.ApplicationData))
        stage.server()

    return run


def short(make: Make, renew: bool) -> Callable[[Stage], None]:
    """An abbreviated handshake up to this Finished, then data, then the next hello."""

    def run(stage: Stage) -> None:
        made = stage.offering()
        if made is None:
            return
        puppet, said = made
        begin = (resumption(said, Extension.EMPTY), TICKET) if renew else (resumption(said),)
        stage.say(puppet, *begin, CHANGE, finished_of(make), server(Message.ApplicationData))
        stage.server()

    return run


def certificate_behind_echo(stage: Stage) -> None:
    """An echo, then a full handshake: K-04 leaves it open whether the client goes on, so a note."""
    made = stage.offering()
    if made is None:
        return
    puppet, said = made
    if not said.session_id:
        stage.miss("the client sends no session_id beside a ticket")
    elif goes_on(stage.say(puppet, answer(Extension.ABSENT, SessionId.ECHOED), *FLIGHT)):
        stage.excuse()
        stage.blame("K-04", "It went on with a full handshake behind an echo of its session_id.", "note")


def hello_request(stage: Stage) -> None:
    """A HelloRequest in the midst of a handshake is passed over."""
    puppet, _ = stage.server()
    if refuses(stage.say(puppet, EMPTY, server(Message.HelloRequest), *ISSUE[1:])):
        plainly, _ = stage.server()
        if not refuses(stage.say(plainly, *ISSUE)):
            stage.excuse(at=puppet)
            stage.blame("R5246-7.4.1.1-01", "A HelloRequest came in mid-handshake.", at=puppet, due="no alert")


def refused(clause: str, *bodies: bytes) -> Callable[[Stage], None]:
    """A NewSessionTicket that does not fit its format is refused, and the client lives."""

    def run(stage: Stage) -> None:
        for body in bodies:
            puppet, _ = stage.server()
            heard = stage.say(puppet, *ISSUE[:-3], giving_body(body))
            heard += stage.say(puppet, *SERVER_END, server(Message.ApplicationData))
            if goes_on(heard):
                stage.excuse(clause)
                stage.blame(clause, f"It took a NewSessionTicket of {len(body)} octets that does not fit its format.")
                return
        if stage.server()[1] is None:
            stage.blame(clause, "It connects no more.", due="an alert, and another connection")

    return run


def empty_ticket(stage: Stage) -> None:
    """A ticket of zero length is none: what follows is no resumption, as it is none without any ticket."""
    puppet, _ = stage.server()
    if not refuses(stage.say(puppet, ABSENT, CHANGE)):
        stage.miss("the client takes ChangeCipherSpec without a ticket as well")
        return
    puppet, _ = stage.server()
    stage.say(puppet, *ISSUE[:-3], TICKET.but(ticket=Ticket.EMPTY), *SERVER_END)
    puppet, _ = stage.server()
    if not refuses(stage.say(puppet, ABSENT, CHANGE)):
        stage.excuse()
        stage.blame("R5077-3.3-07c", "It takes ChangeCipherSpec for a resumption, by a ticket of zero length.")


def after_fatal_alert(stage: Stage) -> None:
    """A session is not offered again once its connection has ended in a fatal alert."""
    puppet = stage.issue()
    if puppet.ended or not puppet.handshake.complete:
        stage.miss("the client leaves before it can be told")
        return
    stage.say(puppet, server(Message.Alert, alarm=Alarm.UNEXPECTED))
    _, said = stage.server()
    if said is not None and said.session_ticket:
        stage.excuse()
        stage.blame("R5246-7.2.2-01", "Its connection had ended in a fatal alert.")


def renegotiated(stage: Stage) -> None:
    """A ticket that ServerHello has not announced is refused in a renegotiation, too."""
    puppet, _ = stage.server()
    heard = stage.say(puppet, *ISSUE, server(Message.HelloRequest))
    if not any(event.message == "ClientHello" for event in heard):
        stage.miss("the client does not negotiate anew")
    elif not refuses(stage.say(puppet, ABSENT, *FLIGHT, TICKET)):
        stage.excuse()
        stage.blame("R5246-7.4-01", "In a renegotiation it took a ticket that ServerHello had not announced.")


# --- what a connection leaves behind ----------------------------------------------------------------------------------

RENEW = (EMPTY, TICKET, *SERVER_END)
SHORT = (ABSENT, *SERVER_END)
ENDS = {
    "the end of the transport": server(Message.Close),
    "a fatal alert": server(Message.Alert, alarm=Alarm.UNEXPECTED),
}


def cut(word: tuple[Event, ...], end: Event, offering: bool) -> Callable[[Stage], None]:
    """A handshake that breaks off behind these messages, then two hellos; the judge tells."""

    def run(stage: Stage) -> None:
        made = stage.offering() if offering else stage.server()
        if made is None:
            return
        puppet, said = made
        echoed = said is not None and offering and said.session_id
        first = word[0].but(session_id=SessionId.ECHOED) if echoed else word[0]
        stage.say(puppet, first, *word[1:], end)
        stage.server()
        stage.server()

    return run


CLIENT_LEFT_BEHIND = family("left behind", "client", "what a broken connection leaves behind", (
    *(Trial(f"a full handshake cut behind {length} messages by {how}", cut(ISSUE[:length], end, offering=False))
      for length in range(4, len(ISSUE) + 1) for how, end in ENDS.items()),
    *(Trial(f"a resumption cut behind {length} messages by {how}", cut(SHORT[:length], end, offering=True))
      for length in range(1, len(SHORT) + 1) for how, end in ENDS.items()),
    *(Trial(f"a renewal cut behind {length} messages by {how}", cut(RENEW[:length], end, offering=True))
      for length in range(1, len(RENEW) + 1) for how, end in ENDS.items()),
))  # fmt: skip

CLIENT_MESSAGES = family("messages", "client", "Finished of other octets, and messages out of place", (
    *(Trial(f"full handshake, Finished: {name}", full(make)) for name, make in WRONG.items()),
    *(Trial(f"abbreviated handshake, Finished: {name}", short(make, renew=False)) for name, make in WRONG.items()),
    *(Trial(f"abbreviated handshake with a renewal, Finished: {name}", short(WRONG[name], renew=True))
      for name in ("octet 1 changed", "11 octets")),
    Trial("a renewal with empty session_ids", told_on_resumption(EMPTY, TICKET, *SERVER_END)),
    Trial("a Certificate behind an echo", certificate_behind_echo),
    Trial("a HelloRequest in mid-handshake", hello_request),
    Trial("a NewSessionTicket of less than six octets", refused("R5077-3.3-13", *map(bytes, range(6)))),
    Trial("a NewSessionTicket of TLS 1.3", refused("R5077-3.3-13", BODY_OF_1_3)),
    Trial("a ticket of zero length, then no full handshake", empty_ticket),
    Trial("a ticket that the extension announces with contents", told(
        answer(Extension.FILLED), *FLIGHT, TICKET, *SERVER_END)),
    Trial("a ticket that is announced twice", told(answer(Extension.REPEATED), *FLIGHT, TICKET, *SERVER_END)),
    Trial("a ticket beside a session_id", told(
        answer(Extension.EMPTY, SessionId.FRESH), *FLIGHT, TICKET, *SERVER_END)),
    Trial("a session_id and no ticket", told(OTHER_ID, *FLIGHT, *SERVER_END)),
    Trial("a fatal alert behind the handshake, then the next hello", after_fatal_alert),
    Trial("a ticket in a renegotiation that does not announce it", renegotiated),
))  # fmt: skip
