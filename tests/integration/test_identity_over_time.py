from __future__ import annotations

import json
import sqlite3
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from newsroom import NOON, Newsroom

from aggregator.core.address import Address, read_address
from aggregator.store import sqlite

HARBOUR = "https://www.harbour.example"


def ids(room: Newsroom, path: str = "all") -> dict[str, str]:
    return {item["title"]: item["id"] for item in room.items(path)}


def test_the_id_is_the_key_written_as_an_https_address(room: Newsroom) -> None:
    room.article("a.md", originalUrl="http://WWW.Harbour.example:80/a?utm_source=x#top")
    room.run()
    assert room.item("Title of a")["id"] == f"{HARBOUR}/a"


def test_the_published_address_is_the_one_that_was_given(room: Newsroom) -> None:
    room.article("a.md", originalUrl="http://www.harbour.example/a?utm_source=x#top")
    room.run()
    assert room.item("Title of a")["url"] == "http://www.harbour.example/a?utm_source=x#top"


def test_one_address_in_two_files_is_one_entry_and_the_newer_file_has_the_say(room: Newsroom) -> None:
    room.article("2026-10-20-a.md", title="Old", originalUrl=f"{HARBOUR}/x", topics=["Sea", "Wind"])
    room.article("2026-10-21-a.md", title="New", originalUrl=f"{HARBOUR}/x", publishedDateTime="2026-10-21T08:00:00Z")
    report = room.run()
    assert room.titles() == ["New"]
    assert (report.totals.entries, report.totals.merged) == (1, 1)
    assert room.titles("topics/wind") == ["New"]


def test_removing_a_sighting_reveals_the_other(room: Newsroom) -> None:
    room.article("a.md", title="Old", originalUrl=f"{HARBOUR}/x")
    room.article("b.md", title="New", originalUrl=f"{HARBOUR}/x", publishedDateTime="2026-10-21T08:00:00Z")
    room.run()
    before = ids(room)["New"]
    room.remove("b.md")
    room.run()
    assert ids(room) == {"Old": before}


def test_a_file_whose_address_changes_stays_the_same_entry(room: Newsroom) -> None:
    room.article("a.md", title="Same")
    room.run()
    room.article("a.md", title="Same", originalUrl="https://other.example/elsewhere")
    room.run()
    item = room.item("Same")
    assert item["id"] == f"{HARBOUR}/a"
    assert item["url"] == "https://other.example/elsewhere"
    assert item["date_modified"] == "2026-11-01T14:00:00Z"


def test_a_file_that_moves_and_changes_its_address_stays_the_same_entry(room: Newsroom) -> None:
    room.article("2026-10-20-a.md", title="Same")
    room.article("b.md")
    room.run()
    room.remove("2026-10-20-a.md")
    room.article("archive/2026-10-20-a.md", title="Same", originalUrl="https://other.example/elsewhere")
    room.run()
    assert room.item("Same")["id"] == f"{HARBOUR}/2026-10-20-a"


def test_pages_called_index_are_not_taken_for_one_another(room: Newsroom) -> None:
    room.article("one/index.md", title="One", originalUrl=f"{HARBOUR}/one")
    room.article("b.md")
    room.run()
    room.remove("one/index.md")
    room.article("two/index.md", title="Two", originalUrl=f"{HARBOUR}/two")
    room.run()
    assert room.item("Two")["id"] == f"{HARBOUR}/two"


def test_a_former_address_leads_related_links_to_the_entry(room: Newsroom) -> None:
    room.article("a.md", title="Moved")
    room.article("b.md", related=[{"title": "Stale words", "webUrl": f"{HARBOUR}/a"}])
    room.run()
    room.article("a.md", title="Moved", originalUrl="https://other.example/elsewhere")
    room.run()
    (link,) = room.item("Title of b")["_aggregator"]["related"]
    assert (link["title"], link["url"]) == ("Moved", "https://other.example/elsewhere")


def test_a_file_that_always_moves_does_not_remember_all_its_life(room: Newsroom) -> None:
    for day in range(53):
        room.article("today.md", title="Today", originalUrl=f"{HARBOUR}/day-{day}")
        room.run()
    assert ids(room) == {"Today": f"{HARBOUR}/day-0"}
    rows = map(json.loads, (room.state / "ledger.jsonl").read_bytes().splitlines())
    *_, former = (row["former"] for row in rows if row["kind"] == "entry")
    assert former == [f"{HARBOUR}/day-{day}" for day in (0, *range(2, 52))]
    # What was forgotten is as new; what gave the id is not.
    room.article("old.md", title="Forgotten", originalUrl=f"{HARBOUR}/day-1")
    room.article("first.md", title="First", originalUrl=f"{HARBOUR}/day-0")
    room.run()
    assert ids(room) == {
        "Today": f"{HARBOUR}/day-0",
        "Forgotten": f"{HARBOUR}/day-1",
        "First": f"{HARBOUR}/day-0#2",
    }


