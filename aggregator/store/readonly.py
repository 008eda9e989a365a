"""A state that somebody only looks at: read in place, or from a copy where looking would need the right to write."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from aggregator.store import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

_PRIMARY = 0xFF  # of SQLite's codes; the bits above say which kind of it
_NO_RIGHT = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


@contextmanager
def connected(path: Path, patience: str) -> Iterator[sqlite3.Connection]:
    """Connect to a state to read it; `patience` is the statement that says how long to wait for others.

    Readers of a write-ahead log keep its index in shared memory, which is a file: who may only read cannot make one, nor
    roll back what a crash left. `immutable` would do without, but also without what others write meanwhile.
    """
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as connection:
        if _can_look(connection, patience):
            yield connection
            return
    with TemporaryDirectory(prefix="aggregator-") as folder:
        snapshot.copy_tables(path.parent, Path(folder))
        with closing(sqlite3.connect(Path(folder) / snapshot.FILE, isolation_level=None)) as connection:
            connection.execute("PRAGMA query_only = ON")
            yield connection


def _can_look(connection: sqlite3.Connection, patience: str) -> bool:
    try:
        connection.execute(patience)
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) & _PRIMARY not in _NO_RIGHT:
            raise
        return False
    return True
