"""Documents and their sightings, as each source holds them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aggregator.core.flood import TELLING, Familiar
from aggregator.core.model import Outcome, from_micros, to_micros
from aggregator.sources import Validators
from aggregator.store import Known, Put
from aggregator.store.sql import EDGES, FAULTS, SIGHTING, chunks, instant_of, query_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from aggregator.core.model import Sighting
    from aggregator.store import Reading
    from aggregator.store.sql import Database, Row


class SourceTables:
    """What sources hold."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def names(self) -> Sequence[str]:
        """Return every source that has documents."""
        return [source for (source,) in self._db.query("SELECT DISTINCT source FROM document ORDER BY source")]

    def known(self, source: str) -> Mapping[str, Known]:
        """Return the documents of a source by location."""
        return self._documents("source = ?", source)

    def familiar(self, source: str, keys: Iterable[str]) -> Familiar:
        """Return what is known of the articles of a source, and which of some keys any source has."""
        rows = self._db.query("SELECT title, published FROM sighting WHERE source = ?", [source])
        dates = Counter(published for _, published in rows if published is not None)
        titles = Counter(title for title, _ in rows)
        return Familiar(
            keys={key for (key,) in query_in(self._db, "SELECT key FROM sighting WHERE key IN ({})", keys)},
            titles={title for title, count in titles.items() if count <= TELLING},
            dates={from_micros(date) for date, count in dates.items() if count <= TELLING},
        )

    def count_alone(self, source: str) -> int:
        """Count the articles that no other source has."""
        sql = (
            "SELECT COUNT(DISTINCT key) FROM sighting s WHERE source = ?"
            " AND NOT EXISTS (SELECT 1 FROM sighting o WHERE o.key = s.key AND o.source <> s.source)"
        )
        return int(self._db.query(sql, [source])[0][0])

    def outcomes(self, source: str) -> Mapping[Outcome, int]:
        """Count what the documents of a source are."""
        rows = self._db.query("SELECT outcome, COUNT(*) FROM document WHERE source = ? GROUP BY outcome", [source])
        return {Outcome(outcome): count for outcome, count in rows}

    def faulty(self, source: str) -> Mapping[str, Known]:
        """Return the documents of a source that hold faults, by location and in its order."""
        return self._documents("source = ? AND faults <> '[]'", source)

    def _documents(self, condition: str, source: str) -> Mapping[str, Known]:
        rows = self._db.query(
            "SELECT location, size, mtime_ns, racy, hash, outcome, faults, read_at FROM document"
            f" WHERE {condition} ORDER BY location",
            [source],
        )
        return {
            location: Known(
                validators=Validators(size, mtime_ns),
                racy=bool(racy),
                hash=hash_,
                outcome=Outcome(outcome),
                faults=FAULTS.load(faults) if faults != "[]" else (),
                read_at=instant_of(read_at),
            )
            for location, size, mtime_ns, racy, hash_, outcome, faults, read_at in rows
        }

    def put(self, source: str, readings: Iterable[Reading], gone: Collection[str], now: datetime) -> Put:
        """Take in what was read and drop what is gone; the sightings that changed wait for `settle`."""
        total = Put()
        batches = chunks(readings)
        # Readings are made while they are taken, which may take long: nobody who wants to write waits for that.
        batch = next(batches, None)
        if gone:
            with self._db.transaction():
                total += self._forget(source, gone)
        while batch:
            with self._db.transaction():
                self._keep_documents(source, batch, to_micros(now))
                total += self._keep_sightings(source, batch)
            batch = next(batches, None)
        return total

    def _forget(self, source: str, gone: Collection[str]) -> Put:
        total = Put()
        for chunk in chunks(sorted(gone)):
            total += Put(removed=self._drop(source, chunk))
            self._db.run_many(
                "DELETE FROM document WHERE source = ? AND location = ?", [(source, one) for one in chunk]
            )
        return total

    def _keep_documents(self, source: str, readings: Sequence[Reading], now: int) -> None:
        self._db.run_many(
            "UPDATE document SET size = ?, mtime_ns = ?, racy = ? WHERE source = ? AND location = ?",
            [(*_validators(one), source, one.location) for one in readings if one.document is None],
        )
        self._db.run_many(
            "INSERT INTO document (source, location, size, mtime_ns, racy, hash, outcome, faults, read_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (source, location) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns,"
            " racy = excluded.racy, hash = excluded.hash, outcome = excluded.outcome, faults = excluded.faults,"
            " read_at = CASE excluded.outcome WHEN 'faulty' THEN document.read_at ELSE excluded.read_at END",
            [
                (
                    *(source, one.location, *_validators(one), one.hash, one.document.outcome),
                    FAULTS.dump(one.document.faults),
                    now if one.document.sighting else None,
                )
                for one in readings
                if one.document is not None
            ],
        )

    def _keep_sightings(self, source: str, readings: Sequence[Reading]) -> Put:
        fresh = [one.document.sighting for one in readings if one.document is not None and one.document.sighting]
        before = self._bodies(source, [sighting.location for sighting in fresh])
        new = changed = related = same = 0
        rows: list[Row] = []
        touched: set[str] = set()
        for sighting in fresh:
            body, edges = _split(sighting)
            old_key, old_body, old_edges = before.get(sighting.location, ("", "", ""))
            if (body, edges) == (old_body, old_edges):
                same += 1
                continue
            new += not old_key
            related += body == old_body
            changed += bool(old_key) and body != old_body
            published = to_micros(sighting.published) if sighting.published else None
            columns = (sighting.location, sighting.name, sighting.key, sighting.title, published)
            rows.append((source, *columns, body, edges))
            touched.update(filter(None, (old_key, sighting.key)))
        self._db.run_many(
            "INSERT INTO sighting (source, location, name, key, title, published, body, edges)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (source, location) DO UPDATE SET name = excluded.name, key = excluded.key, title = excluded.title,"
            " published = excluded.published, body = excluded.body, edges = excluded.edges",
            rows,
        )
        self._touch(touched)
        skipped = [
            one.location
            for one in readings
            if one.document is not None and one.document.outcome in {Outcome.DRAFT, Outcome.REMOVED}
        ]
        removed = self._drop(source, skipped)
        return Put(new=new, changed=changed, related=related, same=same, removed=removed)

    def _bodies(self, source: str, locations: Sequence[str]) -> dict[str, tuple[str, str, str]]:
        rows = self._db.query(
            "SELECT location, key, body, edges FROM sighting WHERE source = ? AND location IN"
            f" ({', '.join('?' * len(locations))})",
            [source, *locations],
        )
        return {location: (key, body, edges) for location, key, body, edges in rows}

    def _drop(self, source: str, locations: Sequence[str]) -> int:
        """Drop sightings; return how many there were."""
        there = self._bodies(source, locations)
        self._touch({key for key, _, _ in there.values()})
        self._db.run_many(
            "DELETE FROM sighting WHERE source = ? AND location = ?", [(source, location) for location in there]
        )
        return len(there)

    def _touch(self, keys: Iterable[str]) -> None:
        self._db.run_many("INSERT INTO touched VALUES (?) ON CONFLICT DO NOTHING", [(key,) for key in sorted(keys)])


def _validators(reading: Reading) -> tuple[int, int, int]:
    return reading.validators.size, reading.validators.mtime_ns, int(reading.racy)


def _split(sighting: Sighting) -> tuple[str, str]:
    """Return a sighting as two texts, its edges apart: they change most often, and alone."""
    return SIGHTING.dump(sighting, without={"edges"}), EDGES.dump(sighting.edges)
