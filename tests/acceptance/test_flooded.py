"""A daemon that may open few files, while connections that ask for nothing flood it."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import threading
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import pytest
from daemons import COMMAND, Running
from newsroom import CONFIG, Newsroom
from served import HOST, Served

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.no_cover  # another process does the work

TRIES = 20
FILES = 256  # that the daemon may open, however much it asks for
LIMITED = ("sh", "-c", f'ulimit -n {FILES} && exec "$@"', "sh", *COMMAND, "daemon")
SERVING = f"{CONFIG}serve: {{listen: '127.0.0.1:0', health: 'localhost:0', daemon: true}}\n"


def flood(port: int, over: threading.Event) -> None:
    """Keep four times as many connections open as there may be, each for as long as it is let."""
    with ExitStack() as stack:
        while not over.wait(0.1):
            for _ in range(FILES):
                with suppress(OSError):
                    one = stack.enter_context(socket.socket())
                    one.settimeout(0.2)
                    one.connect((HOST, port))
            if over.wait(0.3):
                return
            stack.close()


def test_idle_connections_keep_neither_readers_nor_monitors_nor_passes_out(tmp_path: Path) -> None:
    room = Newsroom(tmp_path / "site")
    room.article("a.md")
    room.configure(SERVING)
    over = threading.Event()
    with Running(room, LIMITED) as running:
        site, health = Served(running.port()), Served(_port(running.logged("answering monitors")))
        running.told("READY=1")
        flooding = [threading.Thread(target=flood, args=(one.port, over)) for one in (site, site, site, health)]
        for one in flooding:
            one.start()
        try:
            running.logged("no room for more")
            for name in ("b", "c", "d"):
                room.article(f"{name}.md")
                running.until(lambda name=name: f"Title of {name}" in room.titles())  # type: ignore[misc]
                assert patiently(site, "/all.atom") == 200
                assert patiently(health, "/healthz") == 200
        finally:
            over.set()
            for one in flooding:
                one.join()
        running.send(signal.SIGTERM)
        assert running.ended() == 0
        said = running.everything()
    assert said.count("no room for more") <= 2 * 2  # a minute at each address, and at the end
    for trouble in ("EMFILE", "Too many open files", "Traceback", "failed"):
        assert trouble not in said


def patiently(server: Served, path: str) -> int:
    """Return the status of an answer; whoever is slow to ask, as this process with its floods is, may have to try again."""
    for _ in range(TRIES):
        with suppress(OSError, http.client.HTTPException):
            return server.ask(path).status
    return server.ask(path).status


def _port(line: str) -> int:
    match = re.search(r"port=(\d+)", line)
    assert match
    return int(match[1])
