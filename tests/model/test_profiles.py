"""Profiles and clauses permit the same; which pairs of profiles complete is a formula that is proved and tried."""

import random
from itertools import product

import pytest
import z3
from conversation import DAMAGED, EMPTY, FRESH, LIVE, NO_ID, hello

from rfc5077.model.clauses import BY_ID
from rfc5077.model.demands import ClientDemands, Kinds, PriorSession, ServerDemands, Stance
from rfc5077.model.event import CLIENT, SERVER, Certificates, Event, Extension, Message, SessionId
from rfc5077.model.logic import Flag
from rfc5077.model.profile import PERMITTED, ClientProfile, ServerProfile
from rfc5077.model.proof import meeting
from rfc5077.model.proof.certificate import check
from rfc5077.model.proof.meeting import Reason, cubes, outcome
from rfc5077.model.proof.profiles import ALONE, SERVER_PROFILE, SERVER_STATE, alone
from rfc5077.model.proof.prover import dropped
from rfc5077.model.proof.reachability import attempts, twins
from rfc5077.model.proof.theorems import meeting as pairs
from rfc5077.model.proof.theorems import profiles
from rfc5077.model.proof.unbounded import obligations
from rfc5077.model.run.machine import CLIENT_ALPHABET, CONNECT, client_machine, server_machine

NONE: frozenset[str] = frozenset()
THEOREMS = (*profiles.THEOREMS, *pairs.THEOREMS)
BY_NAME = {theorem.id: theorem for theorem in THEOREMS}
M = Message


def unmet(found):
    found = list(found)
    answers = check("z3", [one.script for one in found])
    return {one.name for one, answer in zip(found, answers, strict=True) if answer != "unsat"}


@pytest.mark.parametrize("theorem", THEOREMS, ids=lambda t: t.id)
def test_each_obligation_is_met_and_the_condition_comes_about(theorem):
    ((_, found),) = attempts((theorem,), NONE)
    assert len(found.obligations) > 5 and unmet(found.obligations) == set()
    assert twins((theorem,), NONE)[theorem.id]


def refuting(name, row):
    """The run that refutes a theorem where the clauses of this one's class do not bind."""
    ((_, found),) = attempts((BY_NAME[name],), dropped(row))
    return [moment.move for moment in found.counterexample]


@pytest.mark.parametrize("name, row", [
    ("whatever_a_server_says_some_profile_says", "R5077-3.4-06"),
    ("whatever_a_server_says_some_profile_says", "R5077-3.4-05"),
])  # fmt: skip
def test_without_a_clause_more_is_said_than_one_profile_says(name, row):
    assert refuting(name, row)


@pytest.mark.parametrize("part", ["facts", "explains"])
def test_an_invariant_that_lacks_a_part_does_not_do(part):
    claim = BY_NAME["whatever_a_server_says_some_profile_says"].claim
    chosen = ALONE[SERVER].memory["chosen"]
    weak = {"facts": chosen == profiles.server_explains(), "explains": profiles.server_facts()}[part]
    assert unmet(obligations(alone(SERVER), part, weak, z3.And(claim.when, claim.bad)))


def test_the_profile_that_is_given_is_the_one_whose_machine_says_so():
    """From what a server's machine has said the witness reads off a profile whose machine says the same."""
    chance = random.Random(5077)
    choices = {name: PERMITTED.get(name, (False, True) if isinstance(field, Flag) else tuple(field.kind))
               for name, field in ServerProfile.fields().items()}  # fmt: skip
    openings = [hello(*o) for o in product((EMPTY, LIVE, DAMAGED), (NO_ID, FRESH))]
    rest = [Event(sender=CLIENT, message=m) for m in (M.ClientKeyExchange, M.ChangeCipherSpec, M.Finished)]
    for _ in range(30):
        profile = ServerProfile(**{name: chance.choice(values) for name, values in choices.items()})
        opening = chance.choice(openings)
        asked = profile.requests_certificate
        shown = [Event(sender=CLIENT, message=M.Certificate, certificates=Certificates.EMPTY)] if asked else []
        word = [opening, *shown, *rest]
        said = server_machine(profile, tuple(dict.fromkeys([*openings, *shown, *rest]))).run(word)
        again = given(profile, opening, said)
        assert server_machine(again, tuple(dict.fromkeys([*openings, *shown, *rest]))).run(word) == said


