"""The daemon as a process: ready, at work, told by signals, killed; with a service manager and readers that are real."""

from __future__ import annotations

import http.client
import re
import signal
import sqlite3
import sys
import time
from typing import TYPE_CHECKING

import pytest
from daemons import Running, command
from newsroom import CONFIG, Newsroom

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.no_cover  # other processes do the work

SERVING = f"{CONFIG}serve: {{listen: '127.0.0.1:0', health: none, daemon: true}}\n"
# A deadline that no configuration may name, since a minute is long for a test.
IMPATIENT = """
import os, sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from aggregator import log
from aggregator.config import load
from aggregator.daemon.life import Daemon, World
from aggregator.daemon.signals import listen
from aggregator.daemon.notify import Notifier
config = load(Path("config/aggregator.yaml"), {})
hasty = replace(config, schedule=replace(config.schedule, deadline=timedelta(seconds=1)))
world = World(lambda: hasty, {}, partial(datetime.now, UTC), Notifier(os.environ), listen())
log.configure("text", "info", sys.stderr)
os._exit(Daemon(hasty, world).live())
"""


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    for number in range(5):
        room.article(f"a{number}.md")
    return room


@pytest.fixture
def running(room: Newsroom) -> Iterator[Running]:
    with Running(room) as running:
        running.told("READY=1")
        yield running


