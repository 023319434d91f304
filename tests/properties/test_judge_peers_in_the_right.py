"""No false alarms: correct peers in awkward situations are not accused, nor is anybody by a gap in what was seen."""

from dataclasses import replace

import pytest
from recorded import TICKET, client, found, full, server, short

from rfc5077.properties.trace.recorded import Header
from rfc5077.properties.trace.recordings import Recording, write_recording
from rfc5077.properties.verdict.recordings import judge_file

OTHER = TICKET[::-1]
BAD = bytes([TICKET[0] ^ 1]) + TICKET[1:]
DATA = [client(2, "ApplicationData", protected=True), server(2, "ApplicationData", protected=True)]
SAME = short(2, announced=b"", ticket=TICKET)
ILLEGAL_PARAMETER, HANDSHAKE_FAILURE, UNSUPPORTED_EXTENSION, UNRECOGNIZED_NAME = 47, 40, 110, 112
INTERNAL_ERROR, DECRYPT_ERROR = 80, 51


def again(events):
    """The same messages under protection: a second handshake on the connection."""
    return [replace(event, protected=True) for event in events]


def fatal(sender, connection, description):
    return sender(connection, "Alert", alert_level=2, alert_description=description)


def hello(connection, ticket=TICKET, own_id=bytes(32), suites=(), name=None):
    return client(connection, "ClientHello", version=0x0303, session_ticket=ticket, session_id=own_id,
                  cipher_suites=suites, server_name=name)  # fmt: skip


def answer(connection, session_id=b"", suite=0xC02B, extensions=(), announced=None):
    return server(connection, "ServerHello", version=0x0303, session_ticket=announced, session_id=session_id,
                  cipher_suite=suite, extensions=extensions)  # fmt: skip


RIGHT = {
    "a full handshake renegotiated after a resumption": [
        *full(1), *short(2), *DATA, *again(full(2, ticket=OTHER)), *DATA,
    ],
    "a ticket resumed in a renegotiation": [*full(2), *DATA, *again(short(2)), *DATA],
    "an extension that only the second hello had": [
        *full(2, presented=None, announced=None, ticket=None), *again(full(2)), *DATA,
    ],
    "a client refuses another suite in a resumption": [
        *full(1), hello(2), answer(2, bytes(32), suite=0xC02F), server(2, "ChangeCipherSpec"),
        fatal(client, 2, ILLEGAL_PARAMETER),
    ],
    "a client refuses an extension it did not ask for": [
        *full(1), hello(2), answer(2, extensions=(16,)), server(2, "Certificate", certificates=1),
        fatal(client, 2, UNSUPPORTED_EXTENSION),
    ],
    "a server has no suite for a hello with a bad ticket": [
        *full(1), hello(2, BAD, suites=(0x1301,)), fatal(server, 2, HANDSHAKE_FAILURE),
    ],
    "a server does not serve the name beside a bad ticket": [
        *full(1), hello(2, BAD, name="nowhere.example"), fatal(server, 2, UNRECOGNIZED_NAME),
    ],
    "a server has no suite for a hello with a renewed ticket": [
        *full(1), *short(2, announced=b"", ticket=OTHER), hello(3, suites=(0x1301,)),
        fatal(server, 3, HANDSHAKE_FAILURE),
    ],
    "a server renews a ticket by the same octets": [*full(1), *short(2, announced=b"", ticket=TICKET), *short(3)],
    "a renewal by the same octets breaks off": [*full(1), *SAME[:-3], fatal(server, 2, INTERNAL_ERROR), *short(3)],
    "a renewal by the same octets ends in a wrong Finished": [
        *full(1), *SAME[:-3], replace(SAME[-3], verified=False), fatal(client, 2, DECRYPT_ERROR), *short(3),
    ],
    "another handshake that gives the same octets breaks off": [
        *full(1), *full(2)[:-2], fatal(server, 2, INTERNAL_ERROR), *short(3),
    ],
    "a server renews a ticket by the same octets again and again": [
        *full(1), *(event for number in range(2, 6) for event in short(number, announced=b"", ticket=TICKET)),
    ],
}  # fmt: skip


