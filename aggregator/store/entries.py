"""Entries, the channels they are in, and what was rendered of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from aggregator.core.model import from_micros
from aggregator.store import Member, Rendered, Settled, Totals
from aggregator.store.left_out import count_left_out
from aggregator.store.settle import is_settled, settle
from aggregator.store.sql import ENTRY, instant_of, joined, query_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from aggregator.core.model import Entry
    from aggregator.core.rulebook import Rules
    from aggregator.store.sql import Database, Row

PAGE = 64  # members of a channel
_LATEST = 2**63 - 1
_MICROSECOND = timedelta(microseconds=1)


class EntryTables:
    """What the sightings merge into."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def settle(self, rules: Rules, now: datetime, *, everything: bool = False) -> Settled:
        """Merge what changed, give ids and dates, resolve related links, find the channels."""
        if not everything and is_settled(self._db, rules):
            return Settled()
        with self._db.transaction() as revision:
            return settle(self._db, rules, now, revision, everything=everything)

    def totals(self) -> Totals:
        """Count what there is."""
        ((entries, links, own_links, newest),) = self._db.query(
            "SELECT COUNT(*), COALESCE(SUM(links), 0), COALESCE(SUM(own_links), 0), MAX(published) FROM entry"
        )
        ((sightings,),) = self._db.query("SELECT COUNT(*) FROM sighting")
        left_out = tuple(count_left_out(self._db))
        merged = sightings - sum(one.count for one in left_out) - entries
        return Totals(entries, merged, links, own_links, instant_of(newest), left_out)

    def changed(self, since: int) -> Mapping[str, datetime]:
        """Return the channels that an entry joined, left or changed in after a revision, and when that was last seen."""
        rows = self._db.query("SELECT key, touched_at FROM channel WHERE revision > ? ORDER BY key", [since])
        return {key: from_micros(touched_at) for key, touched_at in rows}

    def size(self, channel: str) -> int:
        """Count the entries of a channel."""
        return int(self._db.query("SELECT COUNT(*) FROM member WHERE channel = ?", [channel])[0][0])

    def census(self, channels: Collection[str] | None = None) -> Mapping[str, Mapping[str, int]]:
        """Count how often each spelling of a channel's name is used by its entries: of some channels, else of all."""
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        if channels is None:
            rows = self._db.stream("SELECT channel, label, COUNT(*) FROM member GROUP BY 1, 2")
        else:
            rows = query_in(
                self._db, "SELECT channel, label, COUNT(*) FROM member WHERE channel IN ({}) GROUP BY 1, 2", channels
            )
        for channel, label, count in rows:
            counts[channel][label] = count
        return counts

    def members(self, channel: str) -> Iterator[Member]:
        """Return a channel's entries, latest shown first, then by key; read as they are asked for, page by page.

        No cursor stays open meanwhile: beside one, nothing can be written once another connection has written.
        """
        before: tuple[int, str] | None = (_LATEST, "")
        while before:
            rows = self._db.query(
                "SELECT m.key, e.id, m.shown, e.published, e.updated, e.digest FROM member m JOIN entry e ON e.key = m.key"
                " WHERE m.channel = ? AND (m.shown, m.key) < (?, ?) ORDER BY m.shown DESC, m.key DESC LIMIT ?",
                [channel, *before, PAGE],
            )
            yield from map(member_of, rows)
            before = (rows[-1][2], rows[-1][0]) if len(rows) == PAGE else None

    def entries(self, keys: Collection[str]) -> Mapping[str, Entry]:
        """Return entries by key."""
        rows = query_in(self._db, "SELECT key, body, related, links FROM entry WHERE key IN ({})", keys)
        return {key: _entry(body, related, links) for key, body, related, links in rows}

    def fragments(self, keys: Collection[str]) -> Mapping[str, Rendered]:
        """Return the rendered entries that are kept."""
        rows = query_in(self._db, "SELECT key, digest, sizes, content FROM fragment WHERE key IN ({})", keys)
        return {key: Rendered(digest, _parts(content, sizes)) for key, digest, sizes, content in rows}

    def keep_fragments(self, rendered: Mapping[str, Rendered]) -> None:
        """Keep rendered entries."""
        with self._db.transaction():
            self._db.run_many(
                "INSERT INTO fragment (key, digest, sizes, content) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET digest = excluded.digest, sizes = excluded.sizes,"
                " content = excluded.content",
                [
                    (key, one.digest, " ".join(str(len(part)) for part in one.fragments), b"".join(one.fragments))
                    for key, one in rendered.items()
                ],
            )

    def count_fragments(self) -> int:
        """Count the rendered entries that are kept."""
        return int(self._db.query("SELECT COUNT(*) FROM fragment")[0][0])

    def forget_old_fragments(self, newest: int, span: timedelta) -> None:
        """Forget what was rendered of entries that no channel has among its newest, nor within `span` of the newest."""
        with self._db.transaction():
            self._db.run(
                "DELETE FROM fragment WHERE key NOT IN (SELECT key FROM (SELECT key, shown,"
                " ROW_NUMBER() OVER (PARTITION BY channel ORDER BY shown DESC, key DESC) AS number,"
                " MAX(shown) OVER (PARTITION BY channel) AS latest FROM member)"
                " WHERE number <= ? OR latest - shown <= ?)",
                [newest, span // _MICROSECOND],
            )

    def forget_fragments(self) -> None:
        """Forget all that was rendered."""
        with self._db.transaction():
            self._db.run("DELETE FROM fragment")


def member_of(row: Row) -> Member:
    """Return the entry of a channel that a row has: key, id, three instants and digest."""
    key, id_, shown, published, updated, digest = row
    return Member(
        key=key,
        id=id_,
        shown=from_micros(shown),
        published=from_micros(published),
        updated=from_micros(updated),
        digest=digest,
    )


def _parts(content: bytes, sizes: str) -> tuple[bytes, ...]:
    ends = list(accumulate(int(size) for size in sizes.split()))
    return tuple(content[start:end] for start, end in zip([0, *ends], ends, strict=False))


def _entry(body: str, related: str, links: int) -> Entry:
    entry = ENTRY.load(joined(body, related=related))
    more = links - len(entry.related)
    return replace(entry, related_more=more) if more else entry
