"""Model and profile make one machine: deterministic, never in breach of a clause, and each choice shows in it."""

import random
from dataclasses import dataclass, field
from functools import cache

import pytest
from conversation import (
    ABSENT,
    C_CCS,
    C_DATA,
    C_FIN,
    CACHED,
    CERT,
    CKE,
    DAMAGED,
    DONE,
    ECHO,
    EMPTY,
    EMPTY_TICKET,
    FRESH,
    KEY_FLIGHT,
    LIVE,
    OLD,
    PROOF,
    REQUEST,
    S_DATA,
    S_END,
    S_FIN,
    SKE,
    TICKET,
    alarm,
    answer,
    hello,
    next_hello,
    wrong,
)

from rfc5077.model.clause import Verdict
from rfc5077.model.event import CLIENT, SERVER, Event, Exchange, Extension, Message, Offer, SessionId, Ticket
from rfc5077.model.logic import Flag
from rfc5077.model.profile import PERMITTED, ClientProfile, ServerProfile
from rfc5077.model.run.machine import (
    CLIENT_ALPHABET,
    CONNECT,
    SERVER_ALPHABET,
    WITH_CERTIFICATE_REQUEST,
    AmbiguousProfile,
    client_machine,
    server_machine,
)
from rfc5077.model.run.monitor import Monitor

M = Message
FILLED, REPEATED = Extension.FILLED, Extension.REPEATED
WIDE_SERVER = (
    *SERVER_ALPHABET, hello(EMPTY, CACHED), hello(ABSENT, CACHED), hello(DAMAGED, CACHED), hello(OLD, FRESH),
    hello(REPEATED), *WITH_CERTIFICATE_REQUEST,
)  # fmt: skip
WIDE_CLIENT = (*CLIENT_ALPHABET, REQUEST, answer(EMPTY, FRESH), answer(ABSENT, FRESH), answer(FILLED),
               answer(REPEATED), alarm(SERVER))  # fmt: skip


def values(kind, name):
    declared = kind.fields()[name]
    every = (False, True) if isinstance(declared, Flag) else tuple(declared.kind)
    return PERMITTED.get(name, every)


def sample(kind, number):
    """So many profiles, picked by a fixed seed from the product of all fields."""
    chance = random.Random(5077)
    return [kind(**{name: chance.choice(values(kind, name)) for name in kind.fields()}) for _ in range(number)]


SERVERS, CLIENTS = sample(ServerProfile, 40), sample(ClientProfile, 24)


@pytest.mark.parametrize("kind, profiles", [(ServerProfile, SERVERS), (ClientProfile, CLIENTS)])
def test_the_sample_has_every_permitted_value_of_every_field(kind, profiles):
    for name in kind.fields():
        assert {getattr(profile, name) for profile in profiles} == set(values(kind, name))


# --- a machine never breaks a clause ---


def words(alphabet, number, length):
    chance = random.Random(5246)
    return [[chance.choice(alphabet) for _ in range(chance.randrange(1, length))] for _ in range(number)]


FULL_WORD, SHORT_WORD = [hello(EMPTY), *PROOF], [hello(LIVE, FRESH), C_CCS, C_FIN]
TELLING_SERVER = [
    [*FULL_WORD, C_DATA], [*SHORT_WORD, C_DATA], [hello(DAMAGED, FRESH), *PROOF, C_DATA],
    [hello(EMPTY), CKE, C_CCS, wrong(C_FIN)],
    [hello(ABSENT, CACHED), C_CCS, C_FIN, C_DATA], [hello(LIVE), C_CCS, wrong(C_FIN), C_DATA],
    [hello(EMPTY), *WITH_CERTIFICATE_REQUEST[:1], *PROOF, C_DATA],
    [hello(EMPTY), WITH_CERTIFICATE_REQUEST[1], CKE, WITH_CERTIFICATE_REQUEST[2], C_CCS, C_FIN, C_DATA],
]  # fmt: skip


@pytest.mark.parametrize("profile", SERVERS, ids=range(len(SERVERS)))
def test_a_server_of_any_profile_breaks_no_clause_whatever_it_hears(profile):
    machine = server_machine(profile, WIDE_SERVER)
    for word in [*TELLING_SERVER, *words(WIDE_SERVER, 25, 8)]:
        monitor = Monitor()
        for symbol, said in zip(word, machine.run(word), strict=True):
            for event in (symbol, *said):
                assert offences(monitor.feed((event,)), SERVER) == [], word
        assert not [breach for breach in monitor.doubts() if breach.party is SERVER], word


