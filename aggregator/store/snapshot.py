"""A copy of the state, for whoever wants to look or to try without changing anything."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

from aggregator.errors import StoreError, reason_of
from aggregator.store import ledger_text, sqlite

if TYPE_CHECKING:
    from pathlib import Path

_SIDES = ("", "-wal", "-journal")  # what SQLite may have beside the file; together they are the state
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.1


def copy_state(state: Path, target: Path) -> None:
    """Copy the state in one folder to another that is empty; nothing is written to the first, or locked in it.

    Raises:
        StoreError: it cannot be read.
    """
    try:
        _copy_ledger(state, target)
        for _ in range(_ATTEMPTS):
            before = _stamps(state)
            for name in before:
                shutil.copyfile(state / name, target / name)
            if _stamps(state) == before:
                return
            time.sleep(_PAUSE_SECONDS)
        _back_up(state / sqlite.FILE, target)
    except FileNotFoundError as error:
        raise StoreError(f"{error.filename}: it went away while it was copied; try again") from error
    except OSError as error:
        raise StoreError(f"{error.filename or state}: {reason_of(error)}") from error
    except sqlite3.Error as error:
        raise StoreError(f"{state / sqlite.FILE}: {error}") from error


def _copy_ledger(state: Path, target: Path) -> None:
    """Copy the ledger's text before the file: a state that is ahead of its text is a usual sight, the reverse is none."""
    if (state / ledger_text.FILE).exists():
        shutil.copyfile(state / ledger_text.FILE, target / ledger_text.FILE)


def _stamps(state: Path) -> dict[str, tuple[int, int]]:
    """Return size and mtime of the files that make up the state, by name."""
    paths = [path for side in _SIDES if (path := state / f"{sqlite.FILE}{side}").exists()]
    return {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}


def _back_up(path: Path, target: Path) -> None:
    """Copy a file that another pass keeps writing to, as one of its commits left it."""
    for side in _SIDES:
        (target / f"{sqlite.FILE}{side}").unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(target / sqlite.FILE)) as copy,
    ):
        source.backup(copy)
