"""What fuzzers found, each once more by itself."""

import json
import sqlite3

import pytest

from rfc5077.properties.cli.session_file import load_session
from rfc5077.properties.errors import UsageError
from rfc5077.properties.fuzz import secrets
from rfc5077.properties.fuzz.walk import NOW
from rfc5077.reference.ticket.sqlite_store import SqliteStore
from rfc5077.reference.ticket.store import FinishedVerified, StoreError


@pytest.fixture
def store(tmp_path):
    """The path of a store with a session in it."""
    path = tmp_path / "store"
    kept = SqliteStore(path)
    kept.keep(secrets.stored_session(), FinishedVerified(b""))
    kept.close()
    return path


def test_a_store_whose_table_is_damaged_so_that_sqlite_cannot_even_say_how_is_a_store_error(store):
    octets = store.read_bytes()
    at = octets.index(b"CREATE TABLE")
    store.write_bytes(octets[: at + 13] + b"\xfe" + octets[at + 14 :])

    with pytest.raises(StoreError, match="is damaged"):
        SqliteStore(store).find(secrets.stored_session().key, NOW)


@pytest.mark.parametrize("column", ["ticket", "session_id", "state", "received_at", "expires_at"])
@pytest.mark.parametrize("value", ["text", b"octets"])
def test_a_store_with_a_value_of_another_type_is_a_store_error(store, column, value):
    if isinstance(value, bytes) and column in ("ticket", "session_id"):
        value = "other text"
    with sqlite3.connect(store) as table:
        table.execute(f"UPDATE sessions SET {column} = ?", (value,))
    table.close()

    with pytest.raises(StoreError, match="is damaged"):
        SqliteStore(store).find(secrets.stored_session().key, NOW)


def test_a_session_file_with_a_name_that_no_store_can_keep_is_refused(tmp_path):
    file = tmp_path / "session.json"
    file.write_text(json.dumps({**json.loads(secrets.session_text()), "sent_server_name": "b\u00fccher.example"}))

    with pytest.raises(UsageError, match="sent_server_name"):
        load_session(file)