def offences(breaches, party):
    return [b.clause.id for b in breaches if b.party is party and b.clause.verdict is Verdict.VIOLATION]


@dataclass
class Link:
    """One connection of a client, as an observer follows it."""

    monitor: Monitor = field(default_factory=Monitor)
    ticket: bool = False
    complete: bool = False

    def hear(self, event: Event) -> list[str]:
        return offences(self.monitor.feed((event,)), CLIENT)


def judged(machine, word):
    """The client's offences along a word, over all its connections."""
    links, found = [], []
    for symbol, said in zip(word, machine.run(word), strict=True):
        if symbol is CONNECT:
            (opening,) = said
            if links and opening.extension in (LIVE, OLD):
                new = links[-1].ticket and links[-1].complete
                found += links[-1].hear(next_hello(Offer.ISSUED if new else Offer.PRESENTED))
            links.append(Link())
            found += links[-1].hear(opening)
        elif links:
            link = links[-1]
            found += link.hear(symbol)
            refused = any(event.message is M.Alert for event in said)
            link.ticket |= symbol is TICKET and not refused
            link.complete |= symbol is S_FIN and not refused
            for event in said:
                found += link.hear(event)
    return found


FULL_ANSWER, RESUMED = [answer(EMPTY), *KEY_FLIGHT, TICKET, *S_END], [answer(ABSENT, ECHO), *S_END]
TELLING_CLIENT = [
    [CONNECT, *FULL_ANSWER, S_DATA, CONNECT, *RESUMED, S_DATA, CONNECT],
    [CONNECT, *FULL_ANSWER, CONNECT, answer(EMPTY), TICKET, *S_END, S_DATA, CONNECT],
    [CONNECT, *FULL_ANSWER, CONNECT, answer(EMPTY, ECHO), EMPTY_TICKET, *S_END, CONNECT],
    [CONNECT, *FULL_ANSWER, CONNECT, answer(), *KEY_FLIGHT, *S_END, CONNECT],
    [CONNECT, *FULL_ANSWER, CONNECT, *RESUMED[:2], wrong(S_FIN), CONNECT],
    [CONNECT, *FULL_ANSWER[:-1], wrong(S_FIN), CONNECT],
    [CONNECT, *FULL_ANSWER[:5], CONNECT],
    [CONNECT, answer(EMPTY), CERT, SKE, REQUEST, DONE, TICKET, *S_END, S_DATA, CONNECT],
    [CONNECT, *FULL_ANSWER, alarm(SERVER), CONNECT],
]


@pytest.mark.parametrize("profile", CLIENTS, ids=range(len(CLIENTS)))
def test_a_client_of_any_profile_breaks_no_clause_whatever_it_hears(profile):
    machine = client_machine(profile, WIDE_CLIENT)
    for word in [*TELLING_CLIENT, *words(WIDE_CLIENT, 25, 10), *([CONNECT, *w] for w in words(WIDE_CLIENT, 25, 10))]:
        assert judged(machine, word) == [], word


# --- what a machine says ---


def said(machine, *word):
    return [list(output) for output in machine.run(word)]


def test_a_server_issues_renews_and_rejects_as_its_profile_says():
    machine = server_machine(ServerProfile(honours=True, renews=Ticket.SOME))
    assert said(machine, hello(EMPTY), CKE, C_CCS, C_FIN) == [
        [answer(EMPTY), CERT, SKE, DONE], [], [], [TICKET, *S_END]
    ]  # fmt: skip
    assert said(machine, hello(LIVE, FRESH), C_CCS, C_FIN) == [[answer(EMPTY, ECHO), TICKET, *S_END], [], []]
    assert said(machine, hello(DAMAGED, FRESH))[0][0] == answer(EMPTY)


def test_a_server_without_tickets_neither_announces_nor_sends_any():
    machine = server_machine(ServerProfile(issues=Ticket.NONE, reissues=Ticket.NONE))
    for opening in (hello(EMPTY), hello(LIVE), hello(DAMAGED, FRESH)):
        assert said(machine, opening, CKE, C_CCS, C_FIN) == [[answer(), CERT, SKE, DONE], [], [], [*S_END]]


