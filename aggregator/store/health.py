"""How sources fare, and what their owner wishes of them, between passes and beside them."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from aggregator.core.health import Counts, Survey, Tally, Wish
from aggregator.core.model import from_micros, to_micros
from aggregator.store.sql import instant_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from aggregator.core.health import Wishes
    from aggregator.store.sql import Database

_KEPT = timedelta(days=90)
_OFTEN = timedelta(hours=6)
_COUNTS = ("requests", "fresh", "unchanged", "failed", "slowed", "received", "saved")
_TABLES = ("tally", "wish", "survey")


class HealthTables:
    """How sources fare, and what their owner wishes of them; read and written beside a pass, too.

    Statements stand alone, without the clock of the passes: a wish is no change that a feed could show.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def wishes(self) -> Mapping[str, Wishes]:
        """Return what the owner wishes, by the name of the source."""
        found: dict[str, Wishes] = defaultdict(dict)
        for source, wish, made_at in self._db.query("SELECT source, wish, made_at FROM wish ORDER BY source, wish"):
            found[source][Wish(wish)] = from_micros(made_at)
        return dict(found)

    def make_wish(self, source: str, wish: Wish, now: datetime) -> None:
        """Remember a wish; one that is there already is now this one, but a pause goes on since it began."""
        again = "NOTHING" if wish is Wish.PAUSE else "UPDATE SET made_at = excluded.made_at"
        self._db.run(
            f"INSERT INTO wish (source, wish, made_at) VALUES (?, ?, ?) ON CONFLICT (source, wish) DO {again}",
            [source, wish, to_micros(now)],
        )

    def end_wish(self, source: str, wish: Wish, made_at: datetime | None = None) -> bool:
        """Forget a wish, or only that of an instant, so that one made since then stays; say whether there was one."""
        condition, values = (" AND made_at = ?", [to_micros(made_at)]) if made_at else ("", [])
        return self._db.run(f"DELETE FROM wish WHERE source = ? AND wish = ?{condition}", [source, wish, *values]) > 0

    def add_tally(self, source: str, now: datetime, tally: Tally) -> None:
        """Add what asking a source came to to what is known of the day."""
        day = _day(now)
        before = self._db.query("SELECT slowed_by FROM tally WHERE source = ? AND day = ?", [source, day])
        hosts = {host for (known,) in before for host in known.split()} | tally.slowed_by
        sums = ", ".join(f"{name} = tally.{name} + excluded.{name}" for name in _COUNTS)
        self._db.run(
            f"INSERT INTO tally (source, day, {', '.join(_COUNTS)}, slowed_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            f" ON CONFLICT (source, day) DO UPDATE SET {sums}, slowed_by = excluded.slowed_by",
            [source, day, *(getattr(tally, name) for name in _COUNTS), " ".join(sorted(hosts))],
        )

    def end_old_days(self, now: datetime) -> None:
        """Forget days that nobody asks for any more."""
        self._db.run("DELETE FROM tally WHERE day < ?", [_day(now - _KEPT)])

    def tallies(self) -> Mapping[str, Mapping[str, Tally]]:
        """Return what asking each source came to, by its name and day, oldest first."""
        found: dict[str, dict[str, Tally]] = defaultdict(dict)
        for source, day, hosts, *counts in self._db.query(
            f"SELECT source, day, slowed_by, {', '.join(_COUNTS)} FROM tally ORDER BY source, day"
        ):
            numbers = dict(zip(_COUNTS, counts, strict=True))
            found[source][day] = Tally(slowed_by=frozenset(hosts.split()), **numbers)
        return dict(found)

    def keep_survey(self, source: str, survey: Survey) -> None:
        """Remember what was found of a folder; what is held for the same reason as before is so since then.

        Where nothing is new but the time, that is remembered every few hours: idle passes write nothing.
        """
        before = self.surveys().get(source)
        if before and before.is_like(survey) and timedelta(0) <= survey.at - before.at < _OFTEN:
            return
        since = before.since if before and before.code == survey.code else None
        self._db.run(
            "INSERT INTO survey (source, looked_at, files, code, reason, since) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (source) DO UPDATE SET looked_at = excluded.looked_at, files = excluded.files,"
            " code = excluded.code, reason = excluded.reason, since = excluded.since",
            [
                *(source, to_micros(survey.at), survey.files, survey.code, survey.reason),
                to_micros(since or survey.at) if survey.code else None,
            ],
        )

    def surveys(self) -> Mapping[str, Survey]:
        """Return what was last found of each folder."""
        rows = self._db.query("SELECT source, looked_at, files, code, reason, since FROM survey ORDER BY source")
        return {
            source: Survey(
                at=from_micros(looked_at),
                files=files,
                code=code,
                reason=reason,
                since=instant_of(since),
            )
            for source, looked_at, files, code, reason, since in rows
        }

    def counts(self) -> Mapping[str, Counts]:
        """Return how much each source has."""
        entries = self._counted("SELECT source, COUNT(DISTINCT key) FROM sighting GROUP BY source")
        faulty = self._counted("SELECT source, COUNT(*) FROM document WHERE outcome = 'faulty' GROUP BY source")
        dropped = self._counted("SELECT source, SUM(count) FROM dropped GROUP BY source")
        names = sorted(entries.keys() | faulty.keys() | dropped.keys())
        return {name: Counts(entries.get(name, 0), faulty.get(name, 0), dropped.get(name, 0)) for name in names}

    def _counted(self, sql: str) -> dict[str, int]:
        return {source: count for source, count in self._db.query(f"{sql} ORDER BY source")}  # noqa: C416  typed rows

    def forget(self, sources: Iterable[str]) -> None:
        """Forget all about sources that the configuration no longer has."""
        for source in sources:
            for table in _TABLES:
                self._db.run(f"DELETE FROM {table} WHERE source = ?", [source])


def _day(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d}"
