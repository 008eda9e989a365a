"""The ledger as plain text beside the state: one JSON object a line, appended to, so that its cost follows the change.

With the configuration and the articles it is a whole backup: a state that is lost is built again from it. Each append
ends with a commit line, which says whose revisions these are and how many lines there are; what follows the last one
is what a crash left, and is cut off before the next append.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aggregator.errors import StoreError, wrapped
from aggregator.files import write_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from aggregator.store.ledger import LedgerTables

FILE = "ledger.jsonl"
TAKEN_IN = "the ledger's text was taken in"
"""Name of a setting: until a pass is through, what it calls new may be known."""

_COMMIT = "commit"
_TAIL = 64 * 1024  # the last commit line is the last line, unless a crash left more
_SLACK = 1_000  # superseded lines that are not worth a rewrite
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class _Commit:
    """The last commit of a text: of which lineage and revision, how many lines, and where in bytes it ends."""

    lineage: str = ""
    revision: int = 0
    lines: int = 0
    end: int = 0


def recover(folder: Path, ledger: LedgerTables) -> bool:
    """Give the ledger what only its text has, after a state was lost or put back; say whether there was anything."""
    path = folder / FILE
    commit = _last_commit(path)
    same = commit.lineage == ledger.lineage()
    if commit.lines == 0 or (same and commit.revision <= ledger.revision()):
        return False
    ledger.restore(_rows(path, commit.end), at_least=commit.revision)
    ledger.keep_setting(TAKEN_IN, "yes")
    rewrite(folder, ledger)
    return True


def append(folder: Path, ledger: LedgerTables) -> None:
    """Append the rows that the text lacks; on the disk when this returns."""
    path = folder / FILE
    commit = _last_commit(path)
    revision = ledger.revision()  # before its rows: what comes meanwhile is written again rather than never
    lines = [_line(row) for row in ledger.rows_since(commit.revision)]
    if not lines:
        return
    lines.append(_commit_line(ledger, revision, commit.lines + len(lines) + 1))
    with wrapped(StoreError, path), path.open("ab") as file:
        file.truncate(commit.end)
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())


def compact(folder: Path, ledger: LedgerTables, most: float = 2) -> None:
    """Write the ledger anew where its text has more than so many times the lines of the ledger, older versions of others."""
    if _last_commit(folder / FILE).lines > most * ledger.size() + _SLACK:
        rewrite(folder, ledger)


def lines(ledger: LedgerTables) -> Iterator[bytes]:
    """Return the whole ledger as text, the commit line included."""
    revision, count = ledger.revision(), 1
    for row in ledger.rows_since(0):
        count += 1
        yield _line(row)
    yield _commit_line(ledger, revision, count)


def take_in(file: Path, folder: Path, ledger: LedgerTables) -> int:
    """Restore what `lines` gave and somebody kept in a file; return how many lines that were."""
    commit = _last_commit(file)
    if commit.lines == 0:
        raise StoreError(f"{file}: not what `aggregator state export` prints, or cut off; nothing was taken in")
    ledger.restore(_rows(file, commit.end), at_least=0)
    ledger.keep_setting(TAKEN_IN, "yes")
    rewrite(folder, ledger)
    return commit.lines


def rewrite(folder: Path, ledger: LedgerTables) -> None:
    """Write the whole ledger in place of its history."""
    path = folder / FILE
    with wrapped(StoreError, path):
        write_all({path: b"".join(lines(ledger))})


def _rows(path: Path, end: int) -> Iterator[Mapping[str, Any]]:
    """Return the rows up to a commit."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if file.tell() > end:
                return
            try:
                row = json.loads(line)
                if row["kind"] != _COMMIT:
                    yield row
            except (ValueError, KeyError, TypeError):
                raise StoreError(
                    f"{path}:{number}: not a line of the ledger; restore the file, or remove that line"
                ) from None


def _last_commit(path: Path) -> _Commit:
    with wrapped(StoreError, path), suppress(FileNotFoundError), path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        for start in (max(0, size - _TAIL), 0):
            file.seek(start)
            commit = _commit_in(file.read(), start)
            if commit is not None:
                return commit
    return _Commit()


def _commit_in(tail: bytes, start: int) -> _Commit | None:
    """Return the last commit in the end of a text, which begins at byte `start`."""
    end = tail.rfind(b"\n") + 1
    while end > 0:
        begin = tail.rfind(b"\n", 0, end - 1) + 1
        try:
            row = json.loads(tail[begin:end])
            if row["kind"] == _COMMIT:
                return _Commit(row["lineage"], row["revision"], row["lines"], start + end)
        except (ValueError, KeyError, TypeError):
            pass
        end = begin
    return None


def _commit_line(ledger: LedgerTables, revision: int, lines: int) -> bytes:
    return _line({"kind": _COMMIT, "lineage": ledger.lineage(), "revision": revision, "lines": lines})


def _line(row: Mapping[str, object]) -> bytes:
    return _ENCODER.encode(row).encode() + b"\n"
