"""What the user reads about a finding, and what programs read."""

import json
from pathlib import Path

import pytest
from recorded import TICKET, client, found, full, server, short
from rich.console import Console

from rfc5077.model.clauses import CATALOGUE
from rfc5077.properties.trace.recorded import RecordedEvent
from rfc5077.properties.verdict.explain import Row, _drawn_together, finding_text, ladder, rows_of
from rfc5077.properties.verdict.finding import Step
from rfc5077.properties.verdict.recordings import judge_file
from rfc5077.properties.verdict.report import judge_json, judge_text
from rfc5077.properties.verdict.sentences import BY_MESSAGE, DUE, SEEN, TOPICS, WENT_ON, sentence

EDITED = Path(__file__).parents[1] / "traces" / "edited"

TEXTS = {
    "nst_missing_full": """\
VIOLATION  R5077-3.3-02  MUST, server
  Announced a ticket, then sent ChangeCipherSpec without NewSessionTicket.
    client  ClientHello        SessionTicket: empty
    server  ServerHello        SessionTicket: empty           <- announced
    ...     (full handshake)
    server  ChangeCipherSpec                                  <- due: NewSessionTicket; zero length will do
  explain:  rfc5077 clause R5077-3.3-02""",
    "nst_unannounced_abbreviated": """\
VIOLATION  R5077-3.2-07  MUST, server
  Sent NewSessionTicket without having announced it in ServerHello.
    client  ClientHello        SessionTicket: 123 octets, live; session_id: 32 octets, fresh
    server  ServerHello        SessionTicket: absent; session_id: 32 octets, echoed  <- not announced
    server  NewSessionTicket   ticket: 123 octets             <- due: ChangeCipherSpec
  explain:  rfc5077 clause R5077-3.2-07""",
    "damaged_ticket_alert": """\
VIOLATION  R5077-3.2-09  plain text, server
  Answered a ticket that could not be verified with an alert, not with a full handshake.
    client  ClientHello        SessionTicket: 176 octets, damaged; session_id: 32 octets, fresh
    server  Alert              fatal decrypt_error            <- due: ServerHello
  explain:  rfc5077 clause R5077-3.2-09""",
    "damaged_ticket_resumed": """\
VIOLATION  R5077-3.2-09  plain text, server
  Resumed although the ticket could not be verified.
    client  ClientHello        SessionTicket: 176 octets, damaged; session_id: 32 octets, fresh
    server  ServerHello        SessionTicket: absent; session_id: 32 octets, echoed
    server  ChangeCipherSpec                                  <- due: a full handshake
  explain:  rfc5077 clause R5077-3.2-09""",
    "bad_ticket_resumed_by_id": """\
VIOLATION  R5077-3.4-08  MUST NOT, server
  Looked the session_id up although a ticket had been presented.
    client  ClientHello        SessionTicket: 176 octets, damaged; session_id: 32 octets, cached
    server  ServerHello        SessionTicket: absent; session_id: 32 octets, echoed
    server  ChangeCipherSpec                                  <- due: a full handshake
  explain:  rfc5077 clause R5077-3.4-08""",
    "extension_unsolicited": """\
VIOLATION  R5077-3.2-08  MUST NOT, server
  Answered with a SessionTicket extension that ClientHello did not have.
    client  ClientHello        SessionTicket: absent
    server  ServerHello        SessionTicket: empty; session_id: 32 octets, fresh  <- due: SessionTicket absent
  explain:  rfc5077 clause R5077-3.2-08""",
    "server_ccs_early": """\
VIOLATION  R5246-7.1-03  plain text, server
  Sent ChangeCipherSpec where it has no place.
    client  ClientHello        SessionTicket: empty
    server  ServerHello        SessionTicket: empty
    ...     (Certificate to ServerHelloDone)
    server  ChangeCipherSpec                                  <- due: nothing, it is the other party's turn
  explain:  rfc5077 clause R5246-7.1-03""",
}


def findings(name):
    return [finding for judged in judge_file(EDITED / f"{name}.jsonl").connections for finding in judged.findings]


@pytest.mark.parametrize("name", list(TEXTS))
def test_a_finding_says_what_was_seen_what_was_due_and_by_which_clause(name):
    assert finding_text(findings(name)[0]) == TEXTS[name]


def test_every_clause_that_can_be_broken_has_a_sentence_for_who_breaks_it():
    assert set(SEEN) == {entry.id for entry in CATALOGUE if entry.mechanised}
    assert set(DUE) == set(TOPICS) == {entry.id for entry in CATALOGUE if entry.hellos is not None}


def test_a_sentence_is_about_one_of_two_opposite_cases():
    assert WENT_ON.keys() <= SEEN.keys() and {id for id, _ in BY_MESSAGE} <= SEEN.keys()
    said = {sentence("R5246-7.1-03", "ChangeCipherSpec", provoked) for provoked in (False, True)}
    assert said == {"Sent ChangeCipherSpec where it has no place.",
                    "Went on after a ChangeCipherSpec that had no place there."}  # fmt: skip
    assert sentence("R5077-3.2-09", "Close", False).startswith("Hung up")
    assert sentence("R5077-3.2-09", "ChangeCipherSpec", False).startswith("Resumed")


