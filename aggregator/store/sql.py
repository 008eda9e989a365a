"""The small part of SQL that the tables share: transactions, batches, lists of keys, records as JSON."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from aggregator.core.model import Edge, Entry, Fault, Link, Sighting, from_micros
from aggregator.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

T = TypeVar("T")
Row = tuple[Any, ...]

CHUNK = 500
"""Rows in one batch, keys in one list: below the parameter limits of the databases."""

SIGHTING = Record(Sighting)
ENTRY = Record(Entry)
LINK = Record(Link)
LINKS = Record(tuple[Link, ...])
EDGES = Record(tuple[Edge, ...])
FAULTS = Record(tuple[Fault, ...])


class Database(Protocol):
    """One connection. Values are always bound, with `?`."""

    def query(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Return all rows at once."""
        ...

    def stream(self, sql: str, values: Sequence[object] = ()) -> Iterator[Row]:
        """Return rows as they are asked for."""
        ...

    def run(self, sql: str, values: Sequence[object] = ()) -> int:
        """Carry out one statement; return how many rows it touched."""
        ...

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Carry out one statement for each row."""
        ...

    def transaction(self) -> AbstractContextManager[int]:
        """Take the clock and yield the new revision; all or nothing of what follows is kept."""
        ...

    def tidy(self) -> None:
        """Look at what plans rest on, and give back the room that the log takes."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Return values in lists of at most `size`."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk


def query_in(db: Database, sql: str, keys: Iterable[str], before: Sequence[object] = ()) -> Iterator[Row]:
    """Return the rows of a query whose `{}` is a list of keys, asked in batches; `before` is bound ahead of them."""
    for chunk in chunks(keys):
        yield from db.query(sql.format(", ".join("?" * len(chunk))), [*before, *chunk])


def run_in(db: Database, sql: str, keys: Iterable[str]) -> None:
    """Carry out a statement whose `{}` is a list of keys, in batches."""
    for chunk in chunks(keys):
        db.run(sql.format(", ".join("?" * len(chunk))), chunk)


def joined(record: str, **fields: str) -> str:
    """Return a record's JSON with further fields, which are JSON too: parts that are kept apart, read in one go."""
    return record[:-1] + "".join(f',"{name}":{value}' for name, value in fields.items()) + "}"


def read_setting(db: Database, name: str) -> str:
    """Return what was kept under a name, else the empty text."""
    return next((value for (value,) in db.query("SELECT value FROM setting WHERE name = ?", [name])), "")


def write_setting(db: Database, name: str, value: str) -> None:
    """Keep a text under a name."""
    db.run(
        "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [name, value],
    )


def instant_of(micros: int | None) -> datetime | None:
    """Return the instant that a column holds; None where it holds none."""
    return None if micros is None else from_micros(micros)
