"""Client and server over a channel: first in first out, nothing blocked, each fact its party's own."""

import random
from collections import deque
from functools import cache

import pytest
import z3

from rfc5077.model.clause import Verdict
from rfc5077.model.clauses import binding
from rfc5077.model.event import CLIENT, SERVER, EventTerm, Extension, Message
from rfc5077.model.logic import constant
from rfc5077.model.proof.explore import explore, starts
from rfc5077.model.proof.invariant import Diagram, order
from rfc5077.model.proof.joint import PLACES, STATE, Flight, World, WorldTerm, pop, push, queue
from rfc5077.model.proof.rules import HARMS, rules
from rfc5077.model.run.compiled import compiled
from rfc5077.model.run.party import term_of
from rfc5077.model.state import Client, Server, step

EXPLORED = cache(explore)
CLIENT_FIELDS, SERVER_FIELDS, WORLD_FIELDS = (
    {f"{name}.{field}" for field in kind.fields()}
    for name, kind in (("client", Client), ("server", Server), ("world", World))
)


def shown(world: WorldTerm, receiver) -> list[Flight]:
    """What a queue of constants holds."""
    terms = [z3.simplify(place.z3) for place in queue(world, receiver)]
    return [next(flight for flight in Flight if constant(flight).eq(term)) for term in terms]


@pytest.mark.parametrize("receiver", [CLIENT, SERVER], ids=lambda p: p.name)
def test_the_channel_delivers_in_the_order_of_sending(receiver):
    chance = random.Random(5077)
    world, model = WorldTerm("world", World().terms()), deque()
    other = shown(world, SERVER if receiver is CLIENT else CLIENT)
    for _ in range(40):
        if model and (len(model) == PLACES or chance.random() < 0.5):
            model.popleft()
            world = pop(world, receiver)
        else:
            flight = chance.choice([f for f in Flight if f is not Flight.NOTHING])
            model.append(flight)
            world = push(world, receiver, flight)
        assert shown(world, receiver) == [*model, *[Flight.NOTHING] * (PLACES - len(model))]
    assert shown(world, SERVER if receiver is CLIENT else CLIENT) == other


def test_a_move_of_one_party_changes_nothing_of_the_others():
    for rule in rules():
        mine, others = (
            (CLIENT_FIELDS, SERVER_FIELDS) if rule.name.startswith("client") else (SERVER_FIELDS, CLIENT_FIELDS)
        )
        assert set(rule.changes()) <= mine | WORLD_FIELDS, rule.name
        assert not set(rule.changes()) & others, rule.name


def test_whoever_waits_for_a_message_can_take_it_or_refuse_it_yet_never_stop_it():
    """A delivery asks only whether the connection is open and the message is first: nothing blocks an input."""
    for rule in rules():
        if " hears " in rule.name:
            receiver = "client" if rule.name.startswith("client") else "server"
            names, waiting = set(), [rule.guard]
            while waiting:
                node = waiting.pop()
                waiting.extend(node.children())
                if not node.num_args() and node.decl().kind() == z3.Z3_OP_UNINTERPRETED:
                    names.add(node.decl().name())
            assert names == {f"{receiver}.ending", f"world.to_{receiver}_0"}, rule.name


def test_only_what_is_listed_is_altered_on_its_way():
    altered = {rule.event.message for rule in rules() if " a damaged " in rule.name}
    assert altered == set(HARMS) == {Message.ServerHello, Message.NewSessionTicket, Message.Finished}
    damage = [rule for rule in rules() if "world.damaged" in rule.changes()]
    assert {rule.name for rule in damage} == {rule.name for rule in rules() if " a damaged " in rule.name}


def test_no_two_moves_of_one_name_are_possible_with_the_same_event():
    moves = [(rule.name, rule.event) for rule in rules()]
    assert len(moves) == len(set(moves))


def test_every_delivery_and_every_step_happens_somewhere():
    found = EXPLORED()
    happened = {number for state in found.states for number, _ in found.moves.after(state)}
    missing = [r.name for n, r in enumerate(found.moves.rules) if n not in happened and " says " not in r.name]
    assert missing == []
    spoken = {rule.event.message for n, rule in enumerate(found.moves.rules) if n in happened and " says " in rule.name}
    assert spoken == {rule.event.message for rule in rules() if " says " in rule.name}