def ask(port: int, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def test_a_saved_file_is_in_the_served_feed_and_sigterm_ends_all(room: Newsroom) -> None:
    room.configure(SERVING)
    with Running(room, WATCHDOG_USEC="1000000") as running:
        port = running.port()
        ready = running.told("READY=1")
        assert "STATUS=entries: 5; feeds: 3" in ready
        status, headers, body = ask(port, "/all.atom")
        assert (status, body.count(b"<entry>")) == (200, 5)
        assert ask(port, "/all.atom", If_None_Match=headers["ETag"])[0] == 304
        room.article("new.md")
        running.told("STATUS=entries: 6")
        status, headers, body = ask(port, "/all.atom", If_None_Match=headers["ETag"])
        assert (status, body.count(b"<entry>")) == (200, 6)
        assert ask(port, "/all.atom", If_None_Match=headers["ETag"])[0] == 304
        running.told("WATCHDOG=1")
        running.told("WATCHDOG=1")
        started = time.monotonic()
        running.send(signal.SIGTERM)
        running.told("STOPPING=1")
        assert running.ended() == 0
        assert time.monotonic() - started < 5
        # At first, when the folders are watched, for the file: its own writing and reading is no reason for a pass.
        assert running.everything().count("pass done") <= 3


@pytest.mark.parametrize("linked", [False, True])
def test_a_state_and_an_output_among_the_articles_make_no_endless_passes(room: Newsroom, *, linked: bool) -> None:
    text = CONFIG.replace("../out", "articles/out") + "state: articles/state\n"
    if linked:
        (room.folder / "config" / "link").symlink_to("articles")
        text = text.replace("path: articles\n", "path: link\n")
    room.configure(text)
    with Running(room) as running:
        running.told("READY=1")
        room.article("new.md")
        running.until(lambda: b"Title of new" in (room.articles / "out" / "all.json").read_bytes())
        time.sleep(2)  # a burst or two, if there are any
        running.send(signal.SIGTERM)
        assert running.ended() == 0
        assert running.everything().count("pass done") <= 3
    said = command(room, "check").stderr
    assert said.count("which passes would read; keep it elsewhere") == 2


def test_without_its_state_a_daemon_ends_and_nothing_is_announced_anew(room: Newsroom, running: Running) -> None:
    before = room.output()
    room.state.rename(room.folder / "elsewhere")
    assert "CRITICAL the state was taken away" in running.logged("the state was taken away")
    assert running.ended() == 4
    again = command(room, "daemon")
    assert again.returncode == 1
    assert "--start-over" in again.stderr
    assert room.output() == before


def test_thousands_of_files_at_once_are_few_passes(room: Newsroom, running: Running) -> None:
    for number in range(2000):
        room.article(f"b{number:04}.md")
    running.until(lambda: "entries=2005" in running.lines[-1] if running.lines else False)
    assert running.passes() <= 2 + 3


def test_a_folder_that_goes_is_said_once_and_read_again_when_it_is_back(room: Newsroom, running: Running) -> None:
    before = room.output()
    room.articles.rename(room.folder / "unmounted")
    running.logged("removals held")
    assert room.output() == before
    command(room, "poke")
    running.logged("asked for a pass")
    running.logged("pass done")
    room.article("other.md")  # in a new folder of the old name, whose other files are missing
    (room.articles / "other.md").unlink()
    room.articles.rmdir()
    (room.folder / "unmounted").rename(room.articles)
    room.article("new.md")
    running.until(lambda: "Title of new" in room.titles())
    running.send(signal.SIGTERM)
    assert running.ended() == 0
    assert running.everything().count("WARNING removals held") <= 2  # missing; empty, if it was seen so


def test_sighup_takes_a_new_configuration_and_no_faulty_one(room: Newsroom, running: Running) -> None:
    room.configure(CONFIG.replace("Test News", "Other News"))
    running.send(signal.SIGHUP)
    running.told("RELOADING=1")
    running.told("READY=1")
    running.until(lambda: b'"title":"Other News"' in (room.out / "all.json").read_bytes().replace(b'": "', b'":"'))
    room.configure(CONFIG.replace("title", "titel"))
    running.send(signal.SIGHUP)
    assert "config/aggregator.yaml:1:1: titel: unknown key" in running.logged("the old one stays")
    running.told("STATUS=the old configuration stays: ")
    room.configure(CONFIG.replace("../out", "../elsewhere"))
    running.send(signal.SIGHUP)
    assert "output.path" in running.logged("restart for another place")
    (room.folder / "config" / "more").mkdir()
    room.configure(CONFIG.replace("path: articles", "path: [articles, more]"))
    running.send(signal.SIGHUP)
    running.logged("configuration read again")
    room.article("../more/new.md")
    running.until(lambda: "Title of new" in room.titles())
    assert not (room.folder / "elsewhere").exists()


def test_others_are_sent_to_poke_and_who_only_looks_is_not_kept_out(room: Newsroom, running: Running) -> None:
    pid = running.process.pid
    for words in (["run", "--wait", "5m"], ["daemon"]):
        done = command(room, *words)
        assert done.returncode == 5, words
        assert f"a daemon (process {pid}) works on this state; `aggregator poke` asks it for a pass now" in done.stderr
    for words in (["run", "--dry-run"], ["check"], ["sources"], ["status"]):
        assert command(room, *words).returncode == 0, words
    done = command(room, "poke")
    assert (done.returncode, f"process {pid}" in done.stderr) == (0, True)
    running.logged("asked for a pass")
    running.logged("pass done")
    running.send(signal.SIGKILL)
    running.ended()
    assert command(room, "run").returncode == 0  # a dead holder keeps nobody out
    done = command(room, "poke")
    assert (done.returncode, "no daemon works on this state; `aggregator run` makes a pass" in done.stderr) == (1, True)


def test_what_fails_at_first_ends_it_and_what_fails_later_does_not(room: Newsroom) -> None:
    with Running(room) as running:
        running.told("READY=1")
        before = room.output()
        room.out.rename(room.folder / "kept")
        room.out.write_text("in the way")
        room.article("new.md")
        assert "move away what stands in the place" in running.logged("a pass failed")
        assert "STATUS=a pass failed" in running.told("STATUS=")
        room.out.unlink()
        (room.folder / "kept").rename(room.out)
        assert room.output() == before
        command(room, "poke")
        running.logged("a pass works again")
        assert "Title of new" in room.titles()
        running.send(signal.SIGINT)
        assert running.ended() == 0
    for path in room.state.iterdir():
        path.unlink()
    with Running(room) as running:
        assert running.ended() == 1
        assert "no state at" in running.everything()


def test_a_pass_that_hangs_ends_it_with_its_stacks(room: Newsroom) -> None:
    room.run()
    room.run()  # the second one leaves a log that others read beside a writer
    holder = sqlite3.connect(room.state / "aggregator.db", isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        room.article("new.md")
        with Running(room, (sys.executable, "-c", IMPATIENT)) as running:
            assert running.told("=") == "EXTEND_TIMEOUT_USEC=60000000"
            running.told("STOPPING=1")
            assert not any("READY" in one for one in running.messages)
            assert running.ended() == 4
            said = running.everything()
    finally:
        holder.close()
    named = re.search(r"stacks follow.*\bpublish (0x[0-9a-f]{16})", said)
    assert named
    stack = said.partition(f"Thread {named[1]} ")[2].partition("Thread 0x")[0]
    assert " in put" in stack  # where it hangs
    assert command(room, "run").returncode == 0
