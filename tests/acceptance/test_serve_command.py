"""`aggregator serve` and `aggregator status` in processes of their own."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

import pytest
from newsroom import CONFIG, Newsroom
from served import Served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = (sys.executable, "-m", "aggregator")
QUIET = f"{CONFIG}serve: {{listen: '127.0.0.1:0', health: none}}\n"
BOTH = QUIET.replace("none", "'localhost:0'")


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.configure(QUIET)
    room.article("a.md")
    return room


def done(room: Newsroom, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], cwd=room.folder, capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def started(room: Newsroom, *words: str) -> Iterator[tuple[subprocess.Popen[str], str, IO[str]]]:
    """Yield the server and the line that it says when it listens."""
    with subprocess.Popen([*COMMAND, "serve", *words], cwd=room.folder, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            yield process, process.stderr.readline(), process.stderr
        finally:
            process.kill()


def ports(line: str) -> list[int]:
    return [int(port) for port in re.findall(r"http://[a-z0-9.]+:(\d+)/", line)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_when_told(room: Newsroom, number: signal.Signals) -> None:
    room.configure(BOTH)
    assert done(room, "run", "-q").returncode == 0
    with started(room) as (process, line, more):
        site, health = (Served(port) for port in ports(line))
        assert line.startswith(f"Test News: out at http://127.0.0.1:{site.port}/; health at http://localhost:")
        assert line.endswith("; for https://feeds.test.example/\n")
        assert site.ask("/all.atom").body == (room.out / "all.atom").read_bytes()
        assert (site.ask("/healthz").status, site.ask("/metrics").status) == (404, 404)
        assert health.ask("/healthz").status == 200
        assert b'aggregator_answers_total{status="404"} 2.0' in health.ask("/metrics").body
        with site.connected(), site.connected() as open_request:
            open_request.sendall(b"GET /all.atom HT")
            process.send_signal(number)
            assert process.wait(5) == 0
        assert more.read() == ""


def test_a_run_beside_it_is_seen_at_once(room: Newsroom) -> None:
    with started(room) as (_, line, more):
        assert more.readline() == "nothing is published yet: aggregator run\n"
        server = Served(ports(line)[0])
        assert server.ask("/all.json").status == 404
        assert done(room, "run", "-q").returncode == 0
        assert b"Title of a" in server.ask("/all.json").body


def test_a_port_that_is_taken_ends_it_with_4(room: Newsroom) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        ended = done(room, "serve", "--listen", address)
    assert (ended.returncode, ended.stdout) == (4, "")
    assert ended.stderr.startswith(f"error: {address}: cannot listen there: address already in use (EADDRINUSE);")


def test_an_address_that_is_none_is_said(room: Newsroom) -> None:
    ended = done(room, "serve", "--listen", "here")
    assert ended.returncode == 2
    assert "a host and a port are expected, as 127.0.0.1:8080, or unix:/path" in ended.stderr


def test_it_listens_on_a_path_too(room: Newsroom) -> None:
    place = f"/tmp/aggregator-{os.getpid()}.sock"  # noqa: S108  a path of a socket is short
    assert done(room, "run", "-q").returncode == 0
    with started(room, "--listen", f"unix:{place}") as (process, line, _):
        assert f" at unix:{place}; " in line
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(place)
            connection.sendall(b"GET /all.atom HTTP/1.0\r\n\r\n")
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            assert (answer.status, answer.read()) == (200, (room.out / "all.atom").read_bytes())
        process.terminate()
        assert process.wait(5) == 0
    assert not os.path.exists(place)  # noqa: PTH110


def test_status_says_what_the_last_pass_came_to(room: Newsroom) -> None:
    before = done(room, "status")
    assert (before.returncode, before.stdout) == (1, "Test News: no pass has ended yet.\n")
    assert done(room, "run", "-q").returncode == 0
    after = done(room, "status")
    assert after.returncode == 0
    lines = after.stdout.splitlines()
    assert lines[0] == "Test News: all is well."
    assert [line.split()[0] for line in lines[1:]] == ["last", "last", "sources", "entries", "feeds"]
    said = json.loads(done(room, "status", "--json").stdout)
    assert (said["stale"], said["running"], said["last"]["counts"]["entries"]) == (False, False, 1)


def test_status_says_that_a_pass_is_running(room: Newsroom) -> None:
    room.state.mkdir()
    with (room.state / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert json.loads(done(room, "status", "--json").stdout)["running"] is True


def test_status_says_what_is_not_well_although_feeds_are_fresh(room: Newsroom) -> None:
    room.configure(f"{CONFIG}upstream_from: [{{path: none.opml}}]\n")
    assert done(room, "run", "-q").returncode == 0
    assert done(room, "status").stdout.startswith("Test News: 1 source fails.\n")
    room.articles.rename(room.folder / "away")
    assert done(room, "run", "-q").returncode == 1
    said = done(room, "status")
    assert said.returncode == 0
    assert said.stdout.startswith("Test News: 1 source waits for you; 1 source fails.\n")
    assert "which ones: aggregator sources" in said.stdout
