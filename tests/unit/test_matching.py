from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.core.matching import Trace, is_same_place, locate
from aggregator.core.model import Provider, Sighting

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def entry(guid: str, link: str, title: str = "", hour: int | None = None) -> Sighting:
    key = f"https://x.example/{link}"
    return Sighting(
        source="feed",
        location="",
        name=guid,
        key=key,
        href=key,
        title=title or f"Title of {link}",
        published=None if hour is None else NOON + timedelta(hours=hour),
        provider=Provider("X", "x.example"),
    )


LONG = "tag:x.example,2026:1"
LINK = "https://x.example/2026/story"


def traces(found: list[Sighting], known: list[Trace]) -> list[Trace]:
    """Return what is remembered after a poll: the entries of its document over what was known."""
    after = {trace.location: trace for trace in known}
    for one, place in zip(found, locate(found, known), strict=True):
        after[place] = Trace(place, one.name, one.key, one.title, one.published)
    return list(after.values())


def polled(*documents: list[Sighting]) -> list[str]:
    """Return the locations that there are after some polls."""
    known: list[Trace] = []
    for document in documents:
        known = traces(document, known)
    return sorted(trace.location.removeprefix("https://x.example/") for trace in known)


@pytest.mark.parametrize(
    ("documents", "locations"),
    [
        pytest.param([[entry("1", "a")], [entry("1", "a")]], ["a"], id="the same again"),
        pytest.param([[entry("1", "a")], [entry("1", "b")]], ["a", "b"], id="a guid that could be that of any entry"),
        pytest.param([[entry("1", "a", "T")], [entry("1", "b", "T")]], ["a"], id="such a guid, and the title"),
        pytest.param([[entry("1", "a", "T", 1)], [entry("1", "b", "U", 1)]], ["a"], id="such a guid, and the date"),
        pytest.param(
            [[entry("1", "a?t=1", "T")], [entry("1", "a?t=2", "U")]], ["a?t=1"], id="such a guid, and the path"
        ),
        pytest.param([[entry(LONG, "a")], [entry(LONG, "b")]], ["a"], id="a guid that is of this entry alone"),
        pytest.param([[entry("1", "a")], [entry("2", "a")]], ["a"], id="another guid, the same address"),
        pytest.param([[entry("", "a")], [entry("", "a")]], ["a"], id="no guid"),
        pytest.param(
            [[entry("1", "a", "T", 1)], [entry("2", "b", "T", 1)]], ["a"], id="both new, the same title and date"
        ),
        pytest.param([[entry("1", "a", "T")], [entry("2", "b", "T")]], ["a", "b"], id="a title alone says nothing"),
        pytest.param(
            [[entry("1", "a", "T", 1)], [entry("1", "a", "T", 1), entry("2", "b", "T", 1)]],
            ["a", "b"],
            id="a twin of one that is still there is another one",
        ),
        pytest.param(
            [[entry("1", "a"), entry("1", "b")], [entry("1", "b"), entry("1", "a")]],
            ["a", "b"],
            id="a repeated guid decides nothing",
        ),
        pytest.param(
            [[entry("1", "a", "T", 1), entry("2", "b", "T", 1)], [entry("3", "c", "T", 1)]],
            ["a", "b", "c"],
            id="title and date that two known ones have decide nothing",
        ),
        pytest.param(
            [[entry("1", "a", "T")], [entry("1", "b", "T"), entry("2", "a", "U")]],
            ["a", "a#2"],
            id="an address given away",
        ),
        pytest.param(
            [[entry("1", "a"), entry("2", "b")], [entry("1", "c"), entry("2", "a"), entry("3", "b")]],
            ["a", "b", "c"],
            id="guids that count from the top",
        ),
        pytest.param(
            [
                [entry("1", "a"), entry("2", "b")],
                [entry("1", "c"), entry("2", "a")],
                [entry("1", "d"), entry("2", "e")],
            ],
            ["a", "b", "c", "d", "e"],
            id="a guid that two had says nothing of a third",
        ),
        pytest.param([[entry("1", "a", "T", 1)], [entry("2", "b/a", "T", 2)]], ["a", "b/a"], id="another path"),
        pytest.param([[entry("", "a?t=1", "T", 1)], [entry("", "a?t=2", "U", 1)]], ["a?t=1"], id="edited, and a token"),
        pytest.param([[entry("", "a?t=1", "T")], [entry("", "a?t=2", "T")]], ["a?t=1"], id="undated, and a token"),
        pytest.param([[entry("", "a?t=1", "T")], [entry("", "a?t=2", "U")]], ["a?t=1", "a?t=2"], id="nothing stays"),
        pytest.param(
            [[entry("", "a?id=1", "T", -12)], [entry("", "a?id=2", "U", -12)]],
            ["a?id=1", "a?id=2"],
            id="midnight is the date of many",
        ),
        pytest.param(
            [[entry("1", "a?id=1", "T")], [entry("2", "a?id=2", "T")]],
            ["a?id=1", "a?id=2"],
            id="a weekly column, undated, with guids",
        ),
        pytest.param(
            [[entry("1", "a"), entry("2", "b")], [entry("1", "b"), entry("2", "a")]], ["a", "b"], id="two that trade"
        ),
        pytest.param(
            [[entry(f"{LINK}?sid=1", "x")], [entry(f"{LINK}?sid=2", "y")]], ["x"], id="an address with a token as guid"
        ),
        pytest.param([[entry("1", "a", "T")], [entry("2", "a.html", "T")]], ["a"], id="one page, spelled otherwise"),
        pytest.param(
            [[entry("1", "a", "T")], [entry("2", "a/amp/", "U")]], ["a", "a/amp/"], id="such a page, retitled"
        ),
        pytest.param(
            [[entry("1", "a", "T"), entry("2", "b", "U")], [entry("1", "a", "T"), entry("3", "a.html", "T")]],
            ["a", "a.html", "b"],
            id="both spellings at once are two",
        ),
    ],
)
def test_what_an_entry_is(documents: list[list[Sighting]], locations: list[str]) -> None:
    assert polled(*documents) == locations


