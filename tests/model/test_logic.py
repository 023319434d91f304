"""One declaration, two views: values that are interned, and z3 terms that say the same."""

from enum import Enum, auto

import pytest
import z3

from rfc5077.model.logic import Choice, Concrete, Flag, Symbolic, choose, constant, ordinal, plain, sort_of, term


class Colour(Enum):
    RED = auto()
    GREEN = auto()
    BLUE = auto()


class Shape(Enum):
    RED = auto()  # the same name in another sort, on purpose
    ROUND = auto()


class Fields:
    colour = Choice(Colour.GREEN)
    shape = Choice(Shape.RED)
    large = Flag()


class Thing(Concrete, Fields):
    pass


class ThingTerm(Symbolic, Fields):
    pass


class MoreFields(Fields):
    heavy = Flag()


class HeavyThing(Concrete, MoreFields):
    pass


THINGS = [Thing(colour=c, shape=s, large=big) for c in Colour for s in Shape for big in (False, True)]


def value(formula: z3.ExprRef, symbolic: ThingTerm, thing: Thing) -> z3.ExprRef:
    """The formula where the symbolic record is this thing."""
    pairs = [(symbolic.terms[name], constant) for name, constant in thing.terms().items()]
    return z3.simplify(z3.substitute(formula, *pairs))


def test_both_views_have_the_declared_fields_in_order():
    assert list(Thing.fields()) == list(ThingTerm.fields()) == ["colour", "shape", "large"]
    assert Thing.sizes() == (3, 2, 2)
    assert list(HeavyThing.fields()) == ["colour", "shape", "large", "heavy"]


def test_fields_left_out_take_their_plainest_value():
    assert Thing().values() == {"colour": Colour.GREEN, "shape": Shape.RED, "large": False}
    assert (Thing().colour, Thing().large) == (Colour.GREEN, False)


def test_equal_values_are_one_object():
    assert Thing(large=True, colour=Colour.RED) is Thing(colour=Colour.RED, large=True)
    assert Thing(colour=Colour.RED) is not Thing()
    assert len({id(thing) for thing in THINGS}) == 12


def test_records_of_different_kinds_are_never_one_object():
    class Other(Concrete, Fields):
        pass

    assert Other() is not Thing()


def test_codes_are_ordinals_and_lead_back_to_the_record():
    assert Thing(colour=Colour.BLUE, shape=Shape.ROUND, large=True).codes == (2, 1, 1)
    assert all(Thing.from_codes(thing.codes) is thing for thing in THINGS)
    assert (ordinal(Colour.BLUE), ordinal(True), ordinal(False)) == (2, 1, 0)


def test_but_changes_the_named_fields_alone():
    assert Thing(large=True).but(colour=Colour.BLUE) is Thing(colour=Colour.BLUE, large=True)


@pytest.mark.parametrize(
    "values, message",
    [
        ({"size": True}, "Thing has no field 'size'"),
        ({"colour": Shape.RED}, "Thing.colour cannot be <Shape.RED: 1>"),
        ({"large": 1}, "Thing.large cannot be 1"),
        ({"colour": True}, "Thing.colour cannot be True"),
    ],
)
def test_an_error_names_the_field(values, message):
    with pytest.raises(ValueError) as error:
        Thing(**values)
    assert str(error.value) == message


def test_but_refuses_what_the_record_refuses():
    with pytest.raises(ValueError, match="Thing has no field 'size'"):
        Thing().but(size=True)


def test_a_value_cannot_be_changed():
    with pytest.raises(AttributeError, match="Thing is immutable"):
        Thing().large = True


def test_a_record_shows_what_is_not_plain():
    assert repr(Thing(colour=Colour.BLUE, large=True)) == "Thing(colour=BLUE, large=True)"
    assert repr(Thing()) == "Thing()"


def test_symbolic_fields_are_constants_named_after_the_record():
    thing = ThingTerm("thing")
    assert {str(t) for t in thing.terms.values()} == {"thing.colour", "thing.shape", "thing.large"}
    assert thing.colour.z3.sort() == sort_of(Colour)
    assert z3.is_bool(thing.large)


def test_no_two_sorts_share_the_name_of_a_value():
    names = [sort_of(kind).constructor(n).name() for kind in (Colour, Shape) for n in range(len(kind))]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("thing", THINGS, ids=repr)
def test_a_formula_over_the_terms_says_of_each_value_what_is_true(thing):
    t = ThingTerm("thing")
    for formula, truth in [
        (t.colour.is_(Colour.RED), thing.colour is Colour.RED),
        (t.colour.among(Colour.RED, Colour.BLUE), thing.colour is not Colour.GREEN),
        (t.colour.among(), False),
        (t.colour.same(term(Colour.BLUE)), thing.colour is Colour.BLUE),
        (t.large, thing.large),
    ]:
        assert z3.is_true(value(formula, t, thing)) is truth, formula


@pytest.mark.parametrize("thing", THINGS, ids=repr)
def test_a_choice_between_terms_follows_its_condition(thing):
    t = ThingTerm("thing")
    chosen = choose(t.large, Colour.RED, t.colour)
    expected = Colour.RED if thing.large else thing.colour
    assert value(chosen.z3, t, thing).eq(constant(expected))


def test_a_symbolic_record_changed_keeps_its_other_terms():
    t = ThingTerm("thing")
    changed = t.but(large=z3.Not(t.large), colour=Colour.RED)
    assert changed.shape.z3.eq(t.shape.z3)
    assert z3.is_true(value(changed.colour.is_(Colour.RED), t, Thing()))
    assert z3.is_true(value(changed.large, t, Thing()))


def test_anything_can_be_made_a_bare_term():
    assert plain(True).eq(z3.BoolVal(True))
    assert plain(Colour.RED).eq(constant(Colour.RED))
    assert plain(term(Colour.RED)).eq(constant(Colour.RED))
    formula = z3.Bool("p")
    assert plain(formula) is formula
