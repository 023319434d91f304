"""A client's sessions in an SQLite file: shared by processes, and whole after a crash at any moment.

SQLite's rollback journal makes each change whole or undone; the file and its journal are their owner's alone (mode
0600), for they hold master secrets.
"""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock

from rfc5077.reference.ticket.format import decode_state, encode_state
from rfc5077.reference.ticket.store import FinishedVerified, StoredTicket, StoreError, StoreKey

APPLICATION = 0x50770001
"""What the file's header says it belongs to; the last octet is the version of the table."""

_TABLE = """
CREATE TABLE sessions (
  server_name TEXT NOT NULL, peer TEXT NOT NULL, trust BLOB NOT NULL,
  ticket BLOB NOT NULL, session_id BLOB NOT NULL, state BLOB NOT NULL,
  received_at REAL NOT NULL, expires_at REAL NOT NULL,
  PRIMARY KEY (server_name, peer, trust)
) WITHOUT ROWID
"""
_WHERE = "WHERE server_name = ? AND peer = ? AND trust = ?"
_SURPLUS = """
DELETE FROM sessions WHERE (server_name, peer, trust) IN
(SELECT server_name, peer, trust FROM sessions ORDER BY received_at DESC LIMIT -1 OFFSET ?)
"""


class SqliteStore:
    """Sessions of all processes that name one file, at most one per key, the newest; the oldest goes when it is full.

    Every method raises StoreError if the file is locked for longer than `patience` seconds, damaged, or cannot be
    written; nothing is changed then.
    """

    def __init__(self, path: Path, capacity: int = 1000, patience: float = 5.0) -> None:
        """Opens the file, and makes it if there is none. Raises StoreError, also if others may read it."""
        if capacity < 1:
            raise ValueError(f"capacity: {capacity} is less than 1")
        self._path = path
        self._capacity = capacity
        self._lock = Lock()
        _own(path)
        with self._errors():
            self._connection = sqlite3.connect(path, patience, isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        """Gives the file back; the store cannot be used any more."""
        with self._lock:
            self._connection.close()

    def __len__(self) -> int:
        with self._change() as table:
            return int(table.execute("SELECT count(*) FROM sessions").fetchone()[0])

    def keep(self, ticket: StoredTicket, proof: FinishedVerified) -> None:
        """Remembers a session; what was there under its key is gone (R5077-3.3-09). `proof` as in `TicketStore`."""
        del proof
        key = ticket.key
        state = encode_state(ticket.session)
        times = (ticket.received_at, ticket.expires_at)
        row = (key.server_name, key.peer, key.trust, ticket.ticket, ticket.session_id, state, *times)
        with self._change() as table:
            table.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            table.execute(_SURPLUS, (self._capacity,))

    def find(self, key: StoreKey, now: float) -> StoredTicket | None:
        """What can be offered now. A ticket at the end of its life is deleted, its session too (R5077-3.3-16)."""
        columns = "ticket, session_id, state, received_at, expires_at"
        with self._change() as table:
            row = table.execute(f"SELECT {columns} FROM sessions {_WHERE}", _names(key)).fetchone()
            stored = None if row is None else _read(key, row)
            if stored is not None and now >= stored.expires_at:
                table.execute(f"DELETE FROM sessions {_WHERE}", _names(key))
        if row is not None and stored is None:
            raise StoreError(f"{self._path} is damaged: an entry cannot be read")
        return stored if stored is not None and now < stored.expires_at else None

    def forget(self, ticket: StoredTicket) -> None:
        """Deletes this ticket, unless another has taken its place meanwhile."""
        same = (*_names(ticket.key), ticket.ticket, ticket.session_id, ticket.received_at)
        with self._change() as table:
            table.execute(f"DELETE FROM sessions {_WHERE} AND ticket = ? AND session_id = ? AND received_at = ?", same)

    def _prepare(self) -> None:
        """Makes the table in a new file; refuses a file of something else."""
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA secure_delete = ON")  # what is deleted is a secret
        with self._transaction() as table:
            (application,) = table.execute("PRAGMA application_id").fetchone()
            (tables,) = table.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if application == 0 and tables == 0:
                table.execute(f"PRAGMA application_id = {APPLICATION}")
                table.execute(_TABLE)
            elif application != APPLICATION:
                raise StoreError(f"{self._path} is an SQLite file, but no store of sessions")

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Cursor]:
        with self._lock, self._errors(), self._transaction() as table:
            yield table

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Cursor]:
        """One change, whole or not at all; it waits for other processes first."""
        with closing(self._connection.cursor()) as table:
            table.execute("BEGIN IMMEDIATE")
            try:
                yield table
                table.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    table.execute("ROLLBACK")
                raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """What SQLite says becomes one line that names the file."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self._path} {_diagnosis(error)}") from error
        except UnicodeDecodeError as error:  # what is damaged stands in the text that says so
            raise StoreError(f"{self._path} is damaged") from error


def _read(key: StoreKey, row: tuple[object, ...]) -> StoredTicket | None:
    """What a row holds, None if that is damaged: SQLite keeps no column to its type."""
    match row:
        case (bytes() as ticket, bytes() as session_id, bytes() as state, int() | float() as received, expires):
            session = decode_state(state)
            if session is not None and isinstance(expires, int | float):
                return StoredTicket(key, ticket, session, received, expires, session_id)
    return None


def _names(key: StoreKey) -> tuple[str, str, bytes]:
    return key.server_name, key.peer, key.trust


def _own(path: Path) -> None:
    """Makes the file for its owner alone, or sees that it is."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{path} cannot be opened: {error.strerror}") from error
    try:
        status = os.fstat(handle)
    finally:
        os.close(handle)
    if not stat.S_ISREG(status.st_mode):
        raise StoreError(f"{path} is no regular file")
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise StoreError(f"{path} can be read by others than its owner (mode {mode:04o}): chmod 600 it")


_BY_CODE = {
    sqlite3.SQLITE_BUSY: "is locked by another process",
    sqlite3.SQLITE_LOCKED: "is locked by another process",
    sqlite3.SQLITE_FULL: "cannot be written: the disk is full",
    sqlite3.SQLITE_CORRUPT: "is damaged: move it away to begin anew",
    sqlite3.SQLITE_NOTADB: "is no SQLite file",
    sqlite3.SQLITE_READONLY: "cannot be written: it is read-only",
    sqlite3.SQLITE_IOERR: "cannot be read or written",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened",
}


def _diagnosis(error: sqlite3.DatabaseError) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return _BY_CODE.get(code, f"cannot be used: {error}")
