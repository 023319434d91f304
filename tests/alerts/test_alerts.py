"""Every row of `table`: ours answers by the alert that it names, OpenSSL and GnuTLS by that or by what is stated."""

from collections import Counter

import pytest
from alerts.table import GNUTLS, OPENSSL, OTHERS, ROWS, number_of
from alerts.victims import Conversation, GnuTls, OpenSsl

from rfc5077.properties.fuzz.walk import Walk, kinds
from rfc5077.reference.alerts import AlertDescription, Cause

COMPARED = [row for row in ROWS if not row.kind.startswith("resumed")]
"""Not those for which a foreign stack would need a session of an earlier conversation."""


def name_of(row) -> str:
    return f"{row.victim}: {row.what}"


def led_to(conversation, row):
    """The conversation, in the state in which the row's input comes."""
    for _ in range(row.before):
        if not conversation.genuine():
            break
    return conversation


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_ours_answers_by_this_alert(row):
    conversation = led_to(Walk(kinds()[number_of(row.kind)], row.victim), row)
    refused, plain = [], conversation.victim.layer.rules.refuse
    object.__setattr__(conversation.victim.layer, "rules", Noting(conversation.victim.layer.rules, refused, plain))
    assert not conversation.victim.closed

    row.act(conversation)  # that this one alert is what is sent is judged by the structural oracle

    assert refused == [row.alert]
    assert conversation.victim.closed


class Noting:
    """The rules of a record layer, with a note of every refusal."""

    def __init__(self, rules, refused, plain):
        self._rules, self._refused, self._plain = rules, refused, plain

    def refuse(self, error):
        self._refused.append(error.alert)
        return self._plain(error)

    def __getattr__(self, name):
        return getattr(self._rules, name)


def stated(row, stack: str) -> set:
    """The alert of the row, and what else this stack answers."""
    others = OTHERS.get((row.victim, row.what), {})
    return {row.alert} | ({others[stack]} if stack in others else set())


@pytest.mark.parametrize("row", COMPARED, ids=name_of)
def test_openssl_answers_by_it_or_as_stated(row):
    kind = kinds()[number_of(row.kind)]
    conversation = led_to(Conversation(kind, row.victim, OpenSsl(kind, row.victim)), row)
    row.act(conversation)

    assert conversation.alert() in stated(row, OPENSSL)


@pytest.mark.peer
@pytest.mark.parametrize("row", COMPARED, ids=name_of)
def test_gnutls_answers_by_it_or_as_stated(row):
    kind = kinds()[number_of(row.kind)]
    conversation = led_to(Conversation(kind, row.victim, GnuTls(kind, row.victim)), row)
    row.act(conversation)

    assert conversation.alert() in stated(row, GNUTLS)


def test_each_row_has_a_name_of_its_own_and_a_source():
    assert max(Counter(map(name_of, ROWS)).values()) == 1
    assert all(row.source.startswith("RFC ") for row in ROWS)


def test_what_is_stated_of_others_is_about_rows_and_a_difference():
    rows = {(row.victim, row.what): row for row in COMPARED}

    assert set(OTHERS) <= set(rows)
    for key, answers in OTHERS.items():
        assert answers
        assert rows[key].alert not in answers.values()


def test_the_rows_have_every_alert_that_ours_can_send_but_those_about_certificates():
    elsewhere = {  # tests of certificates and of downgrades
        AlertDescription.CERTIFICATE_EXPIRED, AlertDescription.UNKNOWN_CA, AlertDescription.INTERNAL_ERROR,
    }  # fmt: skip

    assert {row.alert for row in ROWS} == {cause.alert for cause in Cause} - elsewhere
