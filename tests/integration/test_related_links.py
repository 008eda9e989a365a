from __future__ import annotations

import pytest
from newsroom import Newsroom, related

from aggregator.store import sqlite


def links(room: Newsroom, title: str) -> list[str]:
    item = room.item(title)
    return [link["title"] for link in item.get("_aggregator", {"related": []})["related"]]


def test_an_article_that_we_hold_shows_our_words(room: Newsroom) -> None:
    room.article("a.md", related=[related("b.md", title="Stale")])
    room.article("b.md", title="Fresh")
    report = room.run()
    assert links(room, "Title of a") == ["Fresh"]
    assert (report.totals.links, report.totals.own_links) == (2, 2)


def test_an_article_that_names_us_is_linked_back(room: Newsroom) -> None:
    room.article("a.md", related=[related("b.md")])
    room.article("b.md")
    room.run()
    assert links(room, "Title of b") == ["Title of a"]


def test_an_article_that_we_do_not_hold_shows_the_words_it_was_given_with(room: Newsroom) -> None:
    room.article("a.md", related=[related("b.md", title="Elsewhere")])
    room.run()
    assert links(room, "Title of a") == ["Elsewhere"]


def test_an_amp_address_leads_to_the_entry(room: Newsroom) -> None:
    cache = "https://www-harbour-example.cdn.ampproject.org/c/s/www.harbour.example/b/amp"
    room.article("a.md", related=[{"title": "Stale", "webUrl": cache}])
    room.article("b.md", title="Fresh", ampWebUrl="https://www.harbour.example/b/amp", cdnAmpWebUrl=cache)
    room.run()
    assert links(room, "Title of a") == ["Fresh"]


def test_self_references_and_repeats_go(room: Newsroom) -> None:
    twice = {"title": "Again", "webUrl": "http://www.harbour.example/b?utm_source=x"}
    room.article("a.md", related=[related("a.md"), related("b.md"), twice])
    room.run()
    assert links(room, "Title of a") == ["Title of b"]


def test_best_quality_comes_first_then_the_key_and_the_list_is_cut(room: Newsroom) -> None:
    given = [
        related(f"{name}.md", quality=quality)
        for name, quality in zip("hgfedcb", (1, 9, 5, 5, 7, None, 2), strict=True)
    ]
    room.article("a.md", related=given)
    room.run()
    assert links(room, "Title of a") == [f"Title of {name}" for name in "gdefb"]
    extension = room.item("Title of a")["_aggregator"]
    assert extension["more"] == 2
    assert "<p>and 2 more</p>" in room.item("Title of a")["content_html"]


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Other"},
        {"quality": 99},
        {"provider": {"name": "Other", "domain": "other.example"}},
        {"originalUrl": "https://www.harbour.example/moved"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_neighbour_that_changes_is_shown_as_it_is_now_and_re_dates_nobody(
    room: Newsroom, change: dict[str, object]
) -> None:
    room.article("a.md", title="A", topics=["Naming"], related=[related("b.md"), related("c.md", quality=60)])
    room.article("b.md")
    room.run()
    before = room.item("A")
    room.article("b.md", **change)
    report = room.run()
    after = room.item("A")
    assert after["_aggregator"]["related"] != before["_aggregator"]["related"]
    assert after["date_modified"] == before["date_modified"]
    assert "topics/naming" not in report.published.news


def test_a_back_link_shows_the_one_that_names_us_as_it_is_now(room: Newsroom) -> None:
    room.article("a.md", related=[related("b.md")])
    room.article("b.md")
    room.run()
    room.article("a.md", title="New words", related=[related("b.md")])
    room.run()
    assert links(room, "Title of b") == ["New words"]


def test_an_alias_is_nothing_beside_the_key_of_an_entry_of_ours(room: Newsroom) -> None:
    room.article("a.md", related=[related("c.md", title="As given")])
    room.article("b.md", ampWebUrl="https://www.harbour.example/c")
    room.run()
    assert links(room, "Title of a") == ["Title of b"]
    assert links(room, "Title of b") == ["Title of a"]
    room.article("c.md", title="C itself")
    room.run()
    assert links(room, "Title of a") == ["C itself"]
    assert links(room, "Title of b") == []
    assert links(room, "C itself") == ["Title of a"]


def test_a_neighbour_that_is_gone_falls_back_to_the_words_it_was_given_with(room: Newsroom) -> None:
    room.article("a.md", related=[related("b.md", title="As given")])
    room.article("b.md", title="Ours")
    room.article("c.md")
    room.run()
    room.remove("b.md")
    room.run()
    assert links(room, "Title of a") == ["As given"]


def test_only_the_channels_that_show_a_change_are_written(room: Newsroom) -> None:
    room.article("a.md", topics=["Naming"], related=[related("b.md")])
    room.article("b.md", topics=["Named"])
    room.article("c.md", topics=["Apart"], provider={"name": "Apart", "domain": "apart.example"})
    room.run()
    before = room.output()
    room.article("b.md", title="Other", topics=["Named"])
    room.run()
    after = room.output()
    written = {path.partition(".")[0] for path in after if after[path] != before[path]}
    assert written == {"all", "topics/naming", "topics/named", "providers/harbour"}


def test_a_clique_of_259_settles_again_after_one_change(room: Newsroom) -> None:
    names = [f"n{number:03}.md" for number in range(259)]
    for name in names:
        room.article(name, related=[related(other, title="x") for other in names if other != name])
    room.run()
    room.article("n000.md", title="Changed", related=[])
    report = room.run()
    assert report.settled.changed == 259
    with sqlite.opened(room.state, room.now - room.now) as store:
        assert store.entries.totals().own_links == 259 * 258
