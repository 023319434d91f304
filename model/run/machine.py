"""Model and profile: one deterministic machine per role.

The machine answers what the other side sends by what the relation and the profile leave: exactly one move at a time,
until it is the other side's turn.  Steps that nobody sees are taken at once.  The application behind an endpoint echoes
data.  Alerts are one output, whatever their kind, and a closed connection stays closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from rfc5077.model.event import (
    CLIENT,
    SERVER,
    Certificates,
    Content,
    Event,
    EventTerm,
    Extension,
    Message,
    Offer,
    Party,
    SessionId,
    Ticket,
)
from rfc5077.model.flows import COMPLETE, FLOWS, SHORT, Position
from rfc5077.model.logic import Codes, ordinal
from rfc5077.model.profile import (
    ClientProfile,
    ClientProfileTerm,
    ServerProfile,
    ServerProfileTerm,
    client_chooses,
    client_refuses,
    offered_nothing,
    offers_next,
    server_chooses,
    server_refuses,
)
from rfc5077.model.run.compiled import Function, compiled
from rfc5077.model.run.mealy import Mealy, build
from rfc5077.model.run.party import conduct, term_of
from rfc5077.model.run.says import SAYS, alert, conclusion, verification
from rfc5077.model.state import (
    Client,
    ClientTerm,
    Conclusion,
    Ending,
    Fault,
    Server,
    ServerTerm,
)

M, P = Message, Position
Output = tuple[Event, ...]
"""What a party says in answer to one input; empty for silence."""

CONNECT = Event(sender=CLIENT, message=M.NextClientHello)
"""The input that makes a client under test start a new connection, abandoning the present one."""


def _said(sender: Party, message: Message, **fields: Enum | bool) -> Event:
    return Event(sender=sender, message=message, **fields)


SERVER_ALPHABET: tuple[Event, ...] = (
    _said(CLIENT, M.ClientHello, extension=Extension.EMPTY),
    _said(CLIENT, M.ClientHello, extension=Extension.ABSENT),
    _said(CLIENT, M.ClientHello, extension=Extension.LIVE),
    _said(CLIENT, M.ClientHello, extension=Extension.LIVE, session_id=SessionId.FRESH),
    _said(CLIENT, M.ClientHello, extension=Extension.DAMAGED, session_id=SessionId.FRESH),
    _said(CLIENT, M.ClientKeyExchange),
    _said(CLIENT, M.ChangeCipherSpec),
    _said(CLIENT, M.Finished),
    _said(CLIENT, M.Finished, content=Content.WRONG),
    _said(CLIENT, M.ApplicationData),
)
"""The core alphabet of a server under test: what the client may do to the control flow."""

CLIENT_ALPHABET: tuple[Event, ...] = (
    CONNECT,
    _said(SERVER, M.ServerHello, extension=Extension.EMPTY),
    _said(SERVER, M.ServerHello, extension=Extension.ABSENT),
    _said(SERVER, M.ServerHello, extension=Extension.EMPTY, session_id=SessionId.ECHOED),
    _said(SERVER, M.ServerHello, extension=Extension.ABSENT, session_id=SessionId.ECHOED),
    _said(SERVER, M.Certificate),
    _said(SERVER, M.ServerKeyExchange),
    _said(SERVER, M.ServerHelloDone),
    _said(SERVER, M.NewSessionTicket, ticket=Ticket.SOME),
    _said(SERVER, M.NewSessionTicket, ticket=Ticket.EMPTY),
    _said(SERVER, M.ChangeCipherSpec),
    _said(SERVER, M.Finished),
    _said(SERVER, M.Finished, content=Content.WRONG),
    _said(SERVER, M.ApplicationData),
)
"""The core alphabet of a client under test."""

WITH_CERTIFICATE_REQUEST: tuple[Event, ...] = (
    _said(CLIENT, M.Certificate, certificates=Certificates.EMPTY),
    _said(CLIENT, M.Certificate, certificates=Certificates.SOME),
    _said(CLIENT, M.CertificateVerify),
)
"""What joins the server's alphabet where it asks for a certificate."""

_TURN = {(row.position, row.sender) for row in FLOWS if row.position not in COMPLETE}


class AmbiguousProfile(Exception):
    """The relation and the profile leave more than one move: the profile lacks a field."""


