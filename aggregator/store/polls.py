"""Upstream feeds between polls, and what of their last documents became no entry."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.core.flood import Flood
from aggregator.core.matching import Trace
from aggregator.core.model import to_micros
from aggregator.core.polling import Poll
from aggregator.records import Record
from aggregator.store import Dropped
from aggregator.store.sql import SIGHTING, instant_of, query_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from aggregator.core.model import Sighting
    from aggregator.store.sql import Database, Row

_MICROSECOND = timedelta(microseconds=1)
_NAMES = tuple(field.name for field in fields(Poll))
_COLUMNS = ", ".join(_NAMES)
_INSTANTS = ("due", "not_before", "tried", "succeeded", "since", "erred")
_FLOOD = Record(Flood)


class PollTables:
    """Upstream feeds between polls, by the name of their source."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> Mapping[str, Poll]:
        """Return what is remembered of each upstream, by the name of its source."""
        rows = self._db.query(f"SELECT source, {_COLUMNS} FROM poll ORDER BY source")
        return {source: _poll(tuple(values)) for source, *values in rows}

    def keep(self, polls: Mapping[str, Poll]) -> None:
        """Remember upstreams, by the name of their source."""
        updates = ", ".join(f"{name} = excluded.{name}" for name in _NAMES)
        marks = ", ".join("?" * (len(_NAMES) + 1))
        with self._db.transaction():
            self._db.run_many(
                f"INSERT INTO poll (source, {_COLUMNS}) VALUES ({marks}) ON CONFLICT (source) DO UPDATE SET {updates}",
                [(source, *_values(poll)) for source, poll in polls.items()],
            )

    def forget(self, sources: Iterable[str]) -> None:
        """Forget upstreams that the configuration no longer has."""
        with self._db.transaction():
            for source in sources:
                self._db.run("DELETE FROM poll WHERE source = ?", [source])
                self._db.run("DELETE FROM dropped WHERE source = ?", [source])

    def rename(self, old: str, new: str) -> None:
        """Give what is known of a source, and of its entries, to another name of it."""
        with self._db.transaction() as revision:
            bodies = self._db.query("SELECT location, body FROM sighting WHERE source = ?", [old])
            self._db.run_many(
                "UPDATE sighting SET source = ?, body = ? WHERE source = ? AND location = ?",
                [(new, _named(body, new), old, location) for location, body in bodies],
            )
            self._db.run("INSERT INTO touched SELECT key FROM sighting WHERE source = ? ON CONFLICT DO NOTHING", [new])
            # A wish that was made under both names stands once.
            doubled = "SELECT wish FROM wish WHERE source = ?"
            self._db.run(f"DELETE FROM wish WHERE source = ? AND wish IN ({doubled})", [old, new])
            self._db.run("UPDATE wish SET source = ? WHERE source = ?", [new, old])
            for table in ("document", "left_out", "poll", "dropped", "tally", "survey"):
                self._db.run(f"DELETE FROM {table} WHERE source = ?", [new])  # what was said of it before it was known
                self._db.run(f"UPDATE {table} SET source = ? WHERE source = ?", [new, old])
            for table in ("ledger_claim", "ledger_source"):
                self._db.run(f"DELETE FROM {table} WHERE source = ?", [new])
                self._db.run(f"UPDATE {table} SET source = ?, revision = ? WHERE source = ?", [new, revision, old])

    def traces(self, source: str) -> Sequence[Trace]:
        """Return what is remembered of the entries of a feed."""
        rows = self._db.query(
            "SELECT location, name, key, title, published FROM sighting WHERE source = ? ORDER BY location", [source]
        )
        return [
            Trace(location, name, key, title, instant_of(published)) for location, name, key, title, published in rows
        ]

    def sightings(self, source: str, locations: Iterable[str]) -> Mapping[str, Sighting]:
        """Return what is known of some entries of a feed, without their edges, by location."""
        sql = "SELECT location, body FROM sighting WHERE source = ? AND location IN ({})"
        return {location: SIGHTING.load(body) for location, body in query_in(self._db, sql, locations, before=[source])}

    def known_keys(self, keys: Iterable[str]) -> set[str]:
        """Return those keys under which there is an entry."""
        return {key for (key,) in query_in(self._db, "SELECT key FROM entry WHERE key IN ({})", keys)}

    def keep_dropped(self, source: str, dropped: Iterable[Dropped]) -> None:
        """Remember what of the last document of a feed became no entry."""
        with self._db.transaction():
            self._db.run("DELETE FROM dropped WHERE source = ?", [source])
            self._db.run_many(
                "INSERT INTO dropped (source, number, place, code, reason, count) VALUES (?, ?, ?, ?, ?, ?)",
                [(source, number, one.place, one.code, one.reason, one.count) for number, one in enumerate(dropped)],
            )

    def dropped(self, source: str) -> Sequence[Dropped]:
        """Return what of the last document of a feed became no entry."""
        rows = self._db.query(
            "SELECT place, code, reason, count FROM dropped WHERE source = ? ORDER BY number", [source]
        )
        return [Dropped(*row) for row in rows]


def _named(body: str, source: str) -> str:
    return SIGHTING.dump(replace(SIGHTING.load(body), source=source), without={"edges"})


def _poll(row: Row) -> Poll:
    values = dict(zip(_NAMES, row, strict=True))
    instants = {name: instant_of(values[name]) for name in _INSTANTS}
    held = _FLOOD.load(values["held"]) if values["held"] else None
    return Poll(**{**values, **instants, "ttl": values["ttl"] * _MICROSECOND, "held": held})


def _values(poll: Poll) -> list[object]:
    values = {name: getattr(poll, name) for name in _NAMES}
    instants = {name: _micros(values[name]) for name in _INSTANTS}
    held = _FLOOD.dump(poll.held) if poll.held else ""
    return list({**values, **instants, "ttl": poll.ttl // _MICROSECOND, "held": held}.values())


def _micros(instant: datetime | None) -> int | None:
    return None if instant is None else to_micros(instant)