def test_a_new_file_under_an_address_that_another_left_gets_an_id_of_its_own(room: Newsroom) -> None:
    room.article("a.md", title="Moved")
    room.run()
    room.article("a.md", title="Moved", originalUrl=f"{HARBOUR}/new-place")
    room.article("z.md", title="Newcomer", originalUrl=f"{HARBOUR}/a")
    room.run()
    assert ids(room) == {"Moved": f"{HARBOUR}/a", "Newcomer": f"{HARBOUR}/a#2"}


def test_entries_that_become_one_keep_the_id_first_seen_and_part_again_with_their_own(room: Newsroom) -> None:
    room.article("a.md", title="First")
    room.run()
    room.article("b.md", title="Second", publishedDateTime="2026-10-25T08:00:00Z")
    room.run()
    apart = ids(room)
    room.article("a.md", title="First", originalUrl=f"{HARBOUR}/b")
    room.run()
    assert ids(room) == {"Second": apart["First"]}
    room.article("a.md", title="First")
    room.run()
    assert ids(room) == apart


def test_a_file_that_comes_back_is_the_entry_it_was(room: Newsroom) -> None:
    room.article("a.md")
    room.article("b.md")
    room.run()
    before = room.item("Title of a")
    room.remove("a.md")
    room.run()
    assert room.titles() == ["Title of b"]
    room.article("a.md")
    room.run()
    assert room.item("Title of a") == before


def test_two_files_with_one_title_stay_two_entries(room: Newsroom) -> None:
    room.article("a.md", title="Reminder")
    room.article("b.md", title="Reminder")
    room.run()
    assert room.titles() == ["Reminder", "Reminder"]


def test_a_renamed_source_keeps_the_ids(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    before = ids(room)
    room.configure(room.config_file.read_text().replace("path: articles", "path: articles\n    name: harbour"))
    room.run()
    assert ids(room) == before


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        pytest.param("2026-10-20T08:00:00Z", "2026-10-20T08:00:00Z", id="plausible"),
        pytest.param("2026-11-01T14:00:00Z", "2026-11-01T13:00:00Z", id="an hour ahead: first seen"),
        pytest.param("2026-11-05T11:00:00Z", "2026-11-01T13:00:00Z", id="days ahead: first seen"),
        pytest.param("1989-01-01T00:00:00Z", "2026-11-01T13:00:00Z", id="before the web: first seen"),
        pytest.param("yesterday", "2026-11-01T13:00:00Z", id="unreadable: first seen"),
        pytest.param(None, "2026-11-01T13:00:00Z", id="none: first seen"),
    ],
)
def test_published_is_fixed_at_first_sight(room: Newsroom, published: str | None, expected: str) -> None:
    room.article("a.md", publishedDateTime=published)
    room.run()
    room.article("a.md", publishedDateTime="2026-10-01T00:00:00Z")
    room.run()
    assert room.item("Title of a")["date_published"] == expected


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        ({"title": "Other"}, True),
        ({"excerpt": "Other"}, True),
        ({"body": "A text."}, True),
        ({"originalUrl": f"{HARBOUR}/other"}, True),
        ({"topics": ["Sea", "Wind"]}, False),
        ({"images": [{"url": "https://i.example/x.png"}]}, False),
        ({"secured": "b3RoZXI=;aXY="}, False),
        ({"quality": 99, "heat": 500}, False),
        ({"published": True}, False),
        ({"related": [{"title": "R", "webUrl": "https://r.example/"}]}, False),
        ({"ampWebUrl": f"{HARBOUR}/a/amp"}, False),
        ({"provider": {"name": "Other", "domain": "other.example"}}, False),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_updated_moves_with_words_and_address_only(room: Newsroom, change: dict[str, object], moves: bool) -> None:
    room.article("a.md")
    room.run()
    room.article("a.md", **change)
    room.run()
    (item,) = room.items()
    assert item["date_modified"] == ("2026-11-01T14:00:00Z" if moves else "2026-10-20T08:00:00Z")


