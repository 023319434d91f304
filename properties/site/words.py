"""Events in few words, for drawings."""

from __future__ import annotations

import re

from rfc5077.model.event import Event
from rfc5077.properties.verdict.judge import name_of

_BRIEF = {"session_ticket=": "ticket ", "session_id=": "id ", "ticket=": "ticket "}


def brief(event: Event) -> str:
    """The message with what it brings; a session_id that is empty and an extension that is absent go without saying."""
    name = name_of(event).partition(":")[2]
    for plain in ("session_ticket=absent", "session_id=empty"):
        name = name.replace(plain, "")
    for long, short in _BRIEF.items():
        name = name.replace(long, short)
    return re.sub(r"\(,*\)", "", name).replace("(,", "(").replace(",)", ")").replace(",", ", ")
