"""The complete suite finds what it promises to find, shown by exhaustion over small machines."""

from itertools import combinations, product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rfc5077.model.run.mealy import Mealy, build, difference
from rfc5077.properties.suite.complete import complete_suite

OUTPUTS = "xy"


@st.composite
def minimal_machines(draw, least=2, most=4, letters="ab"):
    states = draw(st.integers(least, most))
    cell = st.tuples(st.integers(0, states - 1), st.sampled_from(OUTPUTS))
    machine = Mealy(tuple(letters), tuple(tuple(draw(cell) for _ in letters) for _ in range(states))).minimal()
    assume(machine.states >= least)
    return machine


def passes(suite, machine, implementation):
    return all(implementation.run(test) == machine.run(test) for test in suite.tests)


def edited(machine, changes):
    rows = [list(row) for row in machine.table]
    for (state, letter), cell in changes:
        rows[state][letter] = cell
    return Mealy(machine.inputs, tuple(map(tuple, rows)))


def faults(machine, order):
    """Every machine that differs in at most ``order`` cells: other output, other target, or both."""
    places = list(product(range(machine.states), range(len(machine.inputs))))
    cells = list(product(range(machine.states), OUTPUTS))
    for count in range(1, order + 1):
        for chosen in combinations(places, count):
            for contents in product(cells, repeat=count):
                yield edited(machine, zip(chosen, contents, strict=True))


def with_one_more_state(machine):
    """Every machine where one transition leads to a state more, whatever that state does."""
    more = machine.states
    for state, letter in product(range(machine.states), range(len(machine.inputs))):
        output = machine.table[state][letter][1]
        larger = edited(Mealy(machine.inputs, (*machine.table, machine.table[0])), [((state, letter), (more, output))])
        cells = product(product(range(larger.states), OUTPUTS), repeat=len(machine.inputs))
        for row in cells:
            yield edited(larger, [((more, number), cell) for number, cell in enumerate(row)])


def survivors(suite, machine, implementations):
    """Implementations that pass all tests although they answer some word otherwise."""
    return [one for one in implementations if passes(suite, machine, one) and difference(machine, one) is not None]


@given(minimal_machines())
@settings(max_examples=40, derandomize=True, deadline=None)
def test_every_single_and_double_fault_is_found(machine):
    assert survivors(complete_suite(machine, cut=False), machine, faults(machine, 2)) == []


@given(minimal_machines())
@settings(max_examples=15, derandomize=True, deadline=None)
def test_with_k_1_every_fault_behind_an_extra_state_is_found(machine):
    assert survivors(complete_suite(machine, 1, cut=False), machine, with_one_more_state(machine)) == []


def all_machines(states):
    cells = list(product(range(states), OUTPUTS))
    rows = list(product(cells, repeat=2))
    return (Mealy(("a", "b"), table) for table in product(rows, repeat=states))


@pytest.mark.parametrize(("states", "k"), [(1, 1), (2, 0), (3, 0), (2, 1)])
def test_no_implementation_at_all_within_the_bound_survives(states, k):
    machine = next(m for m in all_machines(states) if m.minimal() == m and m.states == states and distinct(m))
    assert survivors(complete_suite(machine, k, cut=False), machine, all_machines(states + k)) == []


def distinct(machine):
    """Every output occurs, if there is more than one state; so the machine is not the plainest of all."""
    return machine.states == 1 or len({output for row in machine.table for _, output in row}) == len(OUTPUTS)


CIRCLE = Mealy(("a", "b"), (((1, "x"), (0, "x")), ((2, "x"), (1, "y")), ((0, "y"), (2, "y"))))


LADDER = Mealy(("a", "b"), (((1, "x"), (0, "x")), ((2, "x"), (1, "x")), ((1, "x"), (2, "y"))))


def test_without_phase_1_a_faulty_machine_survives():
    assert survivors(complete_suite(LADDER), LADDER, all_machines(3)) == []
    assert survivors(complete_suite(LADDER, phases=(2,)), LADDER, all_machines(3)) != []


def test_without_phase_2_a_faulty_machine_survives():
    assert survivors(complete_suite(CIRCLE, phases=(1,)), CIRCLE, faults(CIRCLE, 1)) != []


def test_a_fault_behind_an_extra_state_needs_k_1():
    more = list(with_one_more_state(CIRCLE))
    assert survivors(complete_suite(CIRCLE, 0), CIRCLE, more) != []
    assert survivors(complete_suite(CIRCLE, 1), CIRCLE, more) == []


@given(minimal_machines(most=6))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_the_parts_of_a_suite_are_what_they_are_called(machine):
    suite = complete_suite(machine)
    assert {machine.after(word) for word in suite.cover} == set(range(machine.states))
    rows = [tuple(machine.run(word, state) for word in suite.characterisation) for state in range(machine.states)]
    assert len(set(rows)) == machine.states
    for state, words in enumerate(suite.identification):
        assert set(words) <= set(suite.characterisation)
        others = set(range(machine.states)) - {state}
        assert all(any(machine.run(w, state) != machine.run(w, other) for w in words) for other in others)


@given(minimal_machines(most=6), st.integers(0, 1))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_no_test_is_the_beginning_of_another_and_short_ones_stand_first(machine, k):
    tests = complete_suite(machine, k).tests
    assert not [(a, b) for a, b in product(tests, repeat=2) if a != b and b[: len(a)] == a]
    assert [len(test) for test in tests] == sorted(len(test) for test in tests)
    assert tests == complete_suite(machine, k).tests


DOOR = build(
    "shut",
    ("open", "close", "burn"),
    lambda state, word: ("ash", "ash") if "ash" in (state, word) or word == "burn" else (word, state),
)


def test_nothing_follows_the_first_input_after_a_sink_and_the_count_without_cutting_is_kept():
    door = DOOR.minimal()
    (ash,) = door.sinks()
    short, long = complete_suite(door, 1), complete_suite(door, 1, cut=False)
    assert all(door.after(test[:-2]) != ash for test in short.tests if len(test) > 1)
    assert len(short.tests) < len(long.tests) == short.uncut == long.uncut


def test_cutting_loses_no_machine_whose_sink_stays_one():
    door = DOOR.minimal()
    (ash,) = door.sinks()
    row = door.table[ash]
    stays = (one for one in faults(door, 2) if all(cell == (ash, "ash") for cell in one.table[ash]))
    assert row == ((ash, "ash"),) * 3
    assert survivors(complete_suite(door), door, stays) == []


def test_one_state_needs_one_test_for_each_input():
    assert complete_suite(Mealy(("a", "b"), (((0, "x"), (0, "y")),))).tests == (("a",), ("b",))


def test_a_machine_that_is_not_minimal_is_refused():
    with pytest.raises(ValueError, match="minimal"):
        complete_suite(Mealy(("a",), (((1, "x"),), ((0, "x"),))))


def test_a_negative_bound_is_refused():
    with pytest.raises(ValueError, match="k"):
        complete_suite(CIRCLE, -1)
