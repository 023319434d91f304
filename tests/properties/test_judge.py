"""The judge: findings with their class and what was due, and a verdict that claims no more than was seen."""

from dataclasses import replace

import pytest
from recorded import TICKET, client, found, full, server, short

from rfc5077.model.event import CLIENT, SERVER, Extension
from rfc5077.properties.errors import UsageError
from rfc5077.properties.trace.recorded import Header
from rfc5077.properties.trace.recordings import Recording, write_recording
from rfc5077.properties.verdict.judge import Judge, name_of
from rfc5077.properties.verdict.recordings import judge_file


def test_the_four_flows_are_conformant():
    renewed = TICKET[::-1]
    flows = [
        *full(1), *short(2), *short(3, announced=b"", ticket=renewed),
        *full(4, presented=renewed, announced=None, ticket=None), *full(5, presented=b"unknown", ticket=b"another"),
    ]  # fmt: skip
    findings, judge = found(flows)
    assert findings == []
    assert [judged.verdict for judged in judge.connections()] == ["conformant"] * 5
    assert judge.verdict() == "conformant"


def test_nothing_that_was_unverified_is_held_against_anybody():
    findings, judge = found([*full(1, verified=None), *short(2)])
    assert findings == [] and judge.verdict() == "conformant"


def test_a_finding_names_clause_class_party_place_and_what_was_due():
    (finding,), _ = found(full(1, ticket=None))
    assert (finding.clause.id, finding.party, finding.verdict, finding.level) == (
        "R5077-3.3-02", SERVER, "violation", "MUST"
    )  # fmt: skip
    assert set(finding.class_ids) == {"R5077-3.1-03", "R5077-3.3-02", "R5077-3.3-07"}
    assert (finding.index, finding.got.message, finding.trace[-1].event) == (9, "ChangeCipherSpec", finding.got)
    assert {name_of(event) for event in finding.allowed} == {
        "server:NewSessionTicket(ticket=some)", "server:NewSessionTicket(ticket=empty)"
    }  # fmt: skip


def test_an_announced_ticket_is_not_missed_before_change_cipher_spec():
    findings, judge = found([*full(1, ticket=None)[:8], server(1, "Close")])
    assert findings == [] and judge.verdict() == "conformant"


def test_what_a_client_takes_from_an_earlier_connection_is_found_where_it_takes_it():
    renewed = short(2, announced=b"", ticket=b"renewed ticket")
    findings, judge = found([*full(1), *renewed, *short(3)])
    (finding,) = findings
    assert (finding.clause.id, finding.connection, finding.earlier, finding.party) == ("R5077-3.3-09", 3, 2, CLIENT)
    assert [step.event.connection for step in finding.trace] == [2] * len(renewed) + [3]
    assert [judged.verdict for judged in judge.connections()] == ["conformant", "conformant", "advice"]


def test_a_change_of_ticket_key_that_the_harness_tells_turns_a_resumption_into_a_violation():
    judge = Judge(complete=True)
    for event in full(1):
        judge.feed(event)
    judge.abstraction.keys_changed()
    findings = [finding for event in short(2) for finding in judge.feed(event)]
    assert findings[0].clause.id == "R5077-3.2-09"


def test_a_ticket_that_the_harness_knows_to_be_another_servers_is_not_offered():
    judge = Judge(complete=True)
    judge.abstraction.know(b"from elsewhere", Extension.ANOTHERS)
    (finding,) = judge.feed(full(1, presented=b"from elsewhere")[0])
    assert (finding.clause.id, finding.party) == ("R5077-3.1-02", CLIENT)


def test_without_the_beginning_a_ticket_may_be_good_and_an_id_cached():
    bad_or_good = short(1, presented=b"who knows")
    by_id = short(2, presented=None)
    findings, judge = found([*bad_or_good, *by_id], complete=False)
    assert findings == [] and judge.verdict() == "conformant"


def test_a_resumption_by_an_id_that_nobody_gave_is_a_violation_only_if_everything_was_seen():
    findings, _ = found(short(1, presented=None))
    assert findings != []


@pytest.mark.parametrize("count", range(1, 11))
def test_a_connection_that_breaks_off_is_inconclusive(count):
    _, judge = found(full(1)[:count])
    assert judge.verdict() == "inconclusive"
    assert judge.connections()[0].reason == "it ends in mid-handshake"


