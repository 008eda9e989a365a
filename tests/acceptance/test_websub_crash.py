"""Announcing ended in the middle; and passes that announce nothing and need nothing for it."""

from __future__ import annotations

import subprocess
import sys
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest
from prompt import imported
from websub_hub import Asked, Hub, Reply, site_with_news

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from newsroom import Newsroom

COMMAND = (sys.executable, "-m", "aggregator", "run")


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        yield hub


@pytest.fixture
def room(tmp_path: Path, hub: Hub) -> Newsroom:
    return site_with_news(tmp_path / "site", hub)


def test_a_kill_between_publishing_and_announcing_loses_no_announcement(room: Newsroom, hub: Hub) -> None:
    begun: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()

    def kill(_: Asked) -> Reply | None:
        process = begun.get()
        process.kill()
        process.wait()
        return None

    hub.down = kill
    with subprocess.Popen(COMMAND, cwd=room.folder, stdout=subprocess.DEVNULL) as process:
        begun.put(process)
    assert process.returncode == -9
    assert b"News" in room.output()["all.atom"]
    assert len(hub.asked) == 1
    hub.down = None
    room.run()
    assert hub.taken() == sorted(room.output())
    room.run()
    assert hub.taken() == []


def test_a_hub_that_is_gone_fails_no_run(room: Newsroom, hub: Hub) -> None:
    hub.fails(410)
    done = subprocess.run(COMMAND, cwd=room.folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"9 places: the hub {hub.url} refused its announcement: it answered 410 (Gone); check `hub`" in done.stdout


def test_a_run_with_nothing_to_announce_loads_nothing_that_talks_to_servers(room: Newsroom, hub: Hub) -> None:
    room.run()
    assert hub.taken()
    loaded = imported(room, "run")
    assert "aggregator.run" in loaded
    assert not loaded & {"aggregator.websub.announcing", "httpx", "httpcore", "ssl"}
