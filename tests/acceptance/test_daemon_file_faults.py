"""What a daemon says of files that break and are mended: once, by name, and not a thousand lines."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from daemons import Running
from newsroom import CONFIG, Newsroom

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.no_cover  # other processes do the work

WATCHLESS = f"{CONFIG}schedule: {{watch: false}}\n"
BROKEN = "---\ntitle: One: two\n---\n"


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.configure(WATCHLESS)
    room.article("good.md")
    room.article("grid.md")
    return room


def test_a_file_that_breaks_is_named_once_and_again_only_when_it_is_broken_otherwise(room: Newsroom) -> None:
    with Running(room) as running:
        running.told("READY=1")
        room.write("grid.md", BROKEN)
        assert "WARNING a file has a fault place=articles/grid.md:2:" in said_by_a_pass(running)
        assert said_by_a_pass(running) == ""
        room.write("grid.md", "---\ntitle: [\n---\n")
        said = said_by_a_pass(running)
        assert "place=articles/grid.md:3:1" in said
        assert "never closed" in said
        room.article("grid.md")
        assert "INFO    a file has no fault any more place=articles/grid.md\n" in said_by_a_pass(running)
        running.send(signal.SIGTERM)
        assert running.ended() == 0
    assert running.everything().count("a file has") == 3


def test_a_feed_file_that_breaks_is_named_as_well(room: Newsroom) -> None:
    feeds = room.folder / "config" / "feeds"
    feeds.mkdir()
    room.configure(f"{WATCHLESS}feeds_from: [{{path: feeds}}]\n")
    with Running(room) as running:
        running.told("READY=1")
        (feeds / "pier.xml").write_text("<rss><channel>", encoding="utf-8")
        assert "WARNING a file has a fault place=feeds/pier.xml" in said_by_a_pass(running)


def test_of_a_thousand_broken_files_some_are_named_and_the_others_counted(room: Newsroom) -> None:
    for number in range(1_000):
        room.write(f"b{number:04}.md", BROKEN)
    with Running(room) as running:
        running.told("READY=1")
        running.logged("first pass done")
        said = [line for line in running.lines if "fault" in line and "WARNING" in line]
        assert len(said) == 11
        assert 'more faults in files count=990 look="aggregator check -v"' in said[-1]
        assert said_by_a_pass(running) == ""


def said_by_a_pass(running: Running) -> str:
    """Return what is logged of files by the next pass that is asked for."""
    running.send(signal.SIGUSR1)
    running.logged("asked for a pass")
    start = len(running.lines)
    running.logged("pass done")
    return "".join(line for line in running.lines[start:] if "file" in line and "pass done" not in line)
