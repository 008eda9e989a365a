"""The state in one SQLite file: opening, migrating, tidying."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import timedelta
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from aggregator.errors import AggregatorError, StoreError
from aggregator.store import readonly, snapshot
from aggregator.store.lock import held, refused
from aggregator.store.tables import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aggregator.store.sql import Row

FILE = snapshot.FILE
_BUSY_MS = 60_000  # beside another thread or a command that writes much at once
# NORMAL may lose the last transactions in a power cut, never the file. That is enough: what cannot be made again is
# also in the ledger's text, which is on the disk before any feed that depends on it.
_PRAGMAS = (
    "page_size = 16384",  # bytes: most records are some KB
    "synchronous = NORMAL",
    "wal_autocheckpoint = 16000",  # pages: a first pass writes each page often
    f"busy_timeout = {_BUSY_MS}",
    "cache_size = -32000",  # KiB
)
_PATIENCE = f"PRAGMA busy_timeout = {_BUSY_MS}"
_MOMENT = timedelta(seconds=10)
_PRIMARY = 0xFF  # of SQLite's codes; the bits above say which kind of it
_RIGHT = "the user that runs this needs the right to it, and to its folder"
_CURES = {
    sqlite3.SQLITE_FULL: "make room on the disk",
    sqlite3.SQLITE_IOERR: "make room on the disk; if there is some, it may be failing",
    sqlite3.SQLITE_READONLY: _RIGHT,
    sqlite3.SQLITE_CANTOPEN: _RIGHT,
    sqlite3.SQLITE_PERM: _RIGHT,
}
_NEWER = "written by a newer version of this program; run that one, or restore an older state"


class _Connection:
    """A `store.sql.Database` on SQLite; foreign exceptions leave as StoreError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        with _wrapped(self._path):
            return self._connection.execute(sql, values).fetchall()

    def stream(self, sql: str, values: Sequence[object] = ()) -> Iterator[Row]:
        with _wrapped(self._path):
            yield from self._connection.execute(sql, values)

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        with _wrapped(self._path):
            return self._connection.execute(sql, values).rowcount

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        with _wrapped(self._path):
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

    def tidy(self) -> None:
        for pragma in ("optimize", "wal_checkpoint(TRUNCATE)"):
            self.query(f"PRAGMA {pragma}")

    def close(self) -> None:
        self._connection.close()


@contextmanager
def opened(folder: Path, wait: timedelta, *, many: bool = False) -> Iterator[Store]:
    """Open the state in a folder, made if missing, for one pass alone.

    many: whether it changes many times in the pass, as where feeds are asked, and not only in a few large steps.

    Raises:
        LockedError: another process holds it, and still did after `wait`.
        StoreError: it cannot be opened, or a newer program wrote it.
    """
    with held(folder, wait), opened_within(folder, many=many) as store:
        yield store


@contextmanager
def opened_within(folder: Path, *, many: bool = False) -> Iterator[Store]:
    """Open the state in a folder for whoever holds its lock; each thread has a connection of its own.

    Raises:
        StoreError: it cannot be opened, or a newer program wrote it.
    """
    path = folder / FILE
    with _wrapped(path):
        connection = _connected(path, many=many)
    with closing(Store(_Connection(connection, path))) as store:
        yield store


@contextmanager
def copied(folder: Path) -> Iterator[tuple[Store, Path]]:
    """Open a copy of the state in a folder, for whoever tries what a pass would do; also return where the copy is.

    Raises:
        StoreError: the state cannot be read, or a newer program wrote it.
    """
    with TemporaryDirectory(prefix="aggregator-") as copy:
        snapshot.copy_state(folder, Path(copy))
        try:
            with opened(Path(copy), timedelta(0)) as store:
                yield store, Path(copy)
        except AggregatorError as error:
            error.args = (str(error).replace(copy, str(folder)),)  # nobody can mend a copy
            raise