def test_a_wrong_finished_brings_an_alert_and_no_ticket():
    machine = server_machine(ServerProfile())
    assert said(machine, hello(EMPTY), CKE, C_CCS, wrong(C_FIN), C_DATA)[3:] == [[alarm(SERVER)], []]


def test_a_client_offers_what_it_was_given_and_nothing_before_it_is_verified():
    machine = client_machine(ClientProfile(tickets=True))
    openings = {
        "given": [CONNECT, *FULL_ANSWER, CONNECT],
        "never finished": [CONNECT, *FULL_ANSWER[:-1], CONNECT],
        "wrongly finished": [CONNECT, *FULL_ANSWER[:-1], wrong(S_FIN), CONNECT],
        "empty": [CONNECT, answer(EMPTY), *KEY_FLIGHT, EMPTY_TICKET, *S_END, CONNECT],
    }
    offered = {name: said(machine, *word)[-1] for name, word in openings.items()}
    assert offered == {"given": [hello(LIVE)], "never finished": [hello()], "wrongly finished": [hello()],
                       "empty": [hello()]}  # fmt: skip


def test_a_client_takes_up_whichever_flow_the_server_picks():
    machine = client_machine(ClientProfile(tickets=True))
    given = [CONNECT, *FULL_ANSWER, CONNECT]
    for flow in (
        [answer(), *S_END], [answer(EMPTY), TICKET, *S_END],
        [answer(), *KEY_FLIGHT, *S_END], [answer(EMPTY), *KEY_FLIGHT, TICKET, *S_END],
    ):  # fmt: skip
        *_, echo = said(machine, *given, *flow, S_DATA)
        assert echo == [C_DATA]


def test_states_can_be_counted_by_hand():
    # Before; waiting for ClientKeyExchange, ChangeCipherSpec, Finished, with a ticket announced and without;
    # complete; a renegotiation; over.
    assert server_machine(ServerProfile()).minimal().states == 1 + 2 * 3 + 1 + 1 + 1
    # An abbreviated handshake waits for ChangeCipherSpec and Finished.
    assert server_machine(ServerProfile(honours=True)).minimal().states == 10 + 2
    # Waiting for ServerHello, Certificate, ServerKeyExchange, ServerHelloDone, ChangeCipherSpec, Finished; complete;
    # over, which is as good as before.
    assert client_machine(ClientProfile()).minimal().states == 6 + 1 + 1


# --- each choice shows ---

WITH_TICKETS = ClientProfile(tickets=True)
LIVING = ServerProfile(honours=True)
BASES = {
    "honours": ServerProfile(),
    "renews_after_look_up": ServerProfile(looks_up=True),
    "shows_certificate": ServerProfile(exchange=Exchange.OTHER),
    "sends_key_exchange": ServerProfile(exchange=Exchange.OTHER),
    "certificate": ClientProfile(),
    "tickets": ClientProfile(),
    "refuses_baseless_echo": ClientProfile(tickets=True, id_without_ticket=SessionId.FRESH),
    "concludes_by_echo": ClientProfile(tickets=True, id_with_ticket=SessionId.FRESH),
    "keeps_broken": ClientProfile(tickets=True, id_with_ticket=SessionId.EMPTY),
}
FIELDS = [(server_machine, WIDE_SERVER, LIVING, name) for name in ServerProfile.fields()] + [
    (client_machine, WIDE_CLIENT, WITH_TICKETS, name) for name in ClientProfile.fields()
]


@cache
def minimal(make, profile, alphabet):
    return make(profile, alphabet).minimal()


@pytest.mark.parametrize("make, alphabet, base, name", FIELDS, ids=[name for *_, name in FIELDS])
def test_every_value_of_a_field_makes_another_machine(make, alphabet, base, name):
    base = BASES.get(name, base)
    machines = [minimal(make, base.but(**{name: value}), alphabet) for value in values(type(base), name)]
    assert all(one != other for n, one in enumerate(machines) for other in machines[:n])


@pytest.mark.parametrize("name", [name for name, some in PERMITTED.items() if name in ServerProfile.fields()])
def test_a_forbidden_answer_is_no_profile(name):
    for value in set(SessionId) - set(PERMITTED[name]):
        with pytest.raises(AmbiguousProfile, match="0 moves of SERVER"):
            server_machine(LIVING.but(**{name: value}), WIDE_SERVER)
