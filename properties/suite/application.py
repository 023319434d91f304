"""What a live target makes of application data, which is its application's matter and no matter of TLS.

In memory every peer echoes.  A program may as well take data in silence, or answer once and close.
"""

from __future__ import annotations

from dataclasses import dataclass

from rfc5077.model.event import CLIENT, FATAL, SERVER, Event, Extension, Message
from rfc5077.model.run.machine import Output
from rfc5077.model.run.mealy import Mealy
from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.suite.agreement import Memory
from rfc5077.properties.suite.alphabet import Machine
from rfc5077.properties.suite.driver import PuppetClient, PuppetServer
from rfc5077.properties.suite.honest import serve, shake_hands
from rfc5077.properties.suite.play import spelled
from rfc5077.properties.trace.abstraction import Abstraction


@dataclass(frozen=True)
class Application:
    """How application data is answered on a connection whose handshake is complete."""

    echoes: bool = True
    """Whether data comes back and the connection goes on."""
    closes: Output | None = None
    """What the answer ends with, data left out, if the connection ends by it."""

    @property
    def said(self) -> str:
        """In a word."""
        return "closes" if self.closes is not None else "echoes" if self.echoes else "takes"


def application_of(peer: AnyPeer) -> tuple[Application, int]:
    """What a peer makes of application data, and how many connections it took; it echoes unless it shows otherwise."""
    puppet: PuppetClient | PuppetServer
    if peer.role == "server":
        puppet = PuppetClient(peer, Memory())
        shake_hands(puppet, Extension.ABSENT)
    else:
        puppet = PuppetServer(peer, Memory())
        serve(puppet)
    if not puppet.handshake.complete:
        return Application(), 1
    abstraction = Abstraction(complete=True)
    puppet.say(Event(sender=CLIENT if peer.role == "server" else SERVER, message=Message.ApplicationData))
    said: list[Event] = []
    for event in puppet.hear():
        for _, alternatives in abstraction.observe(event):
            said += spelled(alternatives, said)
    puppet.leave()
    rest = tuple(event for event in said if event.message is not Message.ApplicationData)
    closes = rest if puppet.ended and rest else None
    return Application(closes is None and len(said) > len(rest), closes), 1


def fitted(machine: Machine, application: Application) -> Machine:
    """The machine whose application does as the target's does; data that it sends is no answer unless it echoes."""
    closed = next(to for row in machine.table for to, said in row if any(event.alarm in FATAL for event in said))

    def cell(to: int, said: Output, symbol: Event) -> tuple[int, Output]:
        echo = symbol.message is Message.ApplicationData and any(e.message is Message.ApplicationData for e in said)
        if echo and application.closes is not None:
            return closed, application.closes
        return (to, ()) if echo else (to, said)

    if application.echoes and application.closes is None:
        return machine
    table = tuple(
        tuple(cell(to, said, symbol) for symbol, (to, said) in zip(machine.inputs, row, strict=True))
        for row in machine.table
    )
    return Mealy(machine.inputs, table).minimal()
