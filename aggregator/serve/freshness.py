"""How old what is published may be before it is stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aggregator.config.rhythm import least_gap, next_time

if TYPE_CHECKING:
    from datetime import timedelta

    from aggregator.config.schedule import Schedule
    from aggregator.status import Status

_MISSED = 3  # passes that may fail to come


def allowed(schedule: Schedule, stale_after: timedelta, known: Status) -> timedelta:
    """Return how old the last good pass may be.

    Passes at an interval: three of it. At the times of a crontab line: until the next of them, and two of the least
    distance between them more, as long as that is, but `stale_after` at most: who has one pass a week wants to hear of
    a missing one on the same day. Passes that are started from outside: `stale_after`.
    """
    if known.interval:
        return _MISSED * (known.interval + schedule.jitter)
    if schedule.cron and known.last_good and (due := next_time(schedule.cron, known.last_good)):
        grace = min((_MISSED - 1) * least_gap(schedule), stale_after)
        return due + schedule.jitter + grace - known.last_good
    return stale_after
