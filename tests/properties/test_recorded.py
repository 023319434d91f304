"""Recordings as JSON lines: what is written is read again, and every bad line is named with its reason."""

import json
from dataclasses import fields
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from rfc5077.properties.errors import UsageError
from rfc5077.properties.trace.recorded import (
    EVENT_FIELDS,
    HEADER_FIELDS,
    MESSAGES,
    SCHEMA,
    Header,
    RecordedEvent,
    format_event,
    format_header,
    parse_event,
)
from rfc5077.properties.trace.recordings import Recording, read_recording, write_recording

HEADER = Header(client="a client", server="a server", complete=True)
HELLO = RecordedEvent(
    connection=1, sender="client", message="ClientHello", time=0.25, version=0x0303, session_id=b"",
    session_ticket=b"\x01\x02", extensions=(35, 0), cipher_suites=(0xC02B, 0xFF), server_name="example",
)  # fmt: skip
FINISHED = RecordedEvent(connection=1, sender="server", message="Finished", verified=False, protected=True)
SCHEMA_OF_A_LINE = json.loads(files("rfc5077.properties.trace").joinpath("recording.schema.json").read_text())


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read_recording(path)
    return str(caught.value).replace(str(path), "trace.jsonl")


def test_what_is_written_is_read_again(tmp_path):
    recording = Recording(HEADER, (HELLO, FINISHED))
    write_recording(tmp_path / "r.jsonl", recording)
    assert read_recording(tmp_path / "r.jsonl") == recording


def test_fields_that_do_not_apply_are_left_out_but_empty_ones_are_not():
    line = json.loads(format_event(HELLO))
    assert line["session_id"] == "" and "ticket" not in line and "protected" not in line


def test_the_readers_table_has_every_field_of_an_event():
    assert list(EVENT_FIELDS) == [field.name for field in fields(RecordedEvent)]


def test_the_published_schema_names_the_same_fields_and_messages():
    event, header = SCHEMA_OF_A_LINE["$defs"]["event"], SCHEMA_OF_A_LINE["$defs"]["header"]
    assert list(event["properties"]) == list(EVENT_FIELDS)
    assert list(header["properties"]) == list(HEADER_FIELDS)
    assert event["properties"]["message"]["enum"] == list(MESSAGES)
    assert header["properties"]["schema"]["const"] == SCHEMA


@pytest.mark.parametrize("line", [format_header(HEADER), format_event(HELLO), format_event(FINISHED)])
def test_what_is_written_obeys_the_published_schema(line):
    jsonschema.validate(json.loads(line), SCHEMA_OF_A_LINE)


BEGUN = '{"connection": 1, "sender": "client", "message": "ClientHello", '
BAD_LINES = [
    ('{"connection": 1, "sender": "srv", "message": "Close"}', 'sender "srv" is neither "client" nor "server"'),
    ('{"connection": 1, "sender": "server"}', '"message" is missing'),
    ('{"connection": 1, "sender": "server", "message": "Hello"}', 'message "Hello" is no message; they are '),
    ('{"connection": 1, "sender": "server", "message": "Conclusion"}', 'message "Conclusion" is no message'),
    ('{"connection": -1, "sender": "server", "message": "Close"}', "connection -1 is no whole number of 32 bits"),
    ('{"connection": true, "sender": "server", "message": "Close"}', "connection true is no whole number of 32 bits"),
    ('{"connection": 1, "sender": "server", "message": "Close", "sesion_id": ""}', 'no field is called "sesion_id"'),
    (BEGUN + '"session_id": "0g"}', 'session_id "0g" is no string of hex'),
    (BEGUN + '"session_id": "0"}', 'session_id "0" is no string of hex'),
    (BEGUN + '"extensions": [65536]}', "extensions [65536] is no whole"),
    (BEGUN + '"verified": 1}', "verified 1 is neither true nor false"),
    ('{"connection": 1, "connection": 2, "sender": "client", "message": "Close"}', '"connection" stands twice'),
    ('{"connection": 1, "sender": "client", "message": "Close", "time": NaN}', "NaN is no number"),
    ('{"connection": 1, "sender": "cli', "the line breaks off after 32 characters"),
    ('{"connection": 1, "sender": "client"', "the line breaks off after 36 characters"),
    ("[1, 2]", "not a JSON object"),
    ("ClientHello", "not JSON: Expecting value at column 1"),
    ("[" * 100_000, "nested too deep"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_LINES, ids=[reason[:40] for _, reason in BAD_LINES])
def test_a_bad_line_is_named_with_its_number_and_reason(tmp_path, line, reason):
    message = refusal(written(tmp_path, format_header(HEADER), format_event(HELLO), "", line))
    assert message.startswith("trace.jsonl line 4: ") and reason in message and "\n" not in message


WELL_FORMED = [line for line, why in BAD_LINES if line.endswith("}") and "NaN" not in why and "twice" not in why]


@pytest.mark.parametrize("line", WELL_FORMED)
def test_the_published_schema_refuses_those_lines_too(line):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(line), SCHEMA_OF_A_LINE)


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ('{"schema": "rfc5077/recording/2"}', 'line 1: schema "rfc5077/recording/2" is not "rfc5077/recording/1"'),
        ('{"schema": "rfc5077/recording/1", "client": "a", "server": "b"}', 'line 1: "complete" is missing'),
        (format_event(HELLO), 'line 1: not a recording: its first line has no "schema"'),
        ("", "line 1: the recording is empty"),
    ],
)
def test_a_recording_without_a_good_header_is_refused(tmp_path, first, reason):
    assert reason in refusal(written(tmp_path, first))


def test_a_file_that_is_not_text_is_refused_by_line(tmp_path):
    path = tmp_path / "trace.jsonl"
    path.write_bytes(format_header(HEADER).encode() + b"\n\xff\xfe\n")
    assert refusal(path) == "trace.jsonl line 2: not UTF-8 text (octet 1 of the line)"


def test_a_file_that_is_absent_or_a_folder_is_refused(tmp_path):
    assert "cannot be read: No such file" in refusal(tmp_path / "absent.jsonl")
    assert "cannot be read: Is a directory" in refusal(tmp_path)


def test_a_recording_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(UsageError, match="cannot write"):
        write_recording(tmp_path / "taken", Recording(HEADER, (HELLO,)))
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_an_event_needs_three_fields_only():
    assert parse_event('{"connection": 7, "sender": "server", "message": "Silence"}') == RecordedEvent(
        connection=7, sender="server", message="Silence"
    )