@cache
def _choices(party: Party) -> Function:
    """Whether a profile picks an event in a state: a function of the codes of profile, state and event."""
    state, event = term_of(party), EventTerm("event")
    if isinstance(state, ServerTerm):
        server = ServerProfileTerm("profile")
        return compiled([server_chooses(server, state, event)], server, state, event)
    client = ClientProfileTerm("profile")
    return compiled([client_chooses(client, state, event)], client, state, event)


@cache
def _refusals(party: Party) -> Function:
    """Whether a party of a profile has a reason to abort: a function of the codes of profile and state."""
    state = term_of(party)
    if isinstance(state, ServerTerm):
        server = ServerProfileTerm("profile")
        return compiled([server_refuses(server, state)], server, state)
    client = ClientProfileTerm("profile")
    return compiled([client_refuses(client, state)], client, state)


@cache
def _store() -> Function:
    """What a client of a profile offers next, and whether it had offered nothing: a function of profile and state."""
    state, client = ClientTerm("client"), ClientProfileTerm("profile")
    return compiled([offers_next(client, state).z3, offered_nothing(state)], client, state)


class _Role:
    """One role under one profile: its moves, as Python over codes."""

    def __init__(self, party: Party, profile: ServerProfile | ClientProfile) -> None:
        self.party = party
        self.conduct = conduct(party)
        self.profile = profile
        self._chooses = _choices(party)
        self._refuses = _refusals(party)
        unseen = (conclusion(True), conclusion(False)) if party is CLIENT else ()
        self._unseen = (verification(party), *unseen)
        self.position = term_of(party).places()["position"]
        self.fault = term_of(party).places()["fault"]
        self.ending = term_of(party).places()["ending"]

    def chooses(self, state: Codes, event: Event) -> bool:
        """Whether clauses and profile leave the event."""
        return self.conduct.permits(state, event) and bool(self._chooses(self.profile.codes, state, event.codes)[0])

    def refuses(self, state: Codes) -> bool:
        """Whether the party has a reason to abort."""
        return bool(self._refuses(self.profile.codes, state)[0])

    def forgiving(self, state: Codes) -> Codes:
        """The state without a fault that the party overlooks."""
        if self.refuses(state):
            return state
        return (*state[: self.fault], ordinal(Fault.NONE), *state[self.fault + 1 :])

    def ended(self, state: Codes) -> bool:
        """Whether the connection is over."""
        return state[self.ending] != ordinal(Ending.OPEN)

    def settle(self, state: Codes) -> Codes:
        """Takes the steps that nobody sees."""
        for step in self._unseen:
            if self.conduct.permits(state, step) and self.chooses(state, step):
                state = self.conduct.move(state, step.codes)
        return state

    def answer(self, state: Codes) -> tuple[Codes, Output]:
        """All that the party says before it is the other side's turn again.

        :raises AmbiguousProfile: where more than one move is left.
        """
        said: list[Event] = []
        while not self.ended(state):
            state = self.settle(state)
            if self.refuses(state):
                said.append(alert(self.party))
            elif (list(Position)[state[self.position]], self.party) in _TURN:
                moves = [event for event in SAYS[self.party] if self.chooses(state, event)]
                if len(moves) != 1:
                    raise AmbiguousProfile(f"{len(moves)} moves of {self.party.name} at {state}: {moves}")
                said.append(moves[0])
            else:
                break
            state = self.conduct.move(state, said[-1].codes)
        return state, tuple(event.but(resumes=False) for event in said)


def _baseless(state: Codes) -> bool:
    """Whether a client has offered nothing that a server could resume, though its session_id is not empty."""
    return bool(_store()(ClientProfile().codes, state)[1])


def heard(role: _Role, state: Codes, event: Event) -> tuple[Codes, Output]:
    """The state after an input, and the echo where the input is application data that the party takes.

    A fault that was overlooked is forgotten, so that the next one counts.
    """
    before = role.settle(role.forgiving(state))
    after = role.settle(role.conduct.move(before, event.codes))
    echo = event.but(sender=role.party)
    fine = after[role.fault] == ordinal(Fault.NONE)
    if event.message is M.ApplicationData and fine and role.conduct.permits(after, echo):
        return after, (echo,)
    return after, ()


def server_machine(profile: ServerProfile, alphabet: tuple[Event, ...] = SERVER_ALPHABET) -> Mealy[Event, Output]:
    """The server of a profile, over ClientHello variants and what may follow, on one connection."""
    role = _Role(SERVER, profile)

    def step(state: Codes, event: Event) -> tuple[Codes, Output]:
        if role.ended(state):
            return state, ()
        state, echo = heard(role, state, event)
        state, said = role.answer(state)
        return state, echo + said

    return build(Server(honours=profile.honours).codes, alphabet, step)