@contextmanager
def looked_into(folder: Path) -> Iterator[Store]:
    """Open the state to read it, whoever else holds it; an empty one where there is none yet.

    Raises:
        StoreError: it cannot be read, or an older or a newer program wrote it.
    """
    path = folder / FILE
    try:
        is_there = path.exists()
    except OSError as error:
        raise refused(folder, error) from error
    with ExitStack() as stack:
        with _wrapped(path):
            connection = stack.enter_context(
                readonly.connected(path, _PATIENCE)
                if is_there
                else closing(sqlite3.connect(":memory:", isolation_level=None))
            )
            if not is_there:
                _migrate(connection, path)
            elif _version(connection) < len(_migrations()):
                raise StoreError(f"{path}: of an older version of this program; the next run brings it up to date")
            elif _version(connection) > len(_migrations()):
                raise StoreError(f"{path}: {_NEWER}")
        yield Store(_Connection(connection, path))


@contextmanager
def beside(folder: Path) -> Iterator[Store]:
    """Open the state for a word beside a pass that may hold it: for what no pass writes.

    Raises:
        LockedError: there is no state yet, or an older one, and another pass is just making it.
        StoreError: it cannot be opened, or a newer program wrote it.
    """
    path = folder / FILE
    if not _is_current(path):
        with opened(folder, _MOMENT) as store:
            yield store
        return
    with _wrapped(path):
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute(_PATIENCE)
    with closing(Store(_Connection(connection, path))) as store:
        yield store


def _is_current(path: Path) -> bool:
    """Say whether there is a state with all the tables that this program knows."""
    if not path.exists():
        return False
    with _wrapped(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute(_PATIENCE)
        return _version(connection) == len(_migrations())


@contextmanager
def _wrapped(path: Path) -> Iterator[None]:
    """Let foreign exceptions leave as StoreError."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:  # of a damaged file, what it says of itself is no text
        if isinstance(error, sqlite3.Error) and (reason := _why_unopened(path, error)):
            raise refused(path.parent, reason) from error
        raise StoreError(f"{path}: {error}{_cure(error)}") from error


def _why_unopened(path: Path, error: sqlite3.Error) -> OSError | None:
    """Return what the system says where SQLite only says that it could not open a file."""
    if getattr(error, "sqlite_errorcode", 0) & _PRIMARY == sqlite3.SQLITE_CANTOPEN and path.exists():
        try:
            path.open("rb").close()
        except OSError as reason:
            return reason
    return None


def _cure(error: sqlite3.Error | UnicodeDecodeError) -> str:
    """Say what helps: against a damaged file that everything in it can be made again."""
    if cure := _CURES.get(getattr(error, "sqlite_errorcode", 0) & _PRIMARY):
        return f"; {cure}"
    harmless = (sqlite3.OperationalError, sqlite3.IntegrityError, sqlite3.ProgrammingError)
    damaged = isinstance(error, sqlite3.DatabaseError | UnicodeDecodeError) and not isinstance(error, harmless)
    return (
        "; if it is damaged, remove it: the next run rebuilds it from ledger.jsonl and the articles, but for pauses"
        if damaged
        else ""
    )


def _connected(path: Path, *, many: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if many or path.stat().st_size:
            with suppress(sqlite3.OperationalError):  # somebody is reading just now: the next one changes it
                connection.execute("PRAGMA journal_mode = WAL")
        else:  # The first pass fills an empty file: so each page is written once, by a write-ahead log twice.
            connection.execute("PRAGMA journal_mode = TRUNCATE")
            connection.execute("PRAGMA cache_size = -64000")  # KiB; it also reads most pages again
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the tables up to what this program knows, one numbered file after the other."""
    files, version = _migrations(), _version(connection)
    if version > len(files):
        raise StoreError(f"{path}: {_NEWER}")
    for number, name in enumerate(files[version:], start=version + 1):
        script = resources.files("aggregator.store").joinpath("migrations", name).read_text(encoding="utf-8")
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")


def _migrations() -> list[str]:
    folder = resources.files("aggregator.store").joinpath("migrations")
    return sorted(file.name for file in folder.iterdir() if file.name[:4].isdigit())


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
