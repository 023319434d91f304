"""The harness can fail, and what would blind it is noticed: a guard turned round, tests left out, a fake adapter."""

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache

import pytest
import z3

from rfc5077.model.clauses import binding
from rfc5077.model.event import CLIENT, EventTerm, SessionId
from rfc5077.model.event import Message as M
from rfc5077.model.run.compiled import compiled
from rfc5077.model.run.monitor import Graph, Monitor
from rfc5077.model.run.party import PARTIES, conduct, judged, start_of, term_of
from rfc5077.properties.adapters.in_memory import in_memory
from rfc5077.properties.adapters.peer import Peer
from rfc5077.properties.faults import FAULTS
from rfc5077.properties.suite import play
from rfc5077.properties.suite.agreement import Memory
from rfc5077.properties.suite.alphabet import machine_of, symbol_name
from rfc5077.properties.suite.complete import complete_suite
from rfc5077.properties.suite.driver import PuppetServer
from rfc5077.properties.suite.play import Watch
from rfc5077.properties.suite.probe import probe
from rfc5077.properties.suite.runner import check
from rfc5077.properties.variants import VARIANTS

# --- a monitor with a guard turned round ------------------------------------------------------------------------------

WATCHED = (
    "N-02-renews-always", "N-06-zero-length", "N-13-looks-up-ids-and-issues-nothing", "N-22-random-id-beside-a-ticket",
    "N-30-knows-no-tickets",
)  # fmt: skip
"""Whose conversations are judged beside the reference's."""


@pytest.fixture(scope="module")
def conversations():
    """What was said on each connection of the complete suites, each conversation once."""
    heard, place = {}, Watch._place

    def listening(watch, connection, alternatives):
        heard.setdefault((id(watch), connection), (watch, []))[1].append(alternatives)
        place(watch, connection, alternatives)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(play.Watch, "_place", listening)
        for role in ("server", "client"):
            check(role, "reference")
        for name in WATCHED:
            check(VARIANTS[name].role, VARIANTS[name].make())
    return {tuple(said) for _, said in heard.values()}


def turned_round(party, entry) -> Graph:
    """The graph of monitors to whom one clause says the opposite about when it applies."""
    whole = conduct(party)
    state, event = term_of(party), EventTerm("event")
    constraint = judged(entry, state, event)
    guard = constraint if not z3.is_implies(constraint) else constraint.arg(0)
    flipped = compiled([z3.substitute(constraint, (guard, z3.Not(guard)))], state, event)
    place = whole.clauses.index(entry)

    def verdicts(state, event):
        held = whole.check(state, event)
        return (*held[:place], *flipped(state, event), *held[place + 1 :])

    conducts = {other: conduct(other) for other in PARTIES} | {party: replace(whole, check=verdicts)}
    return Graph(*((conducts[other], start_of(other)) for other in PARTIES))


@cache
def judgement(said):
    """What the monitor as it is says of a conversation."""
    return Monitor().run(said)


JUDGED = [(party, entry) for party in PARTIES for entry in binding(party)]


@pytest.mark.parametrize(("party", "entry"), JUDGED, ids=[f"{p.name.lower()}-{e.id}" for p, e in JUDGED])
def test_a_guard_turned_round_is_noticed_by_what_conforming_parties_say(conversations, party, entry):
    graph = turned_round(party, entry)
    assert any(Monitor(watched=graph).run(said) != judgement(said) for said in conversations)


# --- a suite without a class of its tests -----------------------------------------------------------------------------


@cache
def plan(role):
    """The machine of the reference, and its complete suite."""
    machine = machine_of(probe(in_memory("reference", role), set()).target)
    return machine, complete_suite(machine).tests


def blunders(machine):
    """Every machine that differs in one transition, in where it leads or in what is said, with that transition. Closed
    stays closed."""
    other, sinks = ("something else",), set(machine.sinks())
    for state, row in ((state, row) for state, row in enumerate(machine.table) if state not in sinks):
        for number, (target, output) in enumerate(row):
            astray = [(elsewhere, output) for elsewhere in range(machine.states) if elsewhere != target]
            for wrong in [*astray, (target, other)]:
                changed = (*row[:number], wrong, *row[number + 1 :])
                table = (*machine.table[:state], changed, *machine.table[state + 1 :])
                yield (state, number), replace(machine, table=table)


