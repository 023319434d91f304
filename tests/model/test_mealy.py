"""Mealy machines: minimal, reachable, equivalent; against brute force over all short words."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rfc5077.model.run.mealy import Mealy, build, difference, distinguishing


@st.composite
def machines(draw, most=6):
    states = draw(st.integers(1, most))
    cell = st.tuples(st.integers(0, states - 1), st.sampled_from("xy"))
    return Mealy(("a", "b"), tuple(tuple(draw(cell) for _ in "ab") for _ in range(states)))


def answers(machine, length, start=0):
    return [machine.run(word, start) for word in product(machine.inputs, repeat=length)]


TURNSTILE = build("locked", ("coin", "push"), lambda state, symbol: ("open" if symbol == "coin" else "locked", state))


def test_a_machine_is_built_from_a_step_function():
    assert TURNSTILE.table == (((1, "locked"), (0, "locked")), ((1, "open"), (0, "open")))


def test_a_word_is_answered_input_by_input():
    assert TURNSTILE.run(("push", "coin", "push", "push")) == ("locked", "locked", "open", "locked")
    assert TURNSTILE.after(("coin",)) == 1


@pytest.mark.parametrize(
    "inputs, table",
    [(("a",), ()), (("a", "a"), (((0, "x"), (0, "x")),)), (("a", "b"), (((0, "x"),),)), (("a",), (((1, "x"),),))],
)
def test_a_table_that_is_not_complete_is_refused(inputs, table):
    with pytest.raises(ValueError):
        Mealy(inputs, table)


@given(machines())
@settings(max_examples=150, derandomize=True, deadline=None)
def test_the_minimal_machine_answers_as_the_machine_and_has_no_two_states_alike(machine):
    small = machine.minimal()
    assert answers(small, 5) == answers(machine, 5)
    rows = [tuple(answers(small, small.states, state)) for state in range(small.states)]
    assert len(set(rows)) == small.states


@given(machines(), machines())
@settings(max_examples=150, derandomize=True, deadline=None)
def test_machines_are_equivalent_exactly_if_their_minimal_machines_are_equal(left, right):
    word = difference(left, right)
    assert (word is None) == (left.minimal() == right.minimal())


@given(machines(), machines())
@settings(max_examples=100, derandomize=True, deadline=None)
def test_the_distinguishing_word_tells_apart_and_no_shorter_one_does(left, right):
    word = difference(left, right)
    length = 6 if word is None else len(word) - 1
    assert answers(left, length) == answers(right, length)
    assert word is None or left.run(word) != right.run(word)


@given(machines())
@settings(max_examples=100, derandomize=True, deadline=None)
def test_access_words_reach_their_states_and_each_prefix_is_an_access_word(machine):
    words = machine.access()
    assert all(machine.after(word) == state for state, word in words.items())
    assert {word[:-1] for word in words.values() if word} <= set(words.values())
    assert machine.reachable().states == len(words)


@given(machines())
@settings(max_examples=100, derandomize=True, deadline=None)
def test_each_pair_of_states_of_a_minimal_machine_is_told_apart(machine):
    small = machine.minimal()
    words = distinguishing(small)
    assert len(words) == small.states * (small.states - 1) // 2
    assert all(small.run(word, one) != small.run(word, other) for (one, other), word in words.items())


def test_equivalent_states_have_no_distinguishing_word():
    twins = Mealy(("a",), (((1, "x"),), ((0, "x"),)))
    assert distinguishing(twins) == {}
    assert difference(twins, twins.minimal()) is None


def test_machines_with_other_inputs_are_not_compared():
    with pytest.raises(ValueError, match="inputs"):
        difference(TURNSTILE, Mealy(("coin",), (((0, "x"),),)))


def test_a_sink_is_never_left_and_says_always_the_same():
    machine = Mealy(("a", "b"), (((1, "x"), (0, "x")), ((1, "y"), (1, "y")), ((2, "x"), (2, "y"))))
    assert machine.sinks() == (1,)


def test_a_drawing_names_every_transition():
    drawing = TURNSTILE.dot()
    assert '0 -> 1 [label="coin / locked\\l"];' in drawing
    assert '1 -> 0 [label="push / open\\l"];' in drawing
