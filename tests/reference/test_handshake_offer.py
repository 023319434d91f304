"""reference/handshake/offer.py: the client's choices where one condition alone tells, asked for directly."""

from dataclasses import replace

import pytest
from pairs import START, seeded

from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake.offer import (
    Offer,
    check_resumption,
    check_server_extensions,
    choose_client_scheme,
    make_client_hello,
)
from rfc5077.reference.handshake.renegotiation import Binding, check_server_binding
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.wire.hello import ExtensionType, ServerHello, renegotiation_info_body
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


@pytest.mark.parametrize(("name", "said"), [("localhost", True), ("127.0.0.1", False), ("::1", False)])
def test_a_client_names_hosts_and_no_addresses(client_config, name, said):
    """RFC 6066, section 3."""
    hello = make_client_hello(replace(client_config, server_name=name), Offer(), seeded(1))
    assert (hello.extension(ExtensionType.SERVER_NAME) is not None) is said


@pytest.mark.parametrize(("before", "now", "cause"), [
    (True, True, None), (False, False, None), (True, False, Cause.EMS_LOST), (False, True, Cause.EMS_GAINED),
])  # fmt: skip
def test_a_session_is_resumed_with_extended_master_secret_if_and_only_if_it_had_it(before, now, cause):
    session = Session(0x0303, 0xC02B, bytes(48), before, "localhost", (), int(START))
    said = ((ExtensionType.EXTENDED_MASTER_SECRET, b""),) if now else ()
    answer = ServerHello(0x0303, bytes(32), b"", 0xC02B, extensions=said)
    if cause is None:
        check_resumption(session, answer)
        return
    with pytest.raises(ProtocolError) as caught:
        check_resumption(session, answer)
    assert caught.value.cause is cause


def test_a_client_takes_no_further_handshake_that_gives_up_encrypt_then_mac():
    """RFC 7366, section 3.1."""
    said = (ExtensionType.RENEGOTIATION_INFO, renegotiation_info_body(b"clientserver"))
    answer = ServerHello(0x0303, bytes(32), b"", 0xC023, extensions=(said,))
    check_server_binding(answer, Binding(b"client", b"server", False))
    with pytest.raises(ProtocolError) as caught:
        check_server_binding(answer, Binding(b"client", b"server", True))
    assert caught.value.cause is Cause.ENCRYPT_THEN_MAC_LOST


@pytest.mark.parametrize(("suite", "right"), [(0xC023, True), (0xC02B, False)])
def test_encrypt_then_mac_belongs_to_suites_with_a_mac(client_config, suite, right):
    """RFC 7366, section 3: an answer with another suite is an error of the server's."""
    sent = make_client_hello(replace(client_config, suites=(0xC023, 0xC02B)), Offer(), seeded(1))
    answer = ServerHello(0x0303, bytes(32), b"", suite, extensions=((ExtensionType.ENCRYPT_THEN_MAC, b""),))
    if right:
        check_server_extensions(sent, answer)
        return
    with pytest.raises(ProtocolError) as caught:
        check_server_extensions(sent, answer)
    assert caught.value.cause is Cause.ENCRYPT_THEN_MAC
