"""What a run has to tell its owner once, in one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from newsroom import CONFIG, Newsroom

from aggregator.cli.plan import notices

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.article("a.md")
    return room


def told(room: Newsroom) -> list[str]:
    return [one.strip() for one in notices(room.run(), room.loaded())]


def test_an_ordinary_run_has_nothing_to_tell(room: Newsroom) -> None:
    assert told(room) == []
    assert told(room) == []


@pytest.mark.parametrize(
    ("address", "redirect"),
    [
        ("https://new.example/", "return 301 https://new.example$request_uri;"),
        ("https://new.example/feeds/", "rewrite ^/(.*)$ https://new.example/feeds/$1 permanent;"),
    ],
)
def test_a_new_base_url_is_told_with_the_line_that_leads_readers_on(
    room: Newsroom, address: str, redirect: str
) -> None:
    told(room)
    before = room.item("Title of a")
    room.configure(CONFIG.replace("https://feeds.test.example/", address))
    assert told(room) == [
        f"note      base_url changed: 9 files with new addresses, ids stay; on the old host: {redirect}"
    ]
    assert room.item("Title of a")["id"] == before["id"]
    assert told(room) == []


def test_an_upgrade_that_rewrites_files_is_told(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    told(room)
    before = room.updated()
    for module in ("aggregator.publish.press", "aggregator.publish.fragments", "aggregator.cli.plan"):
        monkeypatch.setattr(f"{module}.__version__", "99.0")
    monkeypatch.setattr("aggregator.formats.jsonfeed._ABOUT", "https://elsewhere.example/")
    (line,) = told(room)
    assert line.startswith("note      3 files rewritten: program ")
    assert line.endswith(" -> 99.0; no entry's updated moved for it")
    assert room.updated() == before
    assert told(room) == []


def test_a_window_that_bytes_cut_short_is_told_with_what_to_do(room: Newsroom) -> None:
    room.configure(CONFIG + "window: {max_size: 30 KB, at_least: 1}\n")
    for number in range(30):
        room.article(
            f"b{number}.md",
            publishedDateTime=f"2026-10-{number + 1:02}T08:00:00Z",
            excerpt="word " * 400,
            topics=["Sea", "Wind", "Sails", "Ropes"],
        )
    lines = told(room)
    assert lines[0] == (
        "note      all shows 5 days, not 7 days: subscribers who poll less often miss entries; "
        "a larger window.max_size shows more"
    )
    assert lines[-1] == "note      and 3 more feeds as short"
    assert len(lines) == 4
    assert told(room) == []
