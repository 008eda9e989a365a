"""A copy of the state, for whoever wants to look or to try without changing anything."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from aggregator.errors import StoreError
from aggregator.store import ledger_text
from aggregator.store.lock import refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "aggregator.db"
_SIDES = ("", "-wal", "-journal")  # what SQLite may have beside the file; together they are the state
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.1


def copy_state(state: Path, target: Path) -> None:
    """Copy the state in one folder to another that is empty; nothing is written to the first, or locked in it.

    Raises:
        StoreError: it cannot be read.
    """
    with _told(state):
        _copy_ledger(state, target)
        _copy_tables(state, target)


def copy_tables(state: Path, target: Path) -> None:
    """Copy what `copy_state` copies, but for the ledger's text.

    Raises:
        OthersState: it is that of another user, and closed.
        StoreError: it cannot be read.
    """
    with _told(state):
        _copy_tables(state, target)


def _copy_tables(state: Path, target: Path) -> None:
    for _ in range(_ATTEMPTS):
        before = _stamps(state)
        _clear(target)  # a log that belongs to an older file would be played back into this one
        with suppress(FileNotFoundError):  # whoever ends takes the log away
            for name in before:
                shutil.copyfile(state / name, target / name)
            if _stamps(state) == before:
                return
        time.sleep(_PAUSE_SECONDS)
    _back_up(state / FILE, target)


@contextmanager
def _told(state: Path) -> Iterator[None]:
    """Let foreign exceptions leave as StoreError."""
    try:
        yield
    except FileNotFoundError as error:
        raise StoreError(f"{error.filename}: it went away while it was copied; try again") from error
    except OSError as error:
        raise refused(state, error) from error
    except sqlite3.Error as error:
        raise StoreError(f"{state / FILE}: {error}") from error


def _copy_ledger(state: Path, target: Path) -> None:
    """Copy the ledger's text before the file: a state that is ahead of its text is a usual sight, the reverse is none."""
    if (state / ledger_text.FILE).exists():
        shutil.copyfile(state / ledger_text.FILE, target / ledger_text.FILE)


def _stamps(state: Path) -> dict[str, tuple[int, int]]:
    """Return size and mtime of the files that make up the state, by name."""
    paths = [path for side in _SIDES if (path := state / f"{FILE}{side}").exists()]
    return {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}


def _back_up(path: Path, target: Path) -> None:
    """Copy a file that another pass keeps writing to, as one of its commits left it."""
    _clear(target)
    with (
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(target / FILE)) as copy,
    ):
        source.backup(copy)


def _clear(target: Path) -> None:
    for side in _SIDES:
        (target / f"{FILE}{side}").unlink(missing_ok=True)
