from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from newsroom import CONFIG, Newsroom, related

from aggregator.registry import format_named
from aggregator.store import sqlite

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.core.model import Entry
    from aggregator.formats import Format, Style
    from aggregator.formats.content import Content

Rendered = Counter[tuple[str, str]]


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    for number in range(6):
        room.article(f"a{number}.md", topics=["Sea", f"Topic {number}"], related=[related("a0.md")])
    return room


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> Rendered:
    """Return how often each entry was rendered in each format."""
    counts: Rendered = Counter()

    def watched(name: str) -> Format:
        form = format_named(name)

        def fragment(entry: Entry, content: Content, style: Style) -> bytes:
            counts[(name, entry.title)] += 1
            return form.fragment(entry, content, style)

        return form._replace(fragment=fragment)

    monkeypatch.setattr("aggregator.publish.press.format_named", watched)
    return counts


def test_an_entry_is_rendered_once_for_each_format_however_many_channels_it_is_in(
    room: Newsroom, rendered: Rendered
) -> None:
    room.run()
    assert set(rendered.values()) == {1}
    assert len(rendered) == 6 * 3


def test_what_did_not_change_is_not_rendered_again(room: Newsroom, rendered: Rendered) -> None:
    room.run()
    rendered.clear()
    room.article("a3.md", title="New words", topics=["Sea", "Topic 3"], related=[related("a0.md")])
    room.run()
    assert {title for _, title in rendered} == {"New words", "Title of a0"}  # a0 shows who names it


def test_a_pass_without_news_does_not_even_look_at_what_was_rendered(room: Newsroom, rendered: Rendered) -> None:
    room.run()
    rendered.clear()
    with sqlite.opened(room.state, timedelta(0)) as store:
        store.entries.forget_fragments()
    room.run()
    assert not rendered


@pytest.mark.parametrize(
    "text",
    [
        "related: {show: 1}\n",
        "related: {atom_links: false}\n",
        "entry: {title: '{title} ({provider})'}\n",
        "entry: {image: false}\n",
        "text: {read: 'Go to {provider}'}\n",
        "topics: [{name: Sea, slug: ocean}]\n",
    ],
)
def test_what_a_fragment_shows_of_the_configuration_renders_it_again(
    room: Newsroom, rendered: Rendered, text: str
) -> None:
    room.run()
    rendered.clear()
    room.configure(CONFIG + text)
    room.run()
    changed = room.output()
    assert rendered
    room.run_again(full=True)
    assert room.output() == changed


@pytest.mark.parametrize(
    "text", ["icon: https://i.example/x.png\n", "author: Somebody\n", "hub: https://hub.example/\n"]
)
def test_what_only_heads_show_renders_no_entry_again(room: Newsroom, rendered: Rendered, text: str) -> None:
    room.run()
    rendered.clear()
    room.configure(CONFIG + text)
    report = room.run()
    assert report.published.written > 0
    assert not rendered


def test_what_was_rendered_of_entries_that_left_every_window_goes_in_the_end(
    tmp_path: Path, rendered: Rendered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aggregator.publish.fragments._LEAST", 10)
    monkeypatch.setattr("aggregator.publish.fragments.PAGE", 1)
    room = Newsroom(tmp_path / "site")
    room.configure(CONFIG + "window: {entries: 2, days: 1, at_least: 1}\n")
    room.article("rare.md", topics=["Rare"], publishedDateTime="2026-01-01T08:00:00Z")
    for day in range(1, 29):
        room.article(f"a{day}.md", publishedDateTime=f"2026-10-{day:02}T08:00:00Z")
        room.run()
    with sqlite.opened(room.state, timedelta(0)) as store:
        assert store.entries.count_fragments() <= 20
    rendered.clear()
    room.remove("a28.md")
    room.run()
    assert not rendered  # what comes next is still there
    room.remove("rare.md")
    room.article("rare.md", topics=["Rare", "Sea"], publishedDateTime="2026-01-01T08:00:00Z")
    room.article("a28.md", publishedDateTime="2026-10-28T08:00:00Z")
    room.run()
    assert {title for _, title in rendered} <= {"Title of rare", "Title of a28"}
    before = room.output()
    room.run_again(full=True)
    assert room.output() == before
