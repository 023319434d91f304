"""Recorded event to model event, with a memory over the connections of one client and one server.

Only this room and the driver speak both languages.  What the observer cannot know stays open: an event then has several
alternatives, and whoever judges holds every one of them possible.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import count

from rfc5077.model.event import (
    CLIENT,
    FATAL,
    SERVER,
    Alarm,
    Certificates,
    Content,
    Event,
    Exchange,
    Extension,
    Message,
    Offer,
    Party,
    SessionId,
    Ticket,
)
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.trace.registry import EXCHANGES, FIXED_DIFFIE_HELLMAN, alarm_of

Alternatives = tuple[Event, ...]
"""What one recorded event may have been; never empty."""

Fed = tuple[int, Alternatives]
"""A connection and what happens on it."""

SESSION_TICKET = 35  # R5077-3.2-11
STATUS_REQUEST = 5  # RFC 6066, section 8

_PARTIES: dict[str, Party] = {"client": CLIENT, "server": SERVER}
_MESSAGES: dict[str, Message] = {message.name: message for message in Message}
_RECENT = 64  # how many issued tickets a damaged copy is compared with
_PRESENTERS = 8  # how many of the connections that presented a ticket hear of its next use

_OLD_EMPTY = b"\x00\x00"
"""The body of an empty SessionTicket extension with a length inside, as RFC 4507 may have it."""
_OTHER_REASONS = ("Close", "HelloRequest")
"""Where a party refuses directly after one of these, nothing says that it refuses what came before."""

_ANY_ALARM = tuple(alarm for alarm in Alarm if alarm is not Alarm.NONE)


# --- what needs no memory ---------------------------------------------------------------------------------------------


@cache
def _plain(sender: str, message: str, content: Content) -> Alternatives:
    return (Event(sender=_PARTIES[sender], message=_MESSAGES[message], content=content),)


def _content(event: RecordedEvent) -> Content:
    return Content.RIGHT if event.malformed is None else Content.WRONG


def _other(event: RecordedEvent) -> Alternatives:
    return _plain(event.sender, event.message, _content(event))


def _checked(event: RecordedEvent) -> Alternatives:
    """Finished or CertificateVerify."""
    if event.omits_ticket:  # R5077-3.3-04
        return (_plain(event.sender, event.message, Content.WRONG)[0].but(omits_ticket=True),)
    right = _plain(event.sender, event.message, Content.RIGHT)
    wrong = _plain(event.sender, event.message, Content.WRONG)
    if event.malformed is not None or event.verified is False:
        return wrong
    return right if event.verified else right + wrong


@cache
def _alarmed(sender: str, alarms: tuple[Alarm, ...], content: Content) -> Alternatives:
    party = _PARTIES[sender]
    return tuple(Event(sender=party, message=Message.Alert, alarm=alarm, content=content) for alarm in alarms)


def _alert(event: RecordedEvent) -> Alternatives:
    if event.alert_description is None:  # protected: it may be any
        return _alarmed(event.sender, _ANY_ALARM, _content(event))
    return _alarmed(event.sender, (alarm_of(event.alert_level, event.alert_description),), _content(event))


@cache
def _certified(sender: str, certificates: Certificates, content: Content) -> Alternatives:
    party = _PARTIES[sender]
    return (Event(sender=party, message=Message.Certificate, certificates=certificates, content=content),)


def _certificate(event: RecordedEvent, suite: int | None) -> Alternatives:
    if event.sender == "server":
        return _other(event)
    if event.certificates == 0:
        return _certified(event.sender, Certificates.EMPTY, _content(event))
    some = _certified(event.sender, Certificates.SOME, _content(event))
    # RFC 5246, section 7.4.8: a certificate with fixed Diffie-Hellman parameters signs nothing.
    fixed = _certified(event.sender, Certificates.EMPTY, _content(event))
    return some + fixed if suite in FIXED_DIFFIE_HELLMAN else some


@cache
def _ticketed(sender: str, ticket: Ticket, content: Content) -> Alternatives:
    return (Event(sender=_PARTIES[sender], message=Message.NewSessionTicket, ticket=ticket, content=content),)


@cache
def _server_hello(
    sender: str, extension: Extension, session_id: SessionId, exchange: Exchange, content: Content
) -> Alternatives:
    return (Event(
        sender=_PARTIES[sender], message=Message.ServerHello, extension=extension, session_id=session_id,
        exchange=exchange, content=content,
    ),)  # fmt: skip


@cache
def _client_hello(
    sender: str, extensions: tuple[Extension, ...], session_ids: tuple[SessionId, ...], content: Content
) -> Alternatives:
    party, message = _PARTIES[sender], Message.ClientHello
    return tuple(
        Event(sender=party, message=message, extension=extension, session_id=session_id, content=content)
        for extension in extensions
        for session_id in session_ids
    )


_OFFERS: dict[Offer, Alternatives] = {
    offer: (Event(sender=CLIENT, message=Message.NextClientHello, offer=offer),) for offer in Offer
}


def _answered(event: RecordedEvent, asked: bytes) -> Extension:
    """ServerHello's extension; ``asked`` is the body of ClientHello's."""
    if event.session_ticket is None:
        return Extension.ABSENT
    if event.extensions is not None and event.extensions.count(SESSION_TICKET) > 1:
        return Extension.REPEATED
    if event.session_ticket == asked == _OLD_EMPTY:  # R5077-A-05: answered in the encoding in which it came
        return Extension.EMPTY
    return Extension.FILLED if event.session_ticket else Extension.EMPTY


# --- what needs memory ------------------------------------------------------------------------------------------------


_Hello = tuple[tuple[int, ...], frozenset[int], str | None]
"""What a server may refuse a ClientHello for, tickets aside: suites, extensions, name."""


def _hello(event: RecordedEvent) -> _Hello:
    extensions = frozenset(event.extensions or ()) - {SESSION_TICKET}
    return tuple(event.cipher_suites or ()), extensions, event.server_name


@dataclass(slots=True)
class _Memory:
    """One handshake: a connection's first, or a further one."""

    number: int
    client_id: bytes = b""
    presented: bytes = b""  # the ticket in its ClientHello
    made_id: bytes = b""  # the session_id that the server made
    latest: str = ""  # the server's latest message
    other: str = ""  # the client's
    suite: int | None = None
    staples: bool | None = None  # whether ServerHello has announced CertificateStatus; None if that was not recorded
    hello: _Hello | None = None
    brought: bytes = b""  # the ticket that the server gave
    opened: bool = False


