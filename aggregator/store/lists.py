"""Lists of upstream feeds as they were last understood."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from aggregator.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aggregator.sources.opml import Subscription
    from aggregator.store.sql import Database


@cache
def _feeds() -> Record[tuple[Subscription, ...]]:
    from aggregator.sources.opml import Subscription  # noqa: PLC0415  few sites have lists, and the import is not free

    return Record(tuple[Subscription, ...])


class ListTables:
    """Lists of upstream feeds as they were last understood, by their name in the configuration."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def names(self) -> set[str]:
        """Return every list of which something is kept."""
        return {source for (source,) in self._db.query("SELECT DISTINCT source FROM list")}

    def kept(self, source: str) -> Mapping[str, tuple[Subscription, ...]]:
        """Return the feeds of a list, by the file that named them."""
        rows = self._db.query("SELECT location, feeds FROM list WHERE source = ? ORDER BY location", [source])
        return {location: _feeds().load(feeds) for location, feeds in rows}

    def keep(self, source: str, parts: Mapping[str, tuple[Subscription, ...]]) -> None:
        """Keep the feeds of a list in place of those that were kept."""
        with self._db.transaction():
            self._db.run("DELETE FROM list WHERE source = ?", [source])
            self._db.run_many(
                "INSERT INTO list (source, location, feeds) VALUES (?, ?, ?)",
                [(source, location, _feeds().dump(feeds)) for location, feeds in sorted(parts.items())],
            )

    def forget(self, sources: Iterable[str]) -> None:
        """Forget lists that the configuration no longer has."""
        with self._db.transaction():
            for source in sources:
                self._db.run("DELETE FROM list WHERE source = ?", [source])
