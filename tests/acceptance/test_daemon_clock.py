"""The daemon where its clock is set or the machine slept, and where a job of its agenda hangs."""

from __future__ import annotations

import signal
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from daemons import FEED, Running, until
from loopback import Loopback, answer
from newsroom import CONFIG, Newsroom

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.no_cover  # other processes do the work

HOUR, YEARS = 3600, 3 * 365 * 86400
# A daemon whose whole wall clock goes ahead by as many seconds as a file says; that is also what it sees after a sleep.
ELSEWHEN = """
import os, sys, threading, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from apscheduler.schedulers import base
from aggregator import log
from aggregator.config import load
from aggregator.daemon import agenda
from aggregator.daemon.clock import Clocks
from aggregator.daemon.life import Daemon, World
from aggregator.daemon.signals import listen
from aggregator.daemon.notify import Notifier

class Wall(datetime):
    @classmethod
    def now(cls, tz=None):
        assert tz is not None
        return datetime.now(tz) + timedelta(seconds=int(Path("ahead").read_text() or "0"))

def clock():
    if Path("hang").exists() and threading.current_thread().name.startswith("ThreadPoolExecutor"):
        Path("hang").unlink()
        time.sleep(3)
    return Wall.now(UTC)

base.datetime = agenda.datetime = Wall
file = Path("config/aggregator.yaml")
log.configure("text", "info", sys.stderr)
world = World(lambda: load(file, {}), {}, clock, Notifier(os.environ), listen())
clocks = Clocks(lambda: Wall.now(UTC).timestamp())
os._exit(Daemon(load(file, {}), world, clocks, timedelta(seconds=0.2)).live())
"""


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.article("a.md")
    sets(room, 0)
    return room


def sets(room: Newsroom, ahead: int) -> None:
    """Set the clock of the daemon."""
    waiting = room.folder / "waiting"
    waiting.write_text(str(ahead))
    waiting.rename(room.folder / "ahead")


# The minute is one that does not come while the test lasts, whatever whole hours the clock goes ahead.
@pytest.mark.parametrize("schedule", ["every: 10 min", "cron: '{minute} * * * *'"])
def test_a_clock_that_jumps_loses_no_pass_makes_no_storm_and_asks_nobody_twice(room: Newsroom, schedule: str) -> None:
    with Loopback({"/pier": answer(FEED, "Content-Type: application/rss+xml")}) as server:
        upstream = f"upstream: [{{url: '{server.url('/pier')}', private: true}}]\n"
        schedule = schedule.format(minute=(datetime.now(UTC).minute + 30) % 60)
        room.configure(f"{CONFIG}{upstream}schedule: {{{schedule}, watch: false}}\n")
        with Running(room, (sys.executable, "-c", ELSEWHEN)) as running:
            running.until(lambda: room.out.exists() and "From the pier" in room.titles())
            for ahead, asked in ((HOUR, 2), (0, 2), (YEARS, 3), (0, 3), (-HOUR, 3)):
                sets(room, ahead)
                running.logged("the clock was set, or the machine slept: planned anew")
                running.logged("pass done")
                until(lambda least=asked: len(server.seen) >= least)  # type: ignore[misc]
                time.sleep(0.8)  # of what was missed nothing comes later, either
                assert len(server.seen) == asked
            running.send(signal.SIGTERM)
            assert running.ended() == 0
            running.everything()
        assert running.passes() <= 2 + 5 * 2  # of what was missed there is one pass, and one more with its upkeep


def test_a_job_that_hangs_is_said_once_and_so_is_its_end(room: Newsroom) -> None:
    with Running(room, (sys.executable, "-c", ELSEWHEN)) as running:
        running.told("READY=1")
        (room.folder / "hang").touch()
        sets(room, HOUR)  # which plans the job anew
        assert "WARNING a job blocks the agenda job=tick" in running.logged("a job blocks")
        running.logged("the agenda goes on")
        running.send(signal.SIGTERM)
        assert running.ended() == 0
        said = running.everything()
    assert said.count("a job blocks") == 1
    assert "maximum number of running instances" not in said
