from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from newsroom import CONFIG, Newsroom, article_text

from aggregator.core.model import Outcome
from aggregator.sources import article

if TYPE_CHECKING:
    from pathlib import Path

    from aggregator.core.model import Document
    from aggregator.run import Report
    from aggregator.sources import Context

BROKEN = '---\ntitle: "A" b\n---\n'


def reasons(report: Report) -> list[str]:
    return [str(fault) for fault in report.faults]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that the location of every parsed document is put into."""
    locations: list[str] = []
    parse = article.parse

    def watched(data: bytes, location: str, context: Context) -> Document:
        locations.append(location)
        return parse(data, location, context)

    monkeypatch.setattr(article, "parse", watched)
    return locations


def test_documents_are_known_by_their_fence_in_folders_below_too(room: Newsroom) -> None:
    room.article("a.txt")
    room.article("deep/down/b")
    room.write("notes.txt", "no fence")
    room.write(".git/c.md", article_text("c.md"))
    room.write("d.md~", article_text("d.md"))
    report = room.run()
    assert sorted(room.titles()) == ["Title of a", "Title of b"]
    assert report.gathered.outcomes == {Outcome.READ: 2, Outcome.NOT_ARTICLE: 1}
    assert reasons(report) == []


def test_a_second_run_reads_no_file_that_did_not_change(room: Newsroom, parsed: list[str]) -> None:
    room.article("a.md")
    room.article("b.md")
    room.run()
    del parsed[:]
    room.article("b.md", title="Other")
    room.run()
    assert parsed == ["articles/b.md"]


def test_a_file_that_was_only_touched_is_not_parsed(room: Newsroom, parsed: list[str]) -> None:
    path = room.article("a.md")
    room.run()
    del parsed[:]
    os.utime(path, (1, 1))
    room.run()
    assert parsed == []


def test_a_file_as_young_as_the_scan_is_looked_at_again(room: Newsroom) -> None:
    path = room.article("a.md", title="Aaaa")
    stamp = (room.now + timedelta(minutes=59, seconds=59)).timestamp()
    os.utime(path, (stamp, stamp))
    room.run()
    path.write_text(article_text("a.md", title="Bbbb"))
    os.utime(path, (stamp, stamp))
    room.run()
    assert room.titles() == ["Bbbb"]


def test_a_faulty_file_keeps_its_last_good_version_published_and_says_so_each_time(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    room.write("a.md", BROKEN)
    first, second = room.run(), room.run()
    assert room.titles() == ["Title of a"]
    expected = (
        "articles/a.md:2:12: text after a closing quote (a quote inside quotes needs a backslash), "
        "or an indentation unlike that above. "
        "The version of 2026-11-01 13:00 UTC stays published."
    )
    assert reasons(first) == reasons(second) == [expected]
    room.article("a.md", title="Mended")
    assert reasons(room.run()) == []
    assert room.titles() == ["Mended"]


def test_a_faulty_file_costs_the_others_nothing(room: Newsroom) -> None:
    room.write("a.md", BROKEN)
    room.write("b.md", b"---\ntitle: \xff\n---\n")
    room.article("c.md", originalUrl=None)
    room.article("d.md", originalUrl="mailto:someone@example.org")
    room.article("e.md")
    report = room.run()
    assert room.titles() == ["Title of e"]
    assert reasons(report) == [
        "articles/a.md:2:12: text after a closing quote (a quote inside quotes needs a backslash), or an indentation unlike that above. Not published.",
        "articles/b.md:2:8: byte 0xff is not UTF-8; save as UTF-8. Not published.",
        "articles/c.md:1: no originalUrl or webUrl; add one, an entry needs an address. Not published.",
        'articles/d.md:5: originalUrl: "mailto:someone@example.org" is no http or https address that feeds can link to. Not published.',
    ]


@pytest.mark.parametrize("text", [b"", b"-", b"half a wor"])
def test_what_was_an_article_and_lost_its_front_matter_is_damaged_not_gone(room: Newsroom, text: bytes) -> None:
    room.article("a.md")
    room.article("b.md")
    room.run()
    room.write("a.md", text)
    report = room.run()
    assert sorted(room.titles()) == ["Title of a", "Title of b"]
    assert "the front matter is gone" in reasons(report)[0]


def test_a_half_written_file_is_read_once_more(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    path = room.write("a.md", "---\ntitle: A")
    os.utime(path, None)  # written a moment ago

    def finish(_seconds: float) -> None:
        path.write_text(article_text("a.md"))

    monkeypatch.setattr("time.sleep", finish)
    assert reasons(room.run()) == []
    assert room.titles() == ["Title of a"]


@pytest.mark.parametrize(("flag", "outcome"), [("draft", Outcome.DRAFT), ("removed", Outcome.REMOVED)])
def test_drafts_and_removed_files_are_skipped_and_counted(room: Newsroom, flag: str, outcome: Outcome) -> None:
    room.article("a.md")
    room.article("b.md")
    room.run()
    room.article("a.md", **{flag: True})
    report = room.run()
    assert room.titles() == ["Title of b"]
    assert report.gathered.outcomes[outcome] == 1
    room.configure(CONFIG.replace("path: articles", "path: articles\n    skip: []"))
    room.run()
    assert len(room.titles()) == 2


def test_published_false_is_no_draft(room: Newsroom) -> None:
    room.article("a.md", published=False, heat=-1)
    room.run()
    assert room.titles() == ["Title of a"]


def test_what_is_no_file_of_the_folder_is_passed_over_and_named(room: Newsroom, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text(article_text("secret.md"))
    room.article("real.md")
    (room.articles / "out.md").symlink_to(secret)
    (room.articles / "in.md").symlink_to(room.articles / "real.md")
    (room.articles / "loop").symlink_to(room.articles)
    (room.articles / "dangling.md").symlink_to(tmp_path / "nowhere")
    (room.articles / "null.md").symlink_to("/dev/zero")
    os.mkfifo(room.articles / "pipe.md")
    report = room.run()
    assert room.titles() == ["Title of real"]
    assert reasons(report) == [
        (
            "articles/dangling.md: cannot be read: no such file or directory (ENOENT); "
            "look at the name, or where the link leads"
        ),
        "articles/loop: a link to a folder: not followed; add that folder to `articles.path`",
        "articles/null.md: a link out of the folder: not read; add the file's folder to `articles.path`",
        "articles/out.md: a link out of the folder: not read; add the file's folder to `articles.path`",
        "articles/pipe.md: a pipe, a socket or a device: not read; keep it elsewhere",
    ]


def test_a_folder_that_is_itself_a_link_is_read(room: Newsroom, tmp_path: Path) -> None:
    room.article("a.md")
    room.articles.rename(tmp_path / "elsewhere")
    room.articles.symlink_to(tmp_path / "elsewhere")
    room.run()
    assert room.titles() == ["Title of a"]


def test_a_file_that_is_too_large_is_named_and_not_read(room: Newsroom) -> None:
    room.write("a.md", b"---\n" + b"#" * (3 * 1024 * 1024))
    assert "more than 2048 KiB: not read" in reasons(room.run())[0]


def test_several_folders_can_be_one_source(room: Newsroom) -> None:
    room.configure(CONFIG.replace("path: articles", "path: [articles, archive]"))
    room.write("../archive/b.md", article_text("b.md"))
    room.article("a.md")
    report = room.run()
    assert report.gathered.found == 2
    assert sorted(room.titles()) == ["Title of a", "Title of b"]


class TestRemovalGuard:
    def test_a_deleted_file_leaves_the_feeds(self, room: Newsroom) -> None:
        room.article("a.md")
        room.article("b.md")
        room.run()
        room.remove("a.md")
        report = room.run()
        assert room.titles() == ["Title of b"]
        assert (report.gathered.put.removed, report.settled.removed) == (1, 1)

    def test_a_missing_folder_is_held_whatever_is_accepted(self, room: Newsroom) -> None:
        room.article("a.md")
        room.run()
        room.articles.rename(room.folder / "unmounted")
        for accepted in (frozenset[str](), frozenset({"articles"})):
            report = room.run(accept_removals=accepted)
            assert [held.reason for held in report.gathered.held] == [f"{room.articles}: no folder that can be read"]
            assert room.titles() == ["Title of a"]
        (room.folder / "unmounted").rename(room.articles)
        assert room.run().gathered.held == ()

    def test_a_suddenly_empty_folder_is_held(self, room: Newsroom) -> None:
        room.article("a.md")
        room.run()
        room.remove("a.md")
        report = room.run()
        assert [held.reason for held in report.gathered.held] == ["articles is empty"]
        assert room.titles() == ["Title of a"]

    def test_most_files_gone_at_once_is_held_until_a_person_accepts(self, room: Newsroom) -> None:
        for number in range(42):
            room.article(f"a{number:02}.md")
        room.run()
        for number in range(22):
            room.remove(f"a{number:02}.md")
        (held,) = room.run().gathered.held
        assert (held.gone, held.of, len(held.examples)) == (22, 42, 10)
        assert len(room.items()) == 42
        assert room.run(accept_removals=frozenset({"articles"})).gathered.held == ()
        assert len(room.items()) == 20

    def test_half_of_the_files_is_not_most(self, room: Newsroom) -> None:
        for number in range(42):
            room.article(f"a{number:02}.md")
        room.run()
        for number in range(21):
            room.remove(f"a{number:02}.md")
        assert room.run().gathered.held == ()

    def test_what_is_held_does_not_hold_up_new_articles(self, room: Newsroom) -> None:
        for number in range(30):
            room.article(f"a{number:02}.md")
        room.run()
        for number in range(25):
            room.remove(f"a{number:02}.md")
        room.article("new.md")
        room.run()
        assert len(room.items()) == 31
