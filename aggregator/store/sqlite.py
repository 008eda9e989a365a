"""The state in one SQLite file: opening, locking, migrating."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from contextlib import closing, contextmanager
from importlib import resources
from typing import IO, TYPE_CHECKING

from aggregator.errors import LockedError, StoreError, reason_of
from aggregator.store.entries import EntryTables
from aggregator.store.ledger import LedgerTables
from aggregator.store.lists import ListTables
from aggregator.store.polls import PollTables
from aggregator.store.sources import SourceTables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import timedelta
    from pathlib import Path

    from aggregator.store.sql import Row

FILE = "aggregator.db"
_LOCK = "lock"
_RETRY_SECONDS = 0.1
# NORMAL may lose the last transactions in a power cut, never the file. That is enough: what cannot be made again is
# also in the ledger's text, which is on the disk before any feed that depends on it.
_PRAGMAS = (
    "page_size = 16384",  # bytes: most records are some KB
    "synchronous = NORMAL",
    "wal_autocheckpoint = 16000",  # pages: a first pass writes each page often
    "busy_timeout = 5000",
    "cache_size = -32000",  # KiB
)


class _Connection:
    """A `store.sql.Database` on SQLite; foreign exceptions leave as StoreError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        with self._wrapped():
            return self._connection.execute(sql, values).fetchall()

    def stream(self, sql: str, values: Sequence[object] = ()) -> Iterator[Row]:
        with self._wrapped():
            yield from self._connection.execute(sql, values)

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        with self._wrapped():
            return self._connection.execute(sql, values).rowcount

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        with self._wrapped():
            self._connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[int]:
        self.run("BEGIN IMMEDIATE")
        try:
            self.run("UPDATE clock SET revision = revision + 1")
            yield self.query("SELECT revision FROM clock")[0][0]
            self.run("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk may have ended it already
                self._connection.rollback()
            raise

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _wrapped(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"{self._path}: {error}{_cure(error)}") from error


class SqliteStore:
    """The parts of a store over one connection, and the lock that keeps other passes out."""

    def __init__(self, connection: _Connection, lock: IO[str]) -> None:
        self.sources = SourceTables(connection)
        self.entries = EntryTables(connection)
        self.ledger = LedgerTables(connection)
        self.polls = PollTables(connection)
        self.lists = ListTables(connection)
        self._connection = connection
        self._lock = lock

    def close(self) -> None:
        """Release the state."""
        self._connection.close()
        self._lock.close()


@contextmanager
def opened(folder: Path, wait: timedelta) -> Iterator[SqliteStore]:
    """Open the state in a folder, made if missing, for one pass alone.

    Raises:
        LockedError: another pass holds it, and still did after `wait`.
        StoreError: it cannot be opened, or a newer program wrote it.
    """
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _locked(folder / _LOCK, wait)
    except OSError as error:
        raise StoreError(f"{error.filename or folder}: {reason_of(error)}") from error
    try:
        connection = _connected(path)
    except sqlite3.Error as error:
        lock.close()
        raise StoreError(f"{path}: {error}{_cure(error)}") from error
    except BaseException:
        lock.close()
        raise
    with closing(SqliteStore(_Connection(connection, path), lock)) as store:
        yield store


def _cure(error: sqlite3.Error) -> str:
    """Say what helps against a damaged file: everything in it can be made again."""
    damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
    return (
        "; if it is damaged, remove it: the next run rebuilds it from ledger.jsonl and the articles" if damaged else ""
    )


def _locked(path: Path, wait: timedelta) -> IO[str]:
    """Take the lock: held by the process, so that a dead one never blocks."""
    lock = path.open("a+")
    deadline = time.monotonic() + wait.total_seconds()
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                lock.close()
                raise LockedError(path.parent) from None
            time.sleep(_RETRY_SECONDS)
        else:
            lock.truncate(0)
            lock.write(f"{os.getpid()}\n")
            lock.flush()
            return lock


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # The first pass fills an empty file: a rollback journal then writes each page once, a write-ahead log twice.
        journal = "WAL" if path.stat().st_size else "TRUNCATE"
        for pragma in (*_PRAGMAS, f"journal_mode = {journal}"):
            connection.execute(f"PRAGMA {pragma}")
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the tables up to what this program knows, one numbered file after the other."""
    files = sorted(
        file.name
        for file in resources.files("aggregator.store").joinpath("migrations").iterdir()
        if file.name[:4].isdigit()
    )
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(files):
        raise StoreError(f"{path}: written by a newer version of this program; run that one, or restore an older state")
    for number, name in enumerate(files[version:], start=version + 1):
        script = resources.files("aggregator.store").joinpath("migrations", name).read_text(encoding="utf-8")
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
