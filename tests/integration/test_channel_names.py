"""A topic or provider without entries is called what it was called while it had some."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from newsroom import CONFIG, WITH_PAGES, Newsroom

from aggregator.store import ledger_text, sqlite

if TYPE_CHECKING:
    from pathlib import Path

TOPIC, PROVIDER = "topics/ocean-energy", "providers/coast-wire.example"
COAST_WIRE = {"name": "Coast Wire", "domain": "coast-wire.example"}


@pytest.fixture
def emptied(tmp_path: Path) -> Newsroom:
    """A site whose one topic and one provider lose their entries with the next run."""
    room = Newsroom(tmp_path / "site")
    room.configure(WITH_PAGES)
    room.article("a.md", topics=["Ocean Energy"], provider=COAST_WIRE)
    room.article("b.md", topics=[])
    room.run()
    room.remove("a.md")
    return room


def title(room: Newsroom, path: str) -> str:
    document: dict[str, Any] = json.loads(room.output()[f"{path}.json"])
    assert document["items"] == []
    return str(document["title"])


def titles(room: Newsroom) -> tuple[str, str]:
    return title(room, TOPIC), title(room, PROVIDER)


NAMES = ("Ocean Energy – Test News", "Coast Wire – Test News")


def downgrade(room: Newsroom) -> None:
    """Make the state one of before channels had names in it."""
    with closing(sqlite3.connect(room.state / sqlite.FILE)) as state:
        state.execute("ALTER TABLE ledger_channel DROP COLUMN label")
        state.execute("PRAGMA user_version = 6")
    (room.state / ledger_text.FILE).write_text(without_labels(room), encoding="utf-8")


def without_labels(room: Newsroom) -> str:
    rows = map(json.loads, (room.state / ledger_text.FILE).read_text(encoding="utf-8").splitlines())
    return "".join(f"{json.dumps({key: row[key] for key in row if key != 'label'})}\n" for row in rows)


def test_a_channel_keeps_its_name_when_its_last_entry_leaves(emptied: Newsroom) -> None:
    emptied.run()
    assert titles(emptied) == NAMES
    for page in ("index.html", "feeds.opml"):
        text = emptied.output()[page].decode()
        assert "Ocean Energy" in text
        assert ">ocean-energy" not in text
    once = emptied.output()
    emptied.run(full=True)
    assert emptied.output() == once


def test_the_name_is_in_the_text_of_the_ledger(emptied: Newsroom) -> None:
    emptied.run()
    (emptied.state / sqlite.FILE).unlink()
    emptied.run()
    assert titles(emptied) == NAMES


def test_the_configuration_has_the_last_word(emptied: Newsroom) -> None:
    emptied.run()
    emptied.configure(f"{WITH_PAGES}topics: [{{name: Energy of the Sea, also: [x]}}, {{name: OCEAN energy}}]\n")
    emptied.run()
    assert titles(emptied) == ("OCEAN energy – Test News", NAMES[1])


def test_a_new_name_is_taken_with_the_next_entry(emptied: Newsroom) -> None:
    emptied.run()
    emptied.article("c.md", topics=["Ocean energy"], provider={**COAST_WIRE, "name": "The Coast Wire"})
    emptied.run()
    emptied.remove("c.md")
    emptied.run()
    assert titles(emptied) == ("Ocean energy – Test News", "The Coast Wire – Test News")


def test_a_state_of_before_is_told_the_names_that_it_shows(emptied: Newsroom) -> None:
    downgrade(emptied)
    emptied.run()
    assert titles(emptied) == NAMES
    assert '"label":"Ocean Energy"' in (emptied.state / ledger_text.FILE).read_text(encoding="utf-8")


def test_a_state_of_before_is_brought_up_to_date_without_writing_a_feed(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.configure(CONFIG)
    room.article("a.md")
    room.run()
    once = room.output()
    downgrade(room)
    assert room.run().published.written == 0
    assert room.output() == once


def test_a_text_of_before_is_taken_in(emptied: Newsroom) -> None:
    emptied.article("a.md", topics=["Ocean Energy"], provider=COAST_WIRE)
    (emptied.state / ledger_text.FILE).write_text(without_labels(emptied), encoding="utf-8")
    (emptied.state / sqlite.FILE).unlink()
    emptied.run()
    emptied.remove("a.md")
    emptied.run()
    assert titles(emptied) == NAMES
