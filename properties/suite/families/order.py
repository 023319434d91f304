"""Messages of other octets, or where none of the kind belongs, said to a server."""

from __future__ import annotations

from collections.abc import Callable

from rfc5077.model.event import Content, Extension, Message, SessionId
from rfc5077.properties.suite.families.events import (
    CLIENT_CHANGE,
    CLIENT_END,
    FULL,
    client,
    hello,
)
from rfc5077.properties.suite.families.family import Trial, family
from rfc5077.properties.suite.families.sayings import WRONG, Make, finished_of, ticket_from_the_client
from rfc5077.properties.suite.families.stage import Outcome, Stage

EMPTY, LIVE, OLD, ABSENT = Extension.EMPTY, Extension.LIVE, Extension.OLD, Extension.ABSENT


def full(make: Make) -> Callable[[Stage], None]:
    """A full handshake up to this Finished, then data."""

    def run(stage: Stage) -> None:
        puppet = stage.client()
        stage.begin(puppet)
        stage.say(puppet, CLIENT_CHANGE, finished_of(make), client(Message.ApplicationData))

    return run


def short(make: Make) -> Callable[[Stage], None]:
    """An abbreviated handshake up to this Finished, then data."""

    def run(stage: Stage) -> None:
        if not stage.mint():
            return
        puppet = stage.client()
        heard = stage.say(puppet, hello(LIVE))
        if any(event.message == "ServerHelloDone" for event in heard):
            stage.miss("the server resumes by no ticket")
            return
        stage.say(puppet, CLIENT_CHANGE, finished_of(make), client(Message.ApplicationData))

    return run


def at_every_place(stage: Stage) -> None:
    """A NewSessionTicket of the client's, at each place of a full handshake."""
    for length in range(1, len(FULL) + 1):
        stage.say(stage.client(), *FULL[:length], ticket_from_the_client)


# --- what a connection leaves behind ----------------------------------------------------------------------------------


def cut(length: int) -> Callable[[Stage], None]:
    """An abbreviated handshake that ends after so many of the client's messages; then the same ticket, and the newer
    one if there is."""

    def run(stage: Stage) -> None:
        if not stage.mint():
            return
        puppet = stage.client()
        stage.say(puppet, *(hello(LIVE), *CLIENT_END)[:length], client(Message.Close))
        for kind, there in ((OLD, stage.memory.old), (LIVE, stage.memory.live)):
            if there is not None:
                stage.shake(hello(kind))

    return run


def twice(stage: Stage) -> None:
    """A ticket that was used, used again."""
    if stage.mint():
        stage.shake(hello(LIVE))
        stage.shake(hello(OLD if stage.memory.old is not None else LIVE))


def failed(stage: Stage) -> None:
    """A full handshake whose Finished was wrong, then the session_id that the server made in it."""
    puppet = stage.client()
    stage.begin(puppet, hello(ABSENT))
    stage.say(puppet, CLIENT_CHANGE, client(Message.Finished, content=Content.WRONG))
    answered, session = puppet.handshake.server_hello, puppet.handshake.session
    if answered is None or not answered.session_id or session is None:
        stage.miss("the server makes no session_id")
        return
    stage.memory.ids[answered.session_id] = session
    if stage.shake(hello(ABSENT, SessionId.CACHED)).outcome is Outcome.RESUMED:
        stage.blame("R5246-7.4.1.2-01", "It resumed the session of a handshake whose Finished was wrong.",
                    due="a full handshake")


def looked_up(kind: Extension) -> Callable[[Stage], None]:
    """A session with an id, then its id beside a ticket that cannot be opened."""

    def run(stage: Stage) -> None:
        stage.shake(hello(ABSENT))
        if stage.memory.cached_id is None:
            stage.miss("the server makes no session_id")
            return
        stage.say(stage.client(), hello(kind, SessionId.CACHED))

    return run


ORDER = family("messages", "server", "Finished of other octets, and messages of the other side", (
    *(Trial(f"abbreviated handshake, Finished: {name}", short(make)) for name, make in WRONG.items()),
    *(Trial(f"full handshake, Finished: {name}", full(make)) for name, make in WRONG.items()),
    Trial("NewSessionTicket from the client", at_every_place),
))  # fmt: skip

LEFT_BEHIND = family("left behind", "server", "what broken and repeated connections leave behind", (
    *(Trial(f"a resumption cut after {length} messages, then both tickets", cut(length)) for length in (1, 2, 3)),
    Trial("a ticket used twice", twice),
    Trial("the session_id of a handshake that failed", failed),
    Trial("the session_id of a session beside a strange ticket", looked_up(Extension.FOREIGN)),
))  # fmt: skip
