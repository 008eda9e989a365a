"""How far apart passes are, and how long a copy of a feed is good for that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.config.rhythm import least_gap, next_time
from aggregator.config.schedule import Schedule
from aggregator.config.serve import ServeSection, serving_of

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("cron", "gap"),
    [
        ("* * * * *", MINUTE),
        ("*/10 * * * *", 10 * MINUTE),
        ("5 * * * *", HOUR),
        ("0 7,8,20 * * *", HOUR),
        ("0 7 * * mon", 7 * 24 * HOUR),
        ("30 23 * * mon,fri", 3 * 24 * HOUR),
        ("0 0 29 2 *", 366 * 24 * HOUR),
    ],
)
def test_the_least_distance_between_two_times_counts(cron: str, gap: timedelta) -> None:
    assert least_gap(Schedule(cron=cron)) == gap


def test_the_next_time_is_after_the_present() -> None:
    noon = datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert next_time("0 * * * *", noon) == noon + HOUR
    assert next_time("0 * * * *", noon - MINUTE) == noon


@pytest.mark.parametrize(
    ("schedule", "given", "age"),
    [
        ({}, None, 5 * MINUTE),
        ({"every": 2 * MINUTE}, None, 2 * MINUTE),
        ({"every": 30 * MINUTE, "watch": False}, None, 30 * MINUTE),
        ({"every": 6 * HOUR, "watch": False}, None, HOUR),
        ({"cron": "*/20 * * * *", "watch": False}, None, 20 * MINUTE),
        ({"cron": "0 7 * * mon"}, None, 5 * MINUTE),
        ({}, "2 h", 2 * HOUR),
        ({}, "0 s", timedelta(0)),
    ],
)
def test_readers_are_told_to_come_as_often_as_passes_do(
    schedule: dict[str, Any], given: str | None, age: timedelta
) -> None:
    assert serving_of(ServeSection.model_validate({"max_age": given}), Schedule(**schedule)).max_age == age
