"""Merging: the sightings that changed become entries, with ids and dates from the ledger, links and channels.

Once for a whole pass and not with each batch of `put`, because who carries which id depends on all that is there
after the pass: a file may move its address to one that another file, still unread, has just given up.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aggregator.core.channels import channels_of
from aggregator.core.identity import remembered
from aggregator.core.merge import edges_of, fingerprint, first_published, in_order, merge, shown_from
from aggregator.core.model import to_micros
from aggregator.core.related import face_of
from aggregator.store import Settled
from aggregator.store.identities import Identities, LedgerEntry
from aggregator.store.left_out import sift
from aggregator.store.neighbours import resolve_links
from aggregator.store.sql import (
    EDGES,
    ENTRY,
    LINK,
    SIGHTING,
    chunks,
    joined,
    query_in,
    read_setting,
    run_in,
    write_setting,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from aggregator.core.identity import Place
    from aggregator.core.model import Edge, Entry, Sighting
    from aggregator.core.rulebook import Rules
    from aggregator.store.sql import Database, Row

_RULES = "rules that entries were merged by"
_SECOND = 1_000_000  # in microseconds; what changes is newer than it was, even against a clock that went back


def is_settled(db: Database, rules: Rules) -> bool:
    """Say whether there is nothing to merge."""
    return not _are_new(db, rules) and not db.query("SELECT 1 FROM touched LIMIT 1")


def _are_new(db: Database, rules: Rules) -> bool:
    return read_setting(db, _RULES) != _digest(rules)


def _digest(rules: Rules) -> str:
    return hashlib.sha256(repr(rules).encode()).hexdigest()


def settle(db: Database, rules: Rules, now: datetime, revision: int, *, everything: bool) -> Settled:
    """Merge all that was touched since the last time; `everything`, or other rules, merge all on the same ledger."""
    if everything or _are_new(db, rules):
        write_setting(db, _RULES, _digest(rules))
        db.run("INSERT INTO touched SELECT DISTINCT key FROM sighting WHERE true ON CONFLICT DO NOTHING")
        db.run("INSERT INTO touched SELECT key FROM entry WHERE true ON CONFLICT DO NOTHING")
    added = sift(db, rules)
    groups: dict[str, list[Place]] = defaultdict(list)
    for key, source, location in db.query(
        "SELECT t.key, s.source, s.location FROM touched t LEFT JOIN present s ON s.key = t.key"
        " ORDER BY t.key, s.source, s.location"
    ):
        groups[key].extend([(source, location)] if source is not None else [])
    if not groups:
        return Settled()
    settling = _Settling(db, rules, now, revision, added)
    live = [key for key in groups if groups[key]]
    before = settling.ids(groups)
    settling.merge(live, Identities.of(db, {key: groups[key] for key in live}, revision))
    settling.drop([key for key in groups if not groups[key]])
    after = settling.ids(groups)
    redone = settling.resolve_all(live)
    settling.touch_channels(redone)
    db.run("DELETE FROM touched")
    new = after - before
    return Settled(new=len(new), changed=max(0, len(redone) - len(new)), removed=len(before - after))


@dataclass(slots=True)
class _Settling:
    """One transaction's work, and what it has to look at because of it.

    added: topics that rules give to sightings. names: keys and aliases of entries that look different to their neighbours. named: keys that an edge was added to
    or taken from. channels: those that an entry joined or left.
    """

    db: Database
    rules: Rules
    now: datetime
    revision: int
    added: Mapping[Place, tuple[str, ...]]
    names: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)

    def ids(self, keys: Iterable[str]) -> set[str]:
        """Return the ids of the entries that there are under some keys."""
        return {id_ for (id_,) in query_in(self.db, "SELECT id FROM entry WHERE key IN ({})", keys)}

    def merge(self, keys: Sequence[str], identities: Identities) -> None:
        """Write the entries of keys that have sightings, and their part of the ledger."""
        known_sources = {source for (source,) in self.db.query("SELECT source FROM ledger_source")}
        for chunk in chunks(keys):
            sightings: dict[str, list[Sighting]] = defaultdict(list)
            for key, body, edges in query_in(self.db, "SELECT key, body, edges FROM present WHERE key IN ({})", chunk):
                sightings[key].append(self._with_topics(SIGHTING.load(joined(body, edges=edges))))
            merged: dict[str, _Merged] = {}
            for key in chunk:
                ordered = in_order(sightings[key])
                given = fingerprint(ordered)
                row = identities.row(key) or self._first_seen(identities.id_of(key), given, ordered, known_sources)
                row = _dated(row, key, given, to_micros(self.now))
                if not row.listed and not _is_backlog(ordered):
                    row = row._replace(listed=True)
                identities.keep(key, row)
                merged[key] = _Merged.of(ordered, row)
            self._write(merged)
        identities.write()

    def _with_topics(self, sighting: Sighting) -> Sighting:
        added = self.added.get((sighting.source, sighting.location))
        return replace(sighting, topics=(*sighting.topics, *added)) if added else sighting

    def _first_seen(self, id_: str, given: str, ordered: Sequence[Sighting], known_sources: set[str]) -> LedgerEntry:
        published = first_published(ordered, self.now)
        shown = shown_from(published, self.now, self.rules.late, source_is_new=ordered[0].source not in known_sources)
        return LedgerEntry(
            id=id_,
            key=ordered[0].key,
            former=(),
            first_seen=to_micros(self.now),
            published=to_micros(published),
            updated=to_micros(published),
            shown=to_micros(shown),
            fingerprint=given,
            listed=not _is_backlog(ordered),
        )

    def _write(self, merged: Mapping[str, _Merged]) -> None:
        faces = dict(_pairs(query_in(self.db, "SELECT key, face FROM entry WHERE key IN ({})", merged)))
        self._note_faces(merged, faces)
        self._replace("alias", {(alias, key) for key, one in merged.items() for alias in one.aliases}, merged)
        self.named.update(
            self._replace("edge", {(key, target) for key, one in merged.items() for target in one.targets()}, merged)
        )
        members: set[Row] = {
            (place.channel, to_micros(one.entry.shown), key, place.label)
            for key, one in merged.items()
            for place in channels_of(one.entry, self.rules.policy)
        }
        self.channels.update(self._replace("member", members, merged))
        self.db.run_many(
            "INSERT INTO entry (key, id, published, updated, face, edges, body, related, links, own_links, digest)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, '[]', 0, 0, '')"
            " ON CONFLICT (key) DO UPDATE SET id = excluded.id, published = excluded.published,"
            " updated = excluded.updated, face = excluded.face, edges = excluded.edges, body = excluded.body",
            [one.row() for one in merged.values()],
        )

    def _note_faces(self, merged: Mapping[str, _Merged], faces: Mapping[str, str]) -> None:
        """Note under which names neighbours know the entries whose face or aliases are not what they were."""
        old_aliases: dict[str, set[str]] = defaultdict(set)
        for key, alias in query_in(self.db, "SELECT key, alias FROM alias WHERE key IN ({})", merged):
            old_aliases[key].add(alias)
        for key, one in merged.items():
            if faces.get(key) != one.face or old_aliases[key] != one.aliases:
                self.names |= {key} | one.aliases | old_aliases[key]

    def _replace(self, table: str, rows: set[Row], keys: Collection[str]) -> set[str]:
        """Make `rows` all that a table has for some keys; return the other column of what came or went."""
        columns = {"alias": "alias, key", "edge": "key, target", "member": "channel, shown, key, label"}[table]
        other = {"alias": 0, "edge": 1, "member": 0}[table]
        old = set(query_in(self.db, f"SELECT {columns} FROM {table} WHERE key IN ({{}})", keys))
        names = columns.split(", ")
        where = " AND ".join(f"{name} = ?" for name in names)
        self.db.run_many(f"DELETE FROM {table} WHERE {where}", sorted(old - rows))
        marks = ", ".join("?" * len(names))
        self.db.run_many(f"INSERT INTO {table} ({columns}) VALUES ({marks})", sorted(rows - old))
        return {str(row[other]) for row in old ^ rows}

    def drop(self, keys: Sequence[str]) -> None:
        """Take out the entries of keys that nothing sights any more; the ledger keeps what they were."""
        aliases = {alias for (alias,) in query_in(self.db, "SELECT alias FROM alias WHERE key IN ({})", keys)}
        self.names |= set(keys) | aliases
        for chunk in chunks(keys):
            self._replace("alias", set(), chunk)
            self.named |= self._replace("edge", set(), chunk)
            self.channels |= self._replace("member", set(), chunk)
            run_in(self.db, "DELETE FROM entry WHERE key IN ({})", chunk)
            run_in(self.db, "DELETE FROM fragment WHERE key IN ({})", chunk)

    def resolve_all(self, keys: Iterable[str]) -> set[str]:
        """Resolve the related links of merged entries and of their neighbours; return the keys that look new."""
        naming = {key for (key,) in query_in(self.db, "SELECT key FROM edge WHERE target IN ({})", self.names)}
        linked_back = query_in(self.db, "SELECT target FROM edge WHERE key IN ({})", self.names)
        named = {*self.named, *(target for (target,) in linked_back), *self.names}
        # Whoever has one of these for an alias: it may be the one that is named, or may be so no longer.
        aliased = {key for (key,) in query_in(self.db, "SELECT key FROM alias WHERE alias IN ({})", named)}
        redone: set[str] = set()
        for chunk in chunks(sorted({*keys, *naming, *named, *aliased})):
            redone |= resolve_links(self.db, chunk, self.rules.related_shown)
        return redone

    def touch_channels(self, keys: Iterable[str]) -> None:
        """Give this revision to the channels of some entries, and to those that were joined or left."""
        for (channel,) in query_in(self.db, "SELECT DISTINCT channel FROM member WHERE key IN ({})", keys):
            self.channels.add(channel)
        self.db.run_many(
            "INSERT INTO channel (key, revision, touched_at) VALUES (?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET revision = excluded.revision, touched_at = excluded.touched_at",
            [(channel, self.revision, to_micros(self.now)) for channel in sorted(self.channels)],
        )


@dataclass(frozen=True, slots=True)
class _Merged:
    """A merged entry, with what neighbours find it by and see of it."""

    entry: Entry
    edges: tuple[Edge, ...]
    aliases: set[str]
    face: str

    @classmethod
    def of(cls, ordered: Sequence[Sighting], row: LedgerEntry) -> _Merged:
        entry = merge(ordered, row.id, row.dates())
        aliases = {alias for sighting in ordered for alias in sighting.aliases}.union(row.former) - {entry.key}
        return cls(entry, edges_of(ordered), aliases, LINK.dump(face_of(entry)))

    def targets(self) -> set[str]:
        return {edge.key for edge in self.edges} - {self.entry.key}

    def row(self) -> Row:
        entry = self.entry
        dates = (to_micros(entry.published), to_micros(entry.updated))
        return (entry.key, entry.id, *dates, self.face, EDGES.dump(self.edges), ENTRY.dump(entry))


def _pairs(rows: Iterable[Row]) -> Iterator[tuple[str, str]]:
    return ((first, second) for first, second in rows)


def _is_backlog(sightings: Sequence[Sighting]) -> bool:
    return all(one.backlog for one in sightings)


def _dated(row: LedgerEntry, key: str, given: str, now: int) -> LedgerEntry:
    """Return a ledger row as this pass leaves it: `updated` moves only when the words or the address did."""
    if (row.key, row.fingerprint) == (key, given):
        return row
    updated = row.updated if row.fingerprint == given else max(row.updated + _SECOND, now)
    former = row.former if row.key == key else tuple(dict.fromkeys((*row.former, row.key)))
    former = remembered([one for one in former if one != key], row.id)
    return row._replace(key=key, updated=updated, fingerprint=given, former=former)
