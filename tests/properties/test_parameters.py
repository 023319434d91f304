"""The hellos' parameters: what is read from octets, and that nobody is accused of what was not seen or was changed."""

from dataclasses import replace
from itertools import product

import pytest
from recorded import TICKET, full, short

from rfc5077.model.event import CLIENT, SERVER
from rfc5077.properties.trace.hellos import DOWNGRADE_MARKER, old_length
from rfc5077.properties.trace.observe import Observer
from rfc5077.properties.trace.reading import recorded_message
from rfc5077.properties.trace.recorded import format_event, parse_event
from rfc5077.properties.verdict.judge import Judge
from rfc5077.reference.wire.hello import ClientHello, ExtensionType, ServerHello, list_body, renegotiation_info_body
from rfc5077.reference.wire.messages import HandshakeType

PROTOCOLS, SECRET, BINDING, SUITE, SIGNAL = 16, 23, 0xFF01, 0xC02B, 0xFF
LISTED = bytes.fromhex("0003026832")  # "h2"


def client_hello(*extensions, **fields):
    return ClientHello(0x0303, bytes(32), b"", (SUITE,), extensions=extensions, **fields).encode()


def server_hello(*extensions, random=bytes(32)):
    return ServerHello(0x0303, random, b"", SUITE, extensions=extensions).encode()


def test_a_client_hello_shows_what_it_asks_for_beside_the_ticket():
    body = client_hello(
        (PROTOCOLS, LISTED), (BINDING, renegotiation_info_body(b"abc")),
        (ExtensionType.SUPPORTED_VERSIONS, list_body(1, 2, (0x0304, 0x0303))), compression_methods=b"\1\0",
    )  # fmt: skip
    event = recorded_message(1, "client", HandshakeType.CLIENT_HELLO, body)
    assert (event.application_protocols, event.renegotiation_info) == ((b"h2",), b"abc")
    assert (event.versions, event.compression_methods) == ((0x0304, 0x0303), b"\1\0")
    assert parse_event(format_event(event)) == event


def test_a_server_hello_shows_what_it_answers_beside_the_ticket():
    body = server_hello((0, b"x"), (PROTOCOLS, b""), (BINDING, b"\0"), random=bytes(24) + DOWNGRADE_MARKER)
    event = recorded_message(1, "server", HandshakeType.SERVER_HELLO, body)
    assert (event.server_name_length, event.application_protocols, event.renegotiation_info) == (1, (), b"")
    assert (event.compression_method, event.downgrade_marker) == (0, True)
    assert parse_event(format_event(event)) == event


def test_what_cannot_be_read_is_left_out_and_is_no_fault_of_the_message():
    body = client_hello((BINDING, b"\5"), (ExtensionType.SUPPORTED_VERSIONS, b"\1"))
    event = recorded_message(1, "client", HandshakeType.CLIENT_HELLO, body)
    assert (event.renegotiation_info, event.versions, event.malformed) == (None, None, None)


def old_hello(session_id=b"", version=b"\3\3"):
    lengths = b"".join(length.to_bytes(2, "big") for length in (9, len(session_id), 16))
    message = b"\1" + version + lengths + bytes.fromhex("0000ff 00c02b 010080") + session_id + bytes(16)
    return (0x8000 | len(message)).to_bytes(2, "big") + message


@pytest.mark.parametrize("cut", range(len(old_hello(b"id"))))
def test_a_hello_of_ssl_2_is_read_however_it_is_cut(cut):
    octets, observer = old_hello(b"id"), Observer(1)
    (event,) = [*observer.octets("client", octets[:cut]), *observer.octets("client", octets[cut:])]
    assert (event.message, event.old_format, event.session_id, event.version) == ("ClientHello", True, b"id", 0x0303)
    assert (event.cipher_suites, event.extensions) == ((SIGNAL, SUITE), ())