def column(week: int, *names: str, path: str = "show", hour: int | None = None) -> list[Sighting]:
    return [
        entry(f"{week}{name}", f"{path.format(name)}?id={week}{name}", f"Weekly {name}", hour and hour + number)
        for number, name in enumerate(names)
    ]


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        pytest.param(column(1, *"abc", path="{}"), column(2, *"abc", path="{}"), 3, id="all of a feed"),
        pytest.param(column(1, *"abc", path="{}", hour=1), column(2, *"abc", path="{}", hour=9), 3, id="dated anew"),
        pytest.param(column(1, *"ab", path="{}"), column(2, *"ab", path="{}"), 4, id="two may be columns"),
        pytest.param(column(1, *"abc"), column(2, *"abc"), 6, id="what is read stands in the query"),
        pytest.param(
            [*column(1, *"abc", path="{}"), *column(1, *"xyz")],
            [*column(2, *"abc", path="{}"), *column(1, *"xyz")],
            9,
            id="as many stay where they were",
        ),
    ],
)
def test_titles_and_paths_that_stay_are_known_where_all_of_a_feed_moves(
    first: list[Sighting], second: list[Sighting], count: int
) -> None:
    assert len(polled(first, second)) == count


def told(poll: int, numbers: range, minutes: int = 60) -> list[Sighting]:
    made = [entry(f"{poll} {number}", f"{poll}/{number}", f"Told in {poll}: {number}") for number in numbers]
    return [replace(one, published=NOON + timedelta(minutes=minutes * n)) for one, n in zip(made, numbers, strict=True)]


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        pytest.param(told(1, range(5)), told(2, range(5)), 5, id="all"),
        pytest.param(told(1, range(5)), told(2, range(1, 7)), 7, id="most, and news"),
        pytest.param(told(1, range(5)), told(2, range(3, 8)), 10, id="fewer than half"),
        pytest.param(told(1, range(2)), told(2, range(2)), 4, id="two"),
        pytest.param(told(1, range(5)), [*told(1, range(1)), *told(2, range(1, 5))], 9, id="one stayed what it was"),
        pytest.param(told(1, range(5), 0), told(2, range(5), 0), 10, id="one date for all"),
        pytest.param(told(1, range(5), 1440), told(2, range(5), 1440), 5, id="noon of each day"),
        pytest.param(told(1, range(12)), told(2, range(12)), 24, id="so many that a person decides"),
    ],
)
def test_dates_alone_tell_entries_of_a_small_feed_that_was_written_anew(
    first: list[Sighting], second: list[Sighting], count: int
) -> None:
    assert len(polled(first, second)) == count


