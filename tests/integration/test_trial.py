"""A feed tried out against servers on loopback, alone and beside a site that follows it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from feed_cases import rss
from loopback import NOON, QUICK, Loopback, answer, redirect
from newsroom import CONFIG, Newsroom

from aggregator.cli.sources.block import as_block
from aggregator.cli.sources.trial_json import as_object
from aggregator.cli.sources.trial_text import as_text
from aggregator.core.health import Wish
from aggregator.gather.trial import Question, Trial, doubts_of_answer, try_feed
from aggregator.store import sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loopback import Answer

TYPE = "Content-Type: application/rss+xml"
ITEM = (
    "<title>A</title><link>https://site.example/a</link><guid>a</guid><pubDate>Tue, 20 Oct 2026 10:00:00 GMT</pubDate>"
)
FEED = answer(rss(ITEM), TYPE, 'ETag: "1"')
LINK = '<link rel="alternate" type="application/rss+xml" href="{}">'


def page(*hrefs: str) -> bytes:
    head = "".join(LINK.format(one) for one in hrefs)
    return answer(f"<!DOCTYPE html><html><head>{head}</head></html>".encode(), "Content-Type: text/html")


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


def tried(server: Loopback, path: str = "/", **given: Any) -> Trial:
    return try_feed(Question(url=server.url(path), **{"private": True, **given}), NOON, QUICK)


def plain(server: Loopback, answers: dict[str, Answer]) -> Trial:
    server.answers = answers
    return tried(server)


def paths(server: Loopback) -> list[str]:
    return [one.path for one in server.seen]


def test_a_feed_is_fetched_once_without_conditions_and_understood(server: Loopback) -> None:
    trial = plain(server, {"/": FEED})
    assert trial.fault is None
    assert trial.examined
    assert [one.title for one in trial.examined.document.sightings] == ["A"]
    (seen,) = server.seen
    assert seen.header(b"If-None-Match") is seen.header(b"If-Modified-Since") is None


def test_of_a_page_the_first_feed_that_it_names_is_tried(server: Loopback) -> None:
    trial = plain(server, {"/": page("/comments", "/feed"), "/feed": FEED})
    assert paths(server) == ["/", "/feed"]
    assert (trial.fault, trial.url, trial.page) == (None, server.url("/feed"), server.url("/"))
    assert [one.href for one in trial.leads] == [server.url("/feed"), server.url("/comments")]


def test_a_page_that_names_none_is_asked_beside_until_there_is_one(server: Loopback) -> None:
    trial = plain(server, {"/": page(), "/atom.xml": FEED})
    assert (trial.fault, trial.url, trial.page) == (None, server.url("/atom.xml"), server.url("/"))
    assert paths(server)[:4] == ["/", "/feed", "/rss", "/atom.xml"]


def test_a_page_without_any_feed_says_where_it_was_looked_for(server: Loopback) -> None:
    trial = plain(server, {"/": page()})
    assert trial.fault
    assert trial.fault.code == "html_page"
    assert paths(server) == ["/", "/feed", "/rss", "/atom.xml", "/index.xml", "/feed.json", "/feed.xml", "/rss.xml"]
    assert server.url("/index.xml") in as_text(trial, NOON, every=False)


def test_what_a_page_links_to_comes_before_the_usual_places(server: Loopback) -> None:
    links = "".join(f"<a href='{one}'>x</a>" for one in ("/about", "/sitemap.xml", "/blog/feed/", "/feed"))
    both = answer(f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "Content-Type: text/html")
    trial = plain(server, {"/": both, "/blog/feed/": FEED, "/feed": FEED})
    assert (trial.fault, paths(server)[:3]) == (None, ["/", "/sitemap.xml", "/blog/feed/"])
    assert "names no feed; this one was linked from it" in as_text(trial, NOON, every=False)


def test_a_list_of_feeds_is_said_to_be_one(server: Loopback) -> None:
    trial = plain(server, {"/": answer(b"<?xml version='1.0'?><opml version='2.0'><body/></opml>")})
    assert trial.fault
    assert (trial.fault.code, trial.fault.reason) == ("feed_list", "a list of feeds: put it under upstream_from")
    assert paths(server) == ["/"]


def test_a_server_that_wants_to_be_left_alone_is_not_searched(server: Loopback) -> None:
    trial = plain(server, {"/": page(), "/rss": answer(status="503 Service Unavailable")})
    assert trial.guessed == (server.url("/feed"), server.url("/rss"))


def test_a_page_cannot_make_us_ask_what_only_the_person_may_allow(server: Loopback) -> None:
    with Loopback({"*": FEED}) as other:
        trial = plain(server, {"/": page(other.url("/"))})
        assert trial.fault
        assert trial.fault.code == "private_address"
        assert other.connections == 0


def test_nothing_private_is_asked_without_leave(server: Loopback) -> None:
    server.answers = {"/": FEED}
    trial = tried(server, private=False)
    assert server.connections == 0
    assert "--private" in as_text(trial, NOON, every=False)


def test_how_a_feed_is_served_is_doubted_where_it_costs_something(server: Loopback) -> None:
    def codes(**answers: bytes) -> set[str]:
        return {
            one.code
            for one in plain(server, {f"/{'' if one == 'at' else one}": it for one, it in answers.items()}).doubts
        }

    usual = {"not_https", "no_language", "no_text"}
    assert codes(at=FEED) == usual
    assert codes(at=answer(rss(ITEM), TYPE)) == {*usual, "no_validators"}
    assert codes(at=answer(rss(ITEM), 'ETag: "1"')) == {*usual, "media_type"}
    assert codes(at=answer(rss(ITEM), "Content-Type: text/html", 'ETag: "1"')) == {*usual, "media_type"}
    assert codes(at=redirect("/feed", 302), feed=FEED) == {*usual, "redirected"}
    assert codes(at=redirect("/feed", 301), feed=FEED) == {*usual, "moved"}
    trial = plain(server, {"/": FEED})
    assert trial.response
    secure = replace(trial.response, url="https://site.example/feed")
    assert doubts_of_answer("HTTPS://site.example:443/feed#top", secure) == ()


def test_a_feed_of_which_no_entry_can_be_taken_cannot_be_followed(server: Loopback) -> None:
    trial = plain(server, {"/": answer(rss("<title>A</title>"), TYPE)})
    assert trial.fault
    assert trial.fault.code == "no_address"
    assert plain(server, {"/": answer(rss(), TYPE)}).fault is None


# Beside a site that follows the feed.


def items(count: int, address: str = "https://site.example/{}", first: int = 0) -> str:
    return "</item><item>".join(
        f"<title>Story {n}</title><link>{address.format(n)}</link><guid>{address.format(n)}</guid>"
        f"<pubDate>Tue, 20 Oct 2026 {n % 24:02}:00:00 GMT</pubDate>"
        for n in range(first, first + count)
    )


@pytest.fixture
def room(tmp_path: Path, server: Loopback) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    block = f"upstream:\n  - {{name: pier, url: {server.url()}, private: true, topics: [Harbour]}}\n"
    room.configure(CONFIG + block)
    return room


def beside(room: Newsroom) -> Trial:
    config = room.loaded()
    (source,) = config.upstream
    rules = dict(config.rules.by_source).get(source.name, ())
    question = Question(url=source.url, source=source, state=config.state, rules=rules, policy=config.rules.policy)
    return try_feed(question, room.now, QUICK)


def test_a_source_has_its_terms_and_is_compared_with_what_is_known(room: Newsroom, server: Loopback) -> None:
    server.answers = {"/": answer(rss(items(3)), TYPE)}
    assert beside(room).compared is None  # there is no state yet, and none is made
    assert not room.state.exists()
    room.run()
    server.answers = {"/": answer(rss(items(5)), TYPE)}
    with sqlite.opened(room.state, timedelta(0)):  # another pass is at work
        before = sorted(path.name for path in room.state.iterdir())
        trial = beside(room)
        assert sorted(path.name for path in room.state.iterdir()) == before
    assert trial.compared
    assert (trial.compared.new, trial.compared.known, trial.compared.held) == (2, 3, False)
    assert trial.examined
    assert {one.topics for one in trial.examined.document.sightings} == {("Harbour",)}
    room.now += timedelta(hours=2)  # what was tried is still news to a pass
    assert room.run().gathered.polled.put.new == 2


def test_a_flood_that_a_run_would_hold_is_said_before_it_comes(room: Newsroom, server: Loopback) -> None:
    server.answers = {"/": answer(rss(items(12)), TYPE)}
    room.run()
    moved = items(12, "https://new.example/story-{}").replace("2026", "2025")
    server.answers = {"/": answer(rss(moved), TYPE)}
    trial = beside(room)
    assert trial.compared
    assert (trial.compared.new, trial.compared.alike, trial.compared.held) == (12, 12, True)
    question = Question(url=server.url(), source=room.loaded().upstream[0])
    said = as_text(trial, room.now, every=False)
    assert "a run would hold them: 12 of 12 new entries" in said
    assert as_block(trial, question) == ""  # it is in the configuration already
    assert json.loads(json.dumps(as_object(trial, question, room.now)))["state"]["held"] is True


def test_a_flood_that_is_held_is_said_to_be_held_although_little_of_it_is_there_until_it_is_accepted(
    room: Newsroom, server: Loopback
) -> None:
    server.answers = {"/": answer(rss(items(12)), TYPE)}
    room.run()
    elsewhere = items(12, "https://new.example/story-{}").replace("2026", "2025")
    server.answers = {"/": answer(rss(elsewhere), TYPE)}
    room.now += timedelta(hours=2)
    assert len(room.run().gathered.floods) == 1
    few = items(3, "https://new.example/story-{}").replace("2026", "2025")
    server.answers = {"/": answer(rss(few), TYPE)}
    trial = beside(room)
    assert trial.compared
    assert (trial.compared.new, trial.compared.held, trial.compared.was_held) == (3, True, True)
    assert "a run would hold them, as the last one does: 3 of 3" in as_text(trial, room.now, every=False)
    with sqlite.opened(room.state, timedelta(0)) as store:
        store.health.make_wish("pier", Wish.ACCEPT, room.now)
    trial = beside(room)
    assert trial.compared
    assert (trial.compared.held, trial.compared.accepted) == (False, True)
    assert "the next run lets them in, as you accepted" in as_text(trial, room.now, every=False)


def test_what_rules_leave_out_and_the_topics_that_they_add_are_shown(room: Newsroom, server: Loopback) -> None:
    rules = "rules: [{drop: {words: story 1}}, {if: {words: story 2}, then: {topics: [Second]}}]"
    room.configure(room.config_file.read_text().replace("topics: [Harbour]", f"topics: [Harbour], {rules}"))
    server.answers = {"/": answer(rss(items(3)), TYPE)}
    trial = beside(room)
    said = as_text(trial, room.now, every=False)
    assert "left out  by rule 1 (drop)   Story 1" in said
    assert "Story 2   Harbour, Second" in said
    question = Question(url=server.url(), source=room.loaded().upstream[0])
    entries = as_object(trial, question, room.now)["feed"]["entries"]
    assert [one["left_out"] for one in entries] == [None, {"rule": 1, "does": "drop"}, None]
    assert [one["topics"] for one in entries] == [["Harbour"], ["Harbour"], ["Harbour", "Second"]]


def test_a_source_that_was_never_read_is_no_flood(room: Newsroom, server: Loopback) -> None:
    room.article("a.md")
    following = room.config_file.read_text(encoding="utf-8")
    room.configure(CONFIG)
    room.run()
    room.configure(following)
    server.answers = {"/": answer(rss(items(12)), TYPE)}
    trial = beside(room)
    assert trial.compared
    assert (trial.compared.first, trial.compared.new, trial.compared.held) == (True, 12, False)


def test_a_server_that_wants_to_be_left_alone_is_named_as_such(room: Newsroom, server: Loopback) -> None:
    server.answers = {"/": answer(b"", "Retry-After: 7200", status="429 Too Many Requests")}
    room.run()
    server.answers = {"/": answer(rss(items(2)), TYPE)}
    trial = beside(room)
    assert trial.compared
    assert trial.compared.left_alone == room.now + timedelta(hours=2)


def test_secrets_go_to_the_host_they_are_for_and_are_never_said(room: Newsroom, server: Loopback) -> None:
    text = room.config_file.read_text().replace("topics: [Harbour]", "headers: {X-Key: $KEY}")
    room.configure(text)
    (source,) = room.loaded().upstream
    with Loopback({"*": FEED}) as other:
        server.answers = {"/": page(other.url("/x")), "/feed": FEED}
        question = Question(url=source.url, source=source, environment={"KEY": "hush-hush"})
        trial = try_feed(question, room.now, QUICK)
        assert server.seen[0].header(b"X-Key") == b"hush-hush"
        assert other.seen == []
    said = as_text(trial, room.now, every=True) + json.dumps(as_object(trial, question, room.now))
    assert "hush-hush" not in said + repr(question) + repr(trial)
    missing = try_feed(replace(question, environment={}), room.now, QUICK)
    assert missing.fault
    assert (missing.fault.code, "$KEY" in missing.fault.reason) == ("secret", True)
