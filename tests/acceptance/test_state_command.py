"""A state that is gone, exported, imported, and told to forget."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from prompt import call

if TYPE_CHECKING:
    from newsroom import Newsroom


def test_feeds_without_a_state_ask_for_a_person(room: Newsroom) -> None:
    room.article("a.md")
    call(room, "run")
    for path in room.state.iterdir():
        path.unlink()
    done = call(room, "run")
    assert done.returncode == 1
    assert "--start-over (subscribers may see entries twice)" in done.stderr
    assert call(room, "run", "--start-over").returncode == 0


def test_the_ledger_goes_out_and_comes_in_again(room: Newsroom) -> None:
    room.article("a.md", publishedDateTime=None)
    room.article("b.md")
    call(room, "run")
    before = room.output()
    exported = call(room, "state", "export")
    assert exported.returncode == 0
    kinds = [json.loads(line)["kind"] for line in exported.stdout.splitlines()]
    assert kinds.count("entry") == 2
    assert kinds[-1] == "commit"
    (room.folder / "kept.jsonl").write_text(exported.stdout)
    for path in room.state.iterdir():
        path.unlink()
    assert call(room, "state", "import", "kept.jsonl").returncode == 0
    assert call(room, "run").returncode == 0
    assert room.output() == before


def test_a_forgotten_entry_gets_id_and_dates_anew(room: Newsroom) -> None:
    room.article("a.md")
    room.article("b.md")
    call(room, "run")
    room.article("a.md", originalUrl="https://moved.example/a", publishedDateTime="2026-10-22T08:00:00Z")
    call(room, "run")
    old = room.item("Title of a")["id"]
    assert old == "https://www.harbour.example/a"
    done = call(room, "state", "forget", old, "https://nowhere.example/")
    assert done.returncode == 1
    assert done.stderr == (
        "https://nowhere.example/: no entry has this id; feeds show it as id or guid\n"
        "1 entry forgotten; the next run gives id and dates anew\n"
    )
    call(room, "run")
    item = room.item("Title of a")
    assert (item["id"], item["date_published"]) == ("https://moved.example/a", "2026-10-22T08:00:00Z")
    (room.state / "aggregator.db").unlink()
    call(room, "run")
    assert room.item("Title of a") == item