def given(profile, opening, said):
    """What :func:`server_witness` makes of these messages."""
    events = [event for output in said for event in output]
    answer = events[0]
    short = M.ServerHelloDone not in {event.message for event in events}
    tickets = [event.ticket for event in events if event.message is M.NewSessionTicket]
    state = {"announced": answer.extension is Extension.EMPTY, "resumes": short, "server_id": answer.session_id,
             "honours": profile.honours, "exchange": answer.exchange, "offered": opening.extension,
             "requested": M.CertificateRequest in {event.message for event in events}}  # fmt: skip
    if tickets:
        state["ticket"] = tickets[0]
    whole = SERVER_STATE.but(**{**{n: f.default for n, f in SERVER_STATE.fields().items()}, **state})
    memory = {"certificate": M.Certificate, "status": M.CertificateStatus, "keys": M.ServerKeyExchange}
    seen = [(ALONE[SERVER].memory[n], z3.BoolVal(m in {e.message for e in events})) for n, m in memory.items()]
    seen += [(ALONE[SERVER].memory["refused"], z3.BoolVal(False))]
    pairs = [(SERVER_STATE.terms[n], term) for n, term in whole.terms.items() if n not in ("crossing", "skips")]
    fields = {}
    for name, value in profiles.server_witness().items():
        term = z3.simplify(z3.substitute(getattr(value, "z3", value), *pairs, *seen))
        field = SERVER_PROFILE.fields()[name]
        fields[name] = z3.is_true(term) if isinstance(field, Flag) else next(
            one for one in field.kind if one.name == str(term).rpartition(".")[2]
        )  # fmt: skip
    return ServerProfile(**fields)


# --- pairs ---


def sample(kind, number):
    chance = random.Random(7627)
    values = {n: (False, True) if isinstance(f, Flag) else tuple(f.kind) for n, f in kind.fields().items()}
    values |= {n: PERMITTED[n] for n in values if n in PERMITTED}
    return [kind(**{n: chance.choice(v) for n, v in values.items()}) for _ in range(number)]


def completes(server, client, connections=2):
    """Whether the machines of two profiles complete handshakes with each other, over an intact channel."""
    listener, caller = _Talk(client_machine, client), None
    for _ in range(connections):
        caller = _Talk(server_machine, server)
        to_server, ended = list(listener.hears(CONNECT)), set()
        while to_server:
            to_client = [e for event in to_server for e in caller.hears(event)]
            ended |= {event.sender for event in (*to_server, *to_client) if event.message is M.Finished}
            to_server = [e for event in to_client for e in listener.hears(event)]
            if any(event.message is M.Alert for event in (*to_server, *to_client)):
                return False
        if ended != {CLIENT, SERVER}:
            return False
    return True


class _Talk:
    """A machine in the middle of a conversation, over the symbols that the other one has."""

    def __init__(self, make, profile):
        says = [Event(sender=SERVER, message=M.CertificateStatus), Event(sender=SERVER, message=M.CertificateRequest)]
        kinds = [Event(sender=SERVER, message=M.ServerHello, extension=x, session_id=i, exchange=k)
                 for x in (Extension.ABSENT, EMPTY) for i in (NO_ID, FRESH, SessionId.ECHOED)
                 for k in ServerProfile.fields()["exchange"].kind]  # fmt: skip
        shown = [Event(sender=CLIENT, message=M.Certificate, certificates=c) for c in
                 (Certificates.EMPTY, Certificates.SOME)]  # fmt: skip
        hellos = [hello(x, i) for x in (Extension.ABSENT, EMPTY, LIVE, Extension.OLD) for i in (NO_ID, FRESH)]
        plain = [Event(sender=CLIENT, message=m) for m in (M.ClientKeyExchange, M.CertificateVerify,
                                                           M.ChangeCipherSpec, M.Finished)]  # fmt: skip
        of_client = tuple(dict.fromkeys([*CLIENT_ALPHABET, *kinds, *says]))
        alphabet = of_client if make is client_machine else (*hellos, *shown, *plain)
        self.machine, self.state = make(profile, alphabet), 0

    def hears(self, event):
        self.state, said = self.machine.step(self.state, event)
        return said


