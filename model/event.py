"""Events: what passes between client and server, and the few steps that only one of them sees.

One declaration, :class:`EventFields`; :class:`Event` is the value, :class:`EventTerm` the z3 view.  A field that does
not belong to a message keeps its plainest value.
"""

from __future__ import annotations

from enum import Enum, auto

import z3

from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic


class Party(Enum):
    """Who speaks."""

    CLIENT = auto()
    SERVER = auto()


CLIENT, SERVER = Party.CLIENT, Party.SERVER


class Message(Enum):
    """What is said, by the names of RFC 5246 and RFC 5077; then what happens beside this connection's wire."""

    ClientHello = auto()
    ServerHello = auto()
    Certificate = auto()
    CertificateStatus = auto()
    ServerKeyExchange = auto()
    CertificateRequest = auto()
    ServerHelloDone = auto()
    ClientKeyExchange = auto()
    CertificateVerify = auto()
    ChangeCipherSpec = auto()
    NewSessionTicket = auto()
    Finished = auto()
    HelloRequest = auto()
    Unrecognised = auto()  # a handshake or record type that TLS 1.2 does not know
    ApplicationData = auto()
    Alert = auto()
    Close = auto()  # the transport ends
    # Beside the wire of this connection:
    Verification = auto()  # a party compares the Finished that it received with its own
    Conclusion = auto()  # the client makes up its mind whether the session is resumed
    NextClientHello = auto()  # the client's hello on a later or parallel connection, by what it takes from this one
    OldTicketAnswer = auto()  # what the server says elsewhere to the ticket that this connection presented
    Silence = auto()  # everything was delivered, the party had its turn, and sent nothing


class Extension(Enum):
    """The SessionTicket extension of a hello."""

    ABSENT = auto()
    EMPTY = auto()
    LIVE = auto()  # the body is a ticket that this server issued, octet for octet
    OLD = auto()  # such a ticket, for which the server has issued a renewal since
    FOREIGN = auto()  # a ticket that this server cannot open: sealed under another key, or by nobody
    ANOTHERS = auto()  # a ticket that another server issued to this client; whether this one can open it is not known
    DAMAGED = auto()  # a ticket of this server, altered, truncated or extended
    WRAPPED = auto()  # the body repeats its length inside, as RFC 4507 had it
    FILLED = auto()  # in ServerHello: any body at all
    REPEATED = auto()  # the extension stands twice


OPENABLE = (Extension.LIVE, Extension.OLD, Extension.ANOTHERS)
"""Tickets that the server can open, or may be able to."""

UNVERIFIABLE = (Extension.FOREIGN, Extension.DAMAGED, Extension.WRAPPED)
"""Tickets that the server cannot open."""

TICKETS = (*OPENABLE, *UNVERIFIABLE)
"""The bodies that the server takes for a ticket."""


class SessionId(Enum):
    """The session_id of a hello."""

    EMPTY = auto()
    FRESH = auto()  # in ClientHello: of the client's making; in ServerHello: neither empty nor the client's
    CACHED = auto()  # in ClientHello: the id of a session that this server may still hold
    ECHOED = auto()  # in ServerHello: the client's own, not empty


class Exchange(Enum):
    """The kind of key exchange that ServerHello's suite brings with it."""

    EPHEMERAL = auto()  # certificate and ServerKeyExchange
    RSA = auto()  # certificate alone
    OTHER = auto()  # anonymous or pre-shared: either may be missing


class Ticket(Enum):
    """The ticket of a NewSessionTicket."""

    NONE = auto()
    EMPTY = auto()
    SOME = auto()


class Certificates(Enum):
    """The client's Certificate message."""

    NONE = auto()
    EMPTY = auto()
    SOME = auto()


class Content(Enum):
    """Whether a message says what it should: well-formed, and for Finished and CertificateVerify the right octets."""

    RIGHT = auto()
    WRONG = auto()


class Alarm(Enum):
    """Alerts by kind (RFC 5246, section 7.2.2)."""

    NONE = auto()
    CLOSE_NOTIFY = auto()
    WARNING = auto()
    UNEXPECTED = auto()  # unexpected_message
    MALFORMED = auto()  # decode_error, illegal_parameter, unsupported_extension, record_overflow
    INTEGRITY = auto()  # bad_record_mac, decrypt_error
    CERTIFICATE = auto()  # anything about certificates
    REFUSAL = auto()  # handshake_failure, protocol_version, unrecognized_name, ...
    INTERNAL = auto()  # internal_error
    UNRELATED = auto()  # a refusal, by one of REFUSAL's alerts, of something else than the ticket


FATAL = (
    Alarm.UNEXPECTED,
    Alarm.MALFORMED,
    Alarm.INTEGRITY,
    Alarm.CERTIFICATE,
    Alarm.REFUSAL,
    Alarm.INTERNAL,
    Alarm.UNRELATED,
)


class Offer(Enum):
    """What a client's next hello takes from this connection."""

    NOTHING = auto()
    PRESENTED = auto()  # the ticket that this connection's ClientHello carried
    ISSUED = auto()  # the ticket that this connection's NewSessionTicket brought
    DISCARDED_ID = auto()  # no ticket, but the session_id of this connection's ServerHello


class EventFields:
    """One event."""

    sender = Choice(CLIENT)
    message = Choice(Message.ClientHello)
    extension = Choice(Extension.ABSENT)
    session_id = Choice(SessionId.EMPTY)
    exchange = Choice(Exchange.EPHEMERAL)
    ticket = Choice(Ticket.NONE)
    certificates = Choice(Certificates.NONE)
    content = Choice(Content.RIGHT)
    alarm = Choice(Alarm.NONE)
    offer = Choice(Offer.NOTHING)
    resumes = Flag()  # ServerHello, Conclusion, OldTicketAnswer: the speaker's decision; nobody else sees it
    swapped = Flag()  # NewSessionTicket, delivered: not the ticket that was sent; nobody sees it
    omits_ticket = Flag()  # Finished: NewSessionTicket was left out of the hash; nobody else sees it


class Event(Concrete, EventFields):
    """An event as a value."""


class EventTerm(Symbolic, EventFields):
    """An event as z3 terms."""

    def is_(self, *messages: Message) -> z3.BoolRef:
        """True for these messages, whoever sends them."""
        return self.message.among(*messages)

    def sends(self, sender: Party, *messages: Message) -> z3.BoolRef:
        """True where ``sender`` sends one of these messages."""
        return z3.And(self.sender.is_(sender), self.message.among(*messages))

    def aborts(self, sender: Party) -> z3.BoolRef:
        """True where ``sender`` sends a fatal alert."""
        return z3.And(self.sends(sender, Message.Alert), self.alarm.among(*FATAL))


BESIDE = (Message.Verification, Message.Conclusion, Message.NextClientHello, Message.OldTicketAnswer, Message.Silence)
"""Events that are no message on this connection."""