class Slot(Enum):
    """The ticket that a client would offer next."""

    NONE = auto()
    LIVE = auto()
    OLD = auto()  # the server has issued a renewal that the client did not keep


@dataclass(frozen=True)
class ClientState:
    """A client between and in its connections; ``connection`` is empty before the first."""

    slot: Slot
    connection: Codes | None


def client_machine(
    profile: ClientProfile, alphabet: tuple[Event, ...] = CLIENT_ALPHABET, *, keeps_cut: bool = True
) -> Mealy[Event, Output]:
    """The client of a profile, over its connections one after the other to one server.

    ``keeps_cut``: whether it offers a ticket again whose resumption the server took up and the transport then cut off,
    which R5077-3.2-10 leaves to be counted as a failure or not.
    """
    role = _Role(CLIENT, profile)

    def connect(slot: Slot) -> tuple[ClientState, Output]:
        offers = {Slot.NONE: Extension.EMPTY, Slot.LIVE: Extension.LIVE, Slot.OLD: Extension.OLD}[slot]
        wanted = offers if profile.tickets else Extension.ABSENT
        hellos = [e for e in SAYS[CLIENT] if e.message is M.ClientHello and e.extension is wanted]
        moves = [e for e in hellos if role.chooses(Client().codes, e)]
        if len(moves) != 1:
            raise AmbiguousProfile(f"{len(moves)} ClientHellos: {moves}")
        return ClientState(slot, role.conduct.move(Client().codes, moves[0].codes)), (moves[0],)

    def step(state: ClientState, event: Event) -> tuple[ClientState, Output]:
        if event is CONNECT:
            return connect(Slot.NONE if not keeps_cut and _is_cut(state) else _kept(profile, state))
        if state.connection is None or role.ended(state.connection):
            return state, ()
        if profile.refuses_baseless_echo and _echoes_nothing(state.connection, event):
            refusal = alert(CLIENT)
            return ClientState(state.slot, role.conduct.move(state.connection, refusal.codes)), (refusal,)
        connection, echo = heard(role, state.connection, _as_heard(profile, state.connection, event))
        connection, said = role.answer(connection)
        return ClientState(state.slot, connection), echo + said

    return build(ClientState(Slot.NONE, None), alphabet, step)


def _echoes_nothing(connection: Codes, event: Event) -> bool:
    """Whether a first ServerHello repeats an id that is no session's."""
    waits = Client.from_codes(connection).position is P.CLIENT_HELLO
    return waits and event.session_id is SessionId.ECHOED and _baseless(connection)


def _as_heard(profile: ClientProfile, connection: Codes, event: Event) -> Event:
    """An echo of an empty session_id is empty; one of an id that is no session's is as good as any other id.  A hello
    that is refused because an extension stands twice is not read any further."""
    if event.extension is Extension.REPEATED and not profile.tolerates_repeated_extension:
        event = event.but(extension=Extension.EMPTY, content=Content.WRONG)
    if event.session_id is SessionId.ECHOED and Client.from_codes(connection).client_id is SessionId.EMPTY:
        return event.but(session_id=SessionId.EMPTY)
    return event.but(session_id=SessionId.FRESH) if _echoes_nothing(connection, event) else event


def _is_cut(state: ClientState) -> bool:
    """Whether the transport ended in a resumption that the server had taken up."""
    if state.connection is None:
        return False
    client = Client.from_codes(state.connection)
    return client.ending is Ending.CLOSED and client.conclusion is Conclusion.RESUMED and not client.verified


def _kept(profile: ClientProfile, state: ClientState) -> Slot:
    """What the client's slot holds when the present connection is left behind."""
    if state.connection is None:
        return state.slot
    offer = list(Offer)[_store()(profile.codes, state.connection)[0]]
    if offer is Offer.ISSUED:
        return Slot.LIVE
    if offer is Offer.NOTHING:
        return Slot.NONE
    client = Client.from_codes(state.connection)
    return Slot.OLD if client.position in SHORT and client.ticket is Ticket.SOME else state.slot


__all__ = [
    "CLIENT_ALPHABET", "CONNECT", "SERVER_ALPHABET", "WITH_CERTIFICATE_REQUEST", "AmbiguousProfile",
    "client_machine", "server_machine",
]  # fmt: skip
