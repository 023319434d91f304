"""What a suite is made from: the machine of a probed profile, over the symbols that can be said to this target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from rfc5077.model.event import (
    CLIENT,
    SERVER,
    TICKETS,
    Alarm,
    Content,
    Event,
    Extension,
    Message,
    Party,
    SessionId,
    Ticket,
)
from rfc5077.model.profile import ClientProfile, ServerProfile
from rfc5077.model.run.machine import (
    CLIENT_ALPHABET,
    CONNECT,
    SERVER_ALPHABET,
    WITH_CERTIFICATE_REQUEST,
    Output,
    client_machine,
    server_machine,
)
from rfc5077.model.run.mealy import Mealy
from rfc5077.model.run.says import alert
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.verdict.judge import name_of

Machine = Mealy[Event, Output]


class Renegotiation(Enum):
    """How a server answers a ClientHello, or a client a HelloRequest, on a connection whose handshake is complete.

    All of it is legal.
    """

    WARNS = "warns"  # a warning, no_renegotiation: RFC 5246, section 7.2.2
    CLOSES = "closes"  # a fatal alert
    IGNORES = "ignores"  # nothing
    ACCEPTS = "accepts"  # a second handshake, which this suite does not follow


@dataclass(frozen=True)
class ServerTarget:
    """What a server under test was found to be."""

    profile: ServerProfile
    renegotiation: Renegotiation

    def said(self) -> dict[str, str | bool]:
        """The profile as a document shows it."""
        return {**_plain(self.profile), "renegotiation": self.renegotiation.value}


@dataclass(frozen=True)
class ClientTarget:
    """What a client under test was found to be."""

    profile: ClientProfile
    renegotiation: Renegotiation = Renegotiation.IGNORES
    keeps_cut: bool = True
    """Whether it offers a ticket again whose accepted resumption was cut off."""

    def said(self) -> dict[str, str | bool]:
        """The profile as a document shows it."""
        said: dict[str, str | bool] = {"renegotiation": self.renegotiation.value, "keeps_cut": self.keeps_cut}
        return {**_plain(self.profile), **said}


Target = ServerTarget | ClientTarget


def _plain(profile: ServerProfile | ClientProfile) -> dict[str, str | bool]:
    values = profile.values()
    return {name: value.name.lower() if isinstance(value, Enum) else value for name, value in values.items()}


def machine_of(target: Target, alphabet: Alphabet = Alphabet.CORE, live: bool = False) -> Machine:
    """The minimal machine that the target is compared with.

    :param live: whether one connection ends before the next begins, and the target gets to know.
    """
    if isinstance(target, ClientTarget):
        symbols = CLIENT_ALPHABET if alphabet is Alphabet.CORE else CLIENT_ALPHABET + MORE_TO_CLIENTS
        ends = (CLOSE,) if live and CLOSE not in symbols else ()
        whole = retold(client_machine(target.profile, symbols + ends, keeps_cut=target.keeps_cut), _own_ticket)
        whole = _ending_first(whole, symbols) if live else whole
    else:
        whole = server_machine(target.profile, server_alphabet(target.profile, alphabet))
    return _renegotiating(whole, target.renegotiation).minimal()


def server_alphabet(profile: ServerProfile, alphabet: Alphabet = Alphabet.CORE) -> tuple[Event, ...]:
    """The alphabet, without tickets where the server issues none, with certificates where it asks for one."""
    more = WITH_CERTIFICATE_REQUEST if profile.requests_certificate else ()
    if alphabet is Alphabet.FULL:
        more = (*WITH_CERTIFICATE_REQUEST, *MORE_TO_SERVERS)
    issued = profile.issues is Ticket.SOME
    return tuple(symbol for symbol in SERVER_ALPHABET + more if issued or symbol.extension not in TICKETS)


def _to(party: Party, message: Message, **fields: Enum) -> Event:
    return Event(sender=CLIENT if party is SERVER else SERVER, message=message, **fields)


def _to_either(party: Party) -> tuple[Event, ...]:
    """What may befall both: a message of no type, the wrong ChangeCipherSpec, alerts, the end of the transport."""
    sender = CLIENT if party is SERVER else SERVER
    return (
        _to(party, Message.Unrecognised), _to(party, Message.ChangeCipherSpec, content=Content.WRONG),
        alert(sender, Alarm.WARNING), alert(sender), _to(party, Message.Close),
    )  # fmt: skip


_HELLOS = tuple(
    _to(SERVER, Message.ClientHello, extension=extension, session_id=session_id)
    for extension in (Extension.EMPTY, Extension.ABSENT, Extension.LIVE, Extension.DAMAGED, Extension.FOREIGN,
                      Extension.WRAPPED, Extension.REPEATED)
    for session_id in (SessionId.EMPTY, SessionId.FRESH)
)  # fmt: skip
MORE_TO_SERVERS: tuple[Event, ...] = (
    *(hello for hello in _HELLOS if hello not in SERVER_ALPHABET),
    *(_to(SERVER, message, content=Content.WRONG)
      for message in (Message.ClientHello, Message.ClientKeyExchange, Message.CertificateVerify)),
    *_to_either(SERVER),
)  # fmt: skip
"""What the full alphabet says to a server beyond the core one and the client's certificates."""

