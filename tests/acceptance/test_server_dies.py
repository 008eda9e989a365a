"""Processes whose server dies though nobody told it to: they say so and end, to be restarted."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest
from daemons import Running
from newsroom import CONFIG, Newsroom

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.no_cover  # other processes do the work

SERVING = f"{CONFIG}serve: {{listen: '127.0.0.1:0', health: none, daemon: true}}\n"
# The command, and a thread that brings down what serves once a file is there.
BROUGHT_DOWN = """
import asyncio, gc, sys, threading, time
from pathlib import Path
from aggregator import cli

def bring_down():
    while not Path("down").exists():
        time.sleep(0.02)
    for one in gc.get_objects():
        if isinstance(one, asyncio.BaseEventLoop) and one.is_running():
            one.call_soon_threadsafe(one.stop)

threading.Thread(target=bring_down, daemon=True).start()
cli.main()
"""


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.configure(SERVING)
    room.article("a.md")
    return room


def test_a_daemon_ends_with_4_so_that_it_is_restarted(room: Newsroom) -> None:
    with Running(room, (sys.executable, "-c", BROUGHT_DOWN, "daemon")) as running:
        running.told("READY=1")
        (room.folder / "down").touch()
        line = running.logged("a thread died; the daemon ends, to be restarted")
        assert " CRITICAL " in line
        assert "127.0.0.1:0" in line
        running.told("STOPPING=1")
        assert running.ended() == 4
        assert "Event loop stopped" in running.everything()


def test_what_only_serves_ends_with_4_too(room: Newsroom) -> None:
    with Running(room, (sys.executable, "-c", BROUGHT_DOWN, "serve")) as running:
        running.logged("nothing is published yet")
        (room.folder / "down").touch()
        assert running.logged("error: ") == (
            "error: 127.0.0.1:0: cannot listen there: its server died by a mistake of ours; please report it\n"
        )
        assert running.ended() == 4


def test_a_server_that_moves_away_is_not_one_that_died(room: Newsroom) -> None:
    with Running(room) as running:
        running.told("READY=1")
        room.configure(SERVING.replace("daemon: true", "daemon: false"))
        running.send(signal.SIGHUP)
        running.logged("configuration read again")
        running.logged("pass done")
        running.send(signal.SIGTERM)
        assert running.ended() == 0
