"""The ledger in its tables: what cannot be computed again, and how it leaves and enters as plain values."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from aggregator.core.model import from_micros, to_micros
from aggregator.errors import StoreError
from aggregator.store import ChannelRow
from aggregator.store.identities import LedgerEntry, write_entries
from aggregator.store.sql import chunks, query_in, read_setting, write_setting

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from aggregator.store.sql import Database

# Kind of a row as text: its table and the columns that are kept.
_TABLES = {
    "entry": ("ledger_entry", "id, key, former, first_seen, published, updated, shown, fingerprint, listed"),
    "claim": ("ledger_claim", "source, location, name, id"),
    "channel": ("ledger_channel", "key, id, updated, stamp, retired, label"),
    "source": ("ledger_source", "source, first_pass"),
}
_QUOTED = 80  # characters of a row that an error shows
_KEYS = {"entry": ("id",), "claim": ("source", "location"), "channel": ("key",), "source": ("source",)}


class LedgerTables:
    """What cannot be computed again."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def revision(self) -> int:
        """Return the number of the last change."""
        return int(self._db.query("SELECT revision FROM clock")[0][0])

    def lineage(self) -> str:
        """Return what tells this state's revisions from those of another: given once, when it was made."""
        known = read_setting(self._db, "lineage")
        if not known:
            known = os.urandom(8).hex()
            write_setting(self._db, "lineage", known)
        return known

    def is_empty(self) -> bool:
        """Say whether nothing was ever published from this state."""
        return not self._db.query("SELECT 1 FROM ledger_channel LIMIT 1")

    def listed(self, keys: Iterable[str]) -> set[str]:
        """Return those keys under which an entry was once in a channel."""
        now = "SELECT key FROM ledger_entry WHERE listed AND key IN ({})"
        once = "SELECT f.former FROM ledger_former f JOIN ledger_entry l ON l.id = f.id WHERE l.listed AND f.former IN ({})"
        keys = list(keys)
        return {key for sql in (now, once) for (key,) in query_in(self._db, sql, keys)}

    def published(self, keys: Iterable[str]) -> Mapping[str, tuple[str, datetime]]:
        """Return id and date of publication of those keys under which there is an entry."""
        sql = "SELECT key, id, published FROM ledger_entry WHERE key IN ({})"
        return {key: (id_, from_micros(published)) for key, id_, published in query_in(self._db, sql, keys)}

    def channels(self) -> Mapping[str, ChannelRow]:
        """Return every channel that was ever published, by key."""
        rows = self._db.query("SELECT key, id, updated, stamp, retired, label FROM ledger_channel ORDER BY key")
        return {
            key: ChannelRow(id=id_, updated=from_micros(updated), stamp=stamp, retired=bool(retired), label=label)
            for key, id_, updated, stamp, retired, label in rows
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
                        "label": row.label,
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
        """Keep a text under a name; an empty one takes no row."""
        if read_setting(self._db, name) != value:
            write_setting(self._db, name, value)
            self._db.run("DELETE FROM setting WHERE value = ''")

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
                if values["listed"]:
                    del values["listed"]  # as good as all are
            yield {"revision": number, "kind": kind, **values}

    def forget(self, id_: str) -> bool:
        """Forget an entry, so that the next `settle` gives its id and dates anew; say whether there was one."""
        with self._db.transaction():
            self._db.run("INSERT INTO touched SELECT key FROM ledger_entry WHERE id = ? ON CONFLICT DO NOTHING", [id_])
            self._db.run("DELETE FROM ledger_former WHERE id = ?", [id_])
            self._db.run("DELETE FROM ledger_claim WHERE id = ?", [id_])
            return self._db.run("DELETE FROM ledger_entry WHERE id = ?", [id_]) > 0

    def restore(self, rows: Iterable[Mapping[str, object]], at_least: int) -> None:
        """Take in rows that `rows_since` gave, later ones win; go on with revisions above `at_least`.

        Raises:
            StoreError: a row is none of those.
        """
        with self._db.transaction() as next_revision:
            revision = max(next_revision, at_least + 1)
            self._db.run("UPDATE clock SET revision = ?", [revision])
            for chunk in chunks(rows):
                latest: dict[tuple[object, ...], dict[str, Any]] = {}
                for row in chunk:
                    kind, values = _understood(row)
                    latest[(kind, *(values[name] for name in _KEYS[kind]))] = {"kind": kind, **values}
                self._restore(list(latest.values()), revision)
            self._db.run("INSERT INTO touched SELECT DISTINCT key FROM ledger_entry WHERE true ON CONFLICT DO NOTHING")

    def _restore(self, rows: list[dict[str, Any]], revision: int) -> None:
        kinds = {kind: [row for row in rows if row["kind"] == kind] for kind in _TABLES}
        for row in rows:
            del row["kind"]
        write_entries(self._db, [LedgerEntry(**row) for row in kinds.pop("entry")], revision)
        for kind, of_kind in kinds.items():
            self._keep(kind, of_kind, revision)

    def _keep(self, kind: str, rows: list[dict[str, Any]], revision: int) -> None:
        table, columns = _TABLES[kind]
        names = [*columns.split(", "), "revision"]
        keys = ", ".join(_KEYS[kind])
        sets = ", ".join(f"{name} = excluded.{name}" for name in names if name not in _KEYS[kind])
        self._db.run_many(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
            f" ON CONFLICT ({keys}) DO UPDATE SET {sets}",
            [[*row.values(), revision] for row in rows],
        )


def _understood(row: Mapping[str, object]) -> tuple[str, dict[str, Any]]:
    """Return the kind of a row of the text, and its values as its table has them."""
    try:
        kind = str(row["kind"])
        given = {"listed": 1, "label": "", **row}  # texts of earlier versions know neither
        values: dict[str, Any] = {name: given[name] for name in _TABLES[kind][1].split(", ")}
        if kind == "entry":
            values["former"] = tuple(values["former"])
    except (KeyError, TypeError):
        quoted = str(dict(row))[:_QUOTED]
        raise StoreError(f"not a row of the ledger: {quoted}; remove that line from the file") from None
    return kind, values
