"""A daemon that is to serve elsewhere: the old goes on until the new can be had, and where nothing moves nobody notices."""

from __future__ import annotations

import http.client
import signal
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from daemons import Running
from newsroom import CONFIG, Newsroom
from served import HOST, SECONDS, Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.no_cover  # another process does the work


def serving(listen: str, health: str = "none", title: str = "Test News") -> str:
    return f"{CONFIG}serve: {{listen: '{listen}', health: '{health}', daemon: true}}\n".replace("Test News", title)


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.article("a.md")
    return room


@contextmanager
def begun(room: Newsroom, config: str) -> Iterator[tuple[Running, Served]]:
    room.configure(config)
    with Running(room) as running:
        port = running.port()
        running.told("READY=1")
        yield running, Served(port)


def changed(running: Running, config: str) -> None:
    running.room.configure(config)
    running.send(signal.SIGHUP)


@contextmanager
def taken() -> Iterator[str]:
    """Yield an address where somebody else listens."""
    with socket.create_server((HOST, 0)) as holder:
        yield f"{HOST}:{holder.getsockname()[1]}"


def free() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server((HOST, 0)) as holder:
        return int(holder.getsockname()[1])


def ends(port: int) -> bool:
    """Wait until nobody listens at a port."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)):
                return True
        time.sleep(0.02)
    return False


def test_where_the_new_address_cannot_be_had_the_old_one_stays_and_it_is_said(room: Newsroom) -> None:
    with begun(room, serving(f"{HOST}:0")) as (running, server), taken() as address:
        changed(running, serving(address, title="Other News"))
        line = running.logged("what was served goes on")
        assert " ERROR " in line
        assert f"{address}: cannot listen there: address already in use (EADDRINUSE)" in line
        assert f"STATUS=not served as the configuration wants: {address}" in running.told("STATUS=not served")
        assert server.ask("/all.atom").status == 200
        changed(running, serving(f"{HOST}:0", title="Other News"))
        assert "not served" not in running.told("STATUS=entries")
        assert server.ask("/all.atom").status == 200  # at the address that it never left


def test_a_reload_that_moves_nothing_ends_no_connection(room: Newsroom) -> None:
    with begun(room, serving(f"{HOST}:0", "localhost:0")) as (running, server):
        connection = http.client.HTTPConnection(HOST, server.port, timeout=SECONDS)
        connection.request("GET", "/all.atom")
        assert connection.getresponse().read()
        own = connection.sock
        changed(running, serving(f"{HOST}:0", "localhost:0") + "hub: https://hub.example/\n")
        running.logged("configuration read again")
        connection.request("HEAD", "/all.atom")
        answer = connection.getresponse()
        assert "<https://hub.example/>; rel=hub" in (answer.headers["Link"] or "")
        assert connection.sock is own
        connection.close()


def test_an_address_moves_and_one_that_is_in_its_way_gives_way(room: Newsroom) -> None:
    first, second = free(), free()
    with begun(room, serving(f"{HOST}:{first}")) as (running, server):
        changed(running, serving(f"{HOST}:{second}"))
        assert f"port={second}" in running.logged("serving")
        assert Served(second).ask("/all.atom").status == 200
        assert ends(server.port)
        changed(running, serving(f"0.0.0.0:{second}"))
        assert "listen=0.0.0.0:" in running.logged("serving")
        assert Served(second).ask("/all.atom").status == 200
        with taken() as address:
            changed(running, serving(f"{HOST}:{second}", address))
            running.logged("what was served goes on")
        assert Served(second).ask("/all.atom").status == 200
        changed(running, CONFIG)
        assert ends(second)
