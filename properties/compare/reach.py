"""What the Hypothesis machine can show of the model, and why not the rest: every reason is worked out, none is listed.

A message is out of reach where no profile picks it that a party of the machine's can have, which z3 decides; those
profiles are what probing finds for everything that the rules draw.  An end is out of reach where no end of ours stops.
Whatever all ways lead over is out of reach as well.  A pair that was shown although it is out of reach refutes this
room.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache

import z3

from rfc5077.model.event import CLIENT, FATAL, OPENABLE, SERVER, Event, EventTerm, Message, Party, SessionId
from rfc5077.model.flows import HANDSHAKE
from rfc5077.model.logic import Codes, plain
from rfc5077.model.profile import (
    ClientProfile,
    ClientProfileTerm,
    ServerProfile,
    ServerProfileTerm,
    client_chooses,
    server_chooses,
)
from rfc5077.model.run.conversation import Conversation, Pair, Place, conversation, endings
from rfc5077.model.run.monitor import Track, expand
from rfc5077.model.run.party import PARTIES
from rfc5077.model.state import Client as ClientState
from rfc5077.model.state import ClientTerm, PartyTerm, ServerTerm
from rfc5077.model.state import Server as ServerState
from rfc5077.properties.adapters import over_reference
from rfc5077.properties.errors import UsageError
from rfc5077.properties.suite.alphabets import Alphabet
from rfc5077.properties.suite.parties import Client, Server
from rfc5077.properties.suite.probe import probe
from rfc5077.properties.suite.stateful import CLIENT_CHANGES, SERVER_CHANGES, Change
from rfc5077.reference.connection import ClientConnection, ServerConnection

M = Message
Value = Enum | bool
Span = Mapping[str, frozenset[Value]]
"""By field of a profile, the values that it takes on."""


# --- profiles ---------------------------------------------------------------------------------------------------------


@cache
def spans() -> Mapping[Party, Span]:
    """What probing finds of the parties, under each change that the rules draw by itself, and beside a cache.

    Probing shows a client no session that it could offer by its id; one that keeps them does.
    """
    caching = [change for change in SERVER_CHANGES if change.get("remembers")]
    servers = (_server({**base, **change}) for base in ({}, *caching) for change in SERVER_CHANGES)
    clients = (_client(change) for change in CLIENT_CHANGES)
    found = {SERVER: _span(servers), CLIENT: _span(clients)}
    if any(change.get("session_ids") for change in CLIENT_CHANGES):
        found[CLIENT]["id_without_ticket"] |= {SessionId.CACHED}
    return found


def _span(profiles: Iterable[ServerProfile | ClientProfile]) -> dict[str, frozenset[Value]]:
    found: dict[str, set[Value]] = {}
    for profile in profiles:
        for name, value in profile.values().items():
            found.setdefault(name, set()).add(value)
    return {name: frozenset(values) for name, values in found.items()}


def _server(change: Change) -> ServerProfile:
    server = Server(0, random.Random(0), ServerConnection, among_ourselves=False)
    server.choose(**change)
    server.rotate(0)
    profile = probe(over_reference.server(config=server.config), set(), Alphabet.FULL).target.profile
    assert isinstance(profile, ServerProfile)
    return profile


def _client(change: Change) -> ClientProfile:
    client = Client(0, random.Random(0), ClientConnection, among_ourselves=False)
    client.choose(**change)
    peer = over_reference.client(config=client.config(0, "localhost"))
    profile = probe(peer, set(), Alphabet.FULL).target.profile
    assert isinstance(profile, ClientProfile)
    return profile


class _Choices:
    """Whether a party of some profiles may pick an event, and if not, because of which fields."""

    def __init__(self, party: Party, span: Span) -> None:
        self._event = EventTerm("event")
        self._state, profile, self._formula = _terms(party, self._event)
        self._kind = ClientState if party is CLIENT else ServerState
        self._solver = z3.Solver()
        self._solver.set(ctrl_c=False)  # each question takes milliseconds; Ctrl-C is Python's
        self._fields = {name: z3.Bool(_assumed(name)) for name in span}
        for name, values in span.items():
            held = z3.Or([profile.terms[name] == plain(value) for value in values])
            self._solver.add(z3.Implies(self._fields[name], held))
        read = _constants(self._formula)
        self._read = [place for place, term in enumerate(self._state.terms.values()) if term.decl().name() in read]
        self._known: dict[tuple[Codes, Event], frozenset[str] | None] = {}

    def lacking(self, track: Track, event: Event) -> frozenset[str]:
        """The fields of which no party has a value that would make it pick the event."""
        reasons = [self.missing(codes, said) for codes in track.states for said in expand(event)]
        return frozenset().union(*(reason for reason in reasons if reason is not None))

    def missing(self, codes: Codes, event: Event) -> frozenset[str] | None:
        """The same in one state; None where one may pick it. Raises UsageError if the solver does not know."""
        key = tuple(codes[place] for place in self._read), event
        if key not in self._known:
            state, terms = self._kind.from_codes(codes).terms(), event.terms()
            pairs = [(self._state.terms[name], state[name]) for name in state]
            pairs += [(self._event.terms[name], terms[name]) for name in terms]
            picked = z3.substitute(self._formula, *pairs)
            self._solver.push()
            self._solver.add(picked)
            answer = self._solver.check(*self._fields.values())
            if answer == z3.unknown:
                why = self._solver.reason_unknown()
                raise UsageError(f"z3 does not know whether {event.message.name} is out of reach: {why}")
            held = answer == z3.sat
            core = None if held else self._solver.unsat_core()
            named = set() if core is None else {core[place].decl().name() for place in range(len(core))}
            self._solver.pop()
            self._known[key] = (
                None if held else frozenset(name for name in self._fields if _assumed(name) in named)
            )
        return self._known[key]


def _assumed(name: str) -> str:
    """The name of the assumption about the values of a field."""
    return f"values of {name}"


def _terms(party: Party, event: EventTerm) -> tuple[PartyTerm, ClientProfileTerm | ServerProfileTerm, z3.BoolRef]:
    if party is CLIENT:
        client, wish = ClientTerm("party"), ClientProfileTerm("profile")
        return client, wish, client_chooses(wish, client, event)
    server, will = ServerTerm("party"), ServerProfileTerm("profile")
    return server, will, server_chooses(will, server, event)


def _constants(formula: z3.ExprRef) -> set[str]:
    """The names of the constants in a formula."""
    found, seen, waiting = set[str](), set[int](), [formula]
    while waiting:
        node = waiting.pop()
        if node.get_id() not in seen:
            seen.add(node.get_id())
            waiting += node.children()
            found |= {node.decl().name()} if not node.num_args() else set()
    return found


# --- ends -------------------------------------------------------------------------------------------------------------


def _turn(row: Mapping[Event, int | None]) -> Party | None:
    """Whose handshake message is due; nobody's where the handshake is complete."""
    due = {event.sender for event in row if event.message in _HANDSHAKE}
    if any(event.message is M.ApplicationData and event.sender is SERVER for event in row):
        return None
    return due.pop() if len(due) == 1 else None


