from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

import feedparser
import pytest
from newsroom import CONFIG, Newsroom, related, some_articles

from aggregator import files
from aggregator.core.dates import parse_instant
from aggregator.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MARKER = "c2VjcmV0LW1hcmtlcg"


def mtimes(room: Newsroom) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in room.out.rglob("*") if path.is_file()}


def test_a_second_run_writes_nothing(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    before = mtimes(room)
    report = room.run()
    assert mtimes(room) == before
    assert (report.published.written, report.published.removed) == (0, 0)


def test_a_full_run_gives_the_same_bytes_and_writes_nothing(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    before = mtimes(room)
    report = room.run(full=True)
    assert mtimes(room) == before
    assert report.published.unchanged == len(before)


def test_deleting_the_output_and_running_again_gives_the_same_bytes(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    before = room.output()
    for path in sorted(room.out.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    room.run()
    assert room.output() == before


def test_a_file_of_ours_that_was_cut_short_is_written_again(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    before = room.output()
    (room.out / "topics/sea.rss").write_bytes(b"<rss")
    room.run()
    assert room.output() == before


def test_a_feed_that_changes_twice_in_a_second_has_another_last_modified_each_time(room: Newsroom) -> None:
    seconds = []
    for number in range(3):
        room.article(f"more{number}.md")
        room.run()
        seconds.append(int((room.out / "all.atom").stat().st_mtime))
    assert seconds == sorted(set(seconds))


def test_files_and_folders_can_be_read_by_a_web_server_whatever_the_umask(room: Newsroom) -> None:
    some_articles(room)
    mask = os.umask(0o077)
    try:
        room.run()
    finally:
        os.umask(mask)
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (room.out, *room.out.rglob("*"))}
    assert modes == {(True, 0o755), (False, 0o644)}


def test_stray_temporary_files_are_swept_and_files_of_others_left_alone(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    stray = room.out / "topics" / f".sea.atom{files.TEMPORARY}"
    stray.write_bytes(b"half")
    (room.out / "topics" / "mine.html").write_bytes(b"mine")
    room.run()
    assert not stray.exists()
    assert (room.out / "topics" / "mine.html").read_bytes() == b"mine"


def test_a_file_of_somebody_else_in_our_place_is_left_alone_and_named(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    (room.out / "topics" / "wind.atom").write_bytes(b"mine")
    room.article("b.md", topics=["Wind"])
    report = room.run()
    assert (room.out / "topics" / "wind.atom").read_bytes() == b"mine"
    assert [(fault.code, fault.reason) for fault in report.published.faults] == [
        ("foreign_file", "not written by this program: left alone; move it away")
    ]


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_what_is_written_reads_back(room: Newsroom, form: str) -> None:
    some_articles(room)
    room.run()
    for channel in ("all", "topics/wind", "providers/bay.example"):
        read = feedparser.parse(room.output()[f"{channel}.{form}"])
        assert not read.bozo
        expected = [(item["id"], item["url"], item["title"]) for item in room.items(channel)]
        assert [(entry.id, entry.link, entry.title) for entry in read.entries] == expected
        dates = [parse_instant(item["date_published"]) for item in room.items(channel)]
        assert [parse_instant(entry.published) for entry in read.entries] == dates


def test_related_links_are_read_back_from_atom(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    (entry,) = [one for one in feedparser.parse(room.output()["all.atom"]).entries if one.title == "Title of a"]
    links = [(link.rel, link.href, link.get("title")) for link in entry.links]
    assert links == [
        ("alternate", "https://www.harbour.example/a", None),
        ("related", "https://www.harbour.example/b", "Title of b"),
        ("related", "https://www.harbour.example/elsewhere", "Title of elsewhere"),
    ]


def test_nothing_of_secured_or_of_unknown_keys_leaves_the_article(room: Newsroom) -> None:
    for number in range(3):
        room.article(
            f"a{number}.md",
            secured=f"{MARKER};{MARKER}",
            unheard={"of": [MARKER]},
            related=[{**related("x.md"), "secured": MARKER}],
        )
    room.write("broken.md", f'---\nsecured: "{MARKER}" {MARKER}\n---\n')
    room.write("twice.md", f"---\n{MARKER}: 1\n{MARKER}: 2\n---\n")
    report = room.run()
    places = [path for folder in (room.out, room.state) for path in folder.rglob("*") if path.is_file()]
    assert len(places) > 10
    assert [path for path in places if MARKER.encode() in path.read_bytes()] == []
    assert len(report.faults) == 2
    assert MARKER not in repr(report)


class TestBadDays:
    """What the disk does to us."""

    def test_a_full_disk_keeps_the_old_feeds_and_the_next_run_repairs(
        self, room: Newsroom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        some_articles(room)
        room.run()
        before = room.output()
        undisturbed = room.copy(room.folder.with_name("undisturbed"))
        for one in (room, undisturbed):
            one.article("a.md", title="Other")
        fail_at(monkeypatch, 2)
        with pytest.raises(
            PublishError, match=r"no space left on device \(ENOSPC\); make room on the disk\. Old feeds kept"
        ):
            room.run()
        monkeypatch.undo()
        assert room.output() == before
        assert list(room.out.rglob(f"*{files.TEMPORARY}")) == []
        undisturbed.run()
        room.run()
        assert room.output() == undisturbed.output()

    @pytest.mark.parametrize("step", range(12))
    def test_a_kill_at_any_write_leaves_old_or_new_and_the_next_run_ends_as_if_nothing_had_been(
        self, room: Newsroom, monkeypatch: pytest.MonkeyPatch, step: int
    ) -> None:
        some_articles(room)
        room.run()
        before = room.output()
        undisturbed = room.copy(room.folder.with_name("undisturbed"))
        for one in (room, undisturbed):
            one.article("b.md", title="Other", topics=["Wind", "New"])
        undisturbed.run()
        after = undisturbed.output()
        kill_at(monkeypatch, step)
        with pytest.raises(Killed):
            room.run()
        monkeypatch.undo()
        for path, document in room.output().items():
            assert files.TEMPORARY in path or document in {before.get(path), after.get(path)}
        room.run()
        assert room.output() == after

    def test_a_folder_that_cannot_be_made_is_named(self, room: Newsroom) -> None:
        room.folder.joinpath("out").write_text("a file")
        with pytest.raises(PublishError, match=r"/out: "):
            room.run()


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours may catch it and tidy up."""


def fail_at(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let the disk be full from the so many-th temporary file of a feed on."""
    written = files._written_beside  # noqa: SLF001
    seen: list[Path] = []

    def failing(path: Path, data: bytes, mode: int) -> Path:
        seen.append(path)
        if path.suffix in {".atom", ".rss"} and len(seen) > number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return written(path, data, mode)

    monkeypatch.setattr(files, "_written_beside", failing)


def kill_at(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """End the pass before the so many-th write, rename or sync of a file or folder."""
    seen: list[str] = []

    def step(what: str) -> None:
        seen.append(what)
        if len(seen) > number:
            raise Killed(what)

    for module, name in ((os, "fsync"), (os, "fchmod")):
        real = getattr(module, name)

        def stepping(*given: object, _real: object = real, _name: str = name) -> object:
            step(_name)
            return _real(*given)  # type: ignore[operator]

        monkeypatch.setattr(module, name, stepping)


def test_the_smallest_configuration_is_enough(room: Newsroom) -> None:
    room.configure("base_url: https://feeds.test.example/\n")
    room.article("a.md")
    room.run()
    output: Mapping[str, bytes] = room.output()
    assert {path.rpartition(".")[2] for path in output} == {"atom", "rss", "html", "opml"}
    assert b"<title>feeds.test.example</title>" in output["all.atom"]


def test_the_hub_is_named_in_every_format(room: Newsroom) -> None:
    room.configure(CONFIG + "hub: https://hub.example/\n")
    room.run()
    assert all(b"https://hub.example/" in document for document in room.output().values())
