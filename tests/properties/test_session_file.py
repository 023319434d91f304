"""Session files: read back as written, private, and refused with a reason when something does not fit."""

import json

import pytest

from rfc5077.properties.cli.session_file import load_session, save_session
from rfc5077.properties.errors import UsageError
from rfc5077.reference.keys.suites import SUITES
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.store import StoredTicket, StoreKey

SESSION = Session(0x0303, next(iter(SUITES)), bytes(range(48)), True, "example.test", (b"\x30\x00",), 1_700_000_000)
STORED = StoredTicket(StoreKey("example.test", trust=b"\x07" * 32), b"ticket", SESSION, 1.7e9, 1.8e9)


def test_a_session_is_read_back_as_it_was_written(tmp_path):
    save_session(tmp_path / "s.json", STORED)
    assert load_session(tmp_path / "s.json") == STORED
    assert (tmp_path / "s.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"schema": "rfc5077/session/2"}, '"schema"'),
        ({"ticket": "zz"}, '"ticket" is no string of hexadecimal'),
        ({"ticket": 7}, '"ticket" is no string'),
        ({"ticket": ""}, "both empty"),
        ({"ticket": "00" * 65536}, '"ticket" has 65536 octets'),
        ({"master_secret": "00"}, '"master_secret" has 1 octets, not 48'),
        ({"suite": 1}, '"suite" 1'),
        ({"suite": True}, '"suite" is no number'),
        ({"extended_master_secret": 1}, "neither true nor false"),
        ({"expires_at": None}, '"expires_at"'),
        ({"created": float("inf")}, '"created"'),
        ({"client_identity": "30"}, '"client_identity" is no list'),
        ({"client_identity": [""]}, '"client_identity" has 0 octets'),
        ({"session_id": "00" * 33}, '"session_id" has 33 octets'),
    ],
)
def test_a_field_that_does_not_fit_is_named(tmp_path, change, reason):
    path = tmp_path / "s.json"
    save_session(path, STORED)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(UsageError) as refusal:
        load_session(path)
    assert reason in str(refusal.value)
    assert "is no session file" in str(refusal.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '"text"'])
def test_what_is_no_session_file_at_all_is_said(tmp_path, text):
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(UsageError, match="is no session file"):
        load_session(tmp_path / "s.json")
