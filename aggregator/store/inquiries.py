"""Questions about single articles, answered from the tables."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aggregator.core.model import Outcome, from_micros
from aggregator.store.entries import member_of
from aggregator.store.inquiry import Around, Filed, Remembered, Sized
from aggregator.store.neighbours import owners_of
from aggregator.store.settle import is_settled
from aggregator.store.sql import FAULTS, SIGHTING, instant_of, query_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from aggregator.core.identity import Place
    from aggregator.core.model import Sighting
    from aggregator.core.rulebook import Rules
    from aggregator.store.sql import Database


class InquiryTables:
    """Questions about single articles; none of them changes anything."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let all that is asked inside be answered from one state, whatever a pass commits meanwhile."""
        self._db.run("BEGIN")
        try:
            yield
        finally:
            self._db.run("ROLLBACK")

    def is_settled(self, rules: Rules) -> bool:
        """Say whether all that was sighted is merged by these rules."""
        return is_settled(self._db, rules)

    def keys_of(self, id_: str, key: str) -> Sequence[str]:
        """Return the entries that an id or the key of an address stands for: by key, by id, by another address."""
        own = self._keys("SELECT key FROM entry WHERE key = ?", key)
        by_id = self._keys("SELECT key FROM entry WHERE id = ? ORDER BY key", id_)
        by_alias = [] if own or by_id else self._keys("SELECT key FROM alias WHERE alias = ? ORDER BY key", key)
        return list(dict.fromkeys([*own, *by_id, *by_alias[:1]]))  # as `core.related.owners` has it

    def keys_at(self, location: str) -> Sequence[str]:
        """Return the keys of what is sighted at a location, or in the feed file that is there."""
        below = f"{location}#https://"
        rows = self._db.query(
            "SELECT DISTINCT key FROM sighting WHERE location = ? OR substr(location, 1, ?) = ? ORDER BY key",
            [location, len(below), below],
        )
        return [key for (key,) in rows]

    def titles(self) -> Iterator[tuple[str, str]]:
        """Return key and title of every sighting."""
        yield from ((key, title) for key, title in self._db.stream("SELECT key, title FROM sighting ORDER BY key"))

    def sightings(self, key: str) -> Sequence[Sighting]:
        """Return the sightings of a key, also those that rules leave out; without their edges."""
        rows = self._db.query("SELECT body FROM sighting WHERE key = ? ORDER BY source, location", [key])
        return [SIGHTING.load(body) for (body,) in rows]

    def left_out(self, key: str) -> Mapping[Place, int]:
        """Return the number of the rule that leaves out each of those sightings of a key that are."""
        rows = self._db.query("SELECT source, location, number FROM left_out WHERE key = ?", [key])
        return {(source, location): number for source, location, number in rows}

    def aliases(self, key: str) -> Sequence[str]:
        """Return the other keys that stand for an entry."""
        return self._keys("SELECT alias FROM alias WHERE key = ? ORDER BY alias", key)

    def filed(self, location: str) -> Sequence[Filed]:
        """Return the documents at a location, of whatever source."""
        rows = self._db.query(
            "SELECT source, outcome, faults, read_at FROM document WHERE location = ? ORDER BY source", [location]
        )
        return [
            Filed(
                source=source,
                location=location,
                outcome=Outcome(outcome),
                faults=FAULTS.load(faults),
                read_at=instant_of(read_at),
            )
            for source, outcome, faults, read_at in rows
        ]

    def remembered(self, id_: str, key: str) -> Sequence[Remembered]:
        """Return what the ledger has under an id, or under a key that is or was an entry's."""
        former = "SELECT id FROM ledger_former WHERE former = ?"
        return self._all_remembered(f"id = ? OR key = ? OR id IN ({former})", [id_, key, key])

    def claimed(self, location: str) -> Sequence[Remembered]:
        """Return what the ledger has of entries that were sighted at a location last, whoever has them now."""
        return self._all_remembered("id IN (SELECT id FROM ledger_claim WHERE location = ?)", [location])

    def places_named(self, name: str) -> Sequence[Place]:
        """Return the places of documents with a base name; if there are none, of entries that the ledger remembers."""
        end = f"/{name}"
        found = self._db.query(
            "SELECT source, location FROM document WHERE substr(location, ?) = ? ORDER BY source, location",
            [-len(end), end],
        )
        sql = "SELECT source, location FROM ledger_claim WHERE name = ? AND id <> '' ORDER BY source, location"
        return [(source, location) for source, location in found or self._db.query(sql, [name])]

    def _all_remembered(self, condition: str, values: Sequence[str]) -> Sequence[Remembered]:
        rows = self._db.query(
            "SELECT id, key, former, first_seen, published, updated, shown FROM ledger_entry"
            f" WHERE {condition} ORDER BY first_seen, id",
            values,
        )
        return [self._remembered(*row) for row in rows]

    def _remembered(self, id_: str, key: str, former: str, *instants: int) -> Remembered:
        places = self._db.query(
            "SELECT source, location FROM ledger_claim WHERE id = ? ORDER BY source, location", [id_]
        )
        first_seen, published, updated, shown = map(from_micros, instants)
        return Remembered(
            id=id_,
            key=key,
            former=tuple(json.loads(former)),
            first_seen=first_seen,
            published=published,
            updated=updated,
            shown=shown,
            places=tuple((source, location) for source, location in places),
        )

    def channels(self, key: str) -> Sequence[str]:
        """Return the channels of an entry."""
        return self._keys("SELECT channel FROM member WHERE key = ? ORDER BY channel", key)

    def sized(self, channel: str) -> Iterator[Sized]:
        """Return a channel's entries as `Entries.members` does, each with its size."""
        rows = self._db.stream(
            "SELECT m.key, e.id, m.shown, e.published, e.updated, e.digest, f.sizes FROM member m"
            " JOIN entry e ON e.key = m.key LEFT JOIN fragment f ON f.key = m.key"
            " WHERE m.channel = ? ORDER BY m.shown DESC, m.key DESC",
            [channel],
        )
        for *row, sizes in rows:
            yield Sized(member_of(tuple(row)), max(map(int, (sizes or "0").split())))

    def around(self, key: str) -> Around:
        """Return the entries that stand around an entry."""
        targets = self._keys("SELECT target FROM edge WHERE key = ?", key)
        names = frozenset(owners_of(self._db, targets).values())
        own = owners_of(self._db, [key, *self.aliases(key)])
        naming = self.naming(name for name, owner in own.items() if owner == key)
        return Around(names - {key}, frozenset(naming) - {key})

    def naming(self, keys: Iterable[str]) -> Collection[str]:
        """Return the keys of the entries that name one of some keys."""
        return {key for (key,) in query_in(self._db, "SELECT key FROM edge WHERE target IN ({})", keys)}

    def _keys(self, sql: str, value: str) -> list[str]:
        return [key for (key,) in self._db.query(sql, [value])]
