"""What a suite is made from: the machine of a probed profile, over the symbols that can be said to this target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from rfc5077.model.event import SERVER, TICKETS, Alarm, Content, Event, Extension, Message, Ticket
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
from rfc5077.properties.verdict.judge import name_of

Machine = Mealy[Event, Output]


class Renegotiation(Enum):
    """How a server answers a ClientHello on a connection whose handshake is complete; all of it is legal."""

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

    def said(self) -> dict[str, str | bool]:
        """The profile as a document shows it."""
        return _plain(self.profile)


Target = ServerTarget | ClientTarget


def _plain(profile: ServerProfile | ClientProfile) -> dict[str, str | bool]:
    values = profile.values()
    return {name: value.name.lower() if isinstance(value, Enum) else value for name, value in values.items()}


def machine_of(target: Target) -> Machine:
    """The minimal machine that the target is compared with."""
    if isinstance(target, ClientTarget):
        return retold(client_machine(target.profile, CLIENT_ALPHABET), _own_ticket).minimal()
    whole = server_machine(target.profile, server_alphabet(target.profile))
    return _answering_renegotiation(whole, target.renegotiation).minimal()


def server_alphabet(profile: ServerProfile) -> tuple[Event, ...]:
    """The core alphabet, without tickets where the server issues none, with certificates where it asks for one."""
    more = WITH_CERTIFICATE_REQUEST if profile.requests_certificate else ()
    issued = profile.issues is Ticket.SOME
    return tuple(symbol for symbol in SERVER_ALPHABET + more if issued or symbol.extension not in TICKETS)


def retold(machine: Machine, tell: Callable[[Event], Event]) -> Machine:
    """The machine with every event of its outputs renamed."""
    table = tuple(tuple((to, tuple(map(tell, said))) for to, said in row) for row in machine.table)
    return Mealy(machine.inputs, table)


def _own_ticket(event: Event) -> Event:
    """A client's own ticket is its own, renewed since or not: the judge tells them apart, the machine need not."""
    return event.but(extension=Extension.LIVE) if event.extension is Extension.OLD else event


def _answering_renegotiation(machine: Machine, how: Renegotiation) -> Machine:
    """The machine whose established states answer ClientHello as the server does.

    An established state is one that echoes application data.
    """
    closed = next(to for row in machine.table for to, said in row if said and said[-1].message is Message.Alert)
    answers: dict[Renegotiation, Callable[[int], tuple[int, Output]]] = {
        Renegotiation.WARNS: lambda state: (state, (alert(SERVER, Alarm.WARNING),)),
        Renegotiation.CLOSES: lambda _: (closed, (alert(SERVER),)),
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
    table = tuple(
        tuple(
            answers[how](state) if echoes[state] and symbol.message is Message.ClientHello else cell
            for symbol, cell in zip(machine.inputs, row, strict=True)
        )
        for state, row in enumerate(machine.table)
    )
    return Mealy(machine.inputs, table)


def symbol_name(symbol: Event) -> str:
    """A symbol as users write events; the client's is to start a new connection."""
    if symbol is CONNECT:
        return "(the client connects)"
    name = name_of(symbol)
    if symbol.content is Content.RIGHT:
        return name
    return f"{name[:-1]},wrong)" if name.endswith(")") else f"{name}(wrong)"
