"""properties/verdict/judge.py: a further handshake in a connection is judged like a first one (RFC 5077, 5.8)."""

from dataclasses import replace
from itertools import product

import pytest
from pairs import Pair

from rfc5077.model.event import CLIENT, SERVER, Message
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.trace.observe import Observer
from rfc5077.properties.verdict.judge import Judge
from rfc5077.reference.alerts import ProtocolError
from rfc5077.reference.handshake import negotiate, server_flight
from rfc5077.reference.handshake.server_flight import ServerHandlers
from rfc5077.reference.ticket.store import TicketStore


class Watched(Pair):
    """A pair whose octets an observer with the keys reads on their way, for a judge."""

    def __init__(self, *configs_and_clock) -> None:
        super().__init__(*configs_and_clock)
        self.keys: dict[bytes, bytes] = {}
        self.judge, self.findings = Judge(complete=True), []
        self.client_config = replace(self.client_config, key_log=self.note)
        self.server_config = replace(self.server_config, key_log=self.note)

    def note(self, line: str) -> None:
        _, random, secret = line.split()
        self.keys[bytes.fromhex(random)] = bytes.fromhex(secret)

    def open(self, **changes) -> "Watched":
        super().open(**changes)
        self.observer = Observer(self.seed, self.keys.get)
        return self

    def exchange(self, chunk: int | None = None) -> None:
        while True:
            to_server = self.client.data_to_send()
            self.see("client", to_server)
            self.server_events += self.server.receive(to_server)
            to_client = self.server.data_to_send()
            self.see("server", to_client)
            self.client_events += self.client.receive(to_client)
            if not to_server and not to_client:
                return

    def see(self, sender: str, octets: bytes) -> None:
        for event in self.observer.octets(sender, octets):
            self.findings += self.judge.feed(event)

    def clauses(self) -> list[str]:
        return [finding.clause.id for finding in self.findings]

    def verdicts(self) -> list[str]:
        return [judged.verdict for judged in self.judge.connections()]


@pytest.fixture
def watched(client_config, server_config, clock):
    def make(client: dict | None = None, server: dict | None = None) -> Watched:
        ours = replace(client_config, **{"renegotiation": "any", "store": TicketStore(), **(client or {})})
        return Watched(ours, replace(server_config, **{"renegotiation": "any", **(server or {})}), clock)

    return make


def again(p: Watched, by: str = "client", config=None) -> Watched:
    p.client_events, p.server_events = [], []
    getattr(p, by).renegotiate(config)
    p.exchange()
    return p


EITHER = (True, False)
CHOICES = [
    {"client": {"tickets": tickets, "ems": ems}, "server": {"issue": issue, "reissue": issue, "renew": renew}}
    for tickets, ems, issue, renew in product(EITHER, EITHER, ("ticket", "empty", "never"), ("never", "ticket"))
]


@pytest.mark.parametrize("by", ["client", "server"])
@pytest.mark.parametrize("choices", CHOICES, ids=str)
def test_honest_parties_negotiate_anew_without_a_finding(watched, choices, by):
    p = watched(**choices).connect()
    for config in (None, replace(p.client_config, store=None), None):
        p.client.send(b"beforehand")
        again(p, by, config if by == "client" else None)
        p.client.send(b"afterwards")
        p.server.send(b"afterwards")
        p.exchange()
    p.connect()
    assert [event.renegotiated for event in p.server_events if hasattr(event, "renegotiated")] == [False]
    assert (p.clauses(), p.verdicts()) == ([], ["conformant", "conformant"])


def test_what_may_be_said_in_a_further_handshake_is_known(watched):
    p = watched(client={"store": None}).connect()
    p.client.renegotiate()
    octets = p.client.data_to_send()
    p.see("client", octets)
    p.server.receive(octets)
    p.see("server", p.server.data_to_send())
    assert p.judge.allowed(1, SERVER) == ()
    assert {event.message for event in p.judge.allowed(1, CLIENT)} >= {Message.ClientKeyExchange}


@pytest.mark.parametrize("by", ["client", "server"])
def test_who_declines_and_goes_on_breaks_nothing(watched, by):
    other = "server" if by == "client" else "client"
    p = watched(**{other: {"renegotiation": "never"}}).connect()
    again(p, by)
    p.client.send(b"as before")
    p.exchange()
    assert (p.clauses(), p.verdicts()) == ([], ["conformant"])


def test_an_announcement_that_nobody_asked_for_anew_is_found_in_the_further_handshake(watched):
    edit = FAULTS["S-122"].edit()
    p = watched().connect(server={"handlers": edit.handlers})
    with pytest.raises(ProtocolError):
        again(p, config=replace(p.client_config, tickets=False, store=None))
    assert p.clauses() == ["R5077-3.2-08"]
    assert [(finding.party, finding.connection) for finding in p.findings] == [(SERVER, 1)]
    assert [step.event.message for step in p.findings[0].trace] == ["ClientHello", "ServerHello"]


def unannounced(handshake) -> None:
    """Sends in a further handshake a ticket that ServerHello has not announced."""
    if handshake.binding is not None:
        handshake.plan = "ticket"
    server_flight.send_ticket(handshake)


def silent_anew(config, hello, resumption) -> str:
    return "never" if hello.renegotiation_info else negotiate.plan_ticket(config, hello, resumption)


UNANNOUNCED = replace(
    ServerHandlers(), plan_ticket=silent_anew, last_flight=(unannounced, *ServerHandlers().last_flight[1:])
)


def test_a_ticket_that_was_not_announced_anew_is_the_servers_fault_alone_where_it_is_refused(watched):
    p = watched(client={"store": None}).connect(server={"handlers": UNANNOUNCED})
    with pytest.raises(ProtocolError):
        again(p)
    assert [(finding.clause.id, finding.party) for finding in p.findings] == [("R5077-3.2-07", SERVER)]


def test_a_ticket_that_was_not_announced_anew_must_not_be_taken(watched):
    p = watched(client={"store": None}).connect(server={"handlers": UNANNOUNCED})
    p.client._table = {**p.client._table, **FAULTS["C-85"].edit().rows}
    again(p).client.send(b"afterwards")
    p.exchange()
    found = [finding for finding in p.findings if finding.party is CLIENT]
    assert [finding.clause.id for finding in found] == ["R5246-7.4-01"]