def unnoticed(machine, tests):
    """The blunders that pass all tests, one by one; only tests that come to the transition can tell."""
    coming = defaultdict(list)
    for word in tests:
        state = 0
        for symbol in word:
            coming[state, machine.numbers[symbol]].append(word)
            state, _ = machine.step(state, symbol)
    expected = {word: machine.run(word) for word in tests}
    for transition, wrong in blunders(machine):
        if all(wrong.run(word) == expected[word] for word in dict.fromkeys(coming[transition])):
            yield transition


@pytest.mark.parametrize("role", ["server", "client"])
def test_the_complete_suite_lets_no_blunder_of_one_transition_pass(role):
    assert next(unnoticed(*plan(role)), None) is None


SYMBOLS = [(role, number) for role in ("server", "client") for number in range(len(plan(role)[0].inputs))]


@pytest.mark.parametrize(("role", "number"), SYMBOLS, ids=[symbol_name(plan(r)[0].inputs[n]) for r, n in SYMBOLS])
def test_a_suite_without_the_tests_of_a_symbol_lets_some_pass(role, number):
    machine, tests = plan(role)
    dropped = [word for word in tests if machine.inputs[number] not in word]
    assert len(dropped) < len(tests)
    assert next(unnoticed(machine, dropped), None) is not None


@pytest.mark.parametrize("role", ["server", "client"])
def test_a_suite_that_asks_nothing_behind_a_transition_lets_some_pass(role):
    machine, tests = plan(role)
    assert next(unnoticed(machine, {word[:-1] for word in tests}), None) is not None


# --- an adapter that asks the model -----------------------------------------------------------------------------------


@dataclass
class Fake:
    """A connection whose octets are a puppet's, and whose words are the machine's."""

    puppet: PuppetServer
    watch: Watch
    machine: object
    incoming: bytearray
    outgoing: bytearray
    state: int = 0

    def write(self, octets: bytes) -> None:
        self.incoming += octets
        for heard in self.watch.take(self.puppet.hear()):
            symbol = heard if heard in self.machine.numbers else heard.but(session_id=SessionId.FRESH)
            if symbol in self.machine.numbers and not self.puppet.ended:
                self.state, said = self.machine.step(self.state, symbol)
                for event in said:
                    if event.message is not M.Close:
                        self.watch.take(self.puppet.say(event))

    def read(self) -> bytes:
        said = bytes(self.outgoing)
        self.outgoing.clear()
        return said


def from_the_model() -> Peer:
    """A server that nobody has written: it answers what the model expects of the reference."""
    machine, memory, watch, count = plan("server")[0], Memory(), Watch(CLIENT, set()), [0]

    def connect() -> Fake:
        count[0] += 1
        incoming, outgoing = bytearray(), bytearray()

        def heard(_):
            octets = bytes(incoming)
            incoming.clear()
            return octets

        pipe = Peer("pipe", "client", lambda: None, lambda _, octets: outgoing.extend(octets), heard)
        return Fake(PuppetServer(pipe, memory, count[0]), watch, machine, incoming, outgoing)

    return Peer("fake", "server", connect, Fake.write, Fake.read)


SENTINELS = ("S-01", "S-20", "S-43", "S-61")


def overlooked(bring) -> set[str]:
    """The faults that are not found although they are there, if an adapter brings what it is asked for."""
    reports = {name: check("server", bring(FAULTS[name])) for name in SENTINELS}
    return {name for name, said in reports.items() if all(one.finding.verdict == "note" for one in said.findings)}


def test_an_adapter_that_answers_from_the_model_passes_the_suite():
    report = check("server", from_the_model())
    assert [found.finding.why for found in report.findings if found.finding.verdict == "violation"] == []


def test_it_is_noticed_by_the_faults_that_are_found_no_more():
    assert overlooked(lambda fault: fault.make()) == set()
    assert overlooked(lambda _: from_the_model()) == set(SENTINELS)
