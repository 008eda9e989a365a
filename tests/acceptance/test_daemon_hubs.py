"""A daemon that tells hubs: what it says of them, and what is told twice where it ends in the middle."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from daemons import COMMAND, Running, command, until
from websub_hub import Asked, Hub, Reply, site_with_news

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsroom import Newsroom

pytestmark = pytest.mark.no_cover  # other processes do the work

FEEDS = 9  # three channels in three formats


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        yield hub


@pytest.fixture
def room(tmp_path: Path, hub: Hub) -> Newsroom:
    return site_with_news(tmp_path / "site", hub)


def slow(asked: Asked) -> Reply:
    time.sleep(0.15)
    assert asked.body
    return Reply(204)


def told(hub: Hub) -> Counter[str]:
    return Counter(asked.form["hub.url"] for asked in hub.asked)


def settled(room: Newsroom) -> bool:
    return not json.loads((room.state / "manifest.json").read_bytes())["owed"]


@pytest.mark.parametrize(("number", "twice"), [(signal.SIGTERM, 0), (signal.SIGKILL, 1)])
def test_an_end_while_hubs_are_told_repeats_nothing_that_was_told(
    room: Newsroom, hub: Hub, number: signal.Signals, twice: int
) -> None:
    hub.down = slow
    for enough in (2, 5):
        with Running(room) as running:
            until(lambda least=enough: len(hub.asked) >= least)  # type: ignore[misc]
            running.send(number)
            assert running.ended(5) == (0 if number == signal.SIGTERM else -9)
    assert len(told(hub)) < FEEDS
    with Running(room) as running:
        running.told("READY=1")
        running.until(lambda: settled(room))
    assert len(told(hub)) == FEEDS
    assert len(hub.asked) <= FEEDS + 2 * twice  # what was on its way when it was killed
    assert not (room.state / "told").exists()


def test_a_run_that_is_ended_while_hubs_are_told_repeats_nothing(room: Newsroom, hub: Hub) -> None:
    hub.down = slow
    with subprocess.Popen([*COMMAND, "run"], cwd=room.folder, stdout=subprocess.DEVNULL) as process:
        until(lambda: len(hub.asked) >= 3)
        process.terminate()
    assert process.returncode == 143
    assert len(hub.asked) < FEEDS
    assert command(room, "run").returncode == 0
    assert told(hub) == dict.fromkeys(told(hub), 1)
    assert len(hub.asked) == FEEDS


def test_what_is_wrong_with_a_hub_is_said_once_and_so_is_its_end(room: Newsroom, hub: Hub) -> None:
    hub.fails(410)
    with Running(room) as running:
        line = running.logged("hub refuses")
        assert "WARNING" in line
        assert f'hub={hub.url} taken=0 refused={FEEDS} reason="it answered 410 (Gone)"' in line
        running.until(lambda: settled(room))
        for title in ("More news", "Still more"):
            seen = len(hub.asked)
            room.article("a.md", title=title)
            until(lambda seen=seen: len(hub.asked) == seen + FEEDS)  # type: ignore[misc]
            running.until(lambda: settled(room))
        hub.down = None
        room.article("a.md", title="The end")
        assert f"INFO    hub works again hub={hub.url} taken={FEEDS}" in running.logged("hub works again")
        running.send(signal.SIGTERM)
        running.ended()
        assert running.everything().count("hub refuses") == 1


def test_what_is_wrong_with_a_hub_is_in_the_status(room: Newsroom, hub: Hub) -> None:
    hub.fails(503)
    with Running(room) as running:
        assert f'owed={FEEDS} reason="it answered 503 (Service Unavailable)" again=2' in running.logged("hub fails")
        running.logged("pass done")
        done = command(room, "status")
        assert f"{hub.url}: {FEEDS} announcements owed, next try 2" in done.stdout
        assert "Test News: 1 hub takes no news; a daemon is at work." in done.stdout
        (one,) = json.loads(command(room, "status", "--json").stdout)["last"]["hubs"]
        assert (one["name"], one["owed"], one["reason"]) == (hub.url, FEEDS, "it answered 503 (Service Unavailable)")
    hub.down = None
    manifest = json.loads((room.state / "manifest.json").read_bytes())
    for owing in manifest["owed"].values():
        owing["not_before"] = None
    (room.state / "manifest.json").write_text(json.dumps(manifest))
    assert command(room, "run").returncode == 0
    assert "all is well" in command(room, "status").stdout
