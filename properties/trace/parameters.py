"""Recorded event to what the model says of the hellos' parameters, with a memory over the connections of one pair.

Which session a ticket or a session_id belongs to is remembered with what the session agreed on; so is what either
party has shown to know.  Where a recording leaves open what decides, the utterance has several alternatives, or that
value under which nothing is held against anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import product

from rfc5077.model.event import CLIENT, SERVER
from rfc5077.model.logic import Value
from rfc5077.model.parameters.event import (
    HelloEvent,
    NameAnswer,
    NameRelation,
    ProtocolAnswer,
    Signal,
    Utterance,
    VersionAnswer,
)
from rfc5077.properties.trace.recorded import RecordedEvent

Utterances = tuple[HelloEvent, ...]
"""What one recorded event may have been; empty if it is nothing that matters to parameters."""

SERVER_NAME, SIGNATURE_ALGORITHMS, PROTOCOLS, EXTENDED_MASTER_SECRET, SESSION_TICKET = 0, 13, 16, 23, 35
SUPPORTED_VERSIONS, RENEGOTIATION_INFO = 43, 0xFF01
LIMITS = frozenset((1, 2, 3, 4, 5))  # R6066-1.1-02: the other extensions of RFC 6066
SETTLED = frozenset((17, 18))  # R5246-7.4.1.4-05: RFC 6961 and RFC 6962 speak of new sessions alone
SIGNALLING_SUITE = 0x00FF  # R5746-3.4-01
UNRECOGNIZED_NAME, FATAL = 112, 2
TLS_1_2, TLS_1_3 = 0x0303, 0x0304

Field = tuple[str, tuple[Value, ...]]
"""A field and the values that it may have."""


@cache
def _utterances(sender: str, utterance: Utterance, fields: tuple[Field, ...]) -> Utterances:
    party = CLIENT if sender == "client" else SERVER
    names = [name for name, _ in fields]
    combined = product(*(values for _, values in fields))
    return tuple(
        HelloEvent(sender=party, utterance=utterance, **dict(zip(names, values, strict=True))) for values in combined
    )


_EITHER: tuple[Value, ...] = (False, True)


def _open(value: bool | None) -> tuple[Value, ...]:
    return _EITHER if value is None else (value,)


def _has(event: RecordedEvent, kind: int) -> bool | None:
    return None if event.extensions is None else kind in event.extensions


def _signal(event: RecordedEvent) -> tuple[Value, ...]:
    """What a hello says about secure renegotiation; whichever is open."""
    if event.renegotiation_info is not None:
        return (Signal.FILLED if event.renegotiation_info else Signal.GIVEN,)
    suite = SIGNALLING_SUITE in event.cipher_suites if event.cipher_suites else None
    info = _has(event, RENEGOTIATION_INFO)
    if info:  # its contents were not recorded
        return (Signal.GIVEN, Signal.FILLED)
    if event.message == "ServerHello":
        return (Signal.ABSENT,) if info is False else (Signal.ABSENT, Signal.GIVEN, Signal.FILLED)
    found = (Signal.GIVEN,) if suite else (Signal.ABSENT,) if suite is False else (Signal.ABSENT, Signal.GIVEN)
    return found if info is False else (*found, *(one for one in Signal if one not in found))


@dataclass(frozen=True, slots=True)
class _Session:
    """What a session agreed on when it began; None where that is not known."""

    connection: int
    suite: int | None
    compression: int | None
    version: int | None
    ems: bool | None
    name: str | None  # empty for none


def _name(event: RecordedEvent) -> str | None:
    """The server name in lower case, empty for none; None if it is not known."""
    if event.server_name is not None:
        return event.server_name.lower()
    return "" if _has(event, SERVER_NAME) is False else None


def _both(one: bool | None, other: bool | None) -> bool | None:
    return False if one is False or other is False else None if one is None or other is None else True


_Hello = tuple[tuple[int, ...], frozenset[int], str | None, int | None, tuple[int, ...] | None]
"""What a server may decide by, tickets aside: suites, extensions, name, version, versions."""


def _hello(event: RecordedEvent) -> _Hello:
    kinds = frozenset(event.extensions or ()) - {SESSION_TICKET}
    return tuple(event.cipher_suites or ()), kinds, event.server_name, event.version, event.versions


@dataclass(slots=True)
class _Memory:
    """One connection; the latest handshake on it."""

    hello: RecordedEvent | None = None
    answer: RecordedEvent | None = None
    offered: _Session | None = None
    session: _Session | None = None
    decided: bool = False  # the message after ServerHello has come
    built_on: bool = False  # the client has gone on
    followed: bool = True  # still the first handshake, and all of it was readable


@dataclass(slots=True)
class _Shared:
    """What the connections of the pair have left behind."""

    tickets: dict[bytes, _Session] = field(default_factory=dict)
    ids: dict[bytes, _Session] = field(default_factory=dict)
    answered: set[_Hello] = field(default_factory=set)  # what a ServerHello of TLS 1.2 has answered
    # What was shown to be known, mostly for one name: servers of other names may be others in truth.
    client_ems: set[str | None] = field(default_factory=set)
    server_ems: set[str | None] = field(default_factory=set)
    server_1_3: set[str | None] = field(default_factory=set)
    server_names: bool = False


class Parameters:
    """The memory over one pair of client and server, each under one configuration unless it is told otherwise."""

    def __init__(self) -> None:
        self._connections: dict[int, _Memory] = {}
        self._shared = _Shared()
        self._retuned: set[str] = set()
        self._reading: dict[str, Callable[[_Memory, RecordedEvent], Utterances]] = {
            "ClientHello": self._client_hello,
            "ServerHello": self._server_hello,
            "NewSessionTicket": self._new_session_ticket,
            "ChangeCipherSpec": _short,
            "Certificate": self._flight,
            "ServerKeyExchange": self._flight,
            "CertificateRequest": self._flight,
            "ServerHelloDone": self._flight,
            "ClientKeyExchange": _onward,
            "Finished": _onward,
            "Alert": self._alert,
        }

    def observe(self, event: RecordedEvent) -> Utterances:
        """What the event is, as far as parameters are concerned."""
        reading = self._reading.get(event.message)
        if reading is None:
            return ()
        memory = self._connections.get(event.connection)
        if memory is None:
            memory = self._connections[event.connection] = _Memory()
        return reading(memory, event)

    def retuned(self, sender: str) -> None:
        """A harness says that a party may choose otherwise each time: what it shows once proves nothing later."""
        self._retuned.add(sender)
        for memory in self._connections.values():
            memory.followed = memory.followed and memory.answer is not None

    def origin(self, connection: int) -> int | None:
        """The connection on which the session began that this one offers, if that was seen."""
        memory = self._connections.get(connection)
        return None if memory is None or memory.offered is None else memory.offered.connection

    # --- hellos -------------------------------------------------------------------------------------------------------

    def _client_hello(self, memory: _Memory, event: RecordedEvent) -> Utterances:
        first = memory.hello is None and event.sender == "client"
        memory.followed = first and event.malformed is None
        memory.hello, memory.answer, memory.decided, memory.session = event, None, False, None
        shared = self._shared
        if event.session_ticket:
            memory.offered = shared.tickets.get(event.session_ticket)
        else:
            memory.offered = shared.ids.get(event.session_id) if event.session_id else None
        if not memory.followed:
            return ()
        name, ems = event.server_name, _has(event, EXTENDED_MASTER_SECRET)
        fields: tuple[Field, ...] = (
            ("ems", _open(ems)),
            ("signal", _signal(event)),
            ("old_format", (event.old_format,)),
            ("by_id", (bool(event.session_id),)),
            ("client_knows_ems", ("client" not in self._retuned and name in shared.client_ems,)),
            *(() if "server" in self._retuned else self._shown(event)),
            *(() if memory.offered is None else _relations(event, memory.offered)),
        )
        if ems:
            shared.client_ems.add(name)
        return _utterances("client", Utterance.CLIENT_HELLO, fields)

    def _shown(self, event: RecordedEvent) -> tuple[Field, ...]:
        """What the server has shown before, as far as it matters to this ClientHello."""
        shared, name = self._shared, event.server_name
        return (
            ("server_knows_ems", (name in shared.server_ems,)),
            ("server_knows_names", (shared.server_names,)),
            ("server_knows_1_3", (name in shared.server_1_3,)),
            ("answered_before", (_hello(event) in shared.answered,)),
        )

    def _server_hello(self, memory: _Memory, event: RecordedEvent) -> Utterances:
        hello, shared = memory.hello, self._shared
        if hello is None or event.sender != "server" or memory.answer is not None or event.malformed is not None:
            memory.followed = False
            return ()
        memory.answer = event
        if event.version == TLS_1_3:
            shared.server_1_3.add(hello.server_name)
            memory.followed = False
            return ()
        version = self._version(hello, event)
        fields: tuple[Field, ...] = (
            ("ems", _open(_has(event, EXTENDED_MASTER_SECRET))),
            ("signal", _signal(event)),
            ("suite_offered", (_offered(hello, event),)),
            ("suite_kept", (memory.offered is None or _kept(memory.offered, event),)),
            ("version", (version,)),
            ("name", _name_answer(event)),
            ("limits", (not LIMITS.isdisjoint(event.extensions or ()),)),
            ("sealed", (not SETTLED.isdisjoint(event.extensions or ()),)),
            ("signature_algorithms", (SIGNATURE_ALGORITHMS in (event.extensions or ()),)),
            ("protocols", (_protocols(hello, event),)),
            ("marked", (event.downgrade_marker is not False,)),
        )
        self._remember(hello, event)
        if not memory.followed:
            return ()
        if event.version not in (None, TLS_1_2):  # other versions are judged for being chosen alone
            memory.followed = False
            return () if version is VersionAnswer.RIGHT else _utterances("server", Utterance.SERVER_HELLO, fields)
        return _utterances("server", Utterance.SERVER_HELLO, fields)

    def _version(self, hello: RecordedEvent, answer: RecordedEvent) -> VersionAnswer:
        """R5246-7.4.1.3-06."""
        if hello.version is None or answer.version is None:
            return VersionAnswer.RIGHT
        if answer.version > hello.version:
            return VersionAnswer.ABOVE
        known = "server" not in self._retuned and _hello(hello) in self._shared.answered
        below = known and answer.version < TLS_1_2
        return VersionAnswer.BELOW if below else VersionAnswer.RIGHT

    def _remember(self, hello: RecordedEvent, answer: RecordedEvent) -> None:
        """What the answer shows of the server."""
        shared, name = self._shared, hello.server_name
        if answer.version in (None, TLS_1_2):
            shared.answered.add(_hello(hello))
        if _has(hello, EXTENDED_MASTER_SECRET) and _has(answer, EXTENDED_MASTER_SECRET):
            shared.server_ems.add(name)
        if answer.downgrade_marker:
            shared.server_1_3.add(name)
        shared.server_names = shared.server_names or bool(_has(answer, SERVER_NAME))

    # --- what follows -------------------------------------------------------------------------------------------------

    def _flight(self, memory: _Memory, event: RecordedEvent) -> Utterances:
        """A message that only full handshakes have."""
        if event.sender == "client":
            return _onward(memory, event)
        hello, answer = memory.hello, memory.answer
        if hello is None or answer is None or memory.decided:
            return ()
        memory.decided = True
        ems = _both(_has(hello, EXTENDED_MASTER_SECRET), _has(answer, EXTENDED_MASTER_SECRET))
        memory.session = _Session(
            event.connection, answer.cipher_suite, answer.compression_method, answer.version, ems, _name(hello)
        )
        if answer.session_id and answer.session_id != hello.session_id:
            self._shared.ids[answer.session_id] = memory.session
        return _utterances("server", Utterance.FULL, ()) if memory.followed else ()

    def _new_session_ticket(self, memory: _Memory, event: RecordedEvent) -> Utterances:
        found = _short(memory, event)
        if event.sender == "server" and event.ticket:
            if memory.session is None:
                self._shared.tickets.pop(event.ticket, None)
            else:
                self._shared.tickets[event.ticket] = memory.session
        return found

    def _alert(self, memory: _Memory, event: RecordedEvent) -> Utterances:
        if event.sender == "server" and event.alert_description == UNRECOGNIZED_NAME:
            self._shared.server_names = True
        if not memory.followed or event.alert_level != FATAL:
            return ()
        named = event.alert_description == UNRECOGNIZED_NAME
        return _utterances(event.sender, Utterance.NAME_REFUSAL if named else Utterance.REFUSAL, ())


def _short(memory: _Memory, event: RecordedEvent) -> Utterances:
    """A message that right after ServerHello only abbreviated handshakes have."""
    hello, answer = memory.hello, memory.answer
    if event.sender != "server" or hello is None or answer is None or memory.decided:
        return ()
    memory.decided = True
    # What comes too early in a full handshake resumes nothing.
    if not (hello.session_ticket or hello.session_id) or (hello.session_id and hello.session_id != answer.session_id):
        memory.followed = False
        return ()
    memory.session = memory.offered
    return _utterances("server", Utterance.SHORT, ()) if memory.followed else ()


def _onward(memory: _Memory, event: RecordedEvent) -> Utterances:
    """The client builds on what it has read."""
    if event.sender != "client" or not memory.decided or memory.built_on or not memory.followed:
        return ()
    memory.built_on = True
    return _utterances("client", Utterance.ONWARD, ())


# --- one hello beside the other ---------------------------------------------------------------------------------------


def _relations(event: RecordedEvent, session: _Session) -> tuple[Field, ...]:
    """A ClientHello beside the session that it offers."""
    suite = not event.cipher_suites or session.suite is None or session.suite in event.cipher_suites
    method = (
        event.compression_methods is None or session.compression is None
        or session.compression in event.compression_methods
    )  # fmt: skip
    return (
        ("session", (True,)),
        ("session_ems", _open(session.ems)),
        ("keeps_suite", (suite and method,)),
        ("keeps_version", (_keeps_version(event, session),)),
        ("names", (_names(_name(event), session.name),)),
    )


def _keeps_version(event: RecordedEvent, session: _Session) -> bool:
    """R5246-E.1-01: the session's version is among those that the hello offers."""
    if session.version is None:
        return True
    if event.versions is not None:
        return session.version in event.versions
    listed = _has(event, SUPPORTED_VERSIONS)
    return bool(listed) or event.version is None or event.version >= session.version


