"""When a daemon gathers and publishes: its keys in the configuration, and the value that the rest works with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from aggregator.config.kinds import SPAN_SCHEMA, Section
from aggregator.config.kinds import parse_duration as as_duration

_EVERY = timedelta(minutes=10)
_SHORTEST = timedelta(minutes=1)
_LEAP_YEAR = datetime(2028, 1, 1, tzinfo=UTC)
_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAYS = re.compile(r"(?P<first>[0-7])(?:-(?P<last>[0-7])(?:/(?P<step>\d+))?)?")


def _period(given: timedelta) -> timedelta:
    if given < _SHORTEST:
        raise ValueError("at least 1 minute is expected; changed files are seen at once in any case")
    return given


def _cron(given: str) -> str:
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415  few configurations have one

    try:
        trigger = CronTrigger.from_crontab(_with_names(given), timezone="UTC")
    except ValueError as error:
        raise ValueError(f"five fields as in a crontab are expected: {str(error).lower()}") from None
    if trigger.get_next_fire_time(None, _LEAP_YEAR) is None:
        raise ValueError("that day never comes")
    return given


def _with_names(cron: str) -> str:
    """Return a crontab line with names in place of the numbers of weekdays: APScheduler's 0 is Monday, not Sunday."""
    *others, days = cron.split() or [""]
    if others[2:3] not in (["*"], []) and days != "*":  # APScheduler wants both, a crontab one of them
        raise ValueError("name a day of the month or one of the week, not both")
    return " ".join([*others, ",".join(name for part in days.lower().split(",") for name in _names(part))])


def _names(days: str) -> list[str]:
    match = _WEEKDAYS.fullmatch(days.replace("*/", "0-6/", 1))
    if match is None:
        return [days]
    first = int(match["first"])
    step = int(match["step"] or 1)
    if not (numbers := range(first, int(match["last"] or first) + 1, max(step, 1))) or not step:
        raise ValueError(f"{days}: no days of the week")
    return [_NAMES[number] for number in numbers]


class ScheduleSection(Section):
    """When `aggregator daemon` works."""

    every: Annotated[
        timedelta,
        BeforeValidator(as_duration),
        AfterValidator(_period),
        SPAN_SCHEMA,
        Field(description="A pass at least so often.", json_schema_extra={"default": "10 min"}),
    ] = _EVERY
    cron: Annotated[
        str | None,
        AfterValidator(_cron),
        Field(description="Or at these times (UTC), as `*/10 * * * *`, in place of `every`."),
    ] = None
    jitter: Annotated[
        timedelta,
        BeforeValidator(as_duration),
        SPAN_SCHEMA,
        Field(description="Later by up to so much, at random.", json_schema_extra={"default": "0 s"}),
    ] = timedelta(0)
    watch: Annotated[bool, Field(description="A pass as soon as a file below a folder of articles changes.")] = True
    deadline: Annotated[
        timedelta,
        BeforeValidator(as_duration),
        AfterValidator(_period),
        SPAN_SCHEMA,
        Field(
            description="A pass that gets nowhere for so long hangs: the daemon ends with 4, to be restarted.",
            json_schema_extra={"default": "30 min"},
        ),
    ] = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a daemon gathers and publishes. cron: in UTC, weekdays as names; empty where `every` counts."""

    every: timedelta = _EVERY
    cron: str = ""
    jitter: timedelta = timedelta(0)
    watch: bool = True
    deadline: timedelta = timedelta(minutes=30)


def schedule_of(section: ScheduleSection) -> Schedule:
    """Return the value that a section of the file means."""
    return Schedule(
        every=section.every,
        cron=_with_names(section.cron) if section.cron else "",
        jitter=section.jitter,
        watch=section.watch,
        deadline=section.deadline,
    )
