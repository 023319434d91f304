"""reference/handshake/offer.py: the client's choices where one condition alone tells, asked for directly."""

from dataclasses import replace

import pytest

from rfc5077.reference.handshake.offer import choose_client_scheme
from rfc5077.reference.wire.messages import CertificateRequest

RSA_SIGN, ECDSA_SIGN = 1, 64
ECDSA_SHA256, RSA_SHA256 = 0x0403, 0x0401


@pytest.mark.parametrize(("types", "schemes", "found"), [
    ((RSA_SIGN, ECDSA_SIGN), (RSA_SHA256, ECDSA_SHA256), ECDSA_SHA256), ((RSA_SIGN,), (ECDSA_SHA256,), None),
    ((ECDSA_SIGN,), (RSA_SHA256,), None), ((), (ECDSA_SHA256,), None), ((ECDSA_SIGN,), (), None),
])  # fmt: skip
def test_a_client_shows_a_certificate_only_of_a_type_and_for_a_scheme_that_was_asked_for(
    client_config, client_credentials, types, schemes, found
):
    """RFC 5246, sections 7.4.4 and 7.4.6."""
    config = replace(client_config, credentials=client_credentials)
    assert choose_client_scheme(config, CertificateRequest(types, schemes, ())) == found
