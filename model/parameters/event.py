"""What the hellos of a connection ask for and answer beside the ticket, and which way the handshake goes then.

The sessions are those that the observer has seen begin: a hello offers one of them, or none that is known.  What an
endpoint knows of an extension shows by its having used it before; until then nothing is held against it.  One
declaration, :class:`HelloEventFields`, as in :mod:`rfc5077.model.event`; a field that does not belong to an utterance
keeps its plainest value.
"""

from __future__ import annotations

from enum import Enum, auto

import z3

from rfc5077.model.event import CLIENT, Party
from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic


class Utterance(Enum):
    """What is said, as far as the parameters of the hellos are concerned."""

    CLIENT_HELLO = auto()
    SERVER_HELLO = auto()
    SHORT = auto()  # the server's next message: only an abbreviated handshake has it
    FULL = auto()  # the server's next message: only a full handshake has it
    ONWARD = auto()  # the client's messages that build on ServerHello
    REFUSAL = auto()  # a fatal alert
    NAME_REFUSAL = auto()  # the fatal alert unrecognized_name


class Signal(Enum):
    """Secure renegotiation in a hello (RFC 5746)."""

    ABSENT = auto()
    GIVEN = auto()  # renegotiation_info without contents, or the signalling suite in ClientHello
    FILLED = auto()  # renegotiation_info with contents


class NameRelation(Enum):
    """ClientHello's server name beside that of the session; upper and lower case are the same."""

    SAME = auto()  # the same, or none on both sides
    OTHER = auto()
    LOST = auto()  # the session had one, the hello has none
    GAINED = auto()  # the hello has one, the session had none


class NameAnswer(Enum):
    """server_name in ServerHello (RFC 6066, section 3)."""

    ABSENT = auto()
    EMPTY = auto()
    FILLED = auto()


class ProtocolAnswer(Enum):
    """The application protocol in ServerHello (RFC 7301)."""

    ABSENT = auto()
    ONE = auto()
    STRANGE = auto()  # one, which ClientHello did not list
    NOT_ONE = auto()  # none, or more than one


class VersionAnswer(Enum):
    """ServerHello's version."""

    RIGHT = auto()
    ABOVE = auto()  # higher than ClientHello's
    BELOW = auto()  # lower than what the server has answered to the same hello before


U = Utterance


class HelloEventFields:
    """One utterance."""

    sender = Choice(CLIENT)
    utterance = Choice(U.CLIENT_HELLO)
    ems = Flag()  # both hellos: extended_master_secret
    signal = Choice(Signal.ABSENT)  # both hellos
    # ClientHello
    old_format = Flag()  # in the format of SSL 2.0
    by_id = Flag()  # session_id is not empty
    session = Flag()  # a session that was seen to begin is offered, by its ticket or its session_id
    session_ems = Flag()  # that session has the extended master secret
    keeps_suite = Flag()  # its suite and its compression are among those offered
    keeps_version = Flag()  # its version is among those offered
    names = Choice(NameRelation.SAME)
    client_knows_ems = Flag()  # the client has sent the extension in an earlier hello for the same name
    server_knows_ems = Flag()  # the server has answered the extension, for the same name
    server_knows_names = Flag()  # the server has heeded a server name before
    server_knows_1_3 = Flag()  # the server has shown, for the same name, that it speaks TLS 1.3
    answered_before = Flag()  # the server has gone on after such a hello without this ticket
    # ServerHello
    suite_offered = Flag()  # suite and compression are among those that ClientHello offers
    suite_kept = Flag()  # suite and compression are those of the session
    version = Choice(VersionAnswer.RIGHT)
    name = Choice(NameAnswer.ABSENT)
    limits = Flag()  # another extension of RFC 6066
    sealed = Flag()  # another extension that is settled when a session begins
    signature_algorithms = Flag()
    protocols = Choice(ProtocolAnswer.ABSENT)
    marked = Flag()  # the random ends with the mark of a server of TLS 1.3 that speaks TLS 1.2


class HelloEvent(Concrete, HelloEventFields):
    """An utterance as a value."""


class HelloEventTerm(Symbolic, HelloEventFields):
    """An utterance as z3 terms."""

    def is_(self, *utterances: Utterance) -> z3.BoolRef:
        """True for these utterances, whoever's."""
        return self.utterance.among(*utterances)

    def sends(self, sender: Party, *utterances: Utterance) -> z3.BoolRef:
        """True where ``sender`` utters one of these."""
        return z3.And(self.sender.is_(sender), self.utterance.among(*utterances))
