"""Lengths of session_id beside every kind of ticket, said to a server: whose session it is decides the ticket alone."""

from __future__ import annotations

from collections.abc import Callable

from rfc5077.model.event import TICKETS, Extension, SessionId
from rfc5077.properties.adapters.identity import seeded
from rfc5077.properties.suite.families.events import hello
from rfc5077.properties.suite.families.family import Trial, family
from rfc5077.properties.suite.families.stage import Stage

LENGTHS = (0, 1, 16, 31, 32, 33)
"""The least, the most and one more, and what is easily left out."""

KINDS = {
    Extension.ABSENT: "no extension",
    Extension.EMPTY: "an empty extension",
    Extension.LIVE: "a good ticket",
    Extension.DAMAGED: "a damaged ticket",
    Extension.FOREIGN: "a ticket of another key",
    Extension.WRAPPED: "a ticket in the encoding of RFC 4507",
}


def beside(kind: Extension, length: int) -> Callable[[Stage], None]:
    """A handshake with a session_id of this length beside this kind of ticket."""

    def run(stage: Stage) -> None:
        if kind in TICKETS and kind is not Extension.FOREIGN and not stage.mint():
            return
        octets = seeded(f"id of {length}")(length)
        stage.shake(hello(kind, SessionId.FRESH if length else SessionId.EMPTY), own_id=octets)

    return run


def cached(kind: Extension) -> Callable[[Stage], None]:
    """A handshake with a session_id that the server has made beside this kind of ticket."""

    def run(stage: Stage) -> None:
        stage.shake(hello(Extension.ABSENT))
        if kind in TICKETS and kind is not Extension.FOREIGN and not stage.mint():
            return
        if stage.memory.cached_id is None:
            stage.miss("the server makes no session_id")
            return
        stage.shake(hello(kind, SessionId.CACHED))

    return run


IDS = family("ids", "server", "session_id lengths beside every kind of ticket", (
    *(Trial(f"{called} beside {length} octets of session_id", beside(kind, length))
      for kind, called in KINDS.items() for length in LENGTHS),
    *(Trial(f"{called} beside a session_id of the server's", cached(kind)) for kind, called in KINDS.items()),
))  # fmt: skip
