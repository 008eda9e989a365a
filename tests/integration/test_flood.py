from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from newsroom import Newsroom

HARBOUR = "https://www.harbour.example"


def write(room: Newsroom, stem: str, number: int, **given: object) -> None:
    fields = {"title": f"Story {number}", "publishedDateTime": f"2026-10-20T08:{number:02}:00Z", **given}
    room.article(f"{stem}{number:02}.md", **fields)


@pytest.fixture
def known(room: Newsroom) -> Newsroom:
    for number in range(30):
        write(room, "old", number)
    room.run()
    return room


def test_known_articles_under_new_addresses_are_held_until_a_person_accepts(known: Newsroom) -> None:
    for number in range(12):
        write(known, "new", number)
    (flood,) = known.run().gathered.floods
    assert (flood.source, flood.new, flood.alike, len(flood.examples)) == ("articles", 12, 12, 10)
    assert len(known.items()) == 30
    (again,) = known.run().gathered.floods
    assert again == flood
    assert known.run(accept_new=frozenset({"articles"})).gathered.floods == ()
    assert len(known.items()) == 42
    assert known.run().gathered.floods == ()


def test_news_that_comes_meanwhile_does_not_carry_a_flood_in(known: Newsroom) -> None:
    for number in range(12):
        write(known, "new", number)
    known.run()
    for number in range(20):
        write(known, "news", number, title=f"Fresh {number}", publishedDateTime=f"2026-10-29T09:{number:02}:00Z")
    (flood,) = known.run().gathered.floods
    assert (flood.new, flood.alike, len(known.items())) == (32, 12, 30)


@pytest.mark.parametrize(
    ("count", "alike"), [(9, 9), (12, 6), (20, 3)], ids=("fewer than ten", "half of them", "a few of many")
)
def test_what_is_no_flood_comes_in(known: Newsroom, count: int, alike: int) -> None:
    for number in range(count):
        given = (
            {}
            if number < alike
            else {"title": f"Fresh {number}", "publishedDateTime": f"2026-10-29T09:{number:02}:00Z"}
        )
        write(known, "new", number, **given)
    assert known.run().gathered.floods == ()
    assert len(known.items()) == 30 + count


def test_a_date_alone_or_a_title_alone_is_enough(known: Newsroom) -> None:
    for number in range(12):
        write(known, "new", number, **({"title": f"Other {number}"} if number % 2 else {"publishedDateTime": None}))
    (flood,) = known.run().gathered.floods
    assert (flood.new, flood.alike) == (12, 12)


@pytest.mark.parametrize(("distinct", "held"), [(12, True), (5, False)], ids=("a document of copies", "columns"))
def test_known_titles_that_stand_more_than_once_count_where_they_are_many(
    known: Newsroom, distinct: int, *, held: bool
) -> None:
    for number in range(30):
        title, date = f"Story {number % distinct}", f"2026-10-29T09:{number:02}:00Z"
        write(known, "new", number, title=title, publishedDateTime=date)
    assert bool(known.run().gathered.floods) is held


def test_files_that_move_with_their_addresses_are_not_new(known: Newsroom) -> None:
    for number in range(12):
        known.remove(f"old{number:02}.md")
        write(known, "archive/moved", number, originalUrl=f"{HARBOUR}/old{number:02}")
    report = known.run()
    assert (report.gathered.floods, report.settled.new) == ((), 0)


def test_the_first_pass_over_a_source_is_never_a_flood(room: Newsroom) -> None:
    for number in range(20):
        write(room, "a", number % 2 * 10 + number, title="The same")
    assert room.run().gathered.floods == ()


def test_what_is_held_does_not_hold_up_changes_and_removals(known: Newsroom) -> None:
    for number in range(12):
        write(known, "new", number)
    write(known, "old", 3, title="Changed")
    known.remove("old04.md")
    assert len(known.run().gathered.floods) == 1
    titles = known.titles()
    assert "Changed" in titles
    assert "Story 4" not in titles


def test_a_date_that_several_share_says_nothing(room: Newsroom) -> None:
    for number in range(30):
        write(room, "old", number, publishedDateTime="2026-10-20")
    room.run()
    for number in range(12):
        write(room, "new", number, title=f"Fresh {number}", publishedDateTime="2026-10-20")
    assert room.run().gathered.floods == ()
