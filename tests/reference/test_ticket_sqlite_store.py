"""reference/ticket/sqlite_store.py"""

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace

import pytest

from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.sqlite_store import SqliteStore
from rfc5077.reference.ticket.store import FinishedVerified, StoredTicket, StoreError, StoreKey

PROOF = FinishedVerified(b"")
SESSION = Session(0x0303, 0xC02B, bytes(range(48)), True, "example.org", (b"certificate",), 7)
TICKET = StoredTicket(StoreKey("example.org", "192.0.2.1", b"trust"), b"a ticket", SESSION, 10.5, 20.25, b"id")

WRITER = """
import sys
from pathlib import Path
from rfc5077.reference.ticket.session import Session
from rfc5077.reference.ticket.sqlite_store import SqliteStore
from rfc5077.reference.ticket.store import FinishedVerified, StoredTicket, StoreKey
store = SqliteStore(Path(sys.argv[1]), patience=30)
for number in range(int(sys.argv[2])):
    session = Session(0x0303, 0xC02B, number.to_bytes(48, "big"), True, None, (), 7)
    key = StoreKey(sys.argv[3] + str(number % 50))
    store.keep(StoredTicket(key, number.to_bytes(30_000, "big"), session, number, 2.0**31), FinishedVerified(b""))
    print(number, flush=True)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "sessions"


def writer(path, count: int, prefix: str) -> subprocess.Popen:
    command = (sys.executable, "-c", WRITER, str(path), str(count), prefix)
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_what_is_kept_is_found_by_the_next_who_opens_the_file(path):
    SqliteStore(path).keep(TICKET, PROOF)

    assert SqliteStore(path).find(TICKET.key, 11) == TICKET
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_key_finds_nothing(path):
    store = SqliteStore(path)
    store.keep(TICKET, PROOF)

    for key in (StoreKey("example.com", "192.0.2.1", b"trust"), replace(TICKET.key, trust=b"")):
        assert store.find(key, 11) is None


def test_a_ticket_at_the_end_of_its_life_is_deleted(path):
    # R5077-3.3-16
    store = SqliteStore(path)
    store.keep(TICKET, PROOF)

    assert store.find(TICKET.key, 20.25) is None
    assert len(store) == 0
    assert TICKET.session.master_secret not in path.read_bytes()


def test_the_newest_replaces_what_was_there_and_only_it_is_forgotten(path):
    store, newer = SqliteStore(path), replace(TICKET, ticket=b"newer")
    store.keep(TICKET, PROOF)
    store.keep(newer, PROOF)

    store.forget(TICKET)
    assert store.find(TICKET.key, 11) == newer
    store.forget(newer)
    assert store.find(TICKET.key, 11) is None


def test_the_oldest_goes_when_the_store_is_full(path):
    store = SqliteStore(path, capacity=2)
    tickets = [replace(TICKET, key=StoreKey(str(at)), received_at=float(at)) for at in (2, 1, 3)]
    for ticket in tickets:
        store.keep(ticket, PROOF)

    assert [store.find(ticket.key, 11) for ticket in tickets] == [tickets[0], None, tickets[2]]


def test_several_processes_write_one_file(path):
    writers = [writer(path, 40, prefix) for prefix in "ab"]
    for each in writers:
        each.communicate(timeout=60)

    assert [each.returncode for each in writers] == [0, 0]
    assert len(SqliteStore(path)) == 80


@pytest.mark.parametrize("lines", [1, 7, 40])
def test_a_writer_killed_at_work_leaves_all_that_it_had_finished(path, lines):
    victim = writer(path, 100_000, "")
    for _ in range(lines):
        said = victim.stdout.readline()
    victim.send_signal(signal.SIGKILL)
    victim.communicate(timeout=10)
    store, last = SqliteStore(path), int(said)

    found = store.find(StoreKey(str(last % 50)), 11)
    assert int.from_bytes(found.ticket, "big") >= last
    assert found.session.master_secret == found.ticket[-48:]
    with sqlite3.connect(path) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_crash_between_the_octets_of_a_change_is_undone(path):
    # The journal is there and the file half written: what a killed process leaves at the worst moment.
    SqliteStore(path).keep(TICKET, PROOF)
    crash = (
        "import os, sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA cache_size = 1'); c.execute('PRAGMA cache_spill = 1'); c.execute('BEGIN IMMEDIATE')\n"
        "c.execute('UPDATE sessions SET ticket = zeroblob(3000000)')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run((sys.executable, "-c", crash, str(path)), timeout=20)
    assert path.with_name("sessions-journal").exists()

    assert SqliteStore(path).find(TICKET.key, 11) == TICKET


def test_a_locked_file_is_said_in_one_line_and_stays_intact(path):
    store = SqliteStore(path, patience=0.05)
    store.keep(TICKET, PROOF)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError, match="is locked by another process"):
        store.keep(replace(TICKET, ticket=b"newer"), PROOF)
    other.execute("ROLLBACK")
    assert store.find(TICKET.key, 11) == TICKET


def test_a_full_disk_is_said_in_one_line_and_stays_intact(path):
    store = SqliteStore(path)
    store.keep(TICKET, PROOF)
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreError, match="the disk is full"):
        store.keep(replace(TICKET, ticket=bytes(60_000)), PROOF)
    assert store.find(TICKET.key, 11) == TICKET


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"no database at all" * 100, "no SQLite file"),
        (b"SQLite format 3\0" + b"\xff" * 2000, "SQLite file|damaged"),
    ],
)
def test_a_file_of_something_else_is_refused_and_not_touched(path, octets, words):
    path.write_bytes(octets)
    path.chmod(0o600)

    with pytest.raises(StoreError, match=words):
        SqliteStore(path)
    assert path.read_bytes() == octets


def test_a_database_of_something_else_is_refused(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE bookmarks (page TEXT)")
    path.chmod(0o600)

    with pytest.raises(StoreError, match="no store of sessions"):
        SqliteStore(path)


def test_a_damaged_file_is_an_error_and_no_session(path):
    store = SqliteStore(path)
    for at in range(30):
        store.keep(replace(TICKET, key=StoreKey(str(at)), ticket=bytes(3000)), PROOF)
    store.close()
    octets = bytearray(path.read_bytes())
    octets[4096:] = os.urandom(len(octets) - 4096)
    path.write_bytes(octets)

    with pytest.raises(StoreError, match="is damaged"):
        SqliteStore(path).find(StoreKey("3"), 11)


def test_a_file_that_others_may_read_is_refused(path):
    path.touch(mode=0o644)
    path.chmod(0o644)

    with pytest.raises(StoreError, match="others than its owner"):
        SqliteStore(path)


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(StoreError, match="cannot be opened"):
        SqliteStore(tmp_path / "none" / "sessions")
