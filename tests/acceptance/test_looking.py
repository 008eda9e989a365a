"""Whoever may read a state, and not write it, can look at it: while nobody works on it, and beside a daemon."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from daemons import Running, command
from newsroom import CONFIG, Newsroom
from talk import in_a_process

from aggregator.store import snapshot, sqlite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FINE, STATE = 0, 4
# A pass that is killed: what it committed is in the log alone, what it did not commit is nowhere.
KILLED = """\
import os, sqlite3, sys
state = sqlite3.connect(sys.argv[1], isolation_level=None)
state.execute("PRAGMA journal_mode = WAL")
state.execute("INSERT INTO wish (source, wish, made_at) VALUES ('articles', 'pause', 0)")
state.execute("BEGIN")
state.execute("DELETE FROM wish")
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def site(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.article("a.md")
    room.run()
    return room


def closed(room: Newsroom) -> None:
    """Leave everybody the right to read the state, and nobody that to write it."""
    for path in room.state.iterdir():
        path.chmod(0o444)
    room.state.chmod(0o555)


def told(room: Newsroom, *words: str) -> tuple[object, str, str]:
    return in_a_process(words, {**os.environ, "NO_COLOR": "1"}, room.folder)


def files(room: Newsroom) -> list[str]:
    return sorted(path.name for path in room.state.iterdir())


def with_log(room: Newsroom) -> None:
    with closing(sqlite3.connect(room.state / sqlite.FILE)) as state:
        state.execute("PRAGMA journal_mode = WAL")


def as_made(_room: Newsroom) -> None:
    pass


def killed(room: Newsroom) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(room.state / sqlite.FILE)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (room.state / f"{sqlite.FILE}-wal").stat().st_size > 0


def killed_elsewhere(room: Newsroom) -> None:
    """As after a state was copied or restored: the index of the log is made anew by whoever may."""
    killed(room)
    (room.state / f"{sqlite.FILE}-shm").unlink()


@pytest.mark.parametrize("before", [as_made, with_log, killed, killed_elsewhere])
def test_the_right_to_read_is_enough_to_look(site: Newsroom, before: Callable[[Newsroom], None]) -> None:
    before(site)
    closed(site)
    was = files(site)
    for words in (("sources",), ("explain", "Title of a")):
        code, out, err = told(site, *words)
        assert (code, err) == (FINE, "")
        assert "articles" in out
    assert files(site) == was


@pytest.mark.parametrize("before", [killed, killed_elsewhere])
def test_what_was_committed_last_is_seen_and_no_more(site: Newsroom, before: Callable[[Newsroom], None]) -> None:
    before(site)
    closed(site)
    assert "1 paused" in told(site, "sources")[1]


def test_beside_a_daemon_the_state_is_seen_as_it_is_now(site: Newsroom) -> None:
    site.configure(CONFIG + "schedule: {watch: false}\n")
    with Running(site) as daemon:
        daemon.told("READY=1")
        daemon.logged("pass done")
        closed(site)
        assert told(site, "sources", "--json")[0] == FINE
        assert command(site, "sources", "pause", "articles").returncode == FINE
        code, out, err = told(site, "sources")
        assert (code, err) == (FINE, "")
        assert "1 paused" in out
        daemon.send(signal.SIGTERM)
        assert daemon.ended() == FINE


def test_who_may_not_even_read_is_told_what_is_missing(site: Newsroom) -> None:
    with_log(site)
    (site.state / sqlite.FILE).chmod(0)
    code, _, err = told(site, "sources")
    assert (code, "permission denied (EACCES)" in err) == (STATE, True)


def test_a_copy_holds_no_log_of_another_moment(site: Newsroom, tmp_path: Path) -> None:
    """The pass that writes ends while it is copied: it puts its log into the file, and takes the log away."""
    copy = tmp_path / "copy"
    copy.mkdir()
    with closing(sqlite3.connect(site.state / sqlite.FILE, isolation_level=None)) as state:
        state.execute("PRAGMA journal_mode = WAL")
        state.execute("INSERT INTO setting VALUES ('a', '1')")
        was = {path.name: path.read_bytes() for path in site.state.iterdir()}
        state.execute("UPDATE setting SET value = '2' WHERE name = 'a'")
    for name in (sqlite.FILE, f"{sqlite.FILE}-wal"):  # what a first attempt left
        (copy / name).write_bytes(was[name])
    snapshot.copy_tables(site.state, copy)
    with sqlite.looked_into(copy) as store:
        assert store.ledger.setting("a") == "2"
