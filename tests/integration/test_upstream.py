"""Upstream feeds beside article files: one model, one entry, and no flood."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import feedcheck
import feedparser
import pytest
from following import Site, names, rss
from loopback import Loopback, answer
from newsroom import CONFIG, NOON

from aggregator.store import sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = timedelta(days=1)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Loopback() as server:
        yield Site(tmp_path, server)


def test_an_article_of_a_file_and_two_feeds_is_one_entry_of_all_of_them(site: Site) -> None:
    site.room.article("a.md", originalUrl="https://www.pier.example/storm", topics=["Sea"])
    site.follow(
        "name: one, topics: [Wind]", "name: two, topics: [Fog], provider: {name: Bay Post, domain: bay.example}"
    )
    site.gives({"name": "storm"})
    site.gives({"name": "storm", "title": "Other words"}, number=1)
    report = site.run()
    assert report.totals.entries == 1
    for path in ("all", "topics/sea", "topics/wind", "topics/fog"):
        assert site.room.titles(path) == ["Title of a"]
    for path in ("providers/harbour.example", "providers/pier.example", "providers/bay.example"):
        assert site.room.titles(path) == ["Title of a"]
    before = site.room.item("Title of a")
    site.room.remove("a.md")
    site.run(accept_removals=frozenset({"articles"}))
    (item,) = site.room.items()
    assert item["id"] == before["id"]
    assert item["title"] in {"Pier on storm", "Other words"}


def test_a_feed_that_is_new_to_us_does_not_flood_and_what_comes_later_is_news(site: Site) -> None:
    site.follow("name: pier")
    site.gives(*names(12))
    site.run()
    assert site.room.titles() == [f"Pier on n{number:02}" for number in (11, 10, 9, 8, 7)]
    site.gives(*names(14))
    site.run()
    assert site.room.titles()[:2] == ["Pier on n13", "Pier on n12"]
    assert len(site.room.titles()) == 7
    site.run(full=True)
    assert len(site.room.titles()) == 7


def test_old_stock_that_a_file_knows_too_is_there(site: Site) -> None:
    site.follow("name: pier, backlog: 1")
    site.gives(*names(3))
    site.run()
    assert site.room.titles() == ["Pier on n02"]
    site.room.article("a.md", originalUrl="https://www.pier.example/n00")
    site.run()
    assert site.room.titles("providers/pier.example") == ["Pier on n02", "Title of a"]


def test_what_scrolls_out_of_a_document_stays(site: Site) -> None:
    site.follow("name: pier")
    site.gives(*names(3))
    site.run()
    site.gives(*names(1, first=3))
    site.run()
    assert len(site.room.titles()) == 4


def test_what_left_a_document_two_years_ago_goes_and_what_a_silent_feed_had_till_now_stays(site: Site) -> None:
    site.follow("name: pier")
    site.gives(*names(2))
    site.run()
    site.gives(*names(1, first=2))
    site.run()
    site.room.now += 731 * DAY  # in which it says nothing new
    site.gives(*names(1, first=3))
    site.run()
    assert len(site.room.titles()) == 4  # after so long a silence, the clock may be what is wrong
    site.gives(*names(1, first=4))
    site.run()
    assert sorted(site.room.titles()) == ["Pier on n02", "Pier on n03", "Pier on n04"]
    site.room.now += 729 * DAY
    site.gives(*names(1, first=4))
    site.run()
    assert sorted(site.room.titles()) == ["Pier on n02", "Pier on n03", "Pier on n04"]


def test_a_source_that_fails_keeps_its_entries_and_says_since_when(site: Site) -> None:
    site.follow("name: pier")
    site.gives(*names(2))
    site.run()
    site.answers["/0"] = answer(b"<html><body>Log in</body></html>", "Content-Type: text/html")
    report = site.run()
    assert len(site.room.titles()) == 2
    (fault,) = report.gathered.polled.faults
    assert fault.location == "pier"
    assert "last good 2026-11-01 14:00 UTC, its entries stay" in fault.reason
    site.gives(*names(3))
    site.room.now += DAY
    assert site.run().gathered.polled.faults == ()
    assert len(site.room.titles()) == 3


def test_410_is_the_end_and_another_address_a_new_beginning(site: Site) -> None:
    site.follow("name: pier")
    site.answers["/0"] = answer(status="410 Gone")
    site.run()
    asked = len(site.server.seen)
    for _ in range(3):
        site.room.now += 10 * DAY
        (fault,) = site.run(ask_now=True).gathered.polled.faults
        assert fault.code == "upstream_gone"
    assert len(site.server.seen) == asked
    site.room.configure(site.room.config_file.read_text().replace("/0,", "/new,"))
    site.answers["/new"] = answer(rss(*names(1)))
    assert site.run().gathered.polled.fresh == 1


def test_an_interval_is_kept_and_now_ignores_it(site: Site) -> None:
    site.follow("name: pier, interval: 6 h")
    site.gives(*names(1))
    assert [site.run().gathered.polled.asked for _ in range(4)] == [1, 0, 0, 1]
    assert site.run(ask_now=True).gathered.polled.asked == 1
    assert site.run(ask_now=True, only=frozenset({"pier"})).gathered.polled.asked == 1


def test_every_entry_that_is_not_taken_is_kept_with_its_reason(site: Site) -> None:
    site.follow("name: pier")
    site.gives({"name": "a"}, {"name": "b", "link": None, "guid": None}, {"name": "a", "guid": "again"})
    polled = site.run().gathered.polled
    assert polled.found == 3
    assert polled.put.new + polled.dropped == polled.found
    with sqlite.opened(site.room.state, timedelta(0)) as store:
        dropped = store.polls.dropped("pier")
    assert len(dropped) == 2
    assert all(one.code and one.reason and one.place for one in dropped)


def test_a_source_that_left_the_configuration_takes_its_entries_along(site: Site) -> None:
    site.follow("name: pier")
    site.gives(*names(3))
    site.room.article("a.md")
    site.run()
    site.room.configure(CONFIG)
    site.run()
    assert site.room.titles() == ["Title of a"]
    with sqlite.opened(site.room.state, timedelta(0)) as store:
        assert store.polls.all() == {}


def test_an_entry_says_where_it_is_from_and_the_feeds_stay_valid(site: Site) -> None:
    site.follow("name: pier")
    site.gives(*names(3))
    site.run()
    output = site.room.output()
    for path, document in output.items():
        assert feedcheck.objections(document, f"https://feeds.test.example/{path}", now=site.room.now) == [], path
    entry = feedparser.parse(output["all.atom"]).entries[0]
    assert entry.source.title == "Pier News"
    assert entry.author == "Pier News"
    site.answers["/0"] = answer(rss(*names(3), title="Renamed"))
    site.run()
    entry = feedparser.parse(site.room.output()["all.atom"]).entries[0]
    assert entry.author == "Renamed"
    assert entry.source.title == "Pier News"  # frozen when the entry was first seen


def test_a_summary_is_republished_and_the_whole_text_only_on_request(site: Site) -> None:
    long = f"<p>{'word ' * 200}</p><p>The end.</p>"
    for content, has_end in (("summary", False), ("full", True)):
        site.follow(f"name: {content}, content: {content}")
        site.answers["/0"] = answer(rss({"name": content, "description": long}))
        site.run()
        html = site.room.item(f"Pier on {content}")["content_html"]
        assert ("The end." in html) is has_end


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_audio_comes_along_and_readers_find_it(site: Site, form: str) -> None:
    site.follow("name: pier")
    media = (
        "<enclosure url='/talk.mp3' type='audio/mpeg' length='1234'/><enclosure url='/x.exe' type='x/y' length='1'/>"
    )
    document = rss({"name": "talk"}).replace(b"</item>", media.encode() + b"</item>")
    site.answers["/0"] = answer(document)
    site.run()
    output = site.room.output()
    path = f"all.{form}"
    (enclosure,) = feedparser.parse(output[path]).entries[0].enclosures
    assert (enclosure.href, enclosure.type, enclosure.length) == ("https://pier.example/talk.mp3", "audio/mpeg", "1234")
    assert feedcheck.objections(output[path], f"https://feeds.test.example/{path}", now=site.room.now) == []
    assert site.room.item("Pier on talk")["attachments"] == [
        {"url": "https://pier.example/talk.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 1234}
    ]


def test_secrets_come_from_the_environment_and_a_missing_one_costs_its_source_only(site: Site) -> None:
    site.follow(
        "name: keyed, headers: {X-Api-Key: $PIER_KEY}",
        "name: login, login: {user: me, password: $PIER_PASSWORD}",
        "name: plain",
    )
    for number in range(3):
        site.gives({"name": f"n{number}"}, number=number)
    report = site.run(environment={"PIER_KEY": "k-1234"})
    assert {request.path: request.header(b"X-Api-Key") for request in site.server.seen} == {"/0": b"k-1234", "/2": None}
    (fault,) = report.gathered.polled.faults
    assert (fault.code, fault.location) == ("upstream_secret", "login")
    assert "$PIER_PASSWORD is not set" in fault.reason
    places = [path for folder in (site.room.out, site.room.state) for path in folder.rglob("*") if path.is_file()]
    assert not any(b"k-1234" in path.read_bytes() for path in places)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("headers: {X-Key: k-1234}", "upstream.0.headers.X-Key: a secret does not belong into this file"),
        ("login: {user: me}", "one of password and password_file is expected"),
        ("interval: 1 m", "at least 5 minutes are expected"),
        ("content: most", "upstream.0.content"),
        ("categories: 7", None),
    ],
)
def test_what_a_block_may_not_say(site: Site, block: str, said: str | None) -> None:
    site.follow(block)
    if said is None:
        assert site.room.loaded().upstream[0].categories == frozenset({"7"})
        return
    with pytest.raises(Exception, match=r"aggregator\.yaml:\d+:\d+: upstream\.0") as error:
        site.room.loaded()
    assert said in str(error.value)
    assert "k-1234" not in str(error.value)


def test_a_later_date_is_shown_as_the_feed_says_it(site: Site) -> None:
    site.follow("name: pier")
    site.gives({"name": "a"}, {"name": "b", "pubDate": "Tue, 20 Oct 2099 10:00:00 GMT"})
    site.run()
    assert site.room.item("Pier on a")["date_published"] == "2026-10-20T10:00:00Z"
    assert site.room.item("Pier on b")["date_published"] == (NOON + timedelta(hours=2)).isoformat().replace(
        "+00:00", "Z"
    )
