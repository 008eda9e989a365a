"""Folders of feed files: sources whose documents lie on the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import feedcheck
import pytest
from following import names, rss
from newsroom import CONFIG, Newsroom

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