_HANDSHAKE = {row.message for row in HANDSHAKE}


def _unended(conv: Conversation, state: int, end: Event, into: Mapping[int, frozenset[Party]]) -> str:
    """Why no end of ours is seen to end there; empty if it may."""
    turn = _turn(conv.table[state])
    if state == 0:
        return "a connection begins with its ClientHello"
    if turn is not None and into[state] == {turn}:
        return "a flight leaves at once"
    if end.sender is SERVER and any(event.message is M.ServerHello for event in conv.table[state]):
        if end.alarm not in FATAL:
            return "a server that closes in place of its answer is drawn as a loss, lest it seem to refuse the ticket"
        return "" if _resumable(conv, state) else "no session is there whose secret the hello does not suit"
    if end.alarm in FATAL and (end.sender is CLIENT or turn is not SERVER):
        return "what is lawful is not refused"
    return ""


def _resumable(conv: Conversation, state: int) -> bool:
    """Whether a ClientHello that leads there brings a session that the server may know."""
    hellos = [event for event, after in conv.table[0].items() if after == state]
    return any(hello.extension in OPENABLE or hello.session_id is SessionId.CACHED for hello in hellos)


# --- all together -----------------------------------------------------------------------------------------------------


@cache
def barred() -> Mapping[Pair, str]:
    """Every pair that is out of reach, with the reason."""
    conv = conversation()
    choices = {party: _Choices(party, span) for party, span in spans().items()}
    into = _speakers(conv)
    reached = conv.within(lambda party, codes, event: _free(event) or choices[party].missing(codes, event) is None)
    found: dict[Pair, str] = {}
    for pair in conv.pairs:
        state, event = pair
        places = reached.get(state, {})
        if not places:
            why = BEHIND
        elif _free(event):
            why = _unended(conv, state, event, into)
        elif not any(event in said for said in places.values()):
            why = _unsaid(places, event, choices[event.sender])
        else:
            why = _unasked(conv, pair)
        if why:
            found[pair] = why
    return found


def _free(event: Event) -> bool:
    """Whether it is no profile's affair."""
    return event in endings(event.sender)


BEHIND = "all ways there lead over what is out of reach"


def _unsaid(places: Iterable[Place], event: Event, choices: _Choices) -> str:
    own = PARTIES.index(event.sender)
    fields = sorted(frozenset().union(*(choices.lacking(place[own], event) for place in places)))
    who = event.sender.name.lower()
    return f"no {who} here has another value of {', '.join(fields)}" if fields else f"no profile of a {who} picks it"


def _unasked(conv: Conversation, pair: Pair) -> str:
    """Why no rule asks for a message; empty if one may."""
    state, event = pair
    if event.message is M.ClientHello and state:
        return "no rule asks for a second handshake"
    if event.message is M.ApplicationData and _turn(conv.table[state]) is not None:
        return "no rule has data sent before the handshake is complete"
    return ""


def _speakers(conv: Conversation) -> Mapping[int, frozenset[Party]]:
    """By state, who may have spoken last before it."""
    found: dict[int, set[Party]] = {}
    for row in conv.table:
        for event, after in row.items():
            if after is not None and event.message is not M.ApplicationData:
                found.setdefault(after, set()).add(event.sender)
    return {state: frozenset(found.get(state, ())) for state in range(len(conv.table))}
