"""The ledger in its tables: what cannot be computed again, and how it leaves and enters as plain values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aggregator.core.model import from_micros, to_micros
from aggregator.store import ChannelRow
from aggregator.store.identities import LedgerEntry, write_entries
from aggregator.store.sql import read_setting, write_setting

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from aggregator.store.sql import Database

# Kind of a row as text: its table and the columns that are kept.
_TABLES = {
    "entry": ("ledger_entry", "id, key, former, first_seen, published, updated, shown, fingerprint"),
    "claim": ("ledger_claim", "source, location, name, id"),
    "channel": ("ledger_channel", "key, id, updated, stamp, retired"),
    "source": ("ledger_source", "source, first_pass"),
}


class LedgerTables:
    """`store.Ledger` on SQL."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def revision(self) -> int:
        """Return the number of the last change."""
        return int(self._db.query("SELECT revision FROM clock")[0][0])

    def is_empty(self) -> bool:
        """Say whether nothing was ever published from this state."""
        return not self._db.query("SELECT 1 FROM ledger_channel LIMIT 1")

    def channels(self) -> Mapping[str, ChannelRow]:
        """Return every channel that was ever published, by key."""
        rows = self._db.query("SELECT key, id, updated, stamp, retired FROM ledger_channel ORDER BY key")
        return {
            key: ChannelRow(id=id_, updated=from_micros(updated), stamp=stamp, retired=bool(retired))
            for key, id_, updated, stamp, retired in rows
        }

    def keep_channels(self, rows: Mapping[str, ChannelRow]) -> None:
        """Remember channels as they are about to be published."""
        with self._db.transaction() as revision:
            self._keep(
                "channel",
                [
                    {
                        "key": key,
                        "id": row.id,
                        "updated": to_micros(row.updated),
                        "stamp": row.stamp,
                        "retired": int(row.retired),
                    }
                    for key, row in sorted(rows.items())
                ],
                revision,
            )

    def seen_first(self, sources: Collection[str], now: datetime) -> None:
        """Remember that the first pass over these sources is done."""
        known = {source for (source,) in self._db.query("SELECT source FROM ledger_source")}
        new = sorted(set(sources) - known)
        if new:
            with self._db.transaction() as revision:
                self._keep("source", [{"source": one, "first_pass": to_micros(now)} for one in new], revision)

    def size(self) -> int:
        """Count the rows of the ledger."""
        return sum(self._db.query(f"SELECT COUNT(*) FROM {table}")[0][0] for table, _ in _TABLES.values())

    def setting(self, name: str) -> str:
        """Return what was kept under a name, else the empty text."""
        return read_setting(self._db, name)

    def keep_setting(self, name: str, value: str) -> None:
        """Keep a text under a name."""
        write_setting(self._db, name, value)

    def rows_since(self, revision: int) -> Iterator[Mapping[str, object]]:
        """Return the ledger's rows that changed after a revision, as plain values, in order of revision."""
        found: list[tuple[int, str, dict[str, Any]]] = []
        for kind, (table, columns) in _TABLES.items():
            names = columns.split(", ")
            rows = self._db.query(
                f"SELECT revision, {columns} FROM {table} WHERE revision > ? ORDER BY revision, {names[0]}, {names[1]}",
                [revision],
            )
            found += [(row[0], kind, dict(zip(names, row[1:], strict=True))) for row in rows]
        for number, kind, values in sorted(found, key=lambda one: one[0]):
            if kind == "entry":
                values["former"] = json.loads(values["former"])
            yield {"revision": number, "kind": kind, **values}

    def restore(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Take in rows that `rows_since` gave; later ones win."""
        with self._db.transaction() as revision:
            for row in rows:
                kind = str(row["kind"])
                values = {name: row[name] for name in _TABLES[kind][1].split(", ")}
                if kind == "entry":
                    values["former"] = tuple(values["former"])  # type: ignore[arg-type]
                    write_entries(self._db, [LedgerEntry(**values)], revision)  # type: ignore[arg-type]
                else:
                    self._keep(kind, [values], revision)

    def _keep(self, kind: str, rows: list[dict[str, Any]], revision: int) -> None:
        table, columns = _TABLES[kind]
        names = [*columns.split(", "), "revision"]
        keys = "source, location" if kind == "claim" else names[0]
        sets = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys.split(", "))
        self._db.run_many(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
            f" ON CONFLICT ({keys}) DO UPDATE SET {sets}",
            [[*row.values(), revision] for row in rows],
        )
