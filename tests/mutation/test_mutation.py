"""Operator mutants of the reference: what is kept of the campaign, and that a kept fate comes about again."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from mutation.campaign import KILLED, STEPS, everything, known
from mutation.equivalent import EQUIVALENT, NO_HELLO, told
from mutation.nursery import heads, statement
from mutation.operators import OPERATORS, mutants
from mutation.worker import FATES

ROOT = Path(__file__).resolve().parents[2]
AGAIN = "PYTHONPATH=tests python -m mutation.campaign"
SCORE = 0.95
FEWEST = 500
"""Mutants of which a fate is known; an edit of a function makes those of its mutants unknown."""
LONGEST_PASS = 150
"""Lines."""


@pytest.fixture(scope="module")
def every():
    """The mutants of the reference as it is."""
    return list(everything())


@pytest.fixture(scope="module")
def current(every):
    """Those of which a fate is kept."""
    fates = known()
    return [(mutant, fates[mutant.key]) for mutant in every if mutant.key in fates]


def test_enough_mutants_are_killed_where_nothing_says_that_they_are_equivalent(current):
    fates = [fate for mutant, (fate, _) in current if not (fate == "survived" and told(mutant) in EQUIVALENT)]
    killed, survived = sum(fate in KILLED for fate in fates), fates.count("survived")
    assert len(fates) >= FEWEST, AGAIN
    assert killed / (killed + survived) >= SCORE, AGAIN


def test_every_argument_is_about_a_mutant_that_survived(current):
    assert EQUIVALENT.keys() <= {told(mutant) for mutant, (fate, _) in current if fate == "survived"}


def test_an_argument_is_about_one_mutant_but_for_the_numbers_of_hellos_that_have_not_come(current):
    argued = Counter(told(mutant) for mutant, (fate, _) in current if fate == "survived" and told(mutant) in EQUIVALENT)
    assert {listed for listed, number in argued.items() if number > 1 and EQUIVALENT[listed] is not NO_HELLO} == set()


def test_every_module_and_every_operator_has_mutants(current, every):
    assert {mutant.module.removeprefix("rfc5077.reference.") for mutant, _ in current} <= STEPS.keys()
    assert {mutant.operator for mutant in every} == OPERATORS.keys()
    assert {fate for _, (fate, _) in current} <= FATES.keys()


def test_the_pass_is_short():
    assert len((ROOT / "tests/mutation/operators.py").read_text().splitlines()) < LONGEST_PASS


@pytest.mark.parametrize(("before", "after"), [
    ("a < b", "a <= b"), ("a < b", "a >= b"), ("a and b", "a or b"), ("a and b", "a"), ("a in b", "a not in b"),
])  # fmt: skip
def test_the_operators_do_what_they_say(before, after):
    made = list(mutants("m", f"def f(a, b):\n    x = 1\n    return {before}\n"))
    assert after in {mutant.after for mutant in made}
    assert len({mutant.key for mutant in made}) == len(made)
    assert all(compile(mutant.source, "m", "exec") for mutant in made)


def test_a_mutant_is_known_by_what_was_changed_and_not_by_its_line():
    text = "def f(a, b):\n    return a < b\n"
    keys = [{mutant.key for mutant in mutants("m", source)} for source in (text, "x = 1\n\n\n" + text)]
    assert keys[0] <= keys[1]
    assert not keys[0] & {mutant.key for mutant in mutants("m", text.replace("return a", "return b"))}


@pytest.mark.parametrize(("line", "found"), [(1, (1, 2)), (3, (2, 4)), (4, (4, 5)), (5, (5, 7)), (7, (7, 9))])
def test_what_is_changed_is_looked_for_in_the_lines_of_its_statement(line, found):
    lines = ["def f(a):", "  if (a", "    and a):", "    return 1", "  match a:", "   case 1:", "    g(", "      a)"]
    text = "\n".join(lines)
    assert statement(list(heads(text)), line) == range(*found)


@pytest.mark.parametrize("fate", ["suite", "tests"])
def test_a_kept_fate_comes_about_again(current, fate):
    mutant = min((mutant for mutant, kept in current if kept[0] == fate), key=lambda mutant: mutant.key)
    command = [sys.executable, "-m", "mutation.campaign", "--only", mutant.key]
    done = subprocess.run(command, cwd=ROOT / "tests", capture_output=True, text=True, timeout=300)
    assert json.loads(done.stdout) == [mutant.key, *known()[mutant.key]], done.stderr
