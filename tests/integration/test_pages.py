"""The pages that list what is published: there, current, ours alone, and untouched while nothing changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lxml import etree
from newsroom import CONFIG, WITH_PAGES, Newsroom

if TYPE_CHECKING:
    from pathlib import Path

PAGES = {"index.html", "feeds.opml", "providers.opml"}


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.configure(WITH_PAGES)
    for number in range(4):
        room.article(f"a{number}.md", topics=["Sea"])
    room.article("b.md", topics=["Wind"], provider={"name": "Small Paper", "domain": "small.example"})
    return room


def listed(room: Newsroom, page: str) -> list[str]:
    """Return the addresses that a list gives to feed readers."""
    outlines = etree.fromstring((room.out / page).read_bytes()).iter("outline")
    return [address for one in outlines if (address := one.get("xmlUrl")) is not None]


def pages(room: Newsroom) -> dict[str, tuple[int, bytes]]:
    return {name: ((room.out / name).stat().st_mtime_ns, (room.out / name).read_bytes()) for name in PAGES}


def test_everything_and_topics_are_listed_and_providers_that_are_large_enough(room: Newsroom) -> None:
    room.run()
    base = "https://feeds.test.example/"
    assert listed(room, "feeds.opml") == [f"{base}all.atom", f"{base}topics/sea.atom", f"{base}topics/wind.atom"]
    assert listed(room, "providers.opml") == [f"{base}providers/harbour.example.atom"]
    index = (room.out / "index.html").read_text(encoding="utf-8")
    assert "topics/sea.rss" in index
    assert "small.example" not in index
    room.configure(f"{WITH_PAGES}providers: {{list_from: 1}}\n")
    room.run()
    assert f"{base}providers/small.example.atom" in listed(room, "providers.opml")


def test_pages_are_untouched_while_nothing_changes_and_current_when_a_feed_does(room: Newsroom) -> None:
    room.run()
    before = pages(room)
    assert room.run().published.written == 0
    assert pages(room) == before
    room.article("c.md", topics=["Fog"])
    room.run()
    assert "https://feeds.test.example/topics/fog.atom" in listed(room, "feeds.opml")
    incremental = room.output()
    assert room.run_again(full=True).published.written == 0
    assert room.output() == incremental


def test_a_page_that_somebody_removed_or_cut_is_written_again(room: Newsroom) -> None:
    room.run()
    before = {name: data for name, (_, data) in pages(room).items()}
    (room.out / "index.html").unlink()
    (room.out / "feeds.opml").write_bytes(b"")
    assert room.run().published.written == 2
    assert {name: data for name, (_, data) in pages(room).items()} == before


def test_a_topic_that_the_configuration_retires_leaves_the_pages(room: Newsroom) -> None:
    room.run()
    room.configure(WITH_PAGES + "topics: [{name: Sea, also: [Wind]}]\n")
    room.run()
    assert "https://feeds.test.example/topics/wind.atom" not in listed(room, "feeds.opml")


def test_pages_that_are_not_wanted_go_and_those_of_others_stay(room: Newsroom) -> None:
    room.run()
    room.configure(CONFIG)
    assert room.run().published.removed == 3
    assert not PAGES & set(room.output())
    (room.out / "index.html").write_text("<h1>My own page</h1>")
    room.configure(WITH_PAGES)
    report = room.run()
    assert [(fault.code, fault.location) for fault in report.published.faults] == [
        ("foreign_file", str(room.out / "index.html"))
    ]
    assert (room.out / "index.html").read_text() == "<h1>My own page</h1>"
    assert (room.out / "feeds.opml").exists()
