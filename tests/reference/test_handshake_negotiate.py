"""reference/handshake/negotiate.py: the server's choices where one condition alone tells, asked for directly."""

from dataclasses import replace

import pytest
from pairs import START

from rfc5077.reference.alerts import Cause, ProtocolError
from rfc5077.reference.handshake.negotiate import (
    Resumption,
    choose_parameters,
    choose_resumption,
    is_acceptable,
    is_alive,
    lifetime_hint,
    matching_ems,
    plan_ticket,
    server_extensions,
    uses_ems,
)
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.store import SessionCache
from rfc5077.reference.wire.hello import ClientHello, ExtensionType, server_name_body

EMS = (ExtensionType.EXTENDED_MASTER_SECRET, b"")
SESSION = Session(0x0303, 0xC02B, bytes(range(48)), True, "localhost", (), int(START))


def hello(*extensions, suites=(0xC02B, 0xC02F)) -> ClientHello:
    """A ClientHello for localhost with these extensions as well."""
    name = (ExtensionType.SERVER_NAME, server_name_body("localhost"))
    return ClientHello(0x0303, bytes(32), b"", suites, extensions=(name, *extensions))


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("session", [True, False])
def test_a_server_without_ems_resumes_what_has_none_and_heeds_no_extension(server_config, session, asked):
    """RFC 7627, section 5.3, speaks to servers that implement it; this one answers no such extension."""
    config = replace(server_config, ems=False, without_ems="abort")
    assert matching_ems(config, hello(*[EMS][:asked]), replace(SESSION, ems=session)) is not session


@pytest.mark.parametrize(("offered", "spoken", "resumes"), [
    ((0xC02B, 0xC02F), (0xC02B, 0xC02F), True), ((0xC02F,), (0xC02B, 0xC02F), False),
    ((0xC02B, 0xC02F), (0xC02F,), False),
])  # fmt: skip
def test_a_suite_that_either_side_gave_up_is_not_resumed(server_config, offered, spoken, resumes):
    config = replace(server_config, suites=spoken)
    assert is_acceptable(config, hello(EMS, suites=offered), SESSION, START) is resumes


@pytest.mark.parametrize(("version", "resumes"), [(0x0301, False), (0x0302, False), (0x0303, True), (0x0304, False)])
def test_a_session_of_another_version_is_not_resumed(server_config, version, resumes):
    assert is_acceptable(server_config, hello(EMS), replace(SESSION, version=version), START) is resumes


def test_a_hello_without_extensions_is_answered_without(server_config):
    """R5246-7.4.1.4-01"""
    plain = ClientHello(0x0303, bytes(32), b"", (0xC02B,))
    assert server_extensions(server_config, plain, Resumption(), "never") == ()


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("theirs", [True, False])
def test_extended_master_secret_takes_both(server_config, ours, theirs):
    assert uses_ems(replace(server_config, ems=ours), hello(*[EMS][:theirs])) is (ours and theirs)


def listed(kind: int, *numbers: int) -> tuple[int, bytes]:
    """An extension that is a list of numbers of two octets."""
    return kind, b"".join(number.to_bytes(2, "big") for number in (2 * len(numbers), *numbers))


@pytest.mark.parametrize(("suite", "groups", "chosen"), [
    (0xC02B, None, 23), (0xC02B, (29, 23), 29), (0xC02B, (29,), None), (0xC02F, (29,), 29), (0xC02F, None, 23),
])  # fmt: skip
def test_a_certificate_is_shown_only_to_clients_that_know_its_curve(server_config, suite, groups, chosen):
    """RFC 8422, section 5.3; a client that lists no curve knows all."""
    asked = [listed(ExtensionType.SIGNATURE_ALGORITHMS, 0x0403, 0x0401)]
    asked += [listed(ExtensionType.SUPPORTED_GROUPS, *groups)] if groups else []
    if chosen is not None:
        assert choose_parameters(server_config, hello(*asked, suites=(suite,))).group == chosen
        return
    with pytest.raises(ProtocolError) as caught:
        choose_parameters(server_config, hello(*asked, suites=(suite,)))
    assert caught.value.cause is Cause.NO_COMMON_SUITE


@pytest.mark.parametrize(("suites", "groups", "cause"), [
    ((0xC0FF,), (23,), Cause.NO_COMMON_SUITE), ((0xC0FF,), (99,), Cause.NO_COMMON_SUITE),
    ((0xC02F,), (99,), Cause.NO_COMMON_GROUP), ((0xC02F,), (23,), Cause.NO_COMMON_SIGNATURE),
])  # fmt: skip
def test_what_was_not_in_common_is_said(server_config, suites, groups, cause):
    with pytest.raises(ProtocolError) as caught:
        choose_parameters(server_config, hello(listed(ExtensionType.SUPPORTED_GROUPS, *groups), suites=suites))
    assert caught.value.cause is cause


@pytest.mark.parametrize(("told", "created", "hint"), [
    (0, 0, 0), (0, -10, 0), (7200, 0, 7200), (7200, 10, 7200), (7200, -10, 7190), (100, -10, 100), (100, -9000, 1),
])  # fmt: skip
def test_a_hint_is_what_was_configured_or_what_is_left(server_config, told, created, hint):
    """R5077-3.3-15: zero says nothing, so a lifetime that is not told stays so when a ticket is renewed."""
    session = replace(SESSION, created=int(START) + created)
    assert lifetime_hint(replace(server_config, lifetime_hint=told), session, START) == hint


@pytest.mark.parametrize(("suites", "resumes"), [((0xC02B, 0xC02F), True), ((0xC02F,), False)])
def test_a_cached_session_has_to_fit_the_hello_like_that_of_a_ticket(server_config, suites, resumes):
    config = replace(server_config, session_cache=SessionCache())
    config.session_cache.put(b"an id", SESSION)
    asked = replace(hello(EMS, suites=suites), session_id=b"an id")
    found = choose_resumption(config, asked, START, lambda ring, ticket: None)
    assert found == (Resumption(SESSION, cached_id=b"an id") if resumes else Resumption())


@pytest.mark.parametrize(("age", "alive"), [(-1, False), (-0.5, False), (0, True), (7200, True), (7200.5, False)])
def test_a_ticket_is_alive_from_its_making_to_the_end_of_its_lifetime(server_config, age, alive):
    assert is_alive(server_config, SESSION, START + age) is alive


@pytest.mark.parametrize(("resumption", "plan"), [
    (Resumption(SESSION, ticket_presented=True), "ticket"), (Resumption(SESSION, cached_id=b"an id"), "never"),
])  # fmt: skip
def test_a_session_from_the_cache_brings_no_ticket(server_config, resumption, plan):
    """R5077-3.4-01: the id in ServerHello names the session, and beside a ticket there would be none."""
    empty = (ExtensionType.SESSION_TICKET, b"")
    assert plan_ticket(replace(server_config, renew="ticket"), hello(EMS, empty), resumption) == plan