@dataclass(slots=True)
class _Shared:
    """What the handshakes of the pair have left behind."""

    kinds: dict[bytes, Extension] = field(default_factory=dict)  # what a ClientHello with this body carries
    issuers: dict[bytes, int] = field(default_factory=dict)  # ticket to the handshake that brought it
    vouched: dict[bytes, int] = field(default_factory=dict)  # the same, where the server's Finished followed
    recent: deque[tuple[bytes, int]] = field(default_factory=lambda: deque(maxlen=_RECENT))  # tickets, also as numbers
    presenters: dict[bytes, deque[int]] = field(default_factory=dict)
    made_ids: dict[bytes, int] = field(default_factory=dict)  # server-made session_id to its handshake
    answered: set[_Hello] = field(default_factory=set)  # what a ServerHello has answered


class Abstraction:
    """The memory over one pair of client and server.

    :param complete: whether everything that this pair ever said to each other is observed, from the first contact on.
    """

    def __init__(self, complete: bool) -> None:
        self._complete = complete
        self._handshakes: dict[int, _Memory] = {}
        self._numbers = count(-1, -1)
        self._further: dict[int, int] = {}  # connection to the handshake under way on it, from its second on
        self._shared = _Shared()
        self._remembering: dict[str, Callable[[_Memory, RecordedEvent], tuple[Fed, ...]]] = {
            "ClientHello": self._client_hello,
            "ServerHello": self._server_hello,
            "NewSessionTicket": self._new_session_ticket,
            "Certificate": self._certificate,
            "CertificateStatus": self._certificate_status,
            "Alert": self._alert,
            "Finished": self._finished,
        }

    def know(self, ticket: bytes, kind: Extension) -> None:
        """A harness says what a ticket is; from then on nothing counts as unobserved."""
        self._shared.kinds[ticket] = kind
        self._complete = True

    def keys_changed(self) -> None:
        """A harness says that the server can open nothing any more that it has issued so far."""
        self._shared.kinds = dict.fromkeys(self._shared.kinds, Extension.FOREIGN)
        self._complete = True

    def begins_anew(self, connection: int) -> int:
        """A further handshake begins on the connection (RFC 5077, section 5.8); returns its number, a negative one."""
        number = self._further[connection] = next(self._numbers)
        self._handshakes[number] = _Memory(number)
        return number

    def observe(self, event: RecordedEvent) -> tuple[Fed, ...]:
        """What the event is, as pairs of a handshake's number and alternatives.

        A connection's first handshake has its number. The last pair is the event itself, in the handshake under way;
        before it comes what a ClientHello means for earlier handshakes.
        """
        number = self._further.get(event.connection, event.connection)
        memory = self._handshakes.get(number)
        if memory is None:
            memory = self._handshakes[number] = _Memory(number)
        remember = self._remembering.get(event.message)
        if remember is not None:
            fed = remember(memory, event)
        else:
            fed = ((number, _checked(event) if event.message == "CertificateVerify" else _other(event)),)
        if event.sender == "server":
            memory.latest = event.message
        else:
            memory.other = event.message
        return fed

    def _client_hello(self, memory: _Memory, event: RecordedEvent) -> tuple[Fed, ...]:
        body = event.session_ticket
        if body and event.ticket_kind is not None:
            self.know(body, Extension[event.ticket_kind.upper()])
        session_id = event.session_id or b""
        twice = event.extensions is not None and event.extensions.count(SESSION_TICKET) > 1
        kinds = (Extension.REPEATED,) if twice and body is not None else self._kinds(body)
        alternatives = _client_hello(event.sender, kinds, self._ids(session_id), _content(event))
        itself = (memory.number, alternatives)
        memory.client_id = session_id
        memory.hello = _hello(event)
        if memory.opened or event.sender != "client":  # not under way yet, or nonsense: nothing new is offered
            return (itself,)
        memory.opened = True
        memory.presented = body or b""
        if memory.number < 0:  # who has it already offers nothing new
            return (itself,)
        return (*self._offers(memory.number, body or b"", session_id), itself)

    def _kinds(self, body: bytes | None) -> tuple[Extension, ...]:
        """What the SessionTicket extension of a ClientHello is."""
        if not body:
            return (Extension.ABSENT if body is None else Extension.EMPTY,)
        known = self._shared.kinds.get(body)
        if known is not None:
            return (known,)
        if _has_inner_length(body) and (len(body) == 2 or body[2:] in self._shared.kinds):  # R5077-3.2-12
            return (Extension.WRAPPED,)
        copy = self._copy(body)
        # R5077-3-02: a ticket may have come another way; that it seems to begin with its length may be chance.
        return copy or (Extension.LIVE, Extension.FOREIGN)

    def _copy(self, body: bytes) -> tuple[Extension, ...]:
        """Whether the body is a damaged copy of a ticket that was issued; empty if it is none."""
        length, number = len(body), int.from_bytes(body, "big")
        for ticket, value in reversed(self._shared.recent):
            if len(ticket) == length:
                if (value ^ number).bit_count() <= length:  # an eighth of the bits; unrelated ones differ in half
                    return self._likely_damaged()
            elif len(ticket) > length:
                if ticket.startswith(body):
                    return self._likely_damaged()
            elif body.startswith(ticket):
                # Corner case 33: where octets were appended, an honest seal may still verify.
                return (Extension.DAMAGED, Extension.LIVE)
        return ()

    def _likely_damaged(self) -> tuple[Extension, ...]:
        """Tickets are opaque: where not all were seen, one that looks like a copy may have been issued so."""
        return (Extension.DAMAGED,) if self._complete else (Extension.DAMAGED, Extension.LIVE, Extension.FOREIGN)

    def _ids(self, session_id: bytes) -> tuple[SessionId, ...]:
        """What the session_id of a ClientHello is."""
        if not session_id:
            return (SessionId.EMPTY,)
        if session_id in self._shared.made_ids:
            return (SessionId.CACHED,)
        return (SessionId.FRESH,) if self._complete else (SessionId.FRESH, SessionId.CACHED)

    def _offers(self, connection: int, ticket: bytes, session_id: bytes) -> tuple[Fed, ...]:
        """What the ClientHello takes from earlier connections."""
        shared = self._shared
        if not ticket:
            maker = shared.made_ids.get(session_id) if session_id else None
            if maker is None or maker == connection or not self._handshakes[maker].brought:
                return ()
            return ((maker, _OFFERS[Offer.DISCARDED_ID]),)
        issuer = shared.vouched.get(ticket, shared.issuers.get(ticket))
        offers: list[Fed] = [] if issuer is None or issuer == connection else [(issuer, _OFFERS[Offer.ISSUED])]
        presenters = shared.presenters.get(ticket)
        if presenters is None:
            shared.presenters[ticket] = deque((connection,), maxlen=_PRESENTERS)
        else:
            offers += [(presenter, _OFFERS[Offer.PRESENTED]) for presenter in presenters if presenter != issuer]
            presenters.append(connection)
        return tuple(offers)

    def _server_hello(self, memory: _Memory, event: RecordedEvent) -> tuple[Fed, ...]:
        session_id = event.session_id or b""
        if not session_id:
            kind = SessionId.EMPTY
        elif session_id == memory.client_id:
            kind = SessionId.ECHOED
        else:
            kind = SessionId.FRESH
            memory.made_id = session_id
            self._shared.made_ids[session_id] = memory.number
        suite = memory.suite = event.cipher_suite
        memory.staples = None if event.extensions is None else STATUS_REQUEST in event.extensions
        if memory.hello is not None:
            self._shared.answered.add(memory.hello)
        exchange = Exchange.OTHER if suite is None else EXCHANGES.get(suite, Exchange.OTHER)
        extension = _answered(event, memory.presented)
        return ((memory.number, _server_hello(event.sender, extension, kind, exchange, _content(event))),)

    def _certificate(self, memory: _Memory, event: RecordedEvent) -> tuple[Fed, ...]:
        return ((memory.number, _certificate(event, memory.suite)),)

    def _certificate_status(self, memory: _Memory, event: RecordedEvent) -> tuple[Fed, ...]:
        # RFC 6066, section 8: without status_request in both hellos there is no such message.
        unasked = event.sender == "server" and memory.staples is False
        said = _plain(event.sender, "Unrecognised", Content.RIGHT) if unasked else _other(event)
        return ((memory.number, said),)

    def _alert(self, memory: _Memory, event: RecordedEvent) -> tuple[Fed, ...]:
        alternatives = _alert(event)
        refused = event.sender == "server" and memory.hello not in self._shared.answered
        if refused and alternatives[0].alarm is Alarm.REFUSAL:
            # Nothing shows yet that this server would have answered the same hello without a ticket.
            alternatives += _alarmed(event.sender, (Alarm.UNRELATED,), _content(event))
        elif alternatives[0].alarm in FATAL and len(alternatives) == 1 and self._has_another_reason(memory, event):
            alternatives = _alarmed(event.sender, (Alarm.UNRELATED,), _content(event))
        return ((memory.number, alternatives),)

    @staticmethod
    def _has_another_reason(memory: _Memory, event: RecordedEvent) -> bool:
        return (memory.other if event.sender == "server" else memory.latest) in _OTHER_REASONS

    def _new_session_ticket(self, memory: _Memory, event: RecordedEvent) -> tuple[Fed, ...]:
        ticket = event.ticket
        some = Ticket.EMPTY if ticket == b"" else Ticket.SOME
        itself = (memory.number, _ticketed(event.sender, some, _content(event)))
        if event.sender == "server" and ticket:
            shared, presented = self._shared, memory.presented
            if memory.latest == "ServerHello" and shared.kinds.get(presented) is Extension.LIVE:
                shared.kinds[presented] = Extension.OLD
            shared.kinds[ticket] = Extension.LIVE
            if ticket != presented:  # else the client had it before, and it has not become worse
                shared.issuers[ticket] = memory.number
            shared.recent.append((ticket, int.from_bytes(ticket, "big")))
            memory.brought = ticket
        return (itself,)

    def _finished(self, memory: _Memory, event: RecordedEvent) -> tuple[Fed, ...]:
        alternatives = _checked(event)
        if event.sender == "server" and memory.brought and alternatives[0].content is Content.RIGHT:
            self._shared.vouched[memory.brought] = memory.number
            # Where a server renews a ticket by the same octets, it is the new one that is offered from now on.
            self._shared.presenters.pop(memory.brought, None)
        return ((memory.number, alternatives),)


def _has_inner_length(body: bytes) -> bool:
    return len(body) >= 2 and int.from_bytes(body[:2], "big") == len(body) - 2
