"""How far apart the passes of a schedule are, and what follows for those who ask for feeds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aggregator.config.schedule import Schedule

_MOMENT = timedelta(microseconds=1)
_YEAR = timedelta(days=366)
_BEGIN = datetime(2028, 1, 1, tzinfo=UTC)  # of a leap year
_TIMES = 150  # of a crontab line: a day of every tenth minute
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(hours=1)
_WATCHED = timedelta(minutes=5)


def max_age(schedule: Schedule) -> timedelta:
    """Return how long a copy of a feed is good: as long as passes are apart, within bounds.

    Not what is left until the next pass: a cache between would give the same to all, who would come back in the same
    second. At most an hour, since a pass may be asked for at any time, and less where a saved file is published at once.
    """
    return max(_SHORTEST, min(least_gap(schedule), _WATCHED if schedule.watch else _LONGEST))


def least_gap(schedule: Schedule) -> timedelta:
    """Return how far apart two passes are at least that nobody asks for; a year where there is one a year."""
    if not schedule.cron:
        return schedule.every
    gap, before = _YEAR, None
    for _, time in zip(range(_TIMES), _times(schedule.cron, _BEGIN), strict=False):
        if time > _BEGIN + _YEAR or gap <= _SHORTEST:
            break
        gap = min(gap, time - before) if before else gap
        before = time
    return gap


def next_time(cron: str, after: datetime) -> datetime | None:
    """Return the next time of a crontab line, with names of weekdays as in a `Schedule`; None where there is none."""
    return next(_times(cron, after), None)


def _times(cron: str, after: datetime) -> Iterator[datetime]:
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415  few configurations have one

    trigger, time = CronTrigger.from_crontab(cron, timezone=UTC), after.astimezone(UTC)
    while (time := trigger.get_next_fire_time(None, time + _MOMENT)) is not None:
        yield time
