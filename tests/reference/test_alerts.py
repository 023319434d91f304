"""reference/alerts.py"""

import re

import pytest

from rfc5077.reference.alerts import AlertDescription, Cause, ProtocolError


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_names_its_alert_section_and_meaning(cause):
    assert isinstance(cause.alert, AlertDescription)
    assert re.match(r"RFC \d{4}, [\dE]", cause.section)
    assert cause.meaning


def test_no_cause_hides_behind_another():
    assert len(Cause) == len(Cause.__members__)


def test_no_cause_uses_an_alert_that_must_not_be_sent():
    reserved = {
        AlertDescription.DECRYPTION_FAILED,
        AlertDescription.NO_CERTIFICATE,
        AlertDescription.EXPORT_RESTRICTION,
    }

    assert not reserved & {cause.alert for cause in Cause}


def test_the_error_says_alert_detail_and_section():
    error = ProtocolError(Cause.BAD_FINISHED, "octet 3 differs")

    assert str(error) == "decrypt_error: octet 3 differs (RFC 5246, 7.4.9)"
    assert (error.cause, error.alert) == (Cause.BAD_FINISHED, AlertDescription.DECRYPT_ERROR)