def _names(asked: str | None, settled: str | None) -> NameRelation:
    if asked is None or settled is None or asked == settled:
        return NameRelation.SAME
    if not asked:
        return NameRelation.LOST
    return NameRelation.OTHER if settled else NameRelation.GAINED


def _offered(hello: RecordedEvent, answer: RecordedEvent) -> bool:
    """R5246-7.4.1.3-03: what ServerHello picks is what ClientHello offers."""
    suites, methods = hello.cipher_suites, hello.compression_methods
    suite = not suites or answer.cipher_suite is None or answer.cipher_suite in suites
    return suite and (methods is None or answer.compression_method is None or answer.compression_method in methods)


def _kept(session: _Session, answer: RecordedEvent) -> bool:
    """R5246-7.4.1.3-02: what ServerHello picks is what the session began with."""
    suite = session.suite is None or answer.cipher_suite in (None, session.suite)
    return suite and (session.compression is None or answer.compression_method in (None, session.compression))


def _name_answer(answer: RecordedEvent) -> tuple[Value, ...]:
    if not _has(answer, SERVER_NAME):
        return (NameAnswer.ABSENT,)
    return (NameAnswer.FILLED if answer.server_name_length else NameAnswer.EMPTY,)


def _protocols(hello: RecordedEvent, answer: RecordedEvent) -> ProtocolAnswer:
    """R7301-3.1-02 and R7301-3.2-01."""
    names = answer.application_protocols
    if names is None:
        return ProtocolAnswer.ONE if _has(answer, PROTOCOLS) else ProtocolAnswer.ABSENT
    if len(names) != 1:
        return ProtocolAnswer.NOT_ONE
    asked = hello.application_protocols
    return ProtocolAnswer.STRANGE if asked is not None and names[0] not in asked else ProtocolAnswer.ONE