def test_a_connection_that_was_never_answered_says_nothing():
    _, judge = found([client(1, "ClientHello", session_ticket=b"", session_id=b""), client(1, "Close")])
    (judged,) = judge.connections()
    assert (judged.verdict, judged.exercised) == ("inconclusive", False)
    assert judge.verdict() == "inconclusive"
    for event in full(2):
        judge.feed(event)
    assert judge.verdict() == "conformant"


def test_one_cut_connection_keeps_the_verdict_open_but_a_violation_stands():
    _, judge = found([*full(1), *full(2)[:5]])
    assert judge.verdict() == "inconclusive"
    for event in full(3, ticket=None):
        judge.feed(event)
    assert judge.verdict() == "violation"


def test_other_versions_are_not_judged():
    hello, answer, *rest = full(1, announced=None, ticket=b"not announced")
    answer = server(1, "ServerHello", version=0x0304, session_id=b"", cipher_suite=0x1301)
    findings, judge = found([hello, answer, *rest])
    assert findings == []
    assert judge.connections()[0].reason == "TLS 1.3 was negotiated, not TLS 1.2"


def test_what_may_come_now_can_be_asked_at_any_time():
    judge = Judge(complete=True)
    assert {event.message.name for event in judge.allowed(1, CLIENT)} == {"ClientHello"}
    for event in full(1)[:8]:
        judge.feed(event)
    assert {event.message.name for event in judge.allowed(1, SERVER)} == {"NewSessionTicket"}


def test_a_verdict_that_is_asked_for_changes_nothing():
    first, second = Judge(complete=True), Judge(complete=True)
    for event in full(1, ticket=None):
        first.verdict()
        assert [f.clause.id for f in first.feed(event)] == [f.clause.id for f in second.feed(event)]


def test_a_violation_of_the_client_is_not_held_against_the_server():
    events = full(1)
    events[5:5] = [client(1, "ChangeCipherSpec")]
    findings, _ = found([*events[:6], server(1, "Alert", alert_level=2, alert_description=10), server(1, "Close")])
    assert [(finding.clause.id, finding.party) for finding in findings] == [("R5246-7.1-03", CLIENT)]


def written(tmp_path, events):
    path = tmp_path / "r.jsonl"
    write_recording(path, Recording(Header(client="a", server="b", complete=True), tuple(events)))
    return path


def timed(came, hint, offered, **again):
    """A ticket that comes at a time with a hint, and is offered at another time."""
    first = [replace(event, time=came) for event in full(1)]
    first = [replace(event, lifetime_hint=hint) if event.message == "NewSessionTicket" else event for event in first]
    return first + [replace(event, time=offered) for event in short(2, **again)]


def test_a_ticket_offered_long_after_its_hint_is_advised_against():
    (finding,), judge = found(timed(5.0, 1, 1005.0))
    assert (finding.clause.id, finding.verdict, finding.party) == ("R5077-3.3-16", "advice", CLIENT)
    assert (finding.connection, finding.earlier, finding.got.message) == (2, 1, "ClientHello")
    assert finding.why.endswith("It offered a ticket 1000 s after it came with a hint of 1 s.")
    assert judge.verdict() == "advice"


@pytest.mark.parametrize(
    ("came", "hint", "offered"),
    [(5.0, 0, 1e9), (5.0, None, 1e9), (None, 1, 1e9), (5.0, 1, None), (5.0, 1000, 1004.0), (5.0, 1000, 1064.0)],
)
def test_nobody_is_advised_where_the_hint_or_the_times_leave_it_open(came, hint, offered):
    assert found(timed(came, hint, offered))[0] == []


def test_the_longer_hint_counts_for_a_ticket_that_comes_twice():
    events = timed(5.0, 1, 6.0, announced=b"", ticket=TICKET)  # renewed by the same octets, with a hint of zero
    assert found([*events, *(replace(event, time=1e9) for event in short(3))])[0] == []


def certificate_status(extensions):
    """A server's answer to a ticket, with these extensions, and CertificateStatus, which the client refuses."""
    hello, answer, certificate, *_ = full(1, presented=TICKET)
    status = server(1, "CertificateStatus")
    refusal = client(1, "Alert", alert_level=2, alert_description=10)
    return [hello, replace(answer, extensions=extensions), certificate, status, refusal]


