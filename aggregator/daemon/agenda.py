"""What is done when: jobs in UTC that only wish for work, so that none is ever late or twice at a time."""

from __future__ import annotations

import logging
import random
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aggregator.config.schedule import Schedule

BEAT = timedelta(seconds=5)
_TICK = timedelta(seconds=30)
_DAY = timedelta(days=1)
_LATER = timedelta(minutes=5)  # upkeep waits until what matters is done
_MOMENT = timedelta(microseconds=1)
# A job that is late is still done, once. Clocks that jump are the reason.
_DEFAULTS = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}


class Agenda:
    """The jobs of a daemon, by name.

    tick: sees which sources are due. publish: at the times of the schedule. maintain: once a day. And a beat, often, by
    the same scheduler and thread, as a sign that they work.
    """

    def __init__(self, schedule: Schedule, work: Mapping[str, Callable[[], None]], beat: timedelta = BEAT) -> None:
        self._beaten = time.monotonic()
        self._at_work = ""
        # Where a job blocks, the scheduler would warn of each job behind it, again and again: who looks at the beat says it.
        logger = logging.getLogger(f"{__name__}.scheduler")
        logger.setLevel(logging.ERROR)
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults=_DEFAULTS, executors={"default": ThreadPoolExecutor(1)}, logger=logger
        )
        now = datetime.now(UTC)
        begins = {"tick": now, "beat": now, "maintain": now + _LATER}
        triggers = {"tick": Often(_TICK), "beat": Often(beat), "maintain": Often(_DAY), "publish": trigger_of(schedule)}
        for name, job in {**work, "beat": self._beat}.items():
            begin = begins.get(name) or triggers[name].get_next_fire_time(None, now)
            self._scheduler.add_job(partial(self._do, name, job), triggers[name], id=name, next_run_time=begin)

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def change(self, schedule: Schedule) -> None:
        """Take another schedule."""
        self._scheduler.reschedule_job("publish", trigger=trigger_of(schedule))

    def plan_anew(self) -> None:
        """Let everything be due now, and its times count from now on: the clock was set, or the machine slept."""
        for job in self._scheduler.get_jobs():
            job.modify(next_run_time=datetime.now(UTC))

    def silent_for(self) -> float:
        """Return for how many seconds there was no beat: many where the scheduler, or a job, is blocked."""
        return time.monotonic() - self._beaten

    def at_work(self) -> str:
        """Return the name of the job that is just done; nothing where none is."""
        return self._at_work

    def _do(self, name: str, job: Callable[[], None]) -> None:
        self._at_work = name
        try:
            job()
        finally:
            self._at_work = ""

    def _beat(self) -> None:
        self._beaten = time.monotonic()

    def stop(self) -> None:
        """Plan no more."""
        self._scheduler.shutdown(wait=False)


class Often(BaseTrigger):  # type: ignore[misc]  # APScheduler ships no types
    """A time after the present, whatever the last one was: what was missed is one run, be it a year of them."""

    def __init__(self, every: timedelta, jitter: timedelta = timedelta(0)) -> None:
        self._every = every
        self._jitter = jitter

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:  # noqa: ARG002  as above
        """Return when a job is due next."""
        return now + self._every + self._jitter * random.random()  # noqa: S311  no secret


class AtTimes(BaseTrigger):  # type: ignore[misc]  # as above
    """The next of the times of a crontab line, whatever the last one was."""

    def __init__(self, cron: str, jitter: timedelta = timedelta(0)) -> None:
        self._cron = CronTrigger.from_crontab(cron, timezone=UTC)
        self._jitter = jitter

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return when a job is due next; None where the line names no day that ever comes."""
        planned: datetime | None = self._cron.get_next_fire_time(None, now.astimezone(UTC) + _MOMENT)
        return planned + self._jitter * random.random() if planned else None  # noqa: S311


def trigger_of(schedule: Schedule) -> Often | AtTimes:
    """Return what says when a pass is due."""
    if schedule.cron:
        return AtTimes(schedule.cron, schedule.jitter)
    return Often(schedule.every, schedule.jitter)
