"""When a daemon works: also where the clock jumps, or a job never ends."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from apscheduler.schedulers import base

from aggregator.config.schedule import Schedule
from aggregator.daemon.agenda import Agenda, AtTimes, Often, trigger_of
from aggregator.daemon.clock import Clocks
from aggregator.daemon.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
YEARS = timedelta(days=3 * 365)
SECONDS = 20


def late_by(trigger: Often | AtTimes, late: timedelta) -> list[datetime]:
    """Return when a job that was due at noon is due up to a later time, as the scheduler finds out."""
    now, found = NOON + late, [NOON]
    while found[-1] <= now:
        due = trigger.get_next_fire_time(found[-1], now)
        assert due is not None
        found.append(due)
    return found


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=1), YEARS])
@pytest.mark.parametrize(
    ("schedule", "within"),
    [
        (Schedule(every=timedelta(minutes=5)), timedelta(minutes=5)),
        (Schedule(cron="*/10 * * * *"), timedelta(minutes=10)),
        (Schedule(every=timedelta(minutes=5), jitter=timedelta(minutes=1)), timedelta(minutes=6)),
        (Schedule(cron="0 * * * *", jitter=timedelta(minutes=1)), timedelta(minutes=61)),
    ],
)
def test_whatever_was_missed_is_one_run_and_the_next_is_in_time(
    schedule: Schedule, within: timedelta, late: timedelta
) -> None:
    first, following = late_by(trigger_of(schedule), late)
    assert first == NOON
    assert NOON + late < following <= NOON + late + within


@pytest.fixture
def berlin() -> Iterator[None]:
    """Let the process live where clocks are set twice a year."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize("night", [datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC)])
@pytest.mark.usefixtures("berlin")
def test_a_night_of_summer_time_has_no_hour_twice_and_none_is_missing(night: datetime) -> None:
    at, trigger, found = night, trigger_of(Schedule(cron="30 * * * *")), []
    for _ in range(6):
        at = trigger.get_next_fire_time(at, at) or at
        found.append(at)
    assert [(one.hour, one.minute) for one in found] == [(hour, 30) for hour in range(6)]


class Wall(datetime):
    """A clock that can be set; the scheduler reads it."""

    ahead = timedelta(0)

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        assert tz is not None
        return datetime.now(UTC) + cls.ahead


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Wall]]:
    monkeypatch.setattr(base, "datetime", Wall)
    monkeypatch.setattr("aggregator.daemon.agenda.datetime", Wall)
    yield Wall
    Wall.ahead = timedelta(0)


def test_jumps_of_the_clock_lose_no_run_and_make_no_storm(wall: type[Wall]) -> None:
    counts = {"tick": 0, "publish": 0}
    done = {name: threading.Event() for name in counts}

    def work(name: str) -> Callable[[], None]:
        def count() -> None:
            counts[name] += 1
            done[name].set()

        return count

    agenda = Agenda(Schedule(), {name: work(name) for name in counts})
    agenda.start()
    try:
        assert done["tick"].wait(SECONDS)
        assert counts["publish"] == 0
        for jump in (timedelta(hours=-1), timedelta(hours=1), YEARS, -YEARS):
            for event in done.values():
                event.clear()
            before = dict(counts)
            wall.ahead += jump
            agenda.plan_anew()
            assert all(event.wait(SECONDS) for event in done.values())
            time.sleep(0.3)  # of what was missed nothing comes later, either
            assert counts == {name: count + 1 for name, count in before.items()}
    finally:
        agenda.stop()


def test_a_job_that_never_ends_silences_the_beat(caplog: pytest.LogCaptureFixture) -> None:
    blocked, go_on = threading.Event(), threading.Event()

    def tick() -> None:
        blocked.set()
        go_on.wait(SECONDS)

    agenda = Agenda(Schedule(), {"tick": tick}, beat=timedelta(seconds=0.05))
    agenda.start()
    try:
        assert blocked.wait(SECONDS)
        _until(lambda: agenda.silent_for() > 0.5)
        assert agenda.at_work() == "tick"
        assert not caplog.records  # of the beats that wait behind it
        go_on.set()
        _until(lambda: agenda.silent_for() < 0.3)
    finally:
        go_on.set()
        agenda.stop()


def test_another_schedule_counts_from_then_on() -> None:
    published = threading.Event()
    agenda = Agenda(Schedule(), {"publish": published.set})
    agenda.start()
    try:
        agenda.change(Schedule(every=timedelta(milliseconds=20)))
        assert published.wait(SECONDS)
    finally:
        agenda.stop()


def test_clocks_that_go_apart_say_by_how_much_once() -> None:
    wall, monotonic = [1000.0], [50.0]
    clocks = Clocks(lambda: wall[0], lambda: monotonic[0])
    wall[0] += 60
    monotonic[0] += 60
    assert clocks.drift() == timedelta(0)
    for jump in (3600.0, -3600.0, YEARS.total_seconds(), -YEARS.total_seconds()):
        wall[0] += jump + 1
        monotonic[0] += 1
        assert clocks.drift() == timedelta(seconds=jump)
        assert clocks.drift() == timedelta(0)


def test_wishes_during_a_turn_make_one_more() -> None:
    begun, go_on, over = threading.Semaphore(0), threading.Semaphore(0), threading.Semaphore(0)
    count = 0

    def work() -> None:
        nonlocal count
        count += 1
        begun.release()
        go_on.acquire(timeout=SECONDS)

    turns = Turns("test", work, over.release)
    turns.ask()
    turns.start()
    assert begun.acquire(timeout=SECONDS)
    for _ in range(5):
        turns.ask()
    _until(lambda: turns.stuck_for() > 0.05)
    turns.advance()
    go_on.release(2)
    assert over.acquire(timeout=SECONDS)
    assert over.acquire(timeout=SECONDS)
    assert count == 2
    assert turns.stuck_for() == 0
    turns.stop()
    _until(turns.is_over)
    assert count == 2


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)