def test_titles_and_paths_that_stay_say_more_than_dates_that_moved_on() -> None:
    def moved(poll: int) -> list[Sighting]:
        hours = range(1, 5) if poll == 1 else range(4, 0, -1)
        return [entry(f"{poll}{n}", f"{n}?v={poll}", f"T {n}", hour) for n, hour in enumerate(hours)]

    places = locate(moved(2), traces(moved(1), []))
    assert [place.rpartition("/")[2] for place in places] == ["0?v=1", "1?v=1", "2?v=1", "3?v=1"]


def test_ids_that_change_on_every_fetch_multiply_nothing() -> None:
    names = ["a", "b", "c"]
    polls = [[entry(f"{number}-{name}", name, hour=1) for name in names] for number in range(10)]
    assert polled(*polls) == names


def test_addresses_that_gain_a_token_on_every_fetch_multiply_nothing() -> None:
    names = ["a", "b", "c"]
    with_guids = [[entry(name, f"{name}?token={number}") for name in names] for number in range(10)]
    assert len(polled(*with_guids)) == 3
    nothing_stays = [
        [entry("", f"{name}?token={number}", f"Title of {name}", 1) for name in names] for number in range(10)
    ]
    assert len(polled(*nothing_stays)) == 3


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a", "a", True),
        ("a?token=1", "a?token=2", True),
        ("a?id=1&x=0123456789abcdef01", "a?id=1", True),
        ("a?id=1", "a?id=2", False),
        ("s/0123456789abcdef01/a", "s/fedcba987654321001/a", True),
        ("s/0123456789abcdef01", "s/fedcba987654321001", False),
        ("a;jsessionid=1", "a;jsessionid=2", True),
        ("a", "b", False),
    ],
)
def test_a_token_is_no_other_address(one: str, other: str, *, same: bool) -> None:
    assert is_same_place(entry("", one), entry("", other)) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("?v=5ac0e1", "?v=77ab2f", True),
        ("?v=519021", "?v=77ab2f", True),
        ("?v=5ac0e1&page=2", "?v=77ab2f&page=2", True),
        ("?v=5ac0e1&page=2", "?v=77ab2f&page=3", False),
        ("?v=5ac0e1", "?w=77ab2f", False),
        ("?v=5ac0e1", "", False),
        ("?v=12345", "?v=12346", False),
        ("?edition=morning", "?edition=evening", False),
        ("/5ac0e1", "/77ab2f", False),
    ],
)
def test_nor_is_a_value_that_was_drawn_where_the_title_stays(one: str, other: str, *, same: bool) -> None:
    assert is_same_place(entry("", f"a{one}", "T"), entry("", f"a{other}", "T")) is same
    assert not is_same_place(entry("", f"a{one}", "T"), entry("", f"a{other}", "U"))


def test_a_feed_that_becomes_secure_has_other_addresses() -> None:
    assert not is_same_place(entry("", "a"), replace(entry("", "a"), href="http://x.example/a"))


ENTRIES = st.lists(
    st.builds(entry, st.sampled_from(["", "1", "2", "3"]), st.sampled_from("abcd"), st.sampled_from(["", "T"]), st.sampled_from([None, 1, 2, 3, 4])),
    max_size=5,
    unique_by=lambda one: one.key,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(ENTRIES, ENTRIES)
def test_no_two_entries_share_a_location_and_a_document_again_finds_all_of_its_own(
    first: list[Sighting], second: list[Sighting]
) -> None:
    known = traces(first, [])
    places = locate(second, known)
    assert len(set(places)) == len(places)
    after = traces(second, known)
    assert locate(second, after) == places
    assert sorted(locate(list(reversed(second)), after)) == sorted(places)


def test_an_entry_is_found_among_many() -> None:
    known = traces([entry(f"{LONG}/{number}", f"a{number}") for number in range(2_000)], [])
    found = [replace(entry(f"{LONG}/{number}", f"b{number}"), title="Other") for number in range(2_000)]
    assert locate(found, known) == [f"https://x.example/a{number}" for number in range(2_000)]
