"""States that are lost, put back, cut short or mixed up: ids and dates survive, and every feed tells the truth."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from newsroom import CONFIG, Newsroom

from aggregator.errors import StateTaken, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping

DATABASE = ("aggregator.db", "aggregator.db-wal", "aggregator.db-shm")


def some_articles(room: Newsroom) -> None:
    for number in range(5):
        room.article(f"a{number}.md", publishedDateTime=None if number == 0 else f"2026-10-2{number}T08:00:00Z")


def kept(room: Newsroom) -> dict[str, bytes]:
    return {name: (room.state / name).read_bytes() for name in DATABASE if (room.state / name).exists()}


def put_back(room: Newsroom, files: Mapping[str, bytes]) -> None:
    for name in DATABASE:
        (room.state / name).unlink(missing_ok=True)
    for name, content in files.items():
        (room.state / name).write_bytes(content)


def ids_and_dates(room: Newsroom) -> dict[str, tuple[str, str]]:
    return {item["url"]: (item["id"], item["date_published"]) for item in room.items()}


def every_feed_is_as_a_full_run_makes_it(room: Newsroom) -> bool:
    before = room.output()
    room.run_again(full=True)
    return room.output() == before


def test_a_state_that_is_removed_and_an_article_that_changes_meanwhile(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    before = ids_and_dates(room)
    put_back(room, {})
    room.article("a1.md", title="New words", publishedDateTime="2026-10-21T08:00:00Z")
    room.article("b.md")
    room.run()
    room.run()
    for path in ("all", "topics/sea", "providers/harbour.example"):
        assert "New words" in room.titles(path)
        assert "Title of b" in room.titles(path)
    assert {url: ids_and_dates(room)[url] for url in before} == before
    assert every_feed_is_as_a_full_run_makes_it(room)


def test_a_state_and_articles_of_yesterday_are_put_back(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    yesterday = kept(room)
    room.article("a1.md", title="Withdrawn", publishedDateTime="2026-10-21T08:00:00Z")
    room.run()
    put_back(room, yesterday)
    room.article("a1.md", publishedDateTime="2026-10-21T08:00:00Z")
    room.run()
    assert b"Withdrawn" not in b"".join(room.output().values())
    assert every_feed_is_as_a_full_run_makes_it(room)


def test_a_state_of_yesterday_without_the_text_of_the_ledger(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    yesterday = kept(room)
    room.article("a1.md", title="Withdrawn", publishedDateTime="2026-10-21T08:00:00Z")
    room.run()
    latest = room.updated("topics/sea")
    put_back(room, yesterday)
    (room.state / "ledger.jsonl").unlink()
    room.article("a1.md", publishedDateTime="2026-10-21T08:00:00Z")
    room.run_again()
    assert b"Withdrawn" not in b"".join(room.output().values())
    assert room.updated("topics/sea") >= latest


def test_a_state_from_before_another_was_built_anew(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    first_life = kept(room)
    put_back(room, {})
    room.run()
    room.article("b.md", publishedDateTime=None)
    room.run()
    before = ids_and_dates(room)
    put_back(room, first_life)
    room.run()
    assert ids_and_dates(room) == before
    assert every_feed_is_as_a_full_run_makes_it(room)
    put_back(room, {})
    room.run()
    assert ids_and_dates(room) == before


def test_an_older_state_does_not_turn_an_entrys_date_back(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    yesterday = kept(room)
    room.article("a1.md", title="New words", publishedDateTime="2026-10-21T08:00:00Z")
    room.run()
    before = room.item("New words")
    put_back(room, yesterday)
    room.run()
    assert room.item("New words") == before
    assert every_feed_is_as_a_full_run_makes_it(room)


@pytest.mark.parametrize("size", [0, 1, 700, 1500, 2500])
def test_an_append_that_was_cut_short_is_completed(room: Newsroom, size: int) -> None:
    some_articles(room)
    room.run()
    text = room.state / "ledger.jsonl"
    committed = text.stat().st_size
    for number in range(9):
        room.article(f"b{number}.md")
    room.run()
    whole = text.read_bytes()
    text.write_bytes(whole[: committed + size])  # what a crash or a full disk leaves
    room.run()
    room.article("c.md")
    room.run()
    before = ids_and_dates(room)
    rows = [json.loads(line) for line in text.read_bytes().splitlines()]
    assert len({row["id"] for row in rows if row["kind"] == "entry"}) == 15
    put_back(room, {})
    room.run()
    assert ids_and_dates(room) == before


@pytest.mark.parametrize("line", [b"[]", b'{"kind":"entry"}', b'{"kind":"unheard"}', b"half"])
def test_a_line_that_is_none_of_the_ledger_is_named(room: Newsroom, line: bytes) -> None:
    some_articles(room)
    room.run()
    text = room.state / "ledger.jsonl"
    text.write_bytes(line + b"\n" + text.read_bytes())
    put_back(room, {})
    with pytest.raises(StoreError, match="of the ledger"):
        room.run()


def test_two_sites_never_share_a_state_unnoticed(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    before = room.output()
    room.configure(CONFIG.replace("../out", "../other"))
    with pytest.raises(StateTaken, match="give this configuration a `state:` of its own"):
        room.run()
    assert room.output() == before
    assert not (room.folder / "other").exists()


def test_a_folder_in_the_place_of_a_feed_is_named_and_costs_no_other_feed(room: Newsroom) -> None:
    (room.out / "topics" / "sea.atom").mkdir(parents=True)
    some_articles(room)
    report = room.run()
    assert [fault.code for fault in report.published.faults] == ["foreign_file"]
    assert len(room.items()) == 5


def test_an_idle_pass_writes_nothing_at_all(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    room.run()
    before = {path.name: path.stat().st_mtime_ns for path in room.state.iterdir() if path.name != "lock"}
    room.run()
    after = {path.name: path.stat().st_mtime_ns for path in room.state.iterdir() if path.name != "lock"}
    assert after == before


class TestRemovals:
    def test_a_path_edited_to_a_folder_that_is_not_mounted_drops_nothing(self, room: Newsroom) -> None:
        some_articles(room)
        room.run()
        room.configure(CONFIG.replace("path: articles", "path: not-mounted-yet"))
        report = room.run()
        assert len(room.items()) == 5
        assert {held.source for held in report.gathered.held} == {"articles", "not-mounted-yet"}

    def test_a_source_taken_out_of_the_configuration_is_held_where_much_goes_with_it(self, room: Newsroom) -> None:
        for number in range(30):
            room.article(f"a{number:02}.md")
        room.run()
        room.configure(CONFIG.replace("path: articles", "path: fewer"))
        (room.folder / "config" / "fewer").mkdir()
        assert [held.gone for held in room.run().gathered.held] == [30]
        assert len(room.items()) == 30
        assert room.run(accept_removals=frozenset({"articles"})).gathered.held == ()
        assert room.items() == []

    def test_one_of_several_folders_that_is_suddenly_empty_is_held(self, room: Newsroom) -> None:
        room.configure(CONFIG.replace("path: articles", "path: [articles, mount]"))
        for number in range(6):
            room.article(f"a{number}.md")
        room.article("../mount/b.md")
        room.run()
        (room.folder / "config" / "mount" / "b.md").unlink()
        assert [held.reason for held in room.run().gathered.held] == ["mount is empty"]
        assert len(room.items()) == 7

    def test_what_is_below_a_folder_that_cannot_be_listed_is_still_there(
        self, room: Newsroom, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(6):
            room.article(f"deep/a{number}.md")
        room.article("b.md")
        room.run()
        scandir = os.scandir

        def failing(path: str) -> object:
            if str(path).endswith("deep"):
                raise PermissionError(13, "Permission denied", str(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", failing)
        report = room.run()
        assert [str(fault) for fault in report.faults] == [
            "articles/deep: cannot be read: permission denied (EACCES); the user that runs this needs the right to it"
        ]
        assert len(room.items()) == 7

    def test_another_spelling_of_the_path_is_the_same_folder(self, room: Newsroom) -> None:
        some_articles(room)
        room.run()
        room.configure(CONFIG.replace("path: articles", "path: ./articles/../articles/\n    name: articles"))
        report = room.run()
        assert (report.gathered.held, report.gathered.put.new) == ((), 0)


def test_a_name_that_comes_again_later_is_another_article(room: Newsroom) -> None:
    room.article("2025-01-01/weather.md", title="January", originalUrl="https://www.harbour.example/1")
    room.article("other.md")
    room.run()
    room.remove("2025-01-01/weather.md")
    room.run()
    room.article(
        "2026-10-30/weather.md",
        title="October",
        originalUrl="https://www.harbour.example/2",
        publishedDateTime="2026-10-30T08:00:00Z",
    )
    room.run()
    item = room.item("October")
    assert (item["id"], item["date_published"]) == ("https://www.harbour.example/2", "2026-10-30T08:00:00Z")


def test_a_loop_of_links_and_folders_below_folders_without_end(room: Newsroom) -> None:
    room.article("a.md")
    (room.articles / "one.md").symlink_to(room.articles / "two.md")
    (room.articles / "two.md").symlink_to(room.articles / "one.md")
    deep = room.articles
    for _ in range(400):
        deep = deep / "d"
    os.makedirs(deep)  # noqa: PTH103  deeper than pathlib's recursion goes
    report = room.run()
    assert {fault.code for fault in report.faults} <= {"link", "unreadable"}
    assert room.titles() == ["Title of a"]


def test_a_draft_that_breaks_has_no_version_that_stays_published(room: Newsroom) -> None:
    room.article("a.md")
    room.article("b.md")
    room.run()
    room.article("a.md", draft=True)
    room.run()
    room.write("a.md", '---\ntitle: "A" b\n---\n')
    (fault,) = room.run().faults
    assert fault.reason.endswith(". Not published.")


def test_a_password_in_an_address_is_not_quoted(room: Newsroom) -> None:
    room.article("a.md", originalUrl="ftp://somebody:hunter2@harbour.example/a")
    assert "hunter2" not in repr(room.run())


def test_a_smaller_window_is_no_news(room: Newsroom) -> None:
    some_articles(room)
    room.run()
    before = room.updated()
    room.configure(CONFIG + "window: {entries: 2, days: 0, at_least: 1}\n")
    report = room.run()
    assert len(room.items()) == 2
    assert (room.updated(), report.published.news) == (before, ())


def test_a_correction_is_newer_than_what_it_corrects_even_if_the_clock_went_back(room: Newsroom) -> None:
    room.article("a.md", publishedDateTime="2026-11-01T09:00:00Z")
    room.run()
    room.now -= timedelta(days=1)
    room.article("a.md", title="Corrected", publishedDateTime="2026-11-01T09:00:00Z")
    room.run()
    assert room.item("Corrected")["date_modified"] == "2026-11-01T09:00:01Z"
