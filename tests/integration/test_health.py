"""What monitors are told: how old the last good pass is, and what passes and answers came to."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from newsroom import CONFIG, Newsroom
from served import Answer, served
from websub_hub import Hub as LiveHub

from aggregator import status
from aggregator.config.schedule import Schedule
from aggregator.core.health import Wish
from aggregator.errors import PublishError, StateTaken
from aggregator.options import Options
from aggregator.run import noted as passes
from aggregator.serve.freshness import allowed
from aggregator.serve.health import health
from aggregator.serve.tally import Tally
from aggregator.status import Hub, Status, Work
from aggregator.store import sqlite

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
GOOD = Status(started=NOON - timedelta(seconds=3), ended=NOON, exit_code=0, last_good=NOON)


def asked(
    known: Status | None,
    now: datetime = NOON,
    path: str = "/healthz",
    tally: Tally | None = None,
    schedule: Schedule = Schedule(),  # noqa: B008  a frozen value
) -> Answer:
    with served(health(lambda: known, lambda: now, partial(allowed, schedule, 2 * HOUR), tally or Tally())) as server:
        return server.ask(path)


def noted(room: Newsroom, *moments: datetime, options: Options | None = None) -> Status | None:
    """Carry out a pass as the command does, and return what was noted."""
    config, clock = room.loaded(), iter(moments)
    with sqlite.opened(config.state, timedelta(0)) as store:
        passes.run(config, store, partial(next, clock), options or Options(), lambda *_: None)
    return status.read(config.state)


@pytest.mark.parametrize(
    ("known", "age", "answered"),
    [
        (GOOD, 2 * HOUR, 200),
        (GOOD, 2 * HOUR + timedelta(seconds=1), 503),
        (replace(GOOD, interval=HOUR), 3 * HOUR, 200),
        (replace(GOOD, interval=timedelta(minutes=1)), timedelta(minutes=4), 503),
        (replace(GOOD, exit_code=4), HOUR, 200),
        (replace(GOOD, last_good=None, exit_code=4), HOUR, 503),
        (None, HOUR, 503),
    ],
)
def test_feeds_are_stale_after_three_intervals_or_what_the_owner_says(
    known: Status | None, age: timedelta, answered: int
) -> None:
    answer = asked(known, NOON + age)
    said = json.loads(answer.body)
    assert (answer.status, said["status"]) == (answered, "ok" if answered == 200 else "stale")
    assert bool(said["reason"]) == (answered == 503)
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("schedule", "interval", "fresh_for"),
    [
        (Schedule(every=HOUR, jitter=10 * MINUTE), HOUR, 3 * HOUR + 30 * MINUTE),
        (Schedule(every=HOUR, jitter=10 * MINUTE), None, 2 * HOUR),  # passes are started from outside
        (Schedule(cron="*/10 * * * *"), None, 30 * MINUTE),
        (Schedule(cron="0 * * * *"), None, 3 * HOUR),
        (Schedule(cron="30 * * * *", jitter=MINUTE), None, 2 * HOUR + 31 * MINUTE),
        (Schedule(cron="0 7 * * mon"), None, 21 * HOUR),  # NOON is that of a Sunday
        (Schedule(cron="0 7 * * sat", jitter=HOUR), None, 6 * 24 * HOUR - 2 * HOUR),
        (Schedule(cron="0 7,8 * * *", jitter=HOUR), None, 22 * HOUR),
    ],
)
def test_a_pass_is_missed_when_its_time_is_over(schedule: Schedule, interval: timedelta, fresh_for: timedelta) -> None:
    good = replace(GOOD, interval=interval)
    assert asked(good, NOON + fresh_for, schedule=schedule).status == 200
    assert asked(good, NOON + fresh_for + timedelta(seconds=1), schedule=schedule).status == 503


def test_a_pass_is_noted_with_what_it_came_to(room: Newsroom) -> None:
    room.article("a.md")
    room.write("b.md", "---\ntitle: [\n---\n")
    first = noted(room, NOON, NOON + timedelta(seconds=2))
    assert first is not None
    assert (first.started, first.ended, first.last_good) == (NOON, first.ended, NOON + timedelta(seconds=2))
    assert (first.exit_code, first.counts.entries, first.counts.channels, first.counts.faulty) == (0, 1, 3, 1)
    assert first.counts.sources == 1
    second = noted(room, NOON + HOUR, NOON + HOUR + timedelta(seconds=1))
    assert second is not None
    assert second.work == Work(good=2, written=first.work.written, seconds=3.0)


def test_a_fault_is_noted_as_what_the_command_ends_with(room: Newsroom) -> None:
    room.article("a.md")
    room.write("b.md", "---\ntitle: [\n---\n")
    found = [noted(room, NOON, NOON, options=Options(strict=strict)) for strict in (False, True)]
    assert [one and (one.exit_code, one.last_good, one.counts.faulty) for one in found] == [(0, NOON, 1), (1, NOON, 1)]


def test_a_pass_that_fails_is_noted_and_the_last_good_one_is_not_forgotten(room: Newsroom) -> None:
    room.article("a.md")
    good = noted(room, NOON, NOON)
    room.article("a.md", title="Other")
    (room.out / "all.atom").unlink()
    (room.out / "all.atom").mkdir()
    noted(room, NOON + HOUR, NOON + HOUR)
    found = status.read(room.state)
    assert good is not None
    assert found is not None
    assert (found.exit_code, found.last_good, found.ended) == (4, NOON, NOON + HOUR)
    assert (found.counts, found.work.failed) == (good.counts, 1)


def test_an_error_is_noted_too_but_not_by_a_pass_that_never_began(room: Newsroom) -> None:
    room.article("a.md")
    noted(room, NOON, NOON)
    room.out.rename(room.folder / "was")
    room.out.write_text("no folder")
    with pytest.raises(PublishError):
        noted(room, NOON + HOUR, NOON + HOUR)
    failed = status.read(room.state)
    assert failed is not None
    assert (failed.exit_code, failed.last_good) == (4, NOON)
    room.configure(CONFIG.replace("../out", "../other") + "state: ../state\n")
    with pytest.raises(StateTaken):
        noted(room, NOON + 2 * HOUR, NOON + 2 * HOUR)
    assert status.read(room.state) == failed


def test_a_paused_source_is_neither_well_nor_failing(room: Newsroom) -> None:
    room.article("a.md")
    room.configure(f"{CONFIG}upstream: [{{name: pier, url: 'http://127.0.0.1:9/', private: true}}]\n")
    first = noted(room, NOON, NOON)
    assert first is not None
    assert (first.counts.sources, first.counts.failing, first.counts.paused) == (2, 1, 0)
    with sqlite.opened(room.state, timedelta(0)) as store:
        for name in ("pier", "articles"):
            store.health.make_wish(name, Wish.PAUSE, NOON)
    second = noted(room, NOON + HOUR, NOON + HOUR)
    assert second is not None
    assert (second.counts.sources, second.counts.failing, second.counts.paused) == (2, 0, 2)


def test_what_hubs_said_stays_until_they_say_something_else(room: Newsroom) -> None:
    with LiveHub() as hub:
        room.configure(f"{CONFIG}hub: '{hub.url}?key=c2VjcmV0'\n")
        room.article("a.md")
        first = noted(room, NOON, NOON)
        hub.fails(410)
        room.article("a.md", title="News")
        second, third = (noted(room, NOON + wait, NOON + wait) for wait in (HOUR, 2 * HOUR))
        hub.down = None
        room.article("a.md", title="More news")
        fourth = noted(room, NOON + 3 * HOUR, NOON + 3 * HOUR)
        text = (room.state / status.FILE).read_text()
    assert first is not None
    assert second is not None
    assert third is not None
    assert fourth is not None
    assert [(one.refused, one.reason) for one in first.hubs] == [(0, "")]
    assert [(one.refused, one.reason) for one in second.hubs] == [(9, "it answered 410 (Gone)")]
    assert third.hubs == second.hubs
    assert fourth.hubs == first.hubs
    assert (fourth.work.announced, fourth.work.refused) == (9, 9)
    assert "c2VjcmV0" not in text


def test_what_is_no_status_is_none(tmp_path: Path) -> None:
    for text in ("", "{", "{}", "[]"):
        (tmp_path / status.FILE).write_text(text)
        assert status.read(tmp_path) is None


def test_metrics_say_what_passes_and_answers_came_to() -> None:
    tally = Tally()
    tally.count(200, 700, 300)
    tally.count(304, 0, 1000)
    work = Work(good=3, failed=1, asked=9, fresh=2, unchanged=4, written=12, seconds=5.5, announced=8, refused=2)
    counts = status.Counts(entries=7, channels=5, sources=5, failing=1, held=1, paused=1)
    hubs = (Hub(name="https://a.example/"), Hub(name="https://b.example/", owed=3, reason="it answered 503"))
    answer = asked(replace(GOOD, work=work, counts=counts, hubs=hubs), path="/metrics", tally=tally)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = set(answer.body.decode().splitlines())
    assert lines >= {
        'aggregator_answers_total{status="304"} 1.0',
        "aggregator_sent_bytes_total 700.0",
        "aggregator_saved_bytes_total 1300.0",
        'aggregator_passes_total{result="good"} 3.0',
        'aggregator_passes_total{result="failed"} 1.0',
        "aggregator_last_pass_seconds 3.0",
        'aggregator_fetches_total{result="failed"} 3.0',
        'aggregator_sources{state="ok"} 2.0',
        'aggregator_sources{state="failing"} 1.0',
        'aggregator_sources{state="paused"} 1.0',
        'aggregator_hubs{state="ok"} 1.0',
        'aggregator_hubs{state="failing"} 1.0',
        "aggregator_announcements_owed 3.0",
        'aggregator_announcements_total{result="taken"} 8.0',
        'aggregator_announcements_total{result="refused"} 2.0',
        "aggregator_entries 7.0",
        "aggregator_channels 5.0",
        "aggregator_files_written_total 12.0",
    }
    ended = next(line.split()[1] for line in lines if line.startswith("aggregator_last_good_pass_timestamp_seconds "))
    assert float(ended) == NOON.timestamp()


def test_without_the_extra_metrics_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    answer = asked(GOOD, path="/metrics")
    assert answer.status == 404
    assert b"feed-aggregator[metrics]" in answer.body


def test_nothing_else_is_there() -> None:
    assert asked(GOOD, path="/").status == 404
    assert asked(GOOD, path="/all.atom").status == 404
