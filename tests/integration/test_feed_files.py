"""Folders of feed files: sources whose documents lie on the disk."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import feedcheck
import pytest
from following import names, rss
from newsroom import CONFIG, Newsroom

from aggregator.core.health import Wish
from aggregator.store import sqlite

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.configure(f"{CONFIG}feeds_from: [{{path: feeds, topics: [Kept], backlog: 7}}]\n")
    return room


def put(room: Newsroom, name: str, *items: dict[str, Any]) -> Path:
    return room.write(f"../feeds/{name}", rss(*items))


def test_entries_of_files_are_published_and_a_second_run_reads_none(room: Newsroom) -> None:
    put(room, "a.xml", *names(7))
    put(room, "b.xml", {"name": "n06"}, {"name": "z"})
    room.write("../feeds/readme.txt", "no feed")
    report = room.run()
    assert report.faults == []
    assert len(room.titles("topics/kept")) == 8
    assert room.run().published.written == 0
    for path, document in room.output().items():
        assert feedcheck.objections(document, f"https://feeds.test.example/{path}", now=room.now) == [], path


def test_what_leaves_a_file_stays_and_a_file_that_is_gone_takes_its_entries_along(room: Newsroom) -> None:
    put(room, "a.xml", *names(2))
    put(room, "b.xml", {"name": "z"})
    room.run()
    put(room, "a.xml", *names(1, first=2))
    room.run()
    assert len(room.titles()) == 4
    (room.articles / "../feeds/a.xml").unlink()
    room.run()
    assert room.titles() == ["Pier on z"]


def test_a_bad_file_is_named_and_its_entries_stay(room: Newsroom) -> None:
    put(room, "a.xml", *names(2))
    room.run()
    room.write("../feeds/a.xml", "<html><body>Log in</body></html>")
    report = room.run()
    (fault,) = report.faults
    assert fault.location == "feeds/a.xml"
    assert len(room.titles()) == 2
    assert [str(one) for one in room.run().faults] == [str(fault)]


def test_an_empty_folder_is_held(room: Newsroom) -> None:
    path = put(room, "a.xml", *names(2))
    room.run()
    path.unlink()
    assert [held.source for held in room.run().gathered.held] == ["feeds"]
    assert len(room.titles()) == 2


def test_of_a_file_that_is_new_its_newest_few_enter_feeds_and_what_comes_later_is_news(room: Newsroom) -> None:
    put(room, "a.xml", *names(12))
    room.run()
    assert len(room.titles()) == 7
    put(room, "a.xml", *names(14))
    room.run()
    assert len(room.titles()) == 9
    put(room, "b.xml", *names(14))
    (room.articles / "../feeds/a.xml").unlink()
    room.run()
    assert len(room.titles()) == 9  # what subscribers have seen is no old stock of the file that it is in now


def test_many_entries_that_would_go_with_their_file_wait_for_a_person(room: Newsroom) -> None:
    put(room, "a.xml", *names(24))
    put(room, "b.xml", {"name": "z"})
    room.run()
    (room.articles / "../feeds/a.xml").unlink()
    before = room.output()
    (held,) = room.run().gathered.held
    assert (held.source, held.gone, held.of, held.what) == ("feeds", 24, 25, "entries")
    assert room.output() == before
    room.run(accept_removals=frozenset({"feeds"}))
    assert room.titles() == ["Pier on z"]


def dated(number: int, **given: str) -> dict[str, Any]:
    return {"name": f"n{number}", "pubDate": f"Tue, 20 Oct 2026 10:{number:02}:30 GMT", **given}


def elsewhere(number: int) -> dict[str, Any]:
    """Return an entry of which nothing stays but its title."""
    link = f"https://new.example/{number * 7}"
    return dated(number, link=link, guid=f"urn:new:{number}", pubDate=f"Wed, 21 Oct 2026 11:00:{number:02} GMT")


def test_known_entries_under_new_addresses_are_held_until_a_person_accepts(room: Newsroom) -> None:
    put(room, "a.xml", *map(dated, range(12)))
    put(room, "b.xml", {"name": "z"})
    room.run()
    before = set(room.titles())
    put(room, "a.xml", *map(elsewhere, range(12)))
    put(room, "b.xml", {"name": "z", "title": "Retold"}, {"name": "n11"})
    for _ in range(2):  # the second one finds the files as they were, and reads them again
        report = room.run(after=timedelta(minutes=5))
        (flood,) = report.gathered.floods
        assert (flood.source, flood.new, flood.alike) == ("feeds", 12, 12)
        assert report.is_held
        assert set(room.titles()) == before - {"Pier on z"} | {"Retold"}
    assert room.run(accept_new=frozenset({"feeds"})).gathered.floods == ()
    assert room.run().totals.entries == 25
    assert room.run().published.written == 0


def test_a_folder_accepted_by_a_wish_lets_its_entries_in(room: Newsroom) -> None:
    put(room, "a.xml", *map(dated, range(12)))
    room.run()
    put(room, "a.xml", *map(elsewhere, range(12)))
    assert len(room.run().gathered.floods) == 1
    with sqlite.opened(room.state, timedelta(0)) as store:
        store.health.make_wish("feeds", Wish.ACCEPT, room.now)
    assert room.run().gathered.floods == ()
    assert room.run().totals.entries == 24


def test_a_new_file_with_news_is_no_flood(room: Newsroom) -> None:
    put(room, "a.xml", *map(dated, range(12)))
    room.run()
    put(room, "b.xml", *(dated(number, guid=f"b {number}") for number in range(20, 40)))
    report = room.run()
    assert (report.gathered.floods, report.totals.entries) == ((), 32)
