"""A daemon beside servers of others, feeds and hubs, that hang or are slow: no file of ours waits for them."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
from daemons import FEED, Running, command, until
from loopback import Loopback, Talk, answer
from newsroom import CONFIG, Newsroom

pytestmark = pytest.mark.no_cover  # other processes do the work


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    for number in range(5):
        room.article(f"a{number}.md")
    return room


def test_an_upstream_that_hangs_delays_no_file_and_no_end(room: Newsroom) -> None:
    with Loopback({"/pier": answer(FEED, "Content-Type: application/rss+xml"), "/hangs": Talk.hang}) as server:
        urls = "".join(f"  - {{url: '{server.url(path)}', private: true}}\n" for path in ("/pier", "/hangs"))
        room.configure(f"{CONFIG}upstream:\n{urls}")
        with Running(room) as running:
            running.told("READY=1")
            until(lambda: any(seen.path == "/hangs" for seen in server.seen))
            room.article("new.md")
            running.until(lambda: "Title of new" in room.titles())
            started, children = time.monotonic(), running.children()
            assert children  # one that parses, and who started it
            running.send(signal.SIGTERM)
            assert running.ended() == 0
            assert time.monotonic() - started < 5
            until(lambda: not any(Path(f"/proc/{pid}").exists() and _is_alive(pid) for pid in children))


def test_a_hub_that_hangs_delays_no_file_and_is_told_of_the_news_when_it_is_back(room: Newsroom) -> None:
    with Loopback({"*": Talk.hang}) as hub:
        room.configure(f"{CONFIG}hub: {hub.url('/')}\n")
        with Running(room) as running:
            running.told("READY=1")
            room.article("a0.md", title="News")
            running.until(lambda: "News" in room.titles())
            until(lambda: bool(hub.seen))
            room.article("a0.md", title="More news")
            began = time.monotonic()
            running.until(lambda: "More news" in room.titles())
            assert time.monotonic() - began < 9  # before the hub's time is up
            running.send(signal.SIGTERM)
            assert running.ended(5) == 0
    with Loopback({"*": answer(status="204 Fine")}) as hub:
        room.configure(f"{CONFIG}hub: {hub.url('/')}\n")
        with Running(room) as running:
            running.told("READY=1")
            room.article("a0.md", title="Still more")
            running.until(lambda: "Still more" in room.titles())
            running.until(lambda: not json.loads((room.state / "manifest.json").read_text(encoding="utf-8"))["owed"])
        assert {seen.path for seen in hub.seen} == {"/"}


def test_a_slow_hub_is_told_of_each_feed_once_however_many_passes_there_are(room: Newsroom) -> None:
    def slow(talk: Talk) -> None:
        talk.over.wait(0.3)
        talk.send(answer(status="204 Fine"))

    with Loopback({"*": slow}) as hub:
        room.configure(f"{CONFIG}hub: {hub.url('/')}\n")
        with Running(room) as running:
            running.told("READY=1")
            room.article("a0.md", title="News")
            running.until(lambda: "News" in room.titles())
            until(lambda: bool(hub.seen))
            for _ in range(3):
                running.send(signal.SIGUSR1)
                running.logged("pass done")
            manifest = room.state / "manifest.json"
            running.until(lambda: not json.loads(manifest.read_text(encoding="utf-8"))["owed"])
        assert len(hub.seen) == 9  # three channels in three formats


def test_what_upstream_feeds_bring_is_published_and_they_are_asked_once(room: Newsroom) -> None:
    with Loopback({"/pier": answer(FEED, "Content-Type: application/rss+xml")}) as server:
        room.configure(f"{CONFIG}upstream: [{{url: '{server.url('/pier')}', private: true}}]\n")
        with Running(room) as running:
            running.until(lambda: "From the pier" in (room.titles() if room.out.exists() else []))
            command(room, "poke")
            running.logged("asked for a pass")
            running.logged("pass done")
            running.send(signal.SIGKILL)
            running.ended()
        before = room.output()
        with Running(room) as running:  # begun again: nothing is announced anew, nobody asked before it is time
            running.told("READY=1")
            command(room, "poke")
            running.logged("asked for a pass")
            running.logged("pass done")
        assert room.output() == before
        assert len(server.seen) == 1


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
