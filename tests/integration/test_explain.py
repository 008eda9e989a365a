"""Why an entry is where it is: each kind of answer, after real passes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from asking import ask, entry, reasons, seat
from following import Site, names, rss
from loopback import Loopback
from newsroom import CONFIG, WITH_PAGES, Newsroom, related

from aggregator.store import sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BAY = {"name": "Bay Post", "domain": "bay.example"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Loopback({}) as server:
        yield Site(tmp_path, server)


@pytest.mark.parametrize(
    "what",
    [
        "https://www.harbour.example/a",
        "http://www.harbour.example:80/a?utm_source=feed#top",
        "www.harbour.example/a",
        "https://amp.harbour.example/a",
        "articles/a.md",
        "config/articles/a.md",
        "./config/articles/../articles/a.md",
        "Rough water, ahead!",
        "water",
    ],
)
def test_an_entry_is_found_by_each_of_its_names(room: Newsroom, what: str) -> None:
    room.article("a.md", title="Rough water ahead", ampWebUrl="https://amp.harbour.example/a")
    room.article("b.md", title="Watercolours")
    room.run()
    assert entry(room, what).title == "Rough water ahead"


def test_a_file_is_found_from_the_folder_where_somebody_works_and_by_its_whole_path(room: Newsroom) -> None:
    path = room.article("deep/a.md")
    room.run()
    assert ask(room, "a.md", path.parent).entry == entry(room, str(path)) == entry(room, "articles/deep/a.md")
    assert not ask(room, "./a.md").is_known


def test_words_that_several_titles_have_give_the_newest_to_choose_from(room: Newsroom) -> None:
    for number in range(12):
        room.article(f"n{number:02}.md", title=f"Tide {number}", publishedDateTime=f"2026-10-{number + 1:02}T08:00:00Z")
    room.article("tide.md", title="A tide")
    room.run()
    answer = ask(room, "tide")
    assert [one.title for one in answer.choices][:3] == ["A tide", "Tide 11", "Tide 10"]
    assert (len(answer.choices), answer.more) == (10, 3)
    assert entry(room, answer.choices[4].name).title == answer.choices[4].title
    assert entry(room, "a TIDE").title == "A tide"  # all of one title


def test_copies_stand_in_the_order_of_the_merge_with_what_each_wins(room: Newsroom) -> None:
    same = {"originalUrl": "https://www.harbour.example/a"}
    room.article("a.md", publishedDateTime="2026-10-01T08:00:00Z", body="A body.", **same)
    room.article("b.md", publishedDateTime="2026-10-02T08:00:00Z", excerpt=None, provider=BAY, **same)
    room.article("c.md", publishedDateTime="2026-10-02T08:00:00Z", quality=None, topics=[], **same)
    room.run()
    found = entry(room, "articles/a.md")
    assert [(one.location, one.wins) for one in found.copies] == [
        ("articles/c.md", ("title", "address", "summary", "date")),
        ("articles/b.md", ("quality",)),
        ("articles/a.md", ("content",)),
    ]
    assert [one.behind for one in found.copies] == [
        "",
        "of one date, the greater name goes first",
        "the newer date goes first",
    ]
    assert [(one.spelling, one.given_by) for one in found.topics] == [("Sea", ("articles/b.md", "articles/a.md"))]
    assert [one.path for one in found.channels] == [
        "all",
        "topics/sea",
        "providers/bay.example",
        "providers/harbour.example",
    ]


def test_a_feed_comes_behind_a_file_and_its_trouble_is_named(site: Site) -> None:
    site.follow("name: pier")
    site.room.article("a.md", originalUrl="https://www.pier.example/a")
    site.gives({"name": "a"})
    site.run()
    site.answers["/0"] = "gone"
    first, second = entry(site.room, "https://www.pier.example/a").copies
    assert (first.source, second.source, second.behind) == ("articles", "pier", "a file goes before a feed")
    del site.answers["/0"]
    site.run()
    assert "pier fails: " in entry(site.room, "https://www.pier.example/a").copies[1].trouble


def test_an_id_stays_with_its_reason_when_the_address_changes(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    room.article("a.md", originalUrl="https://www.harbour.example/new")
    room.run()
    found = entry(room, "https://www.harbour.example/a")
    assert found == entry(room, "https://www.harbour.example/new")
    assert (found.identity.id, found.identity.address) == (
        "https://www.harbour.example/a",
        "https://www.harbour.example/new",
    )
    assert found.identity.because == "made of the address that it had first; it stays"
    assert found.identity.former == ("https://www.harbour.example/a",)
    assert found.dates.updated == room.now


def test_two_entries_that_became_one_are_both_found_by_their_ids(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    room.article("b.md")
    room.run()
    room.article("b.md", originalUrl="https://www.harbour.example/a")
    room.run()
    assert entry(room, "https://www.harbour.example/b").identity.id == "https://www.harbour.example/a"


def test_the_date_says_where_it_is_from(room: Newsroom) -> None:
    room.article("a.md")
    room.article("b.md", publishedDateTime=None)
    room.article("c.md", publishedDateTime="2031-01-01T08:00:00Z")
    room.run()
    room.article("a.md", publishedDateTime="2026-10-21T09:00:00Z")
    room.run()
    said = {name: entry(room, f"articles/{name}.md").dates.because for name in "abc"}
    assert said == {
        "a": "fixed since the first sight; articles/a.md says 2026-10-21 09:00",
        "b": "that of the first sight: no copy has one that can be read",
        "c": "that of the first sight: articles/c.md says 2031-01-01 08:00, which nobody could believe",
    }
    room.article("late.md", publishedDateTime="2026-10-30T08:00:00Z")
    room.run()
    assert entry(room, "articles/late.md").dates.ranked_by == room.now


def test_the_place_in_each_window_is_that_of_the_feed_and_says_when_it_ends(room: Newsroom) -> None:
    room.configure(f"{CONFIG}window: {{entries: 3, days: 1, at_least: 2}}\n")
    for number in range(5):
        topics = ["Sea"] if number in (0, 4) else []
        room.article(f"n{number}.md", publishedDateTime=f"2026-10-{number + 10}T08:00:00Z", topics=topics)
    room.run()
    for number in range(5):
        found = entry(room, f"articles/n{number}.md")
        for one in found.channels:
            titles = room.titles(one.path)
            assert one.shown == len(titles)
            assert one.position == (titles.index(found.title) + 1 if found.title in titles else 0)
            assert not one.pending
    behind = entry(room, "articles/n0.md")
    assert (seat(behind, "all").position, seat(behind, "all").ahead, seat(behind, "all").leaves) == (0, 4, None)
    assert seat(behind, "topics/sea").position == 2
    leaves = seat(entry(room, "articles/n2.md"), "all").leaves
    assert leaves is not None
    assert (leaves.newer, leaves.after) == (1, None)
    room.article("n5.md", publishedDateTime="2026-10-15T08:00:00Z")
    room.run()
    assert seat(entry(room, "articles/n2.md"), "all").position == 0


def test_a_window_that_bytes_end_says_so(room: Newsroom) -> None:
    room.configure(f"{CONFIG}window: {{at_least: 1, max_size: 10 KB}}\n")
    for number in range(4):
        room.article(f"n{number}.md", publishedDateTime=f"2026-10-2{number}T08:00:00Z", body="word " * 1000)
    room.run()
    shown, behind = (seat(entry(room, f"articles/n{number}.md"), "all") for number in (3, 0))
    assert (shown.position, shown.shown, shown.by_size) == (1, len(room.titles()), True)
    assert (behind.position, behind.ahead, behind.by_size) == (0, 3, True)


def test_what_one_might_look_for_in_vain_is_named(room: Newsroom) -> None:
    room.configure(f"{CONFIG}topics: [{{name: Artificial Intelligence, also: [AI]}}]\nproviders: {{feeds_from: 2}}\n")
    room.article("a.md", topics=["artificial intelligence", "ai"])
    room.run()
    found = entry(room, "articles/a.md")
    assert [(one.path, one.because) for one in found.not_in] == [
        ("a topic ai", "`topics.also` says that it means Artificial Intelligence"),
        ("providers/harbour.example", "1 of the 2 entries that `providers.feeds_from` wants"),
    ]
    room.configure(WITH_PAGES)
    room.run()
    assert [(one.path, one.because) for one in entry(room, "articles/a.md").not_in] == [
        (
            "index.html",
            "providers/harbour.example has 1 of the 3 entries that `providers.list_from` wants; its feed is there",
        )
    ]
    assert [one.path for one in found.channels] == ["all", "topics/artificial-intelligence"]


def test_related_links_say_whose_they_are_and_who_names_whom(room: Newsroom) -> None:
    other = related("x", title="The third", quality=80)
    room.configure(f"{CONFIG}related: {{show: 3}}\n")
    room.article("a.md", related=[other, related("b", quality=70), related("d"), related("y", quality=1)])
    room.article("b.md", quality=70, related=[related("a")])
    room.article("c.md", quality=60, related=[related("a")])
    room.article("d.md", quality=20)
    room.run()
    found = entry(room, "articles/a.md")
    assert [(one.title, one.ours, one.names, one.named_by) for one in found.related] == [
        ("The third", "", True, False),
        ("Title of b", "articles/b.md", True, True),
        ("Title of c", "articles/c.md", False, True),
    ]
    assert found.related_more == 2
    assert [place for place, _ in reasons(room, "https://www.harbour.example/x")] == ["https://www.harbour.example/a"]


def test_what_is_newer_than_the_feeds_is_said(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    assert entry(room, "articles/a.md").notes == ()
    room.configure(f"{CONFIG}topics: [{{name: Ocean, also: [Sea]}}]\n")
    assert entry(room, "articles/a.md").notes[-1].startswith("the configuration changed")
    with sqlite.opened(room.state, timedelta(0)) as store:
        store.entries.settle(room.loaded().rules, room.now)  # a pass that got no further
    assert entry(room, "articles/a.md").notes == ()
    assert [one.path for one in entry(room, "articles/a.md").not_in] == ["a topic Sea", "topics/ocean"]
    room.run()
    manifest = (room.state / "manifest.json").read_bytes()
    room.article("a.md", title="Other")
    room.run()
    assert not seat(entry(room, "Other"), "all").pending
    (room.state / "manifest.json").write_bytes(manifest)  # as a pass leaves it that was ended before its last word
    assert seat(entry(room, "Other"), "all").pending


def test_an_entry_of_a_feed_file_is_found_by_that_file(room: Newsroom) -> None:
    room.configure(f"{CONFIG}feeds_from: [{{path: feeds}}]\n")
    (room.folder / "config" / "feeds").mkdir()
    for name, items in (("one", names(1)), ("two", names(2, first=1)), ("none", [])):
        (room.folder / "config" / "feeds" / f"{name}.xml").write_bytes(rss(*items))
    room.run()
    assert entry(room, "feeds/one.xml").href == "https://www.pier.example/n00"
    choices = ask(room, "config/feeds/two.xml").choices
    assert [entry(room, one.name).title for one in choices] == ["Pier on n02", "Pier on n01"]
    assert reasons(room, "feeds/none.xml") == [("feeds/none.xml", "a feed file without entries that could be taken")]


def test_an_id_that_an_entry_took_along_and_its_old_address_are_told_apart(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    room.article("a.md", originalUrl="https://www.harbour.example/new")
    room.article("b.md", originalUrl="https://www.harbour.example/a")
    room.run()
    choices = ask(room, "https://www.harbour.example/a").choices
    assert {entry(room, one.name).title for one in choices} == {"Title of a", "Title of b"}
    assert entry(room, "articles/b.md").identity.because == "another entry had that of its address before; it stays"


def test_all_of_an_answer_is_of_one_state_whatever_a_pass_does_meanwhile(room: Newsroom) -> None:
    room.article("a.md")
    room.article("b.md")
    room.run()
    room.run()
    key = "https://www.harbour.example/a"
    with sqlite.looked_into(room.state) as store:
        with store.inquiry.at_once():
            before = store.entries.entries([key])
            room.remove("a.md")
            room.run()
            assert store.entries.entries([key]) == before != {}
        assert store.entries.entries([key]) == {}