PROVOKED = {  # what the other party had done
    "a client refuses another suite in a resumption": [("SERVER", "R5246-7.4.1.3-02")],
    "a server has no suite for a hello with a renewed ticket": [("CLIENT", "R5246-7.4.1.2-02")],
    "a renewal by the same octets ends in a wrong Finished": [("SERVER", "R5246-7.4.9-03")],
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_peer_in_the_right_is_not_accused(name):
    findings, _ = found(RIGHT[name])
    violations = [(finding.party.name, finding.clause.id) for finding in findings if finding.verdict == "violation"]
    assert violations == PROVOKED.get(name, [])


@pytest.mark.parametrize("times", ["", " again and again"])
def test_a_ticket_renewed_by_the_same_octets_is_the_new_one(times):
    findings, _ = found(RIGHT[f"a server renews a ticket by the same octets{times}"])
    assert findings == []


def test_a_ticket_that_came_with_a_resumption_of_unknown_origin_was_there_before(tmp_path):
    events = [*SAME[:-3], fatal(server, 2, INTERNAL_ERROR), *short(3)]
    assert judged(tmp_path, events, False).verdict != "violation"


@pytest.mark.parametrize("breaks_off", [[full(1)[:-2]], [full(1)[:-2], full(2)[:-2]]])
def test_a_ticket_that_no_verified_finished_followed_is_offered_too_early(breaks_off):
    broken = [[*events, fatal(server, events[0].connection, INTERNAL_ERROR)] for events in breaks_off]
    findings, _ = found([*(event for events in broken for event in events), *short(3)])
    assert [(finding.clause.id, finding.earlier) for finding in findings] == [("R5077-3.3-06", len(breaks_off))]


def test_a_server_that_answered_the_same_hello_before_refuses_the_ticket():
    accepted = [*full(1), hello(2, b""), answer(2, announced=b"")]
    findings, _ = found([*accepted, hello(3, BAD), fatal(server, 3, HANDSHAKE_FAILURE)])
    assert [finding.clause.id for finding in findings] == ["R5077-3.2-09"]


def test_a_client_sends_no_hello_request():
    opening, *rest = full(1)
    findings, _ = found([opening, client(1, "HelloRequest"), *rest])
    assert findings[0].party.name == "CLIENT"
    assert findings[0].verdict == "violation"


def test_nothing_stands_between_change_cipher_spec_and_finished():
    *most, finished = full(1)
    findings, _ = found([*most, server(1, "HelloRequest", protected=True), finished])
    assert [finding.clause.id for finding in findings] == ["R5246-7.4.9-02"]


def judged(tmp_path, events, complete):
    path = tmp_path / "cut.jsonl"
    write_recording(path, Recording(Header(client="c", server="s", complete=complete), tuple(events)))
    return judge_file(path)


@pytest.mark.parametrize("kept", [9, 10])
@pytest.mark.parametrize("complete", [False, True])
def test_a_recording_that_was_cut_accuses_nobody_of_an_early_offer(tmp_path, kept, complete):
    assert judged(tmp_path, [*full(1)[:kept], *short(2)], complete).verdict == "inconclusive"


def test_tickets_that_look_alike_may_all_have_been_issued(tmp_path):
    first, second = bytes(28) + b"\0\0\0\1", bytes(28) + b"\0\0\0\2"
    assert judged(tmp_path, [*full(1, ticket=first), *short(2, second)], False).verdict == "conformant"


def test_a_certificate_with_fixed_parameters_proves_itself_otherwise():
    opening, _, *rest = full(1, announced=None, ticket=None)
    suite = server(1, "ServerHello", version=0x0303, session_id=b"", cipher_suite=0xC004)
    before = [server(1, "Certificate", certificates=1), server(1, "CertificateRequest"), server(1, "ServerHelloDone"),
              client(1, "Certificate", certificates=1)]  # fmt: skip
    findings, _ = found([opening, suite, *before, *rest[3:]])
    assert findings == []