def test_octets_that_only_begin_like_ssl_2_are_no_hello():
    assert old_length(b"\x16\3\1") is None and old_length(b"\x80\5\4") is None
    (event,) = Observer(1).octets("client", b"\x80\3\1\0\0")
    assert (event.message, event.old_format) == ("Unrecognised", False)


# --- no false alarms --------------------------------------------------------------------------------------------------


def hellos(events, asked, answered):
    """The same handshake with these extensions in its hellos."""
    opening, answer, *rest = events
    return [
        replace(opening, extensions=asked, cipher_suites=(SUITE, SIGNAL)), replace(answer, extensions=answered), *rest,
    ]  # fmt: skip


def judged(*handshakes, between=lambda judge: None):
    judge = Judge(complete=True)
    found = []
    for events in handshakes:
        found += [finding for event in events for finding in judge.feed(event)]
        between(judge)
    return [(finding.party.name, finding.clause.id) for finding in found]


WITH, WITHOUT = (BINDING, SECRET), (BINDING,)


def test_a_party_that_drops_the_extended_secret_is_found():
    first = hellos(full(1), WITH, WITH)
    assert judged(first, hellos(full(2), WITH, WITHOUT))[0] == ("SERVER", "R7627-5.2-02")
    assert judged(first, hellos(full(2), WITHOUT, WITHOUT))[0] == ("CLIENT", "R7627-5.2-01")


@pytest.mark.parametrize("party", [CLIENT, SERVER], ids=lambda party: party.name)
def test_a_party_that_was_told_to_choose_otherwise_is_not_accused_by_what_it_showed_before(party):
    asked = WITHOUT if party is CLIENT else WITH
    later = hellos(full(2), asked, WITHOUT)
    found = judged(hellos(full(1), WITH, WITH), later, between=lambda judge: judge.retuned(party))
    assert [id for name, id in found if name == party.name and id.startswith("R7627-5.2")] == []


def test_what_a_party_shows_for_one_name_proves_nothing_for_another():
    first, later = hellos(full(1), (*WITH, 0), WITH), hellos(full(2), (*WITH, 0), WITHOUT)
    first[0], later[0] = replace(first[0], server_name="a.example"), replace(later[0], server_name="b.example")
    assert [id for name, id in judged(first, later) if name == "SERVER"] == []


@pytest.mark.parametrize("asked, answered", list(product((None, WITH, WITHOUT), repeat=2)))
def test_where_extensions_were_not_recorded_nobody_is_accused_of_what_they_may_have_been(asked, answered):
    found = judged(hellos(full(1), asked, answered), hellos(short(2), asked, answered))
    accused = {id for _, id in found} - {"R7627-4-01", "R7627-5.3-01"}  # advice
    assert accused == ({"R7627-5.2-03"} if (asked, answered) == (WITHOUT, WITH) else set())


def test_a_session_that_was_not_seen_to_begin_is_held_against_nobody():
    unknown = hellos(short(1, presented=TICKET[::-1]), WITHOUT, WITHOUT)
    judge = Judge(complete=False)
    assert [finding.clause.id for event in unknown for finding in judge.feed(event)] == []


def test_a_session_keeps_what_it_began_with_through_renewals():
    renewed = hellos(short(2, announced=b"", ticket=b"renewed"), WITH, WITH)
    last = hellos(short(3, presented=b"renewed"), WITHOUT, WITHOUT)
    found = judged(hellos(full(1), WITH, WITH), renewed, last)
    assert found == [("CLIENT", "R7627-5.3-02"), ("SERVER", "R7627-5.3-04")]


def test_a_second_handshake_on_the_connection_is_not_judged_by_the_rules_of_first_ones():
    again = [replace(event, protected=True) for event in hellos(full(1), WITH, WITH)]
    again[0] = replace(again[0], renegotiation_info=bytes(12))
    again[1] = replace(again[1], renegotiation_info=bytes(24))
    assert judged(hellos(full(1), WITH, WITH), again) == []