@pytest.mark.parametrize("number", range(6))
def test_what_a_pair_chooses_about_tickets_and_ids_never_keeps_it_from_completing(number):
    servers, clients = sample(ServerProfile, 6), sample(ClientProfile, 6)
    assert completes(servers[number], clients[number])


def run_of(server: ServerDemands, client: ClientDemands):
    """Walks the moves that are possible, by z3 alone; the names of those taken, and the reason at the end."""
    system = meeting.meeting()
    values = {f"server.{n}": v for n, v in server.terms().items()}
    values |= {f"client.{n}": v for n, v in client.terms().items()}
    values |= {f"hellos.{n}": v for n, v in meeting.Hellos().terms().items()}
    values |= {"end": meeting.constant(meeting.Finish.PENDING), "why": meeting.constant(Reason.NONE)}
    taken = []
    while True:
        pairs = [(term, values[name]) for name, term in system.state.terms.items()]
        possible = [m for m in system.moves if z3.is_true(z3.simplify(z3.substitute(m.guard, *pairs)))]
        if not possible:
            reason = next(one for one in Reason if meeting.constant(one).eq(values["why"]))
            return taken, reason
        (move,) = possible
        taken.append(move.name)
        values |= {name: z3.simplify(z3.substitute(term, *pairs)) for name, term in move.changes.items()}


def permitted_pairs(number):
    found = []
    chance = random.Random(5246)
    while len(found) < number:
        server, client = (
            kind(**{n: chance.choice((False, True) if isinstance(f, Flag) else tuple(f.kind))
                    for n, f in kind.fields().items()}) for kind in (ServerDemands, ClientDemands)
        )  # fmt: skip
        unaware = client.holds is PriorSession.EXTENDED and client.extended_secret is Stance.UNKNOWN
        if Kinds.NONE not in (server.suites, client.suites) and not unaware:
            found.append((server, client))
    return found


def test_a_pair_runs_as_the_formula_says_and_every_reason_comes_up():
    seen = {}
    rare = (ServerDemands(extended_secret=Stance.WELCOME, refuses_old_sessions=True, honours=True),
            ClientDemands(holds=PriorSession.STANDARD))  # fmt: skip
    for server, client in (rare, *permitted_pairs(120)):
        moves, reason = run_of(server, client)
        assert reason is outcome(server, client)
        assert (moves[-1] == "client completes") is (reason is Reason.NONE)
        if reason is not Reason.NONE:
            refusal = meeting.REFUSALS[reason]
            assert moves[-1] == f"{refusal.party.name.lower()} refuses: {refusal.alert} ({refusal.clause})"
        seen[reason] = seen.get(reason, 0) + 1
    assert set(seen) == set(Reason)


def test_the_formula_is_printed_with_the_alert_and_the_clause_of_each_class_of_pairs():
    text = meeting.compatibility()
    assert len(meeting.incompatible()) == len(meeting.REFUSALS) == len(set(Reason) - {Reason.NONE})
    for one in meeting.incompatible():
        assert f"{one.text}: the {one.refusal.party.name.lower()} says {one.refusal.alert}" in text
        assert one.refusal.clause in BY_ID or one.refusal.clause == "RFC 5246, section 7.4.6"
    assert "server.extended_secret is demanded and client.extended_secret is unknown" in text


@pytest.mark.parametrize("reason", meeting.conditions(), ids=lambda r: r.name)
def test_the_cubes_of_a_class_say_what_its_condition_says(reason):
    condition = meeting.conditions()[reason]
    solver = z3.Solver()
    solver.add(meeting.is_permitted(), condition != z3.Or([meeting._formula(cube) for cube in cubes(condition)]))
    assert solver.check() == z3.unsat
