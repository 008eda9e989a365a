"""The process killed for real, at chosen system calls; and disks that are full or cannot be written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from newsroom import Newsroom, related

from aggregator.files import TEMPORARY

if TYPE_CHECKING:
    from pathlib import Path

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
    """Return a site whose first pass is done and whose second has much to do."""
    room = Newsroom(tmp_path / "site")
    names = [f"a{number}.md" for number in range(8)]
    for number, name in enumerate(names):
        room.article(name, topics=[f"Topic {number % 3}"], related=[related(other) for other in names[:3]])
    run(room)
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


def assert_repaired(room: Newsroom, expected: dict[str, bytes]) -> None:
    """Check that the next pass gives what an undisturbed one gives, leaves nothing behind, and that full is the same."""
    assert run(room).returncode == 0
    assert timeless(room.output()) == timeless(expected)
    assert not list(room.folder.rglob(f"*{TEMPORARY}"))
    before = room.output()
    assert run(room, "env", "--").returncode == 0
    subprocess.run([*COMMAND, "--full"], cwd=room.folder, check=True, capture_output=True)
    assert room.output() == before


# A choice of the moments of a pass; EVERY_CRASH=1 tries them all, which takes some minutes.
MOMENTS = {
    "rename,renameat,renameat2": (1, 2, 7, 15, 16),
    "fsync,fdatasync": (1, 2, 3, 9, 18),
    "write": (2, 6, 11, 19),
    "pwrite64": (1, 4, 12),
    "unlink": (1,),
}
if os.environ.get("EVERY_CRASH"):
    MOMENTS = {calls: tuple(range(1, 61)) for calls in MOMENTS}


@needs_strace
@pytest.mark.parametrize(("calls", "when"), [(calls, when) for calls in MOMENTS for when in MOMENTS[calls]])
def test_a_kill_leaves_old_or_new_feeds_and_the_next_pass_repairs(room: Newsroom, calls: str, when: int) -> None:
    undisturbed = room.copy(room.folder.with_name("undisturbed"))
    before = feeds(room)
    assert run(undisturbed).returncode == 0
    after = feeds(undisturbed)
    trace = (
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        f"trace={calls}",
        "-e",
        f"inject={calls}:signal=KILL:when={when}",
    )
    killed = run(room, *trace).returncode in {-9, 137}
    assert killed or os.environ.get("EVERY_CRASH")  # a pass may have fewer calls than are tried
    old, new = timeless(before), timeless(after)
    for path, document in timeless(feeds(room)).items():
        assert document in {old.get(path), new.get(path)}
    assert_repaired(room, after)


@needs_strace
@pytest.mark.parametrize(("call", "error"), [("fsync", "EIO"), ("rename", "EACCES"), ("fchmod", "EPERM")])
def test_an_error_of_the_disk_ends_with_4_and_its_path_and_the_next_pass_repairs(
    room: Newsroom, call: str, error: str
) -> None:
    undisturbed = room.copy(room.folder.with_name("undisturbed"))
    assert run(undisturbed).returncode == 0
    trace = (
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        f"trace={call}",
        "-e",
        f"inject={call}:error={error}:when=4+",
    )
    done = run(room, *trace)
    assert done.returncode == 4
    assert str(room.folder) in done.stderr
    assert "Traceback" not in done.stderr
    assert_repaired(room, feeds(undisturbed))


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
        assert "(ENOSPC): old feeds kept; the next run repairs" in done.stderr
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