CLOSE = _to(CLIENT, Message.Close)
"""The server's end of a connection."""

MORE_TO_CLIENTS: tuple[Event, ...] = (
    *(_to(CLIENT, Message.ServerHello, extension=extension, session_id=SessionId.FRESH)
      for extension in (Extension.EMPTY, Extension.ABSENT)),
    *(_to(CLIENT, Message.ServerHello, extension=extension) for extension in (Extension.FILLED, Extension.REPEATED)),
    _to(CLIENT, Message.CertificateRequest), _to(CLIENT, Message.HelloRequest),
    _to(CLIENT, Message.NewSessionTicket, ticket=Ticket.SOME, content=Content.WRONG),
    *(_to(CLIENT, message, content=Content.WRONG)
      for message in (Message.ServerHello, Message.Certificate, Message.ServerKeyExchange, Message.CertificateRequest,
                      Message.ServerHelloDone)),
    *_to_either(CLIENT),
)  # fmt: skip
"""What the full alphabet says to a client beyond the core one."""


def retold(machine: Machine, tell: Callable[[Event], Event]) -> Machine:
    """The machine with every event of its outputs renamed."""
    table = tuple(tuple((to, tuple(map(tell, said))) for to, said in row) for row in machine.table)
    return Mealy(machine.inputs, table)


def _ending_first(machine: Machine, symbols: tuple[Event, ...]) -> Machine:
    """The machine over these symbols for which to connect is to end the connection before, and then to connect."""
    end, connect = machine.numbers[CLOSE], machine.numbers[CONNECT]

    def step(state: int, symbol: Event) -> tuple[int, Output]:
        row = machine.table[state]
        return machine.table[row[end][0]][connect] if symbol is CONNECT else row[machine.numbers[symbol]]

    return Mealy(symbols, tuple(tuple(step(state, symbol) for symbol in symbols) for state in range(machine.states)))


def _own_ticket(event: Event) -> Event:
    """A client's own ticket is its own, renewed since or not: the judge tells them apart, the machine need not."""
    return event.but(extension=Extension.LIVE) if event.extension is Extension.OLD else event


def _renegotiating(machine: Machine, how: Renegotiation) -> Machine:
    """The machine whose established states answer the other side's wish for a further handshake as the target does.

    An established state is one that echoes application data. What a server is told by a second ClientHello, a client is
    told by HelloRequest, of either kind of hello.
    """
    asks = {Message.ClientHello, Message.HelloRequest}
    party = _party(machine)
    closed = next(to for row in machine.table for to, said in row if said and said[-1].message is Message.Alert)
    answers: dict[Renegotiation, Callable[[int], tuple[int, Output]]] = {
        Renegotiation.WARNS: lambda state: (state, (alert(party, Alarm.WARNING),)),
        Renegotiation.CLOSES: lambda _: (closed, (alert(party),)),
        Renegotiation.IGNORES: lambda state: (state, ()),
        Renegotiation.ACCEPTS: lambda state: (state, ()),  # the driver does not say the symbol here
    }
    echoes = [
        any(
            symbol.message is Message.ApplicationData and said
            for symbol, (_, said) in zip(machine.inputs, row, strict=True)
            if not said or said[-1].message is not Message.Alert
        )
        for row in machine.table
    ]

    def cell(state: int, symbol: Event, usual: tuple[int, Output]) -> tuple[int, Output]:
        return answers[how](state) if echoes[state] and symbol.message in asks else usual

    return _edited(machine, cell)


def warned(machine: Machine, closing: Mapping[int, Output]) -> Machine:
    """The machine that answers a warning so in some states and closes, and goes on in all others; both are legal
    (RFC 5246, section 7.2.2)."""
    closed = next(iter(machine.sinks()), None)

    def cell(state: int, symbol: Event, usual: tuple[int, Output]) -> tuple[int, Output]:
        if symbol.alarm is not Alarm.WARNING or state == closed:
            return usual
        return (state, ()) if state not in closing or closed is None else (closed, closing[state])

    return _edited(machine, cell).minimal()


def _edited(machine: Machine, cell: Callable[[int, Event, tuple[int, Output]], tuple[int, Output]]) -> Machine:
    table = tuple(
        tuple(cell(state, symbol, usual) for symbol, usual in zip(machine.inputs, row, strict=True))
        for state, row in enumerate(machine.table)
    )
    return Mealy(machine.inputs, table)


def _party(machine: Machine) -> Party:
    """Whose machine it is: who is not heard by it, the client's connecting aside."""
    return CLIENT if any(symbol.sender is SERVER for symbol in machine.inputs) else SERVER


def symbol_name(symbol: Event) -> str:
    """A symbol as users write events; the client's is to start a new connection."""
    if symbol is CONNECT:
        return "(the client connects)"
    name = name_of(symbol)
    if symbol.content is Content.RIGHT:
        return name
    return f"{name[:-1]},wrong)" if name.endswith(")") else f"{name}(wrong)"
