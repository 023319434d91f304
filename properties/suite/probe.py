"""Probing: what a target chooses where the RFC leaves a choice, found out in at most fourteen connections.

What only the full alphabet asks takes one more at a server, seven at a client.

Only permitted answers become a profile.  What is forbidden is a finding of the judge, and the field keeps its plainest
value.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rfc5077.model.event import (
    CLIENT,
    FATAL,
    SERVER,
    Certificates,
    Content,
    Event,
    Extension,
    Message,
    SessionId,
    Ticket,
)
from rfc5077.model.profile import ClientProfile, ServerProfile
from rfc5077.model.run.machine import Output
from rfc5077.model.run.monitor import Track
from rfc5077.properties.adapters.peer import AnyPeer
from rfc5077.properties.suite.agreement import Memory
from rfc5077.properties.suite.alphabet import ClientTarget, Renegotiation, ServerTarget, Target
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.driver import PuppetClient, PuppetServer
from rfc5077.properties.suite.play import Watch, lead_home
from rfc5077.properties.verdict.finding import Finding

M = Message
LIMIT = 14
"""How many connections probing may take."""


@dataclass(frozen=True)
class Probed:
    """What probing came to."""

    target: Target
    findings: tuple[Finding, ...]
    connections: int
    complete: bool
    """Whether some handshake was completed."""
    answer: Output
    """The first answer of the target, whatever it was."""


def probe(peer: AnyPeer, places: set[Track], alphabet: Alphabet = Alphabet.CORE) -> Probed:
    """Finds out the profile of a peer.  Raises `HarnessError` if the peer fails."""
    full = alphabet is Alphabet.FULL
    return (
        _ServerProbe(peer, places).probed(full) if peer.role == "server" else _ClientProbe(peer, places).probed(full)
    )


class _ServerProbe:
    """The questions to a server."""

    def __init__(self, peer: AnyPeer, places: set[Track]) -> None:
        self.peer = peer
        self.watch = Watch(SERVER, places)
        self.memory = Memory()
        self.connections = 0
        self.first: Output = ()

    def shake(self, extension: Extension, session_id: SessionId = SessionId.EMPTY) -> tuple[PuppetClient, Output]:
        """An honest handshake on a new connection; all that the server said."""
        puppet = PuppetClient(self.peer, self.memory, self.connections)
        self.connections += 1
        said = self.say(puppet, Event(sender=CLIENT, message=M.ClientHello, extension=extension, session_id=session_id))
        self.first = self.first or said
        last = said[-1].message if said else M.Silence
        rest = [M.ChangeCipherSpec, M.Finished]
        if last is M.ServerHelloDone:
            asked = any(event.message is M.CertificateRequest for event in said)
            rest = [*([M.Certificate] if asked else []), M.ClientKeyExchange, *rest]
        elif last is not M.Finished:
            return puppet, said
        for message in rest:
            said += self.say(puppet, _empty(message))
        return puppet, said

    def say(self, puppet: PuppetClient, event: Event) -> Output:
        """One message; the answer."""
        self.watch.take(puppet.say(event))
        return self.watch.take(puppet.hear(silence=True))

    def probed(self, full: bool) -> Probed:
        """Asks everything; with `full` also what only the full alphabet asks."""
        puppet, issue = self.shake(Extension.EMPTY)
        complete = puppet.handshake.complete
        renegotiation = self.renegotiation(puppet) if complete else Renegotiation.IGNORES
        _, plain = self.shake(Extension.ABSENT)
        resumed: Output = ()
        reissue: Output = ()
        if self.memory.live is not None:
            _, resumed = self.shake(Extension.LIVE)
            _, reissue = self.shake(Extension.DAMAGED, SessionId.FRESH)
        looked_up: Output = ()
        if self.memory.cached_id is not None:
            _, looked_up = self.shake(Extension.EMPTY, SessionId.CACHED)
        profile = ServerProfile(
            honours=_is_short(resumed),
            issues=_ticket(issue),
            reissues=_ticket(reissue) if reissue else _ticket(issue),
            renews=_ticket(resumed) if _is_short(resumed) else Ticket.NONE,
            looks_up=_is_short(looked_up),
            renews_after_look_up=_ticket(looked_up) if _is_short(looked_up) else Ticket.NONE,
            id_when_issuing=_id(issue) if _announces(issue) else SessionId.EMPTY,
            id_when_reissuing=_id(reissue) if _announces(reissue) else SessionId.EMPTY,
            id_otherwise=_id(plain),
            id_when_resuming=_id(resumed) if _is_short(resumed) else SessionId.EMPTY,
            requests_certificate=any(event.message is M.CertificateRequest for event in issue + plain),
        )
        found = ServerTarget(profile, renegotiation)
        complete = complete or any(event.message is M.Finished for event in plain)
        if full and complete:
            _, repeated = self.shake(Extension.REPEATED)
            refuses = any(event.message is M.Alert for event in repeated)
            found = ServerTarget(profile.but(refuses_repeated_extension=refuses), renegotiation)
        return Probed(found, self.watch.findings(), self.connections, complete, self.first)

    def renegotiation(self, puppet: PuppetClient) -> Renegotiation:
        """How a ClientHello is answered that comes after the handshake."""
        said = self.say(puppet, Event(sender=CLIENT, message=M.ClientHello))
        if any(event.message is M.ServerHello for event in said):
            return Renegotiation.ACCEPTS
        if not said:
            return Renegotiation.IGNORES
        return Renegotiation.CLOSES if puppet.ended or not self.echoes(puppet) else Renegotiation.WARNS

    def echoes(self, puppet: PuppetClient) -> bool:
        """Whether application data still comes back, or is at least taken, for not every application echoes."""
        said = self.say(puppet, Event(sender=CLIENT, message=M.ApplicationData))
        return _has_data(said) or (self.peer.live and not puppet.ended)


def _has_data(said: Output) -> bool:
    return any(event.message is M.ApplicationData for event in said)


def _empty(message: Message) -> Event:
    """A message of an honest client that has no certificate."""
    shown = Certificates.EMPTY if message is M.Certificate else Certificates.NONE
    return Event(sender=CLIENT, message=message, certificates=shown)


def _hello(said: Output) -> Event | None:
    return next((event for event in said if event.message is M.ServerHello), None)


def _announces(said: Output) -> bool:
    hello = _hello(said)
    return hello is not None and hello.extension is not Extension.ABSENT


def _is_short(said: Output) -> bool:
    """Whether the server resumed: what follows ServerHello tells."""
    after = [event.message for event in said]
    return M.ServerHello in after and M.ServerHelloDone not in after and M.Finished in after


def _ticket(said: Output) -> Ticket:
    """The ticket that the server gives, as far as it is permitted: announced, then sent."""
    if not _announces(said):
        return Ticket.NONE
    given = [event.ticket for event in said if event.message is M.NewSessionTicket]
    return given[0] if given else Ticket.SOME


def _id(said: Output) -> SessionId:
    hello = _hello(said)
    return SessionId.FRESH if hello is not None and hello.session_id is SessionId.FRESH else SessionId.EMPTY


class _ClientProbe:
    """The questions to a client: what does it offer next, after this or that?"""

    def __init__(self, peer: AnyPeer, places: set[Track]) -> None:
        self.peer = peer
        self.watch = Watch(CLIENT, places)
        self.memory = Memory()
        self.connections = 0
        self.hello = Event(sender=CLIENT, message=M.ClientHello)
        self.first: Output = ()

    def connect(self) -> PuppetServer:
        """A new connection; what the client offers on it."""
        puppet = PuppetServer(self.peer, self.memory, self.connections)
        self.connections += 1
        said = self.watch.take(puppet.hear())
        self.first = self.first or said
        self.hello = next((event for event in said if event.message is M.ClientHello), self.hello.but(extension=_NONE))
        return puppet

    def say(self, puppet: PuppetServer, *events: Event) -> Output:
        """Messages one by one; all that the client answered."""
        said: Output = ()
        for event in events:
            if not puppet.ended:
                self.watch.take(puppet.say(event))
                said += self.watch.take(puppet.hear(silence=True))
        if not said and not puppet.ended:  # a live client has time to refuse, even where it need not say anything
            said += self.watch.take(puppet.linger())
        return said

    @property
    def offers(self) -> bool:
        """Whether the latest ClientHello carried a ticket of ours."""
        return self.hello.extension is Extension.LIVE

    def with_ticket(self, puppet: PuppetServer) -> PuppetServer:
        """A connection on which the client offers a ticket: this one, or the next after one that brought a ticket."""
        if self.offers:
            return puppet
        self.say(puppet, *_FULL, _TICKET, *_END)
        return self.connect()

    def probed(self, full: bool) -> Probed:
        """Asks everything; with `full` also what only the full alphabet asks."""
        found = self._probed()
        if self.peer.live and not full and isinstance(found.target, ClientTarget) and found.target.profile.tickets:
            target = replace(found.target, keeps_cut=self.keeps_cut())
            return replace(found, target=target, findings=self.watch.findings(), connections=self.connections)
        if not full or not found.complete or not isinstance(found.target, ClientTarget):
            return found
        profile = found.target.profile.but(certificate=self.certificate())
        if profile.tickets:
            for field, kind in (("tolerates_filled_extension", Extension.FILLED),
                                ("tolerates_repeated_extension", Extension.REPEATED)):  # fmt: skip
                said = self.say(self.connect(), _hello_of(kind), *_FULL[1:])
                profile = profile.but(**{field: any(event.message is M.ClientKeyExchange for event in said)})
        target = ClientTarget(profile, self.renegotiation(), not profile.tickets or self.keeps_cut())
        return Probed(target, self.watch.findings(), self.connections, True, self.first)

    def established(self) -> PuppetServer:
        """A connection whose handshake is complete."""
        puppet = self.connect()
        self.say(puppet, _hello_of(Extension.ABSENT), *_FULL[1:], *_END)
        return puppet

    def renegotiation(self) -> Renegotiation:
        """How HelloRequest is answered behind a complete handshake."""
        puppet = self.established()
        said = self.say(puppet, _plain(M.HelloRequest))
        if any(event.message is M.ClientHello for event in said):
            return Renegotiation.ACCEPTS
        if not said:
            return Renegotiation.IGNORES
        return Renegotiation.CLOSES if puppet.ended or not self.echoes(puppet) else Renegotiation.WARNS

    def certificate(self) -> Certificates:
        """What answers a request for a certificate."""
        story = (_hello_of(Extension.ABSENT), *_FULL[1:3], _plain(M.CertificateRequest), _FULL[3])
        said = self.say(self.connect(), *story)
        shown = next((event.certificates for event in said if event.message is M.Certificate), Certificates.EMPTY)
        return Certificates.SOME if shown is Certificates.SOME else Certificates.EMPTY

    def keeps_cut(self) -> bool:
        """Whether a ticket is offered again whose accepted resumption was cut off."""
        puppet = self.with_ticket(self.connect())
        if not self.offers:
            return True
        self.say(puppet, _hello_of(Extension.ABSENT, SessionId.ECHOED), _END[0], _plain(M.Close))
        self.connect()
        return self.offers

    def echoes(self, puppet: PuppetServer) -> bool:
        """Whether application data still comes back, or is at least taken, for not every application echoes."""
        said = self.say(puppet, _plain(M.ApplicationData))
        return _has_data(said) or (self.peer.live and not puppet.ended)

    def _probed(self) -> Probed:
        if self.peer.forget is not None:
            self.peer.forget()
        else:
            lead_home(self.peer)
        puppet = self.connect()
        first = self.hello
        if first.extension is Extension.ABSENT:
            said = self.say(puppet, _hello_of(Extension.ABSENT), *_FULL[1:], *_END)
            return self._result(ClientProfile(id_without_ticket=first.session_id), _finished(said))
        said = self.say(puppet, *_FULL, _TICKET, *_END)
        profile = ClientProfile(tickets=True, id_without_ticket=first.session_id)
        self.say(puppet, _plain(M.ChangeCipherSpec))
        puppet = self.connect()
        profile = profile.but(keeps_after_alert=self.offers)
        if first.session_id is not SessionId.EMPTY and self.offers and self.peer.live and self.peer.forget is not None:
            self.peer.forget()
            puppet = self.connect()
        if first.session_id is not SessionId.EMPTY and not self.offers:
            echo = self.say(puppet, _hello_of(Extension.ABSENT, SessionId.ECHOED))
            profile = profile.but(refuses_baseless_echo=_refused(echo))
            puppet = self.connect()
        puppet = self.with_ticket(puppet)
        profile = profile.but(forgets=not self.offers)
        if self.offers:
            profile = profile.but(id_with_ticket=self.hello.session_id)
            puppet, profile = self._ask_about_the_store(puppet, profile)
        if self.offers and self.peer.forget is not None and self.connections < LIMIT:
            self.peer.forget()
            puppet = self.connect()
        missing = self.say(puppet, *_FULL, *_END)
        return self._result(profile.but(tolerates_missing_ticket=not _refused(missing)), _finished(said))

    def _ask_about_the_store(self, puppet: PuppetServer, profile: ClientProfile) -> tuple[PuppetServer, ClientProfile]:
        """What the client offers after each way in which a ticket may fare."""
        resume = _hello_of(Extension.ABSENT, SessionId.ECHOED)
        renew = _hello_of(Extension.EMPTY, SessionId.ECHOED)
        empty = _TICKET.but(ticket=Ticket.EMPTY)
        reject = (_hello_of(Extension.ABSENT), *_FULL[1:])
        wrong = _plain(M.Finished).but(content=Content.WRONG)
        questions = {
            "keeps_old_on_empty": (renew, empty, *_END),
            "keeps_rejected": (*reject, *_END),
            "keeps_unfinished": reject[:2],
            "keeps_failed": (resume, _END[0], wrong),
            "keeps_undecided": (_plain(M.Certificate),),
        }
        if profile.id_with_ticket is not SessionId.EMPTY:
            said = self.say(puppet, _hello_of(Extension.ABSENT), *_END)
            profile = profile.but(concludes_by_echo=not _finished(said))
            puppet = self.connect()
        if profile.concludes_by_echo:  # then a resumption without echo was a full handshake broken off
            profile = profile.but(keeps_broken=self.offers)
        else:
            questions["keeps_broken"] = (*reject[:2], _END[1])
        for field, story in questions.items():
            puppet = self.with_ticket(puppet)
            self.say(puppet, *story)
            puppet = self.connect()
            profile = profile.but(**{field: self.offers})
        return puppet, profile

    def _result(self, profile: ClientProfile, complete: bool) -> Probed:
        return Probed(ClientTarget(profile), self.watch.findings(), self.connections, complete, self.first)


def _plain(message: Message) -> Event:
    return Event(sender=SERVER, message=message)


def _hello_of(extension: Extension, session_id: SessionId = SessionId.EMPTY) -> Event:
    return Event(sender=SERVER, message=M.ServerHello, extension=extension, session_id=session_id)


def _finished(said: Output) -> bool:
    """Whether the client sent its Finished and nothing went wrong; that it leaves in good order is nothing wrong."""
    return any(event.message is M.Finished for event in said) and not _refused(said)


def _refused(said: Output) -> bool:
    """Whether there is a fatal alert among what was said."""
    return any(event.message is M.Alert and event.alarm in FATAL for event in said)


_NONE = Extension.ABSENT
_FULL = (
    _hello_of(Extension.EMPTY), _plain(M.Certificate), _plain(M.ServerKeyExchange), _plain(M.ServerHelloDone),
)  # fmt: skip
_TICKET = _plain(M.NewSessionTicket).but(ticket=Ticket.SOME)
_END = (_plain(M.ChangeCipherSpec), _plain(M.Finished))
