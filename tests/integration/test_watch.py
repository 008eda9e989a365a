"""Folders that are watched: what is told, and what is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from message_cases import HUMBLE

from aggregator.daemon.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SECONDS = 20
WATCHING = """\
import sys
from pathlib import Path
from aggregator.daemon.watch import Watch
Watch([Path(one) for one in sys.argv[1:]], lambda: print("changed", flush=True)).start()
sys.stdin.read()
"""


class Told:
    """What a watch tells, as something to wait for."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def __call__(self) -> None:
        self._event.set()

    def within(self, seconds: float = SECONDS) -> bool:
        came = self._event.wait(seconds)
        self._event.clear()
        return came


@contextmanager
def watched(*folders: Path, polling: bool = False, apart: Sequence[Path] = ()) -> Iterator[Told]:
    """Watch folders, of which one is there; yield when that is so."""
    told = Told()
    watch = Watch(folders, told, apart=apart, polling=polling)
    watch.start()
    try:
        assert told.within()
        yield told
    finally:
        watch.stop()


@pytest.mark.parametrize("polling", [False, True])
def test_a_file_that_is_written_changed_moved_or_removed_is_told(tmp_path: Path, *, polling: bool) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    file = tmp_path / "deep" / "er" / "a.md"
    with watched(tmp_path, polling=polling) as told:
        file.write_text("a")
        assert told.within()
        file.write_text("a and more")
        os.utime(file, (2**31, 2**31))  # who polls sees no change within a second
        assert told.within()
        file.rename(tmp_path / "b.md")
        assert told.within()
        (tmp_path / "b.md").unlink()
        assert told.within()


def test_what_no_pass_looks_at_is_not_told(tmp_path: Path) -> None:
    articles = tmp_path / ".site" / "articles"  # above the folder, names do not count
    (articles / ".git").mkdir(parents=True)
    with watched(articles) as told:
        for name in (".a.md", "a.md~", ".git/index"):
            (articles / name).write_text("a")
        assert not told.within(0.7)
        (articles / "a.md").write_text("a")
        assert told.within()
        assert not told.within(0.7)
        (articles / "a.md").read_text()
        assert not told.within(0.7)


def test_a_folder_that_comes_goes_and_comes_again_is_watched(tmp_path: Path) -> None:
    folder, other = tmp_path / "articles", tmp_path / "other"
    other.mkdir()
    with watched(folder, other) as told:
        for _ in range(2):
            folder.mkdir()
            assert told.within()
            told.within(1.5)  # it is told again when somebody looks
            (folder / "a.md").write_text("a")
            assert told.within()
            shutil.rmtree(folder)
            assert told.within()


def test_a_folder_that_another_one_took_the_place_of_is_watched(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    with watched(folder) as told:
        folder.rename(tmp_path / "old")
        folder.mkdir()
        assert told.within()
        told.within(1.5)
        (folder / "a.md").write_text("a")
        assert told.within()


def test_what_passes_write_is_not_told_wherever_it_lies(tmp_path: Path) -> None:
    articles, linked = tmp_path / "articles", tmp_path / "linked"
    (articles / "state").mkdir(parents=True)
    (tmp_path / "backup").mkdir()
    linked.symlink_to(articles)
    (articles / "backup").symlink_to(tmp_path / "backup")
    with watched(linked, apart=(articles / "state", linked / "out", articles / "backup")) as told:
        (articles / "state" / "status.json").write_text("{}")
        (tmp_path / "backup" / "ledger.jsonl").write_text("{}")
        (articles / "out" / "topics").mkdir(parents=True)
        (articles / "out" / "topics" / "sea.atom").write_text("<feed/>")
        assert not told.within(1)
        (articles / "outer").mkdir()
        (articles / "outer" / "a.md").write_text("a")
        assert told.within()


@pytest.mark.parametrize("where", ["barred", "open/barred"])
def test_a_folder_that_may_not_be_read_keeps_nobody_from_the_others(tmp_path: Path, where: str) -> None:
    for name in ("open", where):
        (tmp_path / name).mkdir()
    (tmp_path / where).chmod(0)
    folders = [str(one) for one in tmp_path.iterdir()]
    command = [sys.executable, "-c", HUMBLE, sys.executable, "-c", WATCHING, *folders]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    try:
        with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
            assert process.stdout.readline() == "changed\n"
            began = time.monotonic()
            (tmp_path / "open" / "a.md").write_text("a")
            assert process.stdout.readline() == "changed\n"
            assert time.monotonic() - began < 10  # before all are tried again
            process.stdin.close()
            assert "the others are watched: Permission denied" in process.stderr.read()
    finally:
        (tmp_path / where).chmod(0o755)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_watch_that_dies_is_lost_and_one_that_is_stopped_is_not(tmp_path: Path) -> None:
    def fail() -> None:
        raise AssertionError

    doomed, stopped, idle = Watch([tmp_path], fail), Watch([tmp_path], lambda: None), Watch([], fail)
    for one in (doomed, stopped, idle):
        one.start()
    stopped.stop()
    end = time.monotonic() + SECONDS
    while not doomed.is_lost():
        assert time.monotonic() < end
        time.sleep(0.01)
    assert not stopped.is_lost()
    assert not idle.is_lost()
