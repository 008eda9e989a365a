"""Why something that is known gives no entry, or not what one would expect: rules, faults, feeds, what is held."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from asking import ask, entry, reasons
from following import Site, names
from loopback import Loopback
from newsroom import CONFIG, Newsroom

from aggregator.core.health import Wish
from aggregator.store import sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BAY = {"name": "Bay Post", "domain": "bay.example"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Loopback({}) as server:
        yield Site(tmp_path, server)


def test_rules_are_named_that_gave_topics_or_left_a_copy_out(room: Newsroom) -> None:
    rules = [
        {"drop": {"any": [{"words": "Sponsored Post"}, {"matches": {"address": "/ads?/"}}]}},
        {"if": {"provider": "Bay Post", "not": {"kind": "video"}}, "then": {"topics": ["Local"]}},
        {"keep": {"min_quality": 10}},
    ]
    room.configure(
        CONFIG.replace("path: articles", f"path: articles\n    topics: [Own]\n    rules: {json.dumps(rules)}")
    )
    same = {"originalUrl": "https://www.harbour.example/a", "provider": BAY}
    room.article("a.md", heat=-1, **same)
    room.article("b.md", title="A sponsored post", **same)
    room.article("c.md", quality=5)
    room.run()
    found = entry(room, "articles/b.md")
    drop = "left out by rule 1 of articles: drop: {any: [{words: [sponsored post]}, {matches: {address: '/ads?/'}}]}"
    assert [(one.location, one.left_out) for one in found.copies] == [("articles/a.md", ""), ("articles/b.md", drop)]
    tag = "rule 2 of articles, if: {all: [{not: {kind: [video]}}, {provider: [bay post]}]}, then: {topics: [Local]}"
    assert [(one.spelling, one.given_by) for one in found.topics] == [
        ("Sea", ("articles/a.md",)),
        ("Own", ("the configuration of articles",)),
        ("Local", (tag,)),
    ]
    assert found.notes == ("heat -1 (not the lead of its story): no rule reads it",)
    kept = [("articles/c.md", "left out by rule 3 of articles: keep: {min_quality: 10}")]
    for what in ("articles/c.md", "https://www.harbour.example/c", "Title of c"):
        assert reasons(room, what) == kept
    room.configure(CONFIG)
    place, text = reasons(room, "articles/c.md")[-1]
    assert (place, text.startswith("the configuration changed")) == ("", True)


def test_a_file_that_gives_no_entry_says_why(room: Newsroom) -> None:
    room.article("draft.md", draft=True)
    room.article("removed.md", removed=True)
    room.write("readme.md", "No fence.")
    room.write("faulty.md", "---\ntitle: One: two\n---\n")
    room.article("gone.md")
    room.article("later.md")
    room.run()
    room.remove("gone.md")
    room.article("later.md", draft=True)
    room.article(".hidden.md")
    room.run()
    room.article("new.md")
    said = {name: reasons(room, f"articles/{name}.md")[0][1] for name in ("draft", "removed", "readme", "faulty")}
    assert said["draft"].startswith("a draft (`draft: true`)")
    assert said["removed"].startswith("removed (`removed: true`)")
    assert said["readme"] == "no line `---` at its start: no article, passed over"
    assert said["faulty"].endswith("Not published.")
    assert reasons(room, "articles/.hidden.md")[0][1].startswith("a name that starts with a dot")
    assert reasons(room, "config/articles/new.md") == [("articles/new.md", "not read yet: the next run reads it")]
    ((place, text),) = reasons(room, "https://www.harbour.example/gone")
    assert place == "articles/gone.md"
    assert text.startswith("gone; was the entry https://www.harbour.example/gone, first seen ")
    ((place, text),) = reasons(room, "https://www.harbour.example/later")
    assert place == "articles/later.md"
    assert "; now a draft (`draft: true`)" in text


def test_a_faulty_file_whose_last_version_stays_is_explained_with_its_fault(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    room.write("a.md", "---\ntitle: One: two\n---\n")
    room.run()
    (copy,) = entry(room, "articles/a.md").copies
    assert copy.faults[0].startswith("articles/a.md:2:")
    assert copy.faults[0].endswith("stays published.")


def test_what_a_feed_dropped_or_left_behind_says_why(site: Site) -> None:
    site.follow("name: pier, backlog: 1")
    site.gives(*names(3), {"name": "none", "link": "mailto:me@pier.example"})
    site.run()
    ((place, text),) = reasons(site.room, "guid none")
    assert (place, text.startswith("dropped from the last document of this feed: ")) == ("pier", True)
    old = entry(site.room, "https://www.pier.example/n00")
    assert old.channels == ()
    assert [one.path for one in old.not_in] == ["any feed"]
    assert old.not_in[0].because.startswith("it was old stock")


def test_what_is_held_says_so_and_how_it_is_let_in(site: Site) -> None:
    site.follow("name: pier, backlog: 20")
    site.gives(*names(12))
    site.run()
    moved = [
        {**one, "link": f"https://new.pier.example/{one['name']}/{number}", "guid": None}
        for number, one in enumerate(names(12))
    ]
    for one in moved:
        one["pubDate"] = one["pubDate"].replace(":00:00", ":00:01")
    site.gives(*moved)
    site.run()
    ((place, text),) = reasons(site.room, "https://new.pier.example/n00/0")
    assert place == "pier"
    assert text.startswith("held: 12 of 12 new entries")
    assert text.endswith("`aggregator sources accept pier` lets it in")


def test_removals_that_are_held_and_new_files_that_wait_are_named(room: Newsroom) -> None:
    for number in range(30):
        room.article(f"a{number:02}.md", title=f"Storm number {number}")
    room.run()
    for number in range(25):
        room.remove(f"a{number:02}.md")
    room.run()
    (copy,) = entry(room, "articles/a00.md").copies
    assert copy.trouble.startswith("articles is held: 25 of 30 files are gone (more than half at once)")
    for number in range(25):
        room.article(f"b{number:02}.md", title=f"Storm number {number}")
    room.run()
    ((place, text),) = reasons(room, "articles/b00.md")
    assert place == "articles/b00.md"
    assert text.startswith("not read yet: the next run reads it; articles is held: ")


def test_nothing_at_all_names_where_it_may_wait(room: Newsroom) -> None:
    answer = ask(room, "https://nowhere.example/")
    assert not answer.is_known
    assert [one.text for one in answer.reasons] == ["no run has published anything yet: `aggregator run`"]
    room.write("faulty.md", "---\ntitle: One: two\n---\n")
    room.article("a.md")
    room.run()
    for what in ("https://nowhere.example/", "no such words", "…", "articles/none.md", "a\0b", "x" * 10_000):
        answer = ask(room, what)
        assert not answer.is_known
        assert [one.text for one in answer.reasons] == ["1 file is faulty; `aggregator check` names what is wrong"]


def test_what_waits_for_a_person_or_a_resumed_source_is_said_of_a_new_file(room: Newsroom) -> None:
    for number in range(12):
        room.article(f"a{number:02}.md", title=f"Storm number {number}")
    room.run()
    for number in range(12):
        room.article(f"b{number:02}.md", title=f"Storm number {number}", originalUrl=f"https://new.example/{number}")
    room.run()
    ((_, text),) = reasons(room, "articles/b00.md")
    assert text.startswith("not read yet: articles is held: 12 of 12 new articles")
    assert text.endswith("; `aggregator sources accept articles` if that is meant to be")
    with sqlite.beside(room.state) as store:
        store.health.make_wish("articles", Wish.PAUSE, room.now)
    paused = "articles is paused; `aggregator sources resume articles` goes on"
    assert reasons(room, "articles/b00.md") == [("articles/b00.md", f"not read yet: {paused}")]
    assert entry(room, "articles/a00.md").copies[0].trouble == paused