def test_the_search_starts_with_any_opinion_of_the_ticket_and_no_trait_that_a_clause_forbids():
    assert len(starts()) == 2
    assert {Server.from_codes(server).honours for _, server, _ in starts()} == {False, True}
    assert len(starts(frozenset({"R5077-3.3-04"}))) == 8


def test_the_search_can_stop_at_the_first_state_that_is_looked_for():
    found = explore(stop=lambda state: Client.from_codes(state[0]).verified)
    *before, last = found.states
    assert Client.from_codes(last[0]).verified
    assert not any(Client.from_codes(client).verified for client, _, _ in before)
    assert found.trace(last)[-1][1] == last


def test_the_nearest_way_to_a_state_is_as_long_as_its_trace():
    found = EXPLORED()
    chance = random.Random(1)
    for state in chance.sample(found.states, 50):
        parent = found.parents[state]
        assert len(found.trace(state)) == (0 if parent is None else len(found.trace(parent[0])) + 1)


# --- the reductions that the joint model states ---

LIKE = [(Extension.DAMAGED, Extension.FOREIGN), (Extension.LIVE, Extension.OLD)]
NOT_ALIKE = {
    # An altered ticket and one of another key: nothing.  A live ticket and a renewed one: only the refusal by alert or
    # close, which the joint model gives to nobody without a reason.
    (Extension.LIVE, Extension.OLD): {"R5077-3.3-10"},
    (Extension.DAMAGED, Extension.FOREIGN): set(),
}


def at(formula, state, event, kind):
    pairs = [(state.terms["offered"], constant(kind)), (event.terms["extension"], constant(kind))]
    return z3.substitute(formula, *pairs)


@pytest.mark.parametrize("one, other", LIKE, ids=lambda kind: kind.name)
@pytest.mark.parametrize("party", [CLIENT, SERVER], ids=lambda p: p.name)
def test_the_clauses_treat_alike_what_the_model_does_not_tell_apart(party, one, other):
    state, event = term_of(party), EventTerm("event")
    found = set()
    for entry in binding(party, Verdict.VIOLATION):
        formula = entry.constraint(state, event)
        solver = z3.Solver()
        solver.add(at(formula, state, event, one) != at(formula, state, event, other))
        if solver.check() != z3.unsat:
            found.add(entry.id)
    assert found == (NOT_ALIKE[one, other] if party is SERVER else set())


@pytest.mark.parametrize("one, other", LIKE, ids=lambda kind: kind.name)
@pytest.mark.parametrize("party", [CLIENT, SERVER], ids=lambda p: p.name)
def test_so_do_the_mechanics(party, one, other):
    state, event = term_of(party), EventTerm("event")
    for name, formula in step(state, event).terms.items():
        if name != "offered":
            solver = z3.Solver()
            solver.add(at(formula, state, event, one) != at(formula, state, event, other))
            assert solver.check() == z3.unsat, name


# --- a set of states as a formula ---

SIZES = (*Client.sizes(), *Server.sizes(), *World.sizes())


def test_the_diagram_asks_every_field_once():
    assert sorted(order()) == list(range(len(SIZES)))


def test_a_diagram_is_true_exactly_on_its_set():
    chance = random.Random(5077)
    found = [a + b + c for a, b, c in chance.sample(EXPLORED().states, 300)]
    members, strangers = set(found[:150]), set(found[150:])
    for state in list(members)[:100]:  # near misses: one field of a member changed
        place = chance.randrange(len(SIZES))
        near = (*state[:place], chance.randrange(SIZES[place]), *state[place + 1 :])
        if near not in members:
            strangers.add(near)
    holds = compiled([Diagram(members).formula()], STATE.client, STATE.server, STATE.world)
    cuts = len(Client.sizes()), len(Client.sizes()) + len(Server.sizes())

    def inside(state) -> bool:
        return bool(holds(state[: cuts[0]], state[cuts[0] : cuts[1]], state[cuts[1] :])[0])

    assert all(map(inside, members))
    assert not any(map(inside, strangers))


def test_equal_parts_of_a_diagram_are_one_node():
    state = [0] * len(SIZES)
    other = [*state]
    other[order()[0]] = 1  # the first field asked: everything behind it is shared
    assert len(Diagram([tuple(state), tuple(other)]).nodes) == len(Diagram([tuple(state)]).nodes)