@pytest.mark.parametrize(
    ("events", "why"),
    [
        ([*full(1)[:3], server(1, "ChangeCipherSpec"), client(1, "ClientKeyExchange")],
         ["Sent ChangeCipherSpec where it has no place.", "Went on after a ChangeCipherSpec that had no place there."]),
        ([*full(1), *short(2, bytes([TICKET[0] ^ 1]) + TICKET[1:])],
         ["Resumed although the ticket could not be verified."]),
    ],
)  # fmt: skip
def test_who_sends_and_who_goes_on_are_told_apart(events, why):
    assert [finding.why for finding in found(events)[0]] == why


def test_a_finding_in_a_file_has_its_connection_and_its_line(tmp_path):
    text = (EDITED / "nst_missing_full.jsonl").read_text().replace("\n", "\n\n")
    path = tmp_path / "blank_lines.jsonl"
    path.write_text(text)
    verdict = judge_file(path)
    line = 1 + next(n for n, line in enumerate(text.splitlines()) if '"server"' in line and "ChangeCipherSpec" in line)
    assert f"VIOLATION  R5077-3.3-02  MUST, server  (connection 1, line {line})\n" in judge_text(verdict)
    finding, *_ = judge_json([verdict])["files"][0]["connections"][0]["findings"]
    assert (finding["event"], finding["line"]) == (9, line)


def test_what_a_terminal_would_obey_is_shown_as_an_escape(tmp_path):
    lines = (EDITED / "nst_missing_full.jsonl").read_text().splitlines()
    header = json.loads(lines[0]) | {"client": "a\x1b[2Jb\u202e", "server": "é\ttab"}
    path = tmp_path / "odd.jsonl"
    path.write_text("\n".join([json.dumps(header), *lines[1:]]))
    text = judge_text(judge_file(path))
    assert "a\\x1b[2Jb\\u202e with é\\ttab" in text
    assert all(c.isprintable() or c == "\n" for c in text)


def test_colour_changes_no_word(capsys):
    finding = findings("nst_missing_full")[0]
    Console(width=200).print(finding_text(finding, markup=True))
    assert capsys.readouterr().out.rstrip() == TEXTS["nst_missing_full"]


def test_a_ladder_has_the_client_left_and_the_server_right():
    rows = [Row("client", "ClientHello"), Row("", "(full handshake)"), Row("server", "ChangeCipherSpec", "due: x")]
    assert ladder(rows).splitlines() == [
        "client                       server",
        "  |--- ClientHello ----------->|",
        "  |      (full handshake)      |",
        "  |<--- ChangeCipherSpec ------|   <- due: x",
    ]


def test_every_finding_of_every_edited_recording_can_be_told():
    for path in EDITED.glob("*.jsonl"):
        for finding in findings(path.stem):
            text, drawn = finding_text(finding), ladder(rows_of(finding))
            assert text.startswith(finding.verdict.upper()) and finding.clause.id in text.splitlines()[-1]
            assert "<- " in text and "<- " in drawn and "object at" not in text


def test_a_file_is_told_with_its_verdict_its_pair_and_what_stays_open():
    text = judge_text(judge_file(EDITED / "end_missing.jsonl"))
    first, second = text.splitlines()
    assert first.endswith("1 connection)") and ": inconclusive  (OpenSSL" in first
    assert second == "connection 1: inconclusive, it ends in mid-handshake"


def test_the_document_has_the_keys_that_programs_rely_on():
    document = json.loads(json.dumps(judge_json([judge_file(EDITED / "nst_missing_full.jsonl")])))
    assert document["schema"] == "rfc5077/judge/1"
    (file,) = document["files"]
    (connection,) = file["connections"]
    assert (file["verdict"], connection["verdict"]) == ("violation", "violation")
    assert connection["client"].startswith("OpenSSL") and connection["server"].startswith("OpenSSL")
    finding = connection["findings"][0]
    assert finding["clause"] == "R5077-3.3-02" and "R5077-3.3-02" in finding["class"]
    assert (finding["level"], finding["verdict"], finding["event"], finding["frame"]) == ("MUST", "violation", 9, None)
    assert finding["allowed"] == ["server:NewSessionTicket(ticket=some)", "server:NewSessionTicket(ticket=empty)"]
    assert finding["why"] == "Announced a ticket, then sent ChangeCipherSpec without NewSessionTicket."
    assert finding["trace"][0] == "client:ClientHello(session_ticket=empty)"
    assert finding["got"] == finding["trace"][-1] == "server:ChangeCipherSpec"


def test_what_stays_open_is_in_the_document_too():
    document = judge_json([judge_file(EDITED / "beginning_missing.jsonl")])
    (connection,) = document["files"][0]["connections"]
    assert connection["reason"] == "its beginning is missing: the first event is client's ClientKeyExchange"


def test_messages_that_come_twice_are_drawn_one_by_one():
    sent = ["ClientKeyExchange", "ClientKeyExchange", "ApplicationData", "ApplicationData"]
    events = [RecordedEvent(connection=1, sender="client", message=name) for name in sent]
    steps = [Step(place, event, ()) for place, event in enumerate(events)]
    assert [row.text for row in _drawn_together(steps)] == sent
    assert [row.text for row in _drawn_together(steps[1:])] == ["(ClientKeyExchange to ApplicationData)"]
