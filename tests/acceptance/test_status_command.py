"""What `status` and `poke` say where the state cannot be opened, or is that of another user."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from daemons import COMMAND, Running, command
from message_cases import HUMBLE
from newsroom import CONFIG, Newsroom

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.no_cover  # other processes do the work

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user, or mounts a small file system")


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path / "site")
    room.article("a.md")
    return room


def damaged(database: Path) -> None:
    database.write_bytes(b"rubbish" * 10_000)


def newer(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 999")


def closed(database: Path) -> None:
    database.chmod(0)


def a_folder(database: Path) -> None:
    database.unlink()
    database.mkdir()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (damaged, "if it is damaged, remove it"),
        (newer, "written by a newer version"),
        (closed, "the user that runs this needs the right to it"),
        (a_folder, "is a directory (EISDIR); move away what stands"),
    ],
)
def test_a_state_that_cannot_be_opened_is_known_to_the_status(
    room: Newsroom, spoil: Callable[[Path], None], said: str
) -> None:
    assert command(room, "run").returncode == 0
    assert "all is well" in command(room, "status").stdout
    spoil(room.state / "aggregator.db")
    done = _humbly(room, "run")
    assert (done.returncode, said in done.stderr) == (4, True), done.stderr
    done = command(room, "status")
    assert done.stdout.startswith("Test News: the last pass ended with 4.")
    assert said in " ".join(done.stdout.split())
    last = json.loads(command(room, "status", "--json").stdout)["last"]
    assert (last["exit_code"], said in last["reason"], last["counts"]["entries"]) == (4, True, 1)


def test_a_daemon_that_cannot_open_its_state_is_known_to_the_status(room: Newsroom) -> None:
    assert command(room, "run").returncode == 0
    damaged(room.state / "aggregator.db")
    with Running(room) as running:
        assert running.ended() == 4
    assert command(room, "status").stdout.startswith("Test News: the last pass ended with 4.")


@needs_root
def test_a_disk_that_is_full_of_the_state_says_to_make_room(room: Newsroom) -> None:
    for number in range(60):
        room.article(f"b{number}.md", excerpt="word " * 400, body="word " * 2000)
    room.state.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(room.state)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("no leave to mount")
    try:
        done = command(room, "run")
        assert done.returncode == 4
        assert "aggregator.db: database or disk is full; make room on the disk" in done.stderr
    finally:
        subprocess.run(["umount", "-l", str(room.state)], check=False)


@needs_root
def test_another_user_is_told_whose_the_state_is(room: Newsroom) -> None:
    for path in (room.folder, *room.folder.parents):
        if str(path) != "/":
            path.chmod(path.stat().st_mode | 0o755)
    assert command(room, "run").returncode == 0
    hint = "the state is that of the user root: run this as that user (`sudo -u root aggregator …`), or as root"
    for name in ("lock", "aggregator.db"):
        (room.state / name).chmod(0o600)  # as UMask=0077 makes it
    done = _as_nobody(room, "poke")
    assert (done.returncode, hint in _unfolded(done.stderr)) == (1, True), done.stderr
    done = _as_nobody(room, "status")  # what is readable is said
    assert (done.returncode, "all is well" in done.stdout, hint in _unfolded(done.stdout)) == (0, True, True)
    assert json.loads(_as_nobody(room, "status", "--json").stdout)["running"] is None
    for words in (("sources",), ("explain", "anything")):
        done = _as_nobody(room, *words)
        assert (done.returncode, hint in _unfolded(done.stderr)) == (4, True), done.stderr
    room.state.chmod(0o700)
    done = _as_nobody(room, "status")
    assert (done.returncode, hint in _unfolded(done.stderr)) == (4, True), done.stderr
    assert hint in _unfolded(_as_nobody(room, "sources").stderr)
    assert hint in _unfolded(_as_nobody(room, "run").stderr)
    room.folder.chmod(0o711)
    hidden = room.folder / "hidden"
    hidden.mkdir(mode=0o700)
    room.state.rename(hidden / "state")
    room.configure(f"{CONFIG}state: {hidden}/state\n")
    done = _as_nobody(room, "status")
    assert "that of another user, perhaps the one of the daemon: run this as that user, or as root" in _unfolded(
        done.stderr
    )
    shutil.rmtree(room.out)
    room.configure(f"{CONFIG}state: {room.folder}/new\n")  # there is none: nobody's, but also no place for one
    done = _as_nobody(room, "run")
    assert (done.returncode, "the user that runs this needs the right to it" in _unfolded(done.stderr)) == (4, True)


@needs_root
def test_root_is_warned_of_working_on_the_state_of_a_service(room: Newsroom) -> None:
    assert "cannot write into" not in command(room, "run").stderr
    for path in (room.state, *room.state.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    name = pwd.getpwuid(NOBODY).pw_name
    done = command(room, "run")
    assert (done.returncode, f"better: sudo -u {name} aggregator run" in _unfolded(done.stderr)) == (0, True)
    assert command(room, "run", "-q").stderr == ""


def _humbly(room: Newsroom, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command without the rights of root to read everything."""
    shell = [COMMAND[0], "-c", HUMBLE, *COMMAND, *words]
    return subprocess.run(shell, cwd=room.folder, capture_output=True, text=True, timeout=60, check=False)


def _as_nobody(room: Newsroom, *words: str) -> subprocess.CompletedProcess[str]:
    if not shutil.which("setpriv"):
        pytest.skip("needs setpriv")
    shell = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *COMMAND, *words]
    done = subprocess.run(shell, cwd=room.folder, capture_output=True, text=True, timeout=60, check=False)
    if "No module named" in done.stderr or done.returncode in {126, 127}:
        pytest.skip("the other user cannot run this Python")
    return done


def _unfolded(text: str) -> str:
    return " ".join(text.split())