def test_a_certificate_status_that_was_not_announced_is_the_servers_fault_not_that_of_who_refuses_it():
    assert {finding.party for finding in found(certificate_status((35,)))[0]} == {SERVER}
    assert {finding.party for finding in found(certificate_status((35, 5)))[0]} == {CLIENT}


@pytest.mark.parametrize("reason", ["Close", "HelloRequest"])
def test_a_client_that_refuses_something_else_behind_its_ticket_does_not_refuse_the_ticket(reason):
    until_ticket = full(1)[:9]
    refusal = client(1, "Alert", alert_level=2, alert_description=50)
    assert [finding.clause.id for finding in found([*until_ticket, refusal])[0]] == ["R5077-3.2-05"]
    assert found([*until_ticket, server(1, reason), refusal])[0] == []


def test_a_warning_that_declines_a_renegotiation_ends_nothing():
    decline = client(1, "Alert", alert_level=1, alert_description=100)
    data = [server(1, "ApplicationData", protected=True), client(1, "ApplicationData", protected=True)]
    assert found([*full(1), server(1, "HelloRequest"), decline, *data])[0] == []


LONG = bytes(range(60))


def test_a_server_that_resumes_by_a_ticket_with_octets_appended_is_advised_against_it():
    (finding,), judge = found([*full(1, ticket=LONG), *short(2, presented=LONG + b"xy")])
    assert (finding.clause.id, finding.verdict, finding.party) == ("R5077-5-01", "advice", SERVER)
    assert (finding.connection, finding.got.message) == (2, "ChangeCipherSpec")
    assert finding.why.endswith("It resumed by a ticket of its own behind which 2 octets had been appended.")
    assert judge.verdict() == "advice"


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([*full(1, ticket=LONG), *full(2, presented=LONG + b"x")], id="goes through the full handshake"),
        pytest.param([*full(1, ticket=LONG), *short(2, presented=LONG)], id="nothing appended"),
        pytest.param(
            [*full(1, ticket=LONG), *short(2, LONG, announced=b"", ticket=LONG + b"x"), *short(3, LONG + b"x")],
            id="issued so",
        ),
        pytest.param([*full(1, ticket=b"t"), *short(2, presented=b"tx")], id="too short to tell"),
    ],
)
def test_nobody_is_advised_about_octets_that_were_not_appended_or_not_honoured(events):
    assert all(finding.clause.id != "R5077-5-01" for finding in found(events)[0])


def test_nobody_is_advised_about_appended_octets_where_not_all_tickets_were_seen():
    judge = Judge(complete=False)
    assert [f for event in (*full(1, ticket=LONG), *short(2, presented=LONG + b"x")) for f in judge.feed(event)] == []


def test_a_file_is_judged(tmp_path):
    verdict = judge_file(written(tmp_path, full(1, ticket=None)))
    assert (verdict.verdict, verdict.header.client) == ("violation", "a")


@pytest.mark.parametrize("missing", range(1, 10))
def test_a_file_whose_beginning_is_missing_is_inconclusive_never_a_violation(tmp_path, missing):
    verdict = judge_file(written(tmp_path, full(1)[missing:]))
    assert verdict.verdict == "inconclusive"
    assert verdict.connections[0].reason.startswith("its beginning is missing: the first event is ")


def test_a_file_without_events_is_inconclusive(tmp_path):
    assert judge_file(written(tmp_path, [])).verdict == "inconclusive"


def test_a_file_that_breaks_off_in_a_line_is_refused(tmp_path):
    path = written(tmp_path, full(1))
    path.write_text(path.read_text()[:-30])
    with pytest.raises(UsageError, match=r"line 12: the line breaks off after \d+ characters"):
        judge_file(path)


def test_a_note_is_given_once_a_connection():
    opening, answered, *rest = full(1)
    twice = [opening, replace(answered, extensions=(35, 35)), *rest]
    tolerant = [replace(event, connection=number) for number in (1, 2) for event in twice]
    findings, _ = found(tolerant)
    assert [(f.clause.id, f.connection) for f in findings if f.verdict == "note"] == [("K-37", 1), ("K-37", 2)]
