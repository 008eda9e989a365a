"""The ledger's rows around a batch of keys: what `core.identity.assign` decides on, and what it decided."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from aggregator.core.identity import LedgerRow, assign
from aggregator.core.merge import Dates
from aggregator.core.model import from_micros
from aggregator.store.sql import query_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aggregator.core.identity import Assignment, Place
    from aggregator.store.sql import Database, Row

_COLUMNS = "l.id, l.key, l.former, l.first_seen, l.published, l.updated, l.shown, l.fingerprint, l.listed"


class LedgerEntry(NamedTuple):
    """A row of the ledger; instants in microseconds since the epoch. listed: whether it was ever in a channel."""

    id: str
    key: str
    former: tuple[str, ...]
    first_seen: int
    published: int
    updated: int
    shown: int
    fingerprint: str
    listed: bool = True

    def dates(self) -> Dates:
        """Return the dates that an entry shows."""
        return Dates(
            published=from_micros(self.published), updated=from_micros(self.updated), shown=from_micros(self.shown)
        )


@dataclass(slots=True)
class Identities:
    """The ids of a batch of keys, and the ledger's rows to be written for them."""

    _db: Database
    _revision: int
    _assignment: Assignment
    _rows: Mapping[str, LedgerEntry]
    _claims: _Claims
    _changed: dict[str, LedgerEntry] = field(default_factory=dict)

    @classmethod
    def of(cls, db: Database, groups: Mapping[str, Sequence[Place]], revision: int) -> Identities:
        """Decide the ids of keys from their live places; `groups` holds all that were touched."""
        claims = _Claims.of(db)
        rows = _rows(db, groups, claims.ids.values())
        elsewhere: dict[str, set[str]] = defaultdict(set)
        for id_, key in query_in(
            db,
            "SELECT c.id, s.key FROM ledger_claim c JOIN present s ON s.source = c.source AND s.location = c.location"
            " WHERE c.id IN ({})",
            rows,
        ):
            if key not in groups:
                elsewhere[id_].add(key)
        brief = {id_: LedgerRow(id_, row.key, from_micros(row.first_seen), row.former) for id_, row in rows.items()}
        return cls(db, revision, assign(groups, claims.ids, brief, elsewhere), rows, claims)

    def id_of(self, key: str) -> str:
        """Return the id that a key carries."""
        return self._assignment.row_of[key]

    def row(self, key: str) -> LedgerEntry | None:
        """Return the ledger's row for a key; None if it was never seen."""
        return self._rows.get(self.id_of(key))

    def keep(self, key: str, row: LedgerEntry) -> None:
        """Remember a row for `write`, where it is not what the ledger has."""
        if row != self.row(key):
            self._changed[row.id] = row

    def write(self) -> None:
        """Write rows and claims that changed."""
        write_entries(self._db, self._changed.values(), self._revision)
        claims = {place: "" for old in self._claims.moved.values() for place in old}  # a claim moves with its file
        claims |= {place: self._claims.ids[place] for place in self._claims.moved}
        claims |= self._assignment.claims
        self._db.run_many(
            "INSERT INTO ledger_claim (source, location, name, id, revision) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (source, location) DO UPDATE SET id = excluded.id, revision = excluded.revision",
            [
                (source, location, location.rpartition("/")[2], id_, self._revision)
                for (source, location), id_ in sorted(claims.items())
            ],
        )


