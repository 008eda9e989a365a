"""The process killed for real, at each system call that changes something; and disks that are full or cannot be written."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from newsroom import CONFIG, Newsroom, related
from websub_hub import Hub

from aggregator.files import TEMPORARY

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.no_cover  # coverage would double its time, and others cover the same lines

COMMAND = (sys.executable, "-m", "aggregator", "run")
# The clock shows in what a pass saw change: compared without it, since a killed pass and its repair are seconds apart.
CLOCK = re.compile(rb"20\d\d-\d\d-\d\dT[0-9:]+(?:Z|\+00:00)|\w{3}, \d\d \w{3} 20\d\d [0-9:]+ \+0000")


def can_inject() -> bool:
    probe = ["strace", "-qq", "-e", "inject=rename:error=EIO:when=99", "true"]
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


needs_strace = pytest.mark.skipif(not can_inject(), reason="needs strace, and leave to trace")


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    """Return a site that is published and whose next pass has much to do; its hub wants to be left alone for days."""
    room = Newsroom(tmp_path / "site", now=datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1))
    names = [f"a{number}.md" for number in range(8)]
    for number, name in enumerate(names):
        room.article(name, topics=[f"Topic {number % 3}"], related=[related(other) for other in names[:3]])
    with Hub() as hub:
        room.configure(f"{CONFIG}hub: {hub.url}\n")
        room.run_again()
        room.article("a7.md", title="Old news", topics=["Topic 1"], related=[related(other) for other in names[:3]])
        hub.fails(503, Retry_After="604800")
        room.run_again()
    room.article("a1.md", title="New words", topics=["Topic 1", "Fresh"], related=[related("a2.md")])
    room.article("b.md", topics=["Topic 2"])
    room.remove("a5.md")
    return room


def run(room: Newsroom, *before: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, *COMMAND], cwd=room.folder, capture_output=True, text=True, timeout=120, check=False
    )


def timeless(output: dict[str, bytes]) -> dict[str, bytes]:
    return {path: CLOCK.sub(b"", document) for path, document in output.items()}


def feeds(room: Newsroom) -> dict[str, bytes]:
    return {path: document for path, document in room.output().items() if not path.endswith(TEMPORARY)}


def run_here(room: Newsroom, **options: Any) -> None:
    """Carry out a pass at the present time without a process of its own, which would cost most of its time."""
    room.now = datetime.now(UTC).replace(microsecond=0)
    room.run_again(**options)


def news_owed(room: Newsroom, before: Newsroom) -> set[str]:
    """Return the feeds with news that the hub is owed since a site was as `before`."""
    now, then = (json.loads((one.state / "manifest.json").read_bytes())["owed"].values() for one in (room, before))
    return {path for path, _ in next(iter(now))["feeds"].items() - next(iter(then))["feeds"].items()}


def assert_repaired(room: Newsroom, expected: dict[str, bytes]) -> None:
    """Check that the next pass gives what an undisturbed one gives, leaves nothing behind, and that full is the same."""
    run_here(room)
    assert timeless(room.output()) == timeless(expected)
    assert not list(room.folder.rglob(f"*{TEMPORARY}"))
    before = room.output()
    run_here(room)
    assert room.output() == before
    run_here(room, full=True)
    assert room.output() == before


def injected(calls: str, what: str) -> tuple[str, ...]:
    return ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:{what}")


@needs_strace
@pytest.mark.parametrize(
    ("calls", "first", "step", "least"),
    [
        ("rename,renameat,renameat2", 1, 1, 15),
        ("fsync,fdatasync", 1, 1, 15),
        ("write", 1, 1, 15),
        *(("pwrite64", first, 4, 40) for first in range(1, 5)),  # so many that they are shared out
        ("unlink", 1, 1, 1),
    ],
)
def test_a_kill_at_any_moment_leaves_old_or_new_feeds_and_the_next_pass_repairs(
    room: Newsroom, calls: str, first: int, step: int, least: int
) -> None:
    undisturbed = room.copy(room.folder.with_name("undisturbed"))
    assert run(undisturbed).returncode == 0
    before, after = feeds(room), feeds(undisturbed)
    news = news_owed(undisturbed, room)
    assert {"all.atom", "topics/topic-2.rss"} <= news
    old, new = timeless(before), timeless(after)
    for when in count(first, step):
        killed = room.copy(room.folder.with_name(f"killed{when}"))
        if run(killed, *injected(calls, f"signal=KILL:when={when}")).returncode not in {-9, 137}:
            break  # it has no more such calls
        for path, document in timeless(feeds(killed)).items():
            assert document in {old.get(path), new.get(path)}, when
        assert_repaired(killed, after)
        assert news_owed(killed, room) == news, when
        shutil.rmtree(killed.folder)
    assert when > least


@needs_strace
@pytest.mark.parametrize(("call", "error"), [("fsync", "EIO"), ("rename", "EACCES"), ("fchmod", "EPERM")])
def test_an_error_of_the_disk_ends_with_4_and_its_path_and_the_next_pass_repairs(
    room: Newsroom, call: str, error: str
) -> None:
    undisturbed = room.copy(room.folder.with_name("undisturbed"))
    assert run(undisturbed).returncode == 0
    done = run(room, *injected(call, f"error={error}:when=4+"))
    assert done.returncode == 4
    assert str(room.folder) in done.stderr
    assert "Traceback" not in done.stderr
    before = room.copy(room.folder.with_name("before"))
    assert_repaired(room, feeds(undisturbed))
    assert news_owed(room, before) == news_owed(undisturbed, before)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system")
def test_a_disk_that_is_full_keeps_the_old_feeds(room: Newsroom, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=192k", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("no leave to mount")
    try:
        shutil.copytree(room.out, small / "out")
        shutil.rmtree(room.out)
        room.out.symlink_to(small / "out")
        (small / "ballast").write_bytes(b"x" * (192 * 1024 - sum(map(len, room.output().values())) - 60_000))
        before = feeds(room)
        for number in range(40):
            room.article(f"c{number}.md", excerpt="word " * 300, topics=[f"Topic {number % 3}"])
        done = run(room)
        assert done.returncode == 4
        assert "(ENOSPC); make room on the disk. Old feeds kept; the next run repairs" in done.stderr
        old = timeless(before)
        kept = [path for path, document in timeless(feeds(room)).items() if old.get(path) == document]
        assert kept
        (small / "ballast").unlink()
        subprocess.run(["mount", "-o", "remount,size=16m", str(small)], check=True)
        assert run(room).returncode == 0
        assert len(room.items()) == 48
    finally:
        subprocess.run(["umount", "-l", str(small)], check=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="drops to another user")
def test_an_output_that_another_user_may_not_write_ends_with_4(room: Newsroom) -> None:
    for path in (room.folder, room.folder.parent, *room.folder.parent.parents):
        if str(path) != "/":
            path.chmod(path.stat().st_mode | 0o755)
    shutil.chown(room.state, 65534, 65534)
    for path in room.state.iterdir():
        shutil.chown(path, 65534, 65534)
    before = room.output()
    done = run(room, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    if "can't open file" in done.stderr or "No module named" in done.stderr or done.returncode in {126, 127}:
        pytest.skip("the other user cannot run this Python")
    assert done.returncode == 4, done.stderr
    assert "permission denied (EACCES)" in done.stderr
    assert room.output() == before
