"""Conformant variants: each goes through the complete suite and through random runs without a violation.

What the suite may say of one is a note, and advice where the variant does what is advised against.
"""

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from rfc5077.model.clauses import BY_ID
from rfc5077.properties.suite.runner import check
from rfc5077.properties.suite.stateful import machine
from rfc5077.properties.variants import VARIANTS

ROWS = {f"N-{number:02}" for number in range(1, 32)}
ADVISED_AGAINST = {
    "N-10-id-beside-a-new-ticket": {"R5077-3.4-01"},
    "N-13-looks-up-ids-beside-an-empty-extension": {"R5077-3.4-01"},
}
"""Advice that a variant does not follow."""
UNSTEADY = {
    "N-21-cuts-records-to-single-octets": "an alert of two records is told as two alerts",
    "N-23-offers-each-ticket-once": "the machine's client offers a ticket until something becomes of it",
    "N-25-offers-a-rejected-ticket-again": "probing asks before Finished, the client decides behind it",
    "N-28-goes-on-where-its-id-does-not-come-back": "the machine's client goes by the id alone",
}
"""Variants that are permitted, yet not the machine of any profile: the suite guarantees nothing about them."""
UNUSABLE = {"N-09-tickets-of-65531-octets"}
"""Servers whose tickets no ClientHello holds: what presents one cannot be said to them."""


def test_every_permission_has_a_variant():
    assert {one.row for one in VARIANTS.values()} == ROWS


def test_every_permission_is_in_the_catalogue():
    assert {name for one in VARIANTS.values() for name in one.permitted_by} - BY_ID.keys() == set()


def test_every_variant_says_what_it_does():
    texts = [one.text for one in VARIANTS.values()]
    assert len(set(texts)) == len(texts)
    assert all(text[0].isupper() and text.endswith(".") for text in texts)


@pytest.mark.parametrize("name", VARIANTS)
def test_the_complete_suite_reports_no_violation_of_a_variant(name):
    one = VARIANTS[name]
    report = check(one.role, one.make())
    advice = {found.finding.clause.id for found in report.findings if found.finding.verdict == "advice"}
    assert [found.finding.why for found in report.findings if found.finding.verdict == "violation"] == []
    assert advice == ADVISED_AGAINST.get(name, set())
    assert bool(report.deviations) == (name in UNSTEADY)
    assert bool(report.unready) == (name in UNUSABLE)
    assert report.facts.done == report.facts.tests


@pytest.mark.parametrize("name", VARIANTS)
def test_random_runs_find_no_violation_of_a_variant(name):
    made = machine(peer=VARIANTS[name].make, examples=12, steps=30)
    run_state_machine_as_test(made, settings=settings(made.TestCase.settings, phases=[Phase.generate]))
