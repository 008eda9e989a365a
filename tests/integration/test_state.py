"""The state of a site: lost, older than what is published, damaged, held by another pass."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from newsroom import some_articles

from aggregator.errors import LockedError, StateMissing, StoreError
from aggregator.store import sqlite

if TYPE_CHECKING:
    from newsroom import Newsroom


def corrected(room: Newsroom) -> bytes:
    """Return the database as it was before the last of two passes, which found a correction."""
    some_articles(room)
    room.run()
    old = (room.state / "aggregator.db").read_bytes()
    room.article("a.md", title="Other")
    room.run()
    return old


def test_a_lost_state_is_built_again_from_the_text_of_the_ledger(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    room.article("a.md", title="Other", originalUrl="https://moved.example/")
    room.run()
    before = room.output()
    for name in ("aggregator.db", "manifest.json"):
        (room.state / name).unlink()
    room.run()
    assert room.output() == before


def test_feeds_without_a_state_are_not_announced_again_unasked(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    before = room.output()
    for path in room.state.iterdir():
        path.unlink()
    with pytest.raises(StateMissing, match=r"holds 15 feed files of ours: restore .*ledger\.jsonl"):
        room.run()
    assert room.output() == before
    room.run(start_over=True)
    assert len(room.output()) == len(before)


def test_an_older_state_never_turns_a_feeds_clock_back(room: Newsroom) -> None:
    old = corrected(room)
    latest = room.updated()
    (room.state / "aggregator.db").write_bytes(old)
    (room.state / "ledger.jsonl").unlink()
    room.run_again()
    assert room.updated() >= latest


def test_an_older_state_learns_what_the_text_of_the_ledger_knows(room: Newsroom) -> None:
    old = corrected(room)
    before = room.output()
    (room.state / "aggregator.db").write_bytes(old)
    room.run()
    assert room.output() == before


def test_a_torn_last_line_of_the_ledger_is_tolerated(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    with (room.state / "ledger.jsonl").open("ab") as file:
        file.write(b'{"revision":99,"kind":"en')
    room.article("d.md")
    room.run()
    before = room.output()
    rows = [json.loads(line) for line in (room.state / "ledger.jsonl").read_bytes().splitlines()]
    assert {row["kind"] for row in rows} == {"entry", "claim", "channel", "source", "commit"}
    (room.state / "aggregator.db").unlink()
    room.run()
    assert room.output() == before


def test_the_text_of_the_ledger_grows_with_changes_and_is_compacted(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aggregator.store.ledger_text._SLACK", 0)
    room.article("a.md")
    room.run()
    text = room.state / "ledger.jsonl"
    first = text.read_bytes()
    room.article("a.md", title="Other")
    room.run()
    assert text.read_bytes().startswith(first)
    sizes = set()
    for number in range(12):
        room.article("a.md", title=f"Title {number}")
        room.run()
        sizes.add(len(text.read_bytes().splitlines()))
    assert max(sizes) < 20


def test_a_pass_holds_the_state_alone(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    with sqlite.opened(room.state, timedelta(0)), pytest.raises(LockedError, match="another pass is running"):
        room.run()
    room.run()


def test_a_state_of_a_newer_program_is_refused_unharmed(room: Newsroom) -> None:
    room.run()
    with sqlite.opened(room.state, timedelta(0)) as store:
        store.entries._db.run("PRAGMA user_version = 999")  # noqa: SLF001
    with pytest.raises(StoreError, match="newer version"):
        room.run()


def test_a_damaged_state_is_said_with_the_cure(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    before = room.output()
    (room.state / "aggregator.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match=r"remove it: the next run rebuilds it"):
        room.run()
    (room.state / "aggregator.db").unlink()
    room.run()
    assert room.output() == before