def write_entries(db: Database, rows: Iterable[LedgerEntry], revision: int) -> None:
    """Write rows of the ledger, and the index over their former keys."""
    rows = sorted(rows, key=lambda row: row.id)
    db.run_many(
        "INSERT INTO ledger_entry (id, key, former, first_seen, published, updated, shown, fingerprint, listed,"
        " revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET key = excluded.key, former = excluded.former,"
        " first_seen = excluded.first_seen, published = excluded.published, updated = excluded.updated,"
        " shown = excluded.shown, fingerprint = excluded.fingerprint, listed = excluded.listed, revision = excluded.revision",
        [
            (
                *(row.id, row.key, json.dumps(row.former), row.first_seen, row.published, row.updated, row.shown),
                *(row.fingerprint, int(row.listed), revision),
            )
            for row in rows
        ],
    )
    db.run_many("DELETE FROM ledger_former WHERE id = ?", [(row.id,) for row in rows])
    db.run_many(
        "INSERT INTO ledger_former (former, id) VALUES (?, ?)",
        [(former, row.id) for row in rows for former in row.former],
    )


@dataclass(frozen=True, slots=True)
class _Claims:
    """Which id places were published under. moved: new places and the gone ones whose claim they take over."""

    ids: Mapping[Place, str]
    moved: Mapping[Place, Sequence[Place]]

    @classmethod
    def of(cls, db: Database) -> _Claims:
        """Return the claims of the places that are live and touched.

        A new place whose base name is that of one file that went in the same pass, and of no other, is that file,
        moved: its address may have changed on the way. `index.md` and its like name a folder's page, and prove nothing.
        """
        own = db.query(
            "SELECT c.source, c.location, c.id FROM touched t JOIN present s ON s.key = t.key"
            " JOIN ledger_claim c ON c.source = s.source AND c.location = s.location WHERE c.id <> ''"
        )
        ids: dict[Place, str] = {(source, location): id_ for source, location, id_ in own}
        gone: dict[Place, list[tuple[str, Place]]] = defaultdict(list)
        for source, location, old, id_ in db.query(
            # From the new places to the claims, not the other way round: a site may give all its files one name.
            "SELECT s.source, s.location, c.location, c.id FROM touched t JOIN present s ON s.key = t.key"
            " CROSS JOIN ledger_claim c JOIN ledger_entry l ON l.id = c.id JOIN touched went ON went.key = l.key"
            " WHERE c.source = s.source AND c.name = s.name AND c.location <> s.location AND c.id <> ''"
            " AND s.name NOT LIKE 'index.%' AND NOT EXISTS ("
            " SELECT 1 FROM ledger_claim own WHERE own.source = s.source AND own.location = s.location AND own.id <> '')"
            " AND NOT EXISTS ("
            " SELECT 1 FROM sighting o WHERE o.source = s.source AND o.name = s.name AND o.location <> s.location)"
        ):
            gone[(source, location)].append((id_, (source, old)))
        moved: dict[Place, list[Place]] = {}
        for place, claims in gone.items():
            if place not in ids and len({id_ for id_, _ in claims}) == 1:
                ids[place] = claims[0][0]
                moved[place] = [old for _, old in claims]
        return cls(ids, moved)


def _rows(db: Database, keys: Iterable[str], ids: Iterable[str]) -> dict[str, LedgerEntry]:
    """Return the ledger's rows with some ids, and those that stand or stood for some keys."""
    keys = list(keys)
    found: list[Row] = [
        *query_in(db, f"SELECT {_COLUMNS} FROM ledger_entry l WHERE l.id IN ({{}})", sorted({*ids, *keys})),
        *query_in(db, f"SELECT {_COLUMNS} FROM ledger_entry l WHERE l.key IN ({{}})", keys),
        *query_in(
            db,
            f"SELECT {_COLUMNS} FROM ledger_former f JOIN ledger_entry l ON l.id = f.id WHERE f.former IN ({{}})",
            keys,
        ),
    ]
    return {row[0]: _ledger_entry(row) for row in found}


def _ledger_entry(row: Row) -> LedgerEntry:
    id_, key, former, first_seen, published, updated, shown, fingerprint, listed = row
    return LedgerEntry(
        id=id_,
        key=key,
        former=tuple(json.loads(former)),
        first_seen=first_seen,
        published=published,
        updated=updated,
        shown=shown,
        fingerprint=fingerprint,
        listed=bool(listed),
    )