def test_a_late_arrival_enters_the_window_it_is_late_for(room: Newsroom) -> None:
    room.configure(room.config_file.read_text() + "window: {entries: 3, days: 0, at_least: 1}\n")
    for number in range(6):
        room.article(f"busy{number}.md", publishedDateTime=f"2026-10-30T0{number}:00:00Z")
    room.run()
    room.article("late.md", publishedDateTime="2026-10-25T00:00:00Z")
    room.article("ancient.md", publishedDateTime="2026-09-01T00:00:00Z")
    room.run()
    assert room.titles() == ["Title of busy5", "Title of busy4", "Title of late"]


def test_old_stock_of_a_new_source_ranks_by_its_own_date(room: Newsroom) -> None:
    room.configure(room.config_file.read_text() + "window: {entries: 3, days: 0, at_least: 1}\n")
    for number in range(6):
        room.article(f"stock{number}.md", publishedDateTime=f"2026-10-2{number}T00:00:00Z")
    room.run()
    assert room.titles() == ["Title of stock5", "Title of stock4", "Title of stock3"]


def test_the_clock_of_a_feed_never_goes_back(room: Newsroom) -> None:
    room.article("a.md")
    room.run()
    room.article("a.md", title="Other")
    room.run()
    assert room.updated() == "2026-11-01T14:00:00Z"
    room.now = NOON - timedelta(days=30)
    room.article("a.md", title="Third")
    room.run_again()
    assert room.updated() == "2026-11-01T14:00:01Z"
    assert room.item("Third")["date_modified"] == "2026-11-01T14:00:01Z"


def test_the_scheme_the_file_and_the_folder_may_change_under_an_id(room: Newsroom) -> None:
    room.article("a.md", originalUrl=f"{HARBOUR}/a")
    room.article("z.md")
    room.run()
    before = ids(room)
    room.article("a.md", originalUrl="http://www.harbour.example/a?utm_medium=x")
    room.run()
    assert ids(room) == before
    room.remove("a.md")
    room.article("other-name.md", title="Title of a", originalUrl=f"{HARBOUR}/a")
    room.run()
    assert ids(room) == before
    room.remove("other-name.md")
    room.article("deep/folder/other-name.md", title="Title of a", originalUrl=f"{HARBOUR}/a")
    room.run()
    assert ids(room) == before


def test_a_new_policy_for_keys_freezes_the_ids_and_re_dates_nothing(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.article("a.md", related=[{"title": "B", "webUrl": f"{HARBOUR}/b"}])
    room.article("b.md")
    room.run()
    before = room.output()

    def without_www(given: str) -> Address | None:
        found = read_address(given)
        return found and Address(found.href, found.key.replace("://www.", "://"))

    monkeypatch.setattr("aggregator.sources.article.read_address", without_www)
    monkeypatch.setattr("aggregator.gather.folders.KEY_POLICY", 2)
    report = room.run()
    assert room.output() == before
    assert report.gathered.put.changed == 2


def test_an_upgrade_that_cleans_differently_re_dates_nothing(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    room.article("a.md", title="Tides & <b>winds</b>")
    room.run()
    before = room.items()[0]
    monkeypatch.setattr("aggregator.core.text.plain", lambda given, _limit: given.upper())
    monkeypatch.setattr("aggregator.gather.folders.PARSER_VERSION", 2)
    report = room.run()
    after = room.items()[0]
    assert after["title"] != before["title"]
    assert (after["id"], after["date_modified"]) == (before["id"], before["date_modified"])
    assert report.published.news == ()


@pytest.mark.parametrize("name", ["{}.md", "{}/article.md"], ids=["names of their own", "one name"])
def test_what_merging_all_anew_takes_grows_with_the_files_however_they_are_called(
    room: Newsroom, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Counter[str]()  # of the database's own machine, in hundreds: the same on every computer
    connect = sqlite3.connect

    def counted(*given: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*given, **named)
        connection.set_progress_handler(lambda: steps.update(["taken"]), 100)
        return connection

    took = []
    for few, many in ((0, 200), (200, 800)):
        for number in range(few, many):
            room.article(name.format(number), originalUrl=f"{HARBOUR}/{number}")
        room.run()
        with monkeypatch.context() as patch:
            patch.setattr(sqlite3, "connect", counted)
            with sqlite.opened(room.state, timedelta(0)) as store:
                steps.clear()
                store.entries.settle(room.loaded().rules, room.now, everything=True)
                took.append(steps.total())
    assert 0 < took[1] < took[0] * 4 * 1.5
