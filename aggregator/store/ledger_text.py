"""The ledger as plain text beside the state: one JSON object a line, appended to, so that its cost follows the change.

With the configuration and the articles it is a whole backup: a state that is lost is built again from it.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from aggregator.errors import StoreError
from aggregator.files import write_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aggregator.store import Ledger

FILE = "ledger.jsonl"
_TAIL = 1024 * 1024  # longer than any line: addresses are bounded
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_SLACK = 1_000  # superseded lines that are not worth a rewrite


def recover(folder: Path, ledger: Ledger) -> int:
    """Give the ledger what only its text has, after a state was lost or put back; return how many rows."""
    path = folder / FILE
    if _last_revision(path) <= ledger.revision():
        return 0
    rows = list(_rows(path))
    ledger.restore(rows)
    _rewrite(path, ledger)  # revisions are counted anew
    return len(rows)


def append(folder: Path, ledger: Ledger) -> None:
    """Append the rows that the text lacks; on the disk when this returns."""
    path = folder / FILE
    lines = [_line(row) for row in ledger.rows_since(_last_revision(path))]
    if not lines:
        return
    try:
        with path.open("ab") as file:
            torn = _torn(path)
            if torn:
                file.truncate(file.tell() - torn)
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error


def compact(folder: Path, ledger: Ledger) -> None:
    """Write the ledger anew where most lines of its text are older versions of later ones."""
    path = folder / FILE
    try:
        lines = path.read_bytes().count(b"\n")
    except FileNotFoundError:
        return
    if lines > 2 * ledger.size() + _SLACK:
        _rewrite(path, ledger)


def _rows(path: Path) -> Iterator[Mapping[str, object]]:
    *lines, _ = path.read_bytes().split(b"\n")  # what follows the last line end is what a crash left
    for number, line in enumerate(lines, start=1):
        try:
            yield json.loads(line)
        except ValueError:
            raise StoreError(f"{path}:{number}: not a line of the ledger") from None


def _last_revision(path: Path) -> int:
    """Return the revision of the last whole line; 0 where there is none."""
    lines = _tail(path).split(b"\n")
    for line in reversed(lines[:-1]):
        try:
            return int(json.loads(line)["revision"])
        except (ValueError, KeyError, TypeError):
            continue
    return 0


def _torn(path: Path) -> int:
    """Return how many bytes after the last line end a crash left."""
    tail = _tail(path)
    return len(tail) - tail.rfind(b"\n") - 1


def _tail(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL))
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error


def _rewrite(path: Path, ledger: Ledger) -> None:
    """Write the whole ledger in place of its history."""
    try:
        write_all({path: b"".join(_line(row) for row in ledger.rows_since(0))})
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error


def _line(row: Mapping[str, object]) -> bytes:
    return _ENCODER.encode(row).encode() + b"\n"
