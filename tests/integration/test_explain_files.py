"""Files that are asked for: by path after they are gone, by their name alone; drafts, which have no title to find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asking import ask, entry, reasons

from aggregator.cli.explain.text import as_text

if TYPE_CHECKING:
    from newsroom import Newsroom


def test_a_file_that_is_gone_says_so_by_its_path_as_by_its_address(room: Newsroom) -> None:
    room.article("grid.md")
    room.article("other.md")
    room.write("faulty.md", "---\ntitle: [\n---\n")
    room.run()
    room.remove("grid.md")
    room.run()
    ((place, text),) = reasons(room, "articles/grid.md")
    assert place == "articles/grid.md"
    assert text.startswith(
        "gone; was the entry https://www.harbour.example/grid, first seen 2026-11-01 13:00; it comes"
    )
    for what in ("https://www.harbour.example/grid", "config/articles/grid.md", "grid.md"):
        assert reasons(room, what) == [(place, text)]


def test_a_file_whose_entry_has_other_copies_is_gone_without_it(room: Newsroom) -> None:
    room.article("a.md")
    room.article("b.md", originalUrl="https://www.harbour.example/a")
    room.run()
    room.remove("a.md")
    room.run()
    gone = ("articles/a.md", "gone; its entry goes on without it: https://www.harbour.example/a")
    assert reasons(room, "articles/a.md") == [gone]


def test_a_file_is_found_by_its_name_alone_if_no_other_has_it(room: Newsroom) -> None:
    room.article("2026/grid.md")
    room.article("2025/sail.md", title="The other sail")
    room.article("2026/sail.md", title="One sail")
    room.write("faulty.md", "---\ntitle: [\n---\n")
    room.run()
    assert entry(room, "grid.md").title == "Title of grid"
    assert ask(room, "sail.md", room.articles / "2026").entry == entry(room, "articles/2026/sail.md")
    several = "one of 2 files of this name; ask for it by this path"
    assert reasons(room, "sail.md") == [("articles/2025/sail.md", several), ("articles/2026/sail.md", several)]
    assert [place for place, _ in reasons(room, "faulty.md")] == ["articles/faulty.md:3:1"]
    assert not ask(room, "rid.md").is_known


def test_a_file_that_no_run_has_read_is_found_by_its_name_too(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    room.article("2026/new.md")
    ((place, reason),) = reasons(room, "new.md")
    assert (place, reason.startswith("not read yet")) == ("articles/2026/new.md", True)


def test_of_two_files_of_a_name_the_one_that_is_left_is_meant(room: Newsroom) -> None:
    room.article("2025/grid.md", title="The first")
    room.article("2026/grid.md", title="The second", originalUrl="https://www.harbour.example/second")
    room.run()
    room.remove("2025/grid.md")
    room.run()
    assert entry(room, "grid.md").title == "The second"


def test_the_title_of_a_draft_that_is_not_found_hints_at_drafts(room: Newsroom) -> None:
    room.article("a.md")
    room.article("draft.md", title="Not yet ready", draft=True)
    room.run()
    answer = ask(room, "Not yet ready")
    assert not answer.is_known
    assert "  1 file is a draft or removed, and found by path only" in as_text(answer, room.loaded())
    assert reasons(room, "draft.md")[0][1].startswith("a draft (`draft: true`)")
