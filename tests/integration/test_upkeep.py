"""Upkeep of a daemon's state, and passes that are told what asking came to."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from loopback import Loopback, answer
from newsroom import CONFIG, Newsroom

from aggregator import run as passes
from aggregator.daemon.upkeep import FOLDER, keep_up
from aggregator.gather.gathered import Polled
from aggregator.gather.upstream import ask, asking
from aggregator.store import ledger_text, sqlite
from aggregator.websub.announced import Announced

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

HOUR = timedelta(hours=1)
YEARS = timedelta(days=3 * 365)
FEED = b"""<rss version='2.0'><channel><title>Pier</title><link>/</link><item><title>From the pier</title>
<link>https://pier.example/1</link><pubDate>Tue, 20 Oct 2026 08:00:00 GMT</pubDate></item></channel></rss>"""


def follow(room: Newsroom, *urls: str) -> None:
    blocks = "".join(f"  - {{name: {url.rpartition('/')[2]}, url: '{url}', private: true}}\n" for url in urls)
    room.configure(f"{CONFIG}upstream:\n{blocks}")


def test_seven_dated_copies_of_the_ledger_are_kept(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    for day in range(10):
        room.article(f"a{day}.md")
        room.run(after=timedelta(days=1))
        with sqlite.opened(room.state, timedelta(0)) as store:
            for _ in range(2):
                keep_up(room.state, store, room.now)
    names = [path.name for path in sorted((room.state / FOLDER).iterdir())]
    assert names == [f"ledger-2026-11-{day:02}.jsonl" for day in range(5, 12)]
    assert (room.state / FOLDER / names[-1]).read_bytes() == (room.state / "ledger.jsonl").read_bytes()
    # The clock went ahead by years, and back: the copy of today is not the one that goes.
    with sqlite.opened(room.state, timedelta(0)) as store:
        keep_up(room.state, store, room.now + YEARS)
        keep_up(room.state, store, room.now + timedelta(days=1))
    names = [path.name for path in sorted((room.state / FOLDER).iterdir())]
    assert len(names) == 7
    assert "ledger-2026-11-12.jsonl" in names


def test_copies_of_the_ledger_hold_hardly_anything_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aggregator.store.ledger_text._SLACK", 5)
    room = Newsroom(tmp_path / "site")
    for number in range(30):
        room.article(f"a{number}.md")
    for day in range(10):
        room.article("a0.md", title=f"Day {day}")
        room.run()
    before = (room.state / "ledger.jsonl").read_bytes().splitlines()
    with sqlite.opened(room.state, timedelta(0)) as store:
        keep_up(room.state, store, room.now)
        size = store.ledger.size()
        assert b"".join(ledger_text.lines(store.ledger)) == (room.state / "ledger.jsonl").read_bytes()
    (copy,) = (room.state / FOLDER).iterdir()
    assert len(copy.read_bytes().splitlines()) == size + 1 < len(before)  # and a commit


def test_a_pass_that_is_told_what_asking_came_to_asks_nobody(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    room.run()
    with Loopback(
        {"/pier": answer(FEED, "Content-Type: application/rss+xml"), "/gone": answer(status="500 No")}
    ) as one:
        follow(room, one.url("/pier"), one.url("/gone"))
        config, options = room.loaded(), passes.Options()
        with sqlite.opened(room.state, timedelta(0)) as store:
            assert asking(config, store, room.now, options).is_any_due()
            polled = ask(config, store, room.now, options, lambda *_: None)
            assert not asking(config, store, room.now, options).is_any_due()
            report = passes.run(
                config, store, room.now, options, lambda *_: None, beside=passes.Beside(polled, Announced())
            )
            assert (report.gathered.polled.asked, report.gathered.polled.put.new) == (2, 1)
            assert room.titles() == ["From the pier"]
            idle = passes.Beside(Polled(), Announced())
            later = passes.run(config, store, room.now + HOUR * 2, options, lambda *_: None, beside=idle)
        assert len(one.seen) == 2
        # What is wrong stays so until it is asked again.
        assert [fault.location for fault in later.gathered.polled.faults] == ["gone"]
        assert later.gathered.polled.asked == 0


def test_a_clock_that_jumps_loses_no_poll_and_makes_no_storm(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    with Loopback({"/pier": answer(FEED, "Content-Type: application/rss+xml")}) as server:
        follow(room, server.url("/pier"))
        room.run()
        for jump in (-HOUR, -YEARS, HOUR, YEARS):
            before = len(server.seen)
            room.run(after=jump)
            room.run(after=timedelta(minutes=1))
            room.run(after=timedelta(minutes=1))
            assert len(server.seen) - before == (jump > timedelta(0)), jump  # ahead: once
            room.run(after=HOUR)
            assert len(server.seen) - before == (jump > timedelta(0)) + 1, jump
