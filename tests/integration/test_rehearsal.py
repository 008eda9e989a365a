"""A dry run says what a run would do to each feed, and leaves no trace."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from newsroom import CONFIG, Newsroom, related

from aggregator.errors import StateMissing, StoreError, UnknownSource
from aggregator.options import Options
from aggregator.run.rehearsal import rehearse
from aggregator.store import sqlite

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.publish.changes import Change, Titles
    from aggregator.run import Report


@pytest.fixture(params=["[atom, rss, json]", "[rss]", "[json]"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.configure(CONFIG.replace("[atom, rss, json]", request.param))
    return room


def rehearsed(room: Newsroom, **options: Any) -> Report:
    """Rehearse the pass that would come an hour after the last one, and see that nothing changed on the disk."""
    before = trace(room)
    report = rehearse(room.loaded(), room.now + timedelta(hours=1), Options(**options), lambda *_: None)
    assert trace(room) == before
    return report


def trace(room: Newsroom) -> dict[str, tuple[int, int, bytes]]:
    """Return all that there is in the site's folder: sizes, mtimes and bytes."""
    return {
        str(path): (path.stat().st_size, path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(room.folder.rglob("*"))
        if path.is_file()
    }


def changes(report: Report) -> dict[str, Change]:
    return {change.path: change for change in report.published.changes}


def titles(listed: Titles) -> list[str]:
    return [title for _, title in listed]


def test_a_first_run_is_rehearsed_with_nothing_there(room: Newsroom) -> None:
    room.article("a.md")
    report = rehearsed(room)
    assert not room.out.exists()
    assert not room.state.exists()
    found = changes(report)
    assert sorted(found) == ["all", "providers/harbour.example", "topics/sea"]
    assert titles(found["all"].added) == ["Title of a"]
    assert found["all"].before is None
    assert report.first
    assert report.published.written == 3 * len(room.loaded().formats)


def test_what_is_rehearsed_is_what_happens(room: Newsroom) -> None:
    for name in ("a", "b", "c", "d"):
        room.article(f"{name}.md", topics=["Sea", name], related=[related("b.md")])
    room.run()
    assert rehearsed(room).published.changes == ()
    room.article("a.md", title="Other words", topics=["Sea", "a"], related=[related("b.md")])
    room.article(
        "b.md", quality=77, topics=["Sea", "b"], related=[related("b.md")], images=[{"url": "https://i.example/x"}]
    )
    room.article("e.md", topics=["Sea"])
    room.remove("c.md")
    foreseen = rehearsed(room)
    sea = changes(foreseen)["topics/sea"]
    assert titles(sea.added) == ["Title of e"]
    assert titles(sea.edited) == ["Other words"]
    assert titles(sea.removed) == ["Title of c"]
    assert "Title of b" in titles(sea.redrawn)
    assert sea.before is not None
    assert sea.updated == room.now + timedelta(hours=1) > sea.before
    looks = changes(foreseen)["topics/b"]
    assert titles(looks.redrawn) == ["Title of b"]
    assert looks.updated == looks.before
    done = room.run()
    assert (done.published.written, done.published.news) == (foreseen.published.written, foreseen.published.news)
    assert done.settled == foreseen.settled


def test_a_feed_that_the_configuration_retires_is_said(room: Newsroom) -> None:
    room.article("a.md", topics=["Sea", "Ocean"])
    room.run()
    room.configure(room.config_file.read_text() + "topics: [{name: Sea, also: [Ocean]}]\n")
    report = rehearsed(room)
    ocean = changes(report)["topics/ocean"]
    assert (ocean.retired, titles(ocean.removed)) == (True, ["Title of a"])
    assert report.published.removed == len(room.loaded().formats)


def test_what_would_be_held_is_held_in_a_rehearsal_too(room: Newsroom) -> None:
    for number in range(30):
        room.article(f"a{number}.md")
    room.run()
    for number in range(25):
        room.remove(f"a{number}.md")
    assert rehearsed(room).gathered.held[0].gone == 25
    assert rehearsed(room, accept_removals=frozenset({"articles"})).settled.removed == 25
    with pytest.raises(UnknownSource, match="no source is called x; there is: articles"):
        rehearsed(room, accept_removals=frozenset({"x"}))


def test_a_rehearsal_stops_where_a_run_would(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    for path in room.state.iterdir():
        path.unlink()
    with pytest.raises(StateMissing, match=f"no state at {room.state}, but "):
        rehearsed(room)
    assert rehearsed(room, start_over=True).first


def test_a_rehearsal_beside_a_pass_sees_what_was_committed(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    room.article("b.md")
    loaded = room.loaded()
    with sqlite.opened(loaded.state, timedelta(0)):
        report = rehearse(loaded, room.now, Options(), lambda *_: None)
    assert titles(changes(report)["all"].added) == ["Title of b"]


def test_a_state_that_is_written_to_all_the_time_is_copied_as_a_commit_left_it(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.article("a.md")
    room.run()
    room.article("b.md")
    database = room.state / sqlite.FILE
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        copyfile = "aggregator.store.snapshot.shutil.copyfile"
        monkeypatch.setattr(copyfile, lambda *_: other.execute("UPDATE clock SET revision = revision + 1"))
        report = rehearse(room.loaded(), room.now, Options(), lambda *_: None)
    assert titles(changes(report)["all"].added) == ["Title of b"]


def test_a_state_that_cannot_be_read_is_said(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    database = room.state / sqlite.FILE
    database.unlink()
    database.mkdir()
    with pytest.raises(StoreError, match=str(database)):
        rehearse(room.loaded(), room.now, Options(), lambda *_: None)
